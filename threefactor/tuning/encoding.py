"""What may vary in the encoding of somebody's own data: encoders of one kind, and what each of them asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution

from golden.spec.data import INPUT_LIMIT, Data
from threefactor.tuning.material import Material
from threefactor.tuning.ranges import around

ALIKE = (("range", "quantiles"), ("thresholds", "crossings"))
"""Encoders that take the same samples. ``levels`` and ``spikes`` take what the user has encoded himself."""
_DEFAULTS = {"thresholds": 4, "crossings": 16}
_FEWEST_STEPS = 4  # of the shortest sample, however many of its values are put into one


def encoding_choices(data: Data, material: Material) -> dict[str, BaseDistribution]:
    """What may vary, by name of the field of :class:`golden.spec.data.Data`; its own values are among the choices."""
    choices: dict[str, BaseDistribution] = {}
    alike = next((names for names in ALIKE if data.encoder in names), ())
    if alike:
        choices["encoder"] = CategoricalDistribution(alike)
    if "thresholds" in alike:
        encoder = replace(data, encoder="thresholds", crossings=_DEFAULTS["crossings"])
        channels = material.encoder(encoder).shape.inputs // encoder.thresholds
        most = max(data.thresholds, min(16, INPUT_LIMIT // channels))
        choices["thresholds"] = around(data.thresholds, 4, 1, most)
        choices["crossings"] = around(data.crossings, 4, 2, 128)
        if not data.steps:
            most = max(data.values_per_step, material.shortest // _FEWEST_STEPS)
            choices["values_per_step"] = around(data.values_per_step, 8, 1, most)
    if data.encoder == "time-bins" and data.steps and not data.bin_width:
        choices["steps"] = around(data.steps, 4, 4, 256)
    return choices


def encoded(data: Data, values: Mapping[str, Any]) -> Data:
    """The data with the values of :func:`encoding_choices` that its encoder has a use for."""
    if "encoder" not in values:
        return replace(data, **{name: values[name] for name in ("steps",) if name in values})
    fields = {name: values[name] for name in ("encoder", "values_per_step") if name in values}
    for name, default in _DEFAULTS.items():
        fields[name] = values[name] if name == values["encoder"] else default
    return replace(data, **fields)
