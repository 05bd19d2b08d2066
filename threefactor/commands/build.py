"""``threefactor build``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from boards.bitstream.build import DEFAULT_SEED, build
from boards.bitstream.report import BuildReport
from boards.catalogue import BOARDS, Board, board_named
from boards.throughput import home_of
from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.spec.presets import PRESETS
from threefactor import options
from threefactor.console import emit_json, emit_table, emit_values, remarks

SHOWN = ("bitstream", "bitstream_sha256", "fmax_mhz", "clock_mhz", "lc_per_lane", "baud", "baud_error", "git")
KINDS = ("lc", "ebr", "spram", "dsp")
DEFAULT_OUT = Path("build") / "boards"

placement_seed = click.option(
    "--seed",
    type=click.IntRange(0, 2**31 - 1),
    default=DEFAULT_SEED,
    show_default=True,
    help="Seed of placement: another one reaches another clock.",
)

reads_store = click.option(
    "--store", is_flag=True, help="It plays the recording in the board's flash; see threefactor board store."
)

stamps = click.option("--stamp", is_flag=True, help="The chip tells of which commit it was made (board info).")


def as_values(report: BuildReport, out: Path) -> dict[str, Any]:
    """Report as plain values, with the path of the bitstream and with names for used and available."""
    resources = {name: {"used": used, "available": have} for name, (used, have) in report.resources.items()}
    return {**asdict(report), "bitstream": str(out / report.bitstream), "resources": resources}


def designs(board: Board | None, preset: Preset | None) -> list[tuple[Board, Preset]]:
    """What ``--all`` builds: a preset for every board, every preset for a board, or each for the board it suits."""
    if board is not None and preset is not None:
        raise UserError("--all leaves nothing to choose between one board and one preset; leave one of the three away")
    if preset is not None:
        return [(one, preset) for one in BOARDS.values()]
    return [(board or home_of(one), one) for one in PRESETS.values()]


def tried(board: Board, preset: Preset, out: Path, seed: int) -> dict[str, Any]:
    """Plain values of a build, or the sentence that says why there is no bitstream."""
    values: dict[str, Any] = {"board": board.name, "preset": preset.name, "verdict": "built", "report": None}
    try:
        values["report"] = as_values(build(board, preset, out, seed=seed), out)
    except UserError as error:
        values["verdict"] = str(error)
    return values


def row_of(values: dict[str, Any]) -> tuple[str, ...]:
    """Cells of the table of ``--all``."""
    report = values["report"]
    clock = board_named(values["board"]).for_preset(values["preset"]).clock_hz / 1e6
    if report is None:
        cells = ("-",) * (len(KINDS) + 2)
    else:
        used = report["resources"]
        taken = (f"{used[kind]['used']:,} of {used[kind]['available']:,}" if kind in used else "-" for kind in KINDS)
        cells = (f"{report['fmax_mhz']:.1f}", *taken, f"{report['seconds']:.0f}")
    return values["board"], values["preset"], f"{clock:g}", *cells, values["verdict"]


def build_all(chosen: list[tuple[Board, Preset]], out: Path, seed: int, *, as_json: bool) -> bool:
    """Build designs one after the other and print what came of them; tells whether all have a bitstream."""
    found = []
    for board, preset in chosen:
        with remarks.status(f"{preset.name} for {board.name}: some minutes, unless nothing has changed"):
            found.append(tried(board, preset, out, seed))
        remarks.print(f"{preset.name} for {board.name}: {found[-1]['verdict']}", soft_wrap=True)
    passed = all(values["report"] for values in found)
    if as_json:
        emit_json({"passed": passed, "designs": found})
    else:
        head = ("board", "preset", "clock", "Fmax", *(kind.upper() for kind in KINDS), "seconds", "verdict")
        emit_table(head, map(row_of, found))
    return passed


@click.command("build")
@click.option("--board", type=options.Name(BOARDS), help="Board to build for; see threefactor boards.")
@click.option("--preset", type=options.PresetName(), help="Named configuration.")
@click.option("--all", "everything", is_flag=True, help="Build many, by default every preset for the board it suits.")
@reads_store
@stamps
@placement_seed
@options.out("Folder of bitstreams and reports.", default=DEFAULT_OUT)
@options.as_json
@click.pass_context
def command(
    context: click.Context,
    board: str | None,
    preset: Preset | None,
    everything: bool,
    store: bool,
    stamp: bool,
    seed: int,
    out: Path,
    as_json: bool,
) -> None:
    """Build a bitstream with Yosys and nextpnr.

    With --all and a preset, build it for every board; with --all and a board, every preset for it. One table tells of
    them, and the exit code is 1 where one has no bitstream.
    """
    target = None if board is None else board_named(board)
    if everything and (store or stamp):
        raise UserError(
            "--all builds plain bitstreams; leave --store and --stamp away, or name one board and one preset"
        )
    if everything:
        context.exit(0 if build_all(designs(target, preset), out, seed, as_json=as_json) else 1)
    if target is None or preset is None:
        missing = "board" if target is None else "preset"
        raise click.MissingParameter(ctx=context, param=next(one for one in command.params if one.name == missing))
    with remarks.status(f"{preset.name} for {target.name}: some minutes, unless nothing has changed"):
        values = as_values(build(target, preset, out, seed=seed, store=store, stamp=stamp), out)
    if as_json:
        emit_json(values)
        return
    emit_values({name: values[name] for name in SHOWN})
    emit_table(
        ("resource", "used", "available", "share"),
        (
            (name, f"{row['used']:,}", f"{row['available']:,}", f"{row['used'] / row['available']:.0%}")
            for name, row in values["resources"].items()
        ),
    )
