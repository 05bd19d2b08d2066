"""Whether a network and a data set belong together."""

from __future__ import annotations

from golden.data.datasets import Dataset
from golden.spec.config import Network
from golden.spec.errors import UserError


def require_fit(network: Network, dataset: Dataset, limit: int | None = None, *, tested: bool = True) -> None:
    """Raise UserError unless ``network`` can learn the first ``limit`` samples of ``dataset``, by default all.

    Parameters
    ----------
    tested
        Whether there must be test samples.
    """
    if network.encoder != ("levels" if dataset.steps is None else "events"):
        kind = "levels" if dataset.steps is None else "events"
        raise UserError(f"data set {dataset.name!r} holds {kind}, so the network needs encoder {kind!r}")
    if dataset.steps not in (None, network.steps):
        raise UserError(
            f"data set {dataset.name!r} has {dataset.steps} steps, but the network {network.steps}; "
            "choose a preset made for it"
        )
    if dataset.signed and not network.signed_input:
        raise UserError(f"data set {dataset.name!r} has negative levels, so the network needs signed_input")
    if dataset.inputs != network.inputs:
        raise UserError(
            f"data set {dataset.name!r} has {dataset.inputs} inputs, but the network {network.inputs}; "
            "choose a preset made for it"
        )
    if dataset.classes > network.classes:
        raise UserError(
            f"data set {dataset.name!r} has {dataset.classes} classes, but the network {network.classes}; "
            "choose a preset made for it"
        )
    for part, labels, needed in (("training", dataset.train_labels, True), ("test", dataset.test_labels, tested)):
        if needed and not len(labels):
            raise UserError(f"data set {dataset.name!r} has no {part} samples; choose another")
    if limit is not None and limit < 1:
        raise UserError(f"limit must be at least 1, not {limit}")
