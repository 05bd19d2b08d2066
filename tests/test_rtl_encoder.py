"""Level encoder, on Icarus; see sim/benches/bench_encoder.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.bench import run_bench
from sim.benches.bench_encoder import component


@pytest.mark.parametrize(("inputs", "negative"), [(16, False), (5, True)])
def test_encoder(inputs: int, negative: bool, tmp_path: Path) -> None:
    run_bench(component(inputs, negative), "bench_encoder", {"inputs": inputs, "negative": negative}, tmp_path)
