"""Build the bitstream of a preset for a board."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from threading import Lock
from typing import Literal

from boards.bitstream.floorplan import floorplan
from boards.bitstream.flow import FLOWS
from boards.bitstream.materials import SUFFIX, bill_of_materials
from boards.bitstream.report import BuildReport, Result, fmax_in, resources_in
from boards.bitstream.source import adapted
from boards.bitstream.top import Top
from boards.capacity import require_memory
from boards.catalogue import Board, board_named
from boards.provenance import committed, git_state
from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.spec.presets import preset_named
from golden.system.documents import read_document
from golden.system.places import cache_folder
from golden.system.running import ToolError, run
from golden.system.store import stored
from golden.system.writing import write_bytes, write_json
from rtl.uart import divisor_for

DEFAULT_SEED = 1
RESULT = "result.json"
_ELABORATION = Lock()  # Amaranth numbers its signals without one


def build(
    board: str | Board,
    preset: str | Preset,
    out: Path,
    *,
    seed: int = DEFAULT_SEED,
    cache: Path | None = None,
    store: bool = False,
    stamp: bool = False,
) -> BuildReport:
    """Build a bitstream; equal sources, tools and seeds give equal bitstreams.

    Writes into ``out``, each complete or not at all: ``<preset>-<board>.bin`` (``.bit`` for ECP5), the bitstream;
    ``<preset>-<board>.json``, the report; ``<preset>-<board>.cdx.json``, the bill of materials. Those that read the
    board's flash are called ``<preset>-<board>-store``. With ``stamp`` the bitstream differs from commit to commit,
    even where the design does not.

    Parameters
    ----------
    board, preset
        Names, or the things themselves.
    out
        Folder for the results, made if need be.
    seed
        Seed of placement.
    cache
        Where results are kept so that an unchanged build is not repeated; by default a folder in the user's cache.
    store
        It reads the board's flash, see :class:`~boards.bitstream.top.Top`.
    stamp
        The chip says of which commit of the sources it was made.

    Raises
    ------
    UserError
        In one sentence: unknown board or preset, no flash, no commit to stamp it with, missing tool, preset too large
        for the chip, clock too fast for the design, tools that failed.
    """
    preset = preset_named(preset) if isinstance(preset, str) else preset
    board = (board_named(board) if isinstance(board, str) else board).for_preset(preset.name)
    preset = board.adapted(preset)
    require_memory(preset, board)
    commit = committed() if stamp else ""
    flow = FLOWS[board.family]
    commands, tools = flow.commands_found(), flow.versions()

    files, script = planned(
        board, preset, f"--seed {seed} --report report.json --timing-allow-fail", store=store, commit=commit
    )
    key = key_of(files, tools)
    folder = cache_folder() / "bitstreams" if cache is None else cache
    name = f"{preset.name}-{board.name}-{key}"

    cached = (folder / name).is_dir()
    product = stored(folder, name, lambda work: _run(files, script, work, commands, preset, board))
    result = read_document(product / RESULT, Result, f"remove {product} and build again")
    for name, (used, available) in result.resources.items():
        if used > available:
            raise UserError(
                f"preset {preset.name} needs {used} {name} and board {board.name} has {available}; "
                "choose a smaller preset, fewer lanes or a larger board"
            )
    clock = board.clock_hz / 1e6
    if result.fmax_mhz < clock:
        raise UserError(
            f"preset {preset.name} reaches {result.fmax_mhz:.1f} MHz on board {board.name} and the clock is "
            f"{clock:g} MHz; try another seed than {seed}, fewer lanes or a smaller preset"
        )

    stem = f"{preset.name}-{board.name}{'-store' if store else ''}"
    bitstream = (product / result.bitstream).read_bytes()
    report = BuildReport(
        board=board.name,
        preset=preset.name,
        seed=seed,
        network_digest=preset.network.digest,
        resources=result.resources,
        fmax_mhz=result.fmax_mhz,
        clock_mhz=clock,
        bitstream=stem + Path(result.bitstream).suffix,
        bitstream_sha256=hashlib.sha256(bitstream).hexdigest(),
        lc_per_lane=round(result.resources["lc"][0] / _lanes(preset), 1),
        baud=board.baud,
        baud_error=board.clock_hz / divisor_for(board.clock_hz, board.baud) / board.baud - 1,
        tools=tools,
        git=git_state(),
        seconds=result.seconds,
        cached=cached,
    )
    write_bytes(out / report.bitstream, bitstream)
    write_json(out / f"{stem}.json", asdict(report))
    write_json(out / f"{stem}{SUFFIX}", bill_of_materials(report, bitstream, files))
    return report


def planned(
    board: Board, preset: Preset, options: str, *, store: bool = False, commit: str = ""
) -> tuple[dict[str, bytes], str]:
    """Files that the tools start from, and the name of the script among them that runs the tools.

    Parameters
    ----------
    board, preset
        What to build for what; the preset is adapted to the board.
    options
        Of nextpnr.
    store
        It reads the board's flash.
    commit
        What the chip says that it was made of.
    """
    with _ELABORATION:
        plan = board.make_platform().prepare(
            Top(preset, board, board.store if store else None, commit),
            emit_src=False,
            synth_opts=FLOWS[board.family].synthesis,
            script_after_synth="\n".join((*FLOWS[board.family].checks, *floorplan(preset, board.floor))),
            nextpnr_opts=options,
        )
    plan.files["top.il"] = adapted(plan.files["top.il"])
    files = {name: content.encode() if isinstance(content, str) else content for name, content in plan.files.items()}
    return files, f"{plan.script}.sh"


def key_of(files: Mapping[str, bytes], tools: Mapping[str, str]) -> str:
    """16 hex digits that name what the tools make of files."""
    key = hashlib.sha256(json.dumps(tools, sort_keys=True).encode())
    for name, content in sorted(files.items()):
        key.update(name.encode() + hashlib.sha256(content).digest())
    return key.hexdigest()[:16]


def _lanes(preset: Preset) -> int:
    return preset.hardware.lanes * (preset.network.layers // preset.hardware.layers_per_core)


def _run(
    files: Mapping[str, bytes], script: str, work: Path, commands: Mapping[str, str], preset: Preset, board: Board
) -> None:
    """Run the build script in a folder, and write there what came of it as :class:`~boards.bitstream.report.Result`."""
    for name, content in files.items():
        (work / name).write_bytes(content)
    started = time.monotonic()
    failed, output = run(["/bin/sh", script], work, variables={**commands, "PYTHONHASHSEED": "0"})
    seconds = time.monotonic() - started
    timing = work / "top.tim"
    log = timing.read_text(encoding="utf-8", errors="replace") if timing.is_file() else ""
    resources = resources_in(log, board)
    full = any(used > available for used, available in resources.values())
    if failed and not full:
        raise ToolError(
            f"the tools could not build preset {preset.name} for {board.name}; their output", f"{output}\n{log}"
        )
    # A chip that is too small is a result as well: it need not be found out twice.
    result = Result(resources, round(seconds, 1), 0.0, "")
    if not full:
        timing_report = json.loads((work / "report.json").read_text(encoding="utf-8"))
        bitstream: Literal["top.bin", "top.bit"] = "top.bin" if (work / "top.bin").is_file() else "top.bit"
        result = replace(result, fmax_mhz=fmax_in(timing_report, board), bitstream=bitstream)
    (work / RESULT).write_text(json.dumps(asdict(result)), encoding="utf-8")
