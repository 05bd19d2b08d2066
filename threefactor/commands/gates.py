"""``threefactor gates``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import click

from boards.catalogue import BOARDS, board_named
from boards.gates.check import Findings, checked
from golden.data.source import load
from golden.spec.config import Preset
from golden.spec.presets import preset_named
from threefactor import options
from threefactor.console import emit_json, emit_table, remarks

DESIGNS = (("icebreaker", "digits"), ("icebreaker", "mnist-small"), ("ulx3s-85f", "digits"))
"""What is run unless something else is asked for."""
_FETCHED = {"mnist-small"}  # of these, what needs data that is not shipped
_MEMORIES = ("SB_RAM40_4K", "SB_SPRAM256KA", "DP16KD", "TRELLIS_DPR16X4")
_MULTIPLIERS = ("SB_MAC16", "MULT18X18D")
_LUTS, _FLIP_FLOPS = ("SB_LUT4", "LUT4"), ("SB_DFF", "TRELLIS_FF")


def row_of(found: Findings) -> tuple[str, ...]:
    """Cells of the table."""

    def count(*prefixes: str) -> str:
        return f"{sum(number for kind, number in found.cells.items() if kind.startswith(prefixes)):,}"

    return (
        found.board,
        found.preset,
        f"{sum(found.cells.values()):,}",
        *(count(*kinds) for kinds in (_LUTS, _FLIP_FLOPS, _MEMORIES, _MULTIPLIERS)),
        f"{found.samples:,}",
        f"{found.updates:,}",
        f"{found.seeds}",
        f"{found.cycles:,}",
        f"{found.seconds:.0f}",
        f"{found.differences:,}",
    )


@click.command("gates")
@click.option("--board", type=options.Name(BOARDS), help="Board; with --preset instead of the usual three designs.")
@click.option("--preset", type=options.PresetName(), help="Named configuration.")
@options.data
@click.option("--samples", type=click.IntRange(min=1), default=20, show_default=True, help="Learned by every chip.")
@click.option(
    "--seeds", type=click.IntRange(1, 1000), default=2, show_default=True, help="Chips, each with other undefined bits."
)
@click.option("--memories", is_flag=True, help="Say of every memory of the processor what it starts with.")
@options.as_json
def command(
    board: str | None, preset: Preset | None, data: Path | None, samples: int, seeds: int, memories: bool, as_json: bool
) -> None:
    """Let the netlist that is placed on a chip learn, and compare with golden.

    The whole board is synthesized as ``threefactor build`` does it, and its cells run in Verilator: samples come
    through the UART, learning is on, and every prediction, update and state must be golden's. Exits with 1 when one
    is not.
    """
    found, skipped = list[Findings](), list[str]()
    for name, chosen in _designs(board, preset):
        if data is None and preset is None and chosen.name in _FETCHED:
            skipped.append(chosen.name)
            remarks.print(f"{chosen.name} is left out: it needs data, name its folder with --data or THREEFACTOR_DATA")
            continue
        with remarks.status("") as line:
            outcome = checked(
                chosen,
                board_named(name),
                load(chosen.dataset, data),
                samples=samples,
                seeds=range(1, seeds + 1),
                told=partial(_show, line.update, f"{chosen.name} on {name}"),
            )
        found.append(outcome)
        remarks.print(f"{outcome.preset} on {outcome.board}: {outcome.first or 'golden, bit for bit'}")
    if as_json:
        emit_json({"designs": [one.as_values() for one in found], "skipped": skipped})
    else:
        columns = ("board", "preset", "cells", "LUT", "flip-flops", "memories", "multipliers")
        rest = ("samples", "updates", "seeds", "cycles", "seconds", "differences")
        emit_table((*columns, *rest), map(row_of, found))
        if memories:
            emit_table(("board", "preset", "memory", "words", "bits", "cells", "starts with", "has to"), _starts(found))
    if any(one.differences for one in found):
        raise SystemExit(1)


def _show(update: Callable[[str], object], design: str, words: str) -> None:
    update(f"{design}: {words}")


def _starts(found: Iterable[Findings]) -> Iterator[tuple[object, ...]]:
    for one in found:
        for memory in one.memories:
            cells = ", ".join(f"{count} {kind}" for kind, count in memory.cells.items()) or "logic"
            given = "what was configured" if memory.given else "anything"
            need = "yes" if memory.needed else "no"
            yield one.board, one.preset, memory.memory, memory.words, memory.bits, cells, given, need


def _designs(board: str | None, preset: Preset | None) -> list[tuple[str, Preset]]:
    if board is None and preset is None:
        return [(name, preset_named(chosen)) for name, chosen in DESIGNS]
    if preset is None:
        return [(board or "", preset_named("digits"))]
    return [(board or DESIGNS[0][0], preset)]
