"""Proofs of rtl/streams.py, rtl/delays.py and the queue of the readout."""

from __future__ import annotations

from amaranth import Module, Mux, Signal, Value
from amaranth.lib.fifo import SyncFIFOBuffered

from rtl.delays import delayed
from rtl.streams import Buffer, Fork, Merge
from sim.formal.proof import Bench, Mutant, Proof

BITS, COPIES, SOURCES = 8, 3, 3
QUEUE, CYCLES = 4, 4


def buffer() -> Bench:
    """Compare with a list of at most two payloads."""
    bench, design = Bench(), Buffer(BITS)
    inner, m = bench.add(design), bench.m
    first, second, held, left = Signal(BITS), Signal(BITS), Signal(range(3)), Signal(range(3))
    takes, gives = design.i.valid & design.i.ready, design.o.valid & design.o.ready
    m.d.comb += left.eq(held - gives)
    m.d.sync += held.eq(left + takes)
    with m.If(gives):
        m.d.sync += first.eq(second)
    with m.If(takes):
        with m.If(left == 0):
            m.d.sync += first.eq(design.i.payload)
        with m.Else():
            m.d.sync += second.eq(design.i.payload)
    bench.claim(held <= 2)
    bench.claim(design.o.valid == (held != 0))
    bench.claim(design.i.ready == (held != 2))
    bench.claim(design.o.payload == first, when=held != 0)
    bench.claim(inner["signal"] == second, when=held == 2)
    bench.claim(bench.waits(design.o))
    return bench


def fork() -> Bench:
    """Compare with notes of who has taken the payload that is offered."""
    bench, design = Bench(), Fork(BITS, COPIES)
    inner, m = bench.add(design), bench.m
    bench.assume(bench.waits(design.i))
    seen = Signal(COPIES)
    takes = design.i.valid & design.i.ready
    for index in range(COPIES):
        output = design.o[index]
        m.d.sync += seen[index].eq((seen[index] | (output.valid & output.ready)) & ~takes)
        bench.claim(output.valid == (design.i.valid & ~seen[index]))
        bench.claim(output.payload == design.i.payload)
        bench.claim(bench.waits(output))
        bench.claim(seen[index] | output.ready, when=takes)
    everybody = [seen[index] | design.o[index].ready for index in range(COPIES)]
    bench.claim(takes, when=design.i.valid & everybody[0] & everybody[1] & everybody[2])
    bench.claim(design.i.valid, when=seen.any())
    bench.claim(inner["taken"] == seen)
    return bench


def merge() -> Bench:
    """Compare with a place for one payload and its source; nobody is passed by more often than there are others."""
    bench, design = Bench(), Merge(BITS, SOURCES)
    inner, m = bench.add(design), bench.m
    turn = inner["like"]  # made like the source, without a name of its own
    full, payload, source = Signal(), Signal(BITS), Signal(range(SOURCES))
    takes = [stream.valid & stream.ready for stream in (design.i[index] for index in range(SOURCES))]
    taken = sum(takes, start=Value.cast(0))
    room = ~full | design.o.ready
    with m.If(room):
        m.d.sync += full.eq(taken != 0)
    offered = Value.cast(0)
    for index in range(SOURCES):
        bench.assume(bench.waits(design.i[index]))
        offered = offered | design.i[index].valid
        with m.If(takes[index]):
            m.d.sync += [payload.eq(design.i[index].payload), source.eq(index)]
        passed = Signal(range(2 * SOURCES))
        waiting = design.i[index].valid & ~takes[index]
        m.d.sync += passed.eq(Mux(waiting, passed + (taken != 0), 0))
        distance = Mux(turn <= index, index - turn, index + SOURCES - turn)
        bench.claim(passed + distance < SOURCES)
        bench.claim(passed == 0, when=~design.i[index].valid)
        bench.claim(bench.before(waiting), when=passed != 0)
    bench.claim(turn < SOURCES)
    bench.claim(taken <= 1)
    bench.claim(taken == (room & offered))
    bench.claim(design.o.valid == full)
    bench.claim((design.o.payload == payload) & (design.source == source), when=full)
    bench.claim(bench.waits(design.o))
    return bench


