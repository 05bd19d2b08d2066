"""What a user types with a board: every command on a simulated one, behind a port, unplugged and switched off."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest
import serial

from boards.host.client import Client
from boards.host.journal import JOURNAL
from boards.host.ports import find
from golden.state import State
from golden.training import checkpoint
from tests.support.board import TINY, PluggedBoard, compiled, plugged
from tests.support.shell import complaint, run, said

ROOT = Path(__file__).parent.parent
PATIENCE = 60  # seconds
RECIPE = ("--preset", "tiny", "--epochs", "2", "--limit", "250")
INITIAL = f"{State.initial(TINY.network).digest():016x}"


@pytest.fixture(scope="module")
def library() -> Path:
    return compiled()


@pytest.fixture(scope="module")
def board(library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PluggedBoard]:
    with plugged(library, tmp_path_factory.mktemp("board") / "port") as board:
        yield board


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training on the golden model."""
    folder = tmp_path_factory.mktemp("golden") / "run"
    assert run("train", *RECIPE, "--out", folder).exit_code == 0
    return folder


def digest_of(folder: Path) -> str:
    state, progress = checkpoint.load(folder / "checkpoint", TINY.network)
    assert progress.history[-1].state_digest == f"{state.digest():016x}"
    return progress.history[-1].state_digest


def test_trains_to_the_checkpoint_of_the_golden_model(board: PluggedBoard, run_folder: Path, tmp_path: Path) -> None:
    result = run("board", "train", *RECIPE, "--port", board.port, "--out", tmp_path / "run", "--json")
    assert result.exit_code == 0, result.output
    *epochs, found = map(json.loads, result.stdout.splitlines())
    assert found["digest"] == epochs[-1]["state_digest"] == digest_of(tmp_path / "run") == digest_of(run_folder)
    assert found["history"] == epochs and len(epochs) == 2
    golden = checkpoint.read_progress(run_folder / "checkpoint").history
    for got, wanted in zip(epochs, golden, strict=True):
        assert got["train_accuracy"] == wanted.train_accuracy and got["test_accuracy"] == wanted.test_accuracy
        assert got["samples_per_second"] > 0
    assert found["breaks"] == found["frames_resent"] == found["frames_damaged"] == 0
    assert "epoch   2   training" in result.stderr and "samples/s" in result.stderr and "firing" not in result.stderr
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["checkpoint"]
    again = said("board", "train", *RECIPE, "--port", board.port, "--resume", tmp_path / "run")
    assert again["digest"] == found["digest"] and again["history"] == found["history"]
    assert said("train", *RECIPE, "--resume", tmp_path / "run")["digest"] == found["digest"]


def test_loads_tests_and_saves(board: PluggedBoard, run_folder: Path, tmp_path: Path) -> None:
    port = ("--port", board.port)
    loaded = said("board", "load", run_folder, *port)
    assert loaded["digest"] == digest_of(run_folder) and loaded["epochs"] == 2
    tested = said("board", "evaluate", "--limit", 250, *port)
    assert tested["test_accuracy"] == said("evaluate", "--checkpoint", run_folder, "--limit", 250)["test_accuracy"]
    assert tested["digest"] == loaded["digest"] and tested["samples"] == 250
    saved = said("board", "save", tmp_path / "saved", *port)
    assert saved["digest"] == loaded["digest"] and saved["layer_shift"] == loaded["layer_shift"]
    assert said("evaluate", "--checkpoint", tmp_path / "saved", "--limit", 250)["digest"] == loaded["digest"]
    assert "holds a checkpoint already; choose another folder" in complaint("board", "save", tmp_path / "saved", *port)
    assert said("board", "load", *port, "--preset", "tiny", "--seed", TINY.network.seed)["digest"] == INITIAL
    assert said("board", "load", *port)["digest"] == INITIAL
    other = said("board", "evaluate", "--checkpoint", tmp_path / "saved", "--limit", 50, *port)
    assert other["digest"] == loaded["digest"]
    text = run("board", "evaluate", "--limit", 50, *port).stdout
    assert "test accuracy" in text and "%" in text


