"""Whatever bit of whatever memory is flipped, the processor goes on and equals the model again."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from golden.data.datasets import load
from golden.engine.network import FastNetwork
from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.spec.presets import preset_named
from golden.state import State
from rtl.verilog import processor_rtlil
from sim.backends.catalogue import open_backend
from sim.backends.compiled import CompiledBackend, _Samples
from sim.backends.interface import StuckError
from sim.backends.probes import Bit, Probe
from sim.backends.tables import tables_of
from sim.compare.strikes import FELT, RECONFIGURED, RELOADED, RESET, STRUCK, STUCK, StrikeCheck

TINY = preset_named("tiny")
DESIGN = processor_rtlil(TINY)
LESSONS = load(TINY.dataset).train_samples[:2], load(TINY.dataset).train_labels[:2]
WEIGHTS = Probe("core0.projection.weights", "cells")


QUEUED = replace(
    TINY,
    name="queued",
    network=replace(TINY.network, population=4, readout_fan_in=12, threshold_bits=4, input_amplitude=12),
    hardware=replace(TINY.hardware, tick_lanes=4, spike_queue=8),
)
"""Spikes come faster than the readout takes them, so that they wait in the queues."""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.getbasetemp() / "models"


def opened(preset: Preset, models: Path) -> CompiledBackend:
    return cast(CompiledBackend, open_backend("verilator", preset, build_folder=models, optimize="-O0"))


@pytest.fixture(scope="module")
def processor(models: Path) -> Iterator[CompiledBackend]:
    with opened(TINY, models) as backend:
        yield backend


def test_goes_on_and_becomes_whole(processor: CompiledBackend) -> None:
    check = StrikeCheck(processor, DESIGN, *LESSONS)
    found = check.run(check.drawn(1))
    assert not found.broken and not found.total(STUCK)
    assert all(counts[STRUCK] == 1 for counts in found.counts.values()) and len(found.counts) == 29
    assert found.total(RELOADED) + found.total(RESET) + found.total(RECONFIGURED) == found.total(STRUCK)
    assert found.total(FELT) > found.total(STRUCK) // 4
    assert sum(1 for _ in check.bits()) == 16_780 + 3 * 32


def test_a_table_needs_its_configuration(processor: CompiledBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither loading the state nor a reset brings it back, and a check that does not know says so."""
    check = StrikeCheck(processor, DESIGN, *LESSONS)
    monkeypatch.setattr(check, "_tables", set())
    # Of axons in the middle of the image, some of which spike.
    bits = [Bit(Probe("core0.projection.router", "rows"), row, 0) for row in range(24, 32)]
    found = check.run(iter(bits))
    for bit in bits:
        processor.flip(bit)
    assert found.broken and all(place.startswith("core0.projection.router.rows row") for place in found.broken)
    assert equal(processor)


def test_the_end_of_a_step_is_not_lost_in_a_queue(models: Path) -> None:
    """One mark of three may flip; with a single one the readout waited for ever in a third of these cases."""
    queues, marks = [Probe(f"readout.queue_{core}", "storage") for core in range(2)], range(5, 8)
    with opened(QUEUED, models) as backend:
        assert backend.size_of(queues[0]) == (7, 8)
        check = StrikeCheck(backend, processor_rtlil(QUEUED), LESSONS[0][:1], LESSONS[1][:1], seed=9)
        draw = random.Random(3)
        bits = [Bit(queue, draw.randrange(7), bit) for queue in queues for bit in marks for _ in range(6)]
        found = check.run(iter(bits))
        # A spike is lost or comes about, which is felt, so that something does wait there.
        spikes = [Bit(queues[0], draw.randrange(7), bit) for bit in range(4) for _ in range(5)]
        assert found.total(STRUCK) == 36 and not found.total(STUCK) and not found.total(FELT)
        assert check.run(iter(spikes)).total(FELT) and not found.broken and not found.total(STUCK)


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


def test_a_label_without_a_sample_waits(processor: CompiledBackend) -> None:
    """It is stuck as long as no sample comes, a reset drops it, and nothing has changed."""
    processor.load(State.initial(TINY.network))
    job = _Samples(TINY, *LESSONS, learn=True, shifts=(3, 2), digests=False)
    job.native.word_count, job.native.patience = 0, 2_000
    with pytest.raises(StuckError, match="after 0 samples and 0 input words"):
        processor._go_on(job, 10_000)
    processor.reset()
    assert equal(processor)


def test_a_sample_without_a_label_waits(processor: CompiledBackend) -> None:
    """The host is served while it stands at the door, and a reset drops it."""
    processor.load(State.initial(TINY.network))
    job = _Samples(TINY, *LESSONS, learn=True, shifts=(3, 2), digests=False)
    job.native.sample_count, job.native.patience = 1, 100_000
    while processor._go_on(job, 1_000):
        pass
    assert job.native.next_word > len(LESSONS[0][0]), "nothing of the second sample was taken"
    processor.state().require_legal(TINY.network)
    processor.reset()
    assert equal(processor)


@pytest.mark.parametrize("cycle", [1, 300, 900, 1300, 1600, 1800, 1950])
def test_a_reset_at_any_cycle_leaves_a_state_to_go_on_from(processor: CompiledBackend, cycle: int) -> None:
    """What the host reads then is legal, and learning goes on from it as in the model (golden/SPEC.md)."""
    processor.load(State.initial(TINY.network))
    job = _Samples(TINY, *LESSONS, learn=True, shifts=(3, 2), digests=False)
    job.native.patience = 100_000
    assert processor._go_on(job, cycle)
    processor.reset()
    left = processor.state()
    left.require_legal(TINY.network)
    model = FastNetwork(TINY.network, left)
    expected = model.run_many(*LESSONS, True, (3, 2), digests=True)
    got = processor.run(*LESSONS, learn=True, shifts=(3, 2))
    assert got.digests.tolist() == expected.digests.tolist()


def equal(processor: CompiledBackend) -> bool:
    """Whether the processor learns as the model, from the initial state."""
    processor.load(State.initial(TINY.network))
    expected = FastNetwork(TINY.network).run_many(*LESSONS, True, (3, 2), digests=True)
    got = processor.run(*LESSONS, learn=True, shifts=(3, 2))
    return got.digests.tolist() == expected.digests.tolist()
