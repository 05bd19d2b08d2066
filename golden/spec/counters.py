"""What a monitored chip counts while it runs: the elements of its region ``monitor.counters``, in their order.

Counters are modulo 2^32. golden/SPEC.md, "Counters", says what each is, and golden.cycles.counters tells
them of samples.
"""

from __future__ import annotations

from dataclasses import dataclass

from golden.spec.config import Preset
from golden.spec.formats import unsigned

COUNTER = unsigned(32)
LINE = ("line_memory", "line_damaged", "line_wishes", "line_repetitions")
"""Counters of the serial link, the last ones; a processor without a link leaves them at 0."""
_FRAME_CYCLES = 8  # the least between two frames: a byte's way through the checksum


@dataclass(frozen=True)
class Counter:
    """A counter.

    Attributes
    ----------
    name
        What is counted; layers and cores have their numbers.
    meaning
        The same for the reader.
    most
        By how much it grows in a cycle at most.
    apart
        Cycles between two steps at least.
    mark
        It is the most that there was of something at once, not a sum.
    """

    name: str
    meaning: str
    most: int = 1
    apart: int = 1
    mark: bool = False


def counters(preset: Preset) -> tuple[Counter, ...]:
    """All counters of a preset."""
    network, hardware = preset.network, preset.hardware
    cores = range(network.layers // hardware.layers_per_core)
    sample = 2 * network.steps  # it takes longer
    found = [
        Counter("cycles", "clock cycles in which a sample was under way"),
        Counter("samples_learned", "samples that were for learning", apart=sample),
        Counter("samples_predicted", "samples that were for prediction only", apart=sample),
        Counter("samples_updated", "samples that changed weights", apart=sample),
        Counter("input_events", "input axons that spiked"),
    ]
    found += [Counter(f"layer{layer}_spikes", f"spikes of layer {layer}") for layer in range(network.layers)]
    for core in cores:
        found += _of_projection(f"core{core}", "currents", "layer", hardware.lanes)
    found.append(Counter("readout_events", "spikes that the readout listened to"))
    found += _of_projection("readout", "readout potentials", "readout", hardware.link_lanes)
    if hardware.spike_queue:
        found += [
            Counter(f"core{core}_queue", f"most spikes of core {core} that waited for the readout", mark=True)
            for core in cores
        ]
    found += [
        Counter("line_memory", "most bytes of the host that waited in the link's memory", mark=True),
        Counter("line_damaged", "frames of the host that arrived damaged", apart=_FRAME_CYCLES),
        Counter("line_wishes", "frames in which the chip wished for a repetition", apart=_FRAME_CYCLES),
        Counter("line_repetitions", "times that the chip repeated what the host had missed", apart=_FRAME_CYCLES),
    ]
    return tuple(found)


def _of_projection(unit: str, sums: str, weights: str, lanes: int) -> tuple[Counter, Counter]:
    return (
        Counter(f"{unit}_operations", f"synaptic operations: weights that spikes added to {sums}", most=lanes),
        Counter(f"{unit}_updates", f"{weights} weights that the plasticity rule visited", most=lanes),
    )
