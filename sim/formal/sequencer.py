"""Proof of rtl/sequencer.py: one sample after the other, and at rest again after each."""

from __future__ import annotations

from typing import Any

from amaranth import Signal

from golden.spec.presets import PRESETS
from rtl.sequencer import SampleSequencer
from sim.formal.proof import Bench, Mutant, Proof

REST, RUN, PREDICT = range(3)


def sequencer() -> Bench:
    """Compare with the three things that a sample goes through, whatever all others do and however long they wait."""
    bench = Bench()
    network = PRESETS["tiny"].network
    design: Any = SampleSequencer(network)
    inner, m = bench.add(design), bench.m
    bench.assume(bench.waits(design.i_verdict))
    label, lesson, verdict, prediction = design.i_label, design.o_lesson, design.i_verdict, design.o_prediction
    takes = label.valid & label.ready
    now, steps, taught = Signal(range(3)), Signal(range(network.steps + 1)), Signal()
    with m.If(takes):
        m.d.sync += [now.eq(RUN), steps.eq(0)]
    with m.If((now == RUN) & verdict.valid & verdict.ready):
        m.d.sync += now.eq(PREDICT)
    with m.If(prediction.valid & prediction.ready):
        m.d.sync += now.eq(REST)
    with m.If((now == RUN) & design.step_enters):
        m.d.sync += steps.eq(steps + 1)
    m.d.sync += taught.eq(lesson.valid & lesson.ready)

    # A sample begins when all rest and the host has no access, and then without waiting.
    bench.claim(takes == ((now == REST) & label.valid & design.resting & ~design.claimed))
    bench.claim(design.idle == ((now == REST) & design.resting))
    bench.claim(design.running == (now == RUN))
    for kept, given in ((design.label, label.payload.label), (design.learn, label.payload.learn)):
        bench.claim(kept == bench.before(given), when=bench.before(takes))
        bench.claim(kept == bench.before(kept), when=bench.begun() & ~bench.before(takes))
    # As many steps enter as a sample has.
    bench.assume(design.open | ~design.step_enters)
    bench.claim(design.open == ((now == RUN) & (steps != network.steps)))
    bench.claim(steps <= network.steps)
    # Each verdict is one lesson, and then taken; what it says is the prediction.
    bench.claim(lesson.valid == ((now == RUN) & verdict.valid & ~taught))
    bench.claim((lesson.payload == verdict.payload) & bench.waits(lesson), when=bench.begun())
    bench.claim((now == RUN) & verdict.valid, when=taught)
    bench.claim((verdict.valid & verdict.ready) == taught)
    bench.claim(bench.before(lesson.valid & lesson.ready) == taught)
    told = [bench.before(value) for value in (verdict.payload.winner, verdict.payload.update)]
    first = bench.before(verdict.valid & verdict.ready)
    bench.claim(first, when=(now == PREDICT) & bench.before(now == RUN) & bench.begun())
    bench.claim((prediction.payload.winner == told[0]) & (prediction.payload.updated == told[1]), when=first)
    # It goes on: two cycles after its lesson the prediction is there, and one after that is taken all is at rest.
    bench.claim(prediction.valid == (now == PREDICT))
    bench.claim(now == PREDICT, when=bench.before(lesson.valid & lesson.ready, 2))
    bench.claim(now == REST, when=bench.before(prediction.valid & prediction.ready))
    bench.claim(bench.waits(prediction))
    bench.claim((inner["fsm_state"] == now) & (inner["signal"] == steps) & (inner["learned"] == taught))
    return bench


PROOFS = (
    Proof(
        "sequencer",
        "a label is taken at rest; one lesson a verdict; T steps; two cycles from lesson to prediction, then rest",
        sequencer,
        3,
        (
            Mutant(
                "a lesson is given twice", "rtl.sequencer", "self.i_verdict.valid & ~learned", "self.i_verdict.valid"
            ),
            Mutant("the host is not waited for", "rtl.sequencer", "resting & ~self.claimed):", "resting):"),
            Mutant("it never rests again", "rtl.sequencer", "m.If(self.o_prediction.ready):", "m.If(0):"),
        ),
        further=6,
    ),
)
