"""Proof of rtl/lists.py: a list is replayed as it was recorded, whole and in order."""

from __future__ import annotations

from functools import partial
from typing import Any

from amaranth import Array, Mux, Signal

from rtl.lists import SpikeLists
from sim.formal.proof import Bench, Mutant, Proof

NEURONS, LAYERS, AXONS = 3, 2, 12
ALL = ((True,) * NEURONS,) * LAYERS
SOME = ((True, False, True), (False, True, True))
ENDS = 2
"""Cycles of a replay, in which nobody waits, beyond one for each spike."""


def lists(wanted: tuple[tuple[bool, ...], ...]) -> Bench:
    """Follow any place of any list from the spike that is recorded there to the axon of the replay."""
    bench = Bench()
    design: Any = SpikeLists(wanted, AXONS)
    inner, m = bench.add(design, seen=("entries",)), bench.m
    late = wanted is not ALL  # a table says who is wanted, a cycle later
    counts = Array(Signal(range(NEURONS + 1), name=f"count_{index}") for index in range(LAYERS))
    stored, which, number = Signal(range(NEURONS)), bench.constant(1, "which"), bench.constant(2, "number")
    sent, spent = Signal(range(NEURONS + 2)), Signal(4)
    o, source = design.o, design.source
    gives = o.valid & o.ready

    def pending(layer: Any) -> Any:
        return (design.record & (design.layer == layer)) | (bench.before(design.record) & (recorded_layer == layer))

    # Of whoever records: neurons that there are, each once a step.
    recorded, neuron, recorded_layer = design.record, design.neuron, design.layer
    bench.assume(design.neuron < NEURONS, when=design.record)
    if late:
        recorded_layer, neuron = bench.before(design.layer), bench.before(design.neuron)
        recorded = bench.before(design.record) & Array(Array(row) for row in wanted)[recorded_layer][neuron]
    bench.assume(counts[recorded_layer] < NEURONS, when=recorded)
    # Of whoever replays: lists that are complete, as long as it takes, and none that is emptied meanwhile.
    bench.assume(~design.clear_all & ~pending(source), when=design.replay)
    bench.assume(design.clear_layer != source, when=design.replay & design.clear)
    bench.assume(~pending(design.clear_layer), when=design.clear)
    bench.assume(~pending(0) & ~pending(1), when=design.clear_all)
    going = bench.before(design.replay & ~design.done)
    bench.assume(design.replay, when=going)
    for value in (source, design.base):
        bench.assume(value == bench.before(value), when=going)

    with m.If(recorded):
        m.d.sync += counts[recorded_layer].eq(counts[recorded_layer] + 1)
        with m.If((recorded_layer == which) & (counts[which] == number)):
            m.d.sync += stored.eq(neuron)
    with m.If(design.clear):
        m.d.sync += counts[design.clear_layer].eq(0)
    with m.If(design.clear_all):
        m.d.sync += [count.eq(0) for count in counts]
    with m.If(gives):
        m.d.sync += sent.eq(sent + 1)
    with m.If(design.done):
        m.d.sync += sent.eq(0)
    waits = o.valid & ~o.ready
    m.d.sync += spent.eq(Mux(design.replay & ~design.done, spent + ~waits, 0))

    # All of the list, each once and in order; then it is done.
    count, axon = counts[source], Signal(range(AXONS))
    m.d.comb += axon.eq(stored + design.base)
    bench.claim(design.replay & (sent < count), when=o.valid)
    bench.claim(o.payload == axon, when=o.valid & (source == which) & (sent == number))
    bench.claim(bench.waits(o))
    bench.claim(sent == count, when=design.done)
    bench.claim(design.replay, when=design.done)
    bench.claim(spent <= count + ENDS, when=design.replay)
    bench.apart(inner["entries"])

    # The memory holds what was recorded; the cursor, the word behind it and the axon follow each other.
    cursor, read = inner["signal_2" if late else "signal"], inner["read_valid"]
    (word,) = inner["entries.seen"]
    m.d.comb += word.addr.eq(which * NEURONS + number)
    bench.claim(word.data == stored, when=number < counts[which])
    (port,) = (port for port in inner["entries"].read_ports if port.domain != "comb")
    bench.claim(port.data == stored, when=read & (source == which) & ((sent + o.valid) == number))
    for index in range(LAYERS):
        bench.claim(inner[f"spikes_{index}"] == counts[index])
        bench.claim(counts[index] <= NEURONS)
    bench.claim(cursor == sent + read + o.valid)
    bench.claim(cursor <= count, when=design.replay)
    bench.claim(cursor == 0, when=~design.replay)
    bench.claim(spent <= cursor, when=cursor < count)
    bench.claim(spent + read + (read | o.valid) <= count + ENDS, when=cursor == count)
    bench.claim(spent == 0, when=~design.replay)
    return bench


_LOST = Mutant(
    "a word is lost while an axon waits", "rtl.lists", "eq(self.replay & (~read_valid | moves))", "eq(self.replay)"
)
PROOFS = (
    Proof(
        "lists",
        f"of {LAYERS} lists of {NEURONS} any is replayed whole and in order, a cycle a spike and {ENDS} more",
        partial(lists, ALL),
        2,
        (
            _LOST,
            Mutant("the next replay begins where this one ends", "rtl.lists", "m.If(self.done):", "m.If(0):"),
            Mutant("lists share their places", "rtl.lists", "write.addr.eq(layer * neurons +", "write.addr.eq(layer +"),
        ),
        further=8,
    ),
    Proof(
        "lists.wanted",
        "the same of the spikes that a table wants, and of no others",
        partial(lists, SOME),
        2,
        (
            Mutant("the table is not asked", "rtl.lists", "return looked & read.data,", "return looked,"),
            Mutant("a spike comes late", "rtl.lists", "neuron.eq(self.neuron)]", "neuron.eq(neuron)]"),
        ),
        further=8,
    ),
)
