"""Digests of source files change with every name and every byte."""

from __future__ import annotations

from pathlib import Path

from golden.system.sources import model_files, source_digest

ROOT = Path(__file__).parent.parent


def test_names_and_contents_count(tmp_path: Path) -> None:
    one, other = tmp_path / "one.py", tmp_path / "other.py"
    one.write_text("ab")
    other.write_text("c")
    before = source_digest([one, other])
    assert source_digest([other, one]) == before
    assert len(before) == 64
    one.write_text("a")
    other.write_text("bc")
    assert source_digest([one, other]) != before, "the same bytes, divided otherwise"
    one.write_text("ab")
    other.write_text("c")
    assert source_digest([one, other]) == before
    other.rename(tmp_path / "third.py")
    assert source_digest([one, tmp_path / "third.py"]) != before


def test_the_model_is_all_that_a_training_depends_on() -> None:
    names = {file.relative_to(ROOT).as_posix() for file in model_files()}
    assert names >= {
        "golden/spec/topology.py",
        "golden/network.py",
        "golden/engine/forward.py",
        "golden/data/augment.py",
        "golden/data/images.py",
        "golden/training/train.py",
    }
    assert not any(name.startswith(("golden/cycles/", "golden/system/")) for name in names)
