"""Plans, and whole cases, drawn by Hypothesis."""

from __future__ import annotations

from typing import get_args

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from golden.spec.generator import WORD
from golden.spec.training import SHIFT_LIMIT
from sim.crosscheck.case import Case, Draws, Lessons, Plan, Start, Stimulus, Values
from sim.crosscheck.networks import FREE, LARGE, Aim, Size, aims, presets

_SAMPLES = 4  # of a lesson, at most


def _seeds() -> SearchStrategy[int]:
    return st.integers(0, WORD)


def _shifts() -> SearchStrategy[int]:
    return st.one_of(st.integers(1, SHIFT_LIMIT), st.sampled_from([1, SHIFT_LIMIT]))


def starts(aim: Aim = FREE) -> SearchStrategy[Start]:
    """States to start from: as initialised, at the ends of their ranges, anything, or trained a little from there.

    Where products are to be wide, potentials stay small and thresholds low, so that neurons are in their windows
    throughout; where a queue is to be full, neurons spike whenever they can.
    """
    values, draws = st.sampled_from(get_args(Values)), st.sampled_from(get_args(Draws))
    weights: Values = "initial" if aim.products else "high"
    return st.builds(
        Start,
        weights=st.just(weights) if aim.products or aim.queue else values,
        thresholds=st.just("low") if aim.products or aim.queue else values,
        links=values,
        generators=draws,
        prototypes=values,
        trained=st.just(0) if aim.products or aim.queue else st.one_of(st.just(0), st.integers(0, 20)),
        seed=_seeds(),
    )


def lessons(aim: Aim = FREE) -> SearchStrategy[Lessons]:
    """Samples in a row, learned or not."""
    stimuli: tuple[Stimulus, ...] = ("full", "dense") if aim.products or aim.queue else get_args(Stimulus)
    return st.builds(
        Lessons,
        stimulus=st.sampled_from(stimuli),
        samples=st.integers(1, _SAMPLES),
        learn=st.just(True) if aim.products else st.sampled_from([True, True, True, False]),
        layer_shift=_shifts(),
        readout_shift=_shifts(),
        seed=_seeds(),
    )


@st.composite
def cases(draw: DrawFn, size: Size = LARGE, aim: Aim | None = None) -> Case:
    """Networks, hardware, states and lessons; without an aim, some are steered to one."""
    aim = draw(aims(size)) if aim is None else aim
    # What comes after the first lesson is free again.
    taught = (draw(lessons(aim)), *draw(st.lists(lessons(), max_size=2)))
    return Case(draw(presets(size, aim)), Plan(draw(starts(aim)), taught, draw(st.one_of(st.just(0), _seeds()))))
