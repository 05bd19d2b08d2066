"""Which samples an epoch learns, and in which order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.data.augment import augmented
from golden.data.datasets import Dataset
from golden.data.images import Levels
from golden.spec.config import Preset
from golden.spec.generator import Generator, Purpose


def epoch_order(seed: int, epoch: int, count: int) -> NDArray[np.int64]:
    """Return the order of the training samples in an epoch.

    Parameters
    ----------
    seed, epoch
        Indices 0..count-1 are shuffled by ``Generator(seed + 65536 * epoch, Purpose.ORDER)``; epochs count from 0.
    count
        Number of training samples.
    """
    order = list(range(count))
    Generator(seed + 65536 * epoch, Purpose.ORDER).shuffle(order)
    return np.array(order, dtype=np.int64)


def training_samples(preset: Preset, dataset: Dataset, epoch: int, order: NDArray[np.int64]) -> Levels:
    """Return the samples that an epoch learns, one after the other, augmented as the recipe says.

    Parameters
    ----------
    preset
        Its network holds the seed of the run.
    epoch
        Counted from 0.
    order
        ``epoch_order`` of the epoch, or its beginning.
    """
    training = preset.training
    return augmented(dataset.train_samples[order], training.augmentation, preset.network.seed, epoch)
