"""``threefactor crosscheck``: the table, the exit code, and a case that runs again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from golden.spec.config import Hardware, Network
from sim.crosscheck.campaign import RECORD
from sim.crosscheck.case import Case, Lessons, Plan, Start
from sim.crosscheck.networks import preset_of
from tests.support.faults import wrong_clamp
from threefactor.cli import main

SMALL = ["--models", "50", "--limits", "0", "--gateware", "0"]


def test_prints_what_was_met_and_goes_on(tmp_path: Path) -> None:
    lines = ["crosscheck", *SMALL, "--out", str(tmp_path)]
    done = CliRunner().invoke(main, [*lines, "--json"])
    assert done.exit_code == 0, done.output
    values = json.loads(done.stdout)
    assert (values["models"], values["gateware"], values["failure"]) == (50, 0, None)
    assert values["hits"]["models"]["silent sample"]
    assert json.loads((tmp_path / RECORD).read_text(encoding="utf-8"))["tried"]["models"] == 50
    again = CliRunner().invoke(main, [*lines, "--covered"])
    assert again.exit_code == 1  # fifty networks do not meet everything
    assert "silent sample" in again.stdout


def test_runs_a_case_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = Network(inputs=1, classes=2, neurons=2, readout_fan_in=1, recurrence="none", threshold_bits=4)
    plan = Plan(Start(weights="high", links="low"), (Lessons("full", samples=4, layer_shift=1, readout_shift=1),))
    Case(preset_of(network, Hardware(lanes=1)), plan).write(tmp_path / "case.toml")
    lines = ["crosscheck", "--case", str(tmp_path / "case.toml"), "--gateware", "0"]
    assert CliRunner().invoke(main, lines).exit_code == 0
    monkeypatch.setattr("golden.plasticity.clamp", wrong_clamp)
    done = CliRunner().invoke(main, [*lines, "--json"])
    assert done.exit_code == 1
    assert "digest of the engine" in json.loads(done.stdout)["difference"]


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["--case", "nothing.toml"], "nothing.toml cannot be read"),
        (["--backend", "icarus"], "'icarus' is not one of 'verilator', 'cxxrtl'"),
    ],
)
def test_a_wrong_call_is_answered_by_a_sentence(lines: list[str], sentence: str) -> None:
    done = CliRunner().invoke(main, ["crosscheck", *lines])
    assert done.exit_code == 2
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_hypothesis_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("threefactor.commands.crosscheck.find_spec", lambda _: None)
    done = CliRunner().invoke(main, ["crosscheck"])
    assert done.exit_code == 2
    assert done.stderr == "threefactor: hypothesis is not installed; type: pip install hypothesis\n"
