"""Proof of rtl/teacher.py: prediction, rival and verdict are those of golden/SPEC.md, "The end of a sample"."""

from __future__ import annotations

from functools import partial
from typing import Any

from amaranth import Array, Mux, Signal, signed

from golden.spec.config import Network
from rtl.teacher import Teacher
from sim.formal.proof import Bench, Mutant, Proof

NETWORK = Network(
    inputs=4,
    classes=3,
    population=2,
    neurons=4,
    encoder="events",
    steps=2,
    recurrence="none",
    readout_bits=3,
    readout_fan_in=2,
    readout_amplitude=1,
    margin=2,
)
"""Three classes, whose potentials are as narrow as they can be. The margin is among the leads that there are."""
CLASSES, LATENCY = NETWORK.classes, 4
"""Cycles from the last class to the verdict."""


def teacher(*, adjustable: bool) -> Bench:
    """Keep all potentials of a sample, and look at them when the verdict is there."""
    bench = Bench()
    design: Any = Teacher(NETWORK, adjustable=adjustable)
    inner, m = bench.add(design), bench.m
    given, verdict, payload = design.i, design.o, design.o.payload
    takes, gives = given.valid & given.ready, verdict.valid & verdict.ready
    wide = signed(NETWORK.class_potential.bits + 10)
    y = [Signal(wide, name=f"y_{index}") for index in range(CLASSES)]
    count, since = Signal(range(CLASSES + 1)), Signal(range(LATENCY + 1))
    # Of the readout: classes come in ascending order, and what the sample is holds from the first one to the verdict.
    bench.assume((given.payload.label == count) & (given.payload.last == (count == CLASSES - 1)), when=given.valid)
    bench.assume(design.label < CLASSES)
    for value in (design.label, design.learn, *([design.margin] if adjustable else [])):
        bench.assume(value == bench.before(value), when=count != 0)
    with m.If(takes):
        m.d.sync += [count.eq(count + 1), Array(y)[count].eq(given.payload.value)]
        with m.If(given.payload.last):
            m.d.sync += since.eq(1)
    with m.If((since != 0) & (since != LATENCY)):
        m.d.sync += since.eq(since + 1)
    with m.If(gives):
        m.d.sync += [since.eq(0), count.eq(0)]

    def largest(value: Any, chosen: Any, *, but: Any = None) -> Any:
        """Whether it is the largest of those that are known, but one, and the lowest class among equals."""
        found: Any = (Array(y)[chosen] == value) & (chosen < count) & (1 if but is None else chosen != but)
        for index in range(CLASSES):
            beaten = (y[index] < value) | ((y[index] == value) & (chosen <= index))
            found &= beaten | (index >= count) | (0 if but is None else index == but)
        return found

    # The verdict.
    lead, margin = Signal(wide), NETWORK.margin
    rival, label = payload.rival, design.label
    m.d.comb += lead.eq(Array(y)[label] - Array(y)[rival])
    known = verdict.valid
    bench.claim(largest(Array(y)[payload.winner], payload.winner), when=known)
    bench.claim(largest(Array(y)[rival], rival, but=label), when=known)
    least = (design.margin if adjustable else margin) * (NETWORK.population << NETWORK.readout_bits - 1)
    bench.claim(payload.update == (design.learn & ~(lead >= least)), when=known)
    bench.claim(payload.strong == (lead <= 0), when=known)
    bench.claim(payload.label == label, when=known)
    told = (payload.winner, payload.rival, payload.update, payload.strong)
    for value in told:
        bench.claim(value == bench.before(value), when=bench.before(verdict.valid))
    # It goes on: classes are taken at once, and the verdict is there when it is due.
    bench.claim(given.ready == (since == 0))
    bench.claim(verdict.valid == (since == LATENCY))
    bench.claim(bench.waits(verdict))

    # For the induction: what has been found among those that have come.
    first, first_other, lead_found = inner["signal"], inner["first_other"], inner["lead"]
    others = count - (label < count)
    bench.claim(inner["fsm_state"] == Mux(since == LATENCY, LATENCY - 1, since))
    bench.claim((since != 0) == (count == CLASSES))
    bench.claim((first == (count == 0)) & (first_other == (others == 0)), when=since <= 1)
    bench.claim(first & first_other, when=since > 1)
    bench.claim(largest(inner["best"], inner["winner"]), when=count != 0)
    bench.claim(largest(inner["best_other"], inner["rival"], but=label), when=others != 0)
    bench.claim(inner["of_label"] == Array(y)[label], when=label < count)
    bench.claim(lead_found == lead, when=since > 1)
    for value in y:
        bench.claim((value >= NETWORK.class_potential.low) & (value <= NETWORK.class_potential.high))
    return bench


_RIVAL = Mutant(
    "the highest rival among equals",
    "rtl.teacher",
    "first_other | (offered.value > best_other)",
    "first_other | (offered.value >= best_other)",
)
PROOFS = (
    Proof(
        "teacher",
        f"of {CLASSES} classes winner, rival, update and strong are those of the definition, {LATENCY} cycles later",
        partial(teacher, adjustable=False),
        2,
        (
            _RIVAL,
            Mutant(
                "a lead of the margin is not enough", "rtl.teacher", "lead < network.margin", "lead <= network.margin"
            ),
            Mutant("a draw is a lead", "rtl.teacher", "lead <= 0", "lead < 0"),
        ),
        further=14,
    ),
    Proof(
        "teacher.adjustable",
        "the same with any margin that the host may set",
        partial(teacher, adjustable=True),
        2,
        (
            _RIVAL,
            Mutant(
                "the margin is cut off", "rtl.teacher", "times(self.margin, network", "times(self.margin[:2], network"
            ),
        ),
        further=14,
    ),
)
