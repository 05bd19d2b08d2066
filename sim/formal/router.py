"""Proof of rtl/router.py: every axon becomes the words of its row, once, in order, with its tag, and it goes on."""

from __future__ import annotations

import itertools
from typing import Any

from amaranth import Array, Cat, Mux, Signal, Value

from golden.spec.fanout import FanOut
from rtl.router import SpikeRouter
from sim.formal.proof import Bench, Mutant, Proof

STARTS, TARGETS, TAG = (0, 0, 1, 3, 6), (2, 0, 1, 1, 0, 2), 2
"""Rows of no word, one, two and three."""
FIRST, LATER = 1, 2
"""Tags of an axon that is followed, and of one that enters later. The router never looks at tags, so these are any."""
LONGEST = 3
LEAVES, ENTERS = 7 + 5 * LONGEST, 1 + LONGEST
"""Cycles in which the exit does not wait, until all words of an axon have left: five rows at most are inside, its own
included. And until an axon that is offered is taken."""


def router() -> Bench:
    """Follow any axon through all places of the pipeline, and see that nobody overtakes it or comes between."""
    bench = Bench()
    design: Any = SpikeRouter(FanOut(1, STARTS, TARGETS), TAG)
    inner, m = bench.add(design, seen=("rows", "targets")), bench.m
    given, leaves = design.i, design.o
    takes, gives = given.valid & given.ready, leaves.valid & leaves.ready
    axon, entered, followed, count = Signal(2), Signal(), Signal(), Signal(range(4))
    tag = given.payload.tag
    bench.assume(~entered, when=takes & (tag == FIRST))
    bench.assume(entered & ~followed, when=takes & (tag == LATER))
    with m.If(takes & (tag == FIRST)):
        m.d.sync += [axon.eq(given.payload.axon), entered.eq(1)]
    with m.If(takes & (tag == LATER)):
        m.d.sync += followed.eq(1)
    word = leaves.payload
    with m.If(gives & (word.tag == FIRST)):
        m.d.sync += count.eq(count + 1)
    start, length = Signal(range(len(TARGETS))), Signal(range(4))
    m.d.comb += [
        length.eq(Array(end - begin for begin, end in itertools.pairwise(STARTS))[axon]),
        start.eq(Mux(length == 0, 0, Array(STARTS)[axon])),
    ]

    # What leaves: its words in their order, and no others between them.
    address = Signal(range(len(TARGETS)))
    m.d.comb += address.eq(start + count)
    ours = leaves.valid & (word.tag == FIRST)
    bench.claim((count < length) & (word.address == address) & (word.first == (count == 0)), when=ours)
    bench.claim(word.target == Array(TARGETS)[word.address], when=ours)
    bench.claim((count == 0) | (count == length), when=leaves.valid & ~ours)
    bench.claim(count == length, when=leaves.valid & (word.tag == LATER))
    bench.claim(~entered | (count == length), when=design.idle)
    bench.claim(bench.waits(leaves))

    # Where it is, for the induction: places from the exit to the entrance, with what is valid there and its tag.
    shape, exit_word = word.shape(), inner["exit.signal"]
    spare = shape(exit_word)
    late = given.payload.shape()(inner["entrance.signal"])
    early = given.payload.shape()(inner["entrance.o__payload"])
    (found,) = (port.data for port in inner["targets"].read_ports if port.domain != "comb")
    (looked,) = (port.data for port in inner["rows"].read_ports if port.domain != "comb")
    left, address_kept, first_kept = inner["signal_6"], inner["signal_11"], inner["found_first"]
    places = [
        (leaves.valid, word.tag),
        (inner["exit.spare_valid"], spare.tag),
        (inner["signal_10"], inner["found_tag"]),
        (left != 0, inner["signal_8"]),
        (inner["signal_2"], inner["signal_3"]),
        (inner["signal"], inner["looked_tag"]),
        (inner["entrance.o__valid"], early.tag),
        (inner["entrance.spare_valid"], late.tag),
    ]
    here = [valid & (mark == FIRST) for valid, mark in places]
    later = [valid & (mark == LATER) for valid, mark in places]
    waiting = sum(here[4:], start=Value.cast(0))
    for nearer in range(len(places)):
        bench.claim(~Cat(here[nearer + 1 :]).any(), when=later[nearer])
    bench.claim(~Cat(here).any(), when=~entered)
    bench.claim(~Cat(later).any(), when=~followed)
    bench.claim(entered, when=followed)
    bench.claim(count == 0, when=~entered)
    bench.claim(waiting <= 1)
    bench.claim((count == 0) & ~Cat(here[:4]).any(), when=waiting != 0)
    ahead = [count, count + here[0], count + here[0] + here[1], count + here[0] + here[1] + here[2]]
    total = ahead[3] + Mux(here[3], left, 0)
    bench.claim(total == length, when=entered & (waiting == 0))
    # Words at the exit and on the way there, and the row before it is walked.
    offsets = [Signal(range(len(TARGETS)), name=f"offset_{index}") for index in range(4)]
    m.d.comb += [offset.eq(start + before) for offset, before in zip(offsets, ahead, strict=True)]
    bench.claim((spare.address == offsets[1]) & (spare.first == (ahead[1] == 0)), when=here[1])
    bench.claim(spare.target == Array(TARGETS)[spare.address], when=here[1])
    bench.claim((address_kept == offsets[2]) & (first_kept == (ahead[2] == 0)), when=here[2])
    bench.claim(found == Array(TARGETS)[address_kept], when=here[2])
    bench.claim((inner["signal_5"] == offsets[3]) & (inner["signal_7"] == (ahead[3] == 0)), when=here[3])
    bench.claim(Cat(inner["row"]) == Cat(start, length), when=here[4])
    bench.claim(inner["row"][-2:] != 0, when=places[4][0])
    bench.claim(Cat(looked) == Cat(start, length), when=here[5])
    bench.claim(early.axon == axon, when=here[6])
    bench.claim(late.axon == axon, when=here[7])
    bench.claim(leaves.valid, when=inner["exit.spare_valid"])
    bench.claim(inner["entrance.o__valid"], when=inner["entrance.spare_valid"])
    # Nobody comes between: before all that is not ours stand none of our words, or all.
    for index in range(4):
        bench.claim((ahead[index] == 0) | (ahead[index] == length), when=places[index][0] & ~here[index])

    # It goes on, see below.
    spent, waits = Signal(8), leaves.valid & ~leaves.ready
    m.d.sync += spent.eq(Mux(entered & (count != length), spent + ~waits, 0))
    for index, distance in enumerate(_distances(inner)):
        bench.claim(spent + distance <= LEAVES, when=here[index])
    bench.claim(spent <= LEAVES)
    return bench


