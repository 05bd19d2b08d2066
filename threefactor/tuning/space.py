"""What a search varies in a preset, and the preset of any choice: every choice is a network that fits the board."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution

from boards.catalogue import Board
from golden.spec.config import SHIFT_LIMIT, Network, Preset, Training
from golden.spec.data import Data
from threefactor.resize import with_neurons
from threefactor.tuning.encoding import encoded, encoding_choices
from threefactor.tuning.material import Material
from threefactor.tuning.ranges import around
from threefactor.tuning.sizes import fitted, least_clock, size_unit

_SHIFTS = 3  # learning rates from an eighth to eight times that of the start
_NEVER = "never"


@dataclass(frozen=True)
class Space:
    """The choices of a search.

    Attributes
    ----------
    start
        Where it begins.
    board
        What every network has to fit.
    material
        The training part, whose shape in an encoding the network has to take.
    choices
        Distributions by name: fields of training, network and data.
    """

    start: Preset
    board: Board
    material: Material
    choices: Mapping[str, BaseDistribution]

    @cached_property
    def clock_mhz(self) -> float:
        """What every network has to reach, see :func:`threefactor.tuning.sizes.least_clock`."""
        return least_clock(self.start, self.board)

    @property
    def values(self) -> dict[str, Any]:
        """What the start has for each choice."""
        return self.choice(self.start)

    def choice(self, preset: Preset) -> dict[str, Any]:
        """What a preset of this space has for each choice."""
        return {name: _value(preset, name) for name in self.choices}

    def preset(self, values: Mapping[str, Any]) -> Preset:
        """The preset of a choice; that of :attr:`values` is the start.

        Fields that depend on others follow them: shape of the input, eligibility bins and steps of the readout, its
        links, lanes of the axons. A network too large for the board is made smaller.
        """
        start, network, hardware = self.start, self.start.network, self.start.hardware
        training = replace(
            start.training,
            layer_shift=values["layer_shift"],
            readout_shift=values["readout_shift"],
            slower=_epochs(values["slower"]),
        )
        names = ("margin", "homeostasis_gain", "homeostasis_decay", "input_amplitude", "centred_input", "population")
        network = replace(network, **{name: values[name] for name in names if name in values})
        network = with_neurons(network, values["neurons"])
        dataset = start.dataset
        if isinstance(dataset, Data):
            dataset = encoded(dataset, values)
            shape = self.material.encoder(dataset).shape
            network = _shaped(network, shape.inputs, shape.steps, values.get("bins", network.bins))
            lanes = hardware.axon_lanes
            while network.inputs % lanes or network.neurons % lanes:
                lanes //= 2
            hardware = replace(hardware, axon_lanes=lanes)
        elif "bins" in values:
            network = replace(network, bins=values["bins"])
        preset = replace(start, dataset=dataset, network=network, hardware=hardware, training=training)
        return fitted(preset, self.board, self.clock_mhz)


def space_of(start: Preset, material: Material, board: Board) -> Space:
    """What may vary in a preset, around what it has; a rate or margin of 0 stays 0, since that is a decision.

    Lanes do not vary: they never change a bit of the result.
    """
    network, training = start.network, start.training
    schedules = _schedules(training)
    rates = {"layer_shift": training.layer_shift, "readout_shift": training.readout_shift}
    growths = (replace(training, layer_shift=1, readout_shift=1, slower=_epochs(name)) for name in schedules)
    highest = SHIFT_LIMIT - max(growth.shifts(growth.epochs - 1)[0] - 1 for growth in growths)
    choices: dict[str, BaseDistribution] = {
        name: IntDistribution(max(1, shift - _SHIFTS), min(highest, shift + _SHIFTS)) for name, shift in rates.items()
    }
    choices["slower"] = CategoricalDistribution(schedules)
    limits = {
        "margin": 255,
        "homeostasis_gain": 255,
        "homeostasis_decay": 4095,
        "input_amplitude": network.weight_limit,
    }
    for name, high in limits.items():
        if value := getattr(network, name):
            choices[name] = around(value, 4, 1, high)
    unit = size_unit(start)
    fewest = min(max(network.neurons // 4 // unit, -(-8 // unit)) * unit, network.neurons)
    choices["neurons"] = IntDistribution(fewest, min(2 * network.neurons, 4096 // unit * unit), step=unit)
    choices["population"] = around(network.population, 4, 1, 64)
    if network.encoder == "levels" and not network.signed_input and not network.trace_shift:
        choices["centred_input"] = CategoricalDistribution((False, True))
    if network.encoder == "events" and not network.centred_input and not network.recall_bins:
        choices["bins"] = around(network.bins, 8, 1, min(64, network.steps))
    if isinstance(start.dataset, Data):
        choices |= encoding_choices(start.dataset, material)
    return Space(start, board, material, choices)


def _value(preset: Preset, name: str) -> Any:
    """What a preset has for a choice."""
    if name == "slower":
        return _named(preset.training.slower)
    parts = (preset.dataset, preset.training, preset.network)
    if name in ("encoder", "steps"):  # the network has such fields as well
        return getattr(preset.dataset, name)
    return next(getattr(part, name) for part in parts if hasattr(part, name))


def _shaped(network: Network, inputs: int, steps: int, bins: int) -> Network:
    """The network for samples of another shape."""
    return replace(
        network,
        inputs=inputs,
        steps=steps,
        bins=min(bins, steps),
        readout_steps=min(network.readout_steps, steps),
    )


def _schedules(training: Training) -> tuple[str, ...]:
    """Epochs at which learning becomes slower, as texts: those of the start, and never, late, twice, three times."""
    epochs, most = training.epochs, SHIFT_LIMIT - max(training.layer_shift, training.readout_shift)
    parts = ((), (2,), (2, 3), (1, 2, 3))
    later = (tuple(sorted({epochs * part // 4 for part in choice} - {0})) for choice in parts)
    return tuple(dict.fromkeys(map(_named, (training.slower, *(times for times in later if len(times) <= most)))))


def _named(epochs: tuple[int, ...]) -> str:
    return " ".join(map(str, epochs)) or _NEVER


def _epochs(name: str) -> tuple[int, ...]:
    return () if name == _NEVER else tuple(map(int, name.split()))
