"""The report of a run shows what the run is, stands alone, and leaves the run as it was."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree.ElementTree import fromstring

import numpy as np
import pytest
from click.testing import CliRunner, Result

from golden.data.datasets import Dataset, load
from golden.engine.network import FastNetwork
from golden.spec.config import Hardware, Network, Preset, Training
from golden.spec.presets import preset_named
from golden.state import State
from golden.training.checkpoint import Progress
from golden.training.evaluate import evaluate
from golden.training.train import train
from threefactor.cli import main
from threefactor.plots.samples import confusion_matrix, mistakes
from threefactor.report.run import write_report

TINY = preset_named("tiny")


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    train(TINY, load("digits"), epochs=2, limit=60, folder=folder)
    return folder


def test_page_shows_the_run_and_stands_alone(run: Path) -> None:
    before = (run / "checkpoint" / "state.npz").read_bytes()
    done = invoke("report", run, "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["report"] == str(run / "report.html") and found["epochs"] == 2
    page = (run / "report.html").read_text(encoding="utf-8")
    assert f"{100 * found['test_accuracy']:.2f} %" in page
    assert TINY.network.digest in page
    for title in (
        "Learning",
        "Right and wrong",
        "What gates the weights",
        "Test samples, step by step",
        "Speed",
        "Memory",
    ):
        assert f"<h2>{title}</h2>" in page
    for outside in ("<script", "<link", 'src="http', "@import"):
        assert outside not in page
    plots = [part[: part.index("</svg>") + 6] for part in page.split("<svg")[1:]]
    assert len(plots) == 9
    identifiers = re.findall(r' id="([^"]+)"', page)
    assert len(identifiers) == len(set(identifiers))
    for plot in plots:
        fromstring(f"<svg{plot}")
    assert (run / "checkpoint" / "state.npz").read_bytes() == before


def test_goes_where_it_is_told_and_never_into_a_checkpoint(run: Path, tmp_path: Path) -> None:
    assert invoke("report", run, "--out", tmp_path / "a" / "page.html").exit_code == 0
    assert (tmp_path / "a" / "page.html").is_file()
    (run / "report.html").unlink(missing_ok=True)
    assert invoke("report", run / "checkpoint").exit_code == 0
    assert (run / "report.html").is_file() and not (run / "checkpoint" / "report.html").exists()


def test_says_what_is_missing(tmp_path: Path) -> None:
    done = invoke("report", tmp_path / "nothing")
    assert done.exit_code == 2 and "nothing" in done.stderr


def test_events_before_the_first_epoch(tmp_path: Path) -> None:
    """Sequences have no square input, and an untrained network no learning curve."""
    network = Network(inputs=6, classes=3, neurons=8, steps=12, encoder="events", ring_degree=4, readout_fan_in=4)
    preset = Preset("events", "", "noise", network, Hardware(lanes=4), Training())
    draw = np.random.default_rng(5)
    samples, labels = (draw.random((70, 12, 6)) < 0.3).astype(np.uint8), draw.integers(0, 3, 70).astype(np.uint8)
    progress = Progress("events", 1, "noise", 0, 0, (7, 6), {})
    state, dataset = State.initial(network), Dataset("noise", samples, labels, samples, labels)
    found = write_report(preset, state, progress, dataset, tmp_path / "page.html", command="none")
    assert found.accuracy == evaluate(network, state, dataset).accuracy
    assert state.digest() == State.initial(network).digest()
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Receptive fields" not in page and "Accuracy over the epochs" not in page


def test_confusion_matrix_counts() -> None:
    labels, predictions = np.array([0, 0, 1, 2, 2, 2], np.uint8), np.array([0, 1, 1, 2, 2, 0], np.uint8)
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", str(confusion_matrix(labels, predictions, 3)))
    assert sorted(text for text in texts if text.isdigit()) == sorted("112" + "11" + "012" * 2)


def test_mistakes_are_those_of_the_network() -> None:
    digits = load("digits")
    outcome = FastNetwork(TINY.network).run_many(digits.test_samples, digits.test_labels, False, (1, 1))
    wrong = np.flatnonzero(outcome.predictions != digits.test_labels)[:24]
    drawn = str(mistakes(TINY.network, digits.test_samples, digits.test_labels, outcome.predictions))
    expected = [f"{digits.test_labels[i]}, said {outcome.predictions[i]}" for i in wrong]
    assert re.findall(r"<text[^>]*>(\d+, said \d+)</text>", drawn) == expected
    assert mistakes(TINY.network, digits.test_samples, digits.test_labels, digits.test_labels) is None
