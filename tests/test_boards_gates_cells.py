"""Models of cells against what the vendors say of them, told again in Python, and against Yosys' where it has any."""

from __future__ import annotations

import random
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from boards.gates import cells
from golden.spec.errors import UserError
from golden.system.tools import icarus

ROUNDS = 1500
DATA = [f"DI{port}{bit}" for port in "AB" for bit in range(18)]


def bus(stem: str, width: int) -> list[str]:
    """Pins of a bus, the lowest first."""
    return [f"{stem}{bit}" for bit in range(width)]


def simulated(
    folder: Path,
    text: str,
    kind: str,
    parameters: Mapping[str, str],
    clocks: Sequence[str],
    inputs: Sequence[tuple[str, int]],
    outputs: Sequence[tuple[str, int]],
    stimuli: Sequence[Mapping[str, int]],
) -> list[dict[str, int | None]]:
    """Outputs of a cell after every rising edge of its clocks; None where a bit is unknown."""
    chosen = ", ".join(f".{name}({value})" for name, value in parameters.items())
    pins = [f".{name}({name})" for name, _ in (*inputs, *outputs)] + [f".{name}(clk)" for name in clocks]
    total = sum(width for _, width in inputs)
    rows = []
    for stimulus in stimuli:
        word = 0
        for name, width in inputs:
            word = word << width | stimulus[name]
        rows.append(f"{word:x}")
    (folder / "stimuli.hex").write_text("\n".join(rows))
    bench = [
        "module bench;",
        "reg clk = 0;",
        f"reg [{total - 1}:0] stimuli [0:{len(stimuli) - 1}];",
        *(f"reg [{width - 1}:0] {name};" for name, width in inputs),
        *(f"wire [{width - 1}:0] {name};" for name, width in outputs),
        f"{kind} #({chosen}) cell_ ({', '.join(pins)});",
        "integer i;",
        'initial begin $readmemh("stimuli.hex", stimuli);',
        f"for (i = 0; i < {len(stimuli)}; i = i + 1) begin",
        f"{{{', '.join(name for name, _ in inputs)}}} = stimuli[i]; #1 clk = 1; #1;",
        f'$display("{" ".join("%b" for _ in outputs)}", {", ".join(name for name, _ in outputs)}); clk = 0; #1;',
        "end $finish; end endmodule",
    ]
    (folder / "bench.v").write_text(f"`define REFUSE(words) initial $finish\n{text}\n" + "\n".join(bench))
    subprocess.run([icarus(), "-g2012", "-s", "bench", "-o", "bench", "bench.v"], cwd=folder, check=True)
    said = subprocess.run(["vvp", "-n", "bench"], cwd=folder, check=True, capture_output=True, text=True).stdout
    lines = [line.split() for line in said.splitlines() if re.fullmatch(r"[01xz ]+", line)]
    assert len(lines) == len(stimuli)
    return [
        {name: int(word, 2) if set(word) <= {"0", "1"} else None for (name, _), word in zip(outputs, line, strict=True)}
        for line in lines
    ]


def joined(values: Mapping[str, int | None], pins: Sequence[str]) -> int | None:
    """Number on a bus."""
    bits = [values[pin] for pin in pins]
    return None if None in bits else sum((bit or 0) << place for place, bit in enumerate(bits))


