"""The host's end of the line on a chip made of Python: what it sends again, what it asks for, and when it gives up."""

from __future__ import annotations

import pytest

from boards.host.pipe import CONVERSATIONS, SILENCE, LineLostError, Pipe, StateLostError
from golden.spec.frames import LEAST_MEMORY, HostFrame, Kind, piece, window
from tests.support.chip import Chip


def echo(data: bytes) -> bytes:
    return data


def opened(chip: Chip) -> Pipe:
    pipe = Pipe(chip)
    pipe.begin()
    return pipe


def test_streams_longer_than_all_memory_pass() -> None:
    chip = Chip(lambda _: b"")
    pipe = opened(chip)
    sent = bytes(number * 7 & 255 for number in range(1000))
    pipe.write(sent)
    while pipe.unsent:
        pipe.ready()
    assert b"".join(chip.pieces) == sent and max(map(len, chip.pieces)) <= piece(LEAST_MEMORY)


def test_no_more_is_under_way_than_the_chip_has_memory_for() -> None:
    chip = Chip()
    pipe = opened(chip)
    chip.deaf = True
    pipe.write(bytes(1000))
    assert 1000 - pipe.unsent <= window(LEAST_MEMORY)
    assert 1000 - pipe.unsent > window(LEAST_MEMORY) - piece(LEAST_MEMORY)


def test_what_was_not_heard_is_sent_again() -> None:
    chip = Chip(echo)
    pipe = opened(chip)
    chip.deaf = True
    pipe.write(b"heard?")
    chip.deaf = False
    assert pipe.read(6) == b"heard?" and pipe.resent == 1 and b"".join(chip.pieces) == b"heard?"


def test_what_was_answered_unheard_is_asked_for_and_not_sent_again() -> None:
    chip = Chip(echo)
    pipe = opened(chip)
    pipe.write(b"one")
    assert pipe.read(3) == b"one"
    chip.dumb = True
    pipe.write(b"two")
    chip.dumb = False
    assert pipe.read(3) == b"two" and b"".join(chip.pieces) == b"onetwo"
    assert any(frame.kind == Kind.REPEAT for frame in chip.frames) or pipe.resent


def test_an_answer_that_comes_twice_counts_once() -> None:
    chip = Chip(echo)
    pipe = opened(chip)
    pipe.write(b"once")
    chip.say(Kind.DATA, b"once", 0)
    assert pipe.read(4) == b"once" and pipe.ready() == 0


def test_a_wish_that_comes_twice_is_granted_once() -> None:
    chip = Chip(lambda _: b"")
    pipe = opened(chip)
    chip.deaf = True
    pipe.write(bytes(100))
    for _ in range(5):
        chip.say(Kind.REPEAT)
    pipe.ready()
    assert pipe.resent == 1


def test_gives_up_a_line_on_which_nobody_answers() -> None:
    chip = Chip()
    chip.deaf = True
    with pytest.raises(LineLostError, match="the board does not answer within 3 s; check cable and port"):
        Pipe(chip).begin()
    assert SILENCE <= chip.now() < 2 * SILENCE
    chip = Chip(echo)
    pipe = opened(chip)
    chip.dumb = True
    with pytest.raises(LineLostError, match="the board has not answered for 3 s; check the cable, and that the board"):
        pipe.read(1)


def test_gives_up_a_chip_that_hears_and_does_nothing() -> None:
    pipe = opened(Chip(lambda _: b""))
    pipe.write(b"well?")
    with pytest.raises(LineLostError, match="the board acknowledges what it is sent, but does not do it"):
        pipe.read(1)


def test_knows_a_chip_that_has_begun_anew() -> None:
    chip = Chip(echo)
    pipe = opened(chip)
    chip.open, chip.conversation = False, 0
    pipe.write(b"still there?")
    with pytest.raises(StateLostError, match="load its state again"):
        pipe.read(1)
    assert not chip.pieces
    pipe.begin()
    pipe.write(b"again")
    assert pipe.read(5) == b"again"


def test_knows_a_chip_that_another_program_has_opened() -> None:
    chip = Chip(echo)
    pipe, another = opened(chip), Pipe(chip)
    while another.conversation == pipe.conversation - 1:
        another = Pipe(chip)
    another.begin()
    pipe.write(b"whose?")
    with pytest.raises(StateLostError, match="or another program uses it"):
        pipe.read(1)
    # What was said to the other one is not taken for an answer.
    assert pipe.ready() == 0 and not chip.pieces


@pytest.mark.parametrize("there", range(CONVERSATIONS + 1))
def test_begins_another_conversation_than_there_is(there: int) -> None:
    chip = Chip(echo)
    chip.open, chip.conversation = there > 0, there
    pipe = Pipe(chip, there - 1 if there else CONVERSATIONS - 1)
    for before in (there, None):
        pipe.begin()
        assert chip.conversation == pipe.conversation not in (0, before)


@pytest.mark.parametrize("moment", range(1, 12))
def test_an_opening_that_comes_again_does_no_harm(moment: int) -> None:
    chip = Chip(echo)
    pipe, heard = opened(chip), b""
    for number in range(12):
        pipe.write(sent := bytes((number,)) * 30)
        if number == moment:
            chip.write(HostFrame(Kind.OPEN, pipe.conversation, 0, 0).encode(2))
        assert pipe.read(30) == sent
        heard += sent
    assert b"".join(chip.pieces) == heard


class Broken(Chip):
    """A line whose cable is pulled."""

    broken = False

    def write(self, data: bytes) -> None:
        if self.broken:
            raise OSError("device disconnected")
        super().write(data)

    def read(self, seconds: float) -> bytes:
        if self.broken:
            raise OSError("device disconnected")
        return super().read(seconds)


def test_says_that_the_cable_was_pulled() -> None:
    chip = Broken(echo)
    pipe = opened(chip)
    chip.broken = True
    with pytest.raises(LineLostError, match=r"the connection to the board broke off \(device disconnected\)"):
        pipe.write(b"x")
    with pytest.raises(LineLostError, match="check the cable"):
        pipe.read(1)
