"""Opening a conversation on a simulated line that is full of trouble."""

from __future__ import annotations

from boards.host.client import Client
from boards.host.pipe import LineLostError
from boards.simulated.line import SimulatedLine
from golden.spec.config import Preset


def connected(line: SimulatedLine, preset: Preset, before: int = 0) -> Client:
    """Return a client of the board, opened as often as it takes: trouble can last longer than a host's patience.

    Parameters
    ----------
    line, preset
        Where the board is, and what it was built from.
    before
        Number of the conversation before, of which frames may still come. (A host on a real line draws a number; here
        all is the same with every run.)
    """
    while True:
        try:
            return Client(line, preset, conversation=before)
        except LineLostError:
            before += 1
