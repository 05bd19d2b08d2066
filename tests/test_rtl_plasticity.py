"""Plasticity unit, on Icarus; see sim/benches/bench_plasticity.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.bench import run_bench
from sim.benches.bench_plasticity import component


@pytest.mark.parametrize(
    ("bits", "centred", "lanes", "rounding"),
    [
        (4, False, 16, "stochastic"),
        (4, True, 16, "stochastic"),
        (4, True, 16, "plain"),
        (8, True, 8, "stochastic"),
        (8, False, 1, "stochastic"),
        (8, True, 4, "plain"),
        (16, False, 2, "stochastic"),
    ],
)
def test_plasticity(bits: int, centred: bool, lanes: int, rounding: str, tmp_path: Path) -> None:
    run_bench(
        component(bits, centred, lanes, rounding),
        "bench_plasticity",
        {"bits": bits, "centred": centred, "lanes": lanes, "rounding": rounding},
        tmp_path,
    )
