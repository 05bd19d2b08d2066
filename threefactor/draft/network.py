"""A network for given data and a given board, by rules that were measured on data of several kinds."""

from __future__ import annotations

from boards.catalogue import Board
from boards.estimate.requirements import requirements
from golden.data.files import OwnDataset
from golden.spec.config import Network, Preset, Training
from golden.spec.data import Data
from golden.spec.errors import UserError
from threefactor.draft.drive import amplitude, input_drive, spikes_of
from threefactor.draft.size import Size, sizes

FIRING_RATE = 0.075  # spikes a neuron and step at which thresholds settle
_LEAK_SHIFT = 2
_HOMEOSTASIS_GAIN = 5  # threshold fractions a spike
_STEPS_PER_BIN = 4
_BINS = (4, 2)  # from three on an address may take a multiplier, which costs clock
_UPDATES = 16_000  # samples that a training passes in all, epochs times samples
_EPOCHS = (10, 80)


def drafted(name: str, data: Data, dataset: OwnDataset, board: Board, seed: int = 1) -> Preset:
    """Return the largest preset of those tried that takes a data set and fits a board.

    One layer without recurrence and a readout that hears all of it, with the data set's inputs, steps and classes.

    Parameters
    ----------
    name
        Of the preset.
    data
        What the data set was read from, encoder included.
    dataset
        Read and encoded; only its training part is looked at.
    board
        Sets the sizes: neurons, widths of weights and lanes.
    seed
        Of the network.

    Raises
    ------
    UserError
        If not even the smallest network fits the board, or no network takes samples of this shape.
    """
    summary = f"{dataset.classes} classes of {dataset.name}, drafted for {board.name}"
    for size in sizes(board):
        for bins in _bins(dataset):
            network = _network(dataset, size, bins, seed)
            preset = Preset(name, summary, data, network, size.hardware, _training(dataset))
            if requirements(preset, board).met:
                return preset
    raise UserError(
        f"no network for {dataset.inputs} inputs and {dataset.classes} classes fits board {board.name}; choose a "
        "larger board, or give samples fewer inputs (fewer features or channels, fewer thresholds, a larger pool)"
    )


def _bins(dataset: OwnDataset) -> tuple[int, ...]:
    """Numbers of eligibility bins to try, the best first."""
    if dataset.steps is None:
        return (1,)
    most = max(1, dataset.steps // _STEPS_PER_BIN)
    return tuple(sorted({min(bins, most) for bins in _BINS}, reverse=True))


def _network(dataset: OwnDataset, size: Size, bins: int, seed: int) -> Network:
    shape = dataset.encoder.shape
    levels = shape.encoder == "levels"
    threshold_bits = size.weight_bits - 1
    weight_limit = (1 << size.weight_bits - 1) - 1
    readout_limit = (1 << size.readout_bits - 1) - 1
    drive = input_drive(spikes_of(dataset), _LEAK_SHIFT)
    return Network(
        inputs=shape.inputs,
        classes=dataset.classes,
        neurons=size.neurons,
        population=size.population,
        steps=shape.steps,
        encoder=shape.encoder,
        signed_input=shape.signed_input,
        weight_bits=size.weight_bits,
        readout_bits=size.readout_bits,
        threshold_bits=threshold_bits,
        leak_shift=_LEAK_SHIFT,
        post_bits=2,
        count_bits=min(10, max(4, (shape.steps // 2).bit_length())),
        bins=bins,
        homeostasis_gain=_HOMEOSTASIS_GAIN,
        homeostasis_decay=max(1, round(_HOMEOSTASIS_GAIN * FIRING_RATE * shape.steps)),
        recurrence="none",
        readout_fan_in=size.neurons,
        modulators=min(32, dataset.classes),
        margin=8 if levels else 4,
        input_amplitude=amplitude(1 << threshold_bits, drive, weight_limit),
        readout_amplitude=max(1, readout_limit // 20),
        seed=seed,
    )


def _training(dataset: OwnDataset) -> Training:
    low, high = _EPOCHS
    epochs = max(low, min(high, round(_UPDATES / len(dataset.train_labels))))
    readout_shift = 1 if dataset.steps is None else 3  # a sample of more steps has more spikes, and larger updates
    return Training(layer_shift=6, readout_shift=readout_shift, epochs=epochs, slower=(epochs // 2, epochs * 3 // 4))
