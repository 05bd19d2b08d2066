"""The reference model: a sample through K recurrent layers, the readout, the teacher and plasticity."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from golden.arith import Int
from golden.eligibility import Eligibility
from golden.encoder import encode_levels
from golden.modulators import broadcast, modulate, post_factor
from golden.neuron import adapt, effective_threshold, homeostasis, tick
from golden.plasticity import update_rows
from golden.prototypes import adapted_threshold, attract, chosen_prototype, prototype_potentials
from golden.readout import class_potentials, predict
from golden.spec.config import Network
from golden.spec.settings import Settings, settled
from golden.spec.topology import topology
from golden.state import State, existing
from golden.stimulus import checked
from golden.teacher import class_errors


@dataclass
class SampleTrace:
    """Everything that happened in one sample, for comparison step by step.

    Attributes
    ----------
    potentials, spikes, post
        v(t), spikes and saturating hits h[b] after each step, lists over t of arrays (K, N) or (K, B, N).
    counts
        Spikes so far after each step, (K, N).
    pre
        Per layer and for the readout (last), x at the end of the sample, shape (B, axons).
    readout
        Readout potentials o at the end of the sample, shape (C P,).
    classes
        Class potentials y, as the teacher sees them, shape (C,).
    errors, modulators
        e and m, or None where the teacher was content or absent, or everything is frozen.
    """

    potentials: list[Int] = field(default_factory=list)
    spikes: list[NDArray[np.bool_]] = field(default_factory=list)
    post: list[Int] = field(default_factory=list)
    counts: list[Int] = field(default_factory=list)
    pre: list[Int] = field(default_factory=list)
    readout: Int | None = None
    classes: Int | None = None
    errors: Int | None = None
    modulators: Int | None = None


@dataclass
class Outcome:
    """Result of one sample."""

    prediction: int
    updated: bool
    spikes: int


class ReferenceNetwork:
    """The framework of arXiv 2605.00402 in integers, one readable step after the other (SPEC.md).

    Parameters
    ----------
    network
        Configuration.
    state
        State to continue from; the initial one by default. It is changed in place.
    """

    def __init__(self, network: Network, state: State | None = None) -> None:
        drawn = topology(network)
        self.network = network
        self.state = State.initial(network) if state is None else state
        self.state.require_legal(network)
        self._exists = [existing(targets, network.neurons) for targets in drawn.layers]
        self._links = existing(drawn.readout, network.readouts)
        self._modulation = np.array(drawn.modulation, dtype=np.int64)
        self._feedback = np.array(drawn.feedback, dtype=np.int64)

    def events_of(self, sample: NDArray[np.integer]) -> Int:
        """Input spikes of a sample with their signs, shape (T, inputs)."""
        if self.network.encoder == "events":
            return sample.astype(np.int64)
        return encode_levels(sample).astype(np.int64) * np.sign(sample.astype(np.int64))

    def run(
        self,
        sample: NDArray[np.integer],
        label: int,
        *,
        learn: bool,
        shifts: tuple[int, int],
        settings: Settings | None = None,
        trace: SampleTrace | None = None,
    ) -> Outcome:
        """Run one sample and learn from it.

        Parameters
        ----------
        sample
            Levels 0..15 (or -15..15), shape (inputs,), or events, shape (T, inputs).
        label
            Class of the sample; without ``learn`` it changes nothing.
        learn
            Adapt thresholds and weights.
        shifts
            Layer and readout learning-rate shifts, 1..12; without ``learn`` they change nothing.
        settings
            What to compute with instead of the network's own fields; by default these.
        trace
            Filled with all intermediate values when given.

        Raises
        ------
        UserError
            If sample, label, shifts or settings do not fit the network.
        """
        settings = settled(settings, self.network)
        network, state = settings.applied(self.network), self.state
        checked(network, sample[None], np.array([label]), learn=learn, shifts=shifts)
        layers, neurons = range(network.layers), network.neurons
        plastic = [k for k in layers if not settings.freezes(k)]
        events = self.events_of(sample)
        potential = np.zeros((network.layers, neurons), dtype=np.int64)
        counts = np.zeros_like(potential)
        post = np.zeros((network.layers, network.bins, neurons), dtype=np.int64)
        recall = np.zeros_like(potential)
        adaptation = np.zeros_like(potential)
        spikes = np.zeros((network.layers, neurons), dtype=np.bool_)
        pre = [Eligibility(network, network.axons(k)) for k in layers]
        readout_pre = Eligibility(network, network.readout_axons)
        readout = np.zeros(network.readouts, dtype=np.int64)

        for step in range(network.steps):
            bin_index = network.bin_of(step)
            below = events[step]
            for k in layers:
                delivered = np.concatenate([below, spikes[k].astype(np.int64)]) if network.recurrent else below
                current = delivered @ state.weights[k].astype(np.int64)
                pre[k].step(delivered, bin_index)
                theta = effective_threshold(network, state.thresholds[k].astype(np.int64), adaptation[k])
                potential[k], spikes[k], hits = tick(network, potential[k], current, theta)
                adaptation[k] = adapt(network, adaptation[k], spikes[k])
                if network.recalls(bin_index):
                    recall[k] = np.minimum(recall[k] + hits, network.recall.high)
                post[k, bin_index] = np.minimum(post[k, bin_index] + hits, network.post.high)
                counts[k] = np.minimum(counts[k] + spikes[k], network.count.high)
                below = spikes[k].astype(np.int64)
            heard = spikes.ravel() & network.listens(step)
            readout += state.readout[heard].sum(axis=0, dtype=np.int64)
            readout_pre.pre[0] = np.minimum(readout_pre.pre[0] + heard, network.pre.high)
            if trace is not None:
                trace.potentials.append(potential.copy())
                trace.spikes.append(spikes.copy())
                trace.post.append(post.copy())
                trace.counts.append(counts.copy())

        potentials = self._class_potentials(readout)
        outcome = Outcome(predict(potentials), False, int(counts.sum()))
        errors = modulators = None
        if learn and not settings.freezes_all(network):
            for k in plastic:
                state.thresholds[k][:] = homeostasis(network, state.thresholds[k].astype(np.int64), counts[k])
            errors = class_errors(network, potentials, label)
        if errors is not None:
            outcome.updated = True
            modulators = modulate(self._modulation, errors)
            for k in plastic:
                self._update_layer(k, modulators, post[k], recall[k], pre[k], shifts[0])
            if not settings.freezes(network.layers):
                self._update_readout(errors, readout, label, readout_pre.pre[0], shifts[1])
        if trace is not None:
            trace.pre = [unit.pre.copy() for unit in (*pre, readout_pre)]
            trace.readout, trace.classes = readout.copy(), potentials.copy()
            trace.errors, trace.modulators = errors, modulators
        return outcome

    def _update_layer(self, k: int, modulators: Int, post: Int, recall: Int, pre: Eligibility, shift: int) -> None:
        network, state = self.network, self.state
        learning = broadcast(self._feedback[k], modulators)
        centre = network.inputs if network.centred_input and k == 0 else 0
        plastic = network.plastic_axons(k)
        for bin_index in range(network.bins):
            state.generators[k] = update_rows(
                state.weights[k][:plastic],
                self._exists[k][:plastic],
                pre.centred(bin_index, centre)[:plastic],
                learning * post_factor(network, bin_index, post[bin_index], recall),
                shift,
                network.weight_limit,
                int(state.generators[k]),
                network.rounding,
            )

    def _class_potentials(self, readout: Int) -> Int:
        if self.network.prototypes:
            return prototype_potentials(self.network, readout, self.state.readout_thresholds.astype(np.int64))
        return class_potentials(self.network, readout)

    def _update_readout(self, errors: Int, readout: Int, label: int, pre: Int, shift: int) -> None:
        network, state = self.network, self.state
        if network.prototypes:
            self._update_prototype(readout, label, pre, shift)
            return
        state.generators[-1] = update_rows(
            state.readout,
            self._links,
            pre,
            np.tile(errors, network.population),
            shift,
            network.readout_limit,
            int(state.generators[-1]),
            network.rounding,
        )

    def _update_prototype(self, readout: Int, label: int, pre: Int, shift: int) -> None:
        network, state = self.network, self.state
        thresholds = state.readout_thresholds
        chosen = chosen_prototype(network, readout, thresholds.astype(np.int64), label)
        thresholds[chosen] = adapted_threshold(int(readout[chosen]), int(thresholds[chosen]), shift)
        state.generators[-1] = attract(
            network, state.readout, self._links, pre, chosen, shift, int(state.generators[-1])
        )
