"""Whatever bit of whatever memory is flipped, the processor goes on and equals the model again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import pytest

from golden.data.datasets import load
from golden.spec.errors import UserError
from golden.spec.presets import preset_named
from golden.state import State
from rtl.verilog import processor_rtlil
from sim.backends.catalogue import open_backend
from sim.backends.compiled import CompiledBackend
from sim.backends.probes import Bit, Probe
from sim.compare.strikes import FELT, RECONFIGURED, RELOADED, RESET, STRUCK, STUCK, StrikeCheck, tables_of

TINY = preset_named("tiny")
DESIGN = processor_rtlil(TINY)
LESSONS = load(TINY.dataset).train_samples[:2], load(TINY.dataset).train_labels[:2]
WEIGHTS = Probe("core0.projection.weights", "cells")


@pytest.fixture(scope="module")
def processor() -> Iterator[CompiledBackend]:
    with open_backend("verilator", TINY) as backend:
        yield cast(CompiledBackend, backend)


def test_goes_on_and_becomes_whole(processor: CompiledBackend) -> None:
    check = StrikeCheck(processor, DESIGN, *LESSONS)
    found = check.run(check.drawn(3))
    assert not found.broken and not found.total(STUCK)
    assert all(counts[STRUCK] == 3 for counts in found.counts.values()) and len(found.counts) == 29
    assert found.total(RELOADED) + found.total(RESET) + found.total(RECONFIGURED) == found.total(STRUCK)
    assert found.total(FELT) > found.total(STRUCK) // 4
    assert sum(1 for _ in check.bits()) == 16_780 + 3 * 32


def test_a_table_needs_its_configuration(processor: CompiledBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither loading the state nor a reset brings it back, and a check that does not know says so."""
    check = StrikeCheck(processor, DESIGN, *LESSONS)
    monkeypatch.setattr(check, "_tables", set())
    bit = Bit(Probe("core0.projection.router", "rows"), 30, 0)  # of an axon in the middle of the image
    found = check.run(iter([bit]))
    processor.flip(bit)
    assert found.broken == [f"core0.projection.router.rows row 30 bit 0 cycle {found.broken[0].split()[-1]}"]


def test_tables_are_what_nobody_writes() -> None:
    routers = ("core0.projection.router", "core1.projection.router", "readout.links.router")
    expected = {Probe(router, name) for router in routers for name in ("rows", "targets")}
    expected |= {Probe(f"core{core}.broadcast.feedback", "cells") for core in range(2)}
    assert tables_of(TINY, DESIGN) == expected


def test_a_flip_is_one_of_the_state(processor: CompiledBackend) -> None:
    initial = State.initial(TINY.network)
    processor.load(initial)
    processor.flip(Bit(WEIGHTS, 0, 1))
    changed = processor.state()
    assert [(a != b).sum() for a, b in zip(initial.arrays(), changed.arrays(), strict=True)] == [1, 0, 0, 0, 0, 0, 0]
    processor.flip(Bit(WEIGHTS, 0, 1))
    assert processor.state().digest() == initial.digest()
    for bit in (Bit(WEIGHTS, 290, 0), Bit(WEIGHTS, 0, 20), Bit(Probe("core0", "nothing"), 0, 0)):
        with pytest.raises(UserError, match="the model has no core0"):
            processor.flip(bit)
    with pytest.raises(UserError, match="the model has no core0.nothing"):
        processor.size_of(Probe("core0", "nothing"))


def test_a_reset_in_the_middle_keeps_what_outlives_a_sample(processor: CompiledBackend) -> None:
    """Struck by nothing, broken off by nothing: only the reset."""
    initial = State.initial(TINY.network)
    processor.load(initial)
    processor.reset()
    assert processor.state().digest() == initial.digest()
