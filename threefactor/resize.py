"""Networks of another size that otherwise stay as they are."""

from __future__ import annotations

from dataclasses import replace

from golden.spec.config import Network


def with_neurons(network: Network, neurons: int) -> Network:
    """The network with other layers, of which each readout neuron hears the same part."""
    fan_in = max(1, network.readout_fan_in * neurons // network.neurons)
    degree = min(network.ring_degree, (neurons - 1) // 2 * 2) if network.recurrence == "ring" else network.ring_degree
    return replace(network, neurons=neurons, readout_fan_in=fan_in, ring_degree=degree)
