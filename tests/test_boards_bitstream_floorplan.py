"""Floorplan: every memory and multiplier of a large design has a site of its own, near those it works with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from boards.bitstream.floorplan import floorplan
from boards.catalogue import BOARDS
from boards.platforms.floor import FLOOR_85F
from golden.spec.fanout import core_fan_out
from golden.spec.presets import preset_named

COMMAND = re.compile(r'setattr -set BEL "X(\d+)/Y(\d+)/(EBR|MULT18_)(\d)" c:machine\.processor\.(\S+)')
LARGE = ("mnist-large", "mnist-deep", "fashion")


def fixed(name: str, kind: str) -> Iterator[tuple[str, int, int, int]]:
    """Cell, column, row and index of every site of a kind."""
    for command in floorplan(preset_named(name), FLOOR_85F):
        if command.startswith("select -assert-count "):
            continue
        found = COMMAND.match(command)
        assert found, command
        if found[3] == kind:
            yield found[5], int(found[1]), int(found[2]), int(found[4])


@pytest.mark.parametrize("name", LARGE)
def test_no_site_is_given_twice_and_every_site_exists(name: str) -> None:
    rams, multipliers = list(fixed(name, "EBR")), list(fixed(name, "MULT18_"))
    for cells in (rams, multipliers):
        assert len({cell for cell, *_ in cells}) == len({tuple(site) for _, *site in cells}) == len(cells)
    assert all(row in FLOOR_85F.ram_rows and column in FLOOR_85F.ram_columns for _, column, row, _ in rams)
    assert all((column, row) in FLOOR_85F.multipliers for _, column, row, _ in multipliers)
    # The index counts the sites of a block, four block RAMs two columns apart, four multipliers in two pairs.
    for _, column, _, index in rams:
        assert any(column == block + 2 * index for block in FLOOR_85F.blocks)
    for _, column, _, index in multipliers:
        assert any(column == block + index for block in FLOOR_85F.blocks)


@pytest.mark.parametrize("name", LARGE)
def test_all_weights_and_lanes_have_a_site(name: str) -> None:
    preset = preset_named(name)
    lanes, bits = preset.hardware.lanes, preset.network.weight_bits
    width, depth = -(-lanes * bits // 18), -(-core_fan_out(preset, 0).words // 1024)
    layers = [cell for cell, *_ in fixed(name, "EBR") if cell.startswith("core0.")]
    assert set(layers) == {f"core0.projection.weights*.cells.0.{index}" for index in range(width * depth)}
    assert [cell for cell, *_ in fixed(name, "MULT18_")] == [
        f"core0.projection.plasticity.product_{lane}_*" for lane in range(lanes)
    ]


def test_a_lane_lies_beside_itself() -> None:
    preset = preset_named("mnist-large")
    width = -(-preset.hardware.lanes * preset.network.weight_bits // 18)
    rams: dict[int, list[tuple[int, int]]] = {}
    for cell, column, row, _ in fixed("mnist-large", "EBR"):
        if cell.startswith("core0."):
            rams.setdefault(int(cell.rsplit(".", 1)[1]) % width, []).append((column, row))
    for sites in rams.values():
        columns, rows = zip(*sites, strict=True)
        assert len(set(rows)) == 1
        assert max(columns) - min(columns) <= 9  # three sites, and the gap between two blocks
    for cell, column, row, _ in fixed("mnist-large", "MULT18_"):
        lane = int(cell.split("product_")[1].rstrip("_*"))
        (near, its_row), *_ = rams[lane * preset.network.weight_bits // 18]
        assert abs(column - near) + abs(row - its_row) < 30


@pytest.mark.parametrize("name", LARGE)
def test_every_command_must_find_its_cell(name: str) -> None:
    preset = preset_named(name)
    shapes, commands = [], []
    for command in floorplan(preset, FLOOR_85F):
        (shapes if command.endswith(" t:DP16KD %i") else commands).append(command)
    assert len(shapes) == preset.network.layers // preset.hardware.layers_per_core + 1
    assert {shape.split()[:2] == ["select", "-assert-count"] for shape in shapes} == {True}
    for asserted, fixed in zip(commands[::2], commands[1::2], strict=True):
        assert asserted == f"select -assert-count 1 {fixed.split(maxsplit=4)[4]}"
        assert fixed.startswith("setattr ")


def test_more_than_the_floor_has_room_for_is_left_to_nextpnr() -> None:
    preset = preset_named("mnist-large")
    # Three cores of 64 lanes need more multipliers than there are.
    network = replace(preset.network, layers=3, neurons=512, readout_fan_in=512)
    cores = replace(preset, network=network)
    assert len(FLOOR_85F.multipliers) < 3 * preset.hardware.lanes
    assert floorplan(cores, FLOOR_85F) == []
    # Four times the links need more than a row of block RAM.
    links = replace(preset, network=replace(preset.network, population=32))
    assert floorplan(links, FLOOR_85F) == []


def test_lanes_that_end_in_block_ram_of_another_shape_are_left_to_nextpnr() -> None:
    # 32 lanes of 12 bits: the last 6 of 384 bits, 2,688 words deep, are two block RAMs of 9 bits and not three of 18.
    preset = preset_named("fsdd")
    assert preset.hardware.lanes * preset.network.weight_bits % 18 == 6
    assert floorplan(preset, FLOOR_85F) == []


def test_small_designs_and_unknown_chips_have_none() -> None:
    assert floorplan(preset_named("digits"), FLOOR_85F) == []
    assert floorplan(preset_named("mnist-large"), None) == []
    assert {name for name, board in BOARDS.items() if board.floor} == {"ulx3s-85f", "orangecrab-85f"}
