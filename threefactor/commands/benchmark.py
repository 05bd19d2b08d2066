"""``threefactor benchmark``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from golden.spec.config import Preset
from golden.spec.data import Data
from golden.spec.errors import UserError
from golden.system.writing import write_json
from threefactor import options
from threefactor.benchmark.measurement import NETWORK
from threefactor.benchmark.optional import backpropagation, classifiers, linear
from threefactor.benchmark.speed import measure_engine, measure_reference
from threefactor.console import emit_json, emit_table, emit_values, remarks
from threefactor.studies.executors import opened_executor

OUT = Path("runs") / "benchmark"


@click.command("benchmark")
@click.option(
    "--preset", type=options.PresetName(), help="Only what linear classifiers reach on the data of this preset's file."
)
@options.data
@click.option(
    "--samples", type=click.IntRange(min=100), default=10000, show_default=True, help="Images that the engine learns."
)
@options.out("Folder of benchmark.json.", default=OUT)
@options.as_json
def command(preset: Preset | None, data: Path | None, samples: int, out: Path, as_json: bool) -> None:
    """Measure the speed of engine and reference on a dense recurrent network of 784-256-10.

    With snnTorch installed, also that of backpropagation through time on the same network. Everything runs on one
    thread, each model in a process of its own. With scikit-learn installed, also what two usual classifiers reach on
    the split that preset digits learns; and with --preset, what linear ones reach on somebody's own data.
    """
    if preset is not None:
        _compare_linear(preset, as_json=as_json)
        return
    few = max(10, samples // 100)
    remarks.print("measuring the engine")
    with opened_executor(1) as executor:
        source, measurements, state = executor.submit(measure_engine, data, samples).result()
    remarks.print("measuring the reference")
    with opened_executor(1) as executor:
        measurements += executor.submit(measure_reference, data, samples, state, few).result()
    measure = backpropagation()
    if measure is None:
        remarks.print("backpropagation through time is skipped, because snnTorch is not installed")
    else:
        remarks.print("measuring backpropagation through time")
        with opened_executor(1) as executor:
            measurements += executor.submit(measure, data, samples, few).result()
    measure_accuracies = classifiers()
    if measure_accuracies is None:
        remarks.print("classifiers on digits are skipped, because scikit-learn is not installed")
        accuracies = None
    else:
        remarks.print("measuring classifiers on digits")
        with opened_executor(1) as executor:
            accuracies = executor.submit(measure_accuracies).result()

    speed = {(measurement.model, measurement.task): measurement.samples_per_second for measurement in measurements}
    ratios = {task: speed["engine", task] / speed["reference", task] for task in ("learning, second pass", "inference")}
    values = {
        "network": asdict(NETWORK),
        "images": source,
        "measurements": [asdict(measurement) for measurement in measurements],
        "engine_to_reference": ratios,
        "digits_accuracies": accuracies,
    }
    write_json(out / "benchmark.json", values)
    if as_json:
        emit_json(values)
        return
    emit_table(
        ("model", "task", "samples/s", "samples", "updates", "peak memory"),
        (
            (
                measurement.model,
                measurement.task,
                f"{measurement.samples_per_second:,.0f}",
                f"{measurement.samples:,}",
                "-" if measurement.update_fraction is None else f"{measurement.update_fraction:.0%}",
                f"{measurement.peak_megabytes:,.0f} MB",
            )
            for measurement in measurements
        ),
    )
    for task, ratio in ratios.items():
        click.echo(f"{task}: the engine is {ratio:,.0f} times as fast as the reference")
    click.echo("samples per second of processor time, one thread")
    click.echo(f"images: {'MNIST' if source == 'mnist' else 'synthetic, as sparse as MNIST'}")
    for name, reached in (accuracies or {}).items():
        click.echo(f"digits, test accuracy of {name}: {', '.join(f'{accuracy:.2%}' for accuracy in reached)}")
    click.echo(f"written to {out / 'benchmark.json'}")


def _compare_linear(preset: Preset, *, as_json: bool) -> None:
    """Print what linear classifiers reach on own data, read and split as the preset's training has it."""
    if not isinstance(preset.dataset, Data):
        raise UserError(
            f"preset {preset.name} learns a data set that is shipped; name a preset file with data of yours"
        )
    accuracies = linear()(preset.dataset)
    values = {"preset": preset.name, "dataset": preset.dataset_name}
    if as_json:
        emit_json({**values, "test_accuracies": accuracies})
        return
    emit_values({**values, **{f"{name}, test accuracy": reached for name, reached in accuracies.items()}})
