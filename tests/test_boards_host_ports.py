"""Which serial port is meant, on computers with other ports than this one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

from boards.catalogue import BOARDS
from boards.host.ports import find, find_named, is_board, ports
from golden.spec.errors import UserError


def plugged(device: str, usb: str = "", location: str = "1-2", serial_number: str | None = None) -> ListPortInfo:
    info = ListPortInfo(device)
    info.location, info.serial_number = location, serial_number
    if usb:
        info.vid, info.pid = (int(part, 16) for part in usb.split(":"))
    return info


ICEBREAKER = (plugged("/dev/ttyUSB0", "0403:6010", "1-2:1.0"), plugged("/dev/ttyUSB1", "0403:6010", "1-2:1.1", "ib7"))
COLORLIGHT = plugged("/dev/ttyACM0", "0d28:0204")
ULX3S = plugged("/dev/ttyUSB2", "0403:6015", "1-4")
OTHER = (plugged("/dev/ttyS0"), plugged("/dev/ttyUSB7", "10c4:ea60"))


@pytest.fixture
def computer(monkeypatch: pytest.MonkeyPatch) -> list[ListPortInfo]:
    found: list[ListPortInfo] = [*OTHER]
    monkeypatch.setattr(list_ports, "comports", lambda: found)
    monkeypatch.setattr(Path, "exists", lambda self: str(self) in {info.device for info in found})
    return found


def test_lists_what_each_port_may_be(computer: list[ListPortInfo]) -> None:
    computer += [*ICEBREAKER, COLORLIGHT, ULX3S]
    found = {port.name: [board.name for board in port.boards] for port in ports()}
    assert found == {
        "/dev/ttyACM0": ["colorlight-i5", "colorlight-i9"],
        "/dev/ttyS0": [],
        "/dev/ttyUSB0": [],  # it programs
        "/dev/ttyUSB1": ["icebreaker"],
        "/dev/ttyUSB2": ["ulx3s-12f", "ulx3s-25f", "ulx3s-45f", "ulx3s-85f"],
        "/dev/ttyUSB7": [],
    }
    (one,) = (port for port in ports() if port.name == "/dev/ttyUSB1")
    assert one.usb == ("0403", "6010") and one.serial_number == "ib7"


@pytest.mark.parametrize(
    ("info", "port", "baud"),
    [
        (ICEBREAKER[1], "/dev/ttyUSB1", 3_000_000),
        (COLORLIGHT, "/dev/ttyACM0", 1_000_000),
        (ULX3S, "/dev/ttyUSB2", 3_000_000),
        (plugged("/dev/ttyACM1", "1d50:602b"), "/dev/ttyACM1", 115_200),
    ],
)
def test_finds_the_only_board(computer: list[ListPortInfo], info: ListPortInfo, port: str, baud: int) -> None:
    computer += [info]
    place = find()
    assert (place.port, place.baud) == (port, baud) and place.boards
    assert find(port) == place == find_named("board") == find_named(f"board:{port}")
    assert find(port, baud=9600).baud == find_named(f"board:{port}:9600").baud == 9600


def test_says_that_there_is_none_or_several(computer: list[ListPortInfo]) -> None:
    with pytest.raises(UserError, match="there is no serial port of a board; plug it in, or name the port with --port"):
        find()
    computer += [*ICEBREAKER, COLORLIGHT]
    with pytest.raises(UserError, match="a board may be behind /dev/ttyACM0 and /dev/ttyUSB1; name one of them with"):
        find()
    assert find(board=BOARDS["icebreaker"]).port == "/dev/ttyUSB1"
    assert find(board=BOARDS["colorlight-i9"]).baud == 1_000_000
    with pytest.raises(UserError, match="there is no serial port of board icesugar; plug it in"):
        find(board=BOARDS["icesugar"])


def test_an_adapter_tells_nothing(computer: list[ListPortInfo]) -> None:
    with pytest.raises(UserError, match="nothing tells which board is behind /dev/ttyUSB7; name it with --board, or"):
        find("/dev/ttyUSB7")
    assert find("/dev/ttyUSB7", BOARDS["orangecrab-85f"]).baud == 1_000_000
    assert find("/dev/ttyUSB7", baud=57600).baud == 57600
    assert find_named("board:/dev/ttyUSB7", BOARDS["orangecrab-25f"]).baud == 1_000_000
    with pytest.raises(UserError, match="nothing tells which board"):
        find_named("board:/dev/ttyUSB7")


def test_a_simulated_board_has_no_baud_rate(tmp_path: Path) -> None:
    master, slave = os.openpty()
    link = tmp_path / "board"
    link.symlink_to(os.ttyname(slave))
    assert find(str(link)).boards == ()
    find(str(link)).opened().close()
    os.close(master)
    os.close(slave)


def test_names_of_boards_among_simulators() -> None:
    assert is_board("board") and is_board("board:/dev/ttyUSB1") and not is_board("verilator") and not is_board("boards")
    for wrong in ("board:", "boards"):
        with pytest.raises(UserError, match=f"a board is named board, board:PORT or board:PORT:BAUD, not '{wrong}'"):
            find_named(wrong)


def test_says_how_a_port_may_be_used(computer: list[ListPortInfo], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    computer += [ULX3S]
    monkeypatch.setattr("serial.Serial", refuse)
    with pytest.raises(UserError, match='you may not use the port /dev/ttyUSB2.*"0403", ATTRS{idProduct}=="6015"'):
        find().opened()
