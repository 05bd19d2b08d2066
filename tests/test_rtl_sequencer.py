"""The order of a sample, cycle by cycle: label, steps, verdict, lesson, prediction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from amaranth import ResetInserter, Signal
from amaranth.sim import Simulator

from golden.spec.presets import preset_named
from rtl.sequencer import SampleSequencer

NETWORK = preset_named("tiny").network


def run(script: Callable[[SampleSequencer, Any], Awaitable[None]]) -> None:
    sequencer, reset = SampleSequencer(NETWORK), Signal()

    async def bench(context: Any) -> None:
        await script(sequencer, context)
        context.set(reset, 1)  # whatever is under way, the same holds afterwards
        for member in ("resting", "step_enters", "claimed"):
            context.set(getattr(sequencer, member), 0)
        for stream in (sequencer.i_label.valid, sequencer.o_lesson.ready, sequencer.o_prediction.ready):
            context.set(stream, 0)
        await context.tick()
        context.set(reset, 0)
        await script(sequencer, context)

    simulator = Simulator(ResetInserter(reset)(sequencer))
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()


async def begin(sequencer: SampleSequencer, context: Any, label: int, learn: int) -> None:
    """Offer a label to a processor at rest; it is taken at once."""
    context.set(sequencer.resting, 1)
    context.set(sequencer.i_label.payload.label, label)
    context.set(sequencer.i_label.payload.learn, learn)
    context.set(sequencer.i_label.valid, 1)
    assert context.get(sequencer.i_label.ready) and context.get(sequencer.idle)
    await context.tick()
    context.set(sequencer.i_label.valid, 0)
    context.set(sequencer.i_label.payload.label, 0)
    context.set(sequencer.i_label.payload.learn, 0)
    assert (context.get(sequencer.label), context.get(sequencer.learn)) == (label, learn)
    assert context.get(sequencer.running) and not context.get(sequencer.idle)


def test_a_sample_begins_when_all_rest_and_the_host_claims_nothing() -> None:
    async def script(sequencer: SampleSequencer, context: Any) -> None:
        assert not context.get(sequencer.idle)
        for resting, claimed in ((0, 0), (1, 1), (0, 1)):
            context.set(sequencer.resting, resting)
            context.set(sequencer.claimed, claimed)
            context.set(sequencer.i_label.valid, 1)
            assert context.get(sequencer.idle) == resting
            assert not context.get(sequencer.i_label.ready)
            await context.tick()
            assert not context.get(sequencer.running)
        context.set(sequencer.claimed, 0)
        context.set(sequencer.i_label.valid, 0)
        context.set(sequencer.resting, 1)
        assert not context.get(sequencer.i_label.ready)
        await context.tick()
        assert context.get(sequencer.idle)
        await begin(sequencer, context, 7, 1)

    run(script)


def test_as_many_steps_enter_as_there_are() -> None:
    async def script(sequencer: SampleSequencer, context: Any) -> None:
        for _ in range(2):
            assert not context.get(sequencer.open)
            await begin(sequencer, context, 3, 0)
            for _ in range(NETWORK.steps):
                assert context.get(sequencer.open)
                await context.tick()
                assert context.get(sequencer.open)
                context.set(sequencer.step_enters, 1)
                await context.tick()
                context.set(sequencer.step_enters, 0)
            assert not context.get(sequencer.open) and context.get(sequencer.running)
            context.set(sequencer.i_verdict.valid, 1)
            context.set(sequencer.o_lesson.ready, 1)
            await context.tick()
            context.set(sequencer.i_verdict.valid, 0)
            context.set(sequencer.o_prediction.ready, 1)
            await context.tick().repeat(2)
            assert context.get(sequencer.idle)

    run(script)


def test_the_verdict_is_taken_after_the_lesson_and_the_prediction_holds() -> None:
    async def script(sequencer: SampleSequencer, context: Any) -> None:
        await begin(sequencer, context, 5, 1)
        verdict, prediction = sequencer.i_verdict, sequencer.o_prediction
        context.set(sequencer.o_lesson.ready, 1)  # while there is no verdict it means nothing
        await context.tick()
        context.set(sequencer.o_lesson.ready, 0)
        assert not context.get(sequencer.o_lesson.valid) and not context.get(verdict.ready)
        await context.tick()
        assert not context.get(verdict.ready)
        context.set(verdict.payload.winner, 6)
        context.set(verdict.payload.update, 1)
        context.set(verdict.valid, 1)
        for _ in range(3):  # it waits for all who learn
            assert context.get(sequencer.o_lesson.valid) and not context.get(verdict.ready)
            assert context.get(sequencer.o_lesson.payload.winner) == 6
            assert context.get(sequencer.o_lesson.payload.update) == 1
            await context.tick()
        context.set(sequencer.o_lesson.ready, 1)
        await context.tick()
        # Taken once, then the verdict goes.
        assert not context.get(sequencer.o_lesson.valid) and context.get(verdict.ready)
        assert context.get(sequencer.running) and not context.get(prediction.valid)
        await context.tick()
        context.set(verdict.valid, 0)
        context.set(verdict.payload.winner, 0)
        context.set(verdict.payload.update, 0)
        for _ in range(3):
            assert context.get(prediction.valid) and not context.get(sequencer.running)
            assert (context.get(prediction.payload.winner), context.get(prediction.payload.updated)) == (6, 1)
            assert not context.get(sequencer.idle) and not context.get(sequencer.i_label.ready)
            assert not context.get(verdict.ready)
            await context.tick()
        context.set(prediction.ready, 1)
        await context.tick()
        context.set(prediction.ready, 0)
        assert not context.get(prediction.valid) and context.get(sequencer.idle)
        await begin(sequencer, context, 2, 0)
        assert not context.get(verdict.ready) and not context.get(sequencer.o_lesson.valid)

    run(script)
