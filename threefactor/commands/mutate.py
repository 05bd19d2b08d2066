"""``threefactor mutate``."""

from __future__ import annotations

from pathlib import Path

import click

from golden.spec.errors import UserError
from golden.system.running import run
from golden.system.temporary import scratch_folder
from sim.mutation.mutants import chosen as drawn
from sim.mutation.mutants import mutants_of
from sim.mutation.results import Counts, Results, counted, explanations, total
from sim.mutation.trials import SURVIVED, Laboratory, Trial
from threefactor import options
from threefactor.console import emit_json, emit_table, remarks

ROOT = Path(__file__).parents[2]
FOLDERS = ("rtl", "golden", "golden/spec")


def mutable() -> list[str]:
    """Files of gateware and model, from the root."""
    found = (path for folder in FOLDERS for path in (ROOT / folder).glob("*.py") if path.name != "__init__.py")
    return sorted(path.relative_to(ROOT).as_posix() for path in found)


def changed(since: str) -> set[str]:
    """Files that are not what they were in a commit."""
    status, output = run(["git", "diff", "--name-only", since, "--", *FOLDERS], ROOT)
    if status:
        raise UserError(f"git does not know {since!r}; give --since a commit or a branch of this repository")
    return set(output.split())


def files_of(only: tuple[str, ...], since: str | None) -> list[str]:
    """Files whose mutants are asked for."""
    known = mutable()
    if unknown := sorted({*only} - {*known}):
        raise UserError(f"{unknown[0]}: only gateware and model can be mutated, such as {known[-1]}")
    found = [file for file in known if not only or file in only]
    if since is not None:
        found = [file for file in found if file in changed(since)]
    return found


def row_of(name: str, counts: Counts) -> tuple[object, ...]:
    """Cells of the table."""
    return (name, *counts, f"{counts.share:.1%}")


@click.command("mutate")
@click.option("--only", multiple=True, metavar="FILE", help="Only mutants of this file; may be repeated.")
@click.option("--since", metavar="COMMIT", help="Only mutants of files that have changed since then.")
@click.option("--count", type=click.IntRange(min=1), help="Number of mutants, drawn from each file in turn.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of the choice.")
@click.option("--tests", "asked", type=click.IntRange(1, 50), default=4, show_default=True, help="Files of tests each.")
@click.option("--least", type=click.FloatRange(0, 1), default=0.0, help="Exit with 1 if a smaller share is killed.")
@click.option("--list", "listed", is_flag=True, help="Name the mutants and the tests that they meet; try none.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("build") / "mutants.jsonl",
    show_default=True,
    help="File of results; what is in it and still holds is not tried again.",
)
@options.as_json
@click.pass_context
def command(
    context: click.Context,
    only: tuple[str, ...],
    since: str | None,
    count: int | None,
    seed: int,
    asked: int,
    least: float,
    listed: bool,
    out: Path,
    as_json: bool,
) -> None:
    """Make small mistakes in gateware and model, one at a time, and see which tests notice.

    Every mutant is tried in a copy of the tree by the tests that stand nearest to its file. Those that change no
    shipped design at all are counted apart, and so are survivors that sim/mutation/survivors.toml explains.
    """
    if not (ROOT / "tests").is_dir():
        raise UserError("mutants are tried by the tests of the repository, which are not here; run this in a checkout")
    texts = {file: (ROOT / file).read_text(encoding="utf-8") for file in files_of(only, since)}
    mutants = drawn({file: mutants_of(file, text) for file, text in texts.items()}, seed, count)
    trials: list[Trial] = []
    known, results = explanations(), Results(out)
    with scratch_folder("mutants") as folder:
        laboratory = Laboratory(ROOT, folder, asked)
        for number, mutant in enumerate(mutants, 1):
            if listed:
                click.echo(f"{mutant.name}   [{mutant.kind}; {', '.join(laboratory.tests_of(mutant.file))}]")
                continue
            trial = results.valid(mutant.name, *laboratory.validity(mutant.file))
            if trial is None:
                trial = laboratory.tried(mutant)
                results.add(trial)
                tail = f" by {trial.killer}" if trial.killer else ""
                remarks.print(
                    f"{number} of {len(mutants)}: {trial.outcome}{tail}, {trial.seconds:.0f} s, {mutant.name}",
                    soft_wrap=True,
                    markup=False,
                )
            trials.append(trial)
    if listed:
        return
    counts = counted(trials, known)
    everything = total(counts.values())
    survivors = [trial for trial in trials if trial.outcome == SURVIVED and trial.name not in known]
    if as_json:
        files = {file: {**one._asdict(), "share": one.share} for file, one in counts.items()}
        names = [trial.name for trial in survivors]
        emit_json({**everything._asdict(), "share": everything.share, "files": files, "survivors": names})
    else:
        rows = [*counts.items(), ("all", everything)]
        emit_table(
            ("module", "mutants", "killed", "survived", "explained", "no change", "share killed"),
            [row_of(*row) for row in rows],
        )
        for trial in survivors:
            click.echo(f"{trial.file}:{trial.line}: survived: {trial.name}")
    context.exit(1 if everything.share < least else 0)
