"""What a core does when: every command, its order and what it waits for, beside units that take their time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from amaranth import ResetInserter, Signal
from amaranth.sim import Simulator

from golden.spec.config import Network
from golden.spec.presets import preset_named
from rtl.control import CoreControl

TINY = preset_named("tiny").network
EVENTS: dict[str, Any] = dict(encoder="events", centred_input=False, post_bits=2)
CASES: dict[str, tuple[Network, int]] = {
    "one layer": (replace(TINY, **EVENTS, steps=3), 1),
    "folded": (replace(TINY, **EVENTS, steps=4, layers=3), 3),
    "traces and bins": (
        replace(TINY, **EVENTS, steps=6, bins=3, layers=2, trace_shift=2, trace_bits=3, trace_increment=3),
        2,
    ),
    "no recurrence": (replace(TINY, **EVENTS, steps=3, recurrence="none", layers=2), 2),
    "two steps, no recurrence": (replace(TINY, **EVENTS, steps=2, recurrence="none"), 1),
}
LESSONS = (True, False, True, True)
INPUTS = (
    *("step_ends", "replayed", "delivered", "settled", "swept", "cleared", "ticking", "exit_full"),
    *("broadcast_done", "lesson", "update"),
)
Event = tuple[Any, ...]


def expected(network: Network, layers: int) -> Iterator[Event]:
    """Commands of samples in their order, with what they are for."""
    bank = 0
    for update in LESSONS:
        for step in range(network.steps):
            for layer in range(layers):
                if layer == 0:
                    yield "stream", step, layer
                if network.recurrent:
                    yield "own", step, layer
                if layer > 0:
                    yield "below", step, layer
                if network.trace_shift:
                    yield "settle", step, layer
                yield "tick", step, layer, bank
                bank ^= 1
        yield ("forget",)
        if update:
            for index in range(network.bins):
                yield "broadcast", index
                for layer in range(layers):
                    yield "sweep", index, layer
        yield ("turn",)


class Units:
    """Everything that a control leads; each unit is done after a while, and says so no sooner."""

    def __init__(self, network: Network, layers: int, seed: int, speed: float) -> None:
        self.control, self._reset = CoreControl(network, layers), Signal()
        self._draw, self._speed = random.Random(seed), speed
        self._before_below = "own" if network.recurrent else "tick"
        self._steps = network.steps
        self._forget()

    def _forget(self) -> None:
        self.found: list[Event] = []
        self._ticked: tuple[int, int, int] | None = None  # step, layer and bank of the last tick
        self._lessons, self._broadcast, self._delivered = list(LESSONS), False, False

    async def cycle(self, context: Any) -> None:
        control, draw = self.control, self._draw
        said = {name: draw.random() < self._speed for name in INPUTS}
        said["ticking"] &= self._ticked is not None
        said["update"] = self._lessons[0]
        said["broadcast_done"] &= self._broadcast
        for name, value in said.items():
            context.set(getattr(control, name), value and name != "replayed")

        def told(name: str) -> int:
            return int(context.get(getattr(control, name)))

        before = len(self.found)
        step, layer, bank = told("step"), told("layer"), told("bank")
        ticked = (told("tick_step"), told("tick_layer"), told("tick_bank"))
        if self._ticked is not None:
            assert ticked == self._ticked, "a tick forgets what it is for"
            assert told("last_step") == (ticked[0] == self._steps - 1)
        if told("streaming"):
            assert layer == 0
            if said["step_ends"]:
                self.found.append(("stream", step, layer))
        assert told("resting") == (told("streaming") and step == 0)
        own = told("own")
        below = layer > 0 and self.found[-1][0] == self._before_below and not own
        if own or below:
            waits = said["ticking"] and ticked[1] == (layer if own else layer - 1)
            assert told("replay") == (not waits), "a list is replayed as soon as it is written, and no sooner"
        said["replayed"] &= bool(told("replay"))
        context.set(control.replayed, said["replayed"])
        if said["replayed"]:
            self.found.append(("own" if own else "below", step, layer))
        assert self._delivered or not (told("settle") or told("start_tick")), "words are under way"
        self._delivered = (self._delivered or said["delivered"]) and len(self.found) == before
        if told("settle") and said["settled"]:
            self.found.append(("settle", step, layer))
        if told("start_tick"):
            assert not said["ticking"] and not said["exit_full"]
            self.found.append(("tick", step, layer, bank))
            self._ticked = (step, layer, bank)
        if told("forget"):
            assert said["lesson"] and said["cleared"] and not said["ticking"]
            self.found.append(("forget",))
        if told("sweep") and said["swept"]:
            self.found.append(("sweep", told("lesson_bin"), layer))
        if said["broadcast_done"]:
            self._broadcast = False
        turns = told("turn")
        starts = told("start_broadcast")
        await context.tick()
        if starts:  # the bin is that of the cycle after the command
            self.found.append(("broadcast", told("lesson_bin")))
            self._broadcast = True
        if turns:
            self.found.append(("turn",))
            del self._lessons[0]

    def run(self, interrupted: int = 0) -> list[Event]:
        """Commands of all samples, after a reset that comes after so many cycles, if any."""

        async def bench(context: Any) -> None:
            context.set(self.control.cleared, interrupted > 0)
            for _ in range(interrupted):
                await self.cycle(context)
            for name in INPUTS:
                context.set(getattr(self.control, name), 0)
            if interrupted:
                context.set(self._reset, 1)
                await context.tick()
                context.set(self._reset, 0)
            self._forget()
            for _ in range(3):  # until the registers are clear, nothing enters
                context.set(self.control.step_ends, 1)
                assert not context.get(self.control.streaming) and not context.get(self.control.resting)
                await context.tick()
            context.set(self.control.step_ends, 0)
            context.set(self.control.cleared, 1)
            await context.tick()
            assert context.get(self.control.streaming) and context.get(self.control.resting)
            for _ in range(6_000):
                if not self._lessons:
                    break
                await self.cycle(context)

        simulator = Simulator(ResetInserter(self._reset)(self.control))
        simulator.add_clock(1e-6)
        simulator.add_testbench(bench)
        simulator.run()
        return self.found


@pytest.mark.parametrize("speed", [0.2, 0.8])
@pytest.mark.parametrize("case", CASES)
def test_commands_come_in_order_and_not_before_their_time(case: str, speed: float) -> None:
    network, layers = CASES[case]
    assert Units(network, layers, 1, speed).run() == list(expected(network, layers))


@pytest.mark.parametrize("case", ["folded", "traces and bins"])
def test_a_reset_at_any_moment_begins_with_the_clearing(case: str) -> None:
    network, layers = CASES[case]
    for moment in (61, 124, 200):
        units = Units(network, layers, moment, 0.8)
        assert units.run(interrupted=moment) == list(expected(network, layers))
