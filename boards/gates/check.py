"""Samples on the netlist of a board, learning on, held against golden bit for bit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from boards.catalogue import Board
from boards.gates.contents import InitialContents, initial_contents
from boards.gates.model import compiled_gates, synthesized
from boards.gates.netlist import Netlist
from boards.host.backend import BoardBackend
from boards.simulated.board import SimulatedBoard
from boards.simulated.line import SimulatedLine
from golden.data.datasets import Dataset
from golden.network import ReferenceNetwork
from golden.spec.config import Preset
from golden.spec.errors import UserError


@dataclass(frozen=True)
class Findings:
    """What came of a netlist.

    Attributes
    ----------
    board, preset
        What was synthesized for what.
    cells
        How many there are of each kind.
    samples, seeds
        Samples learned by each chip, and chips that differed in what is undefined when the power comes.
    updates
        Samples that changed weights, of all chips together.
    cycles
        Of all chips together.
    differences
        Predictions, flags of an update and states that were not golden's; a chip that fell silent is one.
    first
        The first difference in a sentence, or nothing.
    seconds
        What the simulation took.
    memories
        What the memories of the processor start with.
    """

    board: str
    preset: str
    cells: dict[str, int]
    samples: int
    seeds: int
    updates: int
    cycles: int
    differences: int
    first: str
    seconds: float
    memories: tuple[InitialContents, ...]

    def as_values(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


def checked(
    preset: Preset,
    board: Board,
    dataset: Dataset,
    *,
    samples: int,
    seeds: Iterable[int] = (1,),
    every: int = 20,
    netlist: Netlist | None = None,
    folder: Path | None = None,
    told: Callable[[str], object] = lambda _: None,
) -> Findings:
    """Let the netlist of a preset on a board learn the first samples of a data set, and compare with golden.

    For each seed a chip is switched on, whose undefined bits that seed draws. It leaves the reset that the board gives
    it, is loaded through its UART as any board is, and learns. Every prediction and every flag of an update must be
    that of the reference model, and so must the whole state, read back now and then and at the end.

    Parameters
    ----------
    preset, board
        What for what.
    dataset
        Its first training samples are learned.
    samples
        How many.
    seeds
        Of what is undefined, from 1 on.
    every
        Samples between two comparisons of the state.
    netlist
        Another netlist than the one that is synthesized of them.
    folder
        Build folder; by default that of the simulators.
    told
        Told in a few words what goes on.

    Raises
    ------
    UserError
        If a tool is missing or fails, there are not so many samples, or a memory needs contents that its cells cannot
        start with.
    """
    if samples > len(dataset.train_labels):
        raise UserError(
            f"data set {preset.dataset} has {len(dataset.train_labels):,} training samples; ask for no more"
        )
    board = board.for_preset(preset.name)
    if netlist is None:
        told("synthesizing")
        netlist = Netlist.read(synthesized(preset, board))
    memories = tuple(initial_contents(board.adapted(preset), netlist))
    told("compiling the netlist")
    library = compiled_gates(netlist, preset, board, folder=folder)
    course = _Course(preset, dataset, samples, every)
    started, cycles, updates, differences = time.perf_counter(), 0, 0, list[str]()
    chosen = list(seeds)
    for number, seed in enumerate(chosen):
        told(f"chip {number + 1} of {len(chosen)}")
        line = SimulatedLine(SimulatedBoard(library, board, seed=seed))
        try:
            updates += course.follow(line, partial(_note, differences, seed))
        except UserError as error:  # the host gave up
            _note(differences, seed, str(error))
        finally:
            cycles += line.cycles
            line.close()
    return Findings(
        board=board.name,
        preset=preset.name,
        cells=dict(netlist.count().most_common()),
        samples=samples,
        seeds=len(chosen),
        updates=updates,
        cycles=cycles,
        differences=len(differences),
        first=differences[0] if differences else "",
        seconds=round(time.perf_counter() - started, 1),
        memories=memories,
    )


class _Course:
    """The samples that every chip learns, and what golden says of each: a prediction, a flag, now and then a digest."""

    def __init__(self, preset: Preset, dataset: Dataset, samples: int, every: int) -> None:
        self._preset, self._every = preset, every
        self._samples, self._labels = dataset.train_samples[:samples], dataset.train_labels[:samples]
        self._shifts = preset.training.shifts(0)
        model = ReferenceNetwork(preset.network)
        self._begin = model.state.copy()
        self._expected = list[tuple[int, bool]]()
        self._digests = dict[int, int]()
        for done, (sample, label) in enumerate(zip(self._samples, self._labels, strict=True), 1):
            outcome = model.run(sample, int(label), learn=True, shifts=self._shifts)
            self._expected.append((outcome.prediction, outcome.updated))
            if done % every == 0 or done == samples:
                self._digests[done] = model.state.digest()

    def follow(self, line: SimulatedLine, differs: Callable[[str], object]) -> int:
        """Let a chip learn all, and return how often it changed weights."""
        updates, done = 0, 0
        chip = BoardBackend(self._preset, line)
        chip.load(self._begin)
        for end, digest in self._digests.items():
            part = slice(done, end)
            found = chip.run(self._samples[part], self._labels[part], learn=True, shifts=self._shifts, digests=False)
            for place, pair in enumerate(zip(found.predictions.tolist(), found.updated.tolist(), strict=True), done):
                if pair != self._expected[place]:
                    differs(f"sample {place} is {_words(*pair)}, in golden {_words(*self._expected[place])}")
            updates, done = updates + int(found.updated.sum()), end
            if chip.state().digest() != digest:
                differs(f"the state after {end} samples is not golden's")
        return updates


def _note(differences: list[str], seed: int, words: str) -> None:
    differences.append(f"seed {seed}: {words}")


def _words(prediction: int, updated: bool) -> str:
    return f"class {prediction}, {'learned' if updated else 'not learned'}"
