"""How fast a processor is on a board: cycles a sample, samples a second, and how busy that keeps the memories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boards.catalogue import BOARDS, Board
from golden.cycles.activity import Activity, observe, weights_delivered, weights_updated
from golden.cycles.model import count_cycles
from golden.data.datasets import Dataset
from golden.spec.config import Network, Preset
from golden.state import State
from golden.training.order import epoch_order, training_samples

SYNTHETIC_ACTIVITY = 0.2  # fraction of inputs that are not 0


@dataclass(frozen=True)
class Throughput:
    """Speed of a preset on a board, means over samples that follow each other without a pause.

    Attributes
    ----------
    samples
        How many.
    update_fraction
        Fraction at which weights were updated.
    cycles
        Clock cycles a sample.
    stages
        What they are spent on, see golden.cycles.model.
    samples_per_second
        At the clock of the board.
    operations_per_second
        Synaptic operations: weights that spikes add to currents and readout potentials.
    updates_per_second
        Weights that the plasticity rule visits.
    memory_share
        Bits of the weights of these operations, as a fraction of what all memories of the chip could deliver.
    """

    samples: int
    update_fraction: float
    cycles: float
    stages: Mapping[str, float]
    samples_per_second: float
    operations_per_second: float
    updates_per_second: float
    memory_share: float


def home_of(preset: Preset) -> Board:
    """The board that a preset is meant for: the iCEBreaker with single-port weight memories, else the ULX3S."""
    return BOARDS["icebreaker" if preset.hardware.single_port else "ulx3s-85f"]


def throughput(preset: Preset, board: Board, activity: Activity) -> Throughput:
    """Speed at given activity, all samples but the first, with which nothing overlaps."""
    network, board = preset.network, board.for_preset(preset.name)
    counted = count_cycles(board.adapted(preset), activity)
    cycles = float(counted.per_sample[1:].mean())
    per_second = board.clock_hz / cycles
    layers, links = (float(weights[1:].mean()) for weights in weights_delivered(network, activity))
    bits = layers * network.weight.bits + links * network.readout_weight.bits
    return Throughput(
        samples=len(activity) - 1,
        update_fraction=float(activity.updated[1:].mean()),
        cycles=cycles,
        stages=counted.means(),
        samples_per_second=per_second,
        operations_per_second=per_second * (layers + links),
        updates_per_second=per_second * float(weights_updated(network, activity)[1:].mean()),
        memory_share=bits / cycles / board.memory_bits_per_cycle,
    )


def measured(
    preset: Preset, board: Board, state: State, dataset: Dataset, samples: int, *, epoch: int = 0, skipped: int = 0
) -> dict[str, Throughput]:
    """Speed of ``learning`` and ``inference`` in a state, on samples of a data set.

    Parameters
    ----------
    preset
        With the seed of the run.
    board
        Where its processor runs.
    state
        Where both begin; it stays as it is.
    dataset
        Its training samples are learned, its test samples are predicted.
    samples
        How many of either.
    epoch, skipped
        The training samples are those of this epoch (from 0), after so many others.
    """
    shifts = preset.training.shifts(min(epoch, preset.training.epochs - 1))
    order = epoch_order(preset.network.seed, epoch, len(dataset.train_labels))[: skipped + samples + 1]
    learned = training_samples(preset, dataset, epoch, order)[skipped:], dataset.train_labels[order[skipped:]]
    tested = dataset.test_samples[: samples + 1], dataset.test_labels[: samples + 1]
    return {
        name: throughput(
            preset,
            board,
            observe(preset.network, state.copy(), inputs, labels, learn=learn, shifts=shifts),
        )
        for name, (inputs, labels), learn in (("learning", learned, True), ("inference", tested, False))
    }


def synthetic(network: Network, samples: int) -> Dataset:
    """Noise in the form of a data set, for want of one."""
    random = np.random.default_rng(network.seed)
    events = network.encoder == "events"
    shape = (samples + 1, network.steps, network.inputs) if events else (samples + 1, network.inputs)
    chosen = random.random(shape) < SYNTHETIC_ACTIVITY
    if events:
        inputs: NDArray[np.integer] = chosen.astype(np.uint8)
    elif network.signed_input:
        inputs = (random.integers(-15, 16, shape) * chosen).astype(np.int8)
    else:
        inputs = (random.integers(1, 16, shape) * chosen).astype(np.uint8)
    labels = random.integers(0, network.classes, samples + 1).astype(np.uint8)
    return Dataset("synthetic", inputs, labels, inputs, labels)  # type: ignore[arg-type]
