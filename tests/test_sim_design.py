"""The text that Verilator compiles: both edges of the clock, and nothing else, count instead of one."""

from __future__ import annotations

import pytest

from golden.spec.presets import preset_named
from rtl.netlist import NetlistError
from rtl.verilog import processor_rtlil
from sim.design import VERILOG, on_both_edges, translated


def test_every_block_waits_for_both_edges() -> None:
    given = translated(processor_rtlil(preset_named("tiny")), VERILOG)
    changed = on_both_edges(given)
    assert "posedge" not in changed
    assert changed.count("@(edge clk)") == given.count("posedge") > 100
    assert changed.replace("@(edge clk)", "@(posedge clk)") == given


@pytest.mark.parametrize(
    ("verilog", "sentence"),
    [
        ("assign a = b;", "0 blocks wait for the rising clock, and 0 for another edge"),
        ("always @(posedge clk)\nalways @(negedge clk)", "1 blocks wait for the rising clock, and 1 for another edge"),
        ("always @(posedge clk, posedge rst)", "0 blocks wait for the rising clock, and 2 for another edge"),
        ("always @(posedge clk)\nalways @(posedge other)", "1 blocks wait for the rising clock, and 1 for another"),
    ],
)
def test_another_event_is_a_fault(verilog: str, sentence: str) -> None:
    with pytest.raises(NetlistError, match=sentence):
        on_both_edges(verilog)


def test_a_clock_of_several_names() -> None:
    text = "always @(posedge clk)\nalways @(posedge port__i)\n"
    assert on_both_edges(text, ("clk", "port__i")) == text.replace("posedge", "edge")
    with pytest.raises(NetlistError, match="1 blocks wait for the rising clock, and 1 for another"):
        on_both_edges(text, ("clk", "port"))
