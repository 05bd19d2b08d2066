"""Temporary names: processes that use the same one at once never take each other's for a leftover."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BUSY = """
import sys
from pathlib import Path
from golden.system.temporary import temporary_file, temporary_folder

for _ in range(1500):
    with temporary_folder(Path(sys.argv[1]), "shared") as folder:
        (folder / "content").write_text("1", encoding="utf-8")
    with temporary_file(Path(sys.argv[1]), "shared") as file:
        assert file.exists()
"""


def test_several_processes_share_a_name(tmp_path: Path) -> None:
    """Each clears leftovers while the others are between making and locking theirs."""
    command = [sys.executable, "-c", BUSY, str(tmp_path / "place")]
    root = Path(__file__).parent.parent
    processes = [subprocess.Popen(command, cwd=root, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    complaints = [process.communicate()[1] for process in processes]
    assert complaints == [""] * 4
    assert list((tmp_path / "place").iterdir()) == []
