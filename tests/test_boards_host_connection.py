"""A connection on a chip made of Python: whom it talks to, and what becomes of a line that cannot be used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from boards.host import connection as module
from boards.host.connection import Connection, is_built_from, recognised
from boards.host.pipe import LineLostError
from golden.spec.errors import UserError
from golden.spec.frames import LEAST_MEMORY
from golden.spec.presets import preset_named
from golden.spec.protocol import identity
from tests.support.chip import TINY, Chip

SAID = identity(TINY, 24e6, LEAST_MEMORY)


def test_knows_shipped_presets() -> None:
    assert recognised(SAID) == TINY and is_built_from(SAID, TINY)
    digits = preset_named("digits")
    assert recognised(identity(digits, 1e6, 1024, "01234567")) == digits and not is_built_from(SAID, digits)
    own = replace(TINY, name="mine", network=replace(TINY.network, seed=99))
    with pytest.raises(UserError, match="the chip was built from preset mine .digest .*none of those that are shipped"):
        recognised(identity(own, 24e6, LEAST_MEMORY))


def test_finds_the_preset_itself() -> None:
    with Connection(Chip) as connection:
        assert connection.preset == TINY


def test_releases_a_line_that_it_cannot_use() -> None:
    chip = Chip()
    with pytest.raises(UserError, match="which is not preset digits as it is now"):
        Connection(lambda: chip, preset_named("digits"))
    assert chip.closed
    chip = Chip()
    chip.deaf = True
    with pytest.raises(LineLostError, match="the board does not answer"):
        Connection(lambda: chip)
    assert chip.closed


def after(*answers: Callable[[], Chip]) -> Callable[[], Chip]:
    """What opens a line gives, one call after the other; the last one again and again."""
    left = list(answers)

    def opened() -> Chip:
        answer = left.pop(0) if len(left) > 1 else left[0]
        return answer()

    return opened


def deaf() -> Chip:
    chip = Chip()
    chip.deaf = True
    return chip


def refused() -> Chip:
    raise UserError("there is no port")


def test_waits_for_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PAUSE", 0.001)
    told = list[str]()
    connection = Connection(after(Chip, refused, deaf, Chip), TINY, told=told.append)
    first = connection.client
    first.pipe.resent = 3
    connection.again(LineLostError("the cable was pulled"))
    assert connection.client is not first and connection.breaks == 1 and connection.resent == 3
    assert told == ["the cable was pulled; waiting up to 60 s for it to come back", "the board answers again"]


def test_waits_no_longer_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PAUSE", 0.001)
    connection = Connection(after(Chip, refused), TINY, patience=0.01)
    with pytest.raises(LineLostError, match="there is no port"):
        connection.again(LineLostError("the cable was pulled"))


def test_does_not_wait_for_another_chip() -> None:
    digits = preset_named("digits")
    connection = Connection(Chip, TINY)
    connection.preset = digits  # what comes back is not what was there
    with pytest.raises(UserError, match="which is not preset digits as it is now"):
        connection.again(LineLostError("the cable was pulled"))
