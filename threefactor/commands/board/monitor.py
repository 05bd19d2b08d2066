"""``threefactor board monitor``."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import count as counting
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from rich.live import Live
from rich.table import Table

from boards.host.client import Observation, Prediction
from boards.host.connection import Connection
from boards.host.pipe import LineLostError, StateLostError
from golden.data.datasets import Dataset
from golden.spec.config import Preset
from golden.spec.protocol import SAMPLES_BYTES
from golden.training.fit import require_fit
from golden.training.order import epoch_order, training_samples
from threefactor import options
from threefactor.commands.board import reach as reaching
from threefactor.commands.board.reach import Reach, reach
from threefactor.commands.board.settings import settings_shown
from threefactor.console import as_text, emit, remarks
from threefactor.runs import data_of

LATELY = 500  # samples
PARTS = ("training", "test")
_TURN = 0.25  # seconds between two looks


class Figures:
    """What the answers of a chip tell, over all samples and over the last ones.

    Parameters
    ----------
    learning
        Whether the samples are learned: only then there are updates.
    """

    def __init__(self, *, learning: bool) -> None:
        self._learning = learning
        self.samples = self._right = self._updated = 0
        self._lately: deque[tuple[bool, bool]] = deque(maxlen=LATELY)
        self._observed = self._spikes = self._operations = self._cycles = self._margins = 0
        self._started = time.perf_counter()

    def add(self, label: int, prediction: Prediction) -> None:
        """Take one more answer."""
        right = prediction.winner == label
        self.samples += 1
        self._right += right
        self._updated += prediction.updated
        self._lately.append((right, prediction.updated))

    def observe(self, seen: Observation) -> None:
        """Take what a monitored chip tells of the sample besides."""
        self._observed += 1
        self._margins += seen.margin
        for name, step in seen.steps.items():
            self._spikes += step if name.endswith("_spikes") else 0
            self._operations += step if name.endswith("_operations") else 0
            self._cycles += step if name == "cycles" else 0

    def values(self) -> dict[str, int | float]:
        """The figures by name; none before the first answer."""
        if not self.samples:
            return {}
        lately = len(self._lately)
        found: dict[str, int | float] = {
            "samples": self.samples,
            "samples_per_second": self.samples / (time.perf_counter() - self._started),
            "accuracy": self._right / self.samples,
            "last_samples": lately,
            "last_accuracy": sum(right for right, _ in self._lately) / lately,
        }
        if self._learning:
            found["update_fraction"] = self._updated / self.samples
            found["last_update_fraction"] = sum(updated for _, updated in self._lately) / lately
        if self._observed:
            found |= {
                "spikes_per_sample": self._spikes / self._observed,
                "synaptic_operations_per_sample": self._operations / self._observed,
                "synaptic_operations_per_second": self._operations / (time.perf_counter() - self._started),
                "cycles_per_sample": self._cycles / self._observed,
                "margin": self._margins / self._observed,
            }
        return found


def lessons(
    preset: Preset, dataset: Dataset, part: str, connection: Connection, *, learn: bool, samples: int | None
) -> Iterator[tuple[int, Prediction | Observation]]:
    """Run a part of a data set over and over, and yield label and answer of each sample.

    The training part comes in the order and with the changes of the epochs of a training, the test part as it is. No
    more than ``samples`` are sent. A line that breaks is taken up again.
    """
    for turn in counting():
        if part == "training":
            order = epoch_order(preset.network.seed, turn, len(dataset.train_labels))[:samples]
            inputs, labels = training_samples(preset, dataset, turn, order), dataset.train_labels[order]
        else:
            inputs, labels = dataset.test_samples[:samples], dataset.test_labels[:samples]
        yield from _answers(connection, inputs, labels, learn=learn)
        if samples is not None:
            samples -= len(labels)
            if not samples:
                return


def _answers(
    connection: Connection, inputs: NDArray[np.integer], labels: NDArray[np.integer], *, learn: bool
) -> Iterator[tuple[int, Prediction | Observation]]:
    """Run samples, and yield label and answer of each; of those that were under way when the line broke none."""
    done = 0
    while done < len(labels):
        client = connection.client
        run = client.observe if client.monitored else client.run
        try:
            for answer in run(inputs[done:], labels[done:], learn=learn):
                done += 1
                yield int(labels[done - 1]), answer
        except (LineLostError, StateLostError) as error:
            connection.again(error)
            # What a chip that was not switched off has learned meanwhile, it learns once.
            unheard = (connection.client.samples - client.samples) % (1 << 8 * SAMPLES_BYTES)
            if learn and done + unheard <= len(labels):
                done += unheard


def panel(values: dict[str, int | float | str]) -> Table:
    """Names and figures, one pair a line."""
    table = Table.grid(padding=(0, 2))
    for name, value in values.items():
        table.add_row(name.replace("_", " "), as_text(name, value))
    return table


@click.command("monitor")
@click.option("--part", type=options.Choice(PARTS), default="test", show_default=True, help="Samples that are run.")
@click.option("--learn/--no-learn", default=False, show_default=True, help="Let the chip learn from them.")
@options.samples
@reaching.preset
@options.data
@reaching.patience
@reach
@options.as_json
def command(
    part: str,
    learn: bool,
    samples: int | None,
    preset: Preset | None,
    data: Path | None,
    patience: float,
    reach: Reach,
    as_json: bool,
) -> None:
    """Run samples on the chip as it is, and watch what it answers, until N samples are done or Ctrl-C.

    With --learn it learns at the rates and settings that it has (board set). The chip answers a class, and whether
    weights were updated. A chip that is monitored also tells spikes, synaptic operations and class potentials of every
    sample, one after the other; the margin is the winner's potential minus that of the runner-up. A line that breaks is
    taken up again, with the chip as it is then.
    """
    place = reach.find()
    with Connection(reach.opened, preset, patience=patience, told=remarks.print) as connection:
        client, preset = connection.client, connection.preset
        client.loaded_state()  # or it is refused
        dataset = data_of(preset, None, data)
        require_fit(preset.network, dataset)
        layer, readout = client.shifts()
        head: dict[str, int | float | str] = {"port": place.port, "preset": preset.name, "part": part}
        if learn:
            head |= {"layer_shift": layer, "readout_shift": readout}
        if preset.hardware.adjustable:
            head |= settings_shown(client.settings(), preset)
        figures = Figures(learning=learn)

        def values() -> dict[str, int | float | str]:
            line = {"frames_resent": connection.resent, "frames_damaged": connection.damaged}
            line["breaks"] = connection.breaks
            return {**head, **figures.values(), **line, "samples_since_power_up": connection.client.samples}

        stopped = False
        shown = Live(console=remarks, auto_refresh=False, transient=True) if remarks.is_terminal else nullcontext()
        with shown as live:
            told = 0.0
            try:
                for label, answer in lessons(preset, dataset, part, connection, learn=learn, samples=samples):
                    if isinstance(answer, Observation):
                        figures.observe(answer)
                        answer = answer.prediction
                    figures.add(label, answer)
                    if live is not None and time.perf_counter() >= told + _TURN:
                        told = time.perf_counter()
                        live.update(panel(values()), refresh=True)
            except KeyboardInterrupt:
                stopped = True
        # Who was interrupted may have samples under way, whose answers nobody waits for.
        counters = {} if stopped or not connection.client.monitored else connection.client.counters()
    emit({**values(), **({"counters": counters} if as_json and counters else {})}, as_json=as_json)
    if stopped:
        raise KeyboardInterrupt
