"""The netlist that is placed on a chip learns as golden does, and one that differs in a bit is found out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from boards.catalogue import BOARDS
from boards.gates import check
from boards.gates.check import Findings, checked
from boards.gates.contents import _named, initial_contents
from boards.gates.model import synthesized
from boards.gates.netlist import Cell, Netlist
from boards.gates.pins import clock_hz, on_pins, pins, require_one_clock
from boards.simulated.platform import SimulatedPlatform
from golden.data.source import load
from golden.spec.errors import UserError
from golden.spec.presets import preset_named
from threefactor.cli import main

TINY = preset_named("tiny")
CHIPS = ("icebreaker", "ulx3s-85f")


@pytest.fixture(scope="module", params=CHIPS)
def chip(request: pytest.FixtureRequest) -> tuple[str, Netlist]:
    """A board and the netlist of ``tiny`` for it."""
    return request.param, Netlist.read(synthesized(TINY, BOARDS[request.param]))


@pytest.mark.slow
def test_the_netlist_learns(chip: tuple[str, Netlist]) -> None:
    name, netlist = chip
    found = checked(TINY, BOARDS[name], load(TINY.dataset, None), samples=6, netlist=netlist)
    assert (found.differences, found.first, found.samples, found.seeds) == (0, "", 6, 1)
    assert found.updates and found.cycles > 100_000
    assert found.cells == netlist.count()


@pytest.mark.slow
def test_a_bit_of_a_look_up_table_is_found() -> None:
    """One that adds up a neuron's potential, and a bit that its inputs reach: some are tied to a constant."""
    netlist = Netlist.read(synthesized(TINY, BOARDS["icebreaker"]))
    place = next(
        number
        for number, cell in enumerate(netlist.cells)
        if cell.kind == "SB_LUT4" and ".core0.population.neuron_0.u_" in cell.name
    )
    cell = netlist.cells[place]
    table, inputs = cell.parameters["LUT_INIT"], [cell.connections[f"I{index}"][0] for index in range(4)]
    tied = {index: wire for index, wire in enumerate(inputs) if isinstance(wire, str)}
    bit = next(
        bit
        for bit in range(16)
        if table[15 - bit] == "1" and all(str(bit >> index & 1) == wire for index, wire in tied.items())
    )
    altered = replace(cell, parameters={**cell.parameters, "LUT_INIT": f"{table[: 15 - bit]}0{table[16 - bit :]}"})
    broken = replace(netlist, cells=(*netlist.cells[:place], altered, *netlist.cells[place + 1 :]))
    found = checked(TINY, BOARDS["icebreaker"], load(TINY.dataset, None), samples=6, netlist=broken)
    assert found.differences and found.first.startswith("seed 1: ")


def test_pins_are_those_of_a_simulated_board(chip: tuple[str, Netlist]) -> None:
    name, netlist = chip
    platform = SimulatedPlatform(BOARDS[name])
    found = {pin.port: pin for pin in pins(netlist, BOARDS[name])}
    assert {"oscillator__i", "uart_0_rx__i", "uart_0_tx__o", "led_0__o"} <= set(found)
    assert len(found) == len(netlist.ports)
    assert found["led_0__o"].inverted == platform.resources["led", 0].ios[0].invert


def test_the_pll_makes_the_clock_of_the_board(chip: tuple[str, Netlist]) -> None:
    name, netlist = chip
    board = BOARDS[name]
    assert clock_hz(netlist, board.pll.crystal_hz) == pytest.approx(board.clock_hz)
    other = BOARDS["orangecrab-85f"] if name == "ulx3s-85f" else replace(board, pll=replace(board.pll, divf=60))
    with pytest.raises(UserError, match="clock is not that of board"):
        on_pins(netlist, other)


def test_several_clocks_are_refused(chip: tuple[str, Netlist]) -> None:
    _, netlist = chip
    kind, port = ("SB_DFF", "C") if "SB_DFF" in netlist.count() else ("TRELLIS_FF", "CLK")
    second = Cell("second", kind, {}, {port: [max(1 << 20, 0)]})
    with pytest.raises(UserError, match="the netlist has 2 clocks"):
        require_one_clock(replace(netlist, cells=(*netlist.cells, second)))