def test_says_what_the_chip_is(board: PluggedBoard) -> None:
    found = said("board", "info", "--port", board.port)
    assert found["preset"] == found["built_from"] == "tiny" and found["network_digest"] == TINY.network.digest
    assert (found["clock_mhz"], found["protocol"], found["link_memory"], found["inputs"]) == (24.0, 2, 128, 64)
    before = found["samples_since_power_up"]
    said("board", "monitor", "--samples", 5, "--port", board.port)
    assert said("board", "info", "--port", board.port)["samples_since_power_up"] == before + 5
    assert said("board", "info", "--port", board.port, "--preset", "tiny")["is_preset"] is True
    assert said("board", "info", "--port", board.port, "--preset", "digits")["is_preset"] is False
    assert "built from" in run("board", "info", "--port", board.port).stdout


def test_sets_learning_rates(board: PluggedBoard) -> None:
    port = ("--port", board.port)
    said("board", "set", "--layer-shift", 9, "--readout-shift", 8, *port)
    assert said("board", "set", "--layer-shift", 3, *port)["readout_shift"] == 8
    found = said("board", "set", *port)
    assert (found["layer_shift"], found["readout_shift"]) == (3, 8)
    assert "layer shift" in run("board", "set", *port).stdout
    assert "0 is not in the range 1<=x<=12" in complaint("board", "set", "--layer-shift", 0, *port)


def test_watches_samples(board: PluggedBoard) -> None:
    port = ("--port", board.port)
    digest = said("board", "load", *port)["digest"]
    found = said("board", "monitor", "--samples", 400, *port)
    assert found["samples"] == found["last_samples"] == 400 and found["part"] == "test"
    assert "update_fraction" not in found and "layer_shift" not in found, "nothing is learned"
    assert said("board", "evaluate", "--limit", 1, *port)["digest"] == digest
    learned = said("board", "monitor", "--samples", 20, "--learn", "--part", "training", *port)
    assert learned["samples"] == 20 and 0 < learned["update_fraction"] <= 1
    assert learned["samples_since_power_up"] == (found["samples_since_power_up"] + 21) % 2**16
    assert said("board", "evaluate", "--limit", 1, *port)["digest"] != digest
    text = run("board", "monitor", "--samples", 20, *port).stdout
    assert "samples per second" in text and "accuracy" in text and "margin" not in text


