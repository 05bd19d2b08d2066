"""Commands by themselves, on streams with random stalls: what is done, answered, refused and left undone."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from amaranth import ResetInserter, Signal
from amaranth.sim import Simulator

from boards.host.contents import packed
from golden.spec.memmap import regions
from golden.spec.presets import preset_named
from golden.spec.protocol import FLAG_BIT, Answer, Command, Fault, address
from rtl.executor import CommandExecutor

TINY = preset_named("tiny")
IDENTITY = bytes(range(40, 61))
REGIONS = {region.name: region for region in regions(TINY)}
GENERATORS, WEIGHTS = REGIONS["core0.generators"], REGIONS["core0.weights"]
SAMPLE = np.arange(TINY.network.inputs) % 16


class Bench:
    """A host that says everything at once, and a processor that answers when it likes."""

    def __init__(self, said: bytes, seed: int = 1, patience: int = 60) -> None:
        self.executor = CommandExecutor(TINY, IDENTITY)
        self._said, self._draw, self._patience = bytearray(said), random.Random(seed), patience
        self.answers = bytearray()
        self.memory: dict[tuple[int, int], int] = {}
        self.written: list[tuple[int, int, int]] = []
        self.labels: list[tuple[int, int]] = []
        self.sample: list[int] = []
        self.predictions: list[tuple[int, int]] = []  # to be offered
        self.answering = True  # predictions
        self.most = 0
        self.draining = False
        self._reset, self.interrupted = Signal(), (0, b"")  # after so many cycles, and what is said then

    def _chance(self) -> bool:
        return self._draw.random() < 0.7

    async def _cycle(self, context: Any) -> bool:
        executor = self.executor
        request = executor.o_request
        context.set(executor.i.valid, offered := bool(self._said) and self._chance())
        context.set(executor.i.payload, self._said[0] if offered else self._draw.randrange(256))
        context.set(executor.o.ready, listening := self._chance())
        context.set(executor.o_label.ready, label := self._chance())
        context.set(executor.o_sample.ready, sample := self._chance())
        predicted = bool(self.predictions) and self.answering
        context.set(executor.i_prediction.valid, predicted)
        if predicted:
            winner, updated = self.predictions[0]
            context.set(executor.i_prediction.payload.winner, winner)
            context.set(executor.i_prediction.payload.updated, updated)
        asked, served = bool(context.get(request.valid)), self._chance()
        place = context.get(request.payload.region), context.get(request.payload.element)
        writes = bool(context.get(request.payload.write))
        reads = asked and not writes and served
        context.set(executor.i_response.valid, reads)
        context.set(executor.i_response.payload, self.memory.get(place, 0) if reads else 0xDEAD_BEEF)
        done = asked and served and (writes or bool(context.get(executor.i_response.ready)))
        context.set(request.ready, done)
        moved = offered and bool(context.get(executor.i.ready))
        if moved:
            del self._said[0]
        if listening and context.get(executor.o.valid):
            self.answers.append(context.get(executor.o.payload))
            moved = True
        if done and writes:
            self.memory[place] = context.get(request.payload.data)
            self.written.append((*place, self.memory[place]))
        if label and context.get(executor.o_label.valid):
            payload = executor.o_label.payload
            self.labels.append((context.get(payload.label), context.get(payload.learn)))
        if sample and context.get(executor.o_sample.valid):
            self.sample.append(context.get(executor.o_sample.payload.value) & 31)
            if len(self.sample) % TINY.network.inputs == 0:
                label_of, learn = self.labels[len(self.sample) // TINY.network.inputs - 1]
                self.predictions.append(((label_of + 1) % TINY.network.classes, learn))
            moved = True
        if predicted and context.get(executor.i_prediction.ready):
            del self.predictions[0]
            moved = True
        self.most = max(self.most, context.get(executor.outstanding))
        await context.tick()
        return moved or (asked and done)

    async def _begin_anew(self, context: Any, then: bytes) -> None:
        """Reset, and the processor as well."""
        for stream in (self.executor.i, self.executor.i_prediction, self.executor.i_response):
            context.set(stream.valid, 0)
        context.set(self._reset, 1)
        await context.tick()
        context.set(self._reset, 0)
        self._said = bytearray(then)
        for kept in (self.answers, self.written, self.labels, self.sample, self.predictions):
            kept.clear()

    def run(self) -> Bench:
        """Go on until nothing moves any more."""

        async def bench(context: Any) -> None:
            context.set(self.executor.drain, self.draining)
            cycles, then = self.interrupted
            if cycles:
                for _ in range(cycles):
                    await self._cycle(context)
                await self._begin_anew(context, then)
            still = 0
            while still < self._patience:
                still = 0 if await self._cycle(context) else still + 1
            self.outstanding = context.get(self.executor.outstanding)

        simulator = Simulator(ResetInserter(self._reset)(self.executor))
        simulator.add_clock(1e-6)
        simulator.add_testbench(bench)
        simulator.run()
        return self

    @property
    def unheard(self) -> bytes:
        """What was never taken."""
        return bytes(self._said)


def accessed(command: Command, region: int, element: int, size: int, count: int, content: bytes = b"") -> bytes:
    return bytes((command,)) + address(region, element, size) + count.to_bytes(2, "little") + content


def sample_of(label: int, learn: bool) -> bytes:
    return bytes((Command.SAMPLE, label | learn << FLAG_BIT)) + packed(TINY.network, SAMPLE)


def answered(label: int, learn: bool) -> bytes:
    winner = (label + 1) % TINY.network.classes
    return bytes((Answer.PREDICTION, winner | learn << FLAG_BIT))


@pytest.mark.parametrize("seed", [1, 2])
def test_elements_are_written_and_read_in_words_of_every_size(seed: int) -> None:
    draw = random.Random(seed)
    for size, region in ((4, GENERATORS), (1, WEIGHTS), (2, WEIGHTS), (3, WEIGHTS)):
        count = min(region.elements, 5)
        first = region.elements - count
        values = [draw.randrange(1 << 8 * size) for _ in range(count)]
        content = b"".join(value.to_bytes(size, "little") for value in values)
        said = accessed(Command.WRITE, region.number, first, size, count, content)
        said += accessed(Command.READ, region.number, first, size, count)
        said += accessed(Command.READ, region.number, first, size, 0)
        bench = Bench(said, seed).run()
        assert bench.written == [(region.number, first + place, value) for place, value in enumerate(values)]
        assert bench.answers == bytes((Answer.DONE, Answer.DATA)) + content + bytes((Answer.DATA,))
        assert bench.unheard == b""


def test_a_narrow_word_after_a_wide_one_has_zeros_above() -> None:
    said = accessed(Command.WRITE, GENERATORS.number, 0, 4, 1, b"\xff\xff\xff\xff")
    said += accessed(Command.WRITE, GENERATORS.number, 0, 1, 1, b"\x05")
    said += accessed(Command.WRITE, GENERATORS.number, 0, 1, 0)
    bench = Bench(said).run()
    assert [data for *_, data in bench.written] == [0xFFFF_FFFF, 5]
    assert bench.answers == bytes((Answer.DONE,)) * 3


def test_says_what_it_is_and_how_many_samples_it_has_had() -> None:
    said = bytes((Command.IDENTIFY,)) + sample_of(3, True) + bytes((Command.IDENTIFY, Command.IDENTIFY))
    told = bytes((len(IDENTITY),)) + IDENTITY
    before, after = (bytes((Answer.IDENTITY, count, 0)) + told for count in (0, 1))
    assert Bench(said).run().answers == before + answered(3, True) + after * 2


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_samples_are_taken_while_others_run_but_nothing_else_is(seed: int) -> None:
    wishes = [(3, True), (9, False), (0, True), (1, False), (2, True)]
    said = b"".join(sample_of(*wish) for wish in wishes)
    bench = Bench(said + bytes((Command.IDENTIFY,)), seed).run()
    assert bench.labels == [(label, int(learn)) for label, learn in wishes]
    assert bench.sample == [*SAMPLE] * len(wishes)
    expected = b"".join(answered(*wish) for wish in wishes)
    assert bench.answers[: len(expected)] == expected
    assert bench.answers[len(expected) :] == bytes((Answer.IDENTITY, 5, 0, len(IDENTITY))) + IDENTITY
    assert bench.outstanding == 0 and bench.most <= 2


def test_a_third_sample_waits_while_two_are_not_answered() -> None:
    said = sample_of(1, True) * 3
    bench = Bench(said)
    bench.answering = False
    bench.run()
    assert bench.outstanding == 2 and bench.unheard == sample_of(1, True) and not bench.answers
    bench = Bench(sample_of(1, True) + bytes((Command.IDENTIFY,)))
    bench.answering = False
    bench.run()
    assert bench.unheard == bytes((Command.IDENTIFY,)) and not bench.answers


def test_predictions_of_a_host_that_has_gone_are_dropped() -> None:
    bench = Bench(sample_of(1, True) * 3)
    bench.draining = True
    bench.run()
    assert not bench.answers and bench.outstanding == 0 and not bench.predictions


END = GENERATORS.elements
REFUSED = {
    "a command": (bytes((4,)), Fault.COMMAND),
    "a high command": (bytes((0x80 | Command.WRITE,)), Fault.COMMAND),
    "the end": (accessed(Command.WRITE, GENERATORS.number, END, 4, 1), Fault.PLACE),
    "one too many": (accessed(Command.READ, GENERATORS.number, 0, 4, END + 1), Fault.PLACE),
    "beyond the end": (accessed(Command.READ, GENERATORS.number, 1, 4, END), Fault.PLACE),
    "far away": (accessed(Command.READ, GENERATORS.number, 1 << 19, 4, 1), Fault.PLACE),
    "very many": (accessed(Command.READ, GENERATORS.number, 0, 4, 1 << 15), Fault.PLACE),
    "what is not for the host": (accessed(Command.READ, REGIONS["core0.neurons"].number, 0, 1, 1), Fault.PLACE),
    "no region": (accessed(Command.READ, 128, 0, 1, 1), Fault.PLACE),
    "a class": (bytes((Command.SAMPLE, TINY.network.classes)), Fault.LABEL),
    "a class to learn": (bytes((Command.SAMPLE, TINY.network.classes | 1 << FLAG_BIT)), Fault.LABEL),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_out_of_order_is_refused_without_effect_and_ends_the_conversation(what: str) -> None:
    said, fault = REFUSED[what]
    bench = Bench(sample_of(2, False) + said + sample_of(1, True) + bytes((Command.IDENTIFY,))).run()
    assert bench.answers == answered(2, False) + bytes((Answer.FAULT, fault))
    assert bench.unheard == b"" and not bench.written
    assert bench.labels == [(2, 0)] and bench.sample == [*SAMPLE]


def test_the_last_element_is_no_refusal() -> None:
    said = accessed(Command.READ, GENERATORS.number, END - 1, 1, 1) + accessed(Command.READ, WEIGHTS.number, 0, 1, 1)
    assert Bench(said).run().answers == bytes((Answer.DATA, 0, Answer.DATA, 0))


UNDER_WAY = {
    "samples": sample_of(1, True) * 3,
    "elements": accessed(Command.WRITE, GENERATORS.number, 0, 4, 2, bytes(range(1, 9)))
    + accessed(Command.READ, GENERATORS.number, 0, 4, 2),
    "a refusal": bytes((9,)),
}


@pytest.mark.parametrize("what", UNDER_WAY)
def test_a_reset_at_any_moment_drops_what_is_under_way(what: str) -> None:
    """Only how many samples were answered is kept."""
    after = accessed(Command.WRITE, GENERATORS.number, 0, 2, 1, b"\x07\x00") + sample_of(4, True)
    for cycles in range(2, 90, 11):
        bench = Bench(UNDER_WAY[what], seed=cycles)
        bench.interrupted = (cycles, after + bytes((Command.IDENTIFY,)))
        bench.run()
        assert bench.written == [(GENERATORS.number, 0, 7)]
        assert bench.labels == [(4, 1)] and bench.sample == [*SAMPLE] and bench.outstanding == 0
        expected = bytes((Answer.DONE,)) + answered(4, True) + bytes((Answer.IDENTITY,))
        assert bench.answers[: len(expected)] == expected
        assert bench.answers[len(expected)] in (1, 2, 3, 4)
        assert bench.answers[len(expected) + 1 :] == bytes((0, len(IDENTITY))) + IDENTITY
