"""``threefactor ablate``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev

import click

from golden.datasets import Dataset, load
from golden.spec.config import Network, Preset
from golden.training import train
from threefactor import options
from threefactor.console import TrainingBar, emit_json, emit_table

VARIANTS: dict[str, tuple[str, Callable[[Network], Network]]] = {
    "full": ("as the preset says", lambda network: network),
    "frozen": ("hidden layers do not learn, the readout does", lambda network: replace(network, plastic_layers=False)),
    "no feedback": ("no broadcast reaches the layers", lambda network: replace(network, feedback="zero")),
    "no recurrence": ("layers without recurrent links", lambda network: replace(network, recurrence="none")),
    "one to one": ("a modulator a class", lambda network: replace(network, modulators=network.classes)),
    "random 4": ("4 modulators, random weights", lambda network: replace(network, modulators=4)),
    "random 1": ("1 modulator, random weights", lambda network: replace(network, modulators=1)),
}


def ablation(
    preset: Preset, dataset: Dataset, seeds: int, *, epochs: int | None = None, limit: int | None = None
) -> list[dict[str, object]]:
    """Train every variant of a preset with the seeds 1 .. ``seeds``; variants that equal the preset are left out.

    Returns
    -------
    list
        Per variant its name, description, test accuracies, their mean and spread (standard deviation).
    """
    rows: list[dict[str, object]] = []
    for name, (summary, vary) in VARIANTS.items():
        network = vary(preset.network)
        if name != "full" and network == preset.network:
            continue
        accuracies = []
        for seed in range(1, seeds + 1):
            with TrainingBar(f"{name}, seed {seed}", quiet=True) as bar:
                trained = train(
                    replace(preset, network=network), dataset, seed=seed, epochs=epochs, limit=limit, report=bar
                )
            accuracies.append(trained.history[-1].test_accuracy)
        rows.append(
            {
                "variant": name,
                "summary": summary,
                "test_accuracies": accuracies,
                "test_accuracy": mean(accuracies),
                "spread": stdev(accuracies) if seeds > 1 else None,
            }
        )
    return rows


@click.command("ablate")
@options.preset
@options.data
@click.option("--seeds", type=click.IntRange(1, 1000), default=3, show_default=True, help="Seeds 1 .. N.")
@options.epochs
@options.limit
@options.as_json
def command(
    preset: Preset, data: Path | None, seeds: int, epochs: int | None, limit: int | None, as_json: bool
) -> None:
    """Measure what each part contributes: train without it, on the golden model."""
    rows = ablation(preset, load(preset.dataset, data), seeds, epochs=epochs, limit=limit)
    if as_json:
        emit_json({"preset": preset.name, "seeds": seeds, "variants": rows})
        return
    emit_table(
        ("variant", "test accuracy", "spread", "meaning"),
        (
            (
                row["variant"],
                f"{row['test_accuracy']:.2%}",
                "-" if row["spread"] is None else f"{row['spread']:.2%}",
                row["summary"],
            )
            for row in rows
        ),
    )
