"""Many random networks, batch by batch: resumable, counted, and ended by the first failure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from golden.spec.errors import UserError
from golden.spec.presetfile import SUFFIX
from golden.system import tools
from golden.system.documents import Count, read_document
from golden.system.sources import model_digest
from golden.system.writing import write_json
from sim.backends.library import gateware_sources
from sim.crosscheck.coverage import CORNERS, HARDWARE, NETWORKS
from sim.crosscheck.events import EVENTS
from sim.crosscheck.trial import Check, Failure, Found, gateware_batch, limit_batch, model_batch

MODELS, LIMITS, GATEWARE = KINDS = "models", "limits", "gateware"
RECORD, CASE = "crosscheck.json", f"case{SUFFIX}"  # in the folder of a campaign

BATCH = {MODELS: 50, LIMITS: 5, GATEWARE: 5}
"""Networks that are tried, or not, together; what is drawn depends on the number of the batch alone."""

_POINTS = {MODELS: (*CORNERS, *NETWORKS), LIMITS: (), GATEWARE: (*HARDWARE, *EVENTS)}
_SPREAD = {kind: number << 28 for number, kind in enumerate(KINDS)}
_ELSEWHERE = "choose another folder"

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Goal:
    """How many networks of each kind are tried, at least: whole batches are.

    Attributes
    ----------
    models
        In reference and engine.
    limits
        Near the limits, in everything that takes presets.
    gateware
        In a simulator, besides.
    seed
        Of all of them.
    backend
        The simulator.
    """

    models: Count
    limits: Count
    gateware: Count
    seed: Count
    backend: str


@dataclass
class Record:
    """How far a campaign has come.

    Attributes
    ----------
    seed, backend, code
        What it is a campaign of.
    tried, networks
        Examples drawn so far, and those that made a network to run, by kind.
    refused
        Presets near the limits that the specification refuses.
    hits
        Of every point, by kind.
    failure
        What ended it.
    """

    seed: Count
    backend: str
    code: str
    tried: dict[str, Count] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    networks: dict[str, Count] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    refused: Count = 0
    hits: dict[str, dict[str, Count]] = field(default_factory=lambda: {kind: {} for kind in KINDS})
    failure: str | None = None

    def add(self, kind: str, tried: int, found: Found) -> None:
        """Count a batch."""
        self.networks[kind] += found.networks
        self.refused += found.refused
        self.hits[kind] = dict(Counter(self.hits[kind]) + found.hits)
        if found.failure is None:
            self.tried[kind] += tried
        else:
            self.failure = found.failure.sentence

    def table(self) -> list[tuple[str, int, int]]:
        """Every point with its hits in the models and in the gateware."""
        points = [point for kind in KINDS for point in _POINTS[kind]]
        return [(point, self.hits[MODELS].get(point, 0), self.hits[GATEWARE].get(point, 0)) for point in points]

    def uncovered(self) -> list[str]:
        """Points that nothing has hit, of the kinds that have been tried."""
        tried = [kind for kind in KINDS if self.tried[kind]]
        return [point for kind in tried for point in _POINTS[kind] if not self.hits[kind].get(point)]


def conduct(
    goal: Goal,
    folder: Path | None,
    *,
    checks: tuple[Check, ...] = (),
    build_folder: Path | None = None,
    progress: Progress | None = None,
) -> tuple[Record, Failure | None]:
    """Try random networks until the goal is reached or one fails.

    Parameters
    ----------
    goal
        What to try. The same numbers give the same networks; larger ones go on where smaller ones have ended.
    folder
        Holds the record after every batch, and the smallest case that fails; a campaign that finds a record goes on.
    checks
        What presets near the limits are given to besides.
    build_folder
        Keeps compiled models.
    progress
        Told of (kind, networks tried, networks to try) after every batch.

    Raises
    ------
    UserError
        If the folder holds another campaign, or cannot be written.
    """
    record = _begun(goal, folder)
    if goal.gateware:
        tools.compiler()  # before hours are spent on the models
    wanted = {MODELS: goal.models, LIMITS: goal.limits, GATEWARE: goal.gateware}
    for kind in KINDS:
        while record.tried[kind] < wanted[kind]:
            count = BATCH[kind]
            drawn = (goal.seed << 32) + _SPREAD[kind] + record.tried[kind] // count
            found = _batch(kind, count, drawn, goal.backend, checks, build_folder)
            record.add(kind, count, found)
            if folder is not None:
                _write(record, found.failure, folder)
            if progress is not None:
                progress(kind, min(record.tried[kind], wanted[kind]), wanted[kind])
            if found.failure is not None:
                return record, found.failure
    return record, None


def _batch(
    kind: str, count: int, number: int, backend: str, checks: tuple[Check, ...], build_folder: Path | None
) -> Found:
    if kind == MODELS:
        return model_batch(count, number)
    if kind == LIMITS:
        return limit_batch(count, number, checks)
    return gateware_batch(count, number, backend, build_folder)


def _begun(goal: Goal, folder: Path | None) -> Record:
    """The record of a folder, or a new one; a campaign that has failed tries its last batch again."""
    drawing = [file.read_bytes() for file in sorted(Path(__file__).parent.glob("*.py"))]
    digest = hashlib.sha256(b"".join([model_digest().encode(), *gateware_sources(), *drawing]))
    fresh = Record(goal.seed, goal.backend, digest.hexdigest()[:16])
    if folder is None or not (folder / RECORD).exists():
        return fresh
    record = read_document(folder / RECORD, Record, _ELSEWHERE)
    if (record.seed, record.backend) != (fresh.seed, fresh.backend):
        raise UserError(f"{folder} holds networks of another seed or simulator; {_ELSEWHERE}")
    if record.code != fresh.code:
        raise UserError(f"{folder} holds networks that were tried with other code; {_ELSEWHERE}")
    if record.failure is not None:
        raise UserError(f"{folder} holds a case that failed ({record.failure}); {_ELSEWHERE}")
    return record


def _write(record: Record, failure: Failure | None, folder: Path) -> None:
    if failure is not None and failure.case is not None:
        failure.case.write(folder / CASE)
    write_json(folder / RECORD, asdict(record))
