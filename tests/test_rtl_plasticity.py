"""Plasticity unit, on Icarus; see sim/benches/bench_plasticity.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.bench import run_bench
from sim.benches.bench_plasticity import component


@pytest.mark.parametrize(
    ("bits", "centred", "lanes"), [(4, False, 16), (4, True, 16), (8, True, 8), (8, False, 1), (16, False, 2)]
)
def test_plasticity(bits: int, centred: bool, lanes: int, tmp_path: Path) -> None:
    run_bench(
        component(bits, centred, lanes),
        "bench_plasticity",
        {"bits": bits, "centred": centred, "lanes": lanes},
        tmp_path,
    )
