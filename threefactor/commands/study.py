"""``threefactor study``."""

from __future__ import annotations

from pathlib import Path

import click

from golden.data.source import load
from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.spec.presets import preset_named
from golden.system.writing import write_json, write_text
from threefactor import options
from threefactor.console import Bar, emit_json, emit_table, remarks
from threefactor.studies.catalogue import STUDIES, Study
from threefactor.studies.conduct import conduct, finished
from threefactor.studies.executors import opened_executor
from threefactor.studies.results import rows_of
from threefactor.studies.run import runs_of

OUT = Path("runs") / "studies"


def preset_for(study: Study, data: Path | None) -> Preset:
    """Return the first of the study's presets whose data set is there."""
    for name in study.presets:
        preset = preset_named(name)
        try:
            load(preset.dataset, data)
        except UserError as error:
            if name == study.presets[-1]:
                raise
            remarks.print(f"[yellow]not preset {name}: {error}[/yellow]")
            continue
        break
    remarks.print(f"preset {preset.name}; --preset chooses another")
    return preset


def _help() -> str:
    lines = "\n".join(f"  {study.name:<14}{study.summary}" for study in STUDIES.values())
    return (
        "Vary one thing of a preset, train every setting with several seeds, and plot the accuracies.\n\n\b\n"
        f"{lines}\n\nEach run is kept as it ends: the same command goes on after an interruption, and studies that "
        "share a run compute it once. Runs go side by side with --workers, on many machines with --cluster."
    )


@click.command("study", help=_help())
@click.argument("name", type=options.Choice(list(STUDIES)), metavar="NAME")
@click.option("--preset", type=options.PresetName(), help="Named configuration; by default what suits the study.")
@options.data
@click.option("--seeds", type=click.IntRange(1, 1000), default=3, show_default=True, help="Seeds 1 .. N.")
@options.epochs
@click.option(
    "--samples", "limit", type=click.IntRange(min=1), help="Use only the first N samples of either part of the data."
)
@options.out("Folder of results, summary and plot.", default=OUT)
@click.option("--workers", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes side by side.")
@click.option("--cluster", metavar="ADDRESS", help="Dask scheduler that computes instead; 'local' starts one here.")
@options.as_json
def command(
    name: str,
    preset: Preset | None,
    data: Path | None,
    seeds: int,
    epochs: int | None,
    limit: int | None,
    out: Path,
    workers: int,
    cluster: str | None,
    as_json: bool,
) -> None:
    """Conduct a study."""
    study = STUDIES[name]
    chosen = preset_for(study, data) if preset is None else preset
    dataset = load(chosen.dataset, data)  # what is missing is said here, not by a worker
    points = study.points(chosen)
    runs = runs_of(points, seeds, epochs, limit, data=dataset.digest)
    flat = [run for attempts in runs for run in attempts]
    try:
        with opened_executor(workers, cluster) as executor, Bar(f"study {name}, runs") as bar:
            conduct(flat, executor, out, data, bar.done)
    except KeyboardInterrupt:
        done = f"{finished(flat, out)} of {len({run.key for run in flat})} runs"
        raise click.Abort(f"interrupted with {done} done; type the same command to go on") from None

    from threefactor.plots.learning import accuracy_bars, accuracy_steps

    rows = rows_of(points, runs, out)
    picture = accuracy_steps(rows, study.axis) if study.ordered else accuracy_bars(rows)
    summary, plot = out / f"{name}-{chosen.name}.json", out / f"{name}-{chosen.name}.svg"
    values = {
        "study": name,
        "question": study.summary,
        "preset": chosen.name,
        "dataset": chosen.dataset_name,
        "seeds": seeds,
        "epochs": flat[0].preset.training.epochs,
        "samples": limit,
        "points": rows,
    }
    write_json(summary, values)
    write_text(plot, str(picture))
    if as_json:
        emit_json({**values, "summary": str(summary), "plot": str(plot)})
        return
    emit_table(
        (study.axis, "test accuracy", "spread", "updates", "weights", "meaning"),
        (
            (
                row["variant"],
                f"{row['test_accuracy']:.2%}",
                "-" if row["spread"] is None else f"{row['spread']:.2%}",
                f"{row['update_fraction']:.1%}",
                f"{row['synapses']:,}",
                row["summary"],
            )
            for row in rows
        ),
    )
    for row in rows:
        for warning in row["warnings"]:
            remarks.print(f"[yellow]{row['variant']}: {warning}[/yellow]")
    click.echo(f"summary {summary}\nplot {plot}")