def driven_resets(netlist: Netlist) -> list[str]:
    """Block RAM of an ECP5 whose reset is more than a constant 0."""
    return [
        cell.name
        for cell in netlist.cells
        if cell.kind == "DP16KD" and any(cell.connections.get(port, ["0"]) != ["0"] for port in ("RSTA", "RSTB"))
    ]


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["tiny", "digits"])
def test_no_block_ram_of_an_ecp5_is_reset(preset: str) -> None:
    """Its output registers' reset differs between descriptions of the chip, so that nothing may depend on it."""
    netlist = Netlist.read(synthesized(preset_named(preset), BOARDS["ulx3s-85f"]))
    assert netlist.count()["DP16KD"]
    assert driven_resets(netlist) == []


def test_a_reset_of_block_ram_is_seen() -> None:
    cell = Cell("ram", "DP16KD", {}, {"RSTA": ["0"], "RSTB": [7]})
    assert driven_resets(Netlist({}, (cell,))) == ["ram"]


def test_no_memory_relies_on_what_its_cells_cannot_have(chip: tuple[str, Netlist]) -> None:
    name, netlist = chip
    table = initial_contents(BOARDS[name].adapted(TINY), netlist)
    weights = next(row for row in table if row.memory == "core0.projection.weights.cells")
    # Those that a host fills may lie in single-port memory, which only the iCE40 has.
    assert weights.needed != TINY.hardware.single_port or name == "ulx3s-85f"
    assert any(row.needed for row in table) and any(not row.needed for row in table)
    assert all(row.given for row in table if row.needed)


def test_a_memory_that_relies_on_spram_is_refused(chip: tuple[str, Netlist]) -> None:
    name, netlist = chip
    needed = next(row for row in initial_contents(BOARDS[name].adapted(TINY), netlist) if row.needed and row.cells)
    cells = tuple(
        replace(cell, kind="SB_SPRAM256KA")
        if _named(cell.name).startswith(f"machine.processor.{needed.memory}.")
        else cell
        for cell in netlist.cells
    )
    with pytest.raises(UserError, match="needs its initial contents"):
        initial_contents(BOARDS[name].adapted(TINY), replace(netlist, cells=cells))


def test_netlists_that_are_none_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "top.json"
    for text in ("", "{}", '{"modules": {}}'):
        file.write_text(text)
        with pytest.raises(UserError, match="holds no netlist of a board"):
            Netlist.read(file)


def test_words_and_numbers_of_yosys(tmp_path: Path) -> None:
    file = tmp_path / "top.json"
    file.write_text(
        '{"modules": {"top": {"ports": {"a": {"direction": "input", "bits": [2]}}, "cells": {'
        '"x": {"type": "K", "parameters": {"A": "1 ", "B": "01", "C": "INV"}, "connections": {"I": [2, "0", 3]}},'
        '"y": {"type": "$scopeinfo", "parameters": {}, "connections": {}}}}}}'
    )
    netlist = Netlist.read(file)
    assert netlist.count() == {"K": 1}
    text = netlist.verilog("name")
    assert 'K #(.A("1"), .B(2\'b01), .C("INV")) c0 (.I({n3, 1\'b0, a}));' in text
    assert "wire n3;" in text and "wire n2;" not in text


def test_more_samples_than_there_are() -> None:
    with pytest.raises(UserError, match="ask for no more"):
        checked(TINY, BOARDS["icebreaker"], load(TINY.dataset, None), samples=10_000)


@pytest.mark.parametrize("differences", [0, 3])
def test_the_command_fails_on_a_difference(differences: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """And leaves out, saying so, what needs data that nobody named."""

    def found(preset: object, board: object, dataset: object, **options: object) -> Findings:
        return Findings("b", "p", {"SB_LUT4": 3}, 1, 1, 1, 9, differences, "first" if differences else "", 0.1, ())

    monkeypatch.setattr("threefactor.commands.gates.checked", found)
    monkeypatch.delenv("THREEFACTOR_DATA", raising=False)
    done = CliRunner().invoke(main, ["gates"])
    assert done.exit_code == (1 if differences else 0)
    assert "mnist-small is left out: it needs data" in done.stderr
    assert "differences" in done.stdout
    assert check.Findings is Findings
