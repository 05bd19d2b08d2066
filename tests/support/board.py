"""A simulated board with preset ``tiny`` behind a port, which can be unplugged and switched off."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

from boards.catalogue import BOARDS
from boards.simulated.board import SimulatedBoard
from boards.simulated.model import compiled_board
from boards.simulated.terminal import Terminal
from golden.spec.presets import preset_named

TINY = preset_named("tiny")
BOARD = replace(BOARDS["icebreaker"], baud=6_000_000)


def compiled() -> Path:
    """The board as a shared library."""
    return compiled_board(TINY, BOARD)


class PluggedBoard:
    """A board behind the port ``port``, served by a thread.

    Parameters
    ----------
    library
        What :func:`compiled` returns.
    port
        A link, which is there as long as the board is plugged in.
    """

    def __init__(self, library: Path, port: Path) -> None:
        self._library, self.port = library, port
        self._board = SimulatedBoard(library, BOARD)
        self.failures: list[Exception] = []
        self.plug()

    def plug(self) -> None:
        """Plug the cable in."""
        self._pulled = Event()
        terminal = Terminal(self._board)
        self._thread = Thread(target=self._serve, args=(terminal,))
        self._thread.start()
        self.port.symlink_to(terminal.port)

    def pull(self) -> None:
        """Pull the cable; the board stays on."""
        self.port.unlink()
        self._pulled.set()
        self._thread.join()

    def switch_off_and_on(self) -> None:
        """Let the board, which is not plugged in, forget all it knows."""
        self._board.close()
        self._board = SimulatedBoard(self._library, BOARD)

    def close(self) -> None:
        """Pull the cable and switch the board off."""
        self.pull()
        self._board.close()

    def _serve(self, terminal: Terminal) -> None:
        try:
            with terminal:
                while not self._pulled.is_set():
                    terminal.turn()
        except Exception as error:  # noqa: BLE001 - told to the test
            self.failures.append(error)


@contextmanager
def plugged(library: Path, port: Path) -> Iterator[PluggedBoard]:
    """A board that is plugged in as long as the block runs."""
    board = PluggedBoard(library, port)
    try:
        yield board
    finally:
        board.close()
    assert not board.failures, board.failures
