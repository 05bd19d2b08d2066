"""Spike router, on Icarus; see sim/benches/router.py."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from golden.spec.fanout import fan_out
from sim.benches.router import component
from sim.benches.support.harness import run_bench


def random_adjacency(axons: int, targets: int, seed: int) -> tuple[tuple[int, ...], ...]:
    """Rows of all densities: some empty (neighbours too), some full, some with one synapse."""
    draw = random.Random(seed)
    densities = [draw.choice((0.0, 0.0, 0.1, 0.5, 1.0)) for _ in range(axons)]
    rows = [[target for target in range(targets) if draw.random() < density] for density in densities]
    rows[1], rows[2], rows[3], rows[-1] = [], [], [targets - 1], []
    return tuple(map(tuple, rows))


@pytest.mark.parametrize(("axons", "targets", "lanes"), [(21, 24, 4), (9, 11, 1)])
def test_router(axons: int, targets: int, lanes: int, tmp_path: Path) -> None:
    tables = fan_out(random_adjacency(axons, targets, axons), lanes)
    parameters = {"lanes": lanes, "starts": tables.starts, "targets": tables.targets}
    run_bench(component(tables), "router", parameters, tmp_path)
