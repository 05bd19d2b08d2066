"""Amaranth shapes of the declarations in golden/spec, and the payloads that only the gateware knows."""

from __future__ import annotations

from amaranth import Shape, ShapeLike, signed, unsigned
from amaranth.lib import data

from golden.spec import ports
from golden.spec.config import Network
from golden.spec.formats import Format, index_for
from golden.spec.layouts import Layout, Row
from golden.spec.settings import setting_formats


def shape_of(form: Format) -> Shape:
    """Amaranth shape of a format."""
    return signed(form.bits) if form.signed else unsigned(form.bits)


def layout_of(layout: Layout) -> data.StructLayout:
    """Amaranth layout of a declared one."""
    return data.StructLayout({name: _field_of(field) for name, field in layout.fields})


def _field_of(field: Format | Row | Layout) -> ShapeLike:
    if isinstance(field, Layout):
        return layout_of(field)
    if isinstance(field, Row):
        return data.ArrayLayout(shape_of(field.form), field.length)
    return shape_of(field)


def index_shape(count: int) -> Shape:
    """Shape that addresses ``count`` things, never of zero width."""
    return shape_of(index_for(count))


def axon_layout(axons: int, *, negative: bool = False) -> data.StructLayout:
    """A spike on ``axon``; where spikes are signed, also whether it is ``negative``."""
    return data.StructLayout({"axon": index_shape(axons), **({"negative": 1} if negative else {})})


def event_layout(axons: int, *, negative: bool = False) -> data.StructLayout:
    """A spike as in :func:`axon_layout`, or the end of the timestep when ``last`` is set."""
    return data.StructLayout({"spike": axon_layout(axons, negative=negative), "last": 1})


def input_layout(inputs: int) -> data.StructLayout:
    """One transfer of a sample, see :func:`golden.spec.ports.sample`."""
    return layout_of(ports.sample(inputs))


def label_layout(classes: int) -> data.StructLayout:
    """Class and learn flag of a sample, see :func:`golden.spec.ports.label`."""
    return layout_of(ports.label(classes))


def prediction_layout(classes: int) -> data.StructLayout:
    """The result of a sample, see :func:`golden.spec.ports.prediction`."""
    return layout_of(ports.prediction(classes))


def spike_layout(layers: int, neurons: int) -> data.StructLayout:
    """A spike of a core, or the end of a layer's step, see :func:`golden.spec.ports.spike`."""
    return layout_of(ports.spike(layers, neurons))


def verdict_layout(classes: int) -> data.StructLayout:
    """What the teacher found, see :func:`golden.spec.ports.verdict`."""
    return layout_of(ports.verdict(classes))


def lesson_layout(network: Network) -> data.StructLayout:
    """What a core learns from, see :func:`golden.spec.ports.lesson`."""
    return layout_of(ports.lesson(network))


def settings_layout(network: Network) -> data.StructLayout:
    """Registers of the settings, see :class:`golden.spec.settings.Settings`."""
    return data.StructLayout({name: shape_of(form) for name, form in setting_formats(network).items()})


request_layout = layout_of(ports.REQUEST)
"""An access of the host, see :data:`golden.spec.ports.REQUEST`."""

response_shape = shape_of(ports.RESPONSE)
"""What a read finds, see :data:`golden.spec.ports.RESPONSE`."""
