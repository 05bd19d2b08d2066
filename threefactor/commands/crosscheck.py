"""``threefactor crosscheck``."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from boards.catalogue import board_named
from boards.estimate.estimate import estimate
from golden.spec.config import Preset
from golden.spec.errors import UserError
from sim.backends.catalogue import BACKENDS
from threefactor import options
from threefactor.console import Bar, emit, emit_table

DIFFERENT = 1
COMPILED = [name for name in BACKENDS if name != "icarus"]
_FAMILIES = ("icebreaker", "ulx3s-85f")


def estimated(preset: Preset) -> None:
    """Estimate what a preset takes on a board of each family."""
    for name in _FAMILIES:
        estimate(preset, board_named(name))


def tried_again(path: Path, backend: str, *, simulate: bool) -> str | None:
    """Run a case once more; return what differs, or None."""
    from sim.crosscheck.case import read_case
    from sim.crosscheck.models import DifferenceError, compare_models
    from sim.crosscheck.trial import in_gateware

    case = read_case(path)
    try:
        steps = compare_models(case, case.initial())
        if simulate:
            in_gateware(case, steps, backend, None)
    except DifferenceError as difference:
        return str(difference)
    return None


@click.command("crosscheck")
@click.option(
    "--models", type=click.IntRange(0), default=1000, show_default=True, help="Networks in golden models, by fifties."
)
@click.option(
    "--limits", type=click.IntRange(0), default=50, show_default=True, help="Presets near the limits, by fives."
)
@click.option(
    "--gateware", type=click.IntRange(0), default=20, show_default=True, help="Networks in a simulator, by fives."
)
@click.option("--backend", type=options.Choice(COMPILED), default="verilator", show_default=True, help="Simulator.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=1, show_default=True, help="Of all networks.")
@click.option("--covered", is_flag=True, help="A point that no network has hit is a failure, too.")
@click.option("--case", type=click.Path(path_type=Path), help="Run the case of this file once more, and nothing else.")
@options.out(
    "Folder of the record, from which the same command goes on, and of a case that fails.", Path("build/crosscheck")
)
@options.as_json
@click.pass_context
def command(
    context: click.Context,
    models: int,
    limits: int,
    gateware: int,
    backend: str,
    seed: int,
    covered: bool,
    case: Path | None,
    out: Path,
    as_json: bool,
) -> None:
    """Run random networks in reference, engine, cycle model and gateware, and stop where they differ.

    Prints how often each corner of the rule and of the gateware has been met. Exits with 1 when something differs;
    the smallest case that does is then written to the folder.
    """
    if find_spec("hypothesis") is None:
        raise UserError("hypothesis is not installed; type: pip install hypothesis")
    from sim.crosscheck.campaign import CASE, Goal, conduct

    if case is not None:
        difference = tried_again(case, backend, simulate=gateware > 0)
        emit({"case": str(case), "equal": difference is None, "difference": difference}, as_json=as_json)
        context.exit(0 if difference is None else DIFFERENT)
    with Bar("trying networks") as bar:
        record, failure = conduct(
            Goal(models, limits, gateware, seed, backend),
            out,
            checks=(estimated,),
            progress=lambda kind, done, total: bar.done(done, total, f"trying {kind}"),
        )
    missing = record.uncovered()
    again = None
    if failure is not None and failure.case is not None:
        again = f"threefactor crosscheck --case {out / CASE} --backend {backend}"
    values: dict[str, Any] = {
        "seed": seed,
        "backend": backend,
        **record.networks,
        "refused": record.refused,
        "failure": record.failure,
        "run_again": again,
        "points": len(record.table()),
        "uncovered": ", ".join(missing) or None,
    }
    if as_json:
        values |= {"hits": record.hits, "uncovered": missing}
    else:
        emit_table(("point", "models", "gateware"), record.table())
    emit(values, as_json=as_json)
    context.exit(DIFFERENT if failure is not None or (covered and missing) else 0)
