"""Small real runs of the commands on preset tiny: results, exit codes, and one JSON object on stdout."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from golden.cycles.activity import observe
from golden.cycles.model import count_cycles
from golden.data.datasets import load
from golden.spec.presets import PRESETS, preset_named
from golden.state import State
from golden.training.order import epoch_order

ROOT = Path(__file__).parent.parent


class Shell:
    """Runs the command line in processes of their own, all in one folder, so that they share build products."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "threefactor", *map(str, arguments)],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    def json(self, *arguments: object, code: int = 0) -> dict[str, Any]:
        """The object that a command prints with --json; json.loads fails on anything beside it."""
        done = self(*arguments, "--json")
        assert done.returncode == code, done.stderr
        *epochs, found = map(json.loads, done.stdout.splitlines())
        assert all(entry["state_digest"] for entry in epochs), "only a training has more than one line"
        return dict(found)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    return Shell(tmp_path_factory.mktemp("shell"))


@pytest.fixture(scope="module")
def trained(shell: Shell) -> dict[str, Any]:
    return shell.json("train", "--preset", "tiny", "--epochs", 2, "--limit", 50, "--out", "run")


def test_train_reports_what_it_reached(trained: dict[str, Any]) -> None:
    assert 0 <= trained["test_accuracy"] <= 1
    assert 0 <= trained["train_accuracy"] <= 1
    assert trained["epochs"] == len(trained["history"]) == 2
    assert int(trained["digest"], 16) > 0


def test_train_prints_an_epoch_a_line_and_draws_them(shell: Shell, trained: dict[str, Any]) -> None:
    lines = shell("train", "--preset", "tiny", "--epochs", 2, "--limit", 50, "--json").stdout.splitlines()
    *epochs, result = map(json.loads, lines)
    assert [metrics["state_digest"] for metrics in epochs] == [m["state_digest"] for m in trained["history"]]
    assert result["digest"] == trained["digest"]
    assert result["learning_curve"] is None
    assert trained["learning_curve"] == "run/learning-curve.svg"
    assert (shell.folder / "run" / "learning-curve.svg").read_text().startswith("<svg")


