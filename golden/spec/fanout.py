"""Fan-out tables: how an axon's synapses lie in the words of a weight memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from golden.spec.config import Preset
from golden.spec.topology import Adjacency, topology


@dataclass(frozen=True)
class FanOut:
    """Compressed rows of words: axon i owns words ``starts[i]`` .. ``starts[i + 1] - 1``.

    Word a holds the weights onto the ``lanes`` consecutive neurons from ``targets[a] * lanes``; a lane without a
    synapse holds the absent code. Words without any synapse are not stored.
    """

    lanes: int
    starts: tuple[int, ...]
    targets: tuple[int, ...]

    @property
    def axons(self) -> int:
        """Number of axons."""
        return len(self.starts) - 1

    @property
    def words(self) -> int:
        """Number of stored words."""
        return len(self.targets)

    @property
    def columns(self) -> int:
        """Words of targets, at least."""
        return max(self.targets) + 1

    @property
    def longest_row(self) -> int:
        """Most words of one axon."""
        return max(end - start for start, end in zip(self.starts, self.starts[1:], strict=False))

    def elements(self, adjacency: Adjacency) -> Iterator[tuple[int, int, int]]:
        """Yield (axon, position in its adjacency row, element ``word * lanes + lane``) of every synapse."""
        for axon, row in enumerate(adjacency):
            word_of = {self.targets[a]: a for a in range(self.starts[axon], self.starts[axon + 1])}
            for position, target in enumerate(row):
                yield axon, position, word_of[target // self.lanes] * self.lanes + target % self.lanes

    def image(self, adjacency: Adjacency, weights: Adjacency, absent: int) -> list[int]:
        """Memory contents, element by element, with ``absent`` where there is no synapse."""
        contents = [absent] * (self.words * self.lanes)
        for axon, position, element in self.elements(adjacency):
            contents[element] = weights[axon][position]
        return contents


def fan_out(adjacency: Adjacency, lanes: int) -> FanOut:
    """Lay out the rows of ``adjacency`` in words of ``lanes`` synapses."""
    starts, targets = [0], []
    for row in adjacency:
        targets += sorted({target // lanes for target in row})
        starts.append(len(targets))
    return FanOut(lanes, tuple(starts), tuple(targets))


def core_adjacency(preset: Preset, core: int) -> Adjacency:
    """Axons of all layers of a core, one after the other; targets count through the layers of the core."""
    return _concatenated(preset, core, topology(preset.network).layers, shift=True)


def core_weights(preset: Preset, core: int) -> Adjacency:
    """Initial weights in the order of :func:`core_adjacency`."""
    return _concatenated(preset, core, topology(preset.network).layer_weights, shift=False)


def _concatenated(preset: Preset, core: int, per_layer: tuple[Adjacency, ...], *, shift: bool) -> Adjacency:
    share, neurons = preset.hardware.layers_per_core, preset.network.neurons
    rows: list[tuple[int, ...]] = []
    for local in range(share):
        offset = local * neurons if shift else 0
        rows += [tuple(target + offset for target in row) for row in per_layer[core * share + local]]
    return tuple(rows)


@lru_cache(maxsize=16)
def core_fan_out(preset: Preset, core: int) -> FanOut:
    """Fan-out table of a core."""
    return fan_out(core_adjacency(preset, core), preset.hardware.lanes)


@lru_cache(maxsize=16)
def readout_fan_out(preset: Preset) -> FanOut:
    """Fan-out table of the small-world links to the readout."""
    return fan_out(topology(preset.network).readout, preset.hardware.link_lanes)


Wanted = tuple[tuple[bool, ...], ...]


@lru_cache(maxsize=16)
def replayed(preset: Preset, core: int) -> dict[str, Wanted]:
    """Lists of spikes that a core keeps for its own layers, by name: which neurons of each layer they take.

    ``own`` are those that a layer hears itself in the next step, ``below`` those that the layer above hears in the same
    one. A neuron without such synapses is in no list. Where every neuron has some, one list is kept for both.
    """
    network, share = preset.network, preset.hardware.layers_per_core
    rows = topology(network).layers
    layers = range(core * share, (core + 1) * share)
    nobody, everybody = (False,) * network.neurons, (True,) * network.neurons
    own = [tuple(map(bool, rows[k][network.forward_axons(k) :])) for k in layers]
    below = [*(tuple(map(bool, rows[k + 1][: network.neurons])) for k in layers[:-1]), nobody]
    used = {"own": own if network.recurrent else [], "below": below if share > 1 else []}
    named = {f"{name}_lists": tuple(wanted) for name, wanted in used.items() if wanted}
    if all(set(wanted) <= {everybody, nobody} for wanted in named.values()):
        return {"lists": (everybody,) * share} if named else {}
    return named
