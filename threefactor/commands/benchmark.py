"""``threefactor benchmark``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from golden.spec.config import Preset
from golden.spec.data import Data
from golden.spec.errors import UserError
from golden.system.writing import write_json
from threefactor import options
from threefactor.benchmark.measurement import NETWORK, Measurement
from threefactor.benchmark.optional import backpropagation, classifiers, linear
from threefactor.benchmark.presets import measure_preset
from threefactor.benchmark.speed import measure_engine, measure_reference
from threefactor.console import emit_json, emit_table, emit_values, remarks
from threefactor.studies.executors import opened_executor

OUT = Path("runs") / "benchmark"


@click.command("benchmark")
@click.option(
    "--preset", type=options.PresetName(), help="Only what linear classifiers reach on the data of this preset's file."
)
@click.option(
    "--engine",
    "presets",
    type=options.PresetName(),
    multiple=True,
    help="Only the engine on this preset, alone and in a training; can be given several times.",
)
@options.data
@click.option(
    "--samples", type=click.IntRange(min=100), default=10000, show_default=True, help="Images that the engine learns."
)
@options.out("Folder of benchmark.json or engine.json.", default=OUT)
@options.as_json
def command(
    preset: Preset | None, presets: tuple[Preset, ...], data: Path | None, samples: int, out: Path, as_json: bool
) -> None:
    """Measure the speed of engine and reference on a dense recurrent network of 784-256-10.

    With snnTorch installed, also that of backpropagation through time on the same network. Everything runs on one
    thread, each model in a process of its own. With scikit-learn installed, also what two usual classifiers reach on
    the split that preset digits learns; and with --preset, what linear ones reach on somebody's own data.

    With --engine, the speed of the engine on presets, beside each other: of learning and inference alone, and of the
    first epoch of a training with all that belongs to it. A preset whose data is not there is left out.
    """
    if preset is not None and presets:
        raise UserError("--preset compares linear classifiers, --engine measures the engine; name one of them")
    if presets:
        _compare_presets(presets, data, samples, out, as_json=as_json)
        return
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
    _emit_measurements(measurements)
    for task, ratio in ratios.items():
        click.echo(f"{task}: the engine is {ratio:,.0f} times as fast as the reference")
    click.echo(f"images: {'MNIST' if source == 'mnist' else 'synthetic, as sparse as MNIST'}")
    for name, reached in (accuracies or {}).items():
        click.echo(f"digits, test accuracy of {name}: {', '.join(f'{accuracy:.2%}' for accuracy in reached)}")
    click.echo(f"written to {out / 'benchmark.json'}")


def _emit_measurements(measurements: Sequence[Measurement]) -> None:
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
    click.echo("samples per second of processor time, one thread")


def _compare_presets(presets: Sequence[Preset], data: Path | None, samples: int, out: Path, *, as_json: bool) -> None:
    """Print how fast the engine is on presets, each measured in a process of its own."""
    measurements: list[Measurement] = []
    left_out: dict[str, str] = {}
    for preset in presets:
        remarks.print(f"measuring the engine on {preset.name}")
        try:
            with opened_executor(1) as executor:
                measurements += executor.submit(measure_preset, preset, data, samples).result()
        except UserError as error:
            left_out[preset.name] = str(error)
            remarks.print(f"{preset.name} is left out: {error}")
    if not measurements:
        raise UserError(next(iter(left_out.values())))
    values = {"measurements": [asdict(measurement) for measurement in measurements], "left_out": left_out}
    write_json(out / "engine.json", values)
    if as_json:
        emit_json(values)
        return
    _emit_measurements(measurements)
    click.echo(f"written to {out / 'engine.json'}")


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
