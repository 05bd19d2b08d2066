"""Leaky integrate-and-fire neurons: the arithmetic of a tick."""

from __future__ import annotations

from amaranth import Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from golden.spec.config import Network
from rtl.arith import clamp, times
from rtl.types import settings_layout, shape_of


def neuron_layout(network: Network) -> data.StructLayout:
    """State of one neuron: potential v, stored threshold, spike count n, postsynaptic eligibility h of a bin.

    Where the configuration has them also the threshold adaptation a and the window hits during recall.
    """
    fields = {
        "potential": network.potential,
        "threshold": network.threshold,
        "count": network.count,
        "post": network.post,
    }
    if network.adaptation_increment:
        fields["adaptation"] = network.adaptation
    if network.recall_bins:
        fields["recall"] = network.recall
    return data.StructLayout({name: shape_of(form) for name, form in fields.items()})


class LifNeuron(wiring.Component):
    """Advance one neuron by one timestep.

    ::

        theta     = (threshold >> HF) + (adaptation >> adaptation_shift)
        u         = v(t-1) - (v(t-1) >> leak_shift) + I(t)
        d         = u - theta
        hit       = |d| < TH0 / 2
        spike     = d >= 0
        v(t)      = max(spike ? min(d, theta) : u, -TH0)
        post      = min(post + hit, high)
        count     = min(count + spike, high)
        adaptation = min(a - (a >> adaptation_decay) + (spike ? increment : 0), 2^15 - 1)
        recall    = min(recall + hit, 7)                        in recall bins
        threshold = clamp(threshold + gain * count - decay, TH0/4, 3 TH0)

    Bit-exact with golden.neuron (tick, adapt, homeostasis). Shifts floor; u and d are exact. Throughput: a neuron
    every cycle; latency: 4 cycles. Stalls: only cycles in which ``advance`` is high count. Pipeline: inputs; u; v and
    spike; threshold. Leak, gain and decay are constants, or with ``adjustable`` what the host has set.

    Parameters
    ----------
    network
        Configuration.
    adjustable
        Leak and homeostasis are settings.

    Members
    -------
    before, current
        State and synaptic current.
    first_step, first_in_bin, recalling
        First step of the sample: all but the threshold restarts at 0. First step of the bin: post restarts at 0.
        A recall bin is under way; this one holds while the pipeline is full.
    settings
        With ``adjustable`` only: :func:`~rtl.types.settings_layout`; they hold while the pipeline is full.
    advance
        Clock enable of the pipeline.
    after, spike
        New state (threshold as it would be after the sample) and spike.
    """

    def __init__(self, network: Network, *, adjustable: bool = False) -> None:
        self._network, self._adjustable = network, adjustable
        neuron = neuron_layout(network)
        super().__init__(
            {
                "before": In(neuron),
                "current": In(shape_of(network.current)),
                "first_step": In(1),
                "first_in_bin": In(1),
                "recalling": In(1),
                "advance": In(1),
                **({"settings": In(settings_layout(network))} if adjustable else {}),
                "after": Out(neuron),
                "spike": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        network = self._network
        nominal = network.nominal_threshold
        neuron = neuron_layout(network)

        # The neurons of a word count only where the population says so: nothing here needs a reset.
        taken = Signal(neuron, reset_less=True)
        current = Signal.like(self.current, reset_less=True)
        summed = Signal(neuron, reset_less=True)
        leak: Value = taken.potential >> network.leak_shift
        if self._adjustable:
            leak = Signal.like(taken.potential, reset_less=True, name="leak")
        u = Signal.like(taken.potential - leak + current, reset_less=True)
        theta = Signal(network.potential.bits - 1, reset_less=True)
        adaptation_share = taken.adaptation >> network.adaptation_shift if network.adaptation_increment else 0
        distance = Signal.like(u - theta)
        fired = Signal(neuron, reset_less=True)
        fired_spike = Signal(reset_less=True)
        grown, grown_spike = Signal(neuron, reset_less=True), Signal(reset_less=True)

        hit = (distance < nominal // 2) & (distance > -(nominal // 2))
        spike = distance >= 0
        # After a spike v is not negative. All comparisons start from u and theta, beside each other.
        residual = Mux(u < (theta << 1), distance, theta)
        after = Mux(spike, residual, Mux(u < -nominal, -nominal, u))
        # What the threshold becomes without a spike in this step, and the rest when that is known.
        counted = spike & (summed.count != network.count.high)
        expected = summed.threshold + times(summed.count, network.homeostasis_gain) - network.homeostasis_decay
        gain: Value | int = network.homeostasis_gain
        if self._adjustable:
            expected, gain = self._expected(m, taken), self.settings.homeostasis_gain
        unmoved, moves = Signal.like(expected, reset_less=True), Signal(reset_less=True)
        adapted = unmoved + Mux(moves, gain, 0)
        m.d.comb += [distance.eq(u - theta), self.after.eq(grown), self.spike.eq(grown_spike)]
        with m.If(self.advance):
            m.d.sync += [
                taken.eq(self.before),
                current.eq(self.current),
                # -- u
                summed.eq(taken),
                u.eq(taken.potential - leak + current),
                theta.eq((taken.threshold >> network.threshold_fraction) + adaptation_share),
                # -- v and spike
                unmoved.eq(expected),
                moves.eq(counted),
                fired.potential.eq(after),
                fired.count.eq(summed.count + counted),
                fired.post.eq(Mux(summed.post == network.post.high, summed.post, summed.post + hit)),
                fired_spike.eq(spike),
                # -- threshold
                grown.eq(fired),
                grown.threshold.eq(clamp(adapted, *network.threshold_range)),
                grown_spike.eq(fired_spike),
            ]
            if self._adjustable:
                m.d.sync += leak.eq(Mux(self.first_step, 0, self.before.potential >> self.settings.leak_shift))
            with m.If(self.first_step):
                m.d.sync += [taken[name].eq(0) for name in neuron.members if name not in ("threshold", "post")]
            with m.If(self.first_in_bin):
                m.d.sync += taken.post.eq(0)
            if network.adaptation_increment:
                rested = summed.adaptation - (summed.adaptation >> network.adaptation_decay)
                risen = rested + Mux(spike, network.adaptation_increment, 0)
                highest = network.adaptation.high
                m.d.sync += fired.adaptation.eq(Mux(risen > highest, highest, risen))
            if network.recall_bins:
                full = summed.recall == network.recall.high
                m.d.sync += fired.recall.eq(summed.recall + (hit & self.recalling & ~full))
        return m

    def _expected(self, m: Module, taken: data.View[data.StructLayout]) -> Value:
        """The threshold without a spike in this step, for a gain that is no constant, from the stage of ``u`` on.

        The product is made of additions, as with a constant; the stage of ``u`` adds up each half of the count.
        """
        count, gain = taken.count, self.settings.homeostasis_gain
        middle = (len(count) + 1) // 2
        rested = Signal.like(taken.threshold - self.settings.homeostasis_decay, reset_less=True)
        parts = []
        for first, half in ((0, count[:middle]), (middle, count[middle:])):
            product = sum((Mux(bit, gain << place, 0) for place, bit in enumerate(half)), start=Value.cast(0))
            part = Signal.like(product, reset_less=True, name=f"product_{first}")
            parts.append(part << first)
            with m.If(self.advance):
                m.d.sync += part.eq(product)
        with m.If(self.advance):
            m.d.sync += rested.eq(taken.threshold - self.settings.homeostasis_decay)
        return rested + parts[0] + parts[1]
