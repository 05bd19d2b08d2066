"""Settings as random inputs."""

from __future__ import annotations

import numpy as np

from golden.spec.config import Network, Preset
from golden.spec.settings import Settings, all_layers, legal


def settings_for(preset: Preset, samples: int) -> list[Settings | None]:
    """Settings of each sample: the configured ones and others in turn where the hardware is adjustable, else None."""
    draw, network = np.random.default_rng(preset.network.seed + 77), preset.network
    if not preset.hardware.adjustable:
        return [None] * samples
    return [drawn_settings(network, draw) if number % 3 else Settings.of(network) for number in range(samples)]


def drawn_settings(network: Network, draw: np.random.Generator) -> Settings:
    """Legal settings of a network: often those that matter, now and then the extremes, any part frozen or all."""
    limits = legal(network)
    frozen = int(draw.choice((0, 0, limits["frozen"].high, *draw.integers(limits["frozen"].high + 1, size=5))))
    return Settings(
        margin=int(draw.choice((0, 1, 2, 4, limits["margin"].high))),
        leak_shift=int(draw.integers(limits["leak_shift"].low, limits["leak_shift"].high + 1)),
        homeostasis_gain=int(draw.choice((0, 5, limits["homeostasis_gain"].high, int(draw.integers(256))))),
        homeostasis_decay=int(draw.choice((0, 8, limits["homeostasis_decay"].high, int(draw.integers(1024))))),
        frozen=frozen | (all_layers(network) if network.prototypes else 0),
    )
