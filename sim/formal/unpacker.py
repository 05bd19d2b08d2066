"""Proof of rtl/unpacker.py: the bytes of a sample become what golden/spec/protocol.py says, and it ends with the last.

The benches keep what is left of a run, or of a byte, and say in each cycle what is offered and what is taken.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from amaranth import Mux, Signal, signed

from golden.spec.config import Network
from rtl.unpacker import SampleUnpacker
from sim.formal.proof import Bench, Mutant, Proof

INPUTS, WIDE_INPUTS, STEPS = 5, 200, 3
PLAIN = Network(inputs=INPUTS, classes=2, neurons=4, recurrence="none", readout_fan_in=2)


class _Unpacker(Bench):
    """An unpacker, the number of levels or timesteps that have left, and whether the sample is incomplete."""

    def __init__(self, network: Network, units: int) -> None:
        super().__init__()
        self.design: Any = SampleUnpacker(network)
        self.inner = self.add(self.design)
        given, leaves = self.design.i, self.design.o
        self.byte, self.offered = given.payload, given.valid
        self.takes, self.gives = given.valid & given.ready, leaves.valid & leaves.ready
        self.open, self.left = Signal(name="incomplete"), Signal(range(units + 1), name="left")
        self.final = self.left == units - 1
        # Whoever sends holds a byte until it is taken; whoever opens a sample waits until the one before is complete.
        self.assume(self.waits(given))
        self.assume(~self.open, when=self.design.start)
        self.claim(self.design.open == self.open)
        self.claim(self.inner["signal"] == self.left, when=self.open)
        self.claim(self.left < units, when=self.open)

    def moves(self, unit: Any) -> None:
        """Say when a level or a timestep has left."""
        with self.m.If(unit):
            self.m.d.sync += self.left.eq(self.left + 1)
            with self.m.If(self.final):
                self.m.d.sync += self.open.eq(0)
        with self.m.If(self.design.start):
            self.m.d.sync += [self.open.eq(1), self.left.eq(0)]


def levels() -> Bench:
    """Numbers of 4 bits: a level, or 0 and the length of a run of zeros, less one."""
    bench = _Unpacker(PLAIN, INPUTS)
    design, m, leaves = bench.design, bench.m, bench.design.o
    upper, length_due, zeros = Signal(), Signal(), Signal(range(17))
    number = Mux(upper, bench.byte[4:], bench.byte[:4])
    runs, there = zeros != 0, Signal()
    m.d.comb += there.eq(bench.open & ~runs & bench.offered)
    is_level = there & ~length_due & (number != 0)
    spent = there & (~is_level | leaves.ready)
    completes = bench.gives & bench.final
    bench.claim(leaves.valid == (is_level | (bench.open & runs)))
    bench.claim(leaves.payload.value == Mux(runs, 0, number), when=leaves.valid)
    bench.claim(leaves.payload.last == bench.final, when=leaves.valid)
    # A byte is taken with its upper half, or when the sample is complete and the upper half is left.
    bench.claim(design.i.ready == ((spent & upper) | (completes & ((spent & ~upper) | (runs & upper)))))
    bench.claim(~design.refused)
    bench.moves(bench.gives)
    with m.If(bench.gives & runs):
        m.d.sync += zeros.eq(zeros - 1)
    with m.If(spent):
        m.d.sync += [upper.eq(~upper), length_due.eq(~length_due & (number == 0))]
        with m.If(length_due):
            m.d.sync += zeros.eq(number + 1)
    with m.If(design.start):
        m.d.sync += [upper.eq(0), length_due.eq(0), zeros.eq(0)]
    bench.claim(~(runs & length_due), when=bench.open)
    bench.claim(bench.offered, when=bench.open & upper)
    for name, kept in (("second", upper), ("begun", length_due), ("zeros", zeros)):
        bench.claim(bench.inner[name] == kept, when=bench.open)
    return bench


def signed_levels() -> Bench:
    """Bytes: -15..15 is a level, n in 16..127 a run of n - 15 zeros, and all others are refused."""
    bench = _Unpacker(replace(PLAIN, signed_input=True), INPUTS)
    design, m, leaves = bench.design, bench.m, bench.design.o
    zeros, number = Signal(range(113)), Signal(signed(8))
    m.d.comb += number.eq(bench.byte)
    runs = zeros != 0
    there = bench.open & ~runs & bench.offered
    begins, refused = there & (number >= 16), there & (number < -15)
    is_level = there & ~begins & ~refused
    value = Signal(signed(5))
    m.d.comb += value.eq(leaves.payload.value)
    bench.claim(leaves.valid == (is_level | (bench.open & runs)))
    bench.claim(value == Mux(runs, 0, number), when=leaves.valid)
    bench.claim(leaves.payload.last == bench.final, when=leaves.valid)
    bench.claim(design.i.ready == ((is_level & leaves.ready) | begins))
    bench.claim(design.refused == refused)
    bench.moves(bench.gives)
    with m.If(bench.gives & runs):
        m.d.sync += zeros.eq(zeros - 1)
    with m.If(begins):
        m.d.sync += zeros.eq(number - 15)
    with m.If(design.start):
        m.d.sync += zeros.eq(0)
    bench.claim(bench.inner["zeros"] == zeros, when=bench.open)
    return bench


def events(inputs: int) -> Bench:
    """Axons, or, with the highest bit set, ends of timesteps; of two bytes where 7 bits are too few."""
    bench = _Unpacker(replace(PLAIN, inputs=inputs, encoder="events", steps=STEPS), STEPS)
    design, m, leaves = bench.design, bench.m, bench.design.o
    wide = inputs > 1 << 7
    second, low = Signal(), Signal(8)
    flag, number = bench.byte[7], Mux(wide, bench.byte[:7] * 256 + low, bench.byte[:7])
    there = bench.open & bench.offered & (second if wide else 1)
    refused = there & ~flag & (number >= inputs)
    bench.claim(leaves.valid == (there & ~refused))
    bench.claim(leaves.payload.last == flag, when=leaves.valid)
    bench.claim(leaves.payload.value == number, when=leaves.valid & ~flag)
    bench.claim(bench.takes == (bench.open & bench.offered & ~refused & (~there | leaves.ready)))
    bench.claim(design.refused == refused)
    bench.moves(bench.gives & flag)
    with m.If(bench.takes):
        m.d.sync += [second.eq(~second), low.eq(bench.byte)]
    with m.If(design.start):
        m.d.sync += second.eq(0)
    if wide:
        bench.claim((bench.inner["second"] == second) & (bench.inner["low"] == low), when=bench.open & second)
        bench.claim(bench.inner["second"] == second, when=bench.open)
    return bench


_EARLY = Mutant("the last is one too early", "rtl.unpacker", "unit == units - 1", "unit == units - 2")
PROOFS = (
    Proof(
        "unpacker.levels",
        f"{INPUTS} levels and runs of zeros, two numbers a byte; what is beyond the last level is ignored",
        levels,
        2,
        (
            Mutant("a run is one too short", "rtl.unpacker", "number + 1, (number", "number, (number"),
            Mutant("an upper half is left over", "rtl.unpacker", " | (running & done & second)", ""),
            _EARLY,
        ),
        further=8,
    ),
    Proof(
        "unpacker.levels.signed",
        f"{INPUTS} levels of -15..15 and runs of zeros, a byte each; what is none of them is refused",
        signed_levels,
        2,
        (
            Mutant(
                "-16 is a level", "rtl.unpacker", "number < 256 - SIGNED_RUN_BASE", "number < 255 - SIGNED_RUN_BASE"
            ),
            Mutant("a run goes on in the next sample", "rtl.unpacker", "zeros.eq(0), begun.eq(0)", "begun.eq(0)"),
        ),
        further=8,
    ),
    *(
        Proof(
            name,
            f"axons of {inputs} and ends of {STEPS} timesteps; an axon that is not there is refused",
            partial(events, inputs),
            2,
            (mutant, _EARLY),
            further=8,
        )
        for name, inputs, mutant in (
            (
                "unpacker.events",
                INPUTS,
                Mutant("an end is refused", "rtl.unpacker", "whole & ~last & (value", "whole & (value"),
            ),
            (
                "unpacker.events.wide",
                WIDE_INPUTS,
                Mutant(
                    "halves change places",
                    "rtl.unpacker",
                    "Cat(low, self.i.payload[:FLAG_BIT])",
                    "Cat(self.i.payload[:FLAG_BIT], low)",
                ),
            ),
        )
    ),
)
