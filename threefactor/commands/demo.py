"""``threefactor demo``."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from boards.bitstream.budgets import budget_of, exceeded
from boards.bitstream.build import build
from boards.bitstream.report import BuildReport
from golden.data.datasets import Dataset
from golden.data.source import load
from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.spec.presets import preset_named
from golden.system.temporary import scratch_folder
from golden.training.train import Trained, train
from sim.backends.catalogue import open_backend
from sim.backends.interface import Backend
from sim.compare.comparison import Comparison, compare
from threefactor import options
from threefactor.console import Bar, TrainingBar, emit_table, remarks
from threefactor.report.demo import Check, Findings, write_report
from threefactor.studies.catalogue import STUDIES
from threefactor.studies.conduct import conduct
from threefactor.studies.executors import opened_executor
from threefactor.studies.results import rows_of
from threefactor.studies.run import runs_of

PRESET, BOARD = "digits", "icebreaker"
FURTHER_SEEDS = 2
ABLATION_SEEDS = 3
TRACED_SAMPLES = 3
REPORT = "report.html"


class Stopwatch:
    """Says what is being done, and remembers how long it took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Announce and time a block."""
        remarks.print(f"[bold]{name}[/bold]")
        started = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - started


def train_seeds(preset: Preset, dataset: Dataset) -> list[Trained]:
    """Train with the preset's seed, then with the further ones."""
    runs = []
    for seed in range(preset.network.seed, preset.network.seed + 1 + FURTHER_SEEDS):
        with TrainingBar(f"seed {seed}", quiet=True) as bar:
            runs.append(train(preset, dataset, seed=seed, report=bar))
        remarks.print(f"  seed {seed}: test accuracy {runs[-1].history[-1].test_accuracy:.2%}")
    return runs


def ablate(preset: Preset, dataset: Dataset) -> list[dict[str, Any]]:
    """Train without each part of the preset, always anew."""
    points = STUDIES["ablation"].points(preset)
    runs = runs_of(points, ABLATION_SEEDS, data=dataset.digest)
    with scratch_folder("ablation") as scratch, opened_executor(1) as executor, Bar("runs") as bar:
        conduct([run for attempts in runs for run in attempts], executor, scratch, progress=bar.done)
        return rows_of(points, runs, scratch)


def open_fastest(preset: Preset) -> tuple[str, Backend]:
    """Open the fastest simulator that works here; say so when it is the second choice."""
    try:
        return "verilator", open_backend("verilator", preset)
    except UserError as error:
        remarks.print(f"  [yellow]{error}; going on with cxxrtl, which is slower[/yellow]")
        return "cxxrtl", open_backend("cxxrtl", preset)


def equality_checks(comparison: Comparison, model: Trained, total: int) -> list[Check]:
    """What the comparison of model and gateware has to show."""
    seen = f"{comparison.samples:,} of {total:,} samples"
    if comparison.first_divergence is not None:
        seen += f", then {comparison.first_divergence}"
    digest, expected = f"{comparison.digest:016x}", model.history[-1].state_digest
    return [
        Check(
            "After every sample of the whole training run, prediction, update flag and digest of all learned state are "
            "equal in model and gateware",
            comparison.equal and comparison.samples == total,
            seen,
        ),
        Check(
            "In the first samples, every potential, spike, count and eligibility is equal step by step",
            comparison.traced_samples == TRACED_SAMPLES,
            f"{comparison.traced_samples} of {TRACED_SAMPLES} samples",
        ),
        Check(
            "The trained state, read back through the processor's host port, is the one the model was tested with",
            digest == expected,
            digest if digest == expected else f"{digest}, expected {expected}",
        ),
    ]


def build_checks(built: BuildReport | UserError) -> list[Check]:
    """What the bitstream has to show."""
    promise = f"A bitstream for board {BOARD} fits and meets its clock"
    if isinstance(built, UserError):
        return [Check(promise, False, str(built))]
    checks = [Check(promise, True, f"{built.fmax_mhz:.1f} MHz, {built.clock_mhz:g} MHz needed")]
    budget = budget_of(built.board, built.preset)
    if budget is not None:
        excess = exceeded(built, budget)
        checks.append(Check("Resources and frequency stay within the committed budget", not excess, "; ".join(excess)))
    return checks


def outcome_of(pending: Future[BuildReport]) -> BuildReport | UserError:
    """Wait for the build; one that cannot succeed is a finding, not the end of the demonstration."""
    try:
        return pending.result()
    except UserError as error:
        return error


@click.command("demo")
@options.out("Folder of report and bitstream.", default=Path("build") / "demo")
@click.pass_context
def command(context: click.Context, out: Path) -> None:
    """Train, prove the gateware equal, build a bitstream, and write a report.

    Exits with 1 when model and gateware differ anywhere, or when the bitstream does not fit or is too slow.
    """
    preset, watch = preset_named(PRESET), Stopwatch()
    dataset = load(preset.dataset)
    # The tools of the build take one processor, training and simulation the other.
    with opened_executor(1) as executor:
        pending = executor.submit(build, BOARD, PRESET, out)
        with watch.part("Training in the golden model"):
            runs = train_seeds(preset, dataset)
        with watch.part("Training without each of its parts"):
            rows = ablate(preset, dataset)
        with watch.part("Compiling the gateware for simulation"):
            simulator, processor = open_fastest(preset)
        with watch.part("Training in the gateware, compared after every sample"), processor, Bar("samples") as bar:
            comparison = compare(processor, dataset, traced=TRACED_SAMPLES, progress=bar.done)
        with watch.part(f"Building the bitstream for board {BOARD}"):
            built = outcome_of(pending)

    total = preset.training.epochs * len(dataset.train_labels)
    checks = [*equality_checks(comparison, runs[0], total), *build_checks(built)]
    findings = Findings(
        command=f"threefactor demo --out {out}",
        preset=preset,
        dataset=dataset,
        runs=runs,
        checks=checks,
        comparison=comparison,
        simulator=simulator,
        build=None if isinstance(built, UserError) else built,
        ablation=rows,
        seconds=watch.seconds,
    )
    write_report(findings, out / REPORT)
    emit_table(("", "promise", "seen"), ((check.verdict, check.promise, check.seen) for check in checks))
    click.echo(f"test accuracy {findings.accuracy:.2%}, mean of {len(runs)} seeds")
    click.echo(f"report {out / REPORT}")
    click.echo("PASS" if findings.passed else "FAIL")
    context.exit(0 if findings.passed else 1)
