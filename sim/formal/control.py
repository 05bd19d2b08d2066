"""Proof of rtl/control.py: a sample is a list of phases, one after the other, at whose end the core rests."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

from amaranth import Array, Const, Mux, Signal

from golden.spec.config import Network
from rtl.control import CoreControl
from sim.formal.proof import Bench, Mutant, Proof

STREAM, OWN, BELOW, SETTLE, TRACES, TICK, AWAIT, BROADCAST, SWEEP, PAUSE = range(10)
FOLDED = Network(
    inputs=4,
    classes=2,
    neurons=4,
    layers=2,
    steps=2,
    bins=2,
    encoder="events",
    trace_shift=2,
    ring_degree=2,
    readout_fan_in=2,
)
"""Layers that share a core, with all that a core can have; and one that has as little as there can be."""
PLAIN = Network(inputs=4, classes=2, neurons=4, steps=2, encoder="events", recurrence="none", readout_fan_in=2)


class Phase(NamedTuple):
    """A phase of a sample, with the step, layer and bin that hold in it."""

    kind: int
    step: int = 0
    layer: int = 0
    bin: int = 0


def phases(network: Network, layers: int) -> list[Phase]:
    """What a sample is made of, from "A timestep" and "The end of a sample" of golden/SPEC.md.

    Deliveries, then the tick, of each layer in each step; then for each bin the broadcast, and what each layer learns,
    with a pause after it.
    """
    found = []
    for step in range(network.steps):
        for layer in range(layers):
            own = [OWN] if network.recurrent else []
            kinds = [*own, BELOW] if layer else [STREAM, *own]
            kinds += [SETTLE, *([TRACES] if network.trace_shift else []), TICK]
            found += [Phase(kind, step, layer) for kind in kinds]
    found.append(Phase(AWAIT))
    for index in range(network.bins):
        found.append(Phase(BROADCAST, bin=index))
        found += [Phase(kind, layer=layer, bin=index) for layer in range(layers) for kind in (SWEEP, PAUSE)]
    return found


def control(network: Network, layers: int, *, adjustable: bool) -> Bench:
    """Compare with a pointer into the list of phases, which moves on whenever what a phase waits for is there."""
    bench = Bench()
    design: Any = CoreControl(network, layers, adjustable=adjustable)
    inner, m = bench.add(design), bench.m
    program = phases(network, layers)
    place, clear = Signal(range(len(program))), Signal(init=1)
    kind, step, layer, bin_index = (
        Array(Const(phase[field], 8) for phase in program)[place] for field in range(len(Phase._fields))
    )
    frozen = Array(design.frozen[index] for index in range(layers))[layer] if adjustable else Const(0, 1)
    # A list that is not asked for is not replayed.
    bench.assume(design.replay, when=design.replayed)

    # What each phase waits for; a list waits for the tick that makes it.
    listed = Mux(kind == BELOW, layer - 1, layer)
    replays = ((kind == OWN) | (kind == BELOW)) & ~(design.ticking & (design.tick_layer == listed)) & ~clear
    there, at = Signal(), Signal(range(10))
    m.d.comb += at.eq(kind)
    with m.Switch(at):
        for known, condition in (
            (STREAM, design.step_ends),
            (OWN, design.replayed),
            (BELOW, design.replayed),
            (SETTLE, design.delivered),
            (TRACES, design.settled),
            (TICK, ~design.ticking & ~design.exit_full),
            (AWAIT, design.lesson & ~design.ticking & design.cleared),
            (BROADCAST, design.broadcast_done),
            (SWEEP, design.swept | frozen),
            (PAUSE, 1),
        ):
            with m.Case(known):
                m.d.comb += there.eq(condition)
    goes, ends = there & ~clear, place == len(program) - 1
    taught = goes & (kind == AWAIT)
    ended = goes & Mux(kind == AWAIT, ~design.update, ends)
    with m.If(clear):
        m.d.sync += clear.eq(~design.cleared)
    with m.Elif(goes):
        m.d.sync += place.eq(Mux(ended, 0, place + 1))
    # The pointer moves forward only: after as many moves as there are phases the core rests again.
    bench.claim(design.resting == ((place == 0) & ~clear))

    # What it commands.
    def commands(command: Any, of: int, also: Any = 1) -> None:
        bench.claim(command == (~clear & (kind == of) & also))

    commands(design.streaming, STREAM)
    bench.claim(design.replay == replays)
    bench.claim(design.own == (kind == OWN), when=design.replay)
    commands(design.settle, TRACES)
    commands(design.start_tick, TICK, there)
    commands(design.sweep, SWEEP, ~frozen)
    commands(design.forget, AWAIT, there)
    begins = Array(Const(phase.kind == BROADCAST, 1) for phase in [*program[1:], program[0]])[place]
    bench.claim(design.start_broadcast == (begins & goes & ~ended))
    bench.claim(design.turn == ended)
    bench.claim(taught | ends, when=design.turn)
    # For what.
    bench.claim((design.step == step) & (design.layer == layer) & (design.lesson_bin == bin_index))
    ticks = bench.before(design.start_tick)
    for now, given in (("tick_step", design.step), ("tick_layer", design.layer), ("tick_bank", design.bank)):
        value = getattr(design, now)
        bench.claim(value == Mux(ticks, bench.before(given), bench.before(value)), when=bench.begun())
    bench.claim(design.bank == bench.before(design.bank) ^ ticks, when=bench.begun())
    bench.claim(design.last_step == (design.tick_step == network.steps - 1))

    # States are numbered in the order in which rtl/control.py first mentions them; 0 clears.
    named = [STREAM, *([OWN] if network.recurrent else []), SETTLE, *([BELOW] if layers > 1 else [])]
    named += [*([TRACES] if network.trace_shift else []), TICK, AWAIT, BROADCAST, SWEEP, PAUSE]
    state = Array(Const(1 + named.index(phase.kind), 8) for phase in program)[place]
    bench.claim(inner["fsm_state"] == Mux(clear, 0, state))
    bench.claim(place == 0, when=clear)
    bench.claim(place < len(program))
    return bench


def _claim(network: Network, layers: int) -> str:
    return (
        f"a sample is {len(phases(network, layers))} phases, each once and in order, then rest; none waits for others"
    )


PROOFS = (
    Proof(
        "control.folded",
        _claim(FOLDED, 2),
        partial(control, FOLDED, 2, adjustable=True),
        2,
        (
            Mutant(
                "a list is replayed while it is made",
                "rtl.control",
                "eq(~(self.ticking & (self.tick_layer == self.layer - 1)))",
                "eq(1)",
            ),
            Mutant("traces stand still", "rtl.control", '"TRACES" if network.trace_shift else "TICK"', '"TICK"'),
            Mutant(
                "a layer does not hear itself",
                "rtl.control",
                'next_layer = "OWN SPIKES" if network.recurrent else "LAYER BELOW"',
                'next_layer = "LAYER BELOW"',
            ),
        ),
        further=6,
    ),
    Proof(
        "control.plain",
        _claim(PLAIN, 1),
        partial(control, PLAIN, 1, adjustable=True),
        2,
        (
            Mutant("the steps never end", "rtl.control", "m.If(self.step != network.steps - 1):", "m.If(1):"),
            Mutant("the sweep never ends", "rtl.control", "lesson_bin != network.bins - 1", "lesson_bin != -1"),
            Mutant("a frozen layer is waited for", "rtl.control", "self.swept | frozen if", "self.swept if"),
            Mutant(
                "the lesson does not wait for the tick", "rtl.control", "self.lesson & ~self.ticking &", "self.lesson &"
            ),
        ),
        further=10,
    ),
)
