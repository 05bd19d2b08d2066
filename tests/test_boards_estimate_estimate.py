"""The estimate against what nextpnr counted: designs that it was calibrated with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from boards.bitstream.budgets import design_named
from boards.bitstream.calibration import calibrated
from boards.bitstream.designs import CALIBRATED
from boards.catalogue import BOARDS
from boards.estimate.estimate import estimate
from boards.estimate.record import differences, record
from boards.estimate.weights import calibration
from golden.spec.presets import PRESETS

DESIGNS = {design.name: design for design in CALIBRATED}
MEASURED = [(family, name) for family, known in calibration().families.items() for name in known.designs]


def assert_within_limits(found: dict[str, tuple[int, int]], counted: dict[str, Any]) -> None:
    """Logic within a tenth, the rest exactly."""
    for kind, (used, _) in found.items():
        if kind == "lc":
            assert used == pytest.approx(counted[kind], rel=0.1)
        else:
            assert used == counted.get(kind, 0), kind


@pytest.mark.parametrize(("family", "design"), MEASURED)
def test_measured_designs(family: str, design: str) -> None:
    known = calibration().families[family]
    assert_within_limits(estimate(DESIGNS[design].preset, BOARDS[known.board]).resources, known.designs[design])


def test_weights_are_those_that_the_counts_give() -> None:
    found = calibrated({family: known.designs for family, known in calibration().families.items()})
    assert found.families == calibration().families


@pytest.mark.parametrize(
    ("board", "preset"), [(board, preset) for board, found in record().items() for preset in found]
)
def test_recorded_builds(board: str, preset: str) -> None:
    assert differences(design_named(preset), board, record()[board][preset]) == []


def test_designs_of_other_shapes_are_not_calibrated_with() -> None:
    assert not set(DESIGNS) & {"rows-small", "digits-deep", "words"}


def test_a_miss_is_told() -> None:
    counted = {"lc": 4000, "ebr": 22, "spram": 2, "dsp": 4}
    logic, memory = differences(PRESETS["digits"], "icebreaker", counted)
    assert logic.endswith("and nextpnr counts 4000")
    assert memory == "the estimate of ebr is 23, and nextpnr counts 22"


@pytest.mark.parametrize(
    ("preset", "board", "counted"),
    [("digits", "icebreaker", 179), ("tiny", "icebreaker", 471), ("digits", "ulx3s-85f", 218)],
)
def test_what_settings_cost(preset: str, board: str, counted: int) -> None:
    """LUT that Yosys counts more for the processor with them."""
    plain = PRESETS[preset]
    adjustable = replace(plain, hardware=replace(plain.hardware, adjustable=True))
    more, less = (estimate(one, BOARDS[board]).resources for one in (adjustable, plain))
    assert more["lc"][0] - less["lc"][0] == pytest.approx(counted, rel=0.2)
    assert all(more[kind] == less[kind] for kind in more if kind != "lc"), "no memory, no multiplier"


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
    assert "set lanes = 4 or take the colorlight-i5" in found.advice
