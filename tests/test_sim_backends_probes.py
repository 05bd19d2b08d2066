"""Everything that simulators look into is there, under its name and as wide and deep as the address map says."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from golden.spec import ports
from golden.spec.config import Preset
from golden.spec.memmap import CONTROL, regions
from golden.spec.presets import preset_named
from rtl.verilog import processor_rtlil
from sim.backends.cxxrtl import _kept
from sim.backends.probes import MODULATORS, VERDICT, Probe, is_memory, numbered, probes, signals, storages

TINY = preset_named("tiny")
EVENTS = {"encoder": "events", "centred_input": False, "steps": 9, "bins": 3, "post_bits": 3}
PRESETS = {
    "a core a layer": TINY,
    "layers share a core": replace(TINY, hardware=replace(TINY.hardware, layers_per_core=2, link_lanes=4)),
    "one port": replace(TINY, hardware=replace(TINY.hardware, single_port=True, spike_queue=4, axon_lanes=4)),
    "bins, traces, adaptation, recall": replace(
        TINY, network=replace(TINY.network, **EVENTS, trace_shift=2, adaptation_increment=9, recall_bins=1)
    ),
    "signed": replace(TINY, network=replace(TINY.network, signed_input=True, centred_input=False)),
    "one word everywhere": replace(
        TINY,
        network=replace(TINY.network, inputs=16, recurrence="none"),
        hardware=replace(TINY.hardware, lanes=16, tick_lanes=16, axon_lanes=16),
    ),
}


def found_in(design: str) -> dict[Probe, tuple[int, int]]:
    """Depth and width of every memory and wire of a design by its place; wires have depth 1."""
    found = {}
    for module in re.finditer(r"^module \\threefactor\.(\S+)\n(.*?)^end$", design, re.MULTILINE | re.DOTALL):
        path = re.sub(r"\$\d+(?=\.|$)", "", module[1])
        for width, depth, name in re.findall(r"^  memory width (\d+) size (\d+) \\(\S+)$", module[2], re.MULTILINE):
            found[Probe(path, name)] = int(depth), int(width)
        for width, name in re.findall(r"^  wire (?:width (\d+) )?.*?\\(\S+)$", module[2], re.MULTILINE):
            found[Probe(path, name)] = 1, int(width or 1)
    return found


@pytest.mark.parametrize("name", PRESETS)
def test_every_probe_is_in_the_generated_design(name: str) -> None:
    preset: Preset = PRESETS[name]
    found = found_in(processor_rtlil(preset))
    assert not {str(probe) for probe in probes(preset) if probe not in found}
    assert found[VERDICT] == (1, ports.verdict(preset.network.classes).bits)
    assert found[MODULATORS] == (1, ports.modulators(preset.network).bits)
    assert all(found[probe] == (1, 1) for probe in signals(preset) if probe not in (VERDICT, MODULATORS))
    for region in regions(preset):
        for storage in storages(region) if region.number != CONTROL else ():
            depth, width = found[storage.probe]
            assert is_memory(storage.probe) or (depth, width) == (1, region.form.bits)
            assert width % region.form.bits == 0
            assert depth * width // region.form.bits >= storage.elements, region.name
            # A memory has two words at least; otherwise depths stand once and agree.
            words = -(-storage.elements // (width // region.form.bits))
            assert depth == max(words, 2 if is_memory(storage.probe) else 1), region.name


def test_cxxrtl_keeps_every_signal_and_says_which_is_missing() -> None:
    design = processor_rtlil(TINY)
    for probe in signals(TINY):
        kept, found = _kept(design, probe)
        assert found == 1
        lines, changed = design.splitlines(), kept.splitlines()
        place = next(number for number, (old, new) in enumerate(zip(lines, changed, strict=False)) if old != new)
        assert changed == [*lines[:place], r"  attribute \keep 1", *lines[place:]]
        assert lines[place].endswith(f" \\{probe.name}")
        module = next(line for line in reversed(lines[:place]) if line.startswith("module "))
        assert re.fullmatch(rf"module \\threefactor\.{numbered(probe.path)}", module)
    assert _kept(design, Probe("readout", "nothing")) == (design, 0)
