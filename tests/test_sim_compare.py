"""Odd shapes: where a depth, a width or a stride is 1, gateware and address map still agree, step by step."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from golden.data.datasets import Dataset
from golden.spec.config import Hardware, Network, Preset, Training
from sim.backends.catalogue import open_backend
from sim.compare.comparison import compare

SMALL = {
    "classes": 3,
    "population": 2,
    "readout_fan_in": 3,
    "modulators": 3,
    "threshold_bits": 6,
    "recurrence": "none",
    "input_amplitude": 60,
    "readout_amplitude": 30,
}
SHAPES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a bank of eligibility registers is one word": ({"inputs": 16, "neurons": 16}, {"axon_lanes": 16}),
    "a bank of eligibility registers is one register": ({"inputs": 1, "neurons": 4, "centred_input": True}, {}),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_learns_as_the_golden_model_does(tmp_path: Path, shape: str) -> None:
    if not any(map(shutil.which, ("g++", "clang++"))):
        pytest.skip("there is no C++ compiler")
    network, hardware = SHAPES[shape]
    training = Training(layer_shift=4, readout_shift=2, epochs=1, slower=())
    preset = Preset("odd", "", "noise", Network(**SMALL, **network), Hardware(**hardware), training)
    random = np.random.default_rng(3)
    levels = random.integers(0, 16, (8, preset.network.inputs)).astype(np.uint8)
    labels = random.integers(0, preset.network.classes, 8).astype(np.uint8)
    noise = Dataset("noise", levels, labels, levels, labels)
    with open_backend("cxxrtl", preset, build_folder=tmp_path, optimize="-O0") as backend:
        found = compare(backend, noise, traced=4)
    assert found.first_divergence is None
    assert found.samples == 8
