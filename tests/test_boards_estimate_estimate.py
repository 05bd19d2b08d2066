"""The estimate against what nextpnr counted: designs that it was calibrated with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from boards.bitstream.budgets import design_named
from boards.catalogue import BOARDS
from boards.estimate.estimate import estimate
from boards.estimate.record import differences, record
from boards.estimate.weights import Measured, calibration
from golden.spec.config import Preset
from golden.spec.presets import PRESETS

MEASURED = [
    pytest.param(family.board, design, id=f"{family.board}-{design.name}")
    for family in calibration().families.values()
    for design in family.designs
]


def preset_of(design: Measured) -> Preset:
    base = PRESETS[design.base]
    network, hardware = replace(base.network, **design.network), replace(base.hardware, **design.hardware)
    return replace(base, name=design.name, network=network, hardware=hardware)


def assert_within_limits(found: dict[str, tuple[int, int]], counted: dict[str, Any]) -> None:
    """Logic within a tenth, the rest exactly."""
    for kind, (used, _) in found.items():
        if kind == "lc":
            assert used == pytest.approx(counted[kind], rel=0.1)
        else:
            assert used == counted.get(kind, 0), kind


@pytest.mark.parametrize(("board", "design"), MEASURED)
def test_measured_designs(board: str, design: Measured) -> None:
    assert_within_limits(estimate(preset_of(design), BOARDS[board]).resources, design.found)


@pytest.mark.parametrize(
    ("board", "preset"), [(board, preset) for board, found in record().items() for preset in found]
)
def test_recorded_builds(board: str, preset: str) -> None:
    assert differences(design_named(preset), board, record()[board][preset]) == []


def test_designs_of_other_shapes_are_not_calibrated_with() -> None:
    calibrated = {design.name for family in calibration().families.values() for design in family.designs}
    assert not calibrated & {"rows-small", "digits-deep", "words"}


def test_a_miss_is_told() -> None:
    counted = {"lc": 4000, "ebr": 22, "spram": 2, "dsp": 4}
    logic, memory = differences(PRESETS["digits"], "icebreaker", counted)
    assert logic.endswith("and nextpnr counts 4000")
    assert memory == "the estimate of ebr is 23, and nextpnr counts 22"


def test_every_board_and_preset_has_an_estimate() -> None:
    for board in BOARDS.values():
        for preset in PRESETS.values():
            found = estimate(preset, board)
            assert found.fits is (found.advice == "")
            assert {kind: most for kind, (_, most) in found.resources.items()} == board.limits
            assert found.clock_mhz == pytest.approx(board.for_preset(preset.name).clock_hz / 1e6)


@pytest.mark.parametrize(
    ("preset", "home"), [("digits", "icebreaker"), ("mnist-small", "icebreaker"), ("mnist-large", "ulx3s-85f")]
)
def test_presets_fit_their_boards(preset: str, home: str) -> None:
    assert estimate(PRESETS[preset], BOARDS[home]).fits


def test_advice_names_what_is_enough() -> None:
    digits = PRESETS["digits"]
    wide = replace(digits, hardware=replace(digits.hardware, lanes=16))
    found = estimate(wide, BOARDS["icebreaker"])
    assert not found.fits
    assert found.advice.startswith("icebreaker would need ")
    assert "set lanes = 8 or take the colorlight-i5" in found.advice
