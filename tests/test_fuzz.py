"""What has been learned from fuzzing: every reader accepts each file of its corpus, or refuses it in one sentence.

No file takes more memory than MOST, whatever it promises, nor is any left half written. ``make fuzz`` looks for more.
"""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from tests.fuzz.judge import CORPUS, TARGETS, judged, target_named

MOST = 32 << 20  # bytes, for files of a few kB
FILES = sorted(path.relative_to(CORPUS).as_posix() for path in CORPUS.glob("*/*"))


@pytest.mark.parametrize("file", FILES)
def test_is_accepted_or_refused_in_a_sentence(file: str, tmp_path: Path) -> None:
    target, content = target_named(Path(file).parts[0]), (CORPUS / file).read_bytes()
    first = judged(target, content, tmp_path)
    tracemalloc.start()
    try:
        assert judged(target, content, tmp_path) == first
        assert tracemalloc.get_traced_memory()[1] < MOST
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", TARGETS)
def test_every_target_accepts_one_and_refuses_another(name: str, tmp_path: Path) -> None:
    """A reader that refuses everything, or nothing, would prove little."""
    if name == "pipe":
        pytest.skip("a pipe is read until its chip falls silent")
    target = target_named(name)
    refused = {judged(target, path.read_bytes(), tmp_path) is None for path in sorted((CORPUS / name).iterdir())}
    assert refused == {True, False}


def test_the_corpus_is_small() -> None:
    assert {Path(file).parts[0] for file in FILES} == set(TARGETS)
    assert sum((CORPUS / file).stat().st_size for file in FILES) < 200_000
