"""The processor's control, cycle by cycle, and what every cycle of a sample waits for; no data.

The counterpart of rtl/processor.py with encoder, readout and teacher, see golden/cycles/projection.py and
golden/cycles/core.py. There are no stalls from outside, and words and labels are offered all the time.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from golden.cycles import core as cores_
from golden.cycles import projection
from golden.cycles.core import AWAIT_LESSON, BROADCAST, SETTLE, STREAM, SWEEP, SWEPT, TRACES
from golden.cycles.projection import Request, clocked
from golden.spec import pipeline
from golden.system.compilation import compiled_entry

STAGES = ("take", "input", "deliver", "settle", "traces", "tick", "readout", "sum", "broadcast", "sweep", "link_sweep")
_TAKE, _INPUT, _DELIVER, _SETTLE, _TRACES, _TICK, _READOUT, _SUM, _BROADCAST, _SWEEP, _LINK_SWEEP = range(len(STAGES))

_REST, _RUN, _PREDICT = range(3)
_COLLECT, _EMPTY, _SUMMING, _AWAIT_VERDICT, _LINKS = range(5)  # of the readout
_COMPARE, _LEAD, _JUDGE, _STAND, _VERDICT = range(5)  # of the teacher
_NO_SPIKE = -1_000_000

PROCESSOR = np.dtype(
    [
        (name, np.int64)
        for name in (
            *("state", "resting", "learned", "steps"),
            # Source of spikes: its sample and position.
            *("source_sample", "sending", "position", "stored", "cursor", "entry_valid", "entry", "source_step"),
            *("held_valid", "held"),
            # Buffer in front of the first core.
            *("feed_valid", "feed", "feed_spare_valid", "feed_spare"),
            # Readout and teacher.
            *("readout", "ended", "sum_left", "uncleared", "teacher", "verdict_taken"),
            # Merge in front of the readout.
            *("merge_valid", "merged", "merge_source", "merge_turn"),
        )
    ]
)


class Machine(NamedTuple):
    """Constants and state of the processor; records are structured arrays of golden.cycles.core and its siblings."""

    shape: cores_.Shape
    inputs: int
    levels: bool
    summing: int
    clearing: int  # cycles that the readout's accumulators are cleared beyond those of the sums
    first_heard: int  # first step that the readout listens to
    link_words: int  # register words of the readout's axons
    processor: NDArray[Any]  # (1,) PROCESSOR
    cores: NDArray[Any]  # (cores,) CORE
    projections: NDArray[Any]  # (cores + 1,) PROJECTION, the readout's last
    tables: projection.Tables
    lists: cores_.Lists
    queues: NDArray[np.int64]  # (cores, spikes that the memory of a queue holds)
    lessons: NDArray[np.uint8]  # (cores,): whether a core has taken its lesson
    taken: NDArray[np.uint8]  # (cores,): whether a core takes a spike from below in this cycle
    passed: NDArray[np.int64]  # (K,): steps of each layer that the readout has seen
    stored: NDArray[np.int32]  # (inputs,): axons that the encoder has stored


class Activities(NamedTuple):
    """Flags uint8 of all samples: what spikes, what is eligible, and whether the sample updated."""

    events: NDArray[np.uint8]  # (n, T, inputs)
    spikes: NDArray[np.uint8]  # (n, T, K, N)
    eligible: NDArray[np.uint8]  # (n, B, axons of all layers, then of the readout in bin 0)
    updated: NDArray[np.uint8]  # (n,)
    frozen: NDArray[np.int64]  # (n,): a bit for each layer, then for the readout


@clocked
def _offer(machine, state, events):  # type: ignore[no-untyped-def]
    """Spike that the source offers: its axon, -1 for the end of a step, or nothing."""
    sample, step = state.source_sample, state.source_step
    if sample == events.shape[0]:
        return _NO_SPIKE
    if machine.levels:
        if not state.sending:
            return _NO_SPIKE
        if state.held_valid:
            return state.held
        return -1 if state.cursor == state.stored and not state.entry_valid else _NO_SPIKE
    axon = state.position
    while axon < machine.inputs and not events[sample, step, axon]:
        axon += 1
    return axon if axon < machine.inputs else -1


@clocked
def _source(machine, state, events, offer, taken):  # type: ignore[no-untyped-def]
    """One clock edge of the source of spikes: the encoder of levels, or the stream of events itself."""
    if not machine.levels:
        if taken:
            state.position = offer + 1
            if offer < 0:
                _next_step(machine, state)
        return
    if not state.sending:
        sample = state.source_sample
        if sample == events.shape[0]:
            return
        if events[sample, 0, state.position]:  # every level above 0 spikes in step 0
            machine.stored[state.stored] = state.position
            state.stored += 1
        state.position += 1
        if state.position == machine.inputs:
            state.position, state.sending = 0, 1
        return
    if taken and offer < 0:
        state.cursor = state.entry_valid = 0
        _next_step(machine, state)
    elif not state.held_valid or taken:
        state.held_valid = 0
        if state.entry_valid:
            state.held = machine.stored[state.entry]
            state.held_valid = events[state.source_sample, state.source_step, state.held]
        state.entry_valid = state.cursor != state.stored
        if state.entry_valid:
            state.entry = state.cursor
            state.cursor += 1


@clocked
def _next_step(machine, state):  # type: ignore[no-untyped-def]
    state.source_step += 1
    if state.source_step == machine.shape.steps:
        state.source_step = state.stored = state.sending = 0
        state.source_sample += 1


@clocked
def _critical(machine, state, offer):  # type: ignore[no-untyped-def]
    """What the processor waits for in this cycle, see golden.cycles.model."""
    if state.state != _RUN:
        return _TAKE
    links = state.readout == _LINKS
    for index in range(machine.cores.shape[0]):
        core, p = machine.cores[index], machine.projections[index]
        if core.state == BROADCAST:
            return _BROADCAST
        if core.state == SWEEP or core.state == SWEPT:
            return _SWEEP
        if state.readout != _COLLECT or (core.state == AWAIT_LESSON and not core.running):
            continue
        if cores_.waits_for_tick(core):
            return _TICK
        if core.state == TRACES:
            return _TRACES
        if core.state == SETTLE and projection.walked(p):
            return _SETTLE
        if core.state == STREAM and index == 0 and offer == _NO_SPIKE and projection.idle(p):
            return _INPUT
        return _DELIVER
    if links:
        return _LINK_SWEEP
    return _READOUT if state.readout == _COLLECT or state.readout == _EMPTY else _SUM


@clocked
def _cycle(machine, state, events, spikes, eligible, learning, frozen, offer):  # type: ignore[no-untyped-def]  # noqa: C901
    """One clock edge of everything; returns whether a prediction was taken."""
    shape, share = machine.shape, machine.shape.share
    count = machine.cores.shape[0]
    links, queued = machine.projections[count], machine.queues.shape[1] != 0

    # Readout: what it takes from the merge.
    merged_last = state.merge_valid and state.merged < 0
    layer = axon = 0
    if state.merge_valid:
        local = -1 - state.merged if merged_last else state.merged // shape.neurons
        layer = state.merge_source * share + local
        axon = layer * shape.neurons + (0 if merged_last else state.merged % shape.neurons)
    heard = machine.passed[layer] >= machine.first_heard
    wanted = state.readout == _COLLECT and state.merge_valid and not merged_last and heard
    enters = wanted and projection.accepts(links, axon)
    merge_leaves = state.readout == _COLLECT and state.merge_valid and (merged_last or not heard or enters)
    merge_moves = not state.merge_valid or merge_leaves
    chosen = -1
    for distance in range(count):
        index = (state.merge_turn + distance) % count
        core = machine.cores[index]
        offers = core.queue_valid if queued else core.exit_valid and not core.heard
        if chosen < 0 and offers:
            chosen = index

    # Verdict and lessons.
    verdict = state.state == _RUN and state.teacher == _VERDICT and not state.learned
    links_lesson = verdict and not state.verdict_taken
    links_swept = state.readout == _LINKS and projection.swept(links, machine.link_words)
    links_judged = state.readout == _AWAIT_VERDICT and links_lesson and not links.clearing and state.uncleared == 0
    links_finish = links_swept or (links_judged and not (learning and not frozen >> machine.passed.shape[0] & 1))
    all_taken = verdict and (state.verdict_taken or links_finish)
    for index in range(count):
        core, p = machine.cores[index], machine.projections[index]
        lesson = verdict and not machine.lessons[index]
        done = cores_.finishes(shape, core, p, lesson, learning and _learns(shape, core, frozen))
        all_taken = all_taken and (machine.lessons[index] or done)

    # Buffer to the first core.
    gate = state.state == _RUN and state.steps != shape.steps
    fed = gate and offer != _NO_SPIKE and cores_.accepts(machine.cores[0], machine.projections[0], offer)
    resting = state.readout == _COLLECT and state.ended == 0 and projection.idle(links) and not state.merge_valid
    for index in range(count):
        resting = resting and cores_.resting(machine.cores[index], machine.projections[index])

    # Cores from the last to the first, so that each sees the one below as it was.
    merged_now, into_merge = 0, False
    for index in range(count - 1, -1, -1):
        core, p = machine.cores[index], machine.projections[index]
        arrives, spike = fed, offer
        if index:
            below = machine.cores[index - 1]
            top = _layer_of(shape, below.exit) == share - 1
            spike = -1 if below.exit < 0 else below.exit % shape.neurons
            arrives = below.exit_valid and not below.passed_on and top and cores_.accepts(core, p, spike)
        leaves, popped = False, merge_moves and chosen == index
        if popped:
            merged_now, into_merge = core.queued if queued else core.exit, True
        takes = _queue(core, machine.queues[index], popped) if queued else popped
        if core.exit_valid:
            core_heard = core.heard or takes
            core_passed = True
            if index < count - 1:
                core_passed = core.passed_on or _layer_of(shape, core.exit) != share - 1 or machine.taken[index + 1]
            leaves = core_heard and core_passed
            core.heard, core.passed_on = core_heard and not leaves, core_passed and not leaves
        machine.taken[index] = arrives
        lesson = verdict and not machine.lessons[index]
        done = cores_.finishes(shape, core, p, lesson, learning and _learns(shape, core, frozen))
        machine.lessons[index] = verdict and not all_taken and (machine.lessons[index] or done)
        cores_.clock(
            shape,
            core,
            p,
            machine.tables,
            machine.lists,
            spikes,
            eligible,
            arrives,
            spike,
            leaves,
            lesson,
            learning and _learns(shape, core, frozen),
            frozen >> core.first_layer,
        )

    # Readout, merge and teacher.
    links_idle = projection.idle(links)
    sweeping = state.readout == _LINKS
    request = Request(enters, axon, sweeping, False, 0, machine.link_words, 0, False, links_finish)
    projection.clock(links, machine.tables, eligible, request)
    if _LEAD <= state.teacher < _VERDICT:
        state.teacher += 1
    elif state.teacher == _VERDICT and state.learned:
        state.teacher = _COMPARE
    if merge_leaves and merged_last:
        machine.passed[layer] = (machine.passed[layer] + 1) % shape.steps
    if state.readout == _COLLECT:
        if merge_leaves and merged_last:
            state.ended += 1
            if state.ended == shape.steps * machine.passed.shape[0]:
                state.ended, state.readout = 0, _EMPTY
    elif state.readout == _EMPTY:
        if links_idle:
            state.readout, state.sum_left = _SUMMING, machine.summing
    elif state.readout == _SUMMING:
        state.sum_left -= 1
        if state.sum_left == 0:
            state.readout, state.teacher, state.uncleared = _AWAIT_VERDICT, _LEAD, machine.clearing
    elif links_finish:
        state.readout = _COLLECT
    elif links_judged:
        state.readout = _LINKS
    elif state.uncleared:
        state.uncleared -= 1
    state.verdict_taken = verdict and not all_taken and (state.verdict_taken or links_finish)
    if merge_moves:
        state.merge_valid = into_merge
        if into_merge:
            state.merged, state.merge_source, state.merge_turn = merged_now, chosen, (chosen + 1) % count

    # Source of spikes, and the buffer behind it.
    drawn = _offer(machine, state, events)
    enters_feed = drawn != _NO_SPIKE and not state.feed_spare_valid
    _source(machine, state, events, drawn, enters_feed)
    state.feed_valid, state.feed, state.feed_spare_valid, state.feed_spare = projection.buffered(
        state.feed_valid, state.feed, state.feed_spare_valid, state.feed_spare, enters_feed, drawn, fed
    )

    # Sequencer.
    predicted = state.state == _PREDICT
    if state.state == _REST:
        if state.resting:
            state.state, state.steps = _RUN, 0
    elif state.state == _RUN:
        if fed and offer < 0:
            state.steps += 1
        if state.learned:
            state.state = _PREDICT
    elif predicted:
        state.state = _REST
    state.resting, state.learned = resting, all_taken
    return predicted


@clocked
def _queue(core, entries, popped):  # type: ignore[no-untyped-def]
    """One clock edge of the queue to the readout; returns whether it has room for a spike."""
    depth, level = entries.shape[0], core.queue_level
    takes = level != depth
    moves = level != 0 and (popped or not core.queue_valid)
    if takes and core.exit_valid and not core.heard:
        entries[(core.queue_first + level) % depth] = core.exit
        core.queue_level += 1
    if moves:
        core.queued = entries[core.queue_first]
        core.queue_first = (core.queue_first + 1) % depth
        core.queue_level -= 1
    core.queue_valid = moves or (core.queue_valid and not popped)
    return takes


@clocked
def _learns(shape, core, frozen):  # type: ignore[no-untyped-def]
    """Whether any layer of a core learns."""
    layers = (1 << shape.share) - 1
    return frozen >> core.first_layer & layers != layers


@clocked
def _layer_of(shape, spike):  # type: ignore[no-untyped-def]
    return -1 - spike if spike < 0 else spike // shape.neurons


def compiled_files() -> list[Path]:
    """Files whose code or constants end up in the compiled entry: this room, and the latencies."""
    return [*Path(__file__).parent.glob("*.py"), Path(pipeline.__file__)]


def _entry(version: str) -> Callable[..., Any]:
    """Return :func:`run_cycles` of this version, see :mod:`golden.system.compilation`."""

    def run_cycles(machine, activities, patience, spent):  # type: ignore[no-untyped-def]
        """Count the cycles of every sample by what they wait for, int64 (n, stages).

        Returns False when a sample takes more than ``patience`` cycles: the model is stuck.
        """
        version  # noqa: B018 - named here, it becomes a free variable of this function
        state, events = machine.processor[0], activities.events
        for sample in range(spent.shape[0]):
            spikes, eligible = activities.spikes[sample], activities.eligible[sample]
            learning, frozen = activities.updated[sample] != 0, activities.frozen[sample]
            for _ in range(patience):
                offer = state.feed if state.feed_valid else _NO_SPIKE
                spent[sample, _critical(machine, state, offer)] += 1
                if _cycle(machine, state, events, spikes, eligible, learning, frozen, offer):
                    break
            else:
                return False
        return True

    return run_cycles


run_cycles = compiled_entry(_entry, compiled_files(), error_model="numpy")
