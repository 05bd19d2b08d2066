"""Measure designs, and fit the weights of the estimate to them: ``python -m boards.bitstream.calibration``.

For maintainers, after a change of the gateware or of the tools. Every design is synthesized and packed as a build does
it, and not placed: nextpnr says then what it takes. That is half an hour on one core; what has been measured before and
has not changed comes from the cache, so that an interrupted run goes on where it was. The result replaces
boards/estimate/calibration.json.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from boards.bitstream.build import key_of, planned
from boards.bitstream.designs import CALIBRATED, MEASURED_ON, Design
from boards.bitstream.flow import FLOWS
from boards.bitstream.report import resources_in
from boards.catalogue import BOARDS, Board
from boards.estimate.logic import PARTS, columns_of, parts
from boards.estimate.weights import CALIBRATION, Calibration, FamilyCalibration
from golden.spec.config import Preset
from golden.spec.presets import PRESETS
from golden.system.documents import Count, read_document
from golden.system.places import cache_folder
from golden.system.running import ToolError, run
from golden.system.store import stored
from golden.system.writing import write_json

OPTIONS = "--seed 1 --pack-only --timing-allow-fail"
RESULT = "counts.json"

EXPECTED = dict.fromkeys(PARTS, 1.0) | {"machine": 900.0, "register bits": 2.0, "lut memory": 4.0}
"""Logic cells a bit of each part, as its count means them: what weights are drawn to."""
DRAWN = 0.1
"""How strongly: a weight that is twice or half of what is expected counts as a design that is off by this much."""
SHIPPED = 4.0
"""How much more the error of a shipped preset counts: it is what most people ask for, and its chip may be full."""


def measured(design: Design, board: Board, cache: Path | None = None) -> dict[str, int]:
    """Cells of each kind that nextpnr counts in a design after packing it."""
    preset = board.adapted(design.preset)
    flow = FLOWS[board.family]
    commands, tools = flow.commands_found(), flow.versions()
    files, script = planned(board, preset, OPTIONS)
    folder = cache_folder() / "calibration" if cache is None else cache

    def work(place: Path) -> None:
        for name, content in files.items():
            (place / name).write_bytes(content)
        _, output = run(["/bin/sh", script], place, variables={**commands, "PYTHONHASHSEED": "0"})
        log = place / "top.tim"
        text = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
        if not (counted := resources_in(text, board)):
            raise ToolError(f"the tools could not measure {design.name} for {board.name}; their output", output)
        (place / RESULT).write_text(json.dumps({kind: used for kind, (used, _) in counted.items()}), encoding="utf-8")

    product = stored(folder, f"{design.name}-{board.name}-{key_of(files, tools)}", work)
    return read_document(product / RESULT, dict[str, Count], f"remove {product} and measure again")


def fitted(presets: Sequence[Preset], family: str, counts: Sequence[int]) -> dict[str, float]:
    """Weights of the parts with the least sum of squared relative errors, drawn to what is expected; none is negative.

    Parameters
    ----------
    presets
        What was measured, adapted to the board.
    family
        Chip family.
    counts
        Logic cells of each.
    """
    expected = np.array([EXPECTED[name] for name in PARTS])
    bits = np.array([[*columns_of(parts(preset, family))] for preset in presets]) * expected
    importance = np.array([SHIPPED if preset.name in PRESETS else 1.0 for preset in presets])
    relative = bits / np.array(counts, dtype=float)[:, None] * importance[:, None]
    pull = DRAWN / np.sqrt(len(PARTS))
    free, found = np.ones(len(PARTS), dtype=bool), np.zeros(len(PARTS))
    while True:
        rows = np.vstack([relative[:, free], pull * np.eye(int(free.sum()))])
        wanted = np.concatenate([importance, np.full(int(free.sum()), pull)])
        found[:] = 0
        found[free] = np.linalg.lstsq(rows, wanted, rcond=None)[0]
        if (found >= 0).all():
            return {name: round(float(weight), 4) for name, weight in zip(PARTS, found * expected, strict=True)}
        free &= found > 0


def calibrated(counts: Mapping[str, Mapping[str, Mapping[str, int]]]) -> Calibration:
    """Calibration from counts by chip family and design."""
    families = {}
    for family, name in MEASURED_ON.items():
        board = BOARDS[name]
        designs = [design for design in CALIBRATED if design.name in counts[family]]
        presets = [board.adapted(design.preset) for design in designs]
        weights = fitted(presets, family, [counts[family][design.name]["lc"] for design in designs])
        found = {design.name: dict(counts[family][design.name]) for design in designs}
        families[family] = FamilyCalibration(name, weights, found)
    tools = {package: version for flow in FLOWS.values() for package, version in flow.versions().items()}
    return Calibration(tools, families)


def main() -> None:
    """Measure all designs and write the calibration."""
    counts: dict[str, dict[str, dict[str, int]]] = {}
    for family, name in MEASURED_ON.items():
        counts[family] = {}
        for design in CALIBRATED:
            if family not in design.families:
                continue
            counts[family][design.name] = found = measured(design, BOARDS[name])
            sys.stdout.write(f"{design.name} for {name}: {found}\n")
            sys.stdout.flush()
    write_json(CALIBRATION, asdict(calibrated(counts)))


if __name__ == "__main__":
    main()
