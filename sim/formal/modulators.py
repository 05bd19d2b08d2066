"""Proofs of rtl/modulators.py: modulators and the gated learning signal are those of golden/SPEC.md."""

from __future__ import annotations

from typing import Any

from amaranth import Array, Cat, Const, Mux, Signal, signed

from golden.spec.config import Hardware, Network
from rtl.modulators import Broadcast, Modulators
from sim.formal.proof import Bench, Mutant, Proof

NETWORK = Network(
    inputs=4,
    classes=3,
    neurons=8,
    steps=2,
    bins=2,
    encoder="events",
    recurrence="none",
    readout_fan_in=2,
    modulators=2,
    post_bits=3,
    recall_bins=1,
)
HARDWARE = Hardware(lanes=4, tick_lanes=2)
MODULATION = ((1, -1, -1), (1, 1, -1))
FEEDBACK = tuple(tuple(1 if 0x59A7 >> 2 * neuron + d & 1 else -1 for d in range(2)) for neuron in range(8))
"""Signs of A and F, any."""
WORDS, LANE = NETWORK.neurons // HARDWARE.tick_lanes, HARDWARE.tick_lanes - 1
SWEEP = WORDS + 8
"""Cycles from the start of a broadcast to its end, see golden/spec/pipeline.py."""
WIDE = signed(16)


def modulators() -> Bench:
    """Compare with m = A e, summed over all classes."""
    bench = Bench()
    design: Any = Modulators(NETWORK, MODULATION)
    bench.add(design)
    label, rival = bench.before(design.label), bench.before(design.rival)
    bench.assume((design.label < NETWORK.classes) & (design.rival < NETWORK.classes) & (design.label != design.rival))
    strength = Mux(bench.before(design.strong), 2, 1)
    errors = [Mux(label == c, strength, Mux(rival == c, -strength, 0)) for c in range(NETWORK.classes)]
    for index, row in enumerate(MODULATION):
        total = Signal(WIDE, name=f"total_{index}")
        bench.m.d.comb += total.eq(sum((sign * error for sign, error in zip(row, errors, strict=True)), start=Const(0)))
        bench.claim(design.modulators[index] == total, when=bench.begun())
    return bench


