"""``threefactor new``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from boards.catalogue import BOARDS, board_named
from golden.data.files import load_own
from golden.spec.config import Preset
from golden.spec.data import EVENTS, KINDS, STATIC, Data
from golden.spec.presetfile import TABLES
from threefactor import options
from threefactor.console import emit_json, emit_values, remarks
from threefactor.draft.encoding import chosen
from threefactor.draft.file import beside, located, require_free, write_draft
from threefactor.draft.inspection import Inspection, inspected
from threefactor.draft.network import drafted

FILE = click.Path(path_type=Path)


def found_in(inspection: Inspection) -> dict[str, Any]:
    """What the data holds, for the user."""
    kind = inspection.samples.kind
    counts = inspection.classes.values()
    return {
        "kind": {STATIC: "features", EVENTS: "events"}.get(kind, kind),
        "samples": len(inspection.samples),
        "test_samples": inspection.tested or None,
        "classes": len(inspection.classes),
        "smallest_class": min(counts),
        "largest_class": max(counts),
        {STATIC: "features", EVENTS: "addresses"}.get(kind, "channels"): inspection.width,
        **({} if kind == STATIC else {"shortest_sample": inspection.shortest, "longest_sample": inspection.longest}),
        "missing": f"{inspection.missing:.1%}",
        "zeros": f"{inspection.zeros:.1%}",
        "class_samples": inspection.classes,
    }


def made_of(preset: Preset, data: Data) -> dict[str, Any]:
    """What was chosen, for the user."""
    network, training = preset.network, preset.training
    spared = {"thresholds": data.thresholds, "time-bins": data.pool}.get(data.encoder)
    return {
        "encoder": data.encoder if spared is None else f"{data.encoder} ({spared})",
        "inputs": network.inputs,
        "steps": network.steps,
        "neurons": network.neurons,
        "readout_neurons": network.readouts,
        "weights": f"{network.synapses:,} of {network.weight_bits} and {network.readout_bits} bits",
        "lanes": preset.hardware.lanes,
        "epochs": training.epochs,
    }


@click.command("new")
@click.option("--data", type=FILE, required=True, help="File of the samples: .csv, .tsv, .txt, .ts, .npz, .npy, idx.")
@click.option("-o", "--out", type=FILE, required=True, help="Preset file to write, mine.toml say.")
@click.option("--board", type=options.Name(BOARDS), default="icebreaker", show_default=True, help="Board to fit.")
@click.option("--test", type=FILE, help="File of the test part; else its own test part, or a quarter of every class.")
@click.option("--labels", type=FILE, help="File of the labels beside samples in .npy or idx.")
@click.option("--test-labels", type=FILE, help="File of the labels beside test samples in .npy or idx.")
@click.option("--label", default="-1", show_default=True, help="Column of a table that holds the class.")
@click.option("--sample", default="", help="Column of a table that says to which sample a row belongs.")
@click.option("--ignore", multiple=True, help="Column of a table to leave out; may be given more than once.")
@click.option(
    "--encoder", type=options.Choice(KINDS), help="How samples become spikes; chosen from the data by default."
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=1, show_default=True, help="Seed of the network.")
@click.option("--force", is_flag=True, help="Replace the file if there is one.")
@options.as_json
def command(
    data: Path,
    out: Path,
    board: str,
    test: Path | None,
    labels: Path | None,
    test_labels: Path | None,
    label: str,
    sample: str,
    ignore: tuple[str, ...],
    encoder: str | None,
    seed: int,
    force: bool,
    as_json: bool,
) -> None:
    """Write a preset for data of your own that trains, fits a board and can be edited.

    The data decides encoder, inputs, steps, classes, initial weights and epochs, the board the sizes. The file that is
    written explains every field. Settings are a start; threefactor tune searches better ones.
    """
    target = board_named(board)
    require_free(out, force=force)
    files = {"train": data, "test": test, "train_labels": labels, "test_labels": test_labels}
    named: dict[str, Any] = {name: beside(out, file) for name, file in files.items() if file is not None}
    stated = Data(**named, label=label, sample=sample, ignore=ignore)
    folder = out.absolute().parent
    with remarks.status(f"reading {data}"):
        inspection = inspected(stated, folder, encoder)
        own = chosen(inspection.data, inspection.samples, encoder)
        dataset = load_own(own, folder)
    with remarks.status(f"a network for {target.name}"):
        preset = drafted(out.stem, located(out, own), dataset, target, seed)
    write_draft(out, preset, own)
    found, made = found_in(inspection), made_of(preset, own)
    commands = [f"threefactor train --preset {out} --out runs/{out.stem}"]
    commands += [f"threefactor build --board {board} --preset {out}"]
    if as_json:
        tables = {name: asdict(getattr(preset, name)) for name in TABLES}
        emit_json(
            {
                "preset": str(out),
                "board": board,
                "found": found,
                "chosen": {"data": asdict(own), **tables},
                "next": commands,
            }
        )
        return
    click.echo(f"{data} holds")
    emit_values(found)
    click.echo(f"\n{out} has, for {board},")
    emit_values(made)
    click.echo("\n".join(["\nnext:", *(f"    {line}" for line in commands)]))
