"""Opening a conversation on a simulated line that is full of trouble."""

from __future__ import annotations

from random import Random

from boards.host.client import Client
from boards.host.pipe import CONVERSATIONS, LineLostError
from boards.simulated.line import SimulatedLine
from golden.spec.config import Preset


def connected(line: SimulatedLine, preset: Preset, draws: Random) -> Client:
    """Return a client of the board, opened as often as it takes: trouble can last longer than a host's patience.

    Parameters
    ----------
    line, preset
        Where the board is, and what it was built from.
    draws
        Of the number of the conversation, which a host on a real line draws from the system: so all is the same with
        every run.
    """
    while True:
        try:
            return Client(line, preset, conversation=draws.randrange(CONVERSATIONS))
        except LineLostError:
            continue
