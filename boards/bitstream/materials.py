"""What a bitstream was made with, as a bill of materials in CycloneDX 1.6 (ECMA-424), which scanners read.

It has no time and no serial number, so that equal builds have equal bills; both are optional in the format. The library
for this format would bring more packages than this bill lists.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from boards.bitstream.report import BuildReport
from boards.provenance import installed_with

SUFFIX = ".cdx.json"
_BESIDES = ("numpy",)
"""Packages that decide what the tools start from, besides Amaranth, which is among the tools."""


def bill_of_materials(report: BuildReport, bitstream: bytes, files: Mapping[str, bytes]) -> dict[str, Any]:
    """Return the bill of a bitstream.

    Parameters
    ----------
    report
        What was built.
    bitstream
        The bitstream.
    files
        What the tools started from, by name: the design, its constraints, the scripts.
    """
    packages = installed_with((*_BESIDES, *report.tools))
    components = [
        *(_package(name, version) for name, version in sorted(packages.items())),
        *(_file(name, content) for name, content in sorted(files.items())),
    ]
    properties = {
        "board": report.board,
        "preset": report.preset,
        "network_digest": report.network_digest,
        "seed": str(report.seed),
        "git": report.git,
    }
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": _file(report.bitstream, bitstream, kind="firmware"),
            "properties": [{"name": f"threefactor:{name}", "value": value} for name, value in properties.items()],
        },
        "components": components,
        "dependencies": [
            {"ref": report.bitstream, "dependsOn": [component["bom-ref"] for component in components]},
        ],
    }


def _package(name: str, version: str) -> dict[str, Any]:
    kind, origin = ("application", "generic") if name == "python" else ("library", "pypi")
    locator = f"pkg:{origin}/{name}@{version}"
    return {"type": kind, "bom-ref": locator, "name": name, "version": version, "purl": locator}


def _file(name: str, content: bytes, kind: str = "file") -> dict[str, Any]:
    digest = hashlib.sha256(content).hexdigest()
    return {"type": kind, "bom-ref": name, "name": name, "hashes": [{"alg": "SHA-256", "content": digest}]}
