"""Neuron, on Icarus; see sim/benches/neuron.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sim.benches.neuron import component
from sim.benches.support.harness import run_bench

VARIANTS: dict[str, dict[str, Any]] = {
    "every operand": dict(threshold_bits=4, leak_shift=2, homeostasis_gain=255, count_bits=2),
    "wide": dict(threshold_bits=8, homeostasis_gain=40),
    "widest": dict(
        threshold_bits=12,
        leak_shift=12,
        post_bits=3,
        weight_bits=16,
        count_bits=6,
        homeostasis_gain=255,
        homeostasis_decay=4000,
    ),
    "adaptive": dict(
        threshold_bits=7,
        adaptation_increment=900,
        adaptation_decay=6,
        adaptation_shift=3,
        bins=4,
        recall_bins=2,
        post_bits=3,
        weight_bits=12,
    ),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_neuron(variant: str, tmp_path: Path) -> None:
    parameters = {"network": VARIANTS[variant], "adjustable": False}
    run_bench(component(parameters), "neuron", parameters, tmp_path)


@pytest.mark.parametrize("variant", [*VARIANTS, "counts of one bit", "counts of ten bits"])
def test_adjustable_neuron(variant: str, tmp_path: Path) -> None:
    counts = {"counts of one bit": dict(count_bits=1), "counts of ten bits": dict(count_bits=10, threshold_bits=11)}
    parameters = {"network": (VARIANTS | counts)[variant], "adjustable": True}
    run_bench(component(parameters), "neuron", parameters, tmp_path)
