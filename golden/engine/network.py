"""The fast golden model: bit-identical to :class:`golden.network.ReferenceNetwork`, compiled by Numba."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.arith import dither_masks
from golden.digest import coefficients
from golden.engine.arrays import Constants, Matrix, Neurons, Results, Scratch
from golden.engine.kernel import run_samples
from golden.engine.vectors import GROUP, LANES
from golden.spec.config import BROADCAST_LIMIT, Network
from golden.spec.settings import Settings, settled
from golden.spec.topology import Adjacency, topology
from golden.state import State, existing
from golden.stimulus import checked

_WHOLE = 3  # a row with synapses in at least one block of so many is cheaper summed whole, with seven others


@dataclass(frozen=True)
class Outcomes:
    """Results of consecutive samples.

    Attributes
    ----------
    predictions
        Winning class, uint8, shape (n,).
    updated
        Whether weights were updated, bool, shape (n,).
    spikes
        Saturating spike counts summed over each layer, int32, shape (n, K).
    digests
        ``State.digest()`` after each sample, uint64, shape (n,); length 0 unless asked for.
    potentials
        Class potentials at the end of each sample, the largest being the prediction, int64, shape (n, C); length 0
        unless asked for.
    """

    predictions: NDArray[np.uint8]
    updated: NDArray[np.bool_]
    spikes: NDArray[np.int32]
    digests: NDArray[np.uint64]
    potentials: NDArray[np.int64]


class FastNetwork:
    """The network of golden/network.py over whole sequences of samples.

    Parameters
    ----------
    network
        Configuration.
    state
        State to continue from, copied; the initial one by default.

    Raises
    ------
    UserError
        If the state is not one of the network.

    Attributes
    ----------
    state
        The state now. Its arrays are views of the engine's memory: they change as samples run, and writing into
        them (not replacing them) changes the engine.

    Notes
    -----
    Predictions, states, rounding generators and digests equal those of the reference bit by bit. One instance must
    not run in two threads at once; several instances may, since the compiled loop releases the interpreter lock.
    """

    def __init__(self, network: Network, state: State | None = None) -> None:
        drawn = topology(network)
        self.network = network
        given = State.initial(network) if state is None else state
        given.require_legal(network)
        weights, readout = _padded(np.concatenate(given.weights)), _padded(given.readout)
        thresholds = np.array(given.thresholds, dtype=np.int32)
        offsets = np.cumsum([0, *(network.axons(k) for k in range(network.layers))], dtype=np.int32)
        layers = range(network.layers)
        self.state = State(
            weights=[weights[offsets[k] : offsets[k + 1], : network.neurons] for k in layers],
            thresholds=[thresholds[k] for k in layers],
            readout=readout[:-1, : network.readouts],
            generators=given.generators.copy(),
            readout_thresholds=given.readout_thresholds.copy(),
        )

        factors, first = [], 0
        for array in self.state.arrays():
            factors.append(coefficients(first, array.size).reshape(array.shape))
            first += array.size
        all_rows: Adjacency = tuple(row for targets in drawn.layers for row in targets)
        self._layers = _matrix(network, weights, all_rows, np.concatenate(factors[:-3:2]), network.weight_limit)
        self._readout = _matrix(network, readout, drawn.readout, factors[-3], network.readout_limit)
        self._neurons = Neurons(
            thresholds=thresholds,
            threshold_coefficients=np.array(factors[1:-3:2]),
            generators=self.state.generators,
            generator_coefficients=factors[-2],
            prototypes=self.state.readout_thresholds,
            prototype_coefficients=factors[-1],
            modulation=np.array(drawn.modulation, dtype=np.int32),
            feedback=np.ascontiguousarray(np.array(drawn.feedback, dtype=np.int32).transpose(0, 2, 1)),
            axon_offsets=offsets,
        )
        self._scratch = _scratch(network, int(offsets[-1]))

    def run_many(
        self,
        samples: NDArray[np.integer],
        labels: NDArray[np.uint8],
        learn: bool,
        shifts: tuple[int, int],
        digests: bool = False,
        potentials: bool = False,
        settings: Settings | None = None,
    ) -> Outcomes:
        """Run samples in order, each one learning from the state that the one before left.

        Parameters
        ----------
        samples
            Levels 0..15 (-15..15 with ``signed_input``), shape (n, inputs), or events 0 and 1, shape (n, T, inputs).
        labels
            Class of each sample, shape (n,); without ``learn`` they change nothing.
        learn
            Adapt thresholds and weights.
        shifts
            Layer and readout learning-rate shifts, 1..12; without ``learn`` they change nothing.
        digests
            Also return the digest after every sample, at a cost in proportion to the weights that may change.
        potentials
            Also return the class potentials of every sample.
        settings
            What to compute with instead of the network's own fields; by default these.

        Raises
        ------
        UserError
            If shapes, values, labels, shifts or settings do not fit the network.
        """
        network, settings = self.network, settled(settings, self.network)
        given, lessons = checked(network, samples, labels, learn=learn, shifts=shifts)
        count, steps = len(given), 1 if network.encoder == "levels" else network.steps
        results = Results(
            predictions=np.empty(count, dtype=np.uint8),
            updated=np.empty(count, dtype=np.bool_),
            spikes=np.empty((count, network.layers), dtype=np.int32),
            digests=np.empty(count if digests else 0, dtype=np.uint64),
            potentials=np.empty((count if potentials else 0, network.classes), dtype=np.int64),
        )
        run_samples(
            _constants(network, settings),
            self._layers,
            self._readout,
            self._neurons,
            self._scratch,
            given.reshape(count, steps, network.inputs),
            lessons,
            bool(learn),
            *(shifts if learn else (0, 0)),
            np.uint64(self.state.digest() if digests else 0),
            results,
        )
        return Outcomes(*results)


@lru_cache(maxsize=64)
def _constants(network: Network, settings: Settings) -> Constants:
    network = settings.applied(network)
    low, high = network.threshold_range
    return Constants(
        layers=network.layers,
        neurons=network.neurons,
        inputs=network.inputs,
        classes=network.classes,
        population=network.population,
        steps=network.steps,
        bins=network.bins,
        levels=network.encoder == "levels",
        recurrent=network.recurrent,
        leak_shift=network.leak_shift,
        nominal_threshold=network.nominal_threshold,
        threshold_fraction=network.threshold_fraction,
        threshold_low=low,
        threshold_high=high,
        homeostasis_gain=network.homeostasis_gain,
        homeostasis_decay=network.homeostasis_decay,
        adaptation_increment=network.adaptation_increment,
        adaptation_decay=network.adaptation_decay,
        adaptation_shift=network.adaptation_shift,
        adaptation_high=network.adaptation.high,
        pre_high=network.pre.high,
        post_high=network.post.high,
        count_high=network.count.high,
        trace_high=network.trace.high,
        trace_shift=network.trace_shift,
        trace_increment=network.trace_increment,
        centred_input=network.centred_input,
        first_heard=next(step for step in range(network.steps) if network.listens(step)),
        first_recall=next(bin_index for bin_index in range(network.bins) if network.recalls(bin_index)),
        recall_high=network.recall.high,
        weight_limit=network.weight_limit,
        readout_limit=network.readout_limit,
        margin_potential=network.margin_potential,
        broadcast_limit=BROADCAST_LIMIT,
        frozen=settings.frozen,
        fixed_recurrence=network.recurrence == "fixed",
        plain_rounding=network.rounding == "plain",
        prototypes=network.prototypes,
        prototype_shift=network.prototype_shift,
        no_prototype=network.class_potential.low,
    )


def _columns(count: int) -> int:
    """Columns with those that fill the last block."""
    return -(-count // LANES) * LANES


def _padded(matrix: NDArray[Any]) -> NDArray[Any]:
    """Copy of a matrix, with zeros in columns that fill the last block and in one more row."""
    rows, columns = matrix.shape
    copied = np.zeros((rows + 1, _columns(columns)), dtype=matrix.dtype)
    copied[:-1, :columns] = matrix
    return copied


def _matrix(
    network: Network, weights: NDArray[np.int16], targets: Adjacency, factors: NDArray[np.uint64], limit: int
) -> Matrix:
    rows, columns = factors.shape
    masks = np.zeros(weights.shape[1], dtype=np.int16)
    if network.rounding != "plain":
        masks[:columns] = dither_masks(columns).astype(np.uint16).view(np.int16)
    blocks = _padded(existing(targets, columns))[:-1].reshape(rows, -1, LANES)
    exists = np.packbits(blocks, axis=2, bitorder="little").view("<u2")[:, :, 0].astype(np.uint16)
    occupied = exists != 0
    counts = occupied.sum(axis=1)
    return Matrix(
        weights=weights,
        starts=np.cumsum([0, *counts], dtype=np.int32),
        columns=np.nonzero(occupied)[1].astype(np.int32) * np.int32(LANES),
        exists=exists[occupied],
        whole=(counts * _WHOLE >= occupied.shape[1]) & (GROUP * limit < 1 << 15),
        masks=masks,
        coefficients=_padded(factors),
    )


def _scratch(network: Network, rows: int) -> Scratch:
    layers, neurons, steps = network.layers, network.neurons, network.steps
    columns, readouts = _columns(neurons), _columns(network.readouts)
    sources = layers * neurons
    longest = max(network.axons(k) for k in range(layers))

    def empty(*shape: int) -> NDArray[np.int32]:
        return np.zeros(shape, dtype=np.int32)

    return Scratch(
        by_level=empty(17, columns),
        current=empty(columns),
        theta=empty(layers, neurons),
        adaptation=empty(layers, neurons),
        potential=empty(layers, neurons),
        flags=np.zeros(neurons, dtype=np.uint8),
        spiking=empty(layers, neurons),
        spike_counts=np.zeros(layers, dtype=np.int64),
        fired=empty(layers, neurons),
        heard=empty(layers, neurons),
        post=empty(layers, network.bins, neurons),
        pre=empty(network.bins, rows),
        trace=empty(rows),
        delivered=empty(longest),
        summed=empty(max(longest, sources + GROUP * min(steps, sources)) + GROUP),
        tallies=empty(steps + 1),
        readout=np.zeros(readouts, dtype=np.int64),
        potentials=np.zeros(network.classes, dtype=np.int64),
        errors=empty(network.classes),
        learning=empty(neurons),
        recall=empty(neurons),
        gated=empty(columns),
        narrow_gated=np.zeros(columns, dtype=np.int16),
        readout_gated=empty(readouts),
        narrow_readout_gated=np.zeros(readouts, dtype=np.int16),
        readout_pre=empty(sources),
    )
