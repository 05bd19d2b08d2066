"""``threefactor board simulate``: a port for other programs, until it is asked to end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import serial
from click.testing import CliRunner

from boards.catalogue import BOARDS
from boards.simulated.board import Status
from boards.simulated.terminal import Report
from tests.support.echo import compiled_echo
from threefactor.cli import main
from threefactor.commands.board.simulate import told

ROOT = Path(__file__).parent.parent
BOARD = BOARDS["icebreaker"]
PATIENCE = 60  # seconds
# The command line, with a board that needs no compiling.
PROGRAM = """
import sys
from pathlib import Path
from threefactor.cli import main
from threefactor.commands.board import simulate
model = Path(sys.argv.pop(1))
simulate.compiled_board = lambda *_, **__: model
main()
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled_echo(BOARD, tmp_path_factory.mktemp("echo"))


@contextmanager
def simulated(library: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    command = ("board", "simulate", "--preset", "tiny", "--board", "icebreaker", "--json", *options)
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(library), *command],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_serves_until_it_is_asked_to_end(library: Path, tmp_path: Path, number: signal.Signals) -> None:
    link = tmp_path / "port"
    link.symlink_to(tmp_path / "left-by-another")
    with simulated(library, "--link", str(link)) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        assert said == {
            "port": str(link.readlink()),
            "link": str(link),
            "preset": "tiny",
            "board": "icebreaker",
            "clock_mhz": 24.0,
            "baud": 3_000_000,
        }
        for message in (b"hello", bytes(range(256))):
            with serial.Serial(str(link), BOARD.baud, timeout=PATIENCE) as line:
                line.write(message)
                assert line.read(len(message)) == message
        process.send_signal(number)
        output, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 128 + number
    assert errors.strip() == "threefactor: interrupted"
    assert output == "" and list(tmp_path.iterdir()) == []


def test_leaves_files_alone(library: Path, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    with simulated(library, "--link", str(file)) as process:
        output, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2 and output == ""
    assert errors == (
        f"threefactor: link {file} cannot be written (there is something else than a link); choose another name\n"
    )
    assert file.read_text() == "mine" and list(tmp_path.iterdir()) == [file]


def test_group_lists_what_there_is() -> None:
    shown = CliRunner().invoke(main, ["board"])
    assert shown.exit_code == 0 and "simulate" in shown.stdout
    wrong = CliRunner().invoke(main, ["board", "simulat"])
    assert wrong.exit_code == 2
    assert wrong.stderr == "threefactor: No such command 'simulat'; did you mean simulate?\n"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("--preset tiny --board ice-breaker", "there is no board 'ice-breaker'; choose one of"),
        ("--preset tiny", "Missing option '--board'. Choose from: icebreaker"),
        ("--preset mnist-large --board icebreaker", "preset mnist-large needs"),
        (
            "--preset tiny --board icebreaker --baud 8000000",
            "a clock of 24000000 Hz is too slow for 8000000 baud",
        ),
        ("--preset tiny --board icebreaker --baud 5400000", "a clock of 24000000 Hz cannot be divided to 5400000 baud"),
    ],
)
def test_wrong_calls(line: str, sentence: str) -> None:
    result = CliRunner().invoke(main, ["board", "simulate", *line.split()])
    assert result.exit_code == 2 and result.stdout == ""
    assert result.stderr.startswith(f"threefactor: {sentence}") and result.stderr.count("\n") == 1


def test_tells_what_the_chip_does() -> None:
    busy = Report(1.5, 2_500_000, Status(36_000_000, 1_234, 56, 7, 0, 0b101), 0)
    assert told(busy) == "1.500 s simulated, 2.50 million cycles/s, 1,234 bytes in, 56 out, LEDs on: 0, 2"
    troubled = Report(1.5, 0, Status(36_000_000, 1, 2, 0, 3, 0), 4)
    assert told(troubled) == (
        "1.500 s simulated, at rest, 1 bytes in, 2 out, 4 dropped, 3 framing errors, LEDs on: none"
    )
