"""Processors compiled to a shared library: the glue to sim/backends/native."""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from golden.network import SampleTrace
from golden.placement import placements, state_of
from golden.spec.config import Preset
from golden.spec.memmap import Region, regions
from golden.spec.settings import Settings
from golden.state import State
from golden.system.writing import explained, written_file
from sim.backends import requests, stimulus
from sim.backends.interface import Backend, Progress, RunResult, StuckError, differences
from sim.backends.probes import WATCHED, Bit, Cover, Probe, missing_probe, storages
from sim.backends.tracing import Tracer

_BUDGET = 200_000  # cycles a call: fractions of a second, between which an interrupt is served
_FINISHED, _OBSERVED, _INTERRUPTED, _STUCK = range(4)
_PROBE_BITS = 32
_WAVES = "waves file"

_pointer, _u64, _int = ctypes.c_void_p, ctypes.c_uint64, ctypes.c_int


class _Job(ctypes.Structure):
    """``Job`` of native/bench.h."""

    _fields_ = [
        ("words", _pointer),
        ("labels", _pointer),
        *((name, _u64) for name in ("word_count", "sample_count", "observe", "patience")),
        ("predictions", _pointer),
        ("digests", _pointer),
        ("cycles", _pointer),
        *((name, _u64) for name in ("next_word", "next_label", "completed", "elapsed", "quiet")),
    ]


