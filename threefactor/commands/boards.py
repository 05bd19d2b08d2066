"""``threefactor boards``."""

from __future__ import annotations

from typing import Any

import click

from boards.capacity import memory_bits, require_memory
from boards.catalogue import BOARDS, Board
from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.spec.presets import PRESETS
from threefactor import options
from threefactor.console import emit_json, emit_table


def memory_fits(preset: Preset, board: Board) -> bool:
    """Whether the chip has the memories that a preset needs at the least."""
    try:
        require_memory(board.adapted(preset), board)
    except UserError:
        return False
    return True


@click.command("boards")
@options.as_json
def command(as_json: bool) -> None:
    """List the boards, and which share of their memory each preset needs at the least.

    Whether the logic fits and how fast it runs is known after a build only.
    """
    found: list[dict[str, Any]] = [
        {
            "name": board.name,
            "summary": board.summary,
            "clock_mhz": board.clock_hz / 1e6,
            "limits": board.limits,
            "memory_bits": board.memory_bits,
            "presets": {
                preset.name: {
                    "memory_share": sum(memory_bits(preset)) / board.memory_bits,
                    "memory_fits": memory_fits(preset, board),
                }
                for preset in PRESETS.values()
            },
        }
        for board in BOARDS.values()
    ]
    if as_json:
        emit_json({"boards": found})
        return
    emit_table(
        ("board", "MHz", "LC", "EBR", "SPRAM", "DSP", "memory bits", "presets whose memory fits"),
        (
            (
                row["name"],
                f"{row['clock_mhz']:g}",
                *(f"{row['limits'][kind]:,}" for kind in ("lc", "ebr", "spram", "dsp")),
                f"{row['memory_bits']:,}",
                ", ".join(name for name, fit in row["presets"].items() if fit["memory_fits"]),
            )
            for row in found
        ),
    )
