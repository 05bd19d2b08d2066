"""What the counters of a monitored chip say of samples, golden/SPEC.md, "Counters"."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.cycles.activity import (
    Activity,
    Counts,
    layer_weights_delivered,
    layer_weights_updated,
    links_updated,
    weights_delivered,
)
from golden.cycles.model import count_cycles
from golden.cycles.processor import STAGES
from golden.spec.config import Preset


def counted(preset: Preset, activity: Activity, learned: NDArray[np.bool_]) -> dict[str, Counts]:
    """By how much each sample raises the counters that follow from the network, by their names, shape (n,) each.

    Parameters
    ----------
    preset
        Configuration.
    activity
        Of the samples.
    learned
        Which of them are for learning, shape (n,).
    """
    network, share = preset.network, preset.hardware.layers_per_core
    spikes = activity.spikes.sum(axis=(1, 3), dtype=np.int64)
    heard = [step for step in range(network.steps) if network.listens(step)]
    operations = layer_weights_delivered(network, activity)
    updates = layer_weights_updated(network, activity)
    found = {
        "samples_learned": learned.astype(np.int64),
        "samples_predicted": (~learned).astype(np.int64),
        "samples_updated": activity.updated.astype(np.int64),
        "input_events": activity.events.sum(axis=(1, 2), dtype=np.int64),
        **{f"layer{layer}_spikes": spikes[:, layer] for layer in range(network.layers)},
        "readout_events": activity.spikes[:, heard].sum(axis=(1, 2, 3), dtype=np.int64),
        "readout_operations": weights_delivered(network, activity)[1],
        "readout_updates": links_updated(network, activity),
    }
    for core in range(network.layers // share):
        layers = slice(core * share, (core + 1) * share)
        found[f"core{core}_operations"] = operations[:, layers].sum(axis=1)
        found[f"core{core}_updates"] = updates[:, layers].sum(axis=1)
    return found


def running_cycles(preset: Preset, activity: Activity) -> Counts:
    """By how much consecutive samples after a reset raise the counter of cycles where nothing stalls, shape (n,)."""
    spent = count_cycles(preset, activity).spent
    cycles: Counts = spent.sum(axis=1) - spent[:, STAGES.index("take")]
    return cycles
