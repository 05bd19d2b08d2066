"""Sizes of a network, and how it is built, from the largest that is worth while on a board to the smallest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from boards.catalogue import Board
from golden.spec.config import Hardware


@dataclass(frozen=True)
class Size:
    """What costs logic and memory.

    Attributes
    ----------
    neurons, population, weight_bits, readout_bits
        As in :class:`golden.spec.config.Network`.
    hardware
        Lanes and ports.
    """

    neurons: int
    population: int
    weight_bits: int
    readout_bits: int
    hardware: Hardware


_NEURONS = {"ice40": (128, 96, 64, 48, 32), "ecp5": (256, 192, 128, 96, 64, 32)}
_HARDWARE = {
    "ice40": (Hardware(lanes=4, single_port=True), Hardware(lanes=2, single_port=True)),
    "ecp5": tuple(
        Hardware(lanes=lanes, tick_lanes=max(1, lanes // 4), link_lanes=max(1, lanes // 4)) for lanes in (64, 32, 16, 8)
    ),
}
_WIDTHS = ((10, 10), (8, 8))  # more gained nothing on validation samples


def sizes(board: Board) -> Iterator[Size]:
    """Sizes to try, the best first."""
    for neurons in _NEURONS[board.family]:
        for population in (8, 4):
            for weight_bits, readout_bits in _WIDTHS:
                for hardware in _HARDWARE[board.family]:
                    if neurons % hardware.lanes == 0:
                        yield Size(neurons, population, weight_bits, readout_bits, hardware)
