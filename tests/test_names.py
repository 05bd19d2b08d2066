"""Tests find their subject by name, and the same stem means the same thing in golden, rtl and the tests.

``test_<floor>_<room>_<module>.py`` tests that module, ``test_<floor>_<room>.py`` the room; golden/spec is called spec.
"""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = ("golden", "rtl", "sim", "boards", "threefactor")
STEMS = sorted(path.stem.removeprefix("test_") for path in (ROOT / "tests").glob("test_*.py"))

TOPICS = {
    "boards_settings": "settings of a running chip, from its registers to what a user types",
    "ci_run": "the script of continuous integration",
    "fuzz": "what every reader answers to files of a fuzzer",
    "golden_first_samples": "no bit and no cycle has changed, through all of golden",
    "golden_float": "a float model bounds the rule as a whole",
    "layering": "imports between floors and rooms",
    "names": "this one",
    "requirements": "what is installed is locked",
    "rtl_docstrings": "what every component says of itself",
    "rtl_waits": "every wait of a core, the readout and the processor",
    "sim_settings": "settings of the gateware, through golden, cycle model and backends",
    "text": "every text names its encoding, in any locale",
    "threefactor_errors": "the sentence of every wrong call",
    "threefactor_full_disk": "what a full disk leaves of every product",
    "threefactor_machines": "no compiler, no network, small disks, odd paths, old processors",
    "threefactor_interruption": "what a stopped command leaves",
    "tutorial": "the first fifteen minutes of a newcomer, through everything",
    "wheel": "the installed package",
}
"""Tests of something that no file and no folder stands for."""

OWN = {"digest", "network", "placement", "state", "stimulus"}
"""Stems of golden that the gateware has no component for: how parts are put together, where they lie, what they get."""


def subjects() -> set[str]:
    """Every module and every room as the name of its test."""
    names = set()
    for floor in FLOORS:
        for path in (ROOT / floor).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            parts = parts[:-1] if parts[-1] == "__init__" else parts
            names.add("_".join(parts))
    return names | {name.removeprefix("golden_") for name in names if name.startswith("golden_spec_")}


def stems(folder: str) -> set[str]:
    return {path.stem for path in (ROOT / folder).glob("*.py")} - {"__init__"}


@pytest.mark.parametrize("stem", STEMS)
def test_a_test_names_its_subject(stem: str) -> None:
    assert (stem in subjects()) != (stem in TOPICS), f"tests/test_{stem}.py names no module and no room"


def test_topics_have_tests() -> None:
    assert set(TOPICS) <= set(STEMS)


def test_a_stem_is_the_same_in_golden_and_rtl() -> None:
    assert stems("golden") - stems("rtl") == OWN


@pytest.mark.parametrize("stem", sorted(stems("golden") & stems("rtl")))
def test_what_golden_and_rtl_share_is_compared(stem: str) -> None:
    assert f"rtl_{stem}" in STEMS


@pytest.mark.parametrize("stem", sorted(stems("sim/benches")))
def test_a_bench_is_run_by_a_test(stem: str) -> None:
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").glob("test_rtl_*.py")]
    assert any(f'"{stem}"' in text for text in texts), f"no test runs sim/benches/{stem}.py"
