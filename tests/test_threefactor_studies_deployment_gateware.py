"""A point of a deployment on the gateware: equal, or told where not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from golden.data.datasets import load
from golden.spec.presets import preset_named
from golden.state import State
from threefactor.cli import main
from threefactor.studies.deployment.drift import DriftStudy
from threefactor.studies.deployment.gateware import check
from threefactor.studies.deployment.perform import perform
from threefactor.studies.deployment.scenario import Scenario

TINY = preset_named("tiny")
LIMIT = 12


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    study = DriftStudy()
    point = next(point for point in study.points(TINY) if point.name == study.checked)
    return study.scenario(TINY, point, load("digits"))


def test_learns_all_phases_from_the_struck_state(scenario: Scenario, modelled: Any) -> None:
    state = State.initial(TINY.network)
    told: list[tuple[int, int]] = []
    result = check(modelled(scenario.preset), scenario, state, LIMIT, None, lambda *done: told.append(done))
    last = perform(scenario, state, LIMIT)[-1]
    assert result.first_divergence is None
    assert (result.samples, result.updates) == (last.learned, last.updates)
    assert f"{result.digest:016x}" == last.state_digest
    assert told[-1] == (result.samples, result.samples)


def test_a_fault_is_found_where_it_is(scenario: Scenario, modelled: Any) -> None:
    def heavier(number: int, _: object, state: State) -> int:
        state.readout[2, 1] += number == 7
        return 0

    result = check(modelled(scenario.preset, heavier), scenario, State.initial(TINY.network), LIMIT)
    assert result.first_divergence is not None
    assert (result.first_divergence.sample, result.samples) == (7, 7)


@pytest.mark.parametrize("most", [5, LIMIT, 17])
def test_stops_after_so_many_samples(most: int, scenario: Scenario, modelled: Any) -> None:
    result = check(modelled(scenario.preset), scenario, State.initial(TINY.network), LIMIT, most)
    assert (result.first_divergence, result.samples) == (None, most)


def test_a_processor_that_is_stuck_is_a_difference(scenario: Scenario, modelled: Any) -> None:
    backend = modelled(scenario.preset)
    backend.stuck_at = 5
    result = check(backend, scenario, State.initial(TINY.network), LIMIT)
    assert (result.first_divergence is not None, result.samples) == (True, 5)


@pytest.mark.skipif(shutil.which("g++") is None, reason="there is no g++")
def test_the_command_compares_a_point_on_verilator(tmp_path: Path) -> None:
    line = ["study", "drift", "--preset", "tiny", "--epochs", "1", "--samples", "9", "--out", str(tmp_path)]
    done = CliRunner().invoke(main, [*line, "--check", "verilator", "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["equal"], found["point"], found["first_divergence"]) == (True, "flipped", None)
    assert found["samples"] == 7 * 9 and found["updates"] > 0 and found["cycles"] > 0
    done = CliRunner().invoke(main, [*line, "--seeds", "1", "--json"])
    assert done.exit_code == 0, done.output
    (row,) = (row for row in json.loads(done.stdout)["points"] if row["variant"] == "flipped")
    kept = json.loads((tmp_path / row["results"][0]).read_text(encoding="utf-8"))
    assert kept["measurements"][-1]["state_digest"] == found["digest"]


def test_a_difference_ends_with_1(modelled: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def heavier(number: int, _: object, state: State) -> int:
        state.readout[2, 1] += number == 3
        return 0

    monkeypatch.setattr("threefactor.commands.study.open_backend", lambda _, preset: modelled(preset, heavier))
    line = ["study", "drift", "--preset", "tiny", "--epochs", "1", "--samples", "9", "--out", str(tmp_path)]
    done = CliRunner().invoke(main, [*line, "--check", "verilator", "--json"])
    assert done.exit_code == 1
    assert json.loads(done.stdout)["first_divergence"]["sample"] == 3
