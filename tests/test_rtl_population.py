"""Population, on Icarus; see sim/benches/population.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sim.benches.population import component
from sim.benches.support.harness import run_bench

RECALL: dict[str, Any] = dict(adaptation_increment=300, adaptation_decay=3, recall_bins=2, bins=3, post_bits=3)
VARIANTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "one tick lane": (dict(layers=2, bins=3, post_bits=2), dict(lanes=4, tick_lanes=1, layers_per_core=2)),
    "two tick lanes": (dict(layers=2, **RECALL), dict(lanes=4, tick_lanes=2, layers_per_core=2)),
    "four tick lanes": (dict(layers=2, count_bits=2), dict(lanes=4, tick_lanes=4, layers_per_core=2)),
    "all at once": (dict(neurons=4), dict(lanes=4, tick_lanes=4)),
    "one lane": (dict(neurons=5), dict(lanes=1)),
    "adjustable": (dict(layers=2, **RECALL), dict(lanes=4, tick_lanes=2, layers_per_core=2, adjustable=True)),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_population(variant: str, tmp_path: Path) -> None:
    network, hardware = VARIANTS[variant]
    parameters = {"network": network, "hardware": hardware}
    run_bench(component(parameters), "population", parameters, tmp_path)
