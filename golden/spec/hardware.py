"""How the processor is built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from golden.spec.errors import require
from golden.spec.fields import AtLeast, PowerOfTwo, Range, check_fields

LANES_LIMIT = 4096  # neurons of the largest layer, and of the largest readout
QUEUE_LIMIT = 1 << 16


@dataclass(frozen=True)
class Hardware:
    """How the processor is built. Never changes a bit of the result.

    Parameters
    ----------
    lanes
        Layer weights a memory word holds.
    tick_lanes
        Neurons that a tick updates a cycle; at most ``lanes``.
    link_lanes
        Readout weights a memory word holds; the last word of a row may have lanes to spare.
    axon_lanes
        Eligibility registers a memory word holds: so many axons a sweep looks at in one cycle.
    layers_per_core
        Consecutive layers that share one core, one after the other. ``layers`` shares one core among all.
    spike_queue
        Spikes of a core that may wait for the readout, so that its tick need not; at least 4, or 0 for none.
    forward_sums
        Sums of a word of weights go to the next two at once: words with one target follow each other without a pause,
        which takes registers and multiplexers as wide as the accumulators of ``lanes`` neurons.
    single_port
        Layer weight memories have one port (iCE40 SPRAM): an update takes two cycles a word instead of one.
    adjustable
        The host may change margin, leak, homeostasis, and what is frozen, on the running chip; otherwise they are
        constants of the gateware, which is smaller.
    monitored
        The chip counts what it does, keeps the class potentials of the last sample, and shows its neurons
        (golden/SPEC.md, "Counters"); some hundred logic cells and a block RAM or two.
    """

    lanes: Annotated[int, PowerOfTwo(LANES_LIMIT)] = 4
    tick_lanes: Annotated[int, PowerOfTwo(LANES_LIMIT)] = 1
    link_lanes: Annotated[int, PowerOfTwo(LANES_LIMIT)] = 1
    axon_lanes: Annotated[int, PowerOfTwo(LANES_LIMIT)] = 1
    layers_per_core: Annotated[int, AtLeast(1)] = 1
    spike_queue: Annotated[int, Range(0, QUEUE_LIMIT)] = 0
    forward_sums: bool = False
    single_port: bool = False
    adjustable: bool = False
    monitored: bool = False

    def __post_init__(self) -> None:
        check_fields(self)
        require(
            self.tick_lanes <= self.lanes, f"tick_lanes must be at most lanes ({self.lanes}), not {self.tick_lanes}"
        )
        require(
            self.spike_queue == 0 or self.spike_queue >= 4,
            f"spike_queue must be 0 or at least 4, not {self.spike_queue}",
        )
