"""``threefactor tune``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from boards.catalogue import board_named
from boards.estimate.estimate import estimate
from boards.throughput import home_of
from golden.spec.errors import UserError
from golden.spec.presetfile import SUFFIX
from golden.spec.presets import PRESETS, preset_named
from threefactor import options
from threefactor.console import Bar, emit_json, emit_table, emit_values, remarks
from threefactor.studies.executors import opened_executor


def default_output(name: str) -> Path:
    """Return the file to write for a preset: beside its file, or here for one that is shipped."""
    path = Path(name)
    return path.with_name(f"{path.stem}-tuned{SUFFIX}") if name.endswith(SUFFIX) else Path(f"{name}-tuned{SUFFIX}")


@click.command("tune")
@click.argument("name", type=options.Name(PRESETS), metavar="PRESET")
@click.option("--trials", type=click.IntRange(1, 100_000), default=40, show_default=True, help="Trials in all.")
@click.option("--splits", type=click.IntRange(1, 100), help="Trainings a trial, by default more for fewer samples.")
@options.data
@click.option("--limit", type=click.IntRange(min=8), help="Use only the first N training samples.")
@options.seed
@click.option("--board", help="Board that networks have to fit; by default the one the preset is for.")
@options.out("Folder of the trials; by default runs/tune-PRESET.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Preset file to write; by default PRESET-tuned.toml."
)
@click.option("--force", is_flag=True, help="Overwrite that file even if this search has not written it.")
@click.option("--workers", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes side by side.")
@click.option("--cluster", metavar="ADDRESS", help="Dask scheduler that computes instead; 'local' starts one here.")
@options.as_json
def command(
    name: str,
    trials: int,
    splits: int | None,
    data: Path | None,
    limit: int | None,
    seed: int | None,
    board: str | None,
    out: Path | None,
    output: Path | None,
    force: bool,
    workers: int,
    cluster: str | None,
    as_json: bool,
) -> None:
    """Search learning rates, sizes and encodings that suit the data, and write the best preset.

    Trials learn parts of the training samples and are scored on the rest of them; the test part is never seen. The
    preset itself is the first trial, and only what beats it by more than chance, on other parts, is written. Trials are
    kept as they end: the same command goes on after an interruption, and with more --trials. The result does not
    depend on the number of processes.
    """
    from threefactor.tuning.importance import importances
    from threefactor.tuning.material import read_material, require_validation
    from threefactor.tuning.product import require_free, write_preset
    from threefactor.tuning.question import question_of
    from threefactor.tuning.search import Search
    from threefactor.tuning.space import space_of
    from threefactor.tuning.store import Store
    from threefactor.tuning.validation import FOLDS, require_network, splits_for

    start = options.with_seed(preset_named(name), seed)
    chosen = home_of(start) if board is None else board_named(board)
    estimated = estimate(start, chosen)
    if not estimated.has_room:
        raise UserError(f"preset {start.name} does not fit: {estimated.advice}")
    if not estimated.fits:
        remarks.print(f"[yellow]preset {start.name} may be too slow: {estimated.advice}[/yellow]", soft_wrap=True)
    material = read_material(start.dataset, data, limit)
    require_validation(material, start.network.classes)
    require_network(start, material)
    space = space_of(start, material, chosen)
    splits = splits_for(len(material.labels)) if splits is None else splits
    out = Path("runs") / f"tune-{start.name}" if out is None else out
    output = default_output(name) if output is None else output
    store = Store(out, question_of(space, splits, limit))
    if not force:
        require_free(output, store)
    try:
        with opened_executor(workers, cluster) as executor:
            search = Search(space, splits, store, executor, data, limit)
            with Bar("") as bar:
                done = search.run(trials, _progress(bar, f"tune {start.name}, trials"))
                ranked = search.compare(done, _progress(bar, "last comparison"))
    except KeyboardInterrupt:
        finished = f"{sum(index < trials for index in store.finished())} of {trials} trials"
        raise click.Abort(f"interrupted with {finished} done; type the same command to go on") from None
    best, first = ranked[0], next(candidate for candidate in ranked if candidate.trial == 0)
    scores = f"{best.rescored:.2%} (start {first.rescored:.2%})"
    write_preset(
        output,
        best.preset,
        [
            f"threefactor tune {name}: trial {best.trial} of {trials}; validation accuracy {scores}, which is no test;",
            f"mean of {search.last_splits} trainings, each on {1 - 1 / FOLDS:.1%} of {len(material.labels)} samples.",
        ],
        store,
    )
    shares = importances(done, space.choices)
    values = {
        "preset": start.name,
        "dataset": start.dataset_name,
        "board": chosen.name,
        "samples": len(material.labels),
        "trials": trials,
        "splits": splits,
        "best_trial": best.trial,
        "start_accuracy": first.rescored,
        "best_accuracy": best.rescored,
        "file": str(output),
    }
    if as_json:
        candidates = [{"trial": c.trial, "accuracy": c.accuracy, "rescored": c.rescored} for c in ranked]
        emit_json({**values, "importance": shares, "candidates": candidates, "choices": space.choice(best.preset)})
        return
    _explain(shares, space.values, space.choice(best.preset))
    emit_values(values)
    if not best.trial:
        remarks.print("no trial was better than the preset itself by more than chance; the file holds the preset")


def _progress(bar: Bar, what: str) -> Callable[[int, int, float], None]:
    """Show on a bar what a search tells."""
    return lambda done, total, best: bar.done(done, total, f"{what}, best {best:.2%}" if done else what)


def _explain(shares: Mapping[str, float], start: Mapping[str, Any], best: Mapping[str, Any]) -> None:
    """Print every choice, those that mattered most first; a share is unknown after few trials."""
    names = [*shares, *(name for name in start if name not in shares)]
    emit_table(
        ("choice", "importance", "start", "best"),
        ((name, f"{shares[name]:.0%}" if name in shares else "-", start[name], best[name]) for name in names),
    )
