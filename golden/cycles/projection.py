"""Control of a projection, cycle by cycle: router, eligibility registers and the issue of words; no data.

What rtl/projection.py, rtl/router.py and rtl/eligibility.py hold in flags, counters and addresses is a field of a
record here. A function that asks reads the record as it is before the clock edge; :func:`clock` is the edge.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from golden.spec import pipeline

# Into one function: passing tuples of arrays on costs more than what is done with them.
clocked: Any = njit(nogil=True, error_model="numpy", forceinline=True)

_ALL, _LAST = (1 << pipeline.WORD) - 1, 1 << pipeline.WORD - 1  # stages behind the router, after the issue

PROJECTION = np.dtype(
    [
        (name, np.int64)
        for name in (
            # Constants: where its tables begin, and its shape.
            *("first_row", "first_word", "first_axon", "share", "words", "bins", "single_port", "traced"),
            "forwards",
            # Router: entrance buffer, row lookup, walk, target lookup, exit buffer.
            *("entrance_valid", "entrance_axon", "spare_valid", "spare_axon", "looked_valid", "looked_axon"),
            *("row_valid", "row_axon", "remaining", "address", "found_valid", "found_address"),
            *("word_valid", "word_target", "next_valid", "next_target"),
            # Pipeline: a drain in front, a bit a stage, and the accumulators that a word may wait for.
            *("drain", "issued", "place_1", "place_2"),
            # Eligibility registers: stages, scan, offers of the held word, clearing of the other bank.
            *("read_valid", "read_word", "held_valid", "held_word", "started", "scan", "offered", "offer"),
            *("clearing", "cursor"),
        )
    ]
)


class Tables(NamedTuple):
    """Fan-out tables of all projections, one after the other: int32 words."""

    starts: NDArray[np.int32]
    lengths: NDArray[np.int32]
    targets: NDArray[np.int32]


class Request(NamedTuple):
    """What the user of a projection asks for in a cycle.

    ``arrives`` with ``axon`` enters delivery; ``sweep`` or ``settle`` scans the words ``first`` .. ``end - 1`` of the
    registers, the sweep in ``bin``; ``drain`` takes the place of a word; ``turn`` ends the sample.
    """

    arrives: bool
    axon: int
    sweep: bool
    settle: bool
    first: int
    end: int
    bin: int
    drain: bool
    turn: bool


@clocked
def buffered(valid, held, spare_valid, spare, arrives, payload, leaves):  # type: ignore[no-untyped-def]
    """One clock edge of rtl.streams.Buffer; return its four fields. ``arrives`` only while nothing is spare."""
    if not valid or leaves:
        return int(spare_valid or arrives), spare if spare_valid else payload, 0, spare
    if arrives:
        return valid, held, 1, payload
    return valid, held, spare_valid, spare


@clocked
def accepts(p, axon):  # type: ignore[no-untyped-def]
    """Whether an axon can enter delivery, while nothing scans."""
    word = axon >> p.share
    busy = (p.read_valid and p.read_word == word) or (p.held_valid and p.held_word == word)
    return not busy and not p.spare_valid


@clocked
def walked(p):  # type: ignore[no-untyped-def]
    """Whether no word is in the router or on its way there."""
    inside = p.entrance_valid or p.looked_valid or p.row_valid or p.remaining or p.found_valid or p.word_valid
    return not inside


@clocked
def idle(p):  # type: ignore[no-untyped-def]
    """Whether no axon is under way."""
    return walked(p) and not p.issued and not p.read_valid and not p.held_valid


@clocked
def scanned(p, end):  # type: ignore[no-untyped-def]
    """Whether a scan has come to its end."""
    return p.started and p.scan == end and not p.read_valid and not p.held_valid


@clocked
def swept(p, end):  # type: ignore[no-untyped-def]
    """Whether a sweep and all its writes are done."""
    return scanned(p, end) and walked(p) and not p.issued


@clocked
def clock(p, tables, eligible, request):  # type: ignore[no-untyped-def]
    """One clock edge. ``eligible`` are the flags (bins, axons) of the sample: its factor is not zero."""
    offering = request.sweep and p.held_valid and p.offered > 0
    taken = offering and not p.spare_valid
    axon = p.offer
    if offering:
        while not eligible[request.bin, p.first_axon + axon]:
            axon += 1
    counting = p.held_valid and not request.sweep and (request.settle or not p.traced)
    if request.sweep:
        _route(p, tables, request, taken, axon)
    else:
        _route(p, tables, request, request.arrives, request.axon)

    if p.clearing and not counting:
        p.cursor += 1
        if p.cursor == p.bins * p.words:
            p.cursor = p.clearing = 0
    if request.turn:
        p.clearing = 1

    moves = not offering or (taken and p.offered == 1)
    if taken:
        p.offered -= 1
        p.offer = axon + 1
    _scan(p, eligible, request, moves)


@clocked
def _scan(p, eligible, request, moves):  # type: ignore[no-untyped-def]
    """Stages of the eligibility registers, which move unless an offer waits."""
    if request.sweep or request.settle:
        issue, word = p.started and moves and p.scan != request.end, p.scan
        if not p.started:
            p.scan, p.started = request.first, 1
        elif issue:
            p.scan += 1
    else:
        issue, word = request.arrives, request.axon >> p.share
        p.started = 0
    if moves:
        p.held_valid, p.held_word = p.read_valid, p.read_word
        if request.sweep and p.held_valid:
            p.offer = p.held_word << p.share
            p.offered = 0
            for lane in range(1 << p.share):
                p.offered += eligible[request.bin, p.first_axon + p.offer + lane]
        p.read_valid, p.read_word = issue, word


@clocked
def _route(p, tables, request, arrives, axon):  # type: ignore[no-untyped-def]
    """Router and pipeline; from the exit to the entrance, so that every stage sees the one before as it was."""
    if request.sweep:
        ready = not (p.single_port and p.issued & _LAST)
    else:
        conflict = (p.issued & 1 and p.place_1 == p.word_target) or (p.issued & 2 and p.place_2 == p.word_target)
        ready = (p.forwards or not conflict) and not p.drain
    issue = p.word_valid and ready
    found_moves = not p.found_valid or not p.next_valid
    step = found_moves and p.remaining != 0
    finishing = p.remaining == 0 or (p.remaining == 1 and step)
    row_moves = not p.row_valid or finishing
    looked_moves = not p.looked_valid or row_moves

    p.place_2, p.place_1 = p.place_1, p.word_target
    p.issued = (p.issued << 1 | (1 if issue else 0)) & _ALL
    p.drain = request.drain
    leaves, found_target = p.found_valid and not p.next_valid, 0
    if p.found_valid:
        found_target = tables.targets[p.first_word + p.found_address]
    p.word_valid, p.word_target, p.next_valid, p.next_target = buffered(
        p.word_valid, p.word_target, p.next_valid, p.next_target, leaves, found_target, ready
    )
    if found_moves:
        p.found_valid, p.found_address = p.remaining != 0, p.address
    if finishing and p.row_valid:
        p.address = tables.starts[p.first_row + p.row_axon]
        p.remaining = tables.lengths[p.first_row + p.row_axon]
    elif step:
        p.address += 1
        p.remaining -= 1
    if row_moves:
        p.row_valid = p.looked_valid and tables.lengths[p.first_row + p.looked_axon] != 0
        p.row_axon = p.looked_axon
    if looked_moves:
        p.looked_valid, p.looked_axon = p.entrance_valid, p.entrance_axon
    p.entrance_valid, p.entrance_axon, p.spare_valid, p.spare_axon = buffered(
        p.entrance_valid, p.entrance_axon, p.spare_valid, p.spare_axon, arrives, axon, looked_moves
    )
