"""The report stands alone, shows what it was given, and says FAIL when anything failed."""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from boards.bitstream.report import BuildReport
from golden.data.datasets import load
from golden.spec.errors import UserError
from golden.spec.presets import preset_named
from golden.training.train import train
from sim.compare.comparison import Comparison
from sim.compare.divergence import Divergence
from threefactor.commands.demo import build_checks, equality_checks
from threefactor.report.demo import Findings, write_report

TINY = preset_named("tiny")
ROW = {"variant": "full", "summary": "as is", "test_accuracies": [0.9], "test_accuracy": 0.9, "spread": None}
BUILT = BuildReport(
    board="icebreaker",
    preset="tiny",
    seed=1,
    network_digest=TINY.network.digest,
    resources={"lc": (1234, 5280), "ebr": (30, 30)},
    fmax_mhz=30.5,
    clock_mhz=24.0,
    bitstream="tiny-icebreaker.bin",
    bitstream_sha256="0" * 64,
    lc_per_lane=308.5,
    baud=1_000_000,
    baud_error=0.0,
    tools={},
    git="abc",
    seconds=1.0,
    cached=False,
)


def findings(*, divergence: Divergence | None = None, built: BuildReport | UserError = BUILT) -> Findings:
    dataset = load("digits")
    runs = [train(TINY, dataset, seed=seed, epochs=2, limit=60) for seed in (1, 2)]
    comparison = Comparison(
        equal=divergence is None,
        first_divergence=divergence,
        samples=120 if divergence is None else divergence.sample,
        resumed_samples=0,
        traced_samples=3,
        cycles=120_000,
        cycles_per_second=1e6,
        samples_per_second=1e3,
        seconds=1.0,
        accuracy=0.5,
        digest=int(runs[0].history[-1].state_digest, 16),
    )
    return Findings(
        command="threefactor demo",
        preset=TINY,
        dataset=dataset,
        runs=runs,
        checks=[*equality_checks(comparison, runs[0], 120), *build_checks(built)],
        comparison=comparison,
        simulator="verilator",
        build=built if isinstance(built, BuildReport) else None,
        ablation=[ROW],
        seconds={"training": 1.0},
    )


def test_page_stands_alone_and_passes(tmp_path: Path) -> None:
    found = findings()
    write_report(found, tmp_path / "a" / "report.html")
    page = (tmp_path / "a" / "report.html").read_text(encoding="utf-8")
    assert found.passed
    assert "FAIL" not in page
    assert found.runs[0].history[-1].state_digest in page
    assert TINY.network.digest in page
    assert "30.5 MHz" in page
    assert "cycles a sample" in page
    assert "cycles: deliver" in page
    for outside in ("<script", "<link", 'src="http', "@import", str(tmp_path)):
        assert outside not in page


def test_plots_are_well_formed_and_identifiers_unique(tmp_path: Path) -> None:
    write_report(findings(), tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    plots = [part[: part.index("</svg>") + 6] for part in page.split("<svg")[1:]]
    assert len(plots) == 5
    identifiers: list[str] = []
    for plot in plots:
        root = fromstring(f"<svg{plot}")
        identifiers += [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
    assert len(identifiers) == len(set(identifiers))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"divergence": Divergence(7, 3, 1, (5,), "potentials", 12, 13)},
            "sample 7, step 3, layer 1: potentials[5] is 13, expected 12",
        ),
        ({"built": UserError("preset tiny reaches 20.0 MHz and the clock is 24 MHz")}, "reaches 20.0 MHz"),
    ],
)
def test_fails_when_anything_failed(tmp_path: Path, given: dict[str, object], words: str) -> None:
    found = findings(**given)  # type: ignore[arg-type]
    write_report(found, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert not found.passed
    assert "FAIL" in page
    assert words in page
