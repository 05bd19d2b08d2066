"""Plans, and whole cases, drawn by Hypothesis."""

from __future__ import annotations

from typing import get_args

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from golden.spec.generator import WORD
from golden.spec.training import SHIFT_LIMIT
from sim.crosscheck.case import Case, Draws, Lessons, Plan, Start, Stimulus, Values
from sim.crosscheck.networks import LARGE, Size, presets

_SAMPLES = 4  # of a lesson, at most


def _seeds() -> SearchStrategy[int]:
    return st.integers(0, WORD)


def _shifts() -> SearchStrategy[int]:
    return st.one_of(st.integers(1, SHIFT_LIMIT), st.sampled_from([1, SHIFT_LIMIT]))


def starts() -> SearchStrategy[Start]:
    """States to start from: as initialised, at the ends of their ranges, anything, or trained a little from there."""
    values, draws = st.sampled_from(get_args(Values)), st.sampled_from(get_args(Draws))
    return st.builds(
        Start,
        weights=values,
        thresholds=values,
        links=values,
        generators=draws,
        prototypes=values,
        trained=st.one_of(st.just(0), st.integers(0, 20)),
        seed=_seeds(),
    )


def lessons() -> SearchStrategy[Lessons]:
    """Samples in a row, learned or not."""
    return st.builds(
        Lessons,
        stimulus=st.sampled_from(get_args(Stimulus)),
        samples=st.integers(1, _SAMPLES),
        learn=st.sampled_from([True, True, True, False]),
        layer_shift=_shifts(),
        readout_shift=_shifts(),
        seed=_seeds(),
    )


@st.composite
def cases(draw: DrawFn, size: Size = LARGE) -> Case:
    """Networks, hardware, states and lessons."""
    taught = tuple(draw(st.lists(lessons(), min_size=1, max_size=3)))
    return Case(draw(presets(size)), Plan(draw(starts()), taught, draw(st.one_of(st.just(0), _seeds()))))
