"""Proof of rtl/neuron.py: the tick is that of golden/SPEC.md, at the widths of every shipped preset."""

from __future__ import annotations

from functools import partial
from typing import Any

from amaranth import Mux, Signal, signed

from golden.spec.config import Network
from golden.spec.presets import PRESETS
from rtl.neuron import LifNeuron
from sim.formal.proof import Bench, Mutant, Proof

WIDE = signed(24)
"""Wide enough for every number of the definition."""
LATENCY = 4


def tick(network: Network) -> Bench:
    """Compare with "A timestep", number 3, and "The end of a sample", number 1."""
    bench, design = Bench(), LifNeuron(network)
    bench.add(design)
    m = bench.m
    bench.assume(design.advance)

    def wide(value: Any, name: str) -> Any:
        signal = Signal(WIDE, name=name)
        m.d.comb += signal.eq(value)
        return signal

    def given(value: Any) -> Any:
        return bench.before(value, LATENCY)

    before, first = design.before, given(design.first_step)
    # The domain of the definition: what a stored state can be.
    low, high = network.threshold_range
    bench.assume((before.threshold >= low) & (before.threshold <= high))
    bench.assume(before.potential >= -network.nominal_threshold)

    def state(name: str) -> Any:
        return wide(Mux(first, 0, given(before[name])), f"old_{name}")

    threshold = wide(given(before.threshold), "old_threshold")
    shift = (network.adaptation_shift, network.adaptation_decay) if network.adaptation_increment else (0, 0)
    a = state("adaptation") if network.adaptation_increment else wide(0, "old_adaptation")
    v, n = state("potential"), state("count")
    h = wide(Mux(given(design.first_in_bin), 0, given(before.post)), "old_post")
    bench.assume(before.potential <= (before.threshold >> network.threshold_fraction) + (_adaptation(network, before)))

    theta = wide((threshold >> network.threshold_fraction) + (a >> shift[0]), "theta")
    u = wide(v - (v >> network.leak_shift) + given(design.current), "u")
    d = wide(u - theta, "d")
    hit = wide((d < network.nominal_threshold // 2) & (-d < network.nominal_threshold // 2), "hit")
    spike = wide(d >= 0, "spike")
    kept = wide(Mux(spike, Mux(d < theta, d, theta), u), "kept")
    count = wide(Mux(n + spike > network.count.high, network.count.high, n + spike), "new_count")
    moved = wide(threshold + network.homeostasis_gain * count - network.homeostasis_decay, "moved")

    after, known = design.after, bench.begun(LATENCY)
    bench.claim(design.spike == spike, known)
    bench.claim(after.potential == Mux(kept < -network.nominal_threshold, -network.nominal_threshold, kept), known)
    bench.claim(after.count == count, known)
    bench.claim(after.post == Mux(h + hit > network.post.high, network.post.high, h + hit), known)
    bench.claim(after.threshold == Mux(moved < low, low, Mux(moved > high, high, moved)), known)
    if network.adaptation_increment:
        risen = wide(a - (a >> shift[1]) + Mux(spike, network.adaptation_increment, 0), "risen")
        bench.claim(after.adaptation == Mux(risen > (1 << 15) - 1, (1 << 15) - 1, risen), known)
    if network.recall_bins:
        r, grows = state("recall"), hit & bench.before(design.recalling, 2)
        bench.claim(after.recall == Mux(r + grows > 7, 7, r + grows), known)
    return bench


def held(network: Network) -> Bench:
    """Nothing changes while the pipeline does not advance."""
    bench, design = Bench(), LifNeuron(network)
    inner = bench.add(design)
    registers = [inner["taken"], inner["summed"], inner["fired"], inner["grown"], inner["u"], inner["theta"]]
    for register in registers:
        bench.claim(register == bench.before(register), bench.before(~design.advance) & bench.begun())
    return bench


def _adaptation(network: Network, before: Any) -> Any:
    return before.adaptation >> network.adaptation_shift if network.adaptation_increment else 0


def _distinct() -> dict[str, Network]:
    """Networks of presets whose neurons differ, by the name of the first preset that has them."""
    found: dict[tuple[Any, ...], str] = {}
    for name, preset in PRESETS.items():
        n = preset.network
        key: tuple[Any, ...] = (
            n.threshold_bits,
            n.potential,
            n.current,
            n.leak_shift,
            n.count,
            n.post,
            bool(n.recall_bins),
        )
        key += (n.homeostasis_gain, n.homeostasis_decay, n.adaptation_increment, n.adaptation_shift, n.adaptation_decay)
        found.setdefault(key, name)
    return {name: PRESETS[name].network for name in found.values()}


_MUTANTS = (
    Mutant(
        "the leak is twice as fast",
        "rtl.neuron",
        "u.eq(taken.potential - (taken.potential >> network.leak_shift)",
        "u.eq(taken.potential - (taken.potential >> network.leak_shift - 1)",
    ),
    Mutant("a spike needs more than theta", "rtl.neuron", "spike = distance >= 0", "spike = distance > 0"),
    Mutant("the window has its edge", "rtl.neuron", "(distance < nominal // 2) &", "(distance <= nominal // 2) &"),
    Mutant("counts wrap", "rtl.neuron", "spike & (summed.count != network.count.high)", "spike"),
)
PROOFS = (
    *(
        Proof(
            f"neuron.{name}",
            "potential, spike, hit, count, threshold are those of the definition for all inputs",
            partial(tick, network),
            LATENCY + 1,
            _MUTANTS[index % 4 : index % 4 + 1],
            quick=name == "tiny",
        )
        for index, (name, network) in enumerate(_distinct().items())
    ),
    Proof(
        "neuron.held",
        "nothing in the pipeline changes in a cycle without advance",
        partial(held, PRESETS["tiny"].network),
        2,
        (Mutant("it goes on", "rtl.neuron", "with m.If(self.advance):", "with m.If(1):"),),
    ),
)
