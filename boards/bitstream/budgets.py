"""Committed budgets: what a build may take at most, and a check of all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from boards.bitstream.build import build
from boards.bitstream.report import BuildReport
from boards.estimate.record import differences, drift
from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.spec.presetfile import SUFFIX, read_preset
from golden.spec.presets import preset_named
from golden.system.documents import Count, Positive, read_document
from golden.system.running import tool_threads

BUDGETS = Path(__file__).parents[1] / "budgets.json"
DESIGNS = Path(__file__).parents[1] / "designs"
"""Presets of other shapes that are built only to check the estimate."""
FMAX, SECONDS = "fmax_mhz", "seconds"
STORE = "-store"
"""What the name of a design ends with that plays the recording in the board's flash."""


@dataclass(frozen=True)
class Outcome:
    """How a build stands against its budget.

    Attributes
    ----------
    board, preset
        What was built.
    budget
        Its budget.
    report
        What the build found, or None where there is no bitstream.
    faults
        A sentence for everything that is wrong.
    """

    board: str
    preset: str
    budget: Mapping[str, float]
    report: BuildReport | None
    faults: list[str]

    def as_values(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Budget:
    """Schema of a committed budget: cells at most, frequency at least, seconds to be expected."""

    lc: Count
    ebr: Count
    fmax_mhz: Positive
    seconds: Positive
    spram: Count | None = None
    dsp: Count | None = None


def budgets() -> dict[tuple[str, str], dict[str, float]]:
    """All budgets by board and preset: lc, ebr, spram, dsp at most, fmax_mhz at least; seconds say what to expect.

    Raises
    ------
    UserError
        If the file is damaged.
    """
    found = read_document(BUDGETS, dict[str, dict[str, Budget]], "restore the committed one")
    return {
        (board, preset): {name: most for name, most in asdict(budget).items() if most is not None}
        for board, presets in found.items()
        for preset, budget in presets.items()
    }


def budget_of(board: str, preset: str) -> dict[str, float] | None:
    """Budget of a build, or None where none is committed."""
    return budgets().get((board, preset))


def design_named(name: str) -> Preset:
    """The preset that a budget is for: one that is shipped, or one of :data:`DESIGNS`; :data:`STORE` may follow."""
    name = name.removesuffix(STORE)
    path = DESIGNS / f"{name}{SUFFIX}"
    return read_preset(path) if path.is_file() else preset_named(name)


def exceeded(report: BuildReport, budget: Mapping[str, float]) -> list[str]:
    """One sentence for every figure of a build that is outside its budget."""
    found = [
        f"{name} is {report.resources[name][0]}, more than the budget of {most:g}"
        for name, most in budget.items()
        if name not in (FMAX, SECONDS) and report.resources[name][0] > most
    ]
    if report.fmax_mhz < budget[FMAX]:
        found.append(f"fmax_mhz is {report.fmax_mhz:g}, less than the budget of {budget[FMAX]:g}")
    return found


def checked(chosen: Mapping[tuple[str, str], Mapping[str, float]], out: Path, workers: int = 1) -> Iterator[Outcome]:
    """Build designs with the default seed, and hold each against its budget, in the order given.

    What was built before and has not changed comes from the cache, so that a check that was interrupted goes on where
    it was. With several workers, designs are built side by side, those that take longest first. The tools are processes
    of their own, so that threads do to wait for them.
    """
    longest_first = sorted(chosen, key=lambda names: -chosen[names][SECONDS])
    with tool_threads(workers) as pool:
        building = {names: pool.submit(outcome_of, *names, chosen[names], out) for names in longest_first}
        for names in chosen:
            yield building[names].result()


def outcome_of(board: str, preset: str, budget: Mapping[str, float], out: Path) -> Outcome:
    """Build a design with the default seed, and hold it against its budget and the estimate against it."""
    try:
        report = build(board, design_named(preset), out, store=preset.endswith(STORE))
    except UserError as error:
        return Outcome(board, preset, budget, None, [str(error)])
    # The estimate is of a chip that waits for its host.
    surprises = [] if preset.endswith(STORE) else missed(report)
    return Outcome(board, preset, budget, report, [*exceeded(report, budget), *surprises])


def missed(report: BuildReport) -> list[str]:
    """One sentence for every count of a build that the estimate, or the record of it, has otherwise."""
    counted = {kind: used for kind, (used, _) in report.resources.items()}
    faults = differences(design_named(report.preset), report.board, counted)
    return [*faults, *drift(report.preset, report.board, counted)]
