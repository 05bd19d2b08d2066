"""Teacher, on Icarus; see sim/benches/teacher.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.benches.support.harness import run_bench
from sim.benches.teacher import component


@pytest.mark.parametrize(("classes", "margin"), [(5, 2), (2, 3)])
def test_teacher(classes: int, margin: int, tmp_path: Path) -> None:
    parameters = {"network": {"classes": classes, "margin": margin}, "adjustable": False}
    run_bench(component(parameters), "teacher", parameters, tmp_path)


@pytest.mark.parametrize(("classes", "population", "readout_fan_in"), [(5, 3, 2), (2, 4, 3), (3, 7, 1)])
def test_adjustable_teacher(classes: int, population: int, readout_fan_in: int, tmp_path: Path) -> None:
    network = {"classes": classes, "population": population, "readout_fan_in": readout_fan_in}
    parameters = {"network": network, "adjustable": True}
    run_bench(component(parameters), "teacher", parameters, tmp_path)
