"""Whatever the user does wrong ends as one sentence on stderr, exit code 2, no traceback, and nothing overwritten."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from golden.data.datasets import LOADERS
from golden.spec import presets
from golden.spec.config import Preset
from golden.spec.presets import preset_named
from golden.state import State
from threefactor.cli import COMMANDS, main

ROOT = Path(__file__).parent.parent


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def complaint(*arguments: object) -> str:
    """The one sentence that a wrong call ends with."""
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    return only_sentence(result.stderr)


def only_sentence(text: str) -> str:
    lines = text.splitlines()
    assert len(lines) == 1, text
    assert lines[0].startswith("threefactor: ")
    return lines[0].removeprefix("threefactor: ")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run") / "trained"
    result = run("train", "--preset", "tiny", "--epochs", 1, "--limit", 20, "--out", folder)
    assert result.exit_code == 0, result.output
    return folder


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("fly", "No such command 'fly'; choose one of demo, presets, boards"),
        ("tran", "No such command 'tran'; did you mean train?"),
        ("bitstream", "No such command 'bitstream'; did you mean bitstreams?"),
        ("train", "Missing option '--preset'. Choose from: digits, tiny, mnist-small"),
        ("train --preste tiny", "No such option '--preste'. (Did you mean one of: '--preset'"),
        ("train --preset tinny", "there is no preset 'tinny'; choose one of digits, tiny"),
        ("train --preset tiny --dataset digit", "there is no data set 'digit'; choose one of digits"),
        ("build --preset tiny", "Missing option '--board'. Choose from: icebreaker, icesugar, colorlight-i5"),
        ("fetch", "Missing argument 'DATASET'. Choose from: mnist, fashion-mnist, fsdd."),
        ("verilog --preset tiny", "Missing option '-o'. File to write; - for stdout."),
        ("evaluate", "Missing option '--checkpoint'. Start from this checkpoint, or from that of a training run in"),
        ("study", "Missing argument 'NAME'. Choose from: ablation, density"),
        ("train --preset huge", "there is no preset 'huge'; choose one of digits, tiny"),
        ("train --preset tiny --epochs 0", "Invalid value for '--epochs': 0 is not in the range x>=1."),
        ("train --preset tiny --seed -1", "Invalid value for '--seed': -1 is not in the range"),
        ("train --preset tiny --dataset mnist-15", "there is no data set 'mnist-15'; choose one of digits"),
        ("train --preset tiny --dataset cue", "data set 'cue' holds events, so the network needs encoder 'events'"),
        ("train --preset tiny --out a --resume b", "--resume writes into the folder it names; leave --out away"),
        ("train --preset tiny --resume nowhere", "there is no checkpoint at nowhere"),
        ("evaluate --checkpoint nowhere", "there is no checkpoint at nowhere; train first or name another folder"),
        ("simulate --preset tiny", "Missing option '--backend'. Choose from: verilator, cxxrtl, icarus"),
        ("simulate --preset tiny --backend spice", "Invalid value for '--backend': 'spice' is not one of"),
        ("compare --preset tiny --backend cxxrtl --samples 0", "Invalid value for '--samples': 0 is not in the range"),
        ("compare --preset tiny --backend cxxrtl --checkpoint nowhere", "there is no checkpoint at nowhere"),
        ("verilog --preset tiny -o no/where.v", "no/where.v: No such file or directory"),
        ("verilog --preset tiny -o - --json", "--json and the Verilog cannot both go to standard output; give a file"),
        ("build --board breadboard --preset tiny", "there is no board 'breadboard'; choose one of icebreaker"),
        ("build --board icebreaker --preset huge", "there is no preset 'huge'; choose one of digits, tiny"),
        ("bitstreams --board breadboard", "Invalid value for '--board': 'breadboard' is not one of 'icebreaker'"),
        (
            "bitstreams --board icebreaker --preset fashion",
            "no design that is asked for has a budget; see boards/budgets.json",
        ),
        (
            "bitstreams --without mnist",
            "no design of preset or board 'mnist' has a budget; see boards/budgets.json",
        ),
        ("study links --preset tiny --seeds 0", "Invalid value for '--seeds': 0 is not in the range"),
        ("study colour", "Invalid value for 'NAME': 'colour' is not one of 'ablation', 'density'"),
        ("fetch digits --data here", "data set 'digits' has no files to fetch; choose one of mnist, fashion-mnist"),
        ("benchmark --samples 5", "Invalid value for '--samples': 5 is not in the range"),
        ("cycles --checkpoint run", "a checkpoint belongs to one preset; name it with --preset"),
        ("cycles --preset fsdd --data nowhere", "fsdd_logmel20_u8.npz is missing in nowhere"),
        ("cycles --preset tiny --samples 0", "Invalid value for '--samples': 0 is not in the range"),
        ("demo extra", "Got unexpected extra argument (extra)"),
    ],
)
def test_sentence(line: str, sentence: str) -> None:
    assert complaint(*line.split()).startswith(sentence)


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("train --preset tinny", "tiny"),
        ("train --preset tiny --dataset digit", "digits"),
        ("compare --preset tiny --backend verilatr", "verilator"),
        ("build --board icebreaker --preset digit", "digits"),
        ("build --board ulx3s --preset tiny", "ulx3s-85f"),
        ("bitstreams --board icebraker", "icebreaker"),
        ("cycles --preset tiny --board ice-breaker", "icebreaker"),
        ("fetch mnits --data here", "mnist"),
        ("study ablaton", "ablation"),
    ],
)
def test_suggests_what_may_be_meant(line: str, meant: str) -> None:
    assert complaint(*line.split()).endswith(f"; did you mean {meant}?")


@pytest.mark.parametrize("name", COMMANDS)
def test_short_help_everywhere(name: str) -> None:
    short, long = run(name, "-h"), run(name, "--help")
    assert short.exit_code == long.exit_code == 0, short.output + long.output
    assert short.stdout == long.stdout and f"Usage: main {name} [OPTIONS]" in short.stdout


def test_a_checkpoint_remembers_another_data_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    samples, labels, *_ = LOADERS["digits"](None)
    monkeypatch.setitem(LOADERS, "swapped", lambda _: (samples[50:], labels[50:], samples[:50], labels[:50]))
    arguments = ("train", "--preset", "tiny", "--dataset", "swapped", "--epochs", 1, "--limit", 50, "--json")
    trained = json.loads(run(*arguments, "--out", tmp_path / "run").stdout.splitlines()[-1])
    found = json.loads(run("evaluate", "--checkpoint", tmp_path / "run", "--limit", 50, "--json").stdout)
    assert found["dataset"] == trained["dataset"] == "swapped"
    assert found["test_accuracy"] == trained["test_accuracy"]
    sentence = complaint("train", "--preset", "tiny", "--epochs", 2, "--limit", 50, "--resume", tmp_path / "run")
    assert "was trained on 'swapped', not 'digits'" in sentence


def test_names_the_preset_a_checkpoint_belongs_to(trained: Path) -> None:
    sentence = complaint("simulate", "--preset", "digits", "--backend", "cxxrtl", "--checkpoint", trained)
    assert sentence == f"checkpoint {trained} belongs to preset 'tiny', not 'digits'"


def test_refuses_a_checkpoint_of_another_seed(trained: Path) -> None:
    sentence = complaint("compare", "--preset", "tiny", "--backend", "cxxrtl", "--checkpoint", trained, "--seed", 9)
    assert "belongs to network" in sentence
    assert "use preset 'tiny' with seed 1 as it was" in sentence


def test_refuses_a_damaged_checkpoint(trained: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    for file in (trained / "checkpoint").iterdir():
        (damaged / file.name).write_bytes(file.read_bytes())
    content = bytearray((damaged / "state.npz").read_bytes())
    content[len(content) // 2] ^= 1
    (damaged / "state.npz").write_bytes(content)
    sentence = complaint("evaluate", "--checkpoint", damaged)
    assert sentence.startswith(f"checkpoint {damaged} is damaged: the checksum of state.npz differs")
    (damaged / "checkpoint.json").write_text("{")
    assert "checkpoint.json cannot be read" in complaint("evaluate", "--checkpoint", damaged)


def test_refuses_to_train_over_a_checkpoint(trained: Path) -> None:
    before = {file.name: file.read_bytes() for file in (trained / "checkpoint").iterdir()}
    sentence = complaint("train", "--preset", "tiny", "--limit", 20, "--out", trained)
    assert sentence.endswith("holds a checkpoint already; resume it or choose another folder")
    assert {file.name: file.read_bytes() for file in (trained / "checkpoint").iterdir()} == before


def test_refuses_to_resume_with_another_recipe(trained: Path) -> None:
    sentence = complaint("train", "--preset", "tiny", "--limit", 30, "--resume", trained)
    assert "resume with the options it began with" in sentence


def test_asks_for_the_folder_of_a_data_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("THREEFACTOR_DATA", raising=False)
    tiny = preset_named("tiny")
    images = replace(tiny, name="images", dataset="mnist", network=replace(tiny.network, inputs=784))
    monkeypatch.setitem(presets.PRESETS, "images", images)
    assert "data set 'mnist' is not shipped" in complaint("train", "--preset", "images")
    assert "is missing in" in complaint("train", "--preset", "images", "--data", tmp_path / "nowhere")
    sentence = complaint("fetch", "mnist")
    assert sentence.startswith("Missing option '--data' (env var: 'THREEFACTOR_DATA'). Folder to put the files into;")


def test_interrupt_is_a_word_and_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("threefactor.commands.train.train", interrupt)
    result = run("train", "--preset", "tiny")
    assert result.exit_code == 130
    assert only_sentence(result.stderr.strip()) == "interrupted"


def test_interrupted_training_says_how_to_go_on(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("threefactor.commands.train.train", interrupt)
    result = run("train", "--preset", "tiny", "--limit", 20, "--resume", trained)
    assert result.exit_code == 130
    assert only_sentence(result.stderr.strip()) == f"interrupted; go on with the same options and --resume {trained}"


@pytest.mark.parametrize(
    ("at", "out", "sentence"),
    [
        (3, False, "interrupted; with --out FOLDER the same command would go on from here, without it begins again"),
        (0, True, "interrupted before the first sample; type the same command to begin again"),
        (300, True, "interrupted after 258 samples that agree; type the same command to go on"),
    ],
)
def test_interrupted_comparison_says_how_to_go_on(
    at: int, out: bool, sentence: str, modelled: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(_: str, preset: Preset, **__: object) -> Any:
        backend = modelled(preset)
        backend.interrupt_at = at
        return backend

    monkeypatch.setattr("threefactor.commands.compare.open_backend", opened)
    options = ("--out", tmp_path / "kept") if out else ()
    result = run("compare", "--preset", "tiny", "--backend", "verilator", "--samples", 310, *options)
    assert result.exit_code == 130
    assert only_sentence(result.stderr.strip()) == sentence


def test_a_difference_is_told_by_name(modelled: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def heavier(number: int, _: object, state: State) -> int:
        state.readout[2, 1] += number == 5
        return 0

    monkeypatch.setattr("threefactor.commands.compare.open_backend", lambda _, preset, **__: modelled(preset, heavier))
    line = ("compare", "--preset", "tiny", "--backend", "verilator", "--samples", 9)
    result = run(*line, "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert found["verdict"].startswith("engine and reference agree, the gateware differs")
    assert {found["first_divergence"][name] for name in ("differs", "sample")} == {"gateware", 5}
    text = run(*line).stdout
    assert re.search("first divergence +sample 5", text) and re.search("verdict +engine and reference agree", text)


def test_says_which_package_brings_a_missing_compiler(tmp_path: Path) -> None:
    """In a process of its own, with a PATH that leads nowhere."""
    done = subprocess.run(
        [sys.executable, "-m", "threefactor", "simulate", "--preset", "tiny", "--backend", "cxxrtl", "--json"],
        cwd=tmp_path,
        env={**os.environ, "PATH": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert only_sentence(done.stderr) == "there is no C++ compiler; on Debian or Ubuntu type: sudo apt install g++"


def test_help_is_not_an_error() -> None:
    assert run().exit_code == 0
    assert "compare" in run("--help").stdout
    assert run("-h").stdout == run("--help").stdout
    assert json.loads(run("presets", "--json").stdout)
