"""``threefactor formal``."""

from __future__ import annotations

from pathlib import Path

import click

from golden.spec.errors import UserError
from golden.system.writing import write_json
from sim.formal.catalogue import PROOFS
from sim.formal.running import Outcome, outcomes
from threefactor.console import emit_table, remarks


def row_of(outcome: Outcome) -> tuple[str, ...]:
    """Cells of the table."""
    proof = outcome.proof
    refuted = len(proof.mutants) - len(outcome.survivors)
    return (
        proof.name,
        outcome.verdict,
        proof.method,
        f"{outcome.seconds[0]:.0f}",
        f"{refuted} of {len(proof.mutants)}",
        "PASS" if outcome.passed else "FAIL",
    )


@click.command("formal")
@click.option("--only", metavar="NAME", help="Only the proofs whose name begins with this.")
@click.option("--quick", is_flag=True, help="Only the quick tier.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Proofs side by side.")
@click.option("--json", "file", type=click.Path(path_type=Path), metavar="FILE", help="Write the result to this file.")
@click.pass_context
def command(context: click.Context, only: str | None, quick: bool, workers: int, file: Path | None) -> None:
    """Prove what sim/formal claims of the gateware, and that every proof refutes its mutants.

    Exits with 1 when a claim is not proven, when a mutant survives, or when a proof has none.
    """
    chosen = [proof for proof in PROOFS if proof.name.startswith(only or "") and (proof.quick or not quick)]
    if not chosen:
        raise UserError(f"no proof begins with {only!r}; see sim/formal/README.md")
    found: list[Outcome] = []
    for outcome in outcomes(chosen, workers):
        found.append(outcome)
        remarks.print(f"{outcome.proof.name}: {outcome.summary}", soft_wrap=True)
    passed = all(outcome.passed for outcome in found)
    if file is not None:
        write_json(file, {"passed": passed, "proofs": [outcome.as_values() for outcome in found]})
    emit_table(("proof", "", "method", "seconds", "mutants refuted", ""), map(row_of, found))
    for outcome in found:
        if not outcome.passed:
            click.echo(f"{outcome.proof.name}: {outcome.summary}\n{outcome.log}", err=True)
    context.exit(0 if passed else 1)
