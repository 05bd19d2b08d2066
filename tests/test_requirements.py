"""What is installed is locked: every package in one version, every file of it by its checksum, from no named place."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = {"requirements.txt": ("cluster", "test"), "tests/fuzz/requirements.txt": ("fuzz",)}
ENTRY = re.compile(r"([A-Za-z0-9._-]+)==([^ ;\\]+)(?: ; [^\\]+)? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(file: str) -> set[tuple[str, str]]:
    """Name and version of every entry; whatever is no entry fails."""
    text = (ROOT / file).read_text(encoding="utf-8")
    assert ENTRY.sub("", text) == ""
    return {(normal(name), version) for name, version, _ in ENTRY.findall(text)}


def asked(extras: tuple[str, ...]) -> set[tuple[str, str]]:
    """Name and version of everything that pyproject.toml names."""
    project = PROJECT["project"]
    wanted = [*project["dependencies"]] if "test" in extras else []
    wanted += [line for extra in extras for line in project["optional-dependencies"][extra]]
    wanted += PROJECT["build-system"]["requires"] if "test" in extras else []
    found = [re.fullmatch(r"([A-Za-z0-9._-]+)(?:\[[^]]+\])?==([^;]+)(?:;.*)?", line) for line in wanted]
    return {(normal(match[1]), match[2]) for match in found if match}


@pytest.mark.parametrize("file", FILES)
def test_what_the_project_names_is_locked(file: str) -> None:
    missing = asked(FILES[file]) - locked(file)
    assert not missing, f"{missing} are not in {file}; type: .ci/lock"


def test_nothing_is_locked_twice() -> None:
    names = [name for name, _ in locked("requirements.txt")]
    assert len(names) == len(set(names)) > 60


def test_set_up_installs_nothing_else() -> None:
    """Every pip of the set-up asks for checksums, the project itself apart, and resolves nothing."""
    text = (ROOT / ".ci" / "setup").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith('"${install[@]}"')]
    assert [("--require-hashes" in line, "--editable ." in line) for line in lines] == [
        (True, False),
        (True, False),
        (False, True),
    ]
    assert text.count("-m pip install") == 1
    assert "--no-deps --no-build-isolation" in text
