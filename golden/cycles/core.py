"""Control of a core, cycle by cycle: its sequencer, its tick and its spike lists; no data.

The counterpart of rtl/core.py, rtl/population.py and rtl/lists.py, see golden/cycles/projection.py. A spike on its way
is the number ``layer * neurons + neuron``, the end of a layer's step ``-1 - layer``, layers counted in the core.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from golden.cycles import projection
from golden.cycles.projection import Request, clocked
from golden.spec import pipeline

STREAM, OWN_SPIKES, LAYER_BELOW, SETTLE, TRACES, TICK, AWAIT_LESSON, BROADCAST, SWEEP, SWEPT = range(10)

CORE = np.dtype(
    [
        (name, np.int64)
        for name in (
            "first_layer",
            # Sequencer.
            *("state", "step", "layer", "tick_step", "tick_layer", "lesson_bin", "broadcast_left"),
            # Tick: words issued, drained words, drains under way, words left in the drained one.
            *("running", "word", "drained", "asked", "left"),
            # Its stages, words and spikes on the way out.
            *("issued", "reached", "waiting", "neuron", "spare", "spare_neuron"),
            # Exit buffer, and which readers have taken its spike.
            *("exit_valid", "exit", "exit_spare_valid", "exit_spare", "heard", "passed_on"),
            # Queue to the readout: spikes in its memory from the first on, and the one in front of it.
            *("queue_level", "queue_first", "queue_valid", "queued"),
            # Replay of a list: what its memory has read, and the spike behind it.
            *("list_cursor", "list_read_valid", "list_read", "list_valid", "list_neuron"),
        )
    ]
)


OWN, BELOW = range(2)  # for whom a list is: its own layer, the layer above


class Lists(NamedTuple):
    """Latest spikes of each layer, for its own and for the layer above.

    ``neurons`` int32 (2, K, N), of which ``counts`` int64 (2, K) are there; ``wanted`` uint8 (2, K, N).
    """

    neurons: NDArray[np.int32]
    counts: NDArray[np.int64]
    wanted: NDArray[np.uint8]


class Shape(NamedTuple):
    """Constants of all cores."""

    share: int  # layers of a core
    neurons: int
    forward: NDArray[np.int32]  # (K,): axons from below of a layer
    bases: NDArray[np.int32]  # (K,): first axon of a layer in its core
    firsts: NDArray[np.int32]  # (K,): first register word of a layer in its core
    ends: NDArray[np.int32]  # (K,): one past its last
    swept_ends: NDArray[np.int32]  # (K,): one past the last that a sweep visits
    steps: int
    bins: int
    traced: bool
    recurrent: bool
    tick_lanes: int
    columns: int  # words of accumulators of a layer
    words: int  # words of neurons of a layer


@clocked
def accepts(core, p, axon):  # type: ignore[no-untyped-def]
    """Whether a spike (or, below 0, the end of a step) from below is taken."""
    return core.state == STREAM and (axon < 0 or projection.accepts(p, axon))


@clocked
def finishes(shape, core, p, lesson, learning):  # type: ignore[no-untyped-def]
    """Whether the lesson is taken in this cycle."""
    if core.state == AWAIT_LESSON:
        return lesson and not learning and not core.running and not p.clearing
    return core.state == SWEPT and core.layer == shape.share - 1 and core.lesson_bin == shape.bins - 1


@clocked
def resting(core, p):  # type: ignore[no-untyped-def]
    """Whether the core is between two samples."""
    return core.state == STREAM and core.step == 0 and projection.idle(p)


@clocked
def waits_for_tick(core):  # type: ignore[no-untyped-def]
    """Whether a list is wanted that the tick under way still fills, or the tick itself."""
    if core.state == OWN_SPIKES:
        return core.running and core.tick_layer == core.layer
    if core.state == LAYER_BELOW:
        return core.running and core.tick_layer == core.layer - 1
    return core.state == TICK or (core.state == AWAIT_LESSON and core.running)


@clocked
def clock(shape, core, p, tables, lists, spikes, eligible, arrives, axon, leaves, lesson, learning, frozen):  # type: ignore[no-untyped-def]
    """One clock edge.

    ``spikes`` (T, K, N) and ``eligible`` (B, axons) are flags of the sample; ``arrives`` with ``axon`` is taken from
    below (below 0: the end of the step); ``leaves``: the readers are done with the exit; ``lesson`` is offered;
    ``frozen``: a bit for each layer of the core, whose sweep is left out.
    """
    first = core.first_layer
    state, layer = core.state, core.layer
    turn = finishes(shape, core, p, lesson, learning)
    start = state == TICK and not core.running and not core.exit_valid

    delivers, delivered = arrives and axon >= 0, axon
    listed = False
    if state in (OWN_SPIKES, LAYER_BELOW) and not waits_for_tick(core):
        delivers, delivered, listed = _replay(shape, core, p, lists)

    # What the sequencer sees before the edge.
    first_word, end = shape.firsts[first + layer], shape.ends[first + layer]
    sweeps = state == SWEEP and not frozen >> layer & 1
    if state == SWEEP:
        end = shape.swept_ends[first + layer]
    at_rest = projection.idle(p)
    settled = state == TRACES and projection.scanned(p, end)
    swept = state == SWEEP and (not sweeps or projection.swept(p, end))
    begins = state == AWAIT_LESSON and lesson and learning and not core.running and not p.clearing

    used_up = core.left == 0 or (core.left == 1 and not core.spare)
    drain = core.running and not core.asked and core.drained != shape.columns and used_up
    request = Request(delivers, delivered, sweeps, state == TRACES, first_word, end, core.lesson_bin, drain, turn)
    projection.clock(p, tables, eligible, request)
    if state == AWAIT_LESSON and (turn or begins):
        lists.counts[:, first : first + shape.share] = 0
    if start:
        lists.counts[:, first + layer] = 0
    _tick(shape, core, lists, spikes, drain, start, leaves)

    ends = arrives and axon < 0
    _sequence(shape, core, ends, listed, at_rest, settled, start, begins, turn, swept)


@clocked
def _replay(shape, core, p, lists):  # type: ignore[no-untyped-def]
    """Send the list that is wanted; return whether an axon is delivered, which one, and whether all are."""
    own = core.state == OWN_SPIKES
    layer = core.first_layer + core.layer
    reader, source = (OWN, layer) if own else (BELOW, layer - 1)
    count = lists.counts[reader, source]
    listed = core.list_cursor == count and not core.list_read_valid and not core.list_valid
    axon = core.list_neuron + shape.bases[layer] + (shape.forward[layer] if own else 0)
    delivers = core.list_valid and projection.accepts(p, axon)
    moves = not core.list_valid or delivers
    if moves:
        core.list_valid, core.list_neuron = core.list_read_valid, core.list_read
    if moves or not core.list_read_valid:
        core.list_read_valid = core.list_cursor != count
        if core.list_read_valid:
            core.list_read = lists.neurons[reader, source, core.list_cursor]
            core.list_cursor += 1
    if listed:
        core.list_cursor = 0
    return delivers, axon, listed


@clocked
def _sequence(shape, core, ends, listed, at_rest, settled, start, begins, turn, swept):  # type: ignore[no-untyped-def]  # noqa: C901
    """The state machine of the core; ``ends``: the step from below has ended."""
    state, layer = core.state, core.layer
    last_layer = layer == shape.share - 1
    if state == STREAM:
        if ends:
            core.state = OWN_SPIKES if shape.recurrent else SETTLE
    elif state == OWN_SPIKES:
        if listed:
            core.state = LAYER_BELOW if layer else SETTLE
    elif state == LAYER_BELOW:
        if listed:
            core.state = SETTLE
    elif state == SETTLE:
        if at_rest:
            core.state = TRACES if shape.traced else TICK
    elif state == TRACES:
        if settled:
            core.state = TICK
    elif state == TICK:
        if start:
            core.tick_step, core.tick_layer = core.step, layer
            if not last_layer:
                core.layer += 1
                core.state = OWN_SPIKES if shape.recurrent else LAYER_BELOW
            else:
                core.layer = 0
                core.step += 1
                core.state = STREAM
                if core.step == shape.steps:
                    core.step = 0
                    core.state = AWAIT_LESSON
    elif state == AWAIT_LESSON:
        if begins:
            core.state, core.broadcast_left = BROADCAST, shape.share * shape.words + pipeline.BROADCAST
        elif turn:
            core.state = STREAM
    elif state == BROADCAST:
        core.broadcast_left -= 1
        if core.broadcast_left == 0:
            core.state = SWEEP
    elif state == SWEEP:
        if swept:
            core.state = SWEPT
    elif state == SWEPT:
        core.state = SWEEP
        if not last_layer:
            core.layer += 1
        else:
            core.layer = 0
            if core.lesson_bin != shape.bins - 1:
                core.lesson_bin += 1
                core.state, core.broadcast_left = BROADCAST, shape.share * shape.words + pipeline.BROADCAST
            else:
                core.lesson_bin = 0
                core.state = STREAM


@clocked
def _tick(shape, core, lists, spikes, drain, start, leaves):  # type: ignore[no-untyped-def]  # noqa: C901
    """The tick, the recording of its spikes and the exit buffer."""
    layer = core.first_layer + core.tick_layer
    finished = core.running and core.word == shape.words and not core.waiting and not core.issued
    ready = not core.exit_spare_valid
    neuron = core.neuron
    if core.waiting:
        while not spikes[core.tick_step, layer, neuron]:
            neuron += 1
    taken = core.waiting != 0 and ready
    sends = ready and (core.waiting != 0 or finished)
    sent = -1 - core.tick_layer if finished else core.tick_layer * shape.neurons + neuron
    rest = core.waiting - (1 if taken else 0)
    advance = not core.spare
    at_exit = core.issued >> pipeline.TICK - 1 & 1
    found = 0
    if at_exit and advance:
        for lane in range(shape.tick_lanes):
            found += spikes[core.tick_step, layer, core.reached * shape.tick_lanes + lane]
    issue = core.left != 0 and advance

    if taken:
        for reader in (OWN, BELOW):
            if lists.wanted[reader, layer, neuron]:
                lists.neurons[reader, layer, lists.counts[reader, layer]] = neuron
                lists.counts[reader, layer] += 1
        core.neuron = neuron + 1
    core.waiting = rest
    if rest == 0 and core.spare:
        core.waiting, core.neuron, core.spare = core.spare, core.spare_neuron, 0
    elif rest == 0 and found:
        core.waiting, core.neuron = found, core.reached * shape.tick_lanes
    elif found:
        core.spare, core.spare_neuron = found, core.reached * shape.tick_lanes
    if core.asked >> pipeline.DRAIN - 1:
        core.left = shape.words // shape.columns
    elif issue:
        core.left -= 1
    core.asked = (core.asked << 1 | (1 if drain else 0)) & (1 << pipeline.DRAIN) - 1
    if drain:
        core.drained += 1
    if advance:
        core.issued = (core.issued << 1 | (1 if issue else 0)) & (1 << pipeline.TICK) - 1
        core.reached += at_exit
    if start:
        core.running, core.word, core.reached = 1, 0, 0
    elif issue:
        core.word += 1
    if finished and ready:
        core.running = core.drained = 0

    core.exit_valid, core.exit, core.exit_spare_valid, core.exit_spare = projection.buffered(
        core.exit_valid, core.exit, core.exit_spare_valid, core.exit_spare, sends, sent, leaves
    )
