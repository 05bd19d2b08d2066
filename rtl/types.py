"""Amaranth shapes and payloads of the declarations in golden/spec."""

from __future__ import annotations

from amaranth import Shape, signed, unsigned
from amaranth.lib import data

from golden.spec.formats import Format


def shape_of(form: Format) -> Shape:
    """Amaranth shape of a format."""
    return signed(form.bits) if form.signed else unsigned(form.bits)


def index_shape(count: int) -> Shape:
    """Shape that addresses ``count`` things, never of zero width."""
    return unsigned(max(1, (count - 1).bit_length()))


def axon_layout(axons: int, *, negative: bool = False) -> data.StructLayout:
    """A spike on ``axon``; where spikes are signed, also whether it is ``negative``."""
    return data.StructLayout({"axon": index_shape(axons), **({"negative": 1} if negative else {})})


def input_layout(inputs: int) -> data.StructLayout:
    """One transfer of a sample: ``value`` and ``last``.

    With encoder ``levels``: the level of the next input in 5 bits two's complement, ``last`` on the final one.
    With encoder ``events``: an axon that spikes, or the end of the timestep when ``last`` is set (``value`` is
    then ignored).
    """
    return data.StructLayout({"value": unsigned(max(5, index_shape(inputs).width)), "last": 1})


def event_layout(axons: int, *, negative: bool = False) -> data.StructLayout:
    """A spike as in :func:`axon_layout`, or the end of the timestep when ``last`` is set."""
    return data.StructLayout({"spike": axon_layout(axons, negative=negative), "last": 1})


def spike_layout(layers: int, neurons: int) -> data.StructLayout:
    """A spike of ``neuron`` in ``layer`` (of the core), or the end of that layer's step when ``last`` is set."""
    return data.StructLayout({"layer": index_shape(layers), "neuron": index_shape(neurons), "last": 1})


def label_layout(classes: int) -> data.StructLayout:
    """What the teacher is told of a sample: its class, and whether to learn from it."""
    return data.StructLayout({"label": index_shape(classes), "learn": 1})


def prediction_layout(classes: int) -> data.StructLayout:
    """The result of a sample: the winning class, and whether weights were updated."""
    return data.StructLayout({"winner": index_shape(classes), "updated": 1})
