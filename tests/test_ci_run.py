"""Continuous integration tells the tests where real data is, so that those of it run."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    ("beside", "already", "told"),
    [(True, None, "shared/data"), (False, None, None), (True, "elsewhere", "elsewhere")],
    ids=["beside the checkout", "nowhere", "named by hand"],
)
def test_data_beside_the_checkout(beside: bool, already: str | None, told: str | None, tmp_path: Path) -> None:
    (tmp_path / "checkout" / ".ci").mkdir(parents=True)
    shutil.copy(ROOT / ".ci" / "run", tmp_path / "checkout" / ".ci")
    make = tmp_path / "bin" / "make"
    make.parent.mkdir()
    make.write_text('#!/bin/sh\necho "$1 ${THREEFACTOR_DATA-nothing}"\n')
    make.chmod(0o755)
    if beside:
        (tmp_path / "shared" / "data").mkdir(parents=True)
    environment = {name: value for name, value in os.environ.items() if name != "THREEFACTOR_DATA"}
    environment["PATH"] = f"{make.parent}:{environment['PATH']}"
    if already is not None:
        environment["THREEFACTOR_DATA"] = str(tmp_path / already)
    done = subprocess.run(
        [tmp_path / "checkout" / ".ci" / "run"], env=environment, capture_output=True, text=True, check=True
    )
    place = "nothing" if told is None else str(tmp_path / told)
    assert done.stdout.splitlines() == [f"{made} {place}" for made in ("test", "formal", "bitstreams", "reproduce")]


def test_designs_that_are_left_out_exist() -> None:
    """``bitstreams`` refuses to leave out what has no budget."""
    left_out = re.findall(r"--without ([\w-]+)", (ROOT / ".ci" / "run").read_text())
    budgets = json.loads((ROOT / "boards" / "budgets.json").read_text())
    assert left_out
    assert set(left_out) <= {preset for designs in budgets.values() for preset in designs} | set(budgets)
