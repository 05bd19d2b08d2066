"""State that outlives a sample: weights, thresholds and rounding generators."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.digest import coefficients, weighted_sum
from golden.spec.config import Network
from golden.spec.errors import UserError
from golden.spec.seeds import rounding_seeds
from golden.spec.topology import Adjacency, topology


@dataclass
class State:
    """What learning changes.

    Attributes
    ----------
    weights
        Per layer, shape (axons, N); absent synapses are 0.
    thresholds
        Stored thresholds per layer, shape (N,), with ``threshold_fraction`` fraction bits.
    readout
        Link weights, shape (K N, C P); absent links are 0.
    generators
        Rounding generators, shape (K + 1,), readout last.
    readout_thresholds
        Thresholds of prototypes, shape (C P,); shape (0,) where the readout has none.
    """

    weights: list[NDArray[np.int16]]
    thresholds: list[NDArray[np.int32]]
    readout: NDArray[np.int16]
    generators: NDArray[np.uint32]
    readout_thresholds: NDArray[np.int32]

    @classmethod
    def initial(cls, network: Network) -> State:
        """State before training, drawn from the configuration."""
        drawn = topology(network)
        return cls(
            weights=[
                _dense(targets, values, network.neurons)
                for targets, values in zip(drawn.layers, drawn.layer_weights, strict=True)
            ],
            thresholds=[
                np.full(network.neurons, network.initial_threshold, dtype=np.int32) for _ in range(network.layers)
            ],
            readout=_dense(drawn.readout, drawn.readout_weights, network.readouts),
            generators=np.array(rounding_seeds(network), dtype=np.uint32),
            readout_thresholds=np.array(
                [network.vacant_threshold] * network.readouts if network.prototypes else [], dtype=np.int32
            ),
        )

    def copy(self) -> State:
        """Deep copy."""
        return State(
            [w.copy() for w in self.weights],
            [t.copy() for t in self.thresholds],
            self.readout.copy(),
            self.generators.copy(),
            self.readout_thresholds.copy(),
        )

    def arrays(self) -> list[NDArray[np.integer]]:
        """All values in the order of the digest: per layer weights and thresholds, readout, generators, prototypes."""
        layers = [array for pair in zip(self.weights, self.thresholds, strict=True) for array in pair]
        return [*layers, self.readout, self.generators, self.readout_thresholds]

    def digest(self) -> int:
        """64-bit digest, equal to the one the hardware loop computes from its memories."""
        total, first = 0, 0
        for array in self.arrays():
            total += weighted_sum(array, coefficients(first, array.size))
            first += array.size
        return total & 0xFFFF_FFFF_FFFF_FFFF

    def require_legal(self, network: Network) -> None:
        """Raise UserError unless shapes, types and values are such as ``network`` can have.

        Compiled code and memories of the processor take them as they are.
        """
        layers, neurons, readouts = network.layers, network.neurons, network.readouts
        if len(self.weights) != layers or len(self.thresholds) != layers:
            raise UserError(f"a state of this network has {layers} layers, not {len(self.weights)}")
        drawn, limit, link_limit = topology(network), network.weight_limit, network.readout_limit
        for k in range(layers):
            exists = existing(drawn.layers[k], neurons)
            _require(f"weights of layer {k}", self.weights[k], np.int16, exists.shape, -limit, limit, exists)
            low, high = network.threshold_range
            _require(f"thresholds of layer {k}", self.thresholds[k], np.int32, (neurons,), low, high)
        exists = existing(drawn.readout, readouts)
        _require("readout weights", self.readout, np.int16, exists.shape, -link_limit, link_limit, exists)
        # xorshift32 never leaves 0.
        _require("rounding generators", self.generators, np.uint32, (layers + 1,), 1, 0xFFFF_FFFF)
        low, high = network.readout_potential.low, network.readout_potential.high
        count = readouts if network.prototypes else 0
        _require("readout thresholds", self.readout_thresholds, np.int32, (count,), low, high)


def _require(
    name: str,
    array: NDArray[np.integer],
    dtype: type[np.integer],
    shape: tuple[int, ...],
    low: int,
    high: int,
    exists: NDArray[np.bool_] | None = None,
) -> None:
    if not isinstance(array, np.ndarray) or array.dtype != dtype or array.shape != shape:
        found = f"{array.dtype} {array.shape}" if isinstance(array, np.ndarray) else type(array).__name__
        raise UserError(f"{name} must be {np.dtype(dtype)} {shape}, not {found}")
    for place in np.argwhere((array < low) | (array > high))[:1].tolist():
        raise UserError(f"{name} must be in {low}..{high}, not {array[*place]} at {place}")
    if exists is not None:
        for place in np.argwhere((array != 0) & ~exists)[:1].tolist():
            raise UserError(f"{name} must be 0 where there is no synapse, not {array[*place]} at {place}")


def existing(targets: Adjacency, columns: int) -> NDArray[np.bool_]:
    """Adjacency as a matrix, shape (axons, columns)."""
    matrix = np.zeros((len(targets), columns), dtype=np.bool_)
    for axon, row in enumerate(targets):
        matrix[axon, list(row)] = True
    return matrix


def _dense(targets: Adjacency, values: Adjacency, columns: int) -> NDArray[np.int16]:
    matrix = np.zeros((len(targets), columns), dtype=np.int16)
    for axon, row in enumerate(targets):
        matrix[axon, list(row)] = values[axon]
    return matrix