class CompiledBackend(Backend):
    """A model in a shared library with the interface of native/bench.h.

    Parameters
    ----------
    preset
        What the library simulates.
    library
        Path of the shared library.
    waves
        Waveform to write; the library must be built for it.
    stalls
        Seed of random pauses on every stream.
    covers
        What is counted while samples run; the library must be built for it.
    """

    def __init__(
        self,
        preset: Preset,
        library: Path,
        *,
        waves: Path | None,
        stalls: int | None,
        covers: Sequence[Cover] = (),
    ) -> None:
        super().__init__(preset)
        self.product = library.parent.name
        self._regions = {region.name: region for region in regions(preset)}
        cores = preset.network.layers // preset.hardware.layers_per_core
        # Sweeps without any transfer take the longest: some cycles for every weight, axon and neuron.
        self._patience = 10_000 + 4 * sum(region.elements for region in self._regions.values())

        class Events(ctypes.Structure):
            """``Events`` of native/bench.h."""

            _fields_ = [("risen", _u64), ("teaching", _u64), ("spikes", _u64), ("payload", _u64 * cores)]

        self._events = Events()
        self._native = _declared(ctypes.CDLL(str(library)))
        self._waves, self._written = waves, ExitStack()
        file = None if waves is None else os.fsencode(self._written.enter_context(written_file(waves, _WAVES)))
        self._bench: int | None = self._native.bench_open(file)
        self._native.bench_stalls(self._bench, stalls or 0)
        for probe in WATCHED:
            if not self._native.bench_watch(self._bench, *_named(probe)):
                raise missing_probe(probe)
        self._covers = tuple(covers)
        for cover in self._covers:
            for index, (probe, value) in enumerate(cover.terms):
                if not self._native.bench_cover(self._bench, index == 0, *_named(probe), value):
                    raise missing_probe(probe)
        self._coefficients = [placement.coefficients() for placement in placements(preset)]
        for placement, coefficients in zip(placements(preset), self._coefficients, strict=True):
            form, first = placement.region.form, 0
            for storage in storages(placement.region):
                part = coefficients[first:]
                where = _named(storage.probe)
                if not self._native.bench_term(
                    self._bench, *where, form.bits, form.signed, part.ctypes, storage.elements
                ):
                    raise missing_probe(storage.probe)
                first += storage.elements

    def load(self, state: State) -> None:
        self._host(requests.state_writes(self.preset, state))

    def state(self) -> State:
        return state_of(self.preset, {p.region.name: self._fetched(p.region) for p in placements(self.preset)})

    def run(
        self,
        samples: NDArray[np.integer],
        labels: NDArray[np.uint8],
        *,
        learn: bool,
        shifts: tuple[int, int],
        settings: Settings | None = None,
        digests: bool = True,
        progress: Progress | None = None,
        strikes: Sequence[tuple[int, Bit]] = (),
    ) -> RunResult:
        """Run samples in order, as :meth:`Backend.run`; bits may be struck meanwhile.

        Parameters
        ----------
        samples, labels, learn, shifts, digests, progress
            See :meth:`Backend.run`.
        strikes
            Clock cycles of the run, ascending, with the bit that is inverted then; those after the end never are.
        """
        started = time.perf_counter()
        job = _Samples(self.preset, samples, labels, learn=learn, shifts=shifts, digests=digests)
        self._host(requests.register_writes(self.preset, learn=learn, shifts=shifts, settings=settings))
        job.native.patience = self._patience
        for cycle, bit in strikes:
            while job.native.completed < len(samples) and (left := cycle - job.native.elapsed) > 0:
                self._go_on(job, min(left, _BUDGET))
            if job.native.completed < len(samples):
                self.flip(bit)
        while self._go_on(job, _BUDGET) != _FINISHED:
            if progress is not None:
                progress(job.native.completed, len(samples))
        if progress is not None:
            progress(len(samples), len(samples))
        predictions, updated = stimulus.predictions_of(self.preset.network, job.predictions)
        return RunResult(predictions, updated, job.digests, differences(job.cycles), time.perf_counter() - started)

    def traced(
        self,
        sample: NDArray[np.integer],
        label: int,
        *,
        learn: bool,
        shifts: tuple[int, int],
        settings: Settings | None = None,
    ) -> SampleTrace:
        labels = np.array([label])
        job = _Samples(self.preset, sample[None], labels, learn=learn, shifts=shifts, digests=False)
        self._host(requests.register_writes(self.preset, learn=learn, shifts=shifts, settings=settings))
        job.native.patience, job.native.observe = self._patience, 1
        tracer = Tracer(self.preset, self._looked_up, self._probed)
        while (status := self._go_on(job, _BUDGET)) != _FINISHED:
            if status != _OBSERVED:
                continue
            events = self._events
            for core in range(len(events.payload)):
                if events.spikes >> core & 1:
                    tracer.spiked(core, events.payload[core])
            if events.risen:
                tracer.risen()
            if events.teaching:
                tracer.taught()
        return tracer.trace

    def covered(self) -> list[int]:
        """Cycles in which each of ``covers`` held, so far."""
        return [int(self._native.bench_covered(self._bench, index)) for index in range(len(self._covers))]

    def reset(self) -> None:
        """Reset the processor, whatever it is doing; what outlives a sample stays (golden/SPEC.md)."""
        self._native.bench_reset(self._bench)

    def flip(self, bit: Bit) -> None:
        """Invert a bit of a memory or a register, as a fault of the hardware does.

        Raises
        ------
        UserError
            If the model has no such bit.
        """
        if not self._native.bench_flip(self._bench, *_named(bit.probe), bit.row, bit.bit):
            raise missing_probe(bit.probe)

    def size_of(self, probe: Probe) -> tuple[int, int]:
        """Rows of a memory and bits of a row; a register has one row.

        Raises
        ------
        UserError
            If the model has no such memory.
        """
        depth = int(self._native.bench_depth(self._bench, *_named(probe)))
        if not depth:
            raise missing_probe(probe)
        return depth, int(self._native.bench_width(self._bench, *_named(probe)))

    def close(self) -> None:
        bench, self._bench = self._bench, None
        if bench:
            with self._written:
                self._require_waves(self._native.bench_close(bench))

    def _require_waves(self, failure: int) -> None:
        """Raise UserError if the waves could not be written, which the bench itself gets over."""
        if failure and self._waves is not None:
            with explained(self._waves, _WAVES, "file"):
                raise OSError(failure, os.strerror(failure))

    def _go_on(self, job: _Samples, budget: int) -> int:
        status = int(self._native.bench_run(self._bench, ctypes.byref(job.native), budget, ctypes.byref(self._events)))
        self._require_waves(self._native.bench_failure(self._bench))
        if status == _STUCK:
            raise StuckError(
                f"the processor is stuck: {self._patience} cycles without a transfer after "
                f"{job.native.completed} samples and {job.native.next_word} input words",
                int(job.native.completed),
            )
        return status

    def _fetched(self, region: Region) -> NDArray[np.int64]:
        raw = self._host(requests.reads(region.number, region.elements))
        return np.array([region.value(int(word)) for word in raw], dtype=np.int64)

    def _host(self, words: NDArray[np.uint64]) -> NDArray[np.uint32]:
        values = np.zeros(int(requests.is_read(words).sum()), dtype=np.uint32)
        done = self._native.bench_host(self._bench, words.ctypes, len(words), values.ctypes, self._patience)
        if done != len(words):
            raise StuckError(f"the processor is stuck: host access {done} of {len(words)} is not served")
        return values

    def _looked_up(self, name: str) -> NDArray[np.int64]:
        region = self._regions[name]
        parts = [
            self._peeked(storage.probe, region.form.bits, region.form.signed, storage.elements)
            for storage in storages(region)
        ]
        return np.concatenate(parts)

    def _probed(self, probe: Probe) -> int:
        width = int(self._native.bench_width(self._bench, *_named(probe)))
        bits = self._peeked(probe, 1, False, width)
        return sum(int(bit) << index for index, bit in enumerate(bits))

    def _peeked(self, probe: Probe, bits: int, signed: bool, count: int) -> NDArray[np.int64]:
        values = np.zeros(count, dtype=np.int64)
        if not self._native.bench_read(self._bench, *_named(probe), bits, signed, values.ctypes, count):
            raise missing_probe(probe)
        return values