def background(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "threefactor", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(what: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_ctrl_c_ends_watching_with_what_was_seen(board: PluggedBoard) -> None:
    with background("board", "monitor", "--port", board.port, "--json") as process:
        time.sleep(3)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130 and errors.strip() == "threefactor: interrupted"
    assert json.loads(output)["samples"] > 0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_goes_on_after_it_was_ended(
    board: PluggedBoard, run_folder: Path, tmp_path: Path, number: signal.Signals
) -> None:
    folder, options = tmp_path / "run", ("board", "train", *RECIPE, "--port", board.port)
    with background(*options, "--out", folder) as process:
        wait_for((folder / JOURNAL).exists)
        time.sleep(0.15)
        process.send_signal(number)
        _, errors = process.communicate(timeout=PATIENCE)
    if number == signal.SIGINT:
        advice = f"threefactor: interrupted; go on with the same options and --resume {folder}"
        assert process.returncode == 130 and errors.splitlines()[-1] == advice
    result = run(*options, "--resume", folder)
    assert result.exit_code == 0 and "epoch 1: the chip has kept" in result.stderr, result.output
    assert digest_of(folder) == digest_of(run_folder)


@pytest.mark.parametrize("power", [True, False], ids=["power stays on", "power fails"])
def test_goes_on_when_the_cable_was_pulled(library: Path, run_folder: Path, tmp_path: Path, power: bool) -> None:
    folder = tmp_path / "run"
    with plugged(library, tmp_path / "port") as board:

        def meddle() -> None:
            wait_for((folder / JOURNAL).exists)
            time.sleep(0.2)
            board.pull()
            if not power:
                board.switch_off_and_on()
            time.sleep(0.5)
            board.plug()

        meddler = Thread(target=meddle)
        meddler.start()
        result = run("board", "train", *RECIPE, "--port", board.port, "--out", folder, "--json")
        meddler.join()
    assert result.exit_code == 0, result.output
    assert digest_of(folder) == digest_of(run_folder)
    assert json.loads(result.stdout.splitlines()[-1])["breaks"] == 1
    remarks = " ".join(result.stderr.split())
    assert "waiting up to 60 s for it to come back" in remarks and "the board answers again" in remarks
    kept = "epoch 1: the chip has kept" if power else "the chip has not kept what it learned"
    assert kept in remarks


def test_says_how_to_go_on_when_the_cable_stays_pulled(library: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with plugged(library, tmp_path / "port") as board:
        options = ("board", "train", *RECIPE, "--port", board.port, "--out", folder, "--patience", 0.5)
        with background(*options) as process:
            wait_for((folder / JOURNAL).exists)
            board.pull()
            _, errors = process.communicate(timeout=PATIENCE)
            board.plug()
    assert process.returncode == 2 and "Traceback" not in errors
    assert errors.splitlines()[-1].endswith(f"then go on with the same options and --resume {folder}")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("info --port /dev/no-such-port", "there is no port /dev/no-such-port; connect the board"),
        ("train --preset tiny --port /dev/no-such-port", "there is no port /dev/no-such-port; connect the board"),
        ("info --port /dev/null", "nothing tells which board is behind /dev/null; name it with --board"),
        ("info --port /dev/null --board icebreaker", "cannot open the port /dev/null"),
        ("info --port /dev/null --board ice-breaker", "there is no board 'ice-breaker'; choose one of icebreaker"),
        ("train --port x", "Missing option '--preset'"),
        ("train --preset tiny --out a --resume b", "--resume writes into the folder it names; leave --out away"),
        ("load nowhere", "there is no checkpoint at nowhere"),
        ("load --seed 5", "a seed belongs to a preset; name it with --preset"),
        ("monitr", "No such command 'monitr'; did you mean monitor?"),
        ("monitor --part tests", "Invalid value for '--part': 'tests' is not one of 'training', 'test'"),
    ],
)
def test_sentence(line: str, sentence: str, monkeypatch: pytest.MonkeyPatch, board: PluggedBoard) -> None:
    if line.startswith("load"):
        line += f" --port {board.port}"
    assert complaint("board", *line.split()).startswith(sentence)


def test_another_program_has_the_port(board: PluggedBoard) -> None:
    with serial.Serial(str(board.port), exclusive=True):
        sentence = complaint("board", "info", "--port", board.port)
    assert sentence == f"the port {board.port} is in use; end the other program, or name another port"


def test_the_chip_is_another(board: PluggedBoard) -> None:
    sentence = complaint("board", "train", "--preset", "digits", "--port", board.port)
    assert sentence.startswith("the chip was built from preset tiny ") and "not preset digits as it is now" in sentence
    sentence = complaint("board", "load", "--preset", "tiny", "--seed", 99, "--port", board.port)
    assert "which is not preset tiny as it is now" in sentence


def test_the_data_set_is_missing(board: PluggedBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("THREEFACTOR_DATA", raising=False)
    sentence = complaint("board", "train", "--preset", "mnist-small", "--port", board.port)
    assert sentence.startswith("data set 'mnist' is not shipped")


def test_nobody_answers(tmp_path: Path) -> None:
    master, slave = os.openpty()
    sentence = complaint("board", "info", "--port", os.ttyname(slave))
    os.close(master)
    os.close(slave)
    assert sentence.startswith("the board does not answer within 3 s; check cable and port")


def test_verifies_what_the_chip_holds_and_repairs_it(board: PluggedBoard, run_folder: Path, tmp_path: Path) -> None:
    said("board", "load", run_folder, "--port", board.port)
    found = said("board", "verify", run_folder, "--port", board.port)
    assert (found["different"], found["left"], found["memories"]) == (0, 0, {}) and found["elements"] > 1000
    with Client(find(str(board.port)).opened(), TINY) as client:
        weights, generators = client.read("core1.weights"), client.read("core0.generators")
        weights[[0, 5]] ^= 1
        client.write("core1.weights", weights)
        client.write("core0.generators", generators ^ 1)
    line = ("board", "verify", run_folder, "--port", board.port, "--json")
    result = run(*line)
    assert result.exit_code == 1
    assert json.loads(result.stdout)["memories"] == {"core1.weights": 2, "core0.generators": 1}
    result = run(*line, "--repair")
    found = json.loads(result.stdout)
    assert (result.exit_code, found["different"], found["left"]) == (0, 3, 0)
    assert said("board", "verify", run_folder, "--port", board.port)["different"] == 0
