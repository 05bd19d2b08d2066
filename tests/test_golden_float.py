"""A floating-point model, written independently, that bounds the integers.

The float model has real-valued leak and threshold, no shifts, and the expectation of the update instead of a draw.

**Potential.** With f(t) in [0, 1) the fraction that the floor of the leak drops, the integer potential follows
``u = v (1 - 2^-L) + f + I`` and the float one ``u' = v' (1 - 2^-L) + I``. The error e = v - v' therefore obeys
``e(t) = (1 - 2^-L) e(t-1) + f(t)``, which stays in ``0 <= e < 2^L``, the sum of the geometric series. Soft reset and
clamps subtract equal numbers or are monotonic and do not stretch distances, so the bound holds as long as spikes
agree. A spike can differ only where the float distance to the threshold is in ``[-2^L, 0)``; a hit only within 2^L of
an edge of its window. Where a spike differs, the float potential is set to the integer one and the bound starts anew.

**Update.** A rounded update x g / 2^s is one of two neighbouring integers whose mean is the real value. By Hoeffding
the mean of n draws is within ``3 / sqrt(n)`` of it, except with probability 2 exp(-18) < 4e-8.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from golden.arith import dither_masks, dithered_shift
from golden.generator import stepped
from golden.network import ReferenceNetwork, SampleTrace
from golden.spec.config import Network
from golden.spec.generator import Generator, Purpose
from golden.spec.topology import topology
from golden.state import State

NETWORK = Network(
    inputs=40,
    classes=4,
    neurons=32,
    layers=2,
    population=2,
    weight_bits=12,
    readout_bits=12,
    threshold_bits=10,
    input_amplitude=300,
    forward_amplitude=300,
    recurrent_amplitude=200,
    readout_amplitude=100,
    modulators=4,
    homeostasis_gain=8,
    homeostasis_decay=16,
    margin=40,
)
SHIFTS = (5, 4)
BOUND = 2.0**NETWORK.leak_shift


def stimulus(count: int) -> tuple[np.ndarray, np.ndarray]:
    draw = Generator(3, Purpose.STIMULUS)
    samples = np.array([[draw.below(16) for _ in range(NETWORK.inputs)] for _ in range(count)], dtype=np.uint8)
    return samples, np.array([draw.below(NETWORK.classes) for _ in range(count)])


class FloatSample:
    """One sample in real numbers, with the spikes of the integer model imposed where they differ."""

    def __init__(self, state: State, sample: np.ndarray, trace: SampleTrace) -> None:
        self.differing_spikes = self.differing_hits = self.largest_error = 0.0
        # Floored as in the integers: theta is constant in a sample, so it is an input of the model, not a rounding.
        theta = [np.floor(values / 2.0**NETWORK.threshold_fraction) for values in state.thresholds]
        leak, window = 1.0 - 2.0**-NETWORK.leak_shift, 2.0**NETWORK.threshold_bits / 2
        v = np.zeros((NETWORK.layers, NETWORK.neurons))
        before = np.zeros((NETWORK.layers, NETWORK.neurons))
        self.hits = np.zeros_like(v)
        self.spikes = np.zeros_like(v)
        for step, potential in enumerate(trace.potentials):
            spikes = trace.spikes[step].astype(float)
            below = (sample > int(f"{step:04b}"[::-1], 2)).astype(float)
            for k in range(NETWORK.layers):
                u = leak * v[k] + np.concatenate([below, before[k]]) @ state.weights[k].astype(float)
                distance = u - theta[k]
                differs = (distance >= 0) != (spikes[k] > 0)
                assert np.all((distance[differs] >= -BOUND) & (distance[differs] < 0)), "a spike differs far off"
                after = np.maximum(np.where(distance >= 0, np.minimum(distance, theta[k]), u), -2.0 * window)
                v[k] = np.where(differs, potential[k], after)
                error = potential[k] - v[k]
                assert np.all((error >= 0) & (error < BOUND)), "the potential leaves its rounding bound"
                self.largest_error = max(self.largest_error, error.max())
                self.differing_spikes += differs.sum()
                self.hits[k] += np.abs(distance) < window
                below = spikes[k]
            before = spikes
            self.spikes += spikes
        counted = trace.post[-1][:, 0]
        self.differing_hits = float((counted != np.minimum(self.hits, 1)).sum())


def test_potentials_stay_within_the_rounding_bound() -> None:
    samples, labels = stimulus(40)
    reference = ReferenceNetwork(NETWORK)
    ticks = largest = differing_spikes = differing_hits = spikes = 0.0
    for sample, label in zip(samples, labels, strict=True):
        before, trace = reference.state.copy(), SampleTrace()
        reference.run(sample, int(label), learn=True, shifts=SHIFTS, trace=trace)
        real = FloatSample(before, sample, trace)
        ticks += NETWORK.steps * NETWORK.layers * NETWORK.neurons
        spikes += real.spikes.sum()
        largest = max(largest, real.largest_error)
        differing_spikes += real.differing_spikes
        differing_hits += real.differing_hits
        assert trace.readout is not None
        potentials = real.spikes.ravel() @ before.readout.astype(float)
        np.testing.assert_array_equal(potentials, trace.readout)
        np.testing.assert_array_equal(np.minimum(real.spikes, 15), trace.counts[-1])
    assert 0.02 < spikes / ticks < 0.5, "the network must be active for the bound to mean anything"
    assert BOUND / 4 < largest < BOUND, "the bound must be approached, or it is not tested"
    assert differing_spikes / ticks < 0.01
    assert differing_hits / (ticks / NETWORK.steps) < 0.02


def test_thresholds_follow_the_real_homeostasis_exactly() -> None:
    samples, labels = stimulus(10)
    reference = ReferenceNetwork(NETWORK)
    scale = 2.0**NETWORK.threshold_fraction
    for sample, label in zip(samples, labels, strict=True):
        theta, trace = np.array(reference.state.thresholds) / scale, SampleTrace()
        reference.run(sample, int(label), learn=True, shifts=SHIFTS, trace=trace)
        expected = np.clip(theta + (8.0 * trace.counts[-1] - 16.0) / scale, 256.0, 3072.0)
        np.testing.assert_array_equal(expected, np.array(reference.state.thresholds) / scale)


@pytest.mark.parametrize(("value", "shift"), [(60, 7), (-60, 7), (1, 7), (-1, 10), (13, 4), (32767, 15), (5, 0)])
def test_rounded_updates_average_to_the_real_ones(value: int, shift: int) -> None:
    draws, columns = 4000, 24
    state, masks, total = 2024, dither_masks(columns), np.zeros(columns)
    for _ in range(draws):
        state = stepped(state)
        total += dithered_shift(np.full(columns, value), shift, state >> 16, masks)
    assert np.abs(total / draws - value / 2.0**shift).max() <= 3 / np.sqrt(draws)


@pytest.mark.parametrize("centred", [False, True])
def test_the_mean_weight_change_is_the_real_three_factor_rule(centred: bool) -> None:
    """The whole sample: W + x (F A e) h / 2^s, averaged over rounding generators."""
    network = replace(NETWORK, centred_input=centred)
    draws, shifts = 300, (4, 3)
    sample, label = stimulus(3)[0][2], 1
    initial, drawn = State.initial(network), topology(network)
    trace = SampleTrace()
    totals: list[np.ndarray] = [np.zeros(w.shape) for w in (*initial.weights, initial.readout)]
    for seed in range(draws):
        state = initial.copy()
        mixed = Generator(seed, Purpose.ROUNDING)
        state.generators[:] = [mixed.next() for _ in range(NETWORK.layers + 1)]
        trace = SampleTrace()
        outcome = ReferenceNetwork(network, state).run(sample, label, learn=True, shifts=shifts, trace=trace)
        assert outcome.updated
        for total, weights, start in zip(
            totals, (*state.weights, state.readout), (*initial.weights, initial.readout), strict=True
        ):
            total += weights.astype(float) - start
    assert trace.readout is not None

    classes = trace.readout.reshape(-1, NETWORK.classes).sum(axis=0).astype(float)
    rivals = np.where(np.arange(NETWORK.classes) == label, -np.inf, classes)
    error = np.zeros(NETWORK.classes)
    error[label] = 2.0 if classes[label] <= rivals.max() else 1.0
    error[rivals.argmax()] = -error[label]
    spikes = np.array(trace.spikes, dtype=float)
    for k in range(NETWORK.layers):
        learning = np.array(drawn.feedback[k], dtype=float) @ np.array(drawn.modulation, dtype=float) @ error
        forward = spikes[:, k - 1].sum(axis=0) if k else sample.astype(float)
        pre = np.minimum(np.concatenate([forward, spikes[:-1, k].sum(axis=0)]), 15)
        if centred and k == 0:
            pre[: NETWORK.inputs] -= np.floor(pre[: NETWORK.inputs].mean())
        expected = np.outer(pre, learning * (trace.post[-1][k, 0] > 0)) / 2.0 ** shifts[0]
        linked = np.zeros(expected.shape, dtype=bool)
        for axon, row in enumerate(drawn.layers[k]):
            linked[axon, list(row)] = True
        assert np.abs(expected).max() > 1
        assert np.abs(totals[k] / draws - expected * linked).max() <= 3 / np.sqrt(draws)
    linked = np.zeros(totals[-1].shape, dtype=bool)
    for axon, row in enumerate(drawn.readout):
        linked[axon, list(row)] = True
    pre = np.minimum(spikes.sum(axis=0).ravel(), 15)
    expected = np.outer(pre, np.tile(error, NETWORK.population)) / 2.0 ** shifts[1]
    assert np.abs(totals[-1] / draws - expected * linked).max() <= 3 / np.sqrt(draws)
