"""``threefactor watch``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from golden.data.datasets import Dataset
from golden.data.source import load
from golden.engine.network import FastNetwork
from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.state import State
from golden.system.writing import write_text
from golden.training.fit import require_fit
from golden.training.order import epoch_order, training_samples
from threefactor import options
from threefactor.console import Bar, emit_json, emit_table, emit_values

SAMPLES = 1000
ROWS = 8  # of the table of errors
CHUNK = 25  # samples between two steps of the bar


def learned(
    preset: Preset, dataset: Dataset, state: State, count: int
) -> tuple[State, NDArray[np.bool_], NDArray[np.bool_]]:
    """Learn the first samples of the recipe, as many epochs as it takes.

    Returns
    -------
    tuple
        The state after it, and of each sample whether its prediction was wrong, and whether it updated weights.
    """
    engine = FastNetwork(preset.network, state)
    wrong: list[NDArray[np.bool_]] = []
    updated: list[NDArray[np.bool_]] = []
    size = len(dataset.train_labels)
    with Bar("learning") as bar:
        for start in range(0, count, size):
            epoch = start // size
            order = epoch_order(preset.network.seed, epoch, size)[: count - start]
            samples, labels = training_samples(preset, dataset, epoch, order), dataset.train_labels[order]
            shifts = preset.training.shifts(min(epoch, preset.training.epochs - 1))
            for first in range(0, len(labels), CHUNK):
                part = slice(first, first + CHUNK)
                outcomes = engine.run_many(samples[part], labels[part], True, shifts)
                wrong.append(outcomes.predictions != labels[part])
                updated.append(outcomes.updated)
                bar.done(start + first, count)
    return engine.state, np.concatenate(wrong), np.concatenate(updated)


def chosen_neuron(text: str | None, preset: Preset, before: State, after: State) -> tuple[int, int]:
    """Layer and neuron of ``LAYER:NEURON``, by default the one whose weights changed the most.

    Raises
    ------
    UserError
        If the text is of another form, or the network has no such neuron.
    """
    from threefactor.plots.neuron import most_changed

    if text is None:
        return most_changed(before, after)
    layer, _, neuron = text.partition(":")
    network = preset.network
    if not (layer.isdecimal() and neuron.isdecimal() and int(layer) < network.layers and int(neuron) < network.neurons):
        raise UserError(
            f"--neuron must be LAYER:NEURON, layer 0..{network.layers - 1} and neuron 0..{network.neurons - 1}, "
            f"not {text!r}"
        )
    return int(layer), int(neuron)


@click.command("watch")
@options.preset
@options.data
@options.seed
@click.option("--samples", type=click.IntRange(min=2), default=SAMPLES, help="Learn the first N samples.")
@click.option("--neuron", help="Neuron to look into, LAYER:NEURON; by default the one that learns the most.")
@click.option(
    "-o", "--out", "file", type=click.Path(path_type=Path), default=Path("first-learning.svg"), help="Picture to write."
)
@options.as_json
def command(
    preset: Preset, data: Path | None, seed: int | None, samples: int, neuron: str | None, file: Path, as_json: bool
) -> None:
    """Watch a network learn its first samples, and draw it.

    The picture, an SVG for any browser, shows one neuron (its membrane potential, threshold and spikes) and all spikes
    in the same test sample before and after, and how the error falls meanwhile.
    """
    from threefactor.plots.neuron import Moment, first_learning

    preset = options.with_seed(preset, seed)
    dataset = load(preset.dataset, data)
    require_fit(preset.network, dataset, None)
    before = State.initial(preset.network)
    after, wrong, updated = learned(preset, dataset, before, samples)
    where = chosen_neuron(neuron, preset, before, after)
    picture = first_learning(
        preset.network,
        (Moment("before learning", before), Moment(f"after {samples:,} samples", after)),
        where,
        dataset.test_samples[0],
        int(dataset.test_labels[0]),
        wrong,
        updated,
    )
    write_text(file, str(picture))
    parts: list[dict[str, Any]] = [
        {
            "samples": [int(part[0]) + 1, int(part[-1]) + 1],
            "wrong": float(wrong[part].mean()),
            "updated": float(updated[part].mean()),
        }
        for part in np.array_split(np.arange(samples), min(ROWS, samples))
    ]
    found: dict[str, Any] = {
        "preset": preset.name,
        "seed": preset.network.seed,
        "layer": where[0],
        "neuron": where[1],
        "picture": str(file),
    }
    if as_json:
        emit_json({**found, "parts": parts})
        return
    emit_table(
        ("samples", "wrong", "weights updated"),
        (
            (f"{part['samples'][0]:,} to {part['samples'][1]:,}", f"{part['wrong']:.1%}", f"{part['updated']:.1%}")
            for part in parts
        ),
    )
    emit_values(found)
