"""One random network after the other: what is tried, what is counted, and the smallest case that fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, assume, given, reject, seed, settings
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider
from hypothesis.strategies import SearchStrategy

from golden.cycles.activity import observe
from golden.cycles.model import count_cycles
from golden.spec.config import Preset
from golden.spec.errors import ConfigurationError, UserError
from golden.spec.memmap import regions
from golden.spec.presetfile import preset_of, written
from golden.system import places
from rtl.verilog import processor_rtlil
from sim.backends.catalogue import open_backend
from sim.backends.compiled import CompiledBackend
from sim.crosscheck.case import Case, Lessons, Plan, Start
from sim.crosscheck.corners import Corners
from sim.crosscheck.coverage import properties
from sim.crosscheck.events import covers
from sim.crosscheck.gateware import compare_gateware
from sim.crosscheck.models import DifferenceError, compare_models
from sim.crosscheck.networks import SMALL, near_presets
from sim.crosscheck.plans import cases

_LARGEST = 1 << 20  # synapses times steps of a network near the limits

Check = Callable[[Preset], object]
"""Something else that must take any preset, or refuse it with a UserError."""


@dataclass(frozen=True)
class Failure:
    """The smallest case that failed.

    Attributes
    ----------
    sentence
        What differs, or the error.
    case
        What it happened in; None where no preset was made.
    """

    sentence: str
    case: Case | None


@dataclass(frozen=True)
class Found:
    """What a batch found: networks tried, presets refused, hits of the points, the failure that ended it."""

    networks: int
    refused: int
    hits: Counter[str]
    failure: Failure | None


class _Provider(HypothesisProvider):
    """Draws nothing from the constants of the modules that happen to be imported: a number names its examples."""

    def _maybe_draw_constant(self, *_: Any, **__: Any) -> None:
        return None


class Trial:
    """Try what is drawn, count, and keep the last failure, which is the smallest one when all is done."""

    def __init__(self) -> None:
        self.networks = self.refused = 0
        self.hits: Counter[str] = Counter()
        self.failure: Failure | None = None

    def batch(self, strategy: SearchStrategy[Any], attempt: Callable[[Any], None], count: int, number: int) -> Found:
        """Try so many examples, the same ones for the same number; what fails is made smaller."""
        set_hypothesis_home_dir(places.build_folder("crosscheck") / "hypothesis")

        @seed(number)
        @settings(
            max_examples=count,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        )
        @given(strategy)
        def every(drawn: Any) -> None:
            attempt(drawn)

        provider = AVAILABLE_PROVIDERS["hypothesis"]
        AVAILABLE_PROVIDERS["hypothesis"] = _Provider
        try:
            every()
        except Exception:
            # Whatever a network of the strategy raises is what is looked for; without one it is a fault in here.
            if self.failure is None:
                raise
        finally:
            AVAILABLE_PROVIDERS["hypothesis"] = provider
        return Found(self.networks, self.refused, self.hits, self.failure)

    def model(self, case: Case) -> None:
        """Hold reference and engine against each other."""
        with _Noted(self, case):
            steps = compare_models(case, case.initial())
        self._count(case, Corners.of(case.preset.network, steps))

    def limit(self, drawn: Preset | ConfigurationError, checks: tuple[Check, ...]) -> None:
        """Have everything take a preset near the limits that the specification accepts."""
        if isinstance(drawn, ConfigurationError):
            self.refused += 1
            return
        assume(drawn.network.synapses * drawn.network.steps <= _LARGEST)
        case = Case(drawn, Plan(Start(), (Lessons("dense", samples=2),)))
        with _Noted(self, case):
            accept(case, checks)
        self.networks += 1

    def gateware(self, case: Case, backend: str, folder: Path | None) -> None:
        """Hold gateware, cycle model, reference and engine against each other, unless the host can't address it."""
        try:
            regions(case.preset)
        except ConfigurationError:
            self.refused += 1
            reject()
        with _Noted(self, case):
            steps = compare_models(case, case.initial())
            hits = in_gateware(case, steps, backend, folder)
        self._count(case, hits + Corners.of(case.preset.network, steps))

    def _count(self, case: Case, hits: Counter[str]) -> None:
        self.networks += 1
        self.hits += hits + properties(case.preset)


class _Noted:
    """Keeps an error of the block as the failure of a case."""

    def __init__(self, trial: Trial, case: Case) -> None:
        self._trial, self._case = trial, case

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception):
            name = "" if isinstance(error, DifferenceError) else f"{type(error).__name__}: "
            self._trial.failure = Failure(f"{name}{error}", self._case)


def in_gateware(case: Case, steps: list[Any], backend: str, folder: Path | None) -> Counter[str]:
    """Run a case in the gateware, compare it, and return the events that it had."""
    events = covers(case.preset)
    with open_backend(
        backend,
        case.preset,
        build_folder=folder,
        optimize="-O0",  # compiling takes longer than running
        stalls=case.plan.stalls or None,
        covers=[cover for _, cover in events],
    ) as processor:
        if not isinstance(processor, CompiledBackend):
            raise UserError(f"{backend} counts no events; choose a simulator that compiles the gateware")
        compare_gateware(case, steps, processor)
        hits: Counter[str] = Counter()
        for (name, _), count in zip(events, processor.covered(), strict=True):
            hits[name] += count
        return hits


def accept(case: Case, checks: tuple[Check, ...]) -> None:
    """Have everything that takes a preset take this one; a UserError of the gateware's is an answer, too.

    Raises
    ------
    DifferenceError
        If something differs.
    """
    preset = case.preset
    steps = compare_models(case, case.initial())
    activity = observe(
        preset.network,
        steps[0].before.copy(),
        *case.plan.lessons[0].drawn(preset.network),
        learn=True,
        shifts=case.plan.lessons[0].shifts,
    )
    count_cycles(preset, activity)
    again = preset_of(written(preset), Path(f"{preset.name}.toml"))
    if again != preset:
        raise DifferenceError("the preset is another one when its file has been written and read")
    for check in (processor_rtlil, *checks):
        try:
            check(preset)
        except UserError as refusal:
            if not str(refusal):
                raise DifferenceError("it is refused without a sentence") from refusal


def model_batch(count: int, number: int) -> Found:
    """Networks in reference and engine."""
    trial = Trial()
    return trial.batch(cases(), trial.model, count, number)


def limit_batch(count: int, number: int, checks: tuple[Check, ...] = ()) -> Found:
    """Presets near the limits in everything that takes presets."""
    trial = Trial()
    return trial.batch(near_presets(), lambda drawn: trial.limit(drawn, checks), count, number)


def gateware_batch(count: int, number: int, backend: str, folder: Path | None = None) -> Found:
    """Small networks in gateware, cycle model, reference and engine."""
    trial = Trial()
    return trial.batch(cases(SMALL), lambda case: trial.gateware(case, backend, folder), count, number)
