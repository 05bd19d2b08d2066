"""Bits of a processor at work are flipped, one after the other: it must go on, and become whole again."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from golden.engine.network import FastNetwork
from golden.placement import placements
from golden.spec.config import Preset
from golden.state import State
from sim.backends.compiled import CompiledBackend
from sim.backends.interface import StuckError
from sim.backends.probes import Bit, Probe, memories_of, storages
from sim.backends.tables import tables_of

Counts = dict[str, int]

STRUCK = "struck"
"""Flips."""
STUCK = "stuck"
"""Flips after which the processor did not answer, or never came to rest."""
FELT = "felt"
"""Flips after which a prediction, an update or the state differed from the model's."""
RELOADED = "reloaded"
"""Flips after which loading the state again was enough: what follows equals the model, bit for bit."""
RESET = "reset"
"""Flips that needed a reset as well."""
RECONFIGURED = "reconfigured"
"""Flips of tables, which the host cannot write: the chip has to be configured again, and then equals the model."""
OUTCOMES = (STRUCK, STUCK, FELT, RELOADED, RESET, RECONFIGURED)


@dataclass
class Strikes:
    """What came of flips, by memory: how many there were of each of ``OUTCOMES``."""

    counts: dict[str, Counts] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    """Flips after which nothing helped, which would be a fault of the gateware: memory, row, bit, cycle."""

    def total(self, outcome: str) -> int:
        """Number of flips of all memories with this outcome."""
        return sum(counts[outcome] for counts in self.counts.values())


class StrikeCheck:
    """Flip single bits of every memory of a simulated processor while it learns.

    For each flip: the processor holds a state and learns samples. Before the first cycle, or in any later one, a bit is
    inverted. It must answer all samples, come to rest, and serve the host. Then the state is loaded once more and it
    learns the same samples, which must now give the model's bits; where they do not, it is also reset, which must help.
    What befell a table stays, so there the bit is put right first, as configuring the chip again does.

    Parameters
    ----------
    processor
        Simulated processor, without stalls.
    design
        RTLIL of it.
    samples, labels
        What is learned, again and again; a few.
    state
        What the processor holds before; by default the initial one.
    seed
        Of the cycles in which bits are flipped.
    """

    def __init__(
        self,
        processor: CompiledBackend,
        design: str,
        samples: NDArray[np.integer],
        labels: NDArray[np.uint8],
        state: State | None = None,
        seed: int = 1,
    ) -> None:
        preset = processor.preset
        self._processor, self._samples, self._labels = processor, samples, labels
        self._state = State.initial(preset.network) if state is None else state
        self._shifts, self._random = preset.training.shifts(0), random.Random(seed)
        model = FastNetwork(preset.network, self._state.copy())
        self._expected = model.run_many(samples, labels, True, self._shifts, digests=True)
        self._tables = tables_of(preset, design)
        self._probes = (*memories_of(design), *generators_of(preset))
        processor.load(self._state)
        self._cycles = processor.run(samples, labels, learn=True, shifts=self._shifts).total_cycles
        self.found = Strikes({str(probe): dict.fromkeys(OUTCOMES, 0) for probe in self._probes})

    def bits(self) -> Iterator[Bit]:
        """Every bit of every memory and generator."""
        for probe in self._probes:
            rows, width = self._processor.size_of(probe)
            yield from (Bit(probe, row, bit) for row in range(rows) for bit in range(width))

    def drawn(self, each: int) -> Iterator[Bit]:
        """``each`` bits of every memory, drawn at random."""
        for probe in self._probes:
            rows, width = self._processor.size_of(probe)
            for _ in range(each):
                yield Bit(probe, self._random.randrange(rows), self._random.randrange(width))

    def run(self, bits: Iterator[Bit], progress: Callable[[int], None] | None = None) -> Strikes:
        """Flip these bits, one after the other; every other one before the first cycle of a sample."""
        for done, bit in enumerate(bits):
            self._strike(bit, 0 if done % 2 else self._random.randrange(1, self._cycles))
            if progress is not None:
                progress(done + 1)
        return self.found

    def notices(self, bit: Bit) -> bool:
        """Whether samples that are learned with the bit flipped from the beginning differ; then it is put right."""
        self._processor.load(self._state)
        self._processor.flip(bit)
        try:
            return not self._equal([])
        except StuckError:
            return True
        finally:
            self._processor.flip(bit)
            self._processor.reset()

    def _strike(self, bit: Bit, cycle: int) -> None:
        processor, counts = self._processor, self.found.counts[str(bit.probe)]
        counts[STRUCK] += 1
        processor.load(self._state)
        if not cycle:
            processor.flip(bit)
        try:
            counts[FELT] += not self._equal([(cycle, bit)] if cycle else [])
            processor.state()  # served when all has come to rest
        except StuckError:
            counts[STUCK] += 1
            processor.reset()
        for remedy in self._remedies(bit):
            processor.load(self._state)
            if self._equal([]):
                counts[remedy] += 1
                return
        self.found.broken.append(f"{bit.probe} row {bit.row} bit {bit.bit} cycle {cycle}")

    def _remedies(self, bit: Bit) -> Iterator[str]:
        """What is done before the state is loaded again: nothing, a reset, and for a table its right contents."""
        if bit.probe in self._tables:
            self._processor.flip(bit)
            self._processor.reset()
            yield RECONFIGURED
            return
        yield RELOADED
        self._processor.reset()
        yield RESET

    def _equal(self, strikes: list[tuple[int, Bit]]) -> bool:
        """Whether the samples give the model's predictions, updates and digests."""
        got = self._processor.run(self._samples, self._labels, learn=True, shifts=self._shifts, strikes=strikes)
        return (
            np.array_equal(got.predictions, self._expected.predictions)
            and np.array_equal(got.updated, self._expected.updated)
            and np.array_equal(got.digests, self._expected.digests)
        )


def generators_of(preset: Preset) -> tuple[Probe, ...]:
    """Registers of the rounding generators, which are state and no memories."""
    regions = [placement.region for placement in placements(preset)]
    return tuple(
        storage.probe for region in regions if region.name.endswith("generators") for storage in storages(region)
    )
