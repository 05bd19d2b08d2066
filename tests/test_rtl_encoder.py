"""Level encoder, on Icarus; see sim/benches/encoder.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.benches.encoder import component
from sim.benches.support.harness import run_bench


@pytest.mark.parametrize(("inputs", "negative"), [(16, False), (5, True)])
def test_encoder(inputs: int, negative: bool, tmp_path: Path) -> None:
    run_bench(component(inputs, negative), "encoder", {"inputs": inputs, "negative": negative}, tmp_path)
