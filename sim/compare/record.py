"""What a comparison keeps in its folder: how far it has come, and what it was a comparison of."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from golden.spec.config import Network
from golden.spec.errors import UserError
from golden.state import State
from golden.system.documents import Count, read_document
from golden.system.sources import model_digest
from golden.system.writing import write_json
from golden.training import checkpoint
from golden.training.checkpoint import Progress
from sim.backends.interface import Backend

CHECKPOINT, DESCRIPTION = "compared", "compared.json"  # in the folder of a comparison
_ELSEWHERE = "choose another folder"

_WORDS = {
    "network": "another network",
    "hardware": "other hardware parameters",
    "gateware": "other gateware or another simulator",
    "model": "another golden model",
    "data": "other data",
    "start_samples": "another start",
    "start_digest": "another start",
}


@dataclass(frozen=True)
class Subject:
    """What is compared: samples that agreed before count for the rest only while all of it is the same.

    Attributes
    ----------
    network
        ``Network.digest``.
    hardware
        Digest of the preset's hardware parameters.
    gateware
        ``Backend.product``: simulator, and digest of the gateware's sources and tools.
    model
        Digest of the sources of engine and reference.
    data
        ``Dataset.digest``.
    start_samples, start_digest
        Samples that were learned before the comparison, and the digest of the state then.
    """

    network: str
    hardware: str
    gateware: str
    model: str
    data: str
    start_samples: Count
    start_digest: str


@dataclass(frozen=True)
class _Description:
    """What ``compared.json`` holds: the subject, and the difference that the comparison ended with."""

    subject: Subject
    difference: str | None = None


def subject_of(backend: Backend, data: str, state: State, samples: int) -> Subject:
    """Subject of a comparison on data of digest ``data`` that starts from a state after so many samples."""
    preset = backend.preset
    return Subject(
        network=preset.network.digest,
        hardware=hashlib.sha256(repr(preset.hardware).encode()).hexdigest(),
        gateware=backend.product,
        model=model_digest(),
        data=data,
        start_samples=samples,
        start_digest=f"{state.digest():016x}",
    )


class Record:
    """The folder of a comparison.

    Parameters
    ----------
    folder
        Its subdirectory ``compared`` holds the last state in which both sides agree, ``compared.json`` the subject.
    network
        What the state belongs to.
    subject
        What is compared now.
    """

    def __init__(self, folder: Path, network: Network, subject: Subject) -> None:
        self.place = folder / CHECKPOINT
        self._folder, self._network, self._subject = folder, network, subject

    def begin(self) -> tuple[State, Progress] | None:
        """Return how far an earlier comparison of the same subject has come; None, and a new record, without one.

        Raises
        ------
        UserError
            If the folder holds a comparison of something else or one that found a difference, or cannot be written.
        """
        if not checkpoint.exists(self.place):
            self._describe()
            return None
        description = self._folder / DESCRIPTION
        if not description.exists():
            raise self._refused("that does not say what of")
        found = read_document(description, _Description, _ELSEWHERE)
        names = [field.name for field in fields(Subject)]
        other = [_WORDS[name] for name in names if getattr(found.subject, name) != getattr(self._subject, name)]
        if other:
            raise self._refused(f"of {' and '.join(dict.fromkeys(other))}")
        if found.difference is not None:
            raise self._refused(f"that found a difference ({found.difference})")
        return checkpoint.load(self.place, self._network)

    def save(self, state: State, progress: Progress) -> None:
        """Write the agreed state."""
        checkpoint.save(self.place, self._network, state, progress)

    def differs(self, difference: str) -> None:
        """Note a difference: one that does not repeat would else be passed over by whoever goes on from before it."""
        self._describe(difference)

    def _describe(self, difference: str | None = None) -> None:
        write_json(self._folder / DESCRIPTION, asdict(_Description(self._subject, difference)))

    def _refused(self, what: str) -> UserError:
        return UserError(f"{self._folder} holds a comparison {what}; {_ELSEWHERE}")
