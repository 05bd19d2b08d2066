"""Proof of rtl/population.py: a tick comes to its end, and no state is read while it is written.

The neurons are left out, since neuron.py has proofs of them; here each spikes when the bench likes.
"""

from __future__ import annotations

from typing import Any

from amaranth import Cat, Mux, Signal, Value

from golden.spec.config import Hardware, Network
from rtl.population import Population
from sim.formal.proof import Bench, Mutant, Proof

NETWORK = Network(inputs=4, classes=2, neurons=8, recurrence="none", readout_fan_in=2)
HARDWARE = Hardware(lanes=4, tick_lanes=2)
WORDS, SHARE = NETWORK.neurons // HARDWARE.tick_lanes, HARDWARE.lanes // HARDWARE.tick_lanes
STAGES, DRAINS, SPIKES = 5, 4, HARDWARE.tick_lanes
"""Cycles from the issue of a word to its spikes; from the wish for a word of accumulators to its arrival."""
WORD, DRAINED = STAGES + SPIKES + 1, DRAINS + 2
MOST = WORDS * WORD + WORDS // SHARE * DRAINED + 1


def population() -> Bench:
    """Count what a tick has left to do, and where its words are."""
    bench = Bench()
    design: Any = Population(NETWORK, HARDWARE)
    memories = ("neurons.cells", "thresholds.cells")
    windows = tuple(f"host_{name}__select" for name in ("neurons", "thresholds"))
    inner, m = bench.add(design, freed=("neuron_0", "neuron_1"), seen=memories, driven=windows), bench.m
    leaves, running = design.o, design.running
    # Of the control: a tick begins when the one before has ended, and until then holds and nobody reads beside it.
    bench.assume(~design.start & ~design.post_read & (design.layer == bench.before(design.layer)), when=running)
    word, leaving, left = inner["signal"], inner["leaving_word"], inner["parts_left"]
    drained, spare = inner["signal_3"], inner["spare_valid"]
    stages = [inner[f"valid_{stage}"] for stage in range(1, STAGES + 1)]
    drains = [inner[f"drain_{stage}"] for stage in range(1, DRAINS + 1)]
    waiting, kept = inner["signal_4"], inner["signal_5"]

    # No word is read while it is written: those under way are between the one that enters and the one that leaves.
    for name in memories:
        bench.apart(inner[name])
    under_way = sum(stages, start=Value.cast(0))
    bench.claim((under_way <= word) & (leaving == (word - under_way)[: len(leaving)]), when=running)

    # It goes on: what is left falls in every cycle in which the exit does not wait, and does not rise in others.
    steps, spent = Signal(range(2 * MOST)), Signal(range(2 * MOST))
    waits = leaves.valid & ~leaves.ready
    total: Any = (WORDS - word)[:4] * WORD + (WORDS // SHARE - drained)[:2] * DRAINED + running
    for stage, valid in enumerate(stages, 1):
        total += Mux(valid, WORD - stage, 0)
    for stage, valid in enumerate(drains, 1):
        total += Mux(valid, DRAINED - stage, 0)
    for bit in Cat(waiting, Mux(spare, kept, 0)):
        total += bit
    m.d.comb += steps.eq(Mux(running, total, 0))
    m.d.sync += spent.eq(Mux(running & ~design.done, spent + ~waits, 0))
    bench.claim(spent + steps <= MOST, when=running)
    bench.claim(spent <= MOST)
    bench.claim(running == (bench.before(design.start) | bench.before(running & ~design.done)), when=bench.begun())
    bench.claim(bench.waits(leaves))
    bench.claim(leaves.valid & leaves.payload.last & leaves.ready, when=design.done)
    bench.claim(running, when=leaves.valid)

    # For the induction.
    asked = sum(drains, start=Value.cast(0))
    bench.claim((word <= WORDS) & (drained <= WORDS // SHARE) & (left <= SHARE))
    bench.claim(word + left + SHARE * asked == SHARE * drained, when=running)
    bench.claim((asked == 0) | ((asked == 1) & (left == 0)))
    bench.claim(waiting != 0, when=spare)
    bench.claim(kept != 0, when=spare)
    bench.claim((drained == 0) & (left == 0) & (asked == 0), when=~running)
    bench.claim(~Cat(stages).any() & (waiting == 0) & ~spare, when=~running)
    bench.claim(spent == 0, when=~running)
    return bench


PROOFS = (
    Proof(
        "population",
        f"a tick of {NETWORK.neurons} neurons ends after {MOST} cycles in which its exit does not wait; no word is "
        "read while it is written",
        population,
        2,
        (
            Mutant(
                "words are written one too late",
                "rtl.population",
                "self.layer * words + leaving_word + offset",
                "self.layer * words + leaving_word + 1 + offset",
            ),
            Mutant(
                "a spike is lost while the exit waits",
                "rtl.population",
                "Mux(self.o.ready, waiting_spikes & (waiting_spikes - 1), waiting_spikes)",
                "waiting_spikes & (waiting_spikes - 1)",
            ),
            Mutant(
                "accumulators are too few, and the tick never ends",
                "rtl.population",
                "parts_left.eq(share)]",
                "parts_left.eq(share - 1)]",
            ),
        ),
        further=12,
    ),
)
