"""Trying a mutant: in a copy of the tree, by the tests that stand nearest."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from golden.spec.errors import UserError
from golden.system.running import TooLongError, run
from golden.system.sources import source_digest
from golden.system.temporary import scratch_folder
from sim.mutation.mutants import Mutant
from sim.mutation.nearest import nearest_tests

COPIED = ("golden", "rtl", "sim", "boards", "threefactor", "tests", "pyproject.toml", "README.md", "Makefile")
KILLED, TIMED_OUT, SURVIVED, NO_CHANGE = "killed", "timed out", "survived", "no change"
PASSED = 0  # exit code of pytest
SLOWER = 4
"""A mutant may take so much longer than the code as it is, and SPARE seconds: a wait that never ends does not."""
SPARE = 20
ELABORATED = ("rtl", "golden/spec")
"""Where a mistake that changes no shipped design is told from one that does."""


@dataclass(frozen=True)
class Trial:
    """What became of a mutant.

    Attributes
    ----------
    name, file, line, kind
        Of the mutant.
    outcome
        One of KILLED, TIMED_OUT, SURVIVED and NO_CHANGE.
    killer
        Test that failed, as pytest calls it, or the file that could not be read or took too long.
    asked
        Files of tests that were run.
    seconds
        What its tests took.
    source, tests
        Digests of the file without the mistake, and of the tests that were to be run: what the outcome holds for.
    """

    name: str
    file: str
    line: int
    kind: str
    outcome: str
    killer: str
    asked: list[str]
    seconds: float
    source: str
    tests: str

    def as_values(self) -> dict[str, Any]:
        """As one JSON object."""
        return asdict(self)

    @property
    def dead(self) -> bool:
        """Whether a test noticed it."""
        return self.outcome in (KILLED, TIMED_OUT)

    def holds_for(self, source: str, tests: str) -> bool:
        """Whether it need not be tried again: more tests cannot bring a dead mutant back."""
        return self.source == source and (self.dead or self.tests == tests)


class Laboratory:
    """A copy of the tree in which mutants are tried, one after the other.

    Parameters
    ----------
    root
        The tree; nothing in it is changed.
    copy
        An empty folder.
    asked
        How many files of tests a mutant meets at most.
    """

    def __init__(self, root: Path, copy: Path, asked: int) -> None:
        self._root, self._copy, self._asked = root, copy, asked
        self._usual: dict[str, float] = {}
        unwanted = shutil.ignore_patterns("__pycache__", "*.nbi", "*.nbc", "build", ".*")
        for name in COPIED:
            if (root / name).is_dir():
                shutil.copytree(root / name, copy / name, ignore=unwanted)
            elif (root / name).is_file():
                shutil.copy2(root / name, copy / name)

    def tests_of(self, file: str) -> list[str]:
        """Files of tests that a mutant of a file meets, in their order."""
        found = nearest_tests(self._copy, file, self._asked)
        if not found:
            raise UserError(f"no test is named after {file} or a module that imports it; leave it out")
        return found

    def validity(self, file: str) -> tuple[str, str]:
        """Digests of a file and of its tests, see :class:`Trial`."""
        tests = [self._copy / test for test in self.tests_of(file)]
        benches = (self._copy / "sim" / "benches").rglob("*.py")
        return source_digest([self._copy / file]), source_digest([*tests, *benches])

    def tried(self, mutant: Mutant) -> Trial:
        """Try a mutant.

        Raises
        ------
        UserError
            If a test fails without it.
        """
        outcome, killer, asked, seconds = SURVIVED, "", list[str](), 0.0
        for test in self.tests_of(mutant.file):
            # Not before it is its turn: most mutants meet the first file only, and a file may take minutes.
            self._usual_seconds(test)
            asked.append(test)
            started = time.perf_counter()
            with self._mistaken(mutant):
                outcome, killer = self._outcome(test)
            seconds += time.perf_counter() - started
            if outcome != SURVIVED:
                break
        if outcome == SURVIVED and mutant.file.startswith(ELABORATED):
            with self._mistaken(mutant):
                outcome = NO_CHANGE if self._elaborates_equally() else SURVIVED
        about = (mutant.name, mutant.file, mutant.line, mutant.kind)
        return Trial(*about, outcome, killer, asked, round(seconds, 1), *self.validity(mutant.file))

    def _outcome(self, test: str) -> tuple[str, str]:
        try:
            status, output = self._pytest(test, SPARE + SLOWER * self._usual_seconds(test))
        except TooLongError:
            return TIMED_OUT, test
        if status == PASSED:
            return SURVIVED, ""
        lines = (line for line in output.splitlines() if line.startswith(("FAILED ", "ERROR ")))
        failures = (line.partition(" ")[2].partition(" - ")[0] for line in lines)
        return KILLED, next(failures, test)

    def _usual_seconds(self, test: str) -> float:
        """Seconds that a file of tests takes without a mistake; measured once, the caches being filled by it."""
        if test not in self._usual:
            started = time.perf_counter()
            status, output = self._pytest(test, None)
            if status != PASSED:
                last = (output.strip() or "no output").splitlines()[-1]
                raise UserError(f"{test} fails without any mutant ({last}); mend it, or leave its module out")
            self._usual[test] = time.perf_counter() - started
        return self._usual[test]

    def _pytest(self, test: str, seconds: float | None) -> tuple[int, str]:
        options = ("-x", "-q", "--tb=no", "-rfE", "-p", "no:cacheprovider")
        command = [sys.executable, "-m", "pytest", *options, test]
        return run(command, self._copy, variables={"PYTHONPATH": str(self._copy)}, seconds=seconds)

    @contextmanager
    def _mistaken(self, mutant: Mutant) -> Iterator[None]:
        """Put a mistake into the copy for a while."""
        path = self._copy / mutant.file
        right = path.read_text(encoding="utf-8")
        try:
            self._replace(path, mutant.text)
            yield
        finally:
            self._replace(path, right)

    def _replace(self, path: Path, text: str) -> None:
        """Write a file of the copy; what Python compiled of it goes, since it is known by second and size only."""
        path.write_text(text, encoding="utf-8")
        for stale in (path.parent / "__pycache__").glob(f"{path.stem}.*"):
            stale.unlink()

    @cached_property
    def _designs(self) -> str:
        """What :mod:`sim.mutation.elaborated` says of the tree as it is."""
        status, output = self._elaborated(self._root, "")
        if status:
            raise UserError("the gateware of the shipped presets cannot be elaborated; mend it first")
        return output

    def _elaborates_equally(self) -> bool:
        status, output = self._elaborated(self._copy, self._designs)
        return status == 0 and output == self._designs

    def _elaborated(self, tree: Path, expected: str) -> tuple[int, str]:
        with scratch_folder("elaborated") as folder:
            command = [sys.executable, "-m", "sim.mutation.elaborated"]
            variables = {"PYTHONPATH": str(tree), "PYTHONHASHSEED": "0"}
            return run(command, folder, variables=variables, given=expected.encode(), errors=folder / "errors")
