"""Attraction unit, on Icarus; see sim/benches/attraction.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.benches.attraction import component
from sim.benches.support.harness import run_bench


@pytest.mark.parametrize(
    ("bits", "pre_bits", "lanes", "rounding"),
    [(4, 2, 4, "stochastic"), (4, 1, 1, "plain"), (8, 1, 8, "stochastic"), (12, 4, 16, "stochastic")],
)
def test_attraction(bits: int, pre_bits: int, lanes: int, rounding: str, tmp_path: Path) -> None:
    parameters = {"bits": bits, "pre_bits": pre_bits, "lanes": lanes, "rounding": rounding}
    run_bench(component(bits, pre_bits, lanes, rounding), "attraction", parameters, tmp_path)
