"""``threefactor board benchmark``."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from boards.catalogue import BOARDS, board_named
from boards.host.client import Client
from boards.simulated.board import SimulatedBoard
from boards.simulated.line import SimulatedLine
from boards.simulated.model import compiled_board
from boards.throughput import home_of, measured
from golden.data.source import load
from golden.spec.config import Preset
from golden.state import State
from golden.training.order import epoch_order, training_samples
from threefactor import options
from threefactor.console import Bar, emit, remarks


@click.command("benchmark")
@options.preset
@click.option("--board", type=options.Name(BOARDS), help="Board to simulate; by default that of the preset.")
@options.data
@click.option("--samples", type=click.IntRange(min=2), default=300, show_default=True, help="How many are learned.")
@options.as_json
def command(preset: Preset, board: str | None, data: Path | None, samples: int, as_json: bool) -> None:
    """Measure how fast a simulated board learns over its line, beside what its core could do.

    Seconds are the chip's. The samples are the first that a training of the preset learns, from its initial state.
    """
    target = (home_of(preset) if board is None else board_named(board)).for_preset(preset.name)
    dataset = load(preset.dataset, data)
    order = epoch_order(preset.network.seed, 0, len(dataset.train_samples))[:samples]
    lessons, labels = training_samples(preset, dataset, 0, order), dataset.train_labels[order]
    with remarks.status("compiling the board: a minute at most, unless nothing has changed"):
        library = compiled_board(preset, target)
    with SimulatedBoard(library, target) as simulated:
        line = SimulatedLine(simulated)
        client = Client(line, preset)
        state = State.initial(preset.network)
        loading = line.now()
        client.load(state)
        loaded = line.now()
        client.set_shifts(*preset.training.shifts(0))
        started = line.now()
        with Bar("samples") as bar:
            for index, _ in enumerate(client.run(lessons, labels, learn=True), start=1):
                bar.done(index, len(lessons))
        seconds = line.now() - started
        started = line.now()
        for sample, label in zip(lessons[:20], labels[:20], strict=False):
            for _ in client.run(sample[np.newaxis], label[np.newaxis], learn=True):
                pass
        alone = (line.now() - started) / min(20, len(lessons))
    core = measured(preset, target, state, dataset, len(lessons))["learning"].samples_per_second
    emit(
        {
            "preset": preset.name,
            "board": target.name,
            "baud": target.baud,
            "samples": len(lessons),
            "samples_per_second": len(lessons) / seconds,
            "core_samples_per_second": core,
            "of_the_core_fraction": len(lessons) / seconds / core,
            "milliseconds_of_one_alone": 1e3 * alone,
            "seconds_to_load": loaded - loading,
            "resent": client.pipe.resent,
        },
        as_json=as_json,
    )
