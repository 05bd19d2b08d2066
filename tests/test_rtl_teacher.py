"""Teacher, on Icarus; see sim/benches/teacher.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtl.teacher import Teacher
from sim.benches.support.harness import run_bench
from sim.benches.teacher import network_of


@pytest.mark.parametrize(("classes", "margin"), [(5, 2), (2, 3)])
def test_teacher(classes: int, margin: int, tmp_path: Path) -> None:
    parameters = {"classes": classes, "margin": margin}
    run_bench(Teacher(network_of(parameters)), "teacher", parameters, tmp_path)
