"""Payloads are declared once: packing and unpacking are inverse, and the gateware's ports have the same bits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from amaranth.lib import data
from amaranth.lib.wiring import Flow

from golden.spec import ports
from golden.spec.formats import Format, index_for, signed, unsigned
from golden.spec.layouts import Layout, Row
from golden.spec.memmap import packed_neuron
from golden.spec.presets import PRESETS, preset_named
from rtl.processor import Processor
from rtl.types import layout_of, shape_of

MIXED = Layout.of(low=signed(3), row=Row(signed(2), 3), inner=Layout.of(a=unsigned(1), b=signed(4)), high=unsigned(2))
TINY = preset_named("tiny")
FOLDED = replace(TINY, hardware=replace(TINY.hardware, layers_per_core=2))


def test_fields_follow_one_another_from_the_low_bits_up() -> None:
    assert MIXED.bits == 3 + 6 + 5 + 2
    assert MIXED.names == ("low", "row", "inner", "high")
    assert [(name, start) for name, start, _ in MIXED.starts()] == [("low", 0), ("row", 3), ("inner", 9), ("high", 14)]
    assert MIXED.pack({"low": -1, "row": [1, 0, -1], "inner": {"a": 0, "b": -8}, "high": 2}) == 0b10_1000_0_11_00_01_111
    assert str(MIXED) == "low s3 [2:0], row 3 x s2 [8:3], inner (a u1 [0], b s4 [4:1]) [13:9], high u2 [15:14]"


def test_unpacking_is_the_inverse_for_every_word() -> None:
    for word in range(1 << MIXED.bits):
        assert MIXED.pack(MIXED.unpack(word)) == word
    assert MIXED.unpack(0b101 | 1 << 20)["low"] == -3


def test_arrays_are_words_too() -> None:
    words = np.arange(1 << MIXED.bits, dtype=np.int64)
    fields = MIXED.unpack(words)
    assert fields["low"].tolist() == [MIXED.unpack(int(word))["low"] for word in words]
    assert (MIXED.pack(fields) == words).all()


def test_what_is_beyond_a_field_is_cut_off() -> None:
    assert Layout.of(a=unsigned(2), b=unsigned(2)).pack({"a": 7, "b": -2}) == 0b10_11


def test_fields_must_be_those_of_the_layout() -> None:
    with pytest.raises(ValueError, match="fields must be a, b, not a, c"):
        Layout.of(a=unsigned(1), b=unsigned(1)).pack({"a": 0, "c": 0})
    with pytest.raises(ValueError, match="a row of 3 values must not have 2"):
        MIXED.pack(MIXED.unpack(0) | {"row": [1, 1]})


@pytest.mark.parametrize(("count", "bits"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (1024, 10), (1025, 11)])
def test_indices_have_no_zero_width(count: int, bits: int) -> None:
    assert index_for(count) == unsigned(bits)


def test_amaranth_lays_words_out_alike() -> None:
    layout = layout_of(MIXED)
    assert layout.size == MIXED.bits
    constant = layout.const({"low": -3, "row": [-2, 1, 0], "inner": {"a": 1, "b": -5}, "high": 3})
    assert isinstance(constant, data.Const)
    assert constant.as_bits() == MIXED.pack({"low": -3, "row": [-2, 1, 0], "inner": {"a": 1, "b": -5}, "high": 3})


@pytest.mark.parametrize("preset", [*PRESETS.values(), FOLDED], ids=lambda preset: preset.name)
def test_the_processor_has_the_ports_that_are_declared(preset: ports.Preset) -> None:
    streams = {}
    processor = Processor(preset)
    processor._MustUse__used = True  # its ports alone are looked at
    for path, member, _ in processor.signature.flatten(processor):
        if path[-1] == "payload":
            streams["__".join(map(str, path[:-1]))] = member
    declared = ports.ports(preset)
    assert {port.name for port in declared} == set(streams)
    for port in declared:
        shape = shape_of(port.payload) if isinstance(port.payload, Format) else layout_of(port.payload)
        assert streams[port.name].shape == shape
        assert (streams[port.name].flow == Flow.In) == port.name.startswith("i_")


def test_ports_are_described_a_line_each() -> None:
    text = ports.describe(FOLDED)
    assert len(text.splitlines()) == len(ports.ports(FOLDED)) == 6
    assert "i_label: label u4 [3:0], learn u1 [4] - class of a sample" in text
    assert "o_spikes__0: layer u1 [0], neuron u4 [4:1], last u1 [5] - spikes of core 0" in text
    assert "o_response: u32 - what a read finds" in text
    assert "end of a timestep" in ports.describe(preset_named("fsdd"))


def test_a_neuron_of_one_bin_holds_its_postsynaptic_eligibility() -> None:
    assert packed_neuron(TINY.network).names == ("potential", "count", "post")
    assert packed_neuron(preset_named("fsdd").network).names == ("potential", "count")
