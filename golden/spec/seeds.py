"""Initial states of the rounding generators."""

from __future__ import annotations

from golden.spec.config import Network
from golden.spec.generator import Purpose, mixed_seed


def rounding_seeds(network: Network) -> tuple[int, ...]:
    """Return one state a layer and one for the readout (last): ``mixed_seed(seed, ROUNDING + 256 (k + 1))``."""
    return tuple(mixed_seed(network.seed, Purpose.ROUNDING + 256 * (k + 1)) for k in range(network.layers + 1))
