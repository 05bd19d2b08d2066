"""What nextpnr counted in the committed designs: the estimate is held to it, and builds of those designs as well."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from boards.catalogue import board_named
from boards.estimate.estimate import estimate
from golden.spec.config import Preset
from golden.system.documents import Count, read_document

RECORD = Path(__file__).with_name("record.json")
LOGIC_TOLERANCE = 0.1
_DRIFT = 0.02  # of logic, since the record: small changes of the gateware need no new record


def record() -> dict[str, dict[str, dict[str, Count]]]:
    """Cells of each kind by board and preset; UserError where the file is damaged."""
    return read_document(RECORD, dict[str, dict[str, dict[str, Count]]], "restore the committed one")


def differences(preset: Preset, board: str, counted: Mapping[str, int]) -> list[str]:
    """One sentence for every count that the estimate misses: logic by more than a tenth, anything else at all."""
    found = []
    for kind, (used, _) in estimate(preset, board_named(board)).resources.items():
        have = counted.get(kind, 0)
        if abs(used - have) > (LOGIC_TOLERANCE * have if kind == "lc" else 0):
            found.append(f"the estimate of {kind} is {used}, and nextpnr counts {have}")
    return found


def drift(preset: str, board: str, counted: Mapping[str, int]) -> list[str]:
    """One sentence for every count that is no longer what the record says; nothing for a design that it lacks."""
    recorded = record().get(board, {}).get(preset)
    if recorded is None:
        return []
    return [
        f"{kind} is {have}, and boards/estimate/record.json says {recorded.get(kind, 0)}; run it with --record"
        for kind, have in counted.items()
        if abs(have - recorded.get(kind, 0)) > (_DRIFT * have if kind == "lc" else 0)
    ]
