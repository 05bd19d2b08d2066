"""Memory that a preset needs, and that a chip has: what can be told before synthesis."""

from __future__ import annotations

from boards.catalogue import SPRAM_BITS, Board
from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.spec.fanout import core_fan_out, readout_fan_out
from golden.spec.memmap import regions


def memory_bits(preset: Preset) -> tuple[int, int]:
    """Bits of weights, and bits of everything else that is stored in block RAM, each at the least."""
    weights = others = 0
    for region in regions(preset)[1:]:
        bits = region.elements * region.form.bits
        if region.name.startswith("core") and region.name.endswith(".weights"):
            weights += bits
        elif not region.name.endswith(".generators"):  # those are registers
            others += bits
    cores = range(preset.network.layers // preset.hardware.layers_per_core)
    for table in (*(core_fan_out(preset, core) for core in cores), readout_fan_out(preset)):
        others += table.words * max(table.targets).bit_length() + table.axons * table.words.bit_length()
    return weights, others


def require_memory(preset: Preset, board: Board) -> None:
    """Raise :class:`UserError` if the memories alone exceed the chip."""
    weights, others = memory_bits(preset)
    if not (preset.hardware.single_port and board.limits["spram"]):
        weights, others = 0, weights + others
    for need, limit, kind in (
        (weights, board.limits["spram"] * SPRAM_BITS, "single-port memory"),
        (others, board.limits["ebr"] * board.ebr_bits, "block memory"),
    ):
        if need > limit:
            raise UserError(
                f"preset {preset.name} needs at least {-(-need // 1024)} kbit of {kind} and board {board.name} has "
                f"{limit // 1024} kbit; choose a smaller preset or a larger board"
            )
