"""Payloads of the streams: what each carries, field by field. Gateware and simulators derive theirs from here."""

from __future__ import annotations

from dataclasses import dataclass

from golden.spec.config import Network, Preset
from golden.spec.formats import Format, index_for, unsigned
from golden.spec.layouts import Layout, Row
from golden.spec.memmap import DATA_BITS, ELEMENT_BITS, REGION_BITS
from golden.spec.network import LEVEL_BITS

FLAG = unsigned(1)

REQUEST = Layout.of(write=FLAG, region=unsigned(REGION_BITS), element=unsigned(ELEMENT_BITS), data=unsigned(DATA_BITS))
"""A host access: write ``data`` to an element, or read it. Only reads are answered."""

RESPONSE = unsigned(DATA_BITS)
"""What a read finds: the raw bits of the element with zeros above."""


def sample(inputs: int) -> Layout:
    """One transfer of a sample.

    With encoder ``levels``: the level of the next input in LEVEL_BITS + 1 bits two's complement, ``last`` on the final
    one. With encoder ``events``: an axon that spikes, or the end of the timestep when ``last`` is set (``value`` is
    then ignored).
    """
    return Layout.of(value=unsigned(max(LEVEL_BITS + 1, index_for(inputs).bits)), last=FLAG)


def label(classes: int) -> Layout:
    """What the teacher is told of a sample: its class, and whether to learn from it."""
    return Layout.of(label=index_for(classes), learn=FLAG)


def prediction(classes: int) -> Layout:
    """The result of a sample: the winning class, and whether weights were updated."""
    return Layout.of(winner=index_for(classes), updated=FLAG)


def spike(layers: int, neurons: int) -> Layout:
    """A spike of ``neuron`` in ``layer`` (of the core), or the end of that layer's step when ``last`` is set."""
    return Layout.of(layer=index_for(layers), neuron=index_for(neurons), last=FLAG)


def verdict(classes: int) -> Layout:
    """Winner, and whether to update with error +a for ``label`` and -a for ``rival``; ``strong`` means a = 2."""
    one = index_for(classes)
    return Layout.of(winner=one, update=FLAG, label=one, rival=one, strong=FLAG)


def modulators(network: Network) -> Row:
    """Values of the modulatory neurons."""
    return Row(network.modulator, network.modulators)


def lesson(network: Network) -> Layout:
    """What the teacher says at the end of a sample: update or not, and the modulators."""
    return Layout.of(update=FLAG, modulators=modulators(network))


@dataclass(frozen=True)
class Port:
    """A stream of the processor: ``<name>__valid``, ``<name>__ready`` and ``<name>__payload``; ``i_`` goes in."""

    name: str
    payload: Layout | Format
    meaning: str


def ports(preset: Preset) -> tuple[Port, ...]:
    """All streams of the processor of a preset."""
    network, share = preset.network, preset.hardware.layers_per_core
    contents = "level of the next input, last on the final one"
    if network.encoder == "events":
        contents = "axon that spikes, or last: the end of a timestep"
    return (
        Port("i_sample", sample(network.inputs), contents),
        Port("i_label", label(network.classes), "class of a sample, and whether to learn from it"),
        Port("o_prediction", prediction(network.classes), "winning class, and whether weights were updated"),
        *(
            Port(f"o_spikes__{core}", spike(share, network.neurons), f"spikes of core {core}; they must be taken")
            for core in range(network.layers // share)
        ),
        Port("i_request", REQUEST, "access to an element of the address map, between samples"),
        Port("o_response", RESPONSE, "what a read finds"),
    )


def describe(preset: Preset) -> str:
    """Ports of the processor of a preset for the reader of its Verilog, a line each: fields with formats and bits."""
    return "\n".join(f"{port.name}: {port.payload} - {port.meaning}" for port in ports(preset))
