"""What may run through a network: samples, labels and rates, checked before compiled code or hardware sees them.

Neither looks at bounds: a label beyond the classes, a level beyond the formats or an array of another type would be
taken as it is, or wrapped into something else.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.spec.config import Network
from golden.spec.errors import UserError
from golden.spec.training import require_shifts


def levels_of(network: Network) -> tuple[str, int, int]:
    """What samples hold, ``levels`` or ``events``, and their smallest and largest value."""
    if network.encoder == "events":
        return "events", 0, 1
    return "levels", -15 if network.signed_input else 0, 15


def require_form(network: Network, samples: NDArray[np.integer], labels: NDArray[np.integer]) -> None:
    """Raise UserError unless samples and labels are arrays of integers, in the shapes of :func:`checked`."""
    for name, array in (("samples", samples), ("labels", labels)):
        if not isinstance(array, np.ndarray):
            raise UserError(f"{name} must be a NumPy array, not {type(array).__name__}")
        if array.dtype.kind not in "iu":
            raise UserError(f"{name} must be integers, not {array.dtype}")
    shape = (network.inputs,) if network.encoder == "levels" else (network.steps, network.inputs)
    if samples.ndim != len(shape) + 1 or samples.shape[1:] != shape:
        raise UserError(f"samples must have shape (n, {', '.join(map(str, shape))}), not {samples.shape}")
    if labels.shape != samples.shape[:1]:
        raise UserError(f"there must be one label a sample ({len(samples)}), not labels of shape {labels.shape}")


def require_samples(network: Network, samples: NDArray[np.integer], labels: NDArray[np.integer]) -> None:
    """Raise UserError unless samples have the form and the values that the network takes."""
    require_form(network, samples, labels)
    what, low, high = levels_of(network)
    for extreme in (samples.min(), samples.max()) if samples.size else ():
        if not low <= extreme <= high:
            raise UserError(f"{what} must be in {low}..{high}, not {extreme}")


def require_labels(network: Network, labels: NDArray[np.integer]) -> None:
    """Raise UserError unless labels are classes of the network."""
    if labels.size and labels.max() >= network.classes:
        raise UserError(f"labels must be below classes ({network.classes}), not {labels.max()}")
    if labels.size and labels.min() < 0:
        raise UserError(f"labels must be 0 or more, not {labels.min()}")


def checked(
    network: Network,
    samples: NDArray[np.integer],
    labels: NDArray[np.integer],
    *,
    learn: bool,
    shifts: tuple[int, int],
) -> tuple[NDArray[np.int8], NDArray[np.uint8]]:
    """Return samples and labels as compiled code takes them: contiguous, writeable, in native types.

    Parameters
    ----------
    samples
        Levels 0..15 (-15..15 with ``signed_input``), shape (n, inputs), or events 0 and 1, shape (n, T, inputs), in
        any integer type.
    labels
        Class of each sample, shape (n,), in any integer type.
    learn
        Without it labels and shifts decide nothing and may be anything, (0, 0) for example.
    shifts
        Layer and readout learning-rate shifts, 1..12.

    Raises
    ------
    UserError
        If types, shapes or values do not fit the network.
    """
    require_samples(network, samples, labels)
    if learn:
        require_labels(network, labels)
        require_shifts(shifts)
    # Writeable even where the caller's are not: Numba would compile everything once more for read-only arrays.
    return np.require(samples, np.int8, ["C", "W", "E"]), np.require(labels, np.uint8, ["C", "W", "E"])
