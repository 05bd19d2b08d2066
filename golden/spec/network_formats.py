"""The formats of a network: how wide every number is, and what bounds it."""

from __future__ import annotations

from abc import ABC, abstractmethod

from golden.spec.formats import Format, signed, signed_for, unsigned, unsigned_for

STORED_BITS = 14  # log2 of the nominal threshold as it is stored, fraction bits included
STRONG_ERROR = 2  # error of a label that does not lead
RECALL_BITS = 3
BROADCAST_LIMIT = 127  # |L_j| after the broadcast


class NetworkFormats(ABC):
    """What follows from the fields of a :class:`~golden.spec.network.Network` for the numbers in it.

    Every format is exact: no sum of weights that can occur is outside of it, unless the rule itself saturates there
    (golden/SPEC.md).
    """

    adaptation_increment: int
    adaptation_shift: int
    centred_input: bool
    classes: int
    count_bits: int
    layers: int
    margin: int
    modulators: int
    population: int
    post_bits: int
    pre_bits: int
    readout_bits: int
    readout_fan_in: int
    readout_rule: str
    signed_input: bool
    steps: int
    threshold_bits: int
    trace_bits: int
    weight_bits: int

    @abstractmethod
    def fan_in(self, layer: int) -> int:
        """Synapses of a neuron of a layer."""

    @property
    def prototypes(self) -> bool:
        """Whether readout neurons are prototypes."""
        return self.readout_rule == "prototype"

    @property
    def weight(self) -> Format:
        """Layer weight; the lowest code is ``absent``."""
        return signed(self.weight_bits)

    @property
    def readout_weight(self) -> Format:
        """Readout weight; the lowest code is ``absent``."""
        return signed(self.readout_bits)

    @property
    def weight_limit(self) -> int:
        """Layer weights stay in +- this."""
        return self.weight.high

    @property
    def readout_limit(self) -> int:
        """Readout weights stay in +- this."""
        return self.readout_weight.high

    @property
    def nominal_threshold(self) -> int:
        """TH0, in units of the membrane potential."""
        return 1 << self.threshold_bits

    @property
    def threshold_fraction(self) -> int:
        """Fraction bits HF of the stored threshold."""
        return STORED_BITS - self.threshold_bits

    @property
    def threshold(self) -> Format:
        """Stored threshold, with ``threshold_fraction`` fraction bits."""
        return unsigned(16)

    @property
    def threshold_range(self) -> tuple[int, int]:
        """Stored thresholds stay in TH0/4 .. 3 TH0."""
        return self.initial_threshold >> 2, 3 * self.initial_threshold

    @property
    def initial_threshold(self) -> int:
        """Stored threshold before training: TH0."""
        return 1 << STORED_BITS

    @property
    def adaptation(self) -> Format:
        """Threshold adaptation a."""
        return unsigned(15)

    @property
    def recall(self) -> Format:
        """Window hits of a neuron during recall."""
        return unsigned(RECALL_BITS)

    @property
    def potential(self) -> Format:
        """Membrane potential: -TH0 <= v <= theta, and theta <= 3 TH0 plus the adaptation."""
        adapted = self.adaptation.high >> self.adaptation_shift if self.adaptation_increment else 0
        return signed_for(3 * self.nominal_threshold + adapted)

    @property
    def current(self) -> Format:
        """Synaptic current of one step, exact when all synapses of a neuron deliver a limit weight."""
        return signed_for(self.weight_limit * max(self.fan_in(k) for k in range(self.layers)))

    @property
    def readout_potential(self) -> Format:
        """Readout potential of a sample, exact when every link delivers a limit weight each step."""
        return signed_for(self.readout_limit * self.readout_fan_in * self.layers * self.steps)

    @property
    def class_potential(self) -> Format:
        """Sum of a population's readout potentials, or the largest one beyond its threshold."""
        if self.prototypes:
            return signed_for(2 * self.readout_potential.high)
        return signed_for(self.readout_limit * self.readout_fan_in * self.layers * self.steps * self.population)

    @property
    def pre(self) -> Format:
        """Presynaptic eligibility."""
        return unsigned(self.pre_bits)

    @property
    def pre_factor(self) -> Format:
        """Presynaptic factor of an update: the eligibility, signed where inputs are centred."""
        return signed(self.pre_bits + 1) if self.centred_input or self.signed_input else self.pre

    @property
    def trace(self) -> Format:
        """Presynaptic trace."""
        return unsigned(self.trace_bits)

    @property
    def post(self) -> Format:
        """Postsynaptic eligibility."""
        return unsigned(self.post_bits)

    @property
    def count(self) -> Format:
        """Spikes of a neuron in a sample."""
        return unsigned(self.count_bits)

    @property
    def modulator(self) -> Format:
        """Modulator value: two strong errors through weights of magnitude 1."""
        return signed_for(2 * STRONG_ERROR)

    @property
    def broadcast(self) -> Format:
        """Learning signal L_j after clamping."""
        return signed_for(self.broadcast_bound)

    @property
    def broadcast_bound(self) -> int:
        """Largest |L_j| that can occur: two strong errors with one-to-one modulators, else D times as much."""
        widest = 2 * STRONG_ERROR * (1 if self.modulators == self.classes else self.modulators)
        return min(BROADCAST_LIMIT, widest)

    @property
    def gated(self) -> Format:
        """Learning signal times postsynaptic eligibility, g_j."""
        return signed_for(self.broadcast_bound * self.post.high)

    @property
    def readout_gated(self) -> Format:
        """Error of a readout neuron's class, its g_r; of a prototype whether it is the chosen one."""
        if self.prototypes:
            return unsigned(1)
        return signed_for(STRONG_ERROR)

    @property
    def prototype_shift(self) -> int:
        """A prototype's weight is the mean eligibility times 2 to this."""
        return self.readout_bits - 1 - self.pre_bits

    @property
    def vacant_threshold(self) -> int:
        """Threshold of a prototype before its first sample; while it is negative the neuron stands for nothing."""
        return -(self.readout_fan_in * self.layers << self.prototype_shift >> 1)

    @property
    def absent(self) -> int:
        """Code of an absent layer synapse."""
        return self.weight.low

    @property
    def absent_link(self) -> int:
        """Code of an absent readout link."""
        return self.readout_weight.low

    @property
    def margin_potential(self) -> int:
        """Lead of the label's class potential at which the teacher is content."""
        return self.margin * self.population << self.readout_bits - 1

    @property
    def step_index(self) -> Format:
        """Format that counts 0..steps."""
        return unsigned_for(self.steps)
