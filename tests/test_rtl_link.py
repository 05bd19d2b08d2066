"""The chip's end of the line, frame by frame: what it takes, acknowledges, repeats, refuses and forgets."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from amaranth import ResetInserter, Signal
from amaranth.sim import Simulator

from golden.spec.frames import (
    ESCAPE,
    FLAG,
    QUESTION,
    ChipFrame,
    HostFrame,
    Kind,
    Separator,
    number_bytes,
    piece,
    window,
)
from rtl.link import Link

MOST_WAITED = 12  # cycles for a byte of the line, whatever waits elsewhere
QUIET = 40
TALK, NEXT = 9, 10  # the conversation, and one after it


class Ends:
    """Everything around a link: the line, and who reads and writes the streams, under random stalls."""

    def __init__(self, memory: int, *, shared: bool = False, seed: int = 1) -> None:
        self.link, self.size, self.shared = Link(memory, shared=shared), number_bytes(memory), shared
        self._draw, self._memory, self._reset = random.Random(seed), memory, Signal()
        self.context: Any = None
        self.reading, self.listening = True, True
        self.talk = TALK
        self._forget()

    def _forget(self) -> None:
        self.line, self.given = bytearray(), bytearray()  # still to be sent, by the host and by the chip
        self.read = bytearray()  # by whoever reads
        self._separator, self._frames, self._waited = Separator(), list[ChipFrame](), 0
        self._brought = False  # a byte of the line in the cycle before
        self._held: dict[str, int] = {}
        self._offered = dict.fromkeys(("i_byte", "i"), False)

    async def reset(self) -> None:
        """Reset the link, while everybody else begins anew as well."""
        self._forget()
        for name in ("i_byte", "i"):
            self.context.set(getattr(self.link, name).valid, 0)
        self.context.set(self.link.opened, 0)
        self.context.set(self._reset, 1)
        await self.context.tick()
        self.context.set(self._reset, 0)

    def _offer(self, name: str, waiting: bytearray) -> None:
        """Offer the next byte now or later; one that was offered stays."""
        stream = getattr(self.link, name)
        rests = name == "i_byte" and self._brought  # a line has a pause between two bytes
        self._offered[name] = bool(waiting) and not rests and (self._offered[name] or self._draw.random() < 0.7)
        self.context.set(stream.valid, self._offered[name])
        self.context.set(stream.payload, waiting[0] if self._offered[name] else self._draw.randrange(256))

    def _take(self, name: str, wanted: bool) -> int | None:
        """Take a byte if one is there; it must stay what it was as long as it waits."""
        stream = getattr(self.link, name)
        ready = wanted and self._draw.random() < 0.7
        self.context.set(stream.ready, ready)
        once = self.shared and name == "o"  # there for one cycle
        if not self.context.get(stream.valid):
            assert name not in self._held or name == "o", f"{name} was offered and is not any more"
            self._held.pop(name, None)
            return None
        payload = int(self.context.get(stream.payload))
        if name != "o_byte":  # a number is sent as it is when it leaves
            assert self._held.get(name, payload) == payload, f"{name} changed while it waited"
        if ready or once:
            self._held.pop(name, None)
            return payload
        self._held[name] = payload
        return None

    async def cycle(self) -> bool:
        """One cycle of everything; whether a byte went anywhere."""
        context, link = self.context, self.link
        self._offer("i_byte", self.line)
        self._offer("i", self.given)
        said, read = self._take("o_byte", self.listening), self._take("o", self.reading)
        if said is not None:
            self._frames += [ChipFrame.decode(content, self.size) for content in self._separator.add(bytes((said,)))]
        if read is not None:
            assert not context.get(link.opening), "something is read while the host begins anew"
            self.read.append(read)
        moved, self._brought = said is not None or read is not None, False
        for name, waiting in (("i_byte", self.line), ("i", self.given)):
            if self._offered[name] and context.get(getattr(link, name).ready):
                del waiting[0]
                self._offered[name], moved = False, True
                self._brought = self._brought or name == "i_byte"
        self._waited = self._waited + 1 if self._offered["i_byte"] else 0
        assert self._waited <= MOST_WAITED, "a byte of the line waits too long"
        if self.shared and context.get(link.quiet):
            assert not context.get(link.o_byte.valid), "it says that it is quiet, and speaks"
        await context.tick()
        return moved

    async def rest(self) -> list[ChipFrame]:
        """Frames of the chip until nothing moves any more."""
        quiet, left = 0, 1_000 + 60 * (len(self.line + self.given) + self._memory)
        while quiet < QUIET:
            assert (left := left - 1), "it never comes to rest"
            quiet = 0 if await self.cycle() else quiet + 1
        assert not self._separator.damaged
        frames, self._frames = self._frames, []
        return frames

    async def say(self, kind: Kind, position: int = 0, received: int = 0, payload: bytes = b"") -> list[ChipFrame]:
        """Send a frame, and return what comes of it."""
        size = 2 if kind == Kind.OPEN else self.size
        self.line += HostFrame(kind, self.talk, position, received, payload).encode(size)
        return await self.rest()

    async def open(self) -> None:
        """Begin anew; whoever reads takes its time."""
        assert await self.say(Kind.OPEN) == []
        assert self.context.get(self.link.opening)
        self.context.set(self.link.opened, 1)
        assert await self.rest() == [frame(Kind.OPENED, talk=self.talk)]
        assert not self.context.get(self.link.opening)
        self.context.set(self.link.opened, 0)

    def run(self, script: Callable[[Ends], Awaitable[None]]) -> None:
        """Run a script of what happens."""

        async def bench(context: Any) -> None:
            self.context = context
            await script(self)

        simulator = Simulator(ResetInserter(self._reset)(self.link))
        simulator.add_clock(1e-6)
        simulator.add_testbench(bench)
        simulator.run()


def frame(
    kind: Kind, position: int = 0, received: int = 0, consumed: int = 0, payload: bytes = b"", talk: int = TALK
) -> ChipFrame:
    return ChipFrame(kind, talk, position, received, consumed, payload)


def drawn(count: int, seed: int) -> bytes:
    """Bytes among which those that are stuffed are frequent."""
    draw = random.Random(seed)
    return bytes(draw.choice((FLAG, ESCAPE, draw.randrange(256))) for _ in range(count))


EVERY = pytest.mark.parametrize(("memory", "shared"), [(128, False), (256, False), (128, True)])


@EVERY
def test_there_is_no_conversation_before_it_is_opened(memory: int, shared: bool) -> None:
    async def script(ends: Ends) -> None:
        assert await ends.rest() == []
        assert await ends.say(Kind.DATA, payload=b"abc") == [frame(Kind.CLOSED, talk=0)]
        assert await ends.say(Kind.DATA) == [frame(Kind.CLOSED, talk=0)]
        await ends.open()
        own = HostFrame(Kind.DATA, TALK, 0, 0, b"xyz")
        other = HostFrame(Kind.DATA, TALK ^ 16, 0, 0, b"abc")
        ends.line += other.encode(ends.size)
        assert await ends.rest() == [frame(Kind.CLOSED)]
        ends.line += own.encode(ends.size)
        assert await ends.rest() == [frame(Kind.DATA, received=3, consumed=0)] or ends.read
        assert ends.read == b"xyz"

    Ends(memory, shared=shared).run(script)


@EVERY
def test_a_stream_arrives_in_order_and_once(memory: int, shared: bool) -> None:
    async def script(ends: Ends) -> None:
        await ends.open()
        modulus, sent, seed = 256**ends.size, b"", 0
        while len(sent) < 300:
            payload = drawn((1, 2, 41, 64)[seed % 4], seed)
            before, seed = len(sent) % modulus, seed + 1
            answers = await ends.say(Kind.DATA, before, payload=payload)
            sent += payload
            assert {(one.kind, one.position, one.payload) for one in answers} == {(Kind.DATA, 0, b"")}
            assert {one.received for one in answers} == {len(sent) % modulus}
            # What comes twice is dropped, and the host told so.
            (again,) = await ends.say(Kind.DATA, before, payload=payload)
            assert again == frame(Kind.REPEAT, 0, len(sent) % modulus, len(sent) % modulus)
            assert ends.read == sent
        assert not ends.context.get(ends.link.troubled)

    Ends(memory, shared=shared).run(script)


@EVERY
def test_what_is_damaged_missing_or_broken_off_is_asked_for_again(memory: int, shared: bool) -> None:
    async def script(ends: Ends) -> None:
        await ends.open()
        await ends.say(Kind.DATA, payload=b"first")
        wish = frame(Kind.REPEAT, 0, 5, 5)
        good = HostFrame(Kind.DATA, TALK, 5, 0, b"second").encode(ends.size)
        body = good[1:-1]
        damaged = {
            "a bit": good[:4] + bytes((good[4] ^ 1,)) + good[5:],
            "the last bit of the FCS": good[:-2] + bytes((good[-2] ^ 128,)) + good[-1:],
            "broken off": good[:6] + good[-1:],
            "no content": good[:1] + good[-5:],
            "nothing but a kind": bytes((FLAG, Kind.REPEAT | TALK << 3, FLAG)),
            "an escape at the end": bytes((FLAG,)) + body + bytes((ESCAPE, FLAG)),
        }
        for what, line in damaged.items():
            ends.line += line
            assert await ends.rest() == [wish], what
            assert ends.context.get(ends.link.troubled), what
        assert await ends.say(Kind.DATA, 6, payload=b"gap") == [wish]
        assert not ends.context.get(ends.link.troubled)
        if ends.size == 2:
            assert await ends.say(Kind.DATA, 5 + 256, payload=b"gap") == [wish]
        assert await ends.say(Kind.DATA, 4, payload=b"old") == [wish]
        # Frames may share a FLAG, and there may be more of them.
        third = HostFrame(Kind.DATA, TALK, 11, 0, b"third").encode(ends.size)
        ends.line += bytes((FLAG, FLAG)) + good[1:] + third[1:] + bytes((FLAG, FLAG))
        answers = await ends.rest()
        assert {one.kind for one in answers} == {Kind.DATA} and answers[-1].received == 16, answers
        assert ends.read == b"firstsecondthird"

    Ends(memory, shared=shared).run(script)


@EVERY
def test_memory_is_used_to_the_last_byte_and_not_beyond(memory: int, shared: bool) -> None:
    async def script(ends: Ends) -> None:
        await ends.open()
        # Not from the beginning of the memory, so that it wraps.
        await ends.say(Kind.DATA, payload=drawn(50, 1))
        ends.reading = False
        await ends.rest()
        ahead = 0 if shared else 1  # the byte that is offered has been consumed
        first, sent = window(memory) // 2, drawn(window(memory) + 2, 2)
        assert (await ends.say(Kind.DATA, 50, payload=sent[:first]))[-1].received == 50 + first
        modulus = 256**ends.size
        full = window(memory) + ahead
        # A byte too many, all of which is refused; and what lacks room for the FCS alone.
        for count in (full + 1, full + 4):
            answers = await ends.say(Kind.DATA, 50 + first, payload=(sent + bytes(4))[first:count])
            assert answers == [frame(Kind.REPEAT, 0, 50 + first, 50 + ahead)]
        answers = await ends.say(Kind.DATA, 50 + first, payload=sent[first:full])
        assert answers[-1] == frame(Kind.DATA, 0, (50 + full) % modulus, 50 + ahead)
        assert await ends.say(Kind.DATA, (50 + full) % modulus, payload=b"?") == [
            frame(Kind.REPEAT, 0, (50 + full) % modulus, 50 + ahead)
        ]
        assert len(ends.read) == 50
        ends.reading = True
        # That half of the memory has been read is told without being asked.
        told = await ends.rest()
        assert {one.kind for one in told} == {Kind.DATA} and len(told) in (1, 2)
        assert ends.read[50:] == sent[:full]

    Ends(memory, shared=shared).run(script)


@EVERY
def test_what_the_chip_says_is_sent_in_pieces_and_again_when_asked_for(memory: int, shared: bool) -> None:
    async def script(ends: Ends) -> None:
        await ends.open()
        modulus, said = 256**ends.size, drawn(3 * memory, 3)
        ends.listening = False
        ends.given += said
        await ends.rest()
        # Nothing has left, so the memory is full, and no more is taken.
        assert len(ends.given) in (2 * memory, 2 * memory - 1)
        ends.listening = True
        frames = await ends.rest()
        assert b"".join(one.payload for one in frames) == said and not ends.given
        place = 0
        for one in frames:
            assert (one.kind, one.position, one.received, one.consumed) == (Kind.DATA, place % modulus, 0, 0)
            place += len(one.payload)
            assert len(one.payload) <= piece(memory) and place % piece(memory) == 0
        # As far back as its memory goes.
        for back in (memory, piece(memory) + 1, 1, 0):
            wanted = 3 * memory - back
            again = await ends.say(Kind.REPEAT, 0, wanted % modulus)
            assert b"".join(one.payload for one in again) == said[wanted:]
            assert again[0].position == wanted % modulus and {one.kind for one in again} == {Kind.DATA}
        # An acknowledgement is no such wish.
        assert (
            await ends.say(Kind.DATA, 0, 2 * memory % modulus, b"x")
            == [
                frame(Kind.DATA, 3 * memory % modulus, 1, ends_consumed)
                for ends_consumed in (0, 1)
                if ends_consumed == len(ends.read)
            ]
            or ends.read == b"x"
        )

    Ends(memory, shared=shared).run(script)


@pytest.mark.parametrize("later", range(4))  # the memory is read every other cycle
@EVERY
def test_a_host_that_begins_anew_finds_nothing_of_what_was_before(memory: int, shared: bool, later: int) -> None:
    async def script(ends: Ends) -> None:
        await ends.open()
        ends.reading = False
        ends.given += drawn(70, 4)
        await ends.rest()
        await ends.say(Kind.DATA, payload=b"old")
        ends.talk = NEXT
        # The answer waits for whoever reads, and while it waits nothing is read, taken or said.
        assert await ends.say(Kind.OPEN) == []
        ends.reading = True
        assert await ends.rest() == []
        ends.given += b"waits"
        assert await ends.rest() == [] and ends.given == b"waits"
        assert await ends.say(Kind.DATA, 3, payload=b"lost") == []
        for _ in range(later):
            await ends.cycle()
        ends.context.set(ends.link.opened, 1)
        frames = await ends.rest()
        ends.context.set(ends.link.opened, 0)
        assert frames[0] == frame(Kind.OPENED, payload=frames[0].payload, talk=NEXT)
        assert b"".join(one.payload for one in frames) == b"waits"
        assert ends.read == b""
        assert (await ends.say(Kind.DATA, payload=b"new"))[-1].received == 3
        assert ends.read == b"new"

    Ends(memory, shared=shared, seed=later + 1).run(script)


@EVERY
def test_tells_who_asks_in_which_conversation_it_is(memory: int, shared: bool) -> None:
    async def script(ends: Ends) -> None:
        for there, ends.talk in ((0, TALK), (TALK, NEXT)):
            ends.line += QUESTION
            (answer,) = await ends.rest()
            assert answer.conversation == there and answer.kind == Kind.CLOSED and not answer.payload
            assert not ends.context.get(ends.link.troubled)
            await ends.open()
        assert (await ends.say(Kind.DATA, payload=b"heard"))[-1].received == 5

    Ends(memory, shared=shared).run(script)


@EVERY
def test_an_opening_that_comes_again_begins_nothing(memory: int, shared: bool) -> None:
    """Found by ``threefactor board check``: the chip began anew in mid-stream, under positions that went on."""

    async def script(ends: Ends) -> None:
        await ends.open()
        assert await ends.say(Kind.OPEN) == [frame(Kind.OPENED)]
        ends.reading = False
        await ends.say(Kind.DATA, payload=b"abcdefg")
        assert await ends.say(Kind.OPEN) == [frame(Kind.OPENED, received=7, consumed=0 if shared else 1)]
        assert not ends.context.get(ends.link.opening)
        ends.reading = True
        await ends.rest()
        assert (await ends.say(Kind.DATA, 7, payload=b"hij"))[-1].received == 10
        assert ends.read == b"abcdefghij"

    Ends(memory, shared=shared).run(script)


def test_a_damaged_frame_and_a_wish_at_once() -> None:
    """Two reasons to answer become one frame, whose kind is the stronger, and the wish is granted."""

    async def script(ends: Ends) -> None:
        await ends.open()
        ends.given += b"answer"
        await ends.rest()
        good = HostFrame(Kind.REPEAT, TALK, 0, 2).encode(1)
        ends.listening = False
        ends.line += good[:3] + bytes((good[3] ^ 4,)) + good[4:] + good
        await ends.rest()
        ends.listening = True
        frames = await ends.rest()
        assert frames[0].kind == Kind.DATA or frames[0].kind == Kind.REPEAT
        assert b"".join(one.payload for one in frames) == b"swer" and frames[-1].position == 2

    Ends(128).run(script)


@pytest.mark.parametrize("shared", [False, True])
def test_after_a_reset_at_any_moment_it_is_as_at_power_up(shared: bool) -> None:
    async def script(ends: Ends) -> None:
        for moment in range(0, 360, 40):
            await ends.open()
            ends.given += drawn(20, moment)
            ends.line += HostFrame(Kind.DATA, TALK, 0, 0, drawn(9, moment)).encode(1)[:12]
            ends.line += HostFrame(Kind.REPEAT, TALK, 9, 2).encode(1) + HostFrame(Kind.OPEN, 1, 0, 0).encode(2)
            for _ in range(moment):
                await ends.cycle()
            await ends.reset()
            assert not ends.context.get(ends.link.troubled) and not ends.context.get(ends.link.opening)
            assert await ends.say(Kind.DATA, payload=b"abc") == [frame(Kind.CLOSED, talk=0)]
            assert not ends.read

    Ends(128, shared=shared).run(script)