def queue() -> Bench:
    """Follow any payload, the n-th that enters, to its exit as the n-th."""
    bench = Bench()
    m = bench.m
    m.submodules.design = design = SyncFIFOBuffered(width=BITS, depth=QUEUE)
    m.d.comb += [
        design.w_data.eq(bench.free(BITS, "w_data")),
        design.w_en.eq(bench.free(1, "w_en")),
        design.r_en.eq(bench.free(1, "r_en")),
    ]
    number = bench.constant(4, "number")
    entered, left, payload = Signal(5), Signal(5), Signal(BITS)
    with m.If(design.w_en & design.w_rdy):
        m.d.sync += entered.eq(entered + 1)
        with m.If(entered == number):
            m.d.sync += payload.eq(design.w_data)
    with m.If(design.r_en & design.r_rdy):
        m.d.sync += left.eq(left + 1)
    bench.claim(design.r_data == payload, when=design.r_rdy & (left == number))
    bench.claim(entered != left, when=design.r_rdy)
    held = Signal(5)
    m.d.comb += held.eq(entered - left)
    bench.claim(held <= QUEUE)
    # Two cycles after it entered a payload has come to the exit.
    bench.claim(design.r_rdy, when=(held != 0) & (bench.before(entered, 2) == entered))
    bench.claim(design.w_rdy, when=held < QUEUE - 1)
    return bench


def delays() -> Bench:
    """Every register holds what the source was so many cycles before."""
    bench = Bench()
    source = bench.free(BITS, "source")
    m = Module()
    stages = delayed(m, source, BITS, CYCLES, "stage")
    bench.m.submodules.design = m
    value = source
    for cycles, stage in enumerate(stages, 1):
        value = bench.before(value)
        bench.claim(stage == value, when=bench.begun(cycles))
    return bench


PROOFS = (
    Proof(
        "streams.buffer",
        "a list of two: nothing lost, doubled or out of order, payloads hold, ends depend on no other end",
        buffer,
        2,
        (
            Mutant(
                "the spare is lost",
                "rtl.streams",
                "self.o.valid.eq(spare_valid | self.i.valid)",
                "self.o.valid.eq(self.i.valid)",
            ),
            Mutant("the spare is overwritten", "rtl.streams", "with m.If(~spare_valid):", "with m.If(1):"),
            Mutant("order is lost", "rtl.streams", "Mux(spare_valid, Value", "Mux(0, Value"),
        ),
        further=4,
    ),
    Proof(
        "streams.fork",
        "every consumer sees every payload once, and it is taken when the last has",
        fork,
        2,
        (
            Mutant("a consumer sees it twice", "rtl.streams", "self.i.valid & ~taken[index]", "self.i.valid"),
            Mutant(
                "one consumer is enough",
                "rtl.streams",
                "self.i.valid & complete.all()",
                "self.i.valid & complete.any()",
            ),
        ),
        further=4,
    ),
    Proof(
        "streams.merge",
        "each payload leaves once with its source, a cycle later; no source is passed by more often than others are",
        merge,
        2,
        (
            Mutant("no turns", "rtl.streams", "m.d.sync += turn.eq(", "m.d.comb += Signal(8).eq("),
            Mutant("a wrong source", "rtl.streams", "self.source.eq(index)]", "self.source.eq(turn)]"),
            Mutant("a payload is overwritten", "rtl.streams", "move.eq(~self.o.valid | self.o.ready)", "move.eq(1)"),
        ),
        further=6,
    ),
    Proof(
        "readout.queue",
        f"Amaranth's queue of {QUEUE}: nothing lost, doubled or out of order; two cycles to the exit",
        queue,
        7,
        (
            Mutant(
                "reading does not advance",
                "amaranth.lib.fifo",
                "do_inner_read  = inner_r_rdy & (~self.r_rdy | self.r_en)",
                "do_inner_read  = inner_r_rdy",
            ),
        ),
        bounded=True,
    ),
    Proof(
        "delays",
        f"register n holds the source of n cycles before, n = 1..{CYCLES}",
        delays,
        CYCLES + 1,
        (
            Mutant(
                "one register too few",
                "rtl.delays",
                "zip(stages, [source, *stages]",
                "zip(stages, [source, source, *stages]",
            ),
        ),
        further=2,
    ),
)