class Dp16kd:
    """Lattice FPGA-TN-02204, as 2,048 bytes of nine bits; a port that reads what the other writes reads it inverted."""

    def __init__(self, words: Sequence[int], parameters: Mapping[str, Any]) -> None:
        self.bytes = [word >> 9 * half & 0x1FF for word in words for half in (0, 1)]
        self.parameters = parameters
        self.latch: dict[str, int | None] = {"A": None, "B": None}
        self.register: dict[str, int | None] = {"A": None, "B": None}

    def places(self, width: int, address: int) -> list[tuple[int, int]]:
        """Byte and bit of every bit that a port reaches, the lowest first."""
        if width < 9:
            return [(address >> 3, (address & 7 & -width) + bit) for bit in range(width)]
        first = {9: address >> 3, 18: address >> 4 << 1, 36: address >> 5 << 2}[width]
        return [(first + place // 9, place % 9) for place in range(width)]

    def writes(self, port: str, pins: Mapping[str, int]) -> dict[tuple[int, int], int]:
        """What a port writes at an edge."""
        width, address = self.parameters[f"DATA_WIDTH_{port}"], pins[f"address{port}"]
        blocked = self.parameters["RESETMODE"] == "SYNC" and pins[f"RST{port}"]
        if not (pins[f"CE{port}"] and pins[f"WE{port}"]) or pins[f"select{port}"] or blocked:
            return {}
        data = pins["dataA"] | pins["dataB"] << 18 if width == 36 else pins[f"data{port}"]
        return {
            place: data >> number & 1
            for number, place in enumerate(self.places(width, address))
            if width < 18 or address >> number // 9 & 1
        }

    def edge(self, pins: Mapping[str, int]) -> dict[str, int | None]:
        """What stands at both outputs behind an edge."""
        changes = {port: self.writes(port, pins) for port in "AB"}
        for port, other in ("AB", "BA"):
            width, mode = self.parameters[f"DATA_WIDTH_{port}"], self.parameters[f"WRITEMODE_{port}"]
            on = pins[f"CE{port}"] and not pins[f"select{port}"]
            before = self.latch[port]
            if pins[f"RST{port}"]:
                self.latch[port] = self.register[port] = 0
                continue
            if pins[f"OCE{port}"]:
                self.register[port] = before
            if on and not (pins[f"WE{port}"] and mode == "NORMAL"):
                value = 0
                for number, place in enumerate(self.places(width, pins[f"address{port}"])):
                    bit = self.bytes[place[0]] >> place[1] & 1
                    if mode == "WRITETHROUGH":
                        bit = changes[port].get(place, bit)
                    value |= (bit ^ (place in changes[other])) << number
                self.latch[port] = value
        for (byte, place), bit in (*changes["A"].items(), *changes["B"].items()):
            self.bytes[byte] = self.bytes[byte] & ~(1 << place) | bit << place
        return {
            port: self.register[port] if self.parameters[f"REGMODE_{port}"] == "OUTREG" else self.latch[port]
            for port in "AB"
        }


WIDTHS = [(36, 36), (18, 18), (9, 9), (4, 4), (2, 2), (1, 1), (18, 4), (9, 1), (36, 9), (36, 18), (2, 9)]


@pytest.mark.parametrize(("wide", "other"), WIDTHS)
@pytest.mark.parametrize("number", range(3))
def test_dp16kd(wide: int, other: int, number: int, tmp_path: Path) -> None:
    """Every width and write mode, byte enables, registers and resets; at first what was configured is read."""
    draw = random.Random(f"{wide} {other} {number}")
    mode = ("NORMAL", "WRITETHROUGH", "READBEFOREWRITE")[number]
    one_way = wide == 36  # such a port needs the pins of both: one writes, the other reads
    parameters = {
        "DATA_WIDTH_A": wide,
        "DATA_WIDTH_B": other,
        "WRITEMODE_A": "NORMAL" if one_way else mode,
        "WRITEMODE_B": mode,
        "REGMODE_A": draw.choice(("NOREG", "OUTREG")),
        "REGMODE_B": ("NOREG", "OUTREG", "NOREG")[number],
        "RESETMODE": ("SYNC", "ASYNC", "SYNC")[number],
    }
    words = [draw.getrandbits(18) for _ in range(1024)]
    given = {name: f'"{value}"' if isinstance(value, str) else str(value) for name, value in parameters.items()}
    for row in range(64):
        value = sum(word << 20 * place for place, word in enumerate(words[row * 16 : row * 16 + 16]))
        given[f"INITVAL_{row:02X}"] = f"320'h{value:x}"
    pinned, stimuli, expected = [], [], []
    model = Dp16kd(words, parameters)
    for step in range(ROUNDS):
        pins = {}
        for port in "AB":
            near = draw.randrange(64) | draw.choice((0, 0x2000, 0x3FC0)) if step > 100 else draw.randrange(1 << 14)
            pins[f"address{port}"], pins[f"data{port}"] = near, draw.getrandbits(18)
            for pin, chance in (("CE", 0.8), ("WE", 0.5 if step > 100 else 0), ("OCE", 0.7), ("RST", 0.05)):
                pins[f"{pin}{port}"] = int(draw.random() < chance)
            pins[f"select{port}"] = draw.choice((0, 0, 0, 0, 1, 2, 4))
        if one_way:
            pins["WEB"] = 0
        if pins["addressA"] >> 5 == pins["addressB"] >> 5 and pins["WEA"]:
            pins["WEB"] = 0  # two ports that write the same: undefined
        pinned.append(pins)
        bits = {f"{pin}{port}": pins[f"{pin}{port}"] for port in "AB" for pin in ("CE", "WE", "OCE", "RST")}
        for port in "AB":
            bits |= {name: pins[f"data{port}"] >> place & 1 for place, name in enumerate(bus(f"DI{port}", 18))}
            bits |= {name: pins[f"address{port}"] >> place & 1 for place, name in enumerate(bus(f"AD{port}", 14))}
            bits |= {name: pins[f"select{port}"] >> place & 1 for place, name in enumerate(bus(f"CS{port}", 3))}
        stimuli.append(bits)
        expected.append(model.edge(pins))
    inputs = [(name, 1) for name in stimuli[0]]
    pads = [name for port in "AB" for name in bus(f"DO{port}", 18)]
    found = simulated(
        tmp_path,
        cells.own_models("ecp5"),
        "DP16KD",
        given,
        ("CLKA", "CLKB"),
        inputs,
        [(name, 1) for name in pads],
        stimuli,
    )
    seen = 0
    for step, (wanted, got) in enumerate(zip(expected, found, strict=True)):
        for port, width in (("B", other),) if one_way else (("A", wide), ("B", other)):
            pins_out = bus(f"DO{port}", width) if width < 36 else bus("DOA", 18) + bus("DOB", 18)
            if wanted[port] is not None:
                assert joined(got, pins_out) == wanted[port], f"port {port} in step {step}: {pinned[step]}"
                seen += 1
    assert seen > ROUNDS / 2


@pytest.mark.parametrize("number", range(12))
def test_mult18x18d(number: int, tmp_path: Path) -> None:
    """Signs, sources and every register there or not, each with its own enable and reset."""
    draw = random.Random(number)
    parameters: dict[str, str] = {"RESETMODE": draw.choice(("SYNC", "ASYNC"))}
    stages = ("INPUTA", "INPUTB", "PIPELINE", "OUTPUT")
    for stage in stages:
        parameters[f"REG_{stage}_CLK"] = "NONE" if number == 0 else draw.choice(("NONE", "CLK0", "CLK2"))
        parameters[f"REG_{stage}_CE"], parameters[f"REG_{stage}_RST"] = (
            f"CE{draw.randrange(4)}",
            f"RST{draw.randrange(4)}",
        )
    wide = {"A": 18, "B": 18, "SRIA": 18, "SRIB": 18, "SIGNEDA": 1, "SIGNEDB": 1, "SOURCEA": 1, "SOURCEB": 1}
    registers: dict[str, tuple[int, int] | None] = dict.fromkeys(stages)
    stimuli, expected = [], list[tuple[int, int] | None]()
    for _ in range(ROUNDS):
        values = {name: draw.choice((draw.getrandbits(width), (1 << width) - 1)) for name, width in wide.items()}
        enables, resets = (
            draw.getrandbits(4) | draw.getrandbits(4),
            draw.getrandbits(4) & draw.getrandbits(4) & draw.getrandbits(4),
        )
        bits = {f"CE{place}": enables >> place & 1 for place in range(4)}
        bits |= {f"RST{place}": resets >> place & 1 for place in range(4)}
        for name, width in wide.items():
            pins = [name] if width == 1 else bus(name, width)
            bits |= {pin: values[name] >> place & 1 for place, pin in enumerate(pins)}
        stimuli.append(bits)
        expected.append(mult18x18d(parameters, registers, values, enables, resets))
    outputs = [(name, 1) for name in (*bus("P", 36), "SIGNEDP")]
    found = simulated(
        tmp_path,
        cells.own_models("ecp5"),
        "MULT18X18D",
        {name: f'"{value}"' for name, value in parameters.items()},
        bus("CLK", 4),
        [(name, 1) for name in stimuli[0]],
        outputs,
        stimuli,
    )
    pairs = [(wanted, got) for wanted, got in zip(expected, found, strict=True) if wanted is not None]
    assert len(pairs) > ROUNDS / 2
    for wanted, got in pairs:
        assert (joined(got, bus("P", 36)), got["SIGNEDP"]) == wanted


def mult18x18d(
    parameters: Mapping[str, str],
    registers: dict[str, Any],
    values: Mapping[str, int],
    enables: int,
    resets: int,
) -> tuple[int, int] | None:
    """Lattice FPGA-TN-02205: the product and whether it is signed, behind an edge of the clock."""
    before = dict(registers)
    asynchronous = parameters["RESETMODE"] == "ASYNC"

    def stage(name: str, given: Any, given_before: Any) -> tuple[Any, Any]:
        """What comes out of a register behind the edge, and what did before it."""
        if parameters[f"REG_{name}_CLK"] == "NONE":
            return given, given_before
        reset = resets >> int(parameters[f"REG_{name}_RST"][-1]) & 1
        held = (0, 0) if asynchronous and reset else before[name]
        if reset:
            registers[name] = (0, 0)
        elif enables >> int(parameters[f"REG_{name}_CE"][-1]) & 1:
            registers[name] = given_before
        return registers[name], held

    def factor(side: str) -> tuple[int, int]:
        return values[f"SRI{side}"] if values[f"SOURCE{side}"] else values[side], values[f"SIGNED{side}"]

    def product(a: Any, b: Any) -> tuple[int, int] | None:
        if a is None or b is None:
            return None
        left, right = (value - (1 << 18) if signed and value >> 17 else value for value, signed in (a, b))
        return left * right % (1 << 36), a[1] | b[1]

    a, a_before = stage("INPUTA", factor("A"), factor("A"))
    b, b_before = stage("INPUTB", factor("B"), factor("B"))
    p, p_before = stage("PIPELINE", product(a, b), product(a_before, b_before))
    return stage("OUTPUT", p, p_before)[0]


def yosys_ram() -> str:
    """Yosys' model of the block RAM, renamed."""
    text = cells._of_yosys("ice40")["SB_RAM40_4K"]
    text = re.sub(r"`ICE40_DEFAULT_ASSIGNMENT_(V\(.*?\)|[01])", "", text)
    return text.replace("module SB_RAM40_4K", "module REFERENCE")


@pytest.mark.parametrize("write_mode", range(4))
@pytest.mark.parametrize("read_mode", range(4))
def test_sb_ram40_4k(write_mode: int, read_mode: int, tmp_path: Path) -> None:
    """Equal to the model of Yosys in every pair of modes."""
    draw = random.Random(write_mode * 4 + read_mode)
    parameters = {"WRITE_MODE": str(write_mode), "READ_MODE": str(read_mode)}
    parameters |= {f"INIT_{row:X}": f"256'h{draw.getrandbits(256):x}" for row in range(16)}
    inputs = [
        ("RCLKE", 1),
        ("RE", 1),
        ("RADDR", 11),
        ("WCLKE", 1),
        ("WE", 1),
        ("WADDR", 11),
        ("MASK", 16),
        ("WDATA", 16),
    ]
    stimuli = [
        {
            name: draw.getrandbits(width) & (0x703 if width == 11 else -1) | (width == 1 and draw.getrandbits(1))
            for name, width in inputs
        }
        for _ in range(ROUNDS)
    ]
    found = [
        simulated(folder, text, kind, parameters, ("RCLK", "WCLK"), inputs, [("RDATA", 16)], stimuli)
        for folder, text, kind in folders(tmp_path)
    ]
    assert found[0] == found[1]
    assert sum(row["RDATA"] not in (None, 0) for row in found[0]) > ROUNDS / 8


def folders(place: Path) -> Iterator[tuple[Path, str, str]]:
    """A folder for each of two models, its text, and what it is called there."""
    for kind, text in (("SB_RAM40_4K", cells.own_models("ice40")), ("REFERENCE", yosys_ram())):
        folder = place / kind
        folder.mkdir()
        yield folder, text, kind


@pytest.mark.parametrize(("family", "kind"), [("ice40", "SB_LUT4"), ("ecp5", "LUT4")])
def test_look_up_tables_are_those_of_yosys(family: str, kind: str, tmp_path: Path) -> None:
    inputs = [(name, 1) for name in (("I0", "I1", "I2", "I3") if family == "ice40" else "ABCD")]
    output, parameter = ("O", "LUT_INIT") if family == "ice40" else ("Z", "INIT")
    shared = re.sub(r"`ICE40_DEFAULT_ASSIGNMENT_0", "", cells._of_yosys(family)[kind])
    stimuli = [{name: row >> place & 1 for place, (name, _) in enumerate(inputs)} for row in range(16)]
    for table in (0x8000, 0x1234, 0xFEDC):
        rows = [
            simulated(tmp_path, text, kind, {parameter: f"16'd{table}"}, (), inputs, [(output, 1)], stimuli)
            for text in (cells.own_models(family), shared)
        ]
        assert rows[0] == rows[1] == [{output: table >> row & 1} for row in range(16)]


def test_sb_spram256ka(tmp_path: Path) -> None:
    """What was written is read, nibble by nibble; nothing before it was, and nothing of use during a write."""
    draw = random.Random(1)
    inputs = [("ADDRESS", 14), ("DATAIN", 16), ("MASKWREN", 4), ("WREN", 1), ("CHIPSELECT", 1)]
    idle = [("STANDBY", 1), ("SLEEP", 1), ("POWEROFF", 1)]
    stimuli = [
        {name: draw.getrandbits(width) & (7 if width == 14 else -1) for name, width in inputs}
        | {"STANDBY": 0, "SLEEP": 0, "POWEROFF": 1}
        for _ in range(ROUNDS)
    ]
    found = simulated(
        tmp_path,
        cells.own_models("ice40"),
        "SB_SPRAM256KA",
        {},
        ("CLOCK",),
        [*inputs, *idle],
        [("DATAOUT", 16)],
        stimuli,
    )
    memory: dict[int, list[int | None]] = {address: [None] * 4 for address in range(8)}
    shown: list[int | None] | None = None
    compared = 0
    for step, got in zip(stimuli, found, strict=True):
        if step["CHIPSELECT"] and step["WREN"]:
            for nibble in range(4):
                if step["MASKWREN"] >> nibble & 1:
                    memory[step["ADDRESS"]][nibble] = step["DATAIN"] >> 4 * nibble & 15
            shown = None
        elif step["CHIPSELECT"]:
            shown = list(memory[step["ADDRESS"]])
        if shown is not None and None not in shown:
            assert got["DATAOUT"] == sum((value or 0) << 4 * nibble for nibble, value in enumerate(shown))
            compared += 1
    assert compared > ROUNDS / 8


def test_a_cell_without_a_model_is_named() -> None:
    with pytest.raises(UserError, match="there is no model of the cell SB_WARMBOOT2"):
        cells.models("ice40", ["SB_LUT4", "SB_WARMBOOT2"])


def test_models_bring_what_they_consist_of() -> None:
    text = cells.models("ecp5", ["CCU2C"])
    assert {"CCU2C", "LUT2", "LUT4"} <= set(re.findall(r"^module (\w+)", text, re.MULTILINE))
    assert len(re.findall(r"^module LUT4\b", text, re.MULTILINE)) == 1
