"""Plasticity unit, on Icarus; see sim/benches/plasticity.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.benches.plasticity import component
from sim.benches.support.harness import run_bench


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
        "plasticity",
        {"bits": bits, "centred": centred, "lanes": lanes, "rounding": rounding},
        tmp_path,
    )
