"""Settings: fields of a network that an adjustable processor takes from its host, and what does not learn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import lru_cache
from typing import Annotated, Any

from golden.spec.config import Preset
from golden.spec.errors import ConfigurationError, require
from golden.spec.fields import Range, check_fields
from golden.spec.formats import Format, unsigned_for
from golden.spec.network import HOMEOSTASIS_DECAYS, HOMEOSTASIS_GAINS, LEAK_SHIFTS, MARGINS, Network

READOUT = "readout"
"""Name of what is frozen beside layers, which have numbers."""
NOT_ADJUSTABLE = (
    "the chip has no registers for settings; build it from a preset with adjustable = true in its table hardware"
)


@dataclass(frozen=True)
class Settings:
    """What a sample computes with instead of the fields of its network that have these names.

    Formats, state and topology stay those of the network (golden/SPEC.md, "Settings").

    Parameters
    ----------
    margin
        The teacher is content when the label leads by this many readout spikes a neuron.
    leak_shift
        Leak of the membrane potential a step, as a shift.
    homeostasis_gain, homeostasis_decay
        Threshold change per spike and per sample, in threshold fractions.
    frozen
        A bit for each layer, from the lowest one up, then one for the readout: what has it set does not learn, neither
        weights nor thresholds.
    """

    margin: Annotated[int, MARGINS]
    leak_shift: Annotated[int, LEAK_SHIFTS]
    homeostasis_gain: Annotated[int, HOMEOSTASIS_GAINS]
    homeostasis_decay: Annotated[int, HOMEOSTASIS_DECAYS]
    frozen: Annotated[int, Range(0, (1 << 9) - 1)]

    def __post_init__(self) -> None:
        check_fields(self)

    @classmethod
    def of(cls, network: Network) -> Settings:
        """The configured ones, under which a network is what it is without settings."""
        return cls(
            margin=network.margin,
            leak_shift=network.leak_shift,
            homeostasis_gain=network.homeostasis_gain,
            homeostasis_decay=network.homeostasis_decay,
            frozen=0 if network.plastic_layers else all_layers(network),
        )

    def require_for(self, network: Network) -> None:
        """Raise ConfigurationError unless these are settings of a network."""
        highest = legal(network)["frozen"].high
        require(
            self.frozen <= highest, f"frozen must be at most {highest} with {network.layers} layers, not {self.frozen}"
        )
        require(
            is_freezable(network, self.frozen),
            "readout_rule 'prototype' needs all layers frozen: what prototypes are means of must not change",
        )

    def applied(self, network: Network) -> Network:
        """The network with these fields; of what is frozen it says nothing."""
        return _applied(self, network)

    def freezes(self, part: int) -> bool:
        """Whether a layer is frozen, or with the number of layers the readout."""
        return bool(self.frozen >> part & 1)

    def freezes_all(self, network: Network) -> bool:
        """Whether nothing learns."""
        return self.frozen == all_layers(network) | 1 << network.layers

    def values(self) -> dict[str, int]:
        """All of them by name, in the order of their registers."""
        return asdict(self)


SETTINGS = tuple(field.name for field in fields(Settings))
"""Names of the settings in the order of their registers."""


def all_layers(network: Network) -> int:
    """What ``frozen`` is when all layers are, and the readout is not."""
    return (1 << network.layers) - 1


def is_freezable(network: Network, frozen: int) -> bool:
    """Whether a network may have this frozen: prototypes are means of spikes of layers that do not change."""
    return not network.prototypes or frozen & all_layers(network) == all_layers(network)


def legal(network: Network) -> dict[str, Range]:
    """Values that each setting may have; of ``frozen`` also :func:`is_freezable` decides."""
    return {
        "margin": MARGINS,
        "leak_shift": LEAK_SHIFTS,
        "homeostasis_gain": HOMEOSTASIS_GAINS,
        "homeostasis_decay": HOMEOSTASIS_DECAYS,
        "frozen": Range(0, (1 << network.layers + 1) - 1),
    }


def setting_formats(network: Network) -> dict[str, Format]:
    """Formats of the registers, by name."""
    return {name: unsigned_for(values.high) for name, values in legal(network).items()}


def frozen_of(parts: Sequence[int | str], network: Network) -> int:
    """``frozen`` of what is frozen: numbers of layers from 0 on, and :data:`READOUT`."""
    mask = 0
    for part in parts:
        is_layer = isinstance(part, int) and 0 <= part < network.layers
        require(
            is_layer or part == READOUT,
            f"frozen must name layers 0..{network.layers - 1} or {READOUT}, not {part!r}",
        )
        mask |= 1 << (network.layers if part == READOUT else int(part))
    return mask


def frozen_parts(frozen: int, network: Network) -> list[int | str]:
    """What is frozen, as :func:`frozen_of` takes it."""
    layers: list[int | str] = [layer for layer in range(network.layers) if frozen >> layer & 1]
    return layers + [READOUT] * (frozen >> network.layers & 1)


def settled(settings: Settings | None, network: Network) -> Settings:
    """Settings that were named, checked, or the configured ones."""
    if settings is None:
        return Settings.of(network)
    if not isinstance(settings, Settings):
        raise ConfigurationError(f"settings must be Settings, not {type(settings).__name__}")
    settings.require_for(network)
    return settings


def adjusted(preset: Preset, settings: Settings | None) -> Settings | None:
    """Settings to write before samples run: those that were named or the configured ones, None without registers.

    Raises
    ------
    ConfigurationError
        If others than the configured ones were named for hardware that has no registers for them.
    """
    chosen = settled(settings, preset.network)
    if preset.hardware.adjustable:
        return chosen
    require(chosen == Settings.of(preset.network), NOT_ADJUSTABLE)
    return None


def built_digest(preset: Preset) -> str:
    """Digest of what a chip of the preset must have been built from.

    That is the digest of the network. An adjustable chip runs all networks that differ in their settings alone, which
    are written to it before samples run: theirs is of what settings do not decide, the same for all of them.
    """
    network = preset.network
    if not preset.hardware.adjustable:
        return network.digest
    lowest: dict[str, Any] = {name: values.low for name, values in legal(network).items() if name != "frozen"}
    return replace(network, **lowest, plastic_layers=not network.prototypes).digest


@lru_cache(maxsize=64)
def _applied(settings: Settings, network: Network) -> Network:
    named: dict[str, Any] = settings.values()
    del named["frozen"]
    return replace(network, **named)
