"""Modulators and broadcast, on Icarus; see bench_modulators.py and bench_broadcast.py in sim/benches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sim.bench import run_bench
from sim.benches import bench_broadcast, bench_modulators

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
    run_bench(bench_modulators.component(parameters), "bench_modulators", parameters, tmp_path)


@pytest.mark.parametrize("variant", VARIANTS)
def test_broadcast(variant: str, tmp_path: Path) -> None:
    network, hardware = VARIANTS[variant]
    parameters = {"network": network, "hardware": hardware}
    run_bench(bench_broadcast.component(parameters), "bench_broadcast", parameters, tmp_path)