def progress() -> Bench:
    """Count the cycles until an axon is taken, and those until all have left when no further one enters."""
    bench = Bench()
    design: Any = SpikeRouter(FanOut(1, STARTS, TARGETS), TAG)
    inner, m = bench.add(design, seen=("rows",)), bench.m
    given, leaves = design.i, design.o
    waits = leaves.valid & ~leaves.ready
    alone, refused = Signal(8), Signal(8)
    m.d.sync += [
        alone.eq(Mux((given.valid & given.ready) | design.idle, 0, alone + ~waits)),
        refused.eq(Mux(given.valid & ~given.ready, refused + ~waits, 0)),
    ]
    valid = _valid(inner)
    for index, distance in enumerate(_distances(inner)):
        bench.claim(alone + distance <= LEAVES, when=valid[index])
    bench.claim(alone <= LEAVES)
    left = inner["signal_6"]
    held = Mux(valid[5] & valid[4], Mux(left == 0, 1, left) + valid[1], 1)
    bench.claim(refused + held <= ENTERS, when=inner["entrance.spare_valid"])
    bench.claim(refused <= ENTERS)
    bench.claim(inner["row"][-2:] != 0, when=valid[4])
    bench.claim(valid[0], when=valid[1])
    bench.claim(valid[6], when=valid[7])
    return bench


def _valid(inner: dict[str, Any]) -> list[Any]:
    """Whether there is something in each place, from the exit to the entrance."""
    names = ("exit.o__valid", "exit.spare_valid", "signal_10", "signal_6", "signal_2", "signal")
    return [*(inner[name].any() for name in names), inner["entrance.o__valid"], inner["entrance.spare_valid"]]


def _distances(inner: dict[str, Any]) -> list[Any]:
    """Cycles until all has left that is in a place, if the exit does not wait.

    In such a cycle a word moves on its way to the exit, or all that comes behind the walk does. Places to the exit and
    words before it, those of its own row included, so fall by one at least; they never rise.
    """
    valid = _valid(inner)
    (looked,) = (port.data for port in inner["rows"].read_ports if port.domain != "comb")
    found: list[Any] = [1, 2, 2 + valid[1], 2 + valid[1] + inner["signal_6"]]
    for place, words in zip(valid[4:], (inner["row"][-2:], looked.length, LONGEST, LONGEST), strict=True):
        found.append(found[-1] + Mux(place, words, 0) + 1)
    return found


_NEVER_DROPPED = "looked_moves.eq(~looked_valid | (row_moves & (rows_read.data.length != 0)))"
_FOLLOWED = "finishing.eq(((remaining == 0) & looked_valid) |"
_MUTANTS = (
    Mutant("a word is lost while the exit waits", "rtl.router", "step.eq(found_moves & (", "step.eq(("),
    Mutant("a row is written over while one is walked", "rtl.router", "eq(~row_valid | finishing)", "eq(1)"),
    Mutant("tags are those of the next row", "rtl.router", "tag.eq(row_tag)]", "tag.eq(looked_tag)]"),
)
PROOFS = (
    Proof(
        "router",
        "an axon becomes the words of its row, each once, in order, with its tag, none between; none is overtaken; "
        f"all have left after {LEAVES} cycles without a stall of the exit",
        router,
        2,
        _MUTANTS,
        further=14,
    ),
    Proof(
        "router.progress",
        f"an axon is taken after {ENTERS} cycles without a stall of the exit; idle after {LEAVES} if none follows",
        progress,
        2,
        (
            Mutant(
                "a row of no word is never dropped",
                "rtl.router",
                "looked_moves.eq(~looked_valid | row_moves)",
                _NEVER_DROPPED,
            ),
            Mutant("a row waits until another one follows", "rtl.router", "finishing.eq((remaining == 0) |", _FOLLOWED),
        ),
        further=26,
    ),
)
