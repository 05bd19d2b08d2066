"""Modulators and broadcast, on Icarus; see modulators.py and broadcast.py in sim/benches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sim.benches import broadcast, modulators
from sim.benches.support.harness import run_bench

EVENTS: dict[str, Any] = dict(encoder="events", bins=4, post_bits=3)
VARIANTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "one to one": (dict(modulators=6), dict(lanes=4, tick_lanes=4)),
    "clamped": (dict(modulators=32, layers=2, **EVENTS), dict(lanes=4, tick_lanes=1, layers_per_core=2)),
    "recall": (dict(modulators=7, recall_bins=2, **EVENTS), dict(lanes=4, tick_lanes=2)),
    "one modulator": (dict(modulators=1), dict(lanes=1)),
    "zero": (dict(modulators=7, feedback="zero"), dict(lanes=2, tick_lanes=1)),
}


@pytest.mark.parametrize("count", [6, 7])
def test_modulators(count: int, tmp_path: Path) -> None:
    parameters = {"network": {"modulators": count}}
    run_bench(modulators.component(parameters), "modulators", parameters, tmp_path)


@pytest.mark.parametrize("variant", VARIANTS)
def test_broadcast(variant: str, tmp_path: Path) -> None:
    network, hardware = VARIANTS[variant]
    parameters = {"network": network, "hardware": hardware}
    run_bench(broadcast.component(parameters), "broadcast", parameters, tmp_path)
