"""Files that others have written: no more is read than there may be, and what is wrong is one sentence."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from golden.system.reading import DamagedError, read_bytes


def test_contents(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"four")
    assert read_bytes(tmp_path / "a", 4, "again") == b"four"


def test_no_more_is_read_than_there_may_be(tmp_path: Path) -> None:
    place = tmp_path / "huge"
    with place.open("wb") as file:
        file.truncate(10 << 40)  # 10 TB, of which the disk holds nothing
    with pytest.raises(DamagedError, match=f"^{re.escape(str(place))} is damaged .it has more than 9 bytes.; again$"):
        read_bytes(place, 9, "again")


def test_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DamagedError, match=r"nothing is damaged \(No such file or directory\); train again"):
        read_bytes(tmp_path / "nothing", 9, "train again")
    with pytest.raises(DamagedError, match=r"is damaged \(it is not a file\)"):
        read_bytes(tmp_path, 9, "train again")
    os.mkfifo(tmp_path / "pipe")  # nobody writes into it: opening would wait for ever
    with pytest.raises(DamagedError) as found:
        read_bytes(tmp_path / "pipe", 9, "train again")
    assert found.value.reason == "it is not a file"
