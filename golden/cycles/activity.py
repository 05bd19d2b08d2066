"""What happens in samples: which axons and neurons spike, which axons are eligible, how many weights that moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.arith import Int
from golden.eligibility import centred
from golden.network import ReferenceNetwork, SampleTrace
from golden.spec.config import Network
from golden.spec.errors import UserError
from golden.spec.settings import Settings, settled
from golden.spec.topology import topology
from golden.state import State

Flags = NDArray[np.uint8]
Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Activity:
    """What decides the cycles of consecutive samples; flags 0 or 1.

    Attributes
    ----------
    events
        Input axons that spike, shape (n, T, inputs).
    spikes
        Neurons that spike, shape (n, T, K, N).
    eligible
        Axons that learn and whose presynaptic factor is not 0, of all layers one after the other, shape (n, B, axons).
    eligible_links
        The same of the readout, shape (n, K N).
    updated
        Whether something was to be learned, shape (n,).
    frozen
        What did not learn, a bit for each layer and one for the readout, int64, shape (n,).
    """

    events: Flags
    spikes: Flags
    eligible: Flags
    eligible_links: Flags
    updated: Flags
    frozen: Counts

    def __len__(self) -> int:
        return len(self.updated)

    def require_legal(self, network: Network) -> None:
        """Raise UserError unless these are flags of samples of ``network``: compiled code takes them as they are."""
        samples, layers, neurons = len(self), network.layers, network.neurons
        for name, shape in (
            ("events", (samples, network.steps, network.inputs)),
            ("spikes", (samples, network.steps, layers, neurons)),
            ("eligible", (samples, network.bins, sum(network.axons(k) for k in range(layers)))),
            ("eligible_links", (samples, layers * neurons)),
            ("updated", (samples,)),
        ):
            flags = getattr(self, name)
            if flags.dtype != np.uint8 or flags.shape != shape:
                raise UserError(f"{name} of this network must be uint8 {shape}, not {flags.dtype} {flags.shape}")
            if flags.max(initial=0) > 1:
                raise UserError(f"{name} must be flags, 0 or 1, not {flags.max()}")
        masks, highest = self.frozen, (1 << layers + 1) - 1
        if (
            masks.dtype != np.int64
            or masks.shape != (samples,)
            or masks.min(initial=0) < 0
            or masks.max(initial=0) > highest
        ):
            raise UserError(f"frozen must be int64 {(samples,)} in 0..{highest}, a bit for each layer and the readout")


def observe(
    network: Network,
    state: State,
    samples: NDArray[np.integer],
    labels: NDArray[np.uint8],
    *,
    learn: bool,
    shifts: tuple[int, int],
    settings: Settings | None = None,
) -> Activity:
    """Run samples on the reference model and note what happens; ``state`` learns."""
    settings = settled(settings, network)
    reference = ReferenceNetwork(network, state)
    noted = Notes(network)
    for sample, label in zip(samples, labels, strict=True):
        trace = SampleTrace()
        outcome = reference.run(sample, int(label), learn=learn, shifts=shifts, settings=settings, trace=trace)
        noted.add(reference.events_of(sample), trace, updated=outcome.updated, frozen=settings.frozen)
    return noted.activity()


class Notes:
    """Collects the activity of samples, one after the other."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._found: list[tuple[Any, ...]] = []

    def add(self, events: Int, trace: SampleTrace, *, updated: bool, frozen: int) -> None:
        """Note what happened in a sample of these input spikes, shape (T, inputs)."""
        network = self._network
        *layers, links = (factor.copy() for factor in trace.pre)
        layers[0] = centred(layers[0], network.inputs if network.centred_input else 0)
        for k, factor in enumerate(layers):
            factor[:, network.plastic_axons(k) :] = 0
        flags = events, np.array(trace.spikes), np.concatenate(layers, axis=1), links[0]
        noted = *((array != 0).astype(np.uint8) for array in flags), np.uint8(updated)
        self._found.append((*noted, np.int64(frozen)))

    def activity(self) -> Activity:
        """All that was noted."""
        return Activity(*(np.array(column) for column in zip(*self._found, strict=True)))


def weights_delivered(network: Network, activity: Activity) -> tuple[Counts, Counts]:
    """Weights that spikes add to currents, and to readout potentials, a sample each, shape (n,).

    These are the synaptic operations of inference: absent synapses do not count.
    """
    layers = layer_weights_delivered(network, activity).sum(axis=1)
    heard = [step for step in range(network.steps) if network.listens(step)]
    spikes = activity.spikes[:, heard].sum(axis=1, dtype=np.int64).reshape(len(activity), -1)
    return layers, spikes @ _row_lengths(topology(network).readout)


def layer_weights_delivered(network: Network, activity: Activity) -> Counts:
    """Weights that spikes add to the currents of each layer, a sample each, shape (n, K)."""
    layers = np.zeros((len(activity), network.layers), dtype=np.int64)
    for k, targets in enumerate(topology(network).layers):
        forward, lengths = network.forward_axons(k), _row_lengths(targets)
        below = activity.spikes[:, :, k - 1] if k else activity.events
        layers[:, k] += below.sum(axis=1, dtype=np.int64) @ lengths[:forward]
        if network.recurrent:  # heard in the next step
            layers[:, k] += activity.spikes[:, :-1, k].sum(axis=1, dtype=np.int64) @ lengths[forward:]
    return layers


def weights_updated(network: Network, activity: Activity) -> Counts:
    """Weights that the plasticity rule visits, of layers and readout, a sample each, shape (n,)."""
    layers: Counts = layer_weights_updated(network, activity).sum(axis=1)
    return layers + links_updated(network, activity)


def layer_weights_updated(network: Network, activity: Activity) -> Counts:
    """Weights of each layer that the plasticity rule visits, a sample each, shape (n, K)."""
    visited, first = np.zeros((len(activity), network.layers), dtype=np.int64), 0
    eligible = activity.eligible.sum(axis=1, dtype=np.int64)
    for k, targets in enumerate(topology(network).layers):
        visited[:, k] = eligible[:, first : first + len(targets)] @ _row_lengths(targets) * _learns(activity, k)
        first += len(targets)
    return visited * activity.updated[:, None]


def links_updated(network: Network, activity: Activity) -> Counts:
    """Weights of the readout that the plasticity rule visits, a sample each, shape (n,)."""
    updates = activity.updated * _learns(activity, network.layers)
    if network.prototypes:
        return network.readout_fan_in * network.layers * updates
    visited: Counts = activity.eligible_links @ _row_lengths(topology(network).readout)
    return visited * updates


def _learns(activity: Activity, part: int) -> Counts:
    """Whether a layer, or with the number of layers the readout, is not frozen: 0 or 1, shape (n,)."""
    return (activity.frozen >> part & 1) ^ 1


def _row_lengths(targets: Sequence[Sequence[int]]) -> Counts:
    return np.array([len(row) for row in targets], dtype=np.int64)
