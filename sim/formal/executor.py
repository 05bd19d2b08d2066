"""Proof of rtl/executor.py: every command comes to its end, and no answer stands within another.

The unpacker is left out, since unpacker.py has proofs of it; here a sample is incomplete from its opening on, for as
long as the bench likes.
"""

from __future__ import annotations

from typing import Any

from amaranth import Mux, Signal

from golden.spec.presets import PRESETS
from golden.spec.protocol import COUNT_LIMIT, SAMPLES_BYTES, Answer
from rtl.executor import CommandExecutor
from sim.formal.proof import Bench, Mutant, Proof

IDENTITY = bytes(3)
AHEAD = 2
"""Samples that may have come whole and not be answered."""
STATES = (
    *("IDLE", "IDENTITY", "ADDRESS", "LABEL", "FAULT", "CONTENT", "PLACE", "COUNT", "CHECK", "ELEMENT", "DATA", "DONE"),
    *("STORE", "FETCH", "CONTENTS", "REASON", "IGNORE"),
)
"""In the order in which rtl/executor.py first mentions them, which numbers them."""
MOST = 8 * (COUNT_LIMIT + 4)
"""Of the steps that a command can need behind its count."""


def executor() -> Bench:
    """Count the steps that a command has left: each falls when nobody outside is waited for."""
    bench = Bench()
    design: Any = CommandExecutor(PRESETS["tiny"], IDENTITY)
    inner, m = bench.add(design, freed=("unpacker",)), bench.m
    unpacker, given, told = inner["unpacker"], design.i, design.o
    request, response, prediction, label = design.o_request, design.i_response, design.i_prediction, design.o_label
    outstanding, drained = design.outstanding, design.drain
    state = inner["fsm_state"]

    def within(*names: str) -> Any:
        found: Any = 0
        for name in names:
            found |= state == STATES.index(name)
        return found

    # Of the unpacker: a sample that is refused never becomes complete.
    opened, refused = bench.before(unpacker.open), Signal()
    with m.If(unpacker.start | unpacker.refused):
        m.d.sync += refused.eq(unpacker.refused)
    goes_on = opened & (refused | bench.free(1, "goes_on"))
    bench.assume(unpacker.open == (bench.before(unpacker.start) | goes_on))
    bench.assume(~unpacker.refused, when=~unpacker.open)
    # Of whoever sends, and of the processor: a prediction is of a sample that has come whole.
    for stream in (given, response, prediction):
        bench.assume(bench.waits(stream))
    bench.assume(outstanding != 0, when=prediction.valid)
    # Of rtl/host.py: a request to read is taken together with its response.
    reads = request.valid & ~request.payload.write
    bench.assume(request.ready == (response.valid & response.ready), when=reads)
    bench.assume(~response.valid, when=~reads)

    # What is waited for.
    answers = within("IDENTITY", "CONTENT", "DONE", "DATA", "REASON")
    left, part, size = inner["remaining"], inner["signal_6"], inner["size"]
    waits = Signal()
    m.d.comb += waits.eq(
        (within("ADDRESS", "COUNT") & ~given.valid)
        | (within("ELEMENT") & (left != 0) & ~given.valid)
        | (answers & ~told.ready)
        | (within("FAULT") & ~((outstanding == 0) & told.ready))
        | (within("STORE") & ~request.ready)
        | (within("FETCH") & (left != 0) & ~(response.valid & told.ready))
        | (within("LABEL") & ~(given.valid & ~label.valid))
        | (within("CONTENTS") & unpacker.open & ~unpacker.refused)
    )
    rests = within("IDLE", "IGNORE")
    # Steps that are left, more than there can be.
    count = SAMPLES_BYTES + 1 + len(IDENTITY)
    steps, elements = Signal(range(2 * MOST)), Signal(range(MOST))
    m.d.comb += elements.eq(8 * left)
    with m.Switch(state):
        for name, value in (
            *(("LABEL", MOST + 61), ("CONTENTS", MOST + 60)),
            *(("ADDRESS", MOST + 50 - part), ("PLACE", MOST + 40), ("COUNT", MOST + 30 - part), ("CHECK", MOST + 20)),
            *(("ELEMENT", elements + 15 - part), ("STORE", elements + 11), ("DONE", 8)),
            *(("DATA", elements + 16), ("FETCH", elements + 15 - part)),
            *(("IDENTITY", count + 1), ("CONTENT", count - inner["index"]), ("FAULT", 7), ("REASON", 6)),
        ):
            with m.Case(STATES.index(name)):
                m.d.comb += steps.eq(value)
    former, went = bench.before(steps), bench.before(~waits & ~rests)
    bench.claim(steps < former, when=went)
    bench.claim(steps == former, when=bench.before(waits & ~rests))
    bench.claim((steps != 0) | rests)
    # At rest a command is taken as soon as it may be: a sample while few are ahead, others when all are answered.
    takes, sample = given.valid & given.ready & within("IDLE"), given.payload == 3
    allowed = Mux(sample, outstanding != AHEAD, (outstanding == 0) & ~opened)
    bench.claim(takes == (given.valid & within("IDLE") & allowed))
    bench.claim(given.ready, when=within("IGNORE"))

    # Answers do not meet: predictions come while no other is due, and each has two bytes in a row.
    gives = told.valid & told.ready
    meets = prediction.valid & ~drained
    second = Signal()
    with m.If(meets & gives):
        m.d.sync += second.eq(~second)
    bench.claim(~prediction.valid, when=answers | within("FETCH", "STORE", "ELEMENT"))
    bench.claim(told.payload == Answer.PREDICTION, when=meets & ~second)
    winner, updated = prediction.payload.winner, prediction.payload.updated
    bench.claim(told.payload == Mux(updated, winner + 128, winner), when=meets & second)
    bench.claim((prediction.ready & prediction.valid) == (prediction.valid & (drained | (second & told.ready))))
    bench.claim(outstanding <= AHEAD)
    # Predictions are dropped from then on until the executor begins anew.
    bench.assume(drained, when=bench.before(drained))
    bench.claim(bench.waits(told), when=~drained)
    bench.claim(bench.waits(request))
    bench.claim(bench.waits(label))

    # For the induction.
    bench.claim(state < len(STATES))
    bench.claim(part <= size, when=within("ELEMENT", "FETCH"))
    bench.claim(part <= 1, when=within("COUNT"))
    bench.claim(left != 0, when=within("STORE") | (within("ELEMENT", "FETCH") & (part != 0)))
    bench.claim(part == 0, when=~within("ADDRESS", "COUNT", "ELEMENT", "FETCH"))
    bench.claim(inner["index"] < count, when=within("CONTENT"))
    bench.claim(inner["index"] == 0, when=~within("CONTENT"))
    calm = ~within("IDLE", "LABEL", "CONTENTS", "FAULT", "IGNORE")
    bench.claim((outstanding == 0), when=calm)
    bench.claim(within("CONTENTS") | (refused & within("FAULT", "REASON", "IGNORE")), when=unpacker.open | opened)
    bench.claim(~refused | unpacker.open | unpacker.start)
    bench.claim(inner["was_open"] == opened)
    bench.claim(outstanding < AHEAD, when=within("LABEL") | unpacker.open | opened)
    bench.claim(inner["result"] == second)
    bench.claim(~second | prediction.valid, when=~drained)
    return bench


PROOFS = (
    Proof(
        "executor",
        "the steps that a command has left fall whenever nobody outside is waited for; no answer stands in another",
        executor,
        2,
        (
            Mutant(
                "elements are not counted",
                "rtl.executor",
                "[part.eq(0), element.eq(element + 1), remaining.eq(remaining - 1)]",
                "[part.eq(0), element.eq(element + 1)]",
            ),
            Mutant(
                "a refusal does not wait for predictions",
                "rtl.executor",
                "with m.If(self.outstanding == 0):",
                "with m.If(1):",
            ),
            Mutant("a command does not wait for them", "rtl.executor", "!= _AHEAD, settled)", "!= _AHEAD, 1)"),
            Mutant("the reason is told for ever", "rtl.executor", '(fault, then="IGNORE")', '(fault, then="REASON")'),
        ),
        further=13,
    ),
)
