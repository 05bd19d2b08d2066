"""Augmentation on the host: small changes of training samples, the same wherever a run is repeated."""

from __future__ import annotations

import math

import numpy as np

from golden.data.draws import Draws
from golden.data.images import Levels
from golden.spec.errors import UserError
from golden.spec.generator import Purpose

_LATEST = 3  # steps of a time shift


def augmented(samples: Levels, augmentation: str, seed: int, epoch: int) -> Levels:
    """Return the samples of an epoch, in the order in which they are learned, changed one by one.

    The sample at position p draws from ``Generator(seed + 65536 * epoch, 7 + 256 * p)``, so that the first samples of
    an epoch are the same however many follow.

    Parameters
    ----------
    samples
        Levels of square images, shape (n, inputs), or events, shape (n, steps, inputs).
    augmentation
        ``none``; for images ``shift``: by ``below(3) - 1`` pixels to the right, then down, zeros coming in, and
        ``flip``: mirrored left to right when ``below(2)`` is 1; for events ``time-shift``: by ``below(7) - 3`` steps
        later, silence coming in.
    seed, epoch
        Seed of the network; epochs count from 0.

    Raises
    ------
    UserError
        If the samples are not square images, or not events.
    """
    if augmentation == "none":
        return samples
    purposes = Purpose.AUGMENTATION + 256 * np.arange(len(samples))
    draws = Draws(np.array([seed + 65536 * epoch]), purposes)
    if augmentation == "time-shift":
        return _shifted_in_time(samples, draws)
    side = math.isqrt(samples.shape[-1])
    if samples.ndim != 2 or side**2 != samples.shape[1]:
        raise UserError(f"augmentation {augmentation!r} needs square images, not samples of shape {samples.shape[1:]}")
    images = samples.reshape(len(samples), side, side)
    changed = np.zeros_like(images)
    if augmentation == "flip":
        mirrored = draws.below(2) == 1
        changed[:] = np.where(mirrored[:, None, None], images[:, :, ::-1], images)
    else:
        right, down = draws.below(3) - 1, draws.below(3) - 1
        for x in (-1, 0, 1):
            for y in (-1, 0, 1):
                chosen = np.flatnonzero((right == x) & (down == y))
                target_rows, source_rows = _overlap(y, side)
                target_columns, source_columns = _overlap(x, side)
                block = images[chosen, source_rows, source_columns]
                changed[chosen, target_rows, target_columns] = block
    return changed.reshape(samples.shape)


def _shifted_in_time(events: Levels, draws: Draws) -> Levels:
    if events.ndim != 3:
        raise UserError(f"augmentation 'time-shift' needs events, not samples of shape {events.shape[1:]}")
    changed = np.zeros_like(events)
    later = draws.below(2 * _LATEST + 1) - _LATEST
    for steps in range(-_LATEST, _LATEST + 1):
        chosen = np.flatnonzero(later == steps)
        target, source = _overlap(steps, events.shape[1])
        changed[chosen, target] = events[chosen, source]
    return changed


def _overlap(shift: int, side: int) -> tuple[slice, slice]:
    """Where a row, a column or a step out of ``side`` lands after a shift, and where it comes from."""
    return slice(max(0, shift), side + min(0, shift)), slice(max(0, -shift), side + min(0, -shift))
