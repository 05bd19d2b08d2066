"""The report of a demonstration: one page that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from boards.bitstream.report import BuildReport
from boards.capacity import memory_bits
from boards.catalogue import board_named
from boards.throughput import home_of, measured
from golden.cycles.model import MEANINGS
from golden.data.datasets import Dataset
from golden.spec.config import Preset
from golden.state import State
from golden.training.train import Trained
from sim.compare.comparison import Comparison
from threefactor.plots.learning import accuracy_bars, learning_curve
from threefactor.plots.samples import spike_raster
from threefactor.plots.weights import distributions, receptive_fields
from threefactor.report.page import write_page

RESOURCES = {"lc": "logic cells", "ebr": "block RAM", "spram": "single-port RAM", "dsp": "multipliers"}
SPEED_SAMPLES = 50


@dataclass(frozen=True)
class Check:
    """A promise, whether it was kept, and what was seen."""

    promise: str
    passed: bool
    seen: str

    @property
    def verdict(self) -> str:
        """One word."""
        return "PASS" if self.passed else "FAIL"


@dataclass(frozen=True)
class Findings:
    """What a demonstration found.

    Attributes
    ----------
    command
        Line that repeats it.
    preset, dataset
        What was trained on what.
    runs
        Training runs; the first one is the one that the hardware repeated.
    checks
        The promises.
    comparison, simulator
        Model against gateware over the first run, and what ran the gateware.
    build
        Report of the build of the bitstream, or None where it failed.
    ablation
        Points of ``threefactor study ablation --json``.
    seconds
        How long each part took.
    """

    command: str
    preset: Preset
    dataset: Dataset
    runs: Sequence[Trained]
    checks: Sequence[Check]
    comparison: Comparison
    simulator: str
    build: BuildReport | None
    ablation: Sequence[Mapping[str, Any]]
    seconds: Mapping[str, float]

    @property
    def passed(self) -> bool:
        """Whether every promise was kept."""
        return all(check.passed for check in self.checks)

    @property
    def test_accuracies(self) -> list[float]:
        """Test accuracy after the last epoch, a run each."""
        last = [run.history[-1].test_accuracy for run in self.runs]
        return [accuracy for accuracy in last if accuracy is not None]

    @property
    def accuracy(self) -> float:
        """Mean of :attr:`test_accuracies`."""
        return mean(self.test_accuracies)


def write_report(findings: Findings, file: Path) -> None:
    """Write the page to ``file``."""
    write_page("demo", _contents(findings), file)


def _contents(findings: Findings) -> dict[str, Any]:
    first, dataset = findings.runs[0], findings.dataset
    network, initial = first.network, State.initial(first.network)
    accuracies = findings.test_accuracies
    seeded = replace(findings.preset, network=network)
    board = home_of(seeded) if findings.build is None else board_named(findings.build.board)
    return {
        "findings": findings,
        "network": network,
        "hardware": findings.preset.hardware,
        "memory_bits": sum(memory_bits(findings.preset)),
        "spread": stdev(accuracies) if len(accuracies) > 1 else None,
        "seeds": [run.network.seed for run in findings.runs],
        "last": first.history[-1],
        "train_count": len(dataset.train_labels),
        "test_count": len(dataset.test_labels),
        "learning_curve": learning_curve([run.history for run in findings.runs]),
        "raster": spike_raster(network, first.state, dataset.test_samples[0], int(dataset.test_labels[0])),
        "fields": receptive_fields(network, initial, first.state),
        "distributions": distributions(network, initial, first.state),
        "ablation_bars": accuracy_bars(findings.ablation) if findings.ablation else None,
        "RESOURCES": RESOURCES,
        "MEANINGS": MEANINGS,
        "board": board.for_preset(seeded.name),
        "speeds": measured(seeded, board, first.state, dataset, SPEED_SAMPLES, epoch=len(first.history)),
    }
