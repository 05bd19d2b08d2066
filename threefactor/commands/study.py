"""``threefactor study``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from golden.data.source import load
from golden.spec.config import Preset
from golden.spec.errors import UserError, nearest
from golden.spec.presets import preset_named
from sim.backends.catalogue import BACKENDS, open_backend
from threefactor import options
from threefactor.console import Bar, emit, remarks
from threefactor.studies.catalogue import STUDIES, Study
from threefactor.studies.conduct import conduct, finished
from threefactor.studies.deployment import conduct as deployment
from threefactor.studies.deployment import results as deployed
from threefactor.studies.deployment.case import cases_of
from threefactor.studies.deployment.catalogue import DEPLOYMENTS
from threefactor.studies.deployment.gateware import check
from threefactor.studies.deployment.study import DeploymentStudy, Point
from threefactor.studies.executors import opened_executor
from threefactor.studies.results import rows_of
from threefactor.studies.run import runs_of
from threefactor.studies.summary import Table, tell

OUT = Path("runs") / "studies"
DIFFERENT = 1  # exit code


@dataclass(frozen=True)
class Order:
    """What is asked for, as the options say it."""

    preset: Preset | None
    data: Path | None
    seeds: int
    epochs: int | None
    limit: int | None
    out: Path
    workers: int
    cluster: str | None
    as_json: bool


def preset_for(presets: Sequence[str], there: Callable[[Preset], object]) -> Preset:
    """Return the first of some presets whose data are there: ``there`` raises UserError where they are not."""
    for name in presets:
        preset = preset_named(name)
        try:
            there(preset)
        except UserError as error:
            if name == presets[-1]:
                raise
            remarks.print(f"[yellow]not preset {name}: {error}[/yellow]")
            continue
        break
    remarks.print(f"preset {preset.name}; --preset chooses another")
    return preset


def _help() -> str:
    def listed(studies: dict[str, Any]) -> str:
        return "\n".join(f"  {study.name:<14}{study.summary}" for study in studies.values())

    return (
        "Vary one thing of a preset, train every setting with several seeds, and plot the accuracies.\n\n\b\n"
        f"{listed(STUDIES)}\n\nOr prepare a network, and let it go on learning where it is used:\n\n\b\n"
        f"{listed(DEPLOYMENTS)}\n\nEach run is kept as it ends: the same command goes on after an interruption, and "
        "studies that share a run compute it once. Runs go side by side with --workers, on many machines with "
        "--cluster. With --check a simulator runs what one point of such a deployment learns, beside the engine."
    )


@click.command("study", help=_help())
@click.argument("name", type=options.Choice([*STUDIES, *DEPLOYMENTS]), metavar="NAME")
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
@click.option(
    "--check",
    "backend",
    type=options.Choice(BACKENDS),
    help="Compare one point of a deployment, seed 1, on this simulator instead.",
)
@click.option("--point", help="The point that --check compares; by default a small one.")
@click.option("--lessons", type=click.IntRange(min=1), help="--check stops after N samples; by default after the last.")
@options.as_json
@click.pass_context
def command(
    context: click.Context,
    name: str,
    preset: Preset | None,
    data: Path | None,
    seeds: int,
    epochs: int | None,
    limit: int | None,
    out: Path,
    workers: int,
    cluster: str | None,
    backend: str | None,
    point: str | None,
    lessons: int | None,
    as_json: bool,
) -> None:
    """Conduct a study."""
    order = Order(preset, data, seeds, epochs, limit, out, workers, cluster, as_json)
    if backend is None and (point is not None or lessons is not None):
        raise UserError("--point and --lessons say what --check compares; name a simulator with --check")
    if name in STUDIES:
        if backend is not None:
            raise UserError(
                f"study {name!r} deploys nothing that --check could compare; "
                f"choose one of {', '.join(DEPLOYMENTS)}, or use threefactor compare"
            )
        _vary(STUDIES[name], order)
    elif backend is None:
        _deploy(DEPLOYMENTS[name], order)
    elif not _check(DEPLOYMENTS[name], order, backend, point, lessons):
        context.exit(DIFFERENT)


def _vary(study: Study, order: Order) -> None:
    """Train every setting."""
    chosen = order.preset or preset_for(study.presets, lambda preset: load(preset.dataset, order.data))
    dataset = load(chosen.dataset, order.data)  # what is missing is said here, not by a worker
    points = study.points(chosen)
    runs = runs_of(points, order.seeds, order.epochs, order.limit, data=dataset.digest)
    flat = [run for attempts in runs for run in attempts]
    try:
        with _computing(study.name, order) as (executor, bar):
            conduct(flat, executor, order.out, order.data, bar.done)
    except KeyboardInterrupt:
        raise _interrupted(finished(flat, order.out), len({run.key for run in flat})) from None

    from threefactor.plots.learning import accuracy_bars, accuracy_steps

    rows = rows_of(points, runs, order.out)
    table = Table(
        (study.axis, "test accuracy", "spread", "updates", "weights", "meaning"),
        [
            (
                f"{row['series']} {row['variant']}".strip(),
                f"{row['test_accuracy']:.2%}",
                "-" if row["spread"] is None else f"{row['spread']:.2%}",
                f"{row['update_fraction']:.1%}",
                f"{row['synapses']:,}",
                row["summary"],
            )
            for row in rows
        ],
    )
    others = [asdict(result) for result in study.published if result.dataset == chosen.dataset]
    picture = accuracy_steps(rows, study.axis, others) if study.ordered else accuracy_bars(rows)
    for row in rows:
        for warning in row["warnings"] if not order.as_json else ():
            remarks.print(f"[yellow]{row['variant']}: {warning}[/yellow]")
    tell(order.out, _summary(study, chosen, order, rows), table, str(picture), as_json=order.as_json)


def _deploy(study: DeploymentStudy[Any], order: Order) -> None:
    """Prepare networks, and let every scenario happen."""
    chosen = _chosen(study, order)
    points = study.points(chosen)
    samples = study.source(chosen, order.data)
    cases = cases_of(study, points, chosen, order.seeds, order.epochs, order.limit, data=samples.digest)
    flat = [case for attempts in cases for case in attempts]
    try:
        with _computing(study.name, order) as (executor, bar):
            deployment.conduct(flat, executor, order.out, order.data, bar.done)
    except KeyboardInterrupt:
        raise _interrupted(deployment.finished(flat, order.out), len({case.key for case in flat})) from None
    rows = deployed.rows_of(points, cases, order.out)
    values = _summary(study, chosen, order, rows)
    tell(order.out, values, study.table(rows), str(study.picture(rows)), as_json=order.as_json)


def _check(study: DeploymentStudy[Any], order: Order, backend: str, point: str | None, lessons: int | None) -> bool:
    """Learn one point on the gateware, too; returns whether it is equal."""
    chosen = _chosen(study, order)
    wanted = _point_named(study.points(chosen), point or study.checked)
    data = study.source(chosen, order.data).digest
    ((case,),) = cases_of(study, [wanted], chosen, 1, order.epochs, order.limit, data=data)
    prepared = deployment.prepared_state(case, order.out, order.data)
    scenario = study.scenario(case.preset, case.point, deployment.samples_of(case, order.data))
    with open_backend(backend, scenario.preset) as processor, Bar(f"learning on {backend}") as bar:
        result = check(processor, scenario, prepared, order.limit, lessons, bar.done)
    where = result.first_divergence
    emit(
        {
            "study": study.name,
            "point": wanted.name,
            "preset": chosen.name,
            "backend": backend,
            "equal": where is None,
            "samples": result.samples,
            "updates": result.updates,
            "cycles": result.cycles,
            "seconds": result.seconds,
            "digest": f"{result.digest:016x}",
            "verdict": None if where is None else where.verdict,
            "first_divergence": None if where is None else where.as_values() if order.as_json else str(where),
        },
        as_json=order.as_json,
    )
    return where is None


def _chosen(study: DeploymentStudy[Any], order: Order) -> Preset:
    """The preset that is asked for, or what suits the study."""
    return order.preset or preset_for(study.presets, lambda preset: study.source(preset, order.data))


def _point_named(points: Sequence[Point], name: str) -> Point:
    found = {point.name: point for point in points}
    if name not in found:
        hint = nearest(name, found) or f"; choose one of {', '.join(found)}"
        raise UserError(f"there is no point {name!r}{hint}")
    return found[name]


@contextmanager
def _computing(name: str, order: Order) -> Iterator[tuple[Executor, Bar]]:
    """What computes the runs of a study, and a bar that counts them."""
    with opened_executor(order.workers, order.cluster) as executor, Bar(f"study {name}, runs") as bar:
        yield executor, bar


def _interrupted(done: int, total: int) -> click.Abort:
    return click.Abort(f"interrupted with {done} of {total} runs done; type the same command to go on")


def _summary(
    study: Study | DeploymentStudy[Any], preset: Preset, order: Order, rows: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "study": study.name,
        "question": study.summary,
        "preset": preset.name,
        "dataset": preset.dataset_name,
        "seeds": order.seeds,
        "epochs": order.epochs or preset.training.epochs,
        "samples": order.limit,
        "points": rows,
    }
