"""``threefactor board selftest``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from boards.host.client import Client
from boards.host.connection import Connection
from boards.host.pipe import LineLostError
from boards.host.selftest import Held, Trial, Verdict, self_test
from golden.spec.config import Network, Preset
from golden.spec.errors import UserError
from golden.state import State
from golden.training import checkpoint
from golden.training.train import CHECKPOINT
from sim.crosscheck.case import Lessons, Start, Stimulus, drawn_state
from threefactor import options
from threefactor.commands.board import reach as reaching
from threefactor.commands.board.reach import Reach, reach
from threefactor.commands.board.save import write
from threefactor.console import emit, emit_table, remarks

DIFFERENT = 1
_SAMPLES = 8  # of a trial: learning goes far in them, and what was wrong with the first is not yet everywhere
_STIMULI: tuple[Stimulus, ...] = ("any", "dense", "sparse")


def trials(network: Network, count: int, seed: int) -> Iterator[Trial]:
    """Draw trials whose states make most neurons spike, so that what is wrong with a table shows.

    Weights may have any value, and thresholds are as low as they can be or as they are initially; every fourth trial
    begins as a training does.
    """
    for number in range(count):
        drawn = seed * count + number
        lessons = Lessons(_STIMULI[number % len(_STIMULI)], _SAMPLES, seed=drawn)
        start = Start(
            weights="any",
            thresholds="initial" if number % 2 else "low",
            links="any",
            generators="any",
            prototypes="any",
            seed=drawn,
        )
        yield Trial(drawn_state(network, Start() if number % 4 == 3 else start), *lessons.drawn(network))


def _state(client: Client, held: Held) -> State | None:
    """The state that a chip held, unless its memories held anything, as before they are loaded."""
    try:
        state = client.loaded_state(held.contents)
        state.require_legal(client.preset.network)
    except UserError:
        return None
    return state


@click.command("selftest")
@click.option("--trials", "count", type=click.IntRange(1, 10_000), default=8, show_default=True, help="How many.")
@click.option("--seed", type=click.IntRange(0, 100_000), default=1, show_default=True, help="Of what is drawn.")
@click.option(
    "--rescue",
    type=click.Path(path_type=Path),
    default=Path("selftest-rescued"),
    show_default=True,
    help="Folder for what the chip held, should the line break for good before it is written back.",
)
@reaching.preset
@reaching.patience
@reach
@options.as_json
def command(
    count: int, seed: int, rescue: Path, preset: Preset | None, patience: float, reach: Reach, as_json: bool
) -> None:
    """Let the chip learn samples that are drawn, and compare all that it holds with the golden model, bit for bit.

    It needs no data. Every trial begins with another state, so that all memories, tables and multipliers are used; what
    the chip held before is written back at the end. Exits with 1 when anything differs: the chip was then not
    programmed right, runs too fast for its voltage or its heat, or is broken.
    """
    place, rescued = reach.find(), rescue / CHECKPOINT
    if checkpoint.exists(rescued):
        raise UserError(f"{rescued} holds the state of a chip already; load it (threefactor board load) or move it")
    with (
        Connection(reach.opened, preset, patience=patience, told=remarks.print) as connection,
        remarks.status("reading the state") as line,
    ):
        preset = connection.preset
        held = Held.by(connection.client)

        def tell(verdict: Verdict) -> None:
            line.update(f"{verdict.trials} of {count} trials, {verdict.differences:,} differences")

        try:
            verdict = self_test(connection, held, trials(preset.network, count, seed), tell)
        except LineLostError as error:
            state = _state(connection.client, held)
            if state is None:
                raise
            write(rescued, preset, state, held.shifts)
            raise UserError(f"{error}; what the chip held is in {rescue}: threefactor board load {rescue}") from None
        found = {
            "port": place.port,
            "preset": preset.name,
            "trials": verdict.trials,
            "samples": verdict.samples,
            "different_predictions": verdict.predictions,
            "different_elements": sum(verdict.memories.values()),
            "breaks": connection.breaks,
        }
    emit({**found, **({"memories": verdict.memories} if as_json else {})}, as_json=as_json)
    if verdict.memories and not as_json:
        emit_table(("memory", "different"), [(name, f"{count:,}") for name, count in verdict.memories.items()])
    if verdict.differences:
        raise SystemExit(DIFFERENT)
