"""The one configuration: what is computed (Network), how (Hardware), the recipe (Training), and a Preset of all."""

from __future__ import annotations

from dataclasses import dataclass

from golden.spec.data import Data
from golden.spec.errors import ConfigurationError, require
from golden.spec.fields import check_fields
from golden.spec.hardware import Hardware
from golden.spec.network import DITHER_MULTIPLIER, RECURRENCES, Network
from golden.spec.network_formats import BROADCAST_LIMIT, RECALL_BITS
from golden.spec.training import SHIFT_LIMIT, Training

__all__ = (
    "BROADCAST_LIMIT",
    "DITHER_MULTIPLIER",
    "RECALL_BITS",
    "RECURRENCES",
    "SHIFT_LIMIT",
    "ConfigurationError",
    "Hardware",
    "Network",
    "Preset",
    "Training",
)


@dataclass(frozen=True)
class Preset:
    """A named network with its hardware, its recipe and its data set.

    Parameters
    ----------
    name, summary
        For the user.
    dataset
        Name of a data set of golden/data/datasets.py, or files of somebody's own.
    network, hardware, training
        What is computed, how, and the recipe.
    """

    name: str
    summary: str
    dataset: str | Data
    network: Network
    hardware: Hardware
    training: Training

    @property
    def dataset_name(self) -> str:
        """Name of the data set, or of the file of its training part."""
        return self.dataset if isinstance(self.dataset, str) else self.dataset.name

    def __post_init__(self) -> None:
        check_fields(self)
        network, hardware = self.network, self.hardware
        require(
            network.neurons % hardware.lanes == 0,
            f"neurons ({network.neurons}) must be a multiple of lanes ({hardware.lanes})",
        )
        require(
            network.inputs % hardware.axon_lanes == 0 and network.neurons % hardware.axon_lanes == 0,
            f"inputs ({network.inputs}) and neurons ({network.neurons}) must be multiples of axon_lanes "
            f"({hardware.axon_lanes})",
        )
        require(
            network.layers % hardware.layers_per_core == 0,
            f"layers ({network.layers}) must be a multiple of layers_per_core ({hardware.layers_per_core})",
        )
