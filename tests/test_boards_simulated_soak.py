"""A board that learns on and on equals the model, and what differs is found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from boards.catalogue import BOARDS
from boards.simulated.model import compiled_board
from boards.simulated.soak import Soak, resident
from golden.data.source import load
from golden.spec.presets import preset_named

TINY = preset_named("tiny")
BOARD = replace(BOARDS["icebreaker"], baud=6_000_000)
DATA = load(TINY.dataset)


@pytest.fixture(scope="module")
def library() -> Path:
    return compiled_board(TINY, BOARD)


def test_nothing_differs(library: Path) -> None:
    soak = Soak(TINY, BOARD, library, DATA, seed=4)
    found = soak.run(600, turns=15)
    assert (found.turns, found.differences, found.miscounted, found.places) == (15, 0, 0, [])
    assert found.learned and found.predicted and found.opened and found.comparisons > 15
    assert found.digest == f"{soak.state.digest():016x}"
    again = Soak(TINY, BOARD, library, DATA, state=soak.state, found=found, seed=5).run(600, turns=3)
    assert (again.turns, again.differences, again.miscounted) == (18, 0, 0)


def test_everything_that_a_host_may_do(library: Path) -> None:
    soak = Soak(TINY, BOARD, library, DATA, seed=2)
    for turn in (soak._power, soak._rates, soak._read, soak._write, soak._learn, soak._power, soak._predict):
        turn()
        soak._compare("state", lambda: soak._client.state().digest(), soak.state.digest())
        soak._count()
    found = soak.found
    assert not found.differences and not found.miscounted
    assert (found.power_failed, found.rates, found.memories_read, found.memories_written) == (2, 1, 1, 1)


def test_another_rate_is_found(library: Path) -> None:
    soak = Soak(TINY, BOARD, library, DATA, seed=4)
    soak._shifts = (1, 1)
    found = soak.run(600, turns=50)
    assert found.differences and found.turns < 50 and "turn" in found.places[0]


def test_a_sample_that_is_not_counted_is_found(library: Path) -> None:
    soak = Soak(TINY, BOARD, library, DATA, seed=4)
    soak._sent += 1
    assert soak.run(600, turns=5).miscounted


def test_memory_is_measured() -> None:
    before = resident()
    block = bytearray(64 << 20)
    block[:: 1 << 12] = bytes(len(block) >> 12)  # every page is touched
    assert resident() - before > 32 << 20
