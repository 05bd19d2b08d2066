"""Programming with a loader that only pretends: its command line, and a sentence for everything it may say."""

from __future__ import annotations

from pathlib import Path

import pytest

from boards import programmer as module
from boards.catalogue import BOARDS
from boards.programmer import Programmer
from golden.spec.errors import UserError


@pytest.fixture
def bitstream(tmp_path: Path) -> Path:
    path = tmp_path / "digits.bit"
    path.write_bytes(b"\xff\x00bits")
    return path


@pytest.fixture
def usb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What is on USB: nothing yet."""
    monkeypatch.setattr(module, "_USB", tmp_path / "usb")
    return tmp_path / "usb"


@pytest.fixture
def said(tmp_path: Path, usb: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A loader on PATH that prints this file, and ends with 1 where a line begins with a blank."""
    folder, said = tmp_path / "bin", tmp_path / "said"
    folder.mkdir()
    said.write_text("Loading: DONE\n")
    loader = folder / "openFPGALoader"
    loader.write_text(f'#!/bin/sh\ncat "{said}"\n! grep -q "^ " "{said}"\n')
    loader.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return said


@pytest.mark.parametrize(
    ("board", "options", "arguments"),
    [
        ("icebreaker", {"flash": True}, "-b ice40_generic -f"),
        ("colorlight-i5", {}, "-b colorlight-i5 -m"),
        ("colorlight-i9", {"flash": True}, "-b colorlight-i9 -f"),
        ("ulx3s-12f", {"port": "1:5"}, "-b ulx3s -m --busdev-num 1:5"),
        ("ulx3s-85f", {"cable": "ft2232"}, "-b ulx3s -c ft2232 -m"),
        ("orangecrab-25f", {"flash": True}, "-b orangeCrab"),
        ("orangecrab-85f", {"cable": "ft232"}, "-c ft232 -m"),
    ],
)
def test_command_lines(board: str, options: dict[str, object], arguments: str, said: Path, bitstream: Path) -> None:
    used = Programmer(BOARDS[board], **options).program(bitstream)  # type: ignore[arg-type]
    assert used == f"openFPGALoader {arguments} {bitstream}"


@pytest.mark.parametrize("board", ["icebreaker", "icesugar", "orangecrab-25f", "orangecrab-85f"])
def test_what_stays_wants_to_be_said(board: str, said: Path) -> None:
    with pytest.raises(UserError, match=f"board {board} keeps what it is given, in its flash; say --flash if it may"):
        Programmer(BOARDS[board])


@pytest.mark.parametrize(
    ("board", "output", "sentence"),
    [
        (
            "ulx3s-85f",
            " unable to open ftdi device: -3 (device not found)\nJTAG init failed with: unable to open ftdi device",
            "there is no board ulx3s-85f on USB (0403:6015); plug it in, or see boards/BOARDS.md",
        ),
        (
            "ulx3s-85f",
            " unable to open ftdi device: -4 (usb_open() failed)",
            "board ulx3s-85f is there and you may not use it; type: echo 'SUBSYSTEM==",
        ),
        ("colorlight-i5", " JTAG init failed with: No device found", "there is no board colorlight-i5 on USB"),
        (
            "colorlight-i5",
            " Jtag: support for cmsisdap was not enabled at compile time",
            "this openFPGALoader was built without cmsisdap, which board colorlight-i5 needs; on Debian or Ubuntu type",
        ),
        ("colorlight-i9", " Couldn't open device. Check permissions for /dev/hidraw3", "board colorlight-i9 is there"),
        (
            "orangecrab-25f",
            " Open device 1209:5af0 Not found\nDFU init failed with: No DFU compatible device found",
            "there is no board orangecrab-25f on USB (1209:5af0); hold its button while you plug it in",
        ),
        (
            "icebreaker",
            " openFPGALoader: error while loading shared libraries: libusb-1.0.so.0: cannot open shared object file",
            "openFPGALoader lacks libusb-1.0.so.0; on Debian or Ubuntu type: sudo apt install libusb-1.0-0",
        ),
        ("icebreaker", "Parse file DONE\nWait for CDONE FAIL", "openFPGALoader could not program board icebreaker"),
        # The probe answers, the chip does not.
        ("colorlight-i5", " Error: no device found", "openFPGALoader could not program board colorlight-i5; its"),
        ("ulx3s-85f", " it is unwell", "openFPGALoader could not program board ulx3s-85f; its output is in "),
    ],
)
def test_a_sentence_for_what_it_says(board: str, output: str, sentence: str, said: Path, bitstream: Path) -> None:
    said.write_text(output)
    loader = BOARDS[board].loader
    with pytest.raises(UserError) as error:
        Programmer(BOARDS[board], flash=not loader.volatile).program(bitstream)
    assert str(error.value).startswith(sentence)
    if "could not program" in sentence:
        assert bitstream.with_suffix(".log").read_text() == output