def broadcast() -> Bench:
    """Follow any neuron of the last lane from its eligibility to the memory of the learning signals."""
    bench = Bench()
    design: Any = Broadcast(NETWORK, HARDWARE, FEEDBACK)
    inner, m = bench.add(design, driven=("host_feedback__select",), seen=("gated.cells", "feedback.cells")), bench.m
    age, swept, expected = Signal(range(SWEEP + 1)), Signal(), Signal(WIDE)
    with m.If(design.start):
        m.d.sync += [age.eq(1), swept.eq(0)]
    with m.Elif(age == SWEEP):
        m.d.sync += [age.eq(0), swept.eq(1)]
    with m.Elif(age != 0):
        m.d.sync += age.eq(age + 1)
    # Of the control: a broadcast begins when the one before has ended, and what it is of holds.
    bench.assume(~design.start, when=age != 0)
    for value in (*design.modulators, design.bin, design.recalling):
        bench.assume(value == bench.before(value), when=age != 0)
    for value in design.modulators:
        bench.assume((value >= -4) & (value <= 4))
    bench.claim(design.done == (age == SWEEP))

    # Of the population: what it says of a neuron follows the address.
    which = bench.constant(range(WORDS), "which")
    h, r = bench.constant(NETWORK.post_bits, "post"), bench.constant(3, "recall")
    bench.assume(
        design.post[LANE] == h,
        when=bench.before(design.post_read & (design.post_address == design.bin * WORDS + which)),
    )
    bench.assume(design.recall[LANE] == r, when=bench.before(design.post_read & (design.recall_address == which)))

    signs = [Array(FEEDBACK[word * HARDWARE.tick_lanes + LANE][d] for word in range(WORDS))[which] for d in range(2)]
    total, learning, gated = (Signal(WIDE, name=name) for name in ("total", "learning", "gated_signal"))
    m.d.comb += [
        total.eq(
            sum(
                (Mux(sign > 0, value, -value) for sign, value in zip(signs, design.modulators, strict=True)),
                start=Const(0),
            )
        ),
        learning.eq(Mux(total < -127, -127, Mux(total > 127, 127, total))),
        gated.eq(Mux(design.recalling, learning * h, -learning * ((h * r) >> 3))),
    ]
    with m.If(age == 1):
        m.d.sync += expected.eq(gated)
    (word,), width = inner["gated.cells.seen"], NETWORK.gated.bits
    m.d.comb += word.addr.eq(which >> 1)
    lanes = Array(word.data[lane * width : (lane + 1) * width].as_signed() for lane in range(HARDWARE.lanes))
    stored, asked = Signal(WIDE), Signal(WIDE)
    m.d.comb += stored.eq(lanes[(which[0] << 1) | LANE])
    m.d.comb += asked.eq(Array(design.gated[lane] for lane in range(HARDWARE.lanes))[(which[0] << 1) | LANE])
    bench.claim(stored == expected, when=swept)
    asks = bench.before(swept & (design.read_target == which >> 1))
    bench.claim(asked == expected, when=asks)
    bench.apart(inner["gated.cells"])
    bench.apart(inner["feedback.cells"])

    # For the induction: all that moves is told by the age. A word is issued when it is as old as its number and one.
    (row,) = inner["feedback.cells.seen"]
    m.d.comb += row.addr.eq(which)
    for d, sign in enumerate(signs):
        bench.claim(row.data[LANE * NETWORK.modulators + d] == (sign > 0))
    bench.claim(age <= SWEEP)
    bench.claim(~swept, when=age != 0)
    bench.claim(inner["running"] == (age != 0))
    bench.claim(inner["signal"] == Mux(age > WORDS, WORDS, age - 1), when=age != 0)
    bench.claim(inner["leaving_word"] == Mux(age < 7, 0, age - 7)[:2], when=(age != 0) & (age <= WORDS + 7))
    for stage in range(1, 7):
        bench.claim(inner[f"valid_{stage}"] == ((age > stage) & (age <= stage + WORDS)))
    bench.claim(inner["signal_2"] == ((age > 8) & (age <= WORDS + 8) & age[0]))
    bench.claim(inner["written_word"] == (age - 8)[:2], when=inner["signal_2"])
    bench.claim(expected == gated, when=age > 1)
    # And what each stage makes of the neuron: number n is as old as its word and n more.
    (read,) = (port for port in inner["feedback.cells"].read_ports if port.domain != "comb")
    factor, size = Signal(WIDE), HARDWARE.tick_lanes * width
    m.d.comb += factor.eq(Mux(design.recalling, h, -((h * r) >> 3)))
    known = [Cat(sign > 0 for sign in signs) == told for told in (read.data[-NETWORK.modulators :], inner["signs_1"])]
    bench.claim(known[0], when=age == which + 2)
    bench.claim(known[1], when=age == which + 3)
    for delay in (1, 2, 3):
        bench.claim((inner[f"post_1_{delay}"] == h) & (inner[f"recall_1_{delay}"] == r), when=age == which + 2 + delay)
    for stage in (0, 1):
        bench.claim(
            inner[f"partial_1_{stage}_0"] + inner[f"partial_1_{stage}_1"] == total, when=age == which + 4 + stage
        )
    bench.claim((inner["learning_1"] == learning) & (inner["post_factor_1"] == factor), when=age == which + 6)
    bench.claim(inner["group"][-width:].as_signed() == expected, when=age == which + 7)
    bench.claim(inner["filled"][-width:].as_signed() == expected, when=age == which + 8)
    bench.claim(inner["filled"][size - width : size].as_signed() == expected, when=(age == which + 9) & ~which[0])
    bench.claim(stored == expected, when=age >= (which | 1) + 9)
    return bench


PROOFS = (
    Proof(
        "modulators",
        "m = A e for any two classes, a cycle later",
        modulators,
        2,
        (Mutant("the rival is forgotten", "rtl.modulators", "of_label - of_rival", "of_label"),),
    ),
    Proof(
        "modulators.broadcast",
        f"of any neuron g is L h, or -L (h r >> 3) before recall, when {SWEEP} cycles are over; no word is read while "
        "it is written",
        broadcast,
        2,
        (
            Mutant("signs are turned round", "rtl.modulators", "(sign > 0) << d", "(sign < 0) << d"),
            Mutant("recall counts as ever", "rtl.modulators", "Mux(self.recalling, posts[2],", "Mux(1, posts[2],"),
        ),
        further=14,
    ),
)
