"""``threefactor bitstreams``."""

from __future__ import annotations

from pathlib import Path

import click

from boards.bitstream.budgets import FMAX, SECONDS, Outcome, budgets, checked
from boards.catalogue import BOARDS
from boards.estimate.record import RECORD, record
from golden.spec.errors import UserError
from golden.system.writing import write_json
from threefactor import options
from threefactor.console import emit_json, emit_table, remarks

RESULT = "bitstreams.json"
KINDS = ("lc", "ebr", "spram", "dsp")


def row_of(outcome: Outcome) -> tuple[str, ...]:
    """Cells of the table: what the build takes, of what its budget allows."""
    report, budget = outcome.report, outcome.budget
    if report is None:
        return (outcome.board, outcome.preset, *("-" for _ in KINDS), "-", "-", "-", "FAIL")
    taken = (
        f"{report.resources[kind][0]:,} of {budget[kind]:,}" if kind in report.resources and kind in budget else "-"
        for kind in KINDS
    )
    return (
        outcome.board,
        outcome.preset,
        *taken,
        f"{report.lc_per_lane:,.0f}",
        f"{report.fmax_mhz:.1f} of {budget[FMAX]:g}",
        f"{report.seconds:.0f}{' (cached)' if report.cached else ''}",
        "FAIL" if outcome.faults else "PASS",
    )


@click.command("bitstreams")
@click.option("--board", type=options.Choice(list(BOARDS)), help="Only the designs of this board.")
@click.option("--preset", help="Only the designs of this preset.")
@click.option(
    "--without",
    multiple=True,
    metavar="NAME",
    help="Not the designs of this preset, or of this board; may be repeated.",
)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Designs side by side.")
@click.option("--record", "keep", is_flag=True, help="Write down what nextpnr counts, for the estimate's test.")
@options.out("Folder of bitstreams, reports and the result.", default=Path("build") / "bitstreams")
@options.as_json
@click.pass_context
def command(
    context: click.Context,
    board: str | None,
    preset: str | None,
    without: tuple[str, ...],
    workers: int,
    keep: bool,
    out: Path,
    as_json: bool,
) -> None:
    """Build every design that has a budget, and check it.

    Designs that were built before and have not changed are not built again. Exits with 1 when one is outside its
    budget, has no bitstream at all, or is not what ``threefactor estimate`` says.
    """
    known = budgets()
    if unknown := sorted({*without}.difference(*known)):
        raise UserError(f"no design of preset or board {unknown[0]!r} has a budget; see boards/budgets.json")
    chosen = {
        names: budget
        for names, budget in known.items()
        if board in (None, names[0]) and preset in (None, names[1]) and not {*names} & {*without}
    }
    if not chosen:
        raise UserError("no design that is asked for has a budget; see boards/budgets.json")
    times = [budget[SECONDS] for budget in chosen.values()]
    minutes = max(*times, sum(times) / workers) / 60
    remarks.print(f"{len(chosen)} designs; some {minutes:.0f} minutes if none of them has been built before")
    outcomes: list[Outcome] = []
    for outcome in checked(chosen, out, workers):
        outcomes.append(outcome)
        remarks.print(f"{outcome.preset} for {outcome.board}: {'; '.join(outcome.faults) or 'within its budget'}")
        # After each, so that an interrupted run leaves what it found.
        values = {"passed": not any(one.faults for one in outcomes), "designs": [one.as_values() for one in outcomes]}
        write_json(out / RESULT, values)
    if keep:
        _write_record(outcomes)
    if as_json:
        emit_json(values)
    else:
        emit_table(("board", "preset", *KINDS, "lc per lane", "Fmax", "seconds", ""), map(row_of, outcomes))
        click.echo(f"result {out / RESULT}")
    context.exit(0 if values["passed"] else 1)


def _write_record(outcomes: list[Outcome]) -> None:
    """Put what was counted in the place of what the record says of the same designs."""
    found = record()
    for outcome in outcomes:
        if outcome.report is not None:
            counted = {kind: used for kind, (used, _) in outcome.report.resources.items()}
            found.setdefault(outcome.board, {})[outcome.preset] = counted
    write_json(RECORD, found)
