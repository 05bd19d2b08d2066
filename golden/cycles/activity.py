"""What happens in samples: which axons and neurons spike, which axons are eligible, how many weights that moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
    found: list[tuple[Any, ...]] = []
    for sample, label in zip(samples, labels, strict=True):
        trace = SampleTrace()
        outcome = reference.run(sample, int(label), learn=learn, shifts=shifts, settings=settings, trace=trace)
        *layers, links = trace.pre
        layers[0] = centred(layers[0], network.inputs if network.centred_input else 0)
        for k, factor in enumerate(layers):
            factor[:, network.plastic_axons(k) :] = 0
        flags = reference.events_of(sample), np.array(trace.spikes), np.concatenate(layers, axis=1), links[0]
        noted = *((array != 0).astype(np.uint8) for array in flags), np.uint8(outcome.updated)
        found.append((*noted, np.int64(settings.frozen)))
    return Activity(*(np.array(column) for column in zip(*found, strict=True)))


def weights_delivered(network: Network, activity: Activity) -> tuple[Counts, Counts]:
    """Weights that spikes add to currents, and to readout potentials, a sample each, shape (n,).

    These are the synaptic operations of inference: absent synapses do not count.
    """
    rows = [_row_lengths(targets) for targets in topology(network).layers]
    layers = np.zeros(len(activity), dtype=np.int64)
    for k, lengths in enumerate(rows):
        forward = network.forward_axons(k)
        below = activity.spikes[:, :, k - 1] if k else activity.events
        layers += below.sum(axis=1, dtype=np.int64) @ lengths[:forward]
        if network.recurrent:  # heard in the next step
            layers += activity.spikes[:, :-1, k].sum(axis=1, dtype=np.int64) @ lengths[forward:]
    heard = [step for step in range(network.steps) if network.listens(step)]
    spikes = activity.spikes[:, heard].sum(axis=1, dtype=np.int64).reshape(len(activity), -1)
    return layers, spikes @ _row_lengths(topology(network).readout)


def weights_updated(network: Network, activity: Activity) -> Counts:
    """Weights that the plasticity rule visits, of layers and readout, a sample each, shape (n,)."""
    if network.prototypes:
        return network.readout_fan_in * network.layers * activity.updated.astype(np.int64)
    learns = [(activity.frozen >> part & 1) ^ 1 for part in range(network.layers + 1)]
    visited: Counts = activity.eligible_links @ _row_lengths(topology(network).readout) * learns[-1]
    eligible, first = activity.eligible.sum(axis=1, dtype=np.int64), 0
    for k, targets in enumerate(topology(network).layers):
        visited += eligible[:, first : first + len(targets)] @ _row_lengths(targets) * learns[k]
        first += len(targets)
    return visited * activity.updated


def _row_lengths(targets: Sequence[Sequence[int]]) -> Counts:
    return np.array([len(row) for row in targets], dtype=np.int64)
