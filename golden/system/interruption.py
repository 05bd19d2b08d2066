"""Signals that ask a process to end become the exception of Ctrl-C, so that every clean-up there is serves all.

Where a library does not bear that exception at any moment, :func:`undisturbed` keeps it away.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

Done = TypeVar("Done")

_ENDING = ("SIGINT", "SIGTERM", "SIGHUP")  # Ctrl-C, the request of another process, a closed terminal


class Received:
    """The signal that ended a block; that of Ctrl-C until one does.

    Attributes
    ----------
    number
        Its number; a process that it ends exits with 128 more.
    came
        Whether one came: where a library lost the exception (Numba while it compiles), another one follows from it.
    """

    def __init__(self) -> None:
        self.number, self.came = int(signal.SIGINT), False

    def interrupt(self, number: int, _: FrameType | None) -> None:
        """Handle a signal."""
        self.number, self.came = number, True
        raise KeyboardInterrupt


@contextmanager
def signals_interrupt() -> Iterator[Received]:
    """Raise KeyboardInterrupt in a block of the main thread when the process is asked to end.

    A signal that is ignored stays so: nohup ignores the closed terminal, and a shell Ctrl-C for what it runs in the
    background.
    """
    received = Received()
    before = {}
    for name in _ENDING:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) not in (signal.SIG_IGN, None):
            before[number] = signal.signal(number, received.interrupt)
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def undisturbed(work: Callable[[], Done]) -> Done:
    """Do something short that no signal interrupts, and return what it returns; what it raises is raised.

    Signals that come meanwhile are handled once it is done, if this is the main thread; no other is interrupted. (An
    archive of ``zipfile`` whose making is interrupted has no sound end: what removes it complains of attributes that
    it has not got yet.)
    """
    if threading.current_thread() is not threading.main_thread():
        return work()
    came, handlers = list[int](), dict[int, Callable[[int, FrameType | None], Any]]()
    try:
        for kind in signal.valid_signals():
            handler = signal.getsignal(kind)
            if callable(handler):
                handlers[kind] = handler
                signal.signal(kind, lambda number, _: came.append(number))
        return work()
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for number in came:
            handlers[number](number, None)
