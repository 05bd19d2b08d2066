"""Networks of another size that otherwise stay as they are."""

from __future__ import annotations

import math
from dataclasses import replace

from golden.spec.config import Network


def with_neurons(network: Network, neurons: int) -> Network:
    """The network with other layers, of which each neuron above and each readout neuron hears the same part."""

    def part(links: int) -> int:
        return links and max(1, links * neurons // network.neurons)

    bundle = math.gcd(network.bundle, neurons)
    degree = network.ring_degree
    if network.ring:
        degree = min(degree, (neurons - bundle) // 2 * 2)
    return replace(
        network,
        neurons=neurons,
        readout_fan_in=part(network.readout_fan_in),
        forward_fan_in=part(network.forward_fan_in),
        ring_degree=degree,
        bundle=bundle,
    )
