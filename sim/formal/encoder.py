"""Proof of rtl/encoder.py: each level spikes when golden/SPEC.md says, in order of the axons, for sixteen steps."""

from __future__ import annotations

from typing import Any

from amaranth import Array, Cat, Mux, Signal, signed

from golden.spec.network import LEVEL_BITS, LEVEL_STEPS
from rtl.encoder import LevelEncoder
from sim.formal.proof import Bench, Mutant, Proof

INPUTS = 4
WAITS = INPUTS + 1
"""Cycles without a transfer until the next spike, or the end of the step."""


def encoder() -> Bench:
    """Follow any axon from its level to its spikes, which come once a step or not at all."""
    bench = Bench()
    design: Any = LevelEncoder(INPUTS, negative=True)
    inner, m = bench.add(design, seen=("entries",) * INPUTS), bench.m
    given, leaves = design.i, design.o
    takes, gives = given.valid & given.ready, leaves.valid & leaves.ready
    value = Signal(signed(LEVEL_BITS + 1))
    m.d.comb += value.eq(given.payload.value)
    # Of whoever sends: levels are -15..15, and the last is that of the last axon.
    place, sending, step, stored = Signal(2), Signal(), Signal(LEVEL_BITS), Signal(range(INPUTS + 1))
    bench.assume((value != -(1 << LEVEL_BITS)) & (given.payload.last == (place == INPUTS - 1)), when=given.valid)

    axon = bench.constant(2, "axon")
    level, negative, known, where = Signal(LEVEL_BITS), Signal(), Signal(), Signal(2)
    spiked, latest, begun = Signal(), Signal(2), Signal()
    spike, ends = leaves.payload.spike, gives & leaves.payload.last
    ours = gives & ~leaves.payload.last & (spike.axon == axon)
    with m.If(takes):
        m.d.sync += [place.eq(place + 1), stored.eq(stored + (value != 0))]
        m.d.sync += sending.eq(place == INPUTS - 1)
        with m.If(place == axon):
            m.d.sync += [level.eq(Mux(value < 0, -value, value)), negative.eq(value < 0), where.eq(stored), known.eq(1)]
    with m.If(gives):
        m.d.sync += [latest.eq(spike.axon), begun.eq(~leaves.payload.last), spiked.eq((spiked | ours) & ~ends)]
    with m.If(ends):
        m.d.sync += step.eq(step + 1)
        with m.If(step == LEVEL_STEPS - 1):
            m.d.sync += [sending.eq(0), stored.eq(0), known.eq(0)]
    reversed_step = Cat(*reversed([step[bit] for bit in range(LEVEL_BITS)]))
    due = level > reversed_step

    bench.claim(given.ready == ~sending)
    bench.claim(due & ~spiked & (spike.negative == negative), when=ours)
    bench.claim(spiked == due, when=ends)
    bench.claim(spike.axon > latest, when=gives & ~leaves.payload.last & begun)
    bench.claim(sending, when=leaves.valid)
    bench.claim(bench.waits(leaves))
    # While levels are taken the memory is read as well, and nobody looks at what comes.
    bench.apart(inner["entries"], when=sending)
    bench.claim(~inner["signal_4"] & ~inner["spike_valid"], when=~sending)
    waited = Signal(4)
    m.d.sync += waited.eq(Mux(sending & ~leaves.valid, waited + 1, 0))
    bench.claim(waited <= WAITS)
    bench.claim(waited <= inner["cursor"], when=sending & ~leaves.valid)

    # The memory holds what is not zero, in order; the cursor, the word behind it and the spike held follow each other.
    cursor, read, held = inner["cursor"], inner["signal_4"], inner["spike_valid"]
    words = inner["entries.seen"]
    m.d.comb += [word.addr.eq(index) for index, word in enumerate(words)]
    entries = Array(Cat(word.data.spike, word.data.level) for word in words)
    passed, kept = Signal(range(INPUTS + 1)), inner["signal_6"]
    m.d.comb += passed.eq(cursor - read - held)
    bench.claim((inner["signal"] == place) & (inner["signal_2"] == stored) & (inner["signal_3"] == step))
    bench.claim((inner["fsm_state"] == sending) & (stored <= Mux(sending, INPUTS, place)))
    bench.claim((cursor <= stored) & (read + held <= cursor))
    bench.claim((cursor == 0) & (step == 0) & ~begun & ~spiked, when=~sending)
    bench.claim(place == 0, when=sending)
    bench.claim(known == (sending | (place > axon)))
    for index, word in enumerate(words):
        mine = known & (level != 0) & (where == index)
        inside = index < stored
        bench.claim(mine == (word.data.spike.axon == axon), when=inside & known)
        bench.claim((word.data.level == level) & (word.data.spike.negative == negative), when=inside & mine)
        bench.claim(word.data.spike.axon < place, when=inside & ~sending)
        if index:
            bench.claim(word.data.spike.axon > words[index - 1].data.spike.axon, when=inside)
    bench.claim(where < stored, when=known & (level != 0))
    at, before = entries[passed[:2]], entries[(passed - 1)[:2]]
    bench.claim((kept == at[:3]) & (at[3:] > reversed_step), when=held)
    bench.claim((passed != 0) & (latest <= before[:2]), when=begun)
    (port,) = (port for port in inner["entries"].read_ports if port.domain != "comb")
    bench.claim(Cat(port.data.spike, port.data.level) == entries[(cursor - 1)[:2]], when=read)
    bench.claim(spiked == (known & due & (level != 0) & (where < passed)), when=sending)
    return bench


PROOFS = (
    Proof(
        "encoder",
        f"of {INPUTS} levels each spikes in a step once, or not at all, as |level| > rev4(t) says, and in order",
        encoder,
        2,
        (
            Mutant("levels spike too often", "rtl.encoder", "read.data.level > Cat", "read.data.level >= Cat"),
            Mutant(
                "a spike is lost while it waits", "rtl.encoder", "moves.eq(~spike_valid | self.o.ready)", "moves.eq(1)"
            ),
            Mutant(
                "a step ends too early", "rtl.encoder", "(cursor == stored) & ~read_valid &", "(cursor == stored) &"
            ),
            Mutant("the sign is lost", "rtl.encoder", "negative.eq(offered < 0)", "negative.eq(0)"),
        ),
        further=14,
    ),
)
