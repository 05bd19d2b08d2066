"""How the processor is built."""

from __future__ import annotations

from dataclasses import dataclass

from golden.spec.errors import require
from golden.spec.fields import check_fields

LANES_LIMIT = 4096  # neurons of the largest layer, and of the largest readout
QUEUE_LIMIT = 1 << 16


@dataclass(frozen=True)
class Hardware:
    """How the processor is built. Never changes a bit of the result.

    Parameters
    ----------
    lanes
        Layer weights a memory word holds, a power of two.
    tick_lanes
        Neurons that a tick updates a cycle, a power of two that divides ``lanes``.
    link_lanes
        Readout weights a memory word holds, a power of two; the last word of a row may have lanes to spare.
    axon_lanes
        Eligibility registers a memory word holds, a power of two: so many axons a sweep looks at in one cycle.
    layers_per_core
        Consecutive layers that share one core, one after the other. ``layers`` shares one core among all.
    spike_queue
        Spikes of a core that may wait for the readout, so that its tick need not; at least 4, or 0 for none.
    single_port
        Layer weight memories have one port (iCE40 SPRAM): an update takes two cycles a word instead of one.
    """

    lanes: int = 4
    tick_lanes: int = 1
    link_lanes: int = 1
    axon_lanes: int = 1
    layers_per_core: int = 1
    spike_queue: int = 0
    single_port: bool = False

    def __post_init__(self) -> None:
        check_fields(self)
        for name in ("lanes", "tick_lanes", "link_lanes", "axon_lanes"):
            value = getattr(self, name)
            require(value > 0 and value & value - 1 == 0, f"{name} must be a power of two, not {value}")
            require(value <= LANES_LIMIT, f"{name} must be at most {LANES_LIMIT}, not {value}")
        require(
            self.tick_lanes <= self.lanes, f"tick_lanes must be at most lanes ({self.lanes}), not {self.tick_lanes}"
        )
        require(
            self.spike_queue == 0 or self.spike_queue >= 4,
            f"spike_queue must be 0 or at least 4, not {self.spike_queue}",
        )
        require(self.spike_queue <= QUEUE_LIMIT, f"spike_queue must be at most {QUEUE_LIMIT}, not {self.spike_queue}")
        require(self.layers_per_core >= 1, f"layers_per_core must be at least 1, not {self.layers_per_core}")
