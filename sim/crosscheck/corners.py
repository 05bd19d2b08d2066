"""Corners of the rule in a sample, found in what the reference did with it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.arith import Int, clamp
from golden.eligibility import Eligibility, centred
from golden.generator import stepped
from golden.modulators import broadcast, post_factor
from golden.network import ReferenceNetwork
from golden.neuron import adapt, effective_threshold, tick
from golden.plasticity import update_rows
from golden.prototypes import prototype_potentials
from golden.readout import class_potentials
from golden.spec.config import Network
from golden.spec.network import DITHER_BITS
from golden.spec.topology import topology
from golden.state import existing
from sim.crosscheck.models import Step

_UNBOUNDED = 1 << 40
NARROW = 1 << 15
"""Products from here on take more than 16 bits, and so do those below its opposite."""
_LAST_DRAW = (1 << DITHER_BITS) - 1


@dataclass(frozen=True)
class _Rows:
    """What moves the weights of a unit: which exist, x, g and the learning rate."""

    exists: NDArray[np.bool_]
    pre: Int
    gated: Int
    shift: int


class Corners:
    """Count the points of ``sim.crosscheck.coverage.CORNERS``.

    Parameters
    ----------
    network
        What the samples run through.

    Attributes
    ----------
    hits
        How often each point has been met: neurons, axons or weights for what they do, samples for what a sample does.
    """

    def __init__(self, network: Network) -> None:
        self.hits: Counter[str] = Counter()
        self._network = network
        drawn = topology(network)
        self._exists = [existing(targets, network.neurons) for targets in drawn.layers]
        self._links = existing(drawn.readout, network.readouts)
        self._feedback = np.array(drawn.feedback, dtype=np.int64)
        self._recalls = np.zeros((network.layers, network.neurons), dtype=np.int64)  # of the sample under way

    @classmethod
    def of(cls, network: Network, steps: list[Step]) -> Counter[str]:
        """Hits of the samples of a case."""
        corners = cls(network)
        corners.add(steps)
        return corners.hits

    def add(self, steps: list[Step]) -> None:
        """Count what was met in the samples of a case."""
        learns = [step.lessons.learn for step in steps]
        for number, step in enumerate(steps):
            self._deliver(step)
            if step.lessons.learn:
                self._teach(step)
                self._update(step)
                half = "second" if step.number % 2 else "first"
                self._hit(f"sample in the {half} half of a pair learned", True)
            elif any(learns[:number]) and any(learns[number:]):
                self._hit("sample without learning between two that learn", True)

    def _hit(self, point: str, where: NDArray[np.bool_] | np.bool_ | bool) -> None:
        if count := int(np.count_nonzero(where)):
            self.hits[point] += count

    def _deliver(self, step: Step) -> None:
        """What happens in the steps of a sample, layer by layer."""
        network, trace = self._network, step.trace
        events = ReferenceNetwork(network, step.before.copy()).events_of(step.sample)
        spikes = np.array(trace.spikes)
        self._hit("silent sample", not events.any())
        self._hit("every neuron spikes in every step", spikes.all())
        self._hit("negative spike", events < 0)
        for k in range(network.layers):
            below = spikes[:, k - 1].astype(np.int64) if k else events
            own = np.concatenate([np.zeros((1, network.neurons), np.int64), spikes[:-1, k].astype(np.int64)])
            delivered = np.concatenate([below, own], axis=1) if network.recurrent else below
            empty = ~self._exists[k].any(axis=1)
            self._hit("spike of an axon without synapses", (delivered != 0) & empty)
            self._hit("eligible axon without synapses", (trace.pre[k] != 0) & empty)
            self._eligibility(delivered)
            self._ticks(step, k, delivered @ step.before.weights[k].astype(np.int64))
        heard = np.array([network.listens(t) for t in range(network.steps)])
        flat = spikes.reshape(network.steps, -1)
        self._hit("spike of a neuron without links", flat[heard] & ~self._links.any(axis=1))
        self._hit("spike that the readout does not hear", flat[~heard])
        self._hit("presynaptic eligibility of the readout saturates", flat[heard].sum(axis=0) > network.pre.high)
        largest = network.readout_limit * network.readout_fan_in * network.layers * network.steps
        self._hit("readout potential at its largest sum", np.abs(_known(trace.readout)) == largest)

    def _eligibility(self, delivered: Int) -> None:
        network = self._network
        unit, high = Eligibility(network, delivered.shape[1]), network.pre.high
        for t, spikes in enumerate(delivered):
            bin_index, trace = network.bin_of(t), unit.trace.copy()
            pre = unit.pre[bin_index].copy()
            unit.step(spikes, bin_index)
            added = spikes
            if network.trace_shift:
                leak = (trace + (1 << network.trace_shift) - 1) >> network.trace_shift
                risen = trace - leak + network.trace_increment * spikes
                self._hit("trace saturates", risen > network.trace.high)
                added = unit.trace
            self._hit("presynaptic eligibility saturates", pre + added > high)
            self._hit("negative presynaptic eligibility saturates", pre + added < -high)

    def _ticks(self, step: Step, k: int, currents: Int) -> None:
        network, trace = self._network, step.trace
        potential = np.zeros(network.neurons, dtype=np.int64)
        counts, adaptation, recall = potential.copy(), potential.copy(), potential.copy()
        post = np.zeros((network.bins, network.neurons), dtype=np.int64)
        largest = network.weight_limit * max(network.fan_in(layer) for layer in range(network.layers))
        for t, current in enumerate(currents):
            bin_index = network.bin_of(t)
            theta = effective_threshold(network, step.before.thresholds[k].astype(np.int64), adaptation)
            u = potential - (potential >> network.leak_shift) + current
            distance, edge = u - theta, network.nominal_threshold // 2
            _, spikes, hits = tick(network, potential, current, theta)
            self._hit("current at its largest sum", np.abs(current) == largest)
            self._hit("spike at the threshold itself", distance == 0)
            self._hit(
                "potential at the edge of the window", (np.abs(distance) == edge) | (np.abs(distance) == edge - 1)
            )
            self._hit("potential clamped from below", ~spikes & (u < -network.nominal_threshold))
            self._hit("residual clamped to the threshold", spikes & (distance > theta))
            self._hit("postsynaptic eligibility saturates", post[bin_index] + hits > network.post.high)
            self._hit("count saturates", counts + spikes > network.count.high)
            if network.adaptation_increment:
                risen = adaptation - (adaptation >> network.adaptation_decay) + network.adaptation_increment * spikes
                self._hit("adaptation saturates", risen > network.adaptation.high)
            if network.recall_bins and network.recalls(bin_index):
                self._hit("hits of the recall saturate", recall + hits > network.recall.high)
                recall = np.minimum(recall + hits, network.recall.high)
            adaptation = adapt(network, adaptation, spikes)
            potential, counts = trace.potentials[t][k], trace.counts[t][k]
            post = trace.post[t][k]
        self._recalls[k] = recall

    def _teach(self, step: Step) -> None:
        """What the teacher finds."""
        network, readout, label = self._network, _known(step.trace.readout), step.label
        if network.prototypes:
            thresholds = step.before.readout_thresholds.astype(np.int64)
            potentials = prototype_potentials(network, readout, thresholds)
            leads, own = (readout - thresholds)[label :: network.classes], thresholds[label :: network.classes]
            self._hit("prototypes of the label tie", np.count_nonzero(leads == leads.max()) > 1)
            self._hit("vacant prototype chosen", own[leads.argmax()] < 0)
            self._hit("settled prototype chosen", own[leads.argmax()] >= 0)
            self._hit("no class has a prototype", bool((thresholds < 0).all()))
        else:
            potentials = class_potentials(network, readout)
        others = np.delete(potentials, label)
        lead = int(potentials[label] - others.max())
        self._hit("classes tie for the prediction", np.count_nonzero(potentials == potentials.max()) > 1)
        self._hit("classes tie for the rival", np.count_nonzero(others == others.max()) > 1)
        self._hit("teacher content", not step.outcome.updated)
        just = not step.outcome.updated and lead == network.margin_potential
        self._hit("teacher content by just the margin", just)
        if step.outcome.updated:
            self._hit("weak error", lead > 0)
            self._hit("strong error", lead <= 0)
            self._hit("strong error at no lead", lead == 0)

    def _update(self, step: Step) -> None:
        """What learning changes."""
        network, trace = self._network, step.trace
        low, high = network.threshold_range
        if network.plastic_layers:
            for k in range(network.layers):
                moved = network.homeostasis_gain * trace.counts[-1][k] - network.homeostasis_decay
                raw = step.before.thresholds[k] + moved
                self._hit("threshold clamped from below", raw < low)
                self._hit("threshold clamped from above", raw > high)
        if trace.errors is None or trace.modulators is None:
            return
        for first, last in zip(step.before.generators.tolist(), step.after.generators.tolist(), strict=True):
            self._draws(first, last)
        self._hit("modulator of 0", trace.modulators == 0)
        self._hit("modulator at its largest", np.abs(trace.modulators) == 4)
        if network.plastic_layers:
            for k in range(network.layers):
                self._layer(step, k)
        if not network.prototypes:
            gated = np.tile(trace.errors, network.population)
            rows = _Rows(self._links, trace.pre[-1][0], gated, step.lessons.readout_shift)
            self._rows("readout", step.before.readout.astype(np.int64), rows, int(step.before.generators[-1]))

    def _layer(self, step: Step, k: int) -> None:
        network, trace = self._network, step.trace
        learning = broadcast(self._feedback[k], _known(trace.modulators))
        self._hit("broadcast of 0", learning == 0)
        self._hit("broadcast at its largest", np.abs(learning) == network.broadcast_bound)
        plastic = network.plastic_axons(k)
        factors = centred(trace.pre[k], network.inputs if network.centred_input and k == 0 else 0)
        self._hit("negative factor of a centred input", (factors < 0) & network.centred_input)
        weights = step.before.weights[k][:plastic].astype(np.int64)
        generator = int(step.before.generators[k])
        for bin_index in range(network.bins):
            gated = learning * post_factor(network, bin_index, trace.post[-1][k, bin_index], self._recalls[k])
            rows = _Rows(self._exists[k][:plastic], factors[bin_index, :plastic], gated, step.lessons.layer_shift)
            weights, generator = self._rows("layer", weights, rows, generator)

    def _rows(self, unit: str, weights: Int, rows: _Rows, generator: int) -> tuple[Int, int]:
        """Update weights without a bound, to see which pass theirs; return them within it, and the generator."""
        network, exists = self._network, rows.exists
        limit = network.weight_limit if unit == "layer" else network.readout_limit
        moved = weights.copy()
        generator = update_rows(
            moved,  # type: ignore[arg-type]
            exists,
            rows.pre,
            rows.gated,
            rows.shift,
            _UNBOUNDED,
            generator,
            network.rounding,
        )
        self._hit(f"{unit} weight saturates from above", moved > limit)
        self._hit(f"{unit} weight saturates from below", moved < -limit)
        drawn = (rows.pre != 0) & exists.any(axis=1)
        self._hit("absent synapse in an updated row", drawn[:, None] & ~exists)
        products = np.outer(rows.pre, rows.gated)
        self._hit("product beyond 16 bits", (products >= NARROW) | (products < -NARROW))
        return clamp(moved, -limit, limit), generator

    def _draws(self, state: int, last: int) -> None:
        """Draws of a generator between two states."""
        while state != last:
            state = stepped(state)
            self._hit("draw of 0", state >> DITHER_BITS == 0)
            self._hit("draw of all ones", state >> DITHER_BITS == _LAST_DRAW)


def _known(values: Int | None) -> Int:
    """What the trace of a sample that learns has."""
    return np.asarray(values, dtype=np.int64)
