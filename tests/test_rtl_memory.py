"""Memory of lanes, on Icarus; see sim/benches/memory.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from amaranth import signed

from rtl.memory import LaneMemory
from sim.benches.support.harness import run_bench


@pytest.mark.parametrize("single_port", [False, True], ids=["two ports", "single port"])
@pytest.mark.parametrize(("lanes", "depth"), [(4, 6), (1, 5), (32, 2)])
def test_memory(lanes: int, depth: int, single_port: bool, tmp_path: Path) -> None:
    init = [] if single_port else [-4, 3, 1, -1, 2]
    component = LaneMemory(signed(3), lanes, depth, init, single_port=single_port)
    parameters = {"bits": 3, "lanes": lanes, "depth": depth, "init": init, "single_port": single_port}
    run_bench(component, "memory", parameters, tmp_path)
