"""How many clock cycles the processor takes for a sample, and what it waits for meanwhile.

A model of the gateware's control that needs no gateware: every valid bit, counter and state machine of rtl, but no
weight and no potential. Those are replaced by what the golden model found out: which axons and neurons spike in each
step, which axons are eligible, and whether the teacher was content. Equal to the simulated processor cycle by cycle,
from a processor at rest after a reset on, as long as nothing outside stalls and words and labels of the next sample
are always offered (tests/test_golden_cycles.py).

Every cycle from one prediction to the next is attributed to what the processor waits for, in this order:

* ``take``: no sample is under way; the prediction is handed over and the next label taken;
* ``broadcast``: a core fills its gated learning signal;
* ``sweep``: no more than that, and a core changes the weights of eligible axons;
* of the first core that still works on the steps of the sample, while the readout collects:
  ``tick``, neurons are swept which it has to wait for; ``traces``, the advance of the presynaptic traces;
  ``settle``, all words have left the router and the last ones run through the pipeline; ``input``, the first core is
  empty and no spike is offered; otherwise ``deliver``, which includes the way of a step's first axon to its words;
* ``link_sweep``: only the readout still changes weights;
* ``readout``: all ticks are done, and the readout takes what they sent;
* ``sum``: class sums, teacher and verdict.

So work that runs under other work costs nothing here: in a step with long ticks and short deliveries ``tick`` is what
remains of the ticks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.cycles.activity import Activity
from golden.cycles.core import BELOW, CORE, OWN, Lists, Shape
from golden.cycles.processor import PROCESSOR, STAGES, Activities, Machine, run_cycles
from golden.cycles.projection import PROJECTION, Tables
from golden.spec import pipeline
from golden.spec.config import Preset
from golden.spec.fanout import FanOut, core_fan_out, readout_fan_out, replayed

MEANINGS = {
    "take": "handing over the prediction and taking the next label",
    "input": "the first core is empty and waits for spikes",
    "deliver": "spikes add weights to currents, and what hides behind that",
    "settle": "the last words of a step run through the pipeline",
    "traces": "presynaptic traces advance",
    "tick": "neurons are swept, as far as nothing is delivered meanwhile",
    "readout": "the readout takes what the last ticks sent",
    "sum": "class sums, teacher and verdict",
    "broadcast": "learning signals reach the neurons",
    "sweep": "weights of eligible axons change in the layers, and in the readout meanwhile",
    "link_sweep": "weights still change in the readout alone",
}
"""What the cycles of each stage are spent on, for the user."""


@dataclass(frozen=True)
class Cycles:
    """Cycles of consecutive samples: int64, shape (n, stages), columns as in ``STAGES``."""

    spent: NDArray[np.int64]

    @property
    def per_sample(self) -> NDArray[np.int64]:
        """Cycles from one prediction to the next, shape (n,)."""
        total: NDArray[np.int64] = self.spent.sum(axis=1)
        return total

    def means(self, first: int = 1) -> dict[str, float]:
        """Mean cycles a sample of each stage, from sample ``first`` on; nothing overlaps with the very first one."""
        return dict(zip(STAGES, self.spent[first:].mean(axis=0).tolist(), strict=True))


def count_cycles(preset: Preset, activity: Activity) -> Cycles:
    """Cycles of consecutive samples on the processor of a preset, the first one after a reset.

    Raises
    ------
    UserError
        If the activity is not one of the preset's network.
    """
    network = preset.network
    activity.require_legal(network)
    eligible = np.zeros((*activity.eligible.shape[:2], activity.eligible.shape[2] + network.readout_axons), np.uint8)
    eligible[:, :, : activity.eligible.shape[2]] = activity.eligible * _heard(preset)
    eligible[:, 0, activity.eligible.shape[2] :] = 1 if network.prototypes else activity.eligible_links
    spent = np.zeros((len(activity.updated), len(STAGES)), dtype=np.int64)
    activities = Activities(
        np.require(activity.events, np.uint8, ["C", "W"]),
        np.require(activity.spikes, np.uint8, ["C", "W"]),
        eligible,
        np.require(activity.updated, np.uint8, ["C", "W"]),
        np.require(activity.frozen, np.int64, ["C", "W"]),
    )
    if not run_cycles(_machine(preset), activities, _patience(preset), spent):
        raise RuntimeError("the cycle model is stuck")
    return Cycles(spent)


def _patience(preset: Preset) -> int:
    """Cycles that no sample takes: all axons spike in every step and all words wait for their accumulators."""
    network, cores = preset.network, preset.network.layers // preset.hardware.layers_per_core
    words = sum(core_fan_out(preset, core).words for core in range(cores)) + readout_fan_out(preset).words
    return 10_000 + 20 * network.steps * (words + network.inputs + network.readout_axons)


def _machine(preset: Preset) -> Machine:
    """The processor of a preset at rest."""
    network, hardware = preset.network, preset.hardware
    share, layers = hardware.layers_per_core, network.layers
    count = layers // share
    fan_outs = [*(core_fan_out(preset, core) for core in range(count)), readout_fan_out(preset)]
    axons, plastic = ([of_layer(k) for k in range(layers)] for of_layer in (network.axons, network.plastic_axons))
    bases = [sum(axons[k - k % share : k]) for k in range(layers)]
    class_sum = pipeline.CLASS_SUM + pipeline.PROTOTYPE * network.prototypes

    projections = np.zeros(count + 1, dtype=PROJECTION)
    words, first_row, first_word, first_axon = [], 0, 0, 0
    for index, fan_out in enumerate(fan_outs):
        of_core = index < count
        registers = fan_out.axons // hardware.axon_lanes
        words.append(registers)
        record = projections[index]
        record["first_row"], record["first_word"], record["first_axon"] = first_row, first_word, first_axon
        record["share"] = (hardware.axon_lanes - 1).bit_length()
        record["words"], record["bins"] = registers, network.bins if of_core else 1
        record["single_port"] = of_core and hardware.single_port
        record["traced"] = of_core and network.trace_shift > 0
        record["forwards"] = hardware.forward_sums
        first_row, first_word, first_axon = (
            first_row + fan_out.axons,
            first_word + fan_out.words,
            first_axon + fan_out.axons,
        )

    cores = np.zeros(count, dtype=CORE)
    cores["first_layer"] = np.arange(count) * share
    processor = np.zeros(1, dtype=PROCESSOR)
    processor["resting"] = 1
    return Machine(
        shape=Shape(
            share=share,
            neurons=network.neurons,
            forward=np.array([network.forward_axons(k) for k in range(layers)], dtype=np.int32),
            bases=np.array(bases, dtype=np.int32),
            firsts=np.array(bases, dtype=np.int32) // hardware.axon_lanes,
            ends=(np.array(bases, dtype=np.int32) + np.array(axons, dtype=np.int32)) // hardware.axon_lanes,
            swept_ends=(np.array(bases, dtype=np.int32) + np.array(plastic, dtype=np.int32)) // hardware.axon_lanes,
            steps=network.steps,
            bins=network.bins,
            traced=network.trace_shift > 0,
            recurrent=network.recurrent,
            tick_lanes=hardware.tick_lanes,
            columns=network.neurons // hardware.lanes,
            words=network.neurons // hardware.tick_lanes,
        ),
        inputs=network.inputs,
        levels=network.encoder == "levels",
        summing=network.classes * (network.population + class_sum),
        clearing=max(0, fan_outs[-1].columns - class_sum),
        first_heard=next(step for step in range(network.steps) if network.listens(step)),
        link_words=words[-1],
        processor=processor,
        cores=cores,
        projections=projections,
        tables=_tables(fan_outs),
        lists=Lists(np.zeros((2, layers, network.neurons), np.int32), np.zeros((2, layers), np.int64), _wanted(preset)),
        queues=np.zeros((count, max(hardware.spike_queue - 1, 0)), np.int64),  # one spike stands in front of it
        lessons=np.zeros(count, np.uint8),
        taken=np.zeros(count, np.uint8),
        passed=np.zeros(layers, np.int64),
        stored=np.zeros(network.inputs, np.int32),
    )


def _wanted(preset: Preset) -> NDArray[np.uint8]:
    """Which neurons the lists for the own layer and for that above take, shape (2, K, N)."""
    network, share = preset.network, preset.hardware.layers_per_core
    wanted = np.ones((2, network.layers, network.neurons), np.uint8)
    for core in range(network.layers // share):
        kept, layers = replayed(preset, core), slice(core * share, (core + 1) * share)
        for reader, name in ((OWN, "own_lists"), (BELOW, "below_lists")):
            if name in kept:
                wanted[reader, layers] = kept[name]
    return wanted


def _heard(preset: Preset) -> NDArray[np.uint8]:
    """Axons that spikes can reach, of all layers: those that are in no list count none, and are never eligible."""
    network, wanted, parts = preset.network, _wanted(preset), []
    for k in range(network.layers):
        listed = k % preset.hardware.layers_per_core != 0
        parts.append(wanted[BELOW, k - 1] if listed else np.ones(network.forward_axons(k), np.uint8))
        if network.recurrent:
            parts.append(wanted[OWN, k])
    return np.concatenate(parts)


def _tables(fan_outs: Sequence[FanOut]) -> Tables:
    return Tables(
        starts=np.concatenate([np.array(fan_out.starts[:-1], np.int32) for fan_out in fan_outs]),
        lengths=np.concatenate([np.diff(np.array(fan_out.starts, np.int32)) for fan_out in fan_outs]),
        targets=np.concatenate([np.array(fan_out.targets, np.int32) for fan_out in fan_outs]),
    )
