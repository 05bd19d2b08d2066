"""What is computed: the network, and which networks there can be."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass
from typing import Annotated

from golden.spec.errors import require
from golden.spec.fields import OneOf, Range, check_fields
from golden.spec.network_formats import RECALL_BITS, NetworkFormats

ENCODERS = ("levels", "events")
RECURRENCES = ("none", "ring", "dense", "fixed")
FEEDBACKS = ("random", "zero")
LINKS = ("small-world", "random")
ROUNDINGS = ("stochastic", "plain")
READOUT_RULES = ("error", "prototype")
LEVEL_BITS = 4  # of the magnitude of a level
LEVEL_STEPS = 1 << LEVEL_BITS  # over which the spikes of a level are spread
DITHER_MULTIPLIER = 0x9E37  # carry-less multiplier of the column index, SPEC.md "Stochastic rounding"
DITHER_BITS = 16  # of a draw: the upper half of its generator
# Of the fields that settings may replace (golden/spec/settings.py).
MARGINS, LEAK_SHIFTS, HOMEOSTASIS_GAINS, HOMEOSTASIS_DECAYS = Range(0, 255), Range(1, 12), Range(0, 255), Range(0, 4095)


@dataclass(frozen=True)
class Network(NetworkFormats):
    """Everything that decides a bit of the result. Its digest names the computation.

    Amplitudes are in units of one weight step, counts in units of one. See SPEC.md for the equations.

    Parameters
    ----------
    inputs
        Axons that feed layer 0.
    classes, population
        Readout populations and neurons in each.
    layers, neurons
        Recurrent layers K and neurons N in each.
    steps
        Timesteps T of a sample.
    encoder
        ``levels``: 4-bit intensities become evenly spread spikes; ``events``: spikes come as they are.
    weight_bits, readout_bits
        Widths of layer and readout weights; the most negative code marks an absent synapse.
    threshold_bits
        log2 of the nominal threshold; the stored threshold has ``14 - threshold_bits`` fraction bits.
    leak_shift
        Leak of the membrane potential a step, as a shift.
    pre_bits, post_bits, count_bits
        Saturating widths of presynaptic eligibility, postsynaptic eligibility and spike counts.
    bins
        Eligibility bins over the steps of a sample.
    trace_bits, trace_shift, trace_increment
        Presynaptic trace; ``trace_shift`` 0 means plain spike counts without a trace.
    centred_input
        In the update of layer 0 the eligibility of every input is reduced by the mean over all inputs.
    signed_input
        Levels are -15..15 and a negative one sends negative spikes (centre-surround images).
    readout_steps
        The readout listens in the last so many steps only; 0 means all.
    adaptation_increment, adaptation_decay, adaptation_shift
        Adaptive threshold: rise per spike, decay and scale as shifts; increment 0 means none.
    recall_bins
        With n > 0, the last n bins are for recall and earlier bins learn through the threshold adaptation.
    homeostasis_gain, homeostasis_decay
        Threshold change per spike and per sample, in threshold fractions.
    input_grid, input_window
        Receptive fields of layer 0 on a square input: a grid of ``input_grid`` x ``input_grid`` windows of
        ``input_window`` x ``input_window`` inputs; 0 means dense.
    forward_fan_in
        Links that each neuron of a layer above the first has from the layer below, around its own place; 0 means all.
    recurrence, ring_degree, rewire_percent
        Recurrent links of each layer; ``fixed`` is a ring whose weights stay as they are drawn. A ring link, a forward
        link and a readout link is rewired with this probability.
    bundle
        So many neighbouring neurons share the sources of their ring and forward links, which then fill the words of the
        hardware; above 1 the readout neurons of all classes at one place of the ring share theirs as well.
    readout_fan_in
        Links that each readout neuron has from each layer.
    links
        ``small-world``: readout links come from a window of the layer, some rewired; ``random``: from anywhere.
    modulators
        Modulatory neurons D. With D = classes each listens to one class, else the weights are random +-1.
    feedback
        ``random``: fixed random +-1 broadcast; ``zero``: an ablation, no broadcast.
    plastic_layers
        False freezes the layers (an ablation); the readout always learns.
    readout_rule
        How the readout learns: ``error``, the label's neurons against those of its strongest rival; ``prototype``, a
        neuron of the label becomes the mean of samples that are alike, and nothing is taken from other classes.
    rounding
        Of weight updates: ``stochastic``, or ``plain``, an ablation, to the nearest with halves up.
    margin
        The teacher is content when the label leads by this many readout spikes a neuron.
    input_amplitude, forward_amplitude, recurrent_amplitude, readout_amplitude
        Initial weights are uniform in +- this.
    seed
        Seed of topology, initial weights, feedback and rounding.
    """

    inputs: Annotated[int, Range(1, 4096)]
    classes: Annotated[int, Range(2, 64)]
    neurons: Annotated[int, Range(2, 4096)]
    layers: Annotated[int, Range(1, 8)] = 1
    population: Annotated[int, Range(1, 64)] = 4
    steps: Annotated[int, Range(2, 1024)] = 16
    encoder: Annotated[str, OneOf(ENCODERS)] = "levels"
    weight_bits: Annotated[int, Range(3, 16)] = 8
    readout_bits: Annotated[int, Range(3, 16)] = 8
    threshold_bits: Annotated[int, Range(4, 12)] = 8
    leak_shift: Annotated[int, LEAK_SHIFTS] = 3
    pre_bits: Annotated[int, Range(1, 8)] = 4
    post_bits: Annotated[int, Range(1, 8)] = 1
    count_bits: Annotated[int, Range(1, 10)] = 4
    bins: Annotated[int, Range(1, 64)] = 1
    trace_bits: Annotated[int, Range(1, 8)] = 4
    trace_shift: Annotated[int, Range(0, 7)] = 0
    trace_increment: Annotated[int, Range(0, 255)] = 1
    centred_input: bool = False
    signed_input: bool = False
    readout_steps: int = 0
    adaptation_increment: Annotated[int, Range(0, 8191)] = 0
    adaptation_decay: Annotated[int, Range(1, 15)] = 9
    adaptation_shift: Annotated[int, Range(1, 15)] = 3
    recall_bins: Annotated[int, Range(0, 63)] = 0
    homeostasis_gain: Annotated[int, HOMEOSTASIS_GAINS] = 5
    homeostasis_decay: Annotated[int, HOMEOSTASIS_DECAYS] = 8
    input_grid: Annotated[int, Range(0, 64)] = 0
    input_window: int = 0
    forward_fan_in: int = 0
    recurrence: Annotated[str, OneOf(RECURRENCES)] = "ring"
    ring_degree: Annotated[int, Range(0, 4096)] = 8
    rewire_percent: Annotated[int, Range(0, 100)] = 10
    bundle: int = 1
    readout_fan_in: int = 16
    links: Annotated[str, OneOf(LINKS)] = "small-world"
    modulators: Annotated[int, Range(1, 32)] = 10
    feedback: Annotated[str, OneOf(FEEDBACKS)] = "random"
    plastic_layers: bool = True
    readout_rule: Annotated[str, OneOf(READOUT_RULES)] = "error"
    rounding: Annotated[str, OneOf(ROUNDINGS)] = "stochastic"
    margin: Annotated[int, MARGINS] = 2
    input_amplitude: int = 13
    forward_amplitude: int = 13
    recurrent_amplitude: int = 13
    readout_amplitude: int = 6
    seed: Annotated[int, Range(0, 0xFFFF_FFFF)] = 1

    def __post_init__(self) -> None:
        check_fields(self)
        require(
            self.encoder != "levels" or (self.steps == LEVEL_STEPS and self.bins == 1),
            f"encoder 'levels' needs steps = {LEVEL_STEPS} and bins = 1, since its {LEVEL_BITS}-bit levels are spread "
            f"over {LEVEL_STEPS} steps",
        )
        require(
            not self.centred_input or (self.bins == 1 and not self.trace_shift),
            "centred_input needs bins = 1 and no trace",
        )
        require(
            not self.signed_input or (self.encoder == "levels" and not self.centred_input and not self.trace_shift),
            "signed_input needs encoder 'levels', no centred_input and no trace",
        )
        require(
            0 <= self.readout_steps <= self.steps,
            f"readout_steps must be 0..steps ({self.steps}), not {self.readout_steps}",
        )
        require(
            self.recall_bins == 0 or (self.recall_bins < self.bins and self.post_bits >= RECALL_BITS),
            f"recall_bins needs more bins ({self.bins}) than that and post_bits of at least {RECALL_BITS}",
        )
        require(self.bins <= self.steps, f"bins must be at most steps ({self.steps}), not {self.bins}")
        require(
            1 <= self.readout_fan_in <= self.neurons,
            f"readout_fan_in must be 1..neurons ({self.neurons}), not {self.readout_fan_in}",
        )
        require(
            0 <= self.forward_fan_in <= self.neurons,
            f"forward_fan_in must be 1..neurons ({self.neurons}), or 0 for all, not {self.forward_fan_in}",
        )
        require(
            self.bundle >= 1 and self.neurons % self.bundle == 0,
            f"bundle must divide neurons ({self.neurons}), not be {self.bundle}",
        )
        require(
            not (self.prototypes and self.plastic_layers),
            "readout_rule 'prototype' needs plastic_layers = false: what prototypes are means of must not change",
        )
        require(
            not self.prototypes or self.pre_bits < self.readout_bits,
            f"readout_rule 'prototype' needs readout_bits ({self.readout_bits}) above pre_bits ({self.pre_bits})",
        )
        require(
            not self.prototypes or self.readout_potential.bits <= 32,
            f"readout_rule 'prototype' needs readout potentials of 32 bits at most, not {self.readout_potential.bits}",
        )
        if self.input_grid:
            positions = self.input_grid**2
            require(
                self.input_side**2 == self.inputs, f"receptive fields need a square input, not {self.inputs} inputs"
            )
            require(self.neurons % positions == 0, f"neurons must be a multiple of input_grid^2 = {positions}")
            require(
                1 <= self.input_window <= self.input_side,
                f"input_window must be 1..{self.input_side}, not {self.input_window}",
            )
        if self.ring:
            require(
                0 < self.ring_degree <= self.neurons - self.bundle and self.ring_degree % 2 == 0,
                f"ring_degree must be even and at most neurons - bundle ({self.neurons - self.bundle}), not "
                f"{self.ring_degree}",
            )
        for name in ("input_amplitude", "forward_amplitude", "recurrent_amplitude"):
            require(
                0 <= getattr(self, name) <= self.weight_limit,
                f"{name} must be 0..{self.weight_limit}, not {getattr(self, name)}",
            )
        require(
            0 <= self.readout_amplitude <= self.readout_limit,
            f"readout_amplitude must be 0..{self.readout_limit}, not {self.readout_amplitude}",
        )

    # --- geometry

    @property
    def input_side(self) -> int:
        """Side of a square input."""
        return math.isqrt(self.inputs)

    @property
    def readouts(self) -> int:
        """Readout neurons: neuron r belongs to class r mod C."""
        return self.classes * self.population

    @property
    def recurrent(self) -> bool:
        """Whether layers have recurrent links."""
        return self.recurrence != "none"

    @property
    def ring(self) -> bool:
        """Whether recurrent links are those of a ring."""
        return self.recurrence in ("ring", "fixed")

    def forward_axons(self, layer: int) -> int:
        """Axons from the layer below (or the input)."""
        return self.neurons if layer else self.inputs

    def axons(self, layer: int) -> int:
        """Axons of a layer: feedforward ones, then the recurrent ones."""
        return self.forward_axons(layer) + (self.neurons if self.recurrent else 0)

    def plastic_axons(self, layer: int) -> int:
        """Axons of a layer whose weights learn, the first ones."""
        return self.forward_axons(layer) if self.recurrence == "fixed" else self.axons(layer)

    def fan_in(self, layer: int) -> int:
        """Synapses onto each neuron of a layer, feedforward and recurrent."""
        links = self.forward_fan_in if layer else self.input_grid and self.input_window**2
        forward = links or self.forward_axons(layer)
        if not self.recurrent:
            return forward
        return forward + (self.ring_degree if self.ring else self.neurons - 1)

    @property
    def readout_axons(self) -> int:
        """Axons of the readout: the neurons of layer 0, of layer 1, ..."""
        return self.layers * self.neurons

    def listens(self, step: int) -> bool:
        """Whether the readout takes the spikes of a step."""
        return not self.readout_steps or step >= self.steps - self.readout_steps

    def recalls(self, bin_index: int) -> bool:
        """Whether a bin is for recall; with ``recall_bins`` 0 every bin is."""
        return not self.recall_bins or bin_index >= self.bins - self.recall_bins

    def bin_of(self, step: int) -> int:
        """Eligibility bin of a step: floor(t B / T)."""
        return step * self.bins // self.steps

    @property
    def synapses(self) -> int:
        """Number of synapses and links."""
        inside = sum(self.fan_in(layer) * self.neurons for layer in range(self.layers))
        return inside + self.layers * self.readouts * self.readout_fan_in

    @property
    def digest(self) -> str:
        """16 hex digits that name this configuration."""
        text = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]
