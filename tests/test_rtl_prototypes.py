"""Thresholds of prototypes, on Icarus; see sim/benches/prototypes.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtl.prototypes import Prototypes
from sim.benches.prototypes import network_of
from sim.benches.support.harness import run_bench


@pytest.mark.parametrize(("classes", "population"), [(3, 4), (2, 1)])
def test_prototypes(classes: int, population: int, tmp_path: Path) -> None:
    parameters = {"classes": classes, "population": population}
    run_bench(Prototypes(network_of(parameters)), "prototypes", parameters, tmp_path)
