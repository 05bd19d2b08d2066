"""Layers that are silent or run away: how often neurons fire, and who hears of it."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from golden.spec.config import Network
from golden.training.metrics import Report

_WATCHED = 4  # chunks over which activity is watched while an epoch learns
SILENT_RATE = 0.002  # spikes a neuron and step: at 16 steps, one spike in some 30 samples
RUNAWAY_RATE = 0.5  # every other step: recurrence drives itself


def firing_rates(network: Network, spikes: NDArray[np.int64], samples: int) -> tuple[float, ...]:
    """Spikes a neuron and step of each layer, from its ``spikes`` in so many samples, shape (K,)."""
    return tuple(float(total) / (samples * network.neurons * network.steps) for total in spikes)


def activity_warnings(rates: tuple[float, ...]) -> dict[int, str]:
    """Sentences on layers that are silent or run away, by layer."""
    sentences = {}
    for layer, rate in enumerate(rates):
        if rate < SILENT_RATE:
            sentences[layer] = f"layer {layer} is nearly silent ({rate:.2%} of steps); raise its initial amplitude"
        elif rate > RUNAWAY_RATE:
            sentences[layer] = (
                f"layer {layer} runs away ({rate:.0%} of steps); lower its amplitudes or homeostasis_decay"
            )
    return sentences


class Watch:
    """Tells of layers that are silent or run away, over the last chunks of an epoch (from 1), each layer once."""

    def __init__(self, network: Network, epoch: int, report: Report) -> None:
        self._network, self._epoch, self._report = network, epoch, report
        self._recent: deque[NDArray[np.int32]] = deque(maxlen=_WATCHED)
        self._told: set[int] = set()

    def learned(self, done: int, spikes: NDArray[np.int32]) -> None:
        """Take the spikes of a chunk, shape (n, K); ``done`` samples of the epoch are learned."""
        self._recent.append(spikes)
        if len(self._recent) == _WATCHED:
            recent = np.concatenate(self._recent)
            total = recent.sum(axis=0, dtype=np.int64)
            self.tell(done, activity_warnings(firing_rates(self._network, total, len(recent))))

    def tell(self, done: int, warnings: dict[int, str]) -> None:
        """Pass on the warnings of layers that were not named yet."""
        for layer in sorted(warnings.keys() - self._told):
            self._report.warned(f"epoch {self._epoch}, after {done:,} samples: {warnings[layer]}")
        self._told |= warnings.keys()
