"""``threefactor soak``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import msgspec

from boards.catalogue import BOARDS, board_named
from boards.simulated.model import compiled_board
from boards.simulated.soak import Soak, Soaked
from golden.data.datasets import Dataset
from golden.data.source import load
from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.spec.presets import preset_named
from golden.state import State
from golden.system.reading import read_bytes
from golden.system.writing import write_json
from golden.training import checkpoint
from golden.training.train import CHECKPOINT, beginning
from threefactor import options
from threefactor.console import emit, remarks
from threefactor.resumes import Resumed, Resumes

DIFFERENT = 1
RECORD = "soak.json"
GROWTH = 32 << 20  # bytes that a process may grow by once it is warm: caches of its libraries
_MOST = 1 << 20  # bytes of a record
_KEPT = 100  # trainings between two records


@click.command("soak")
@click.option("--preset", type=options.PresetName(), default="tiny", show_default=True, help="Named configuration.")
@click.option("--board", type=options.Name(BOARDS), default="icebreaker", show_default=True, help="Board to simulate.")
@options.data
@click.option(
    "--minutes",
    type=click.FloatRange(min=0),
    default=60.0,
    show_default=True,
    help="How long the board learns, in all.",
)
@click.option(
    "--resumes",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Then stop and resume N trainings, in all.",
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Of all that is drawn.")
@options.out("Folder that keeps how far it has come; the same command goes on from there.")
@options.as_json
def command(
    preset: Preset,
    board: str,
    data: Path | None,
    minutes: float,
    resumes: int,
    seed: int,
    out: Path | None,
    as_json: bool,
) -> None:
    """Let a simulated board learn for a long time, with all that a host may do between.

    Samples to learn and to predict, memories read and written, changed rates, pauses, trouble on the line,
    conversations opened anew in the middle of samples, power failures: predictions, states and the count of samples
    must be the model's throughout, and this process must not grow. With --resumes, trainings of preset
    tiny are stopped at random moments and gone on with. Exits with 1 when anything differs.
    """
    dataset = load(preset.dataset, data)
    soaked, resumed = _read(out)
    try:
        if soaked.seconds < 60 * minutes:
            _soak(preset, board, dataset, soaked, 60 * minutes, seed, out)
        if resumed.runs < resumes:
            _resume(resumed, resumes, seed, out, soaked)
    except KeyboardInterrupt:
        raise click.Abort(_interrupted(soaked, resumed, out)) from None
    emit({"preset": preset.name, "board": board, **soaked.as_values(), **_named(resumed)}, as_json=as_json)
    for place in () if as_json else soaked.places:
        click.echo(f"differs: {place}")
    if soaked.differences or soaked.miscounted or soaked.growth > GROWTH or resumed.differences:
        raise SystemExit(DIFFERENT)


def _soak(
    preset: Preset, board: str, dataset: Dataset, found: Soaked, seconds: float, seed: int, out: Path | None
) -> None:
    """Let the board learn, from the state that an earlier part has left."""
    target = board_named(board).for_preset(preset.name)
    target = replace(target, baud=round(target.clock_hz / 4))  # the fewest cycles a byte
    place, state = None if out is None else out / CHECKPOINT, None
    if place is not None and checkpoint.exists(place):
        state, _ = checkpoint.load(place, preset.network)
    with remarks.status("compiling the board: a minute at most, unless nothing has changed"):
        library = compiled_board(preset, target)
    soak = Soak(preset, target, library, dataset, state=state, found=found, seed=seed + found.turns)
    try:
        with remarks.status("beginning") as line:
            soak.run(seconds - found.seconds, lambda now: line.update(told(now)))
    finally:
        if out is not None:
            _write(out, found, _read(out)[1], preset, dataset, soak.state)


def _resume(found: Resumed, runs: int, seed: int, out: Path | None, soaked: Soaked) -> None:
    """Stop and resume trainings."""
    tiny = preset_named("tiny")
    trainings = Resumes(tiny, load(tiny.dataset), found=found, seed=seed)
    try:
        with remarks.status("beginning") as line:

            def progress(now: Resumed) -> None:
                line.update(f"{now.runs:,} trainings, stopped {now.interrupted + now.killed:,} times")
                if out is not None and now.runs % _KEPT == 0:
                    _write(out, soaked, now)

            trainings.run(runs, progress)
    finally:
        if out is not None:
            _write(out, soaked, found)


def told(found: Soaked) -> str:
    """How far a soak is, in a line."""
    return (
        f"{found.seconds / 60:,.1f} minutes, {found.learned:,} samples learned, {found.predicted:,} predicted, "
        f"{found.opened:,} times opened anew, {found.comparisons:,} comparisons, {found.differences} differences"
    )


def _named(found: Resumed) -> dict[str, Any]:
    return {f"resumes_{name}": value for name, value in found.as_values().items()} if found.runs else {}


def _interrupted(soaked: Soaked, resumed: Resumed, out: Path | None) -> str:
    far = f"interrupted after {soaked.seconds / 60:.1f} minutes and {resumed.runs:,} resumed trainings"
    if out is None:
        return f"{far}; with --out FOLDER the same command would go on from here"
    return f"{far}; type the same command to go on"


class _Record(msgspec.Struct, forbid_unknown_fields=True):
    """Document that a soak leaves in its folder."""

    soaked: Soaked
    resumed: Resumed


def _read(out: Path | None) -> tuple[Soaked, Resumed]:
    if out is None or not (out / RECORD).exists():
        return Soaked(), Resumed()
    try:
        record = msgspec.json.decode(read_bytes(out / RECORD, _MOST, "choose another folder"), type=_Record)
    except (msgspec.MsgspecError, ValueError) as error:
        raise UserError(f"{out / RECORD} is not the record of a soak ({error}); choose another folder") from error
    return record.soaked, record.resumed


def _write(
    out: Path,
    soaked: Soaked,
    resumed: Resumed,
    preset: Preset | None = None,
    dataset: Dataset | None = None,
    state: State | None = None,
) -> None:
    if preset is not None and dataset is not None and state is not None:
        checkpoint.save(out / CHECKPOINT, preset.network, state, beginning(preset, dataset))
    write_json(out / RECORD, {"soaked": soaked.as_values(), "resumed": resumed.as_values()})