class _Samples:
    """A job and the arrays it points to."""

    def __init__(
        self,
        preset: Preset,
        samples: NDArray[np.integer],
        labels: NDArray[np.uint8],
        *,
        learn: bool,
        shifts: tuple[int, int],
        digests: bool,
    ) -> None:
        stimulus.checked(preset.network, samples, labels, learn, shifts)
        count = len(samples)
        self._words = stimulus.sample_words(preset.network, samples)
        self._labels = stimulus.label_words(preset.network, labels, learn)
        self.predictions = np.zeros(count, dtype=np.uint64)
        self.digests = np.zeros(count if digests else 0, dtype=np.uint64)
        self.cycles = np.zeros(count, dtype=np.uint64)
        self.native = _Job(
            words=self._words.ctypes.data,
            labels=self._labels.ctypes.data,
            word_count=len(self._words),
            sample_count=count,
            predictions=self.predictions.ctypes.data,
            digests=self.digests.ctypes.data if digests else None,
            cycles=self.cycles.ctypes.data,
        )


def _named(probe: Probe) -> tuple[bytes, bytes]:
    return probe.path.encode(), probe.name.encode()


def _declared(library: ctypes.CDLL) -> ctypes.CDLL:
    text = ctypes.c_char_p
    for name, result, *arguments in (
        ("bench_open", _pointer, text),
        ("bench_failure", _int, _pointer),
        ("bench_close", _int, _pointer),
        ("bench_stalls", None, _pointer, _u64),
        ("bench_watch", _int, _pointer, text, text),
        ("bench_cover", _u64, _pointer, _int, text, text, ctypes.c_int64),
        ("bench_covered", _u64, _pointer, _u64),
        ("bench_term", _int, _pointer, text, text, _u64, _int, _pointer, _u64),
        ("bench_reset", None, _pointer),
        ("bench_width", _u64, _pointer, text, text),
        ("bench_depth", _u64, _pointer, text, text),
        ("bench_flip", _int, _pointer, text, text, _u64, _u64),
        ("bench_read", _int, _pointer, text, text, _u64, _int, _pointer, _u64),
        ("bench_run", _int, _pointer, _pointer, _u64, _pointer),
        ("bench_host", _u64, _pointer, _pointer, _u64, _pointer, _u64),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library
