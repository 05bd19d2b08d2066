"""Make a recording (golden.spec.recording): a training as the commands that a host would send."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from boards.catalogue import Board
from boards.host.commands import adjusting, loading, rates, sampling
from golden.data.datasets import Dataset
from golden.placement import contents_of
from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.spec.protocol import Command, identity
from golden.spec.recording import END, HEADER_BYTES, Recording
from golden.state import State
from golden.system.writing import written_file
from golden.training.fit import require_fit
from golden.training.order import epoch_order, training_samples

_CHUNK = 250  # samples between two reports


@dataclass(frozen=True)
class Made:
    """A recording that was made.

    Attributes
    ----------
    header
        What it says of itself.
    size
        Bytes of the file.
    """

    header: Recording
    size: int


def record(
    path: Path,
    preset: Preset,
    board: Board,
    dataset: Dataset,
    *,
    limit: int | None = None,
    tested: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Made:
    """Write the training of a preset from its initial state, epoch after epoch, as golden.training has it.

    Parameters
    ----------
    path
        The file, written whole or not at all.
    preset, board
        What was built for what, as for boards.bitstream; seed, epochs and rates are the preset's.
    limit
        Only the first samples of either part.
    tested
        The test samples as well, after every epoch, without learning.
    progress
        Told how many samples of how many are done.

    Raises
    ------
    UserError
        If data set and network do not fit, the board has no flash, or it has no room for so much.
    """
    require_fit(preset.network, dataset, limit, tested=tested)
    room, epochs = board.store.room, preset.training.epochs
    preset = board.for_preset(preset.name).adapted(preset)
    built = identity(preset, board.clock_hz, board.link_memory)
    trained, tests = (len(dataset.train_labels[:limit]), len(dataset.test_labels[:limit]) if tested else 0)
    total, samples, crc, size = epochs * (trained + tests), 0, 0, HEADER_BYTES
    with written_file(path, "recording") as temporary, temporary.open("wb") as file:
        file.write(bytes(HEADER_BYTES))

        def add(commands: bytes) -> None:
            nonlocal crc, size
            file.write(commands)
            crc, size = zlib.crc32(commands, crc), size + len(commands)

        for command in chain(
            adjusting(preset, None), loading(preset, contents_of(preset, State.initial(preset.network)))
        ):
            add(command)
        for epoch in range(epochs):
            for command in _epoch(preset, dataset, epoch, limit, tested=tested):
                add(command)
                samples += command[0] == Command.SAMPLE
                if progress is not None and samples % _CHUNK == 0:
                    progress(samples, total)
                if size + 1 > room:
                    raise _too_large(preset, board, epoch, epochs)
        add(bytes((END,)))
        if progress is not None:
            progress(samples, total)
        header = Recording(
            built.protocol, built.network, built.layout, preset.name, epochs, samples, size - HEADER_BYTES, crc
        )
        file.seek(0)
        file.write(header.encode())
    return Made(header, size)


def _epoch(preset: Preset, dataset: Dataset, epoch: int, limit: int | None, *, tested: bool) -> Iterator[bytes]:
    network = preset.network
    yield from rates(preset, preset.training.shifts(epoch))
    order = epoch_order(network.seed, epoch, len(dataset.train_labels[:limit]))
    learned = training_samples(preset, dataset, epoch, order)
    for sample, label in zip(learned, dataset.train_labels[order], strict=True):
        yield sampling(network, sample, int(label), learn=True)
    if tested:
        for sample, label in zip(dataset.test_samples[:limit], dataset.test_labels[:limit], strict=True):
            yield sampling(network, sample, int(label), learn=False)


def _too_large(preset: Preset, board: Board, fit: int, epochs: int) -> UserError:
    several = "epochs fit" if fit > 1 else "epoch fits"
    most = f"{fit} {several}, so say --epochs {fit}" if fit else "not one epoch fits, so take fewer samples (--limit)"
    return UserError(
        f"{epochs} epochs of {preset.name} do not fit the flash of {board.name}, {board.store.room:,} bytes; {most}"
    )
