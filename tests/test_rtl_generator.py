"""Rounding generators, on Icarus; see sim/benches/generator.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from golden.spec.config import Network
from golden.spec.seeds import rounding_seeds
from rtl.generator import RoundingGenerators
from sim.benches.support.harness import run_bench


@pytest.mark.parametrize("layers", [1, 2])
def test_generators(layers: int, tmp_path: Path) -> None:
    initial = rounding_seeds(Network(inputs=4, classes=2, neurons=16, layers=layers))[layers == 1 :]
    run_bench(RoundingGenerators(initial), "generator", {"initial": initial}, tmp_path)