def test_a_killed_run_goes_on_to_the_same_bits(shell: Shell) -> None:
    """Killed by force after its third epoch, at whatever it does then."""
    line = ("train", "--preset", "tiny", "--epochs", 30)
    with subprocess.Popen(
        [sys.executable, "-m", "threefactor", *map(str, line), "--out", "killed", "--json"],
        cwd=shell.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        for _ in range(3):
            assert json.loads(process.stdout.readline())["state_digest"]
        process.kill()
    assert process.returncode == -signal.SIGKILL
    resumed = shell.json(*line, "--resume", "killed")
    whole = shell.json(*line)
    assert resumed["digest"] == whole["digest"]
    assert resumed["epochs"] == len(resumed["history"]) == 30
    for one, other in zip(resumed["history"], whole["history"], strict=True):
        assert {**one, "samples_per_second": 0} == {**other, "samples_per_second": 0}


def test_evaluate_repeats_the_accuracy(shell: Shell, trained: dict[str, Any]) -> None:
    found = shell.json("evaluate", "--checkpoint", "run", "--limit", 50)
    assert found["test_accuracy"] == trained["test_accuracy"]
    assert found["digest"] == trained["digest"]
    assert found["samples"] == 50


def test_resumed_training_gives_the_bits_of_an_uninterrupted_one(shell: Shell, trained: dict[str, Any]) -> None:
    shell.json("train", "--preset", "tiny", "--epochs", 1, "--limit", 50, "--out", "half")
    resumed = shell.json("train", "--preset", "tiny", "--epochs", 2, "--limit", 50, "--resume", "half")
    assert resumed["digest"] == trained["digest"]


def test_another_seed_gives_another_state(shell: Shell, trained: dict[str, Any]) -> None:
    other = shell.json("train", "--preset", "tiny", "--epochs", 2, "--limit", 50, "--seed", 2)
    assert other["digest"] != trained["digest"]
    assert other["seed"] == 2


def test_lists_presets_and_boards(shell: Shell) -> None:
    assert [row["name"] for row in shell.json("presets")["presets"]] == list(PRESETS)
    boards = shell.json("boards")["boards"]
    assert "icebreaker" in [row["name"] for row in boards]
    assert set(boards[0]["presets"]) == set(PRESETS)
    assert "tiny" in shell("presets").stdout
    assert "icebreaker" in shell("boards").stdout


def test_a_printed_preset_is_a_file_of_one(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(shell("presets", "tiny").stdout, encoding="utf-8")
    printed, tiny = shell.json("presets", str(file)), shell.json("presets", "tiny")
    assert printed == {**tiny, "name": "mine"}
    assert printed["network"]["neurons"] == 16 and printed["hardware"]["tick_lanes"] == 2
    assert printed["training"]["epochs"] == 4


def test_a_network_of_ones_own_goes_all_the_way(shell: Shell, tmp_path: Path) -> None:
    """Its file is named where a preset is; a checkpoint knows its network when the file is gone."""
    file, run = tmp_path / "mine.toml", tmp_path / "run"
    text = shell("presets", "tiny").stdout
    file.write_text(text.replace("margin = 4", "margin = 5").replace("lanes = 4", "lanes = 8", 1), encoding="utf-8")
    trained = shell.json("train", "--preset", file, "--epochs", 1, "--limit", 50, "--out", run)
    assert trained["preset"] == "mine"
    compared = shell.json("compare", "--preset", file, "--backend", "cxxrtl", "--samples", 20)
    assert compared["equal"]
    shell.json("cycles", "--preset", file, "--samples", 3)
    assert shell("verilog", "--preset", file, "-o", tmp_path / "mine.v").returncode == 0
    file.unlink()
    evaluated = shell.json("evaluate", "--checkpoint", run)
    assert (evaluated["preset"], evaluated["digest"]) == ("mine", trained["digest"])


OWN = """
[data]
train = "flowers.csv"
label = "kind"

[network]
inputs = 3
classes = 2
neurons = 8
recurrence = "none"
readout_fan_in = 8
modulators = 2
input_amplitude = 60

[hardware]
lanes = 4

[training]
epochs = 8
"""


def test_own_data_goes_all_the_way(shell: Shell, tmp_path: Path) -> None:
    """A table of features and a file that names it are all that a training, a comparison and a report need."""
    rows = [(x % 7 / 7, 0.5 + (x % 5) * (x % 2) / 5, x % 3, ("rose", "daisy")[x % 2]) for x in range(120)]
    table = ["petal,stem,leaves,kind", *(",".join(map(str, row)) for row in rows)]
    (tmp_path / "flowers.csv").write_text("\n".join(table), encoding="utf-8")
    (tmp_path / "own.toml").write_text(OWN, encoding="utf-8")
    trained = shell.json("train", "--preset", tmp_path / "own.toml", "--out", tmp_path / "run")
    assert (trained["preset"], trained["dataset"]) == ("own", "flowers.csv")
    assert trained["test_accuracy"] > 0.5  # chance
    compared = shell.json("compare", "--preset", tmp_path / "own.toml", "--backend", "cxxrtl", "--samples", 90)
    assert compared["equal"] and compared["samples"] == 90
    assert shell.json("report", tmp_path / "run")["test_accuracy"] == trained["test_accuracy"]
    (tmp_path / "own.toml").write_text(OWN.replace("inputs = 3", "inputs = 4"), encoding="utf-8")
    refused = shell("train", "--preset", tmp_path / "own.toml")
    assert refused.returncode == 2 and "'flowers.csv' has 3 inputs, but the network 4" in refused.stderr


def test_presets_with_their_speed(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("THREEFACTOR_DATA", raising=False)
    found = {row["preset"]: row for row in shell.json("presets", "--speed")["speeds"]}
    assert set(found) == set(PRESETS)
    alone = shell.json("cycles", "--preset", "tiny")
    assert found["tiny"] == alone


def test_cycles_says_what_they_are_spent_on(shell: Shell, trained: dict[str, Any]) -> None:
    found = shell.json("cycles", "--preset", "tiny", "--checkpoint", "run", "--samples", 3)
    assert (found["data"], found["board"]) == ("digits", "ulx3s-85f")
    assert found["trained_samples"] == 100
    for kind in (found["learning"], found["inference"]):
        assert kind["cycles"] == pytest.approx(sum(kind["stages"].values()))
        assert kind["samples_per_second"] == pytest.approx(found["clock_mhz"] * 1e6 / kind["cycles"])
        assert 0 < kind["memory_share"] < 1
    assert found["inference"]["updates_per_second"] == 0
    other = shell("cycles", "--preset", "tiny", "--board", "icebreaker", "--trained", 20, "--samples", 3)
    assert "24.0" in other.stdout
    assert "deliver" in other.stdout


def test_cycles_of_a_missing_data_set_are_those_of_noise(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("THREEFACTOR_DATA", raising=False)
    done = shell("cycles", "--preset", "mnist-small", "--samples", 2)
    assert done.returncode == 0
    assert "synthetic" in done.stdout
    assert "measured on noise instead" in " ".join(done.stderr.split())


def test_simulated_cycles_are_those_that_are_counted(shell: Shell) -> None:
    simulated = shell.json("simulate", "--preset", "tiny", "--backend", "cxxrtl", "--samples", 3)
    preset, dataset = preset_named("tiny"), load("digits")
    order = epoch_order(preset.network.seed, 0, len(dataset.train_labels))[:3]
    activity = observe(
        preset.network,
        State.initial(preset.network),
        dataset.train_samples[order],
        dataset.train_labels[order],
        learn=True,
        shifts=preset.training.shifts(0),
    )
    assert count_cycles(preset, activity).per_sample.sum() == simulated["cycles"]


def test_simulate_runs_the_gateware(shell: Shell, trained: dict[str, Any]) -> None:
    found = shell.json("simulate", "--preset", "tiny", "--backend", "cxxrtl", "--checkpoint", "run", "--samples", 3)
    assert found["samples"] == len(found["predictions"]) == 3
    assert found["cycles"] > 0
    assert found["digest"] != trained["digest"]
    still = shell.json(
        "simulate", "--preset", "tiny", "--backend", "cxxrtl", "--checkpoint", "run", "--samples", 3, "--no-learn"
    )
    assert still["digest"] == trained["digest"]


def test_compare_finds_model_and_gateware_equal(shell: Shell, trained: dict[str, Any]) -> None:
    found = shell.json("compare", "--preset", "tiny", "--backend", "cxxrtl", "--checkpoint", "run", "--samples", 4)
    assert found["equal"] is True
    assert found["first_divergence"] is None
    assert found["samples"] == 4
    whole = shell.json("compare", "--preset", "tiny", "--backend", "cxxrtl", "--limit", 50, "--epochs", 2)
    assert whole["equal"] is True
    assert whole["samples"] == 100
    assert whole["digest"] == trained["digest"]


def test_compare_goes_on_where_it_ended(shell: Shell) -> None:
    line = ("compare", "--preset", "tiny", "--backend", "cxxrtl", "--out", "compared", "--samples")
    first, rest = shell.json(*line, 4), shell.json(*line, 9)
    assert (first["samples"], first["resumed_samples"]) == (4, 0)
    assert rest["equal"] and (rest["samples"], rest["resumed_samples"]) == (9, 4)


def test_compare_ends_after_more_samples_than_it_saves_at_once(shell: Shell) -> None:
    found = shell.json("compare", "--preset", "tiny", "--backend", "cxxrtl", "--samples", 1100)
    assert found["equal"] is True
    assert found["samples"] == 1100


def test_compare_runs_what_is_built_under_poison(shell: Shell) -> None:
    found = shell.json("compare", "--preset", "tiny", "--backend", "cxxrtl", "--samples", 40, "--built", "--poison")
    assert found["equal"] is True
    assert found["samples"] == 40


def test_verilog_is_written_where_asked(shell: Shell) -> None:
    done = shell("verilog", "--preset", "tiny", "-o", "tiny.v")
    assert done.returncode == 0, done.stderr
    text = (shell.folder / "tiny.v").read_text()
    assert "module threefactor(" in text
    assert str(ROOT) not in text
    assert shell("verilog", "--preset", "tiny", "-o", "-").stdout == text
    told = shell.json("verilog", "--preset", "tiny", "-o", "tiny.v")
    assert told["lines"] == len(text.splitlines())
    assert all(memory["memory"] in text for memory in told["memories"])


def test_benchmark_prints_speeds_of_equal_models(shell: Shell) -> None:
    """Without the files of MNIST, on synthetic images; the speeds are only printed."""
    found = shell.json("benchmark", "--samples", 100, "--data", "nowhere")
    assert found["images"] == "synthetic"
    assert {row["model"] for row in found["measurements"]} >= {"engine", "reference"}
    assert all(row["samples_per_second"] > 0 and row["peak_megabytes"] > 1 for row in found["measurements"])
    assert set(found["engine_to_reference"]) == {"learning, second pass", "inference"}
    assert json.loads((shell.folder / "runs" / "benchmark" / "benchmark.json").read_text()) == found
    assert {name: len(reached) for name, reached in found["digits_accuracies"].items()} == {
        "logistic regression": 1,
        "perceptron of 64": 3,
    }
    for reached in found["digits_accuracies"].values():
        assert all(0.9 < accuracy < 1 and accuracy * 360 == round(accuracy * 360) for accuracy in reached)


def test_text_shows_the_same_figures(shell: Shell, trained: dict[str, Any]) -> None:
    text = shell("evaluate", "--checkpoint", "run").stdout
    assert trained["digest"] in text
    assert "test accuracy" in text
