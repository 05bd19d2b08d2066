"""A connection to a chip that is taken up again when its line breaks."""

from __future__ import annotations

import time
from collections.abc import Callable

from boards.host.client import Client, as_built
from boards.host.line import Line
from boards.host.pipe import LineLostError
from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.spec.presets import PRESETS
from golden.spec.protocol import Identity
from golden.system.closing import Closing

PATIENCE = 60.0
"""Seconds that are waited for a line that broke, if nobody says otherwise."""
_PAUSE = 0.25  # seconds between two attempts


class Connection(Closing):
    """A chip, and the client that talks to it; another client whenever the line was lost.

    Parameters
    ----------
    open_line
        Opens the line, and raises UserError where it cannot. It is called again when the line broke.
    preset
        What the chip must have been built from; by default the shipped one that it says to be built from.
    patience
        Seconds that are waited for a line that broke.
    told
        Told in a sentence that the line broke, and that it is there again.

    Attributes
    ----------
    client
        Of the chip as it is reached now.
    preset
        What it was built from.
    breaks
        How often the line was taken up again.

    Raises
    ------
    UserError
        The line cannot be opened, nobody answers, the chip was built from another preset, or from none that is shipped.
    """

    def __init__(
        self,
        open_line: Callable[[], Line],
        preset: Preset | None = None,
        *,
        patience: float = PATIENCE,
        told: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._open_line, self._patience, self._told = open_line, patience, told
        self._resent = self._damaged = self.breaks = 0
        line = open_line()
        try:
            self.client = Client(line)
            self.preset = recognised(self.client.identity) if preset is None else preset
            self.client.use(self.preset)
        except BaseException:
            line.close()
            raise

    @property
    def resent(self) -> int:
        """Frames that were sent again so far."""
        return self._resent + self.client.pipe.resent

    @property
    def damaged(self) -> int:
        """Frames of the chip that arrived broken so far."""
        return self._damaged + self.client.pipe.damaged

    def again(self, error: UserError) -> None:
        """Take the connection up again after ``error``, a lost line or a chip that has begun anew.

        Raises
        ------
        LineLostError
            It did not come back in time; the sentence is that of the last attempt.
        UserError
            What came back was built from another preset.
        """
        self._told(f"{error}; waiting up to {self._patience:g} s for it to come back")
        self._resent, self._damaged = self.resent, self.damaged
        self.client.close()
        end, failure = time.monotonic() + self._patience, error
        while True:
            try:
                line = self._open_line()
            except UserError as refusal:
                failure = refusal
            else:
                try:
                    self.client = Client(line, self.preset)
                except LineLostError as silence:
                    line.close()
                    failure = silence
                except BaseException:
                    line.close()
                    raise
                else:
                    break
            if time.monotonic() + _PAUSE > end:
                raise LineLostError(str(failure))
            time.sleep(_PAUSE)
        self.breaks += 1
        self._told("the board answers again")

    def close(self) -> None:
        """Release the line."""
        self.client.close()


def recognised(identity: Identity) -> Preset:
    """Return the shipped preset that a chip was built from, or raise UserError."""
    for preset in PRESETS.values():
        if is_built_from(identity, preset):
            return preset
    raise UserError(
        f"the chip was built from preset {identity.name} (digest {identity.network}), which is none of those that are "
        "shipped as they are now; name its file with --preset"
    )


def is_built_from(identity: Identity, preset: Preset) -> bool:
    """Whether a chip was built from a preset, whatever its clock and its memory."""
    try:
        as_built(identity, preset)
    except UserError:
        return False
    return True