def test_what_to_type_is_complete(said: Path, bitstream: Path) -> None:
    said.write_text(" unable to open ftdi device: -4 (usb_open() failed)")
    board = BOARDS["ulx3s-85f"]
    with pytest.raises(UserError) as error:
        Programmer(board).program(bitstream)
    line = f"echo '{board.loader.udev_rule}' | sudo tee -a {module.RULES} && sudo udevadm control --reload"
    assert str(error.value) == f"board {board.name} is there and you may not use it; type: {line}, and plug it in again"


def test_what_it_cannot_find_and_is_there_may_not_be_used(said: Path, usb: Path, bitstream: Path) -> None:
    """A boot loader that may not be opened is not found, says openFPGALoader."""
    said.write_text(" No DFU compatible device found")
    for number, (vendor, product) in enumerate((("1d6b", "0002"), ("1209", "5af0"))):
        folder = usb / f"1-{number}"
        folder.mkdir(parents=True)
        (folder / "idVendor").write_text(f"{vendor}\n")
        (folder / "idProduct").write_text(f"{product}\n")
    with pytest.raises(UserError, match="board orangecrab-85f is there and you may not use it"):
        Programmer(BOARDS["orangecrab-85f"], flash=True).program(bitstream)


def test_a_cable_that_is_not_there(said: Path, bitstream: Path) -> None:
    said.write_text(" unable to open ftdi device: -3 (device not found)")
    with pytest.raises(UserError, match="there is no cable ft2232, or you may not use it; see boards/BOARDS.md"):
        Programmer(BOARDS["colorlight-i9"], cable="ft2232").program(bitstream)


def test_there_is_no_loader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("golden.system.tools.sys.executable", str(tmp_path / "python"))
    with pytest.raises(UserError, match="there is no openFPGALoader; on Debian or Ubuntu type: sudo apt install"):
        Programmer(BOARDS["ulx3s-85f"])


def test_a_loader_beside_the_interpreter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bitstream: Path) -> None:
    command = tmp_path / "openfpgaloader-cli"
    command.write_text("#!/bin/sh\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setattr("golden.system.tools.shutil.which", lambda name: name if name == str(command) else None)
    monkeypatch.setattr("golden.system.tools.sys.executable", str(tmp_path / "python"))
    assert Programmer(BOARDS["ulx3s-85f"]).program(bitstream).startswith("openfpgaloader-cli -b ulx3s -m ")


@pytest.mark.parametrize("port", ["/dev/ttyUSB0", "5", "1:"])
def test_a_port_that_is_none(port: str, said: Path) -> None:
    with pytest.raises(UserError, match=r"port must be bus:device as lsusb has them, 1:5 for one, not "):
        Programmer(BOARDS["ulx3s-85f"], port=port)


def test_a_drive_is_found_and_gets_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bitstream: Path) -> None:
    monkeypatch.setattr(module, "_ROOT", tmp_path)
    board = BOARDS["icesugar"]
    with pytest.raises(UserError, match="there is no drive iCELink; plug board icesugar in and open the drive, or"):
        Programmer(board, flash=True)
    drive = tmp_path / "media" / "me" / "iCELink"
    drive.mkdir(parents=True)
    assert Programmer(board, flash=True).program(bitstream) == str(drive)
    assert [file.read_bytes() for file in drive.iterdir()] == [bitstream.read_bytes()]
    (tmp_path / "mnt" / "iCELink").mkdir(parents=True)
    with pytest.raises(UserError, match=r"there are drives .*iCELink and .*iCELink; name one of them with --port"):
        Programmer(board, flash=True)
    assert Programmer(board, flash=True, port=str(drive)).program(bitstream) == str(drive)
    with pytest.raises(UserError, match="port must be the folder where drive iCELink is mounted, not '1:5'"):
        Programmer(board, flash=True, port="1:5")
    with pytest.raises(UserError, match="board icesugar has no use for a cable"):
        Programmer(board, flash=True, cable="ft2232")
