"""``threefactor faults``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import cast

import click

from golden.data.source import load
from golden.spec.config import Preset
from rtl.verilog import processor_rtlil
from sim.backends.catalogue import open_backend
from sim.backends.compiled import CompiledBackend
from sim.compare.strikes import OUTCOMES, StrikeCheck
from threefactor import options
from threefactor.console import Bar, emit, emit_table

BROKEN = 1
COMPILED = "verilator", "cxxrtl"


@click.command("faults")
@options.preset
@click.option(
    "--backend", type=options.Choice(COMPILED), default=COMPILED[0], show_default=True, help="Simulator to use."
)
@options.data
@click.option(
    "--each", type=click.IntRange(min=1), help="Flip N bits of every memory, drawn at random; by default all, once."
)
@click.option("--samples", type=click.IntRange(1, 1000), default=3, show_default=True, help="Samples to learn.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Of what is drawn.")
@options.as_json
def command(
    preset: Preset, backend: str, data: Path | None, each: int | None, samples: int, seed: int, as_json: bool
) -> None:
    """Flip bits in every memory of the gateware while it learns.

    Whatever bit is flipped, and whenever, it must answer, come to rest, and equal the model again: when its state is
    loaded once more, after a reset as well, or, where a table was struck, when it is configured again. Exits with 1
    when it does not.
    """
    dataset = load(preset.dataset, data)
    started = time.perf_counter()
    with open_backend(backend, preset) as processor, Bar("flipping bits") as bar:
        lessons = dataset.train_samples[:samples], dataset.train_labels[:samples]
        check = StrikeCheck(cast(CompiledBackend, processor), processor_rtlil(preset), *lessons, seed=seed)
        bits = list(check.bits() if each is None else check.drawn(each))
        found = check.run(iter(bits), lambda done: bar.done(done, len(bits)))
    emit(
        {
            "preset": preset.name,
            "backend": backend,
            "samples": samples,
            **{outcome: found.total(outcome) for outcome in OUTCOMES},
            "broken": len(found.broken),
            "seconds": time.perf_counter() - started,
            "memories": found.counts,
            "broken_bits": found.broken,
        },
        as_json=as_json,
    )
    if not as_json:
        rows = [(name, *(f"{counts[outcome]:,}" for outcome in OUTCOMES)) for name, counts in found.counts.items()]
        emit_table(("memory", *OUTCOMES), rows)
        for bit in found.broken:
            click.echo(f"nothing helped: {bit}")
    if found.broken or found.total("stuck"):
        raise SystemExit(BROKEN)
