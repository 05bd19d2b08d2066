"""Evidence that no bit has changed: every preset's first thousand samples, and the cycles of the first ones.

``tests/expected/first_samples.json`` holds what was computed once; whoever changes a rule, and means to, replaces it by
what ``python tests/test_golden_first_samples.py FOLDER`` prints (FOLDER has the data sets) and says so.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from golden.cycles.activity import observe
from golden.cycles.model import count_cycles
from golden.data.datasets import load
from golden.engine.network import FastNetwork
from golden.spec.errors import UserError
from golden.spec.presets import PRESETS
from golden.state import State
from golden.training.train import epoch_order, training_samples

EXPECTED = Path(__file__).parent / "expected" / "first_samples.json"
LEARNED, COUNTED = 1000, 20
SHIPPED = {"digits", "cue", "yin-yang"}  # data sets that need no files


def first_samples(name: str, folder: str | None) -> dict[str, Any]:
    """What preset ``name`` does with its first training samples, learning from its initial state.

    ``digest`` is of the state after the last one, ``every`` the sum modulo 2^64 of those after each, ``right`` the
    number of right predictions, ``cycles`` the clock cycles of the first ones, by the model of golden/cycles.
    """
    preset = PRESETS[name]
    data = load(preset.dataset, folder)
    order = epoch_order(preset.network.seed, 0, len(data.train_labels))[:LEARNED]
    samples, labels = training_samples(preset, data, 0, order), data.train_labels[order]
    shifts, initial = preset.training.shifts(0), State.initial(preset.network)
    activity = observe(preset.network, initial.copy(), samples[:COUNTED], labels[:COUNTED], learn=True, shifts=shifts)
    engine = FastNetwork(preset.network, initial)
    outcomes = engine.run_many(samples, labels, learn=True, shifts=shifts, digests=True)
    return {
        "digest": f"{engine.state.digest():016x}",
        "every": f"{int(outcomes.digests.sum(dtype='uint64')):016x}",
        "right": int((outcomes.predictions == labels).sum()),
        "cycles": count_cycles(preset, activity).per_sample.tolist(),
    }


@pytest.mark.parametrize("name", PRESETS)
def test_no_bit_and_no_cycle_has_changed(name: str) -> None:
    try:
        found = first_samples(name, os.environ.get("THREEFACTOR_DATA"))
    except UserError as error:
        assert PRESETS[name].dataset not in SHIPPED
        pytest.skip(f"THREEFACTOR_DATA names no folder with the data set: {error}")
    assert found == json.loads(EXPECTED.read_text())[name]


def test_every_preset_is_expected() -> None:
    assert set(json.loads(EXPECTED.read_text())) == set(PRESETS)


if __name__ == "__main__":
    json.dump({name: first_samples(name, sys.argv[1]) for name in PRESETS}, sys.stdout, indent=1)  # lines of evidence
