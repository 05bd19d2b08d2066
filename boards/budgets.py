"""Committed budgets: what a build may take at most."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from boards.build import BuildReport

BUDGETS = Path(__file__).with_name("budgets.json")


def budget_of(board: str, preset: str) -> dict[str, float] | None:
    """Budget of a build, or None where none is committed: lc, ebr, spram, dsp at most, fmax_mhz at least."""
    budgets: dict[str, dict[str, dict[str, float]]] = json.loads(BUDGETS.read_text(encoding="utf-8"))
    return budgets.get(board, {}).get(preset)


def exceeded(report: BuildReport, budget: Mapping[str, float]) -> list[str]:
    """One sentence for every figure of a build that is outside its budget."""
    found = [
        f"{name} is {report.resources[name][0]}, more than the budget of {most:g}"
        for name, most in budget.items()
        if name != "fmax_mhz" and report.resources[name][0] > most
    ]
    if report.fmax_mhz < budget["fmax_mhz"]:
        found.append(f"fmax_mhz is {report.fmax_mhz:g}, less than the budget of {budget['fmax_mhz']:g}")
    return found
