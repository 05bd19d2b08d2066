"""A test part out of the training part, class by class."""

from __future__ import annotations

from golden.data.images import Bytes
from golden.spec.generator import Generator, Purpose


def stratified(labels: Bytes, percent: int, seed: int) -> tuple[list[int], list[int]]:
    """Return the indices of the training and the test part.

    All indices are shuffled by ``Generator(seed, SPLIT)``; of a class with n samples the first
    min(n - 1, floor((n percent + 50) / 100)) in that order are for the test. Both parts keep the order.
    """
    order = list(range(len(labels)))
    Generator(seed, Purpose.SPLIT).shuffle(order)
    classes = labels.tolist()
    counts = [classes.count(label) for label in range(max(classes) + 1)]
    left = [min(count - 1, (count * percent + 50) // 100) for count in counts]
    training, test = [], []
    for index in order:
        if left[classes[index]] > 0:
            left[classes[index]] -= 1
            test.append(index)
        else:
            training.append(index)
    return training, test
