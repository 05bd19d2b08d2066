"""Eligibility-trace registers of the axons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from amaranth import Array, Cat, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped
from amaranth.utils import exact_log2

from golden.spec.config import Network
from golden.spec.formats import Format
from golden.spec.memmap import bank_words
from rtl.arith import clamp
from rtl.memory import HostWindow, LaneMemory
from rtl.types import axon_layout, index_shape, shape_of


@dataclass(frozen=True)
class EligibilityShape:
    """What the registers hold.

    Attributes
    ----------
    pre
        Format of x.
    bins
        Registers an axon.
    centred
        Leading axons of group 0 whose factor is centred; 0 for none.
    negative
        Spikes are signed, and so is x.
    trace
        Format of the trace z, or None for plain spike counts.
    trace_shift, trace_increment
        Decay and increment of the trace.
    lanes
        Registers in a word of memory.
    every
        A sweep offers all axons, those whose factor is zero as well.
    """

    pre: Format
    bins: int = 1
    centred: int = 0
    negative: bool = False
    trace: Format | None = None
    trace_shift: int = 0
    trace_increment: int = 0
    lanes: int = 1
    every: bool = False

    @classmethod
    def of_layer(cls, network: Network, layer: int, lanes: int = 1) -> EligibilityShape:
        """Return the registers of a core whose first layer is ``layer``."""
        return cls(
            network.pre,
            network.bins,
            network.inputs if network.centred_input and layer == 0 else 0,
            network.signed_input and layer == 0,
            network.trace if network.trace_shift else None,
            network.trace_shift,
            network.trace_increment,
            lanes,
        )

    @property
    def factor(self) -> Format:
        """Format of the presynaptic factor of an update."""
        return Format(self.pre.bits + 1, True) if self.centred or self.negative else self.pre

    @property
    def register(self) -> Format:
        """Format of x as it is stored."""
        return Format(self.pre.bits + 1, True) if self.negative else self.pre


class EligibilityRegisters(wiring.Component):
    """Presynaptic eligibility x, collected while spikes pass, and swept when the teacher has spoken.

    Without a trace every spike that passes from ``i`` to ``o`` adds its sign to its register, saturating. With a
    trace it is marked, and after the last spike of a step the user raises ``settle``: then for every axon of the group
    z = z - ceil(z / 2^shift), plus the increment where marked, and x = x + z, all saturating; z starts at 0.

    A sweep visits the axons of one group in ascending order and offers those whose factor is not zero, or all with
    ``every``, at ``o_active``. The factor is x, or x - floor(sum of x / centred) for the first ``centred`` axons.
    Bit-exact with golden.eligibility.Eligibility.

    There are two banks of registers. ``turn`` ends a sample: the next one finds the other bank, which had been
    cleared meanwhile, a word in every cycle in which no spike is counted. A sample without a sweep costs nothing.

    Latency: none from ``i`` to ``o``; a spike is counted two cycles later. Throughput: an axon a cycle; one of a word
    that was visited in the two cycles before waits for it. Settling and sweeping: ``lanes`` axons a cycle, plus a
    cycle for every further axon of a word that is offered, plus stalls of ``o_active``. Memories: never read and
    written at one address in a cycle.

    Parameters
    ----------
    shape
        What the registers hold.
    groups
        Numbers of axons in consecutive groups, multiples of the lanes, each settled and swept on its own.
    plastic
        So many of each group, the first ones, are swept; all of them by default. Multiples of the lanes.

    Members
    -------
    i, o
        Axons on their way to the router.
    i_bin
        Bin in which passing spikes count.
    group
        Group to settle or sweep.
    settle, first_step, settled
        While ``settle`` is high traces advance, from 0 in the ``first_step``; ``settled`` when all have. Only with a
        trace.
    sweep, bin, swept
        While ``sweep`` is high the bin is swept; ``swept`` when all axons were offered and taken.
        The user lowers ``settle`` and ``sweep`` for a cycle after each group.
    turn, cleared
        The sample ends; the next bank is clear, and ``turn`` is allowed.
    o_active
        Axons with their factor.
    idle
        No spike is being counted.
    bank
        Which bank the sample uses, for observation.
    host
        Window of the registers, which the host has no use for; simulators find the memory by it.
    """

    def __init__(self, shape: EligibilityShape, groups: Sequence[int], plastic: Sequence[int] | None = None) -> None:
        self._shape, self._groups = shape, tuple(groups)
        self._plastic = self._groups if plastic is None else tuple(plastic)
        self._axon = index_shape(sum(groups))
        active = data.StructLayout({"axon": self._axon, "factor": shape_of(shape.factor)})
        spike = axon_layout(sum(groups), negative=shape.negative)
        bin_index = index_shape(shape.bins)
        super().__init__(
            {
                "i": In(stream.Signature(spike)),
                "o": Out(stream.Signature(spike)),
                "i_bin": In(bin_index),
                "group": In(index_shape(len(groups))),
                "settle": In(1),
                "first_step": In(1),
                "settled": Out(1),
                "sweep": In(1),
                "bin": In(bin_index),
                "swept": Out(1),
                "turn": In(1),
                "cleared": Out(1),
                "o_active": Out(stream.Signature(active)),
                "idle": Out(1),
                "bank": Out(1),
                "host": In(HostWindow),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        shape, lanes = self._shape, self._shape.lanes
        share, words = exact_log2(lanes), sum(self._groups) // lanes
        bank = bank_words(shape.bins * words)
        in_bank = index_shape(bank)
        pre = shape_of(shape.register)
        m.submodules.registers = registers = LaneMemory(pre, lanes, 2 * bank)
        connect(m, flipped(self.host), registers.host)

        # Stages: issue -> memory output -> fetched values, written back. All hold while an offer waits.
        scanning, advance = Signal(), Signal()
        word_shape, lane_shape = index_shape(words), index_shape(lanes)
        issue, issue_word = Signal(), Signal(word_shape)
        read_valid, read_word, read_lane = Signal(), Signal(word_shape), Signal(lane_shape)
        fetched_valid, fetched_word, fetched_lane = Signal(), Signal(word_shape), Signal(lane_shape)
        fetched = Signal(data.ArrayLayout(pre, lanes))
        spike_word, spike_lane = self.i.payload.axon >> share, self.i.payload.axon[:share] if share else 0
        m.d.comb += scanning.eq(self.sweep | self.settle)
        with m.If(advance):
            m.d.sync += [
                read_valid.eq(issue),
                read_word.eq(issue_word),
                read_lane.eq(spike_lane),
                fetched_valid.eq(read_valid),
                fetched_word.eq(read_word),
                fetched_lane.eq(read_lane),
                fetched.eq(registers.read_data),
            ]
        bin_index = Mux(self.sweep, self.bin, self.i_bin)

        def register_of(word: Value) -> Value:
            # Bin-major, so that no multiplier is needed where there is one bin only.
            within = word if shape.bins == 1 else bin_index * words + word
            address = Signal(in_bank)
            m.d.comb += address.eq(within)
            return Cat(address, self.bank)

        # The other bank is cleared word by word; after a reset both are.
        cursor, clearing, both = Signal(in_bank), Signal(init=1), Signal(init=1)
        counting = Signal()
        m.d.comb += [
            counting.eq(fetched_valid & ~self.sweep & (self.settle if shape.trace else 1)),
            self.cleared.eq(~clearing),
            registers.read_address.eq(register_of(issue_word)),
            registers.read_enable.eq(issue),
            registers.write_address.eq(Mux(counting, register_of(fetched_word), Cat(cursor, ~self.bank))),
            registers.write_enable.eq(counting | clearing),
            self.idle.eq(~read_valid & ~fetched_valid),
        ]
        with m.If(clearing & ~counting):
            m.d.sync += cursor.eq(cursor + 1)
            with m.If(cursor == shape.bins * words - 1):
                m.d.sync += [cursor.eq(0), clearing.eq(both), both.eq(0), self.bank.eq(self.bank ^ both)]
        with m.If(self.turn):
            m.d.sync += [self.bank.eq(~self.bank), clearing.eq(1)]

        added: list[Value] = [Mux(fetched_lane == lane, 1, 0) if lanes > 1 else Value.cast(1) for lane in range(lanes)]
        if shape.trace:
            added = self._traces(
                m, shape.trace, issue, issue_word, advance, fetched_valid, fetched_word, fetched_lane, both
            )
        if shape.negative:
            read_negative, fetched_negative = Signal(), Signal()
            with m.If(advance):
                m.d.sync += [read_negative.eq(self.i.payload.negative), fetched_negative.eq(read_negative)]
            added = [Mux(fetched_negative, -value, value) for value in added]
        lowest = -shape.pre.high if shape.negative else 0
        for lane, value in enumerate(added):
            grown = Signal.like(fetched[lane] + value, name=f"grown_{lane}")
            m.d.comb += grown.eq(fetched[lane] + value)
            m.d.comb += registers.write_data[lane].eq(Mux(counting, clamp(grown, lowest, shape.pre.high), 0))

        # Spikes pass.
        busy = (read_valid & (read_word == spike_word)) | (fetched_valid & (fetched_word == spike_word))
        m.d.comb += [
            self.o.payload.eq(self.i.payload),
            self.o.valid.eq(self.i.valid & ~busy & ~scanning),
            self.i.ready.eq(self.o.ready & ~busy & ~scanning),
        ]

        # Scans, and what a sweep offers: the axons of a word one after the other.
        starts = [sum(self._groups[:group]) // lanes for group in range(len(self._groups))]
        ends, swept_ends = (
            Array(start + count // lanes for start, count in zip(starts, counts, strict=True))
            for counts in (self._groups, self._plastic)
        )
        scan, started = Signal(range(words + 1)), Signal()
        end = swept_ends[self.group]
        if shape.trace and self._plastic != self._groups:
            end = Mux(self.sweep, end, ends[self.group])
        factors, mean = Signal(data.ArrayLayout(shape_of(shape.factor), lanes)), Signal(pre)
        offered, lane_offered = Signal(lanes), Signal(lane_shape)
        offered_later = offered & (offered - 1)
        with m.If(advance):
            centre = Mux(read_word < shape.centred // lanes, mean, 0) if shape.centred else 0
            for lane in range(lanes):
                m.d.sync += factors[lane].eq(registers.read_data[lane] - centre)
                m.d.sync += offered[lane].eq(1 if shape.every else registers.read_data[lane] != centre)
        with m.Elif(self.o_active.ready):
            m.d.sync += offered.eq(offered_later)
        for lane in reversed(range(lanes)):
            with m.If(offered[lane]):
                m.d.comb += lane_offered.eq(lane)
        m.d.comb += [
            self.o_active.payload.axon.eq(Cat(lane_offered, fetched_word) if share else fetched_word),
            self.o_active.payload.factor.eq(factors[lane_offered] if share else factors[0]),
            self.o_active.valid.eq(self.sweep & fetched_valid & offered.any()),
            advance.eq(~self.o_active.valid | (self.o_active.ready & (offered_later == 0))),
        ]
        with m.If(scanning):
            m.d.comb += [issue.eq(started & advance & (scan != end)), issue_word.eq(scan)]
            with m.If(~started):
                m.d.sync += [scan.eq(Array(starts)[self.group]), started.eq(1)]
            with m.Elif(issue):
                m.d.sync += scan.eq(scan + 1)
        with m.Else():
            m.d.comb += [issue.eq(self.o.valid & self.o.ready), issue_word.eq(spike_word)]
            m.d.sync += started.eq(0)
        finished = started & (scan == end) & ~read_valid & ~fetched_valid
        m.d.comb += [self.swept.eq(self.sweep & finished), self.settled.eq(self.settle & finished)]

        if shape.centred:
            # The mean is counted along, spike by spike: no divider.
            remainder = Signal(range(shape.centred))
            value = fetched[fetched_lane] if share else fetched[0]
            with m.If(counting & (fetched_word < shape.centred // lanes) & (value != shape.pre.high)):
                with m.If(remainder == shape.centred - 1):
                    m.d.sync += [remainder.eq(0), mean.eq(mean + 1)]
                with m.Else():
                    m.d.sync += remainder.eq(remainder + 1)
            with m.If(self.turn):
                m.d.sync += [remainder.eq(0), mean.eq(0)]
        return m

    def _traces(
        self,
        m: Module,
        trace: Format,
        issue: Value,
        issue_word: Value,
        advance: Value,
        fetched_valid: Value,
        fetched_word: Value,
        fetched_lane: Value,
        resetting: Value,
    ) -> list[Value]:
        """Add the memory of traces, which marks spikes and advances them in a scan; return the new traces."""
        shape, lanes = self._shape, self._shape.lanes
        entry = data.StructLayout({"trace": shape_of(trace), "marked": 1})
        words = sum(self._groups) // lanes
        m.submodules.traces = traces = LaneMemory(unsigned(entry.size), lanes, words)
        fetched = Signal(data.ArrayLayout(entry, lanes))
        with m.If(advance):
            m.d.sync += fetched.eq(traces.read_data)
        cleared = Signal(range(words + 1))
        with m.If(resetting & (cleared != words)):
            m.d.sync += cleared.eq(cleared + 1)
        advanced_lanes: list[Value] = []
        for lane in range(lanes):
            before, after = Signal(shape_of(trace), name=f"before_{lane}"), Signal(entry, name=f"after_{lane}")
            advanced = Signal(shape_of(trace), name=f"advanced_{lane}")
            m.d.comb += before.eq(Mux(self.first_step, 0, fetched[lane].trace))
            decayed = before - ((before + (1 << shape.trace_shift) - 1) >> shape.trace_shift)
            charged = decayed + Mux(fetched[lane].marked, shape.trace_increment, 0)
            m.d.comb += advanced.eq(Mux(charged > trace.high, trace.high, charged))
            with m.If(self.settle):
                m.d.comb += after.trace.eq(advanced)
            with m.Else():
                m.d.comb += [after.trace.eq(fetched[lane].trace), after.marked.eq(fetched[lane].marked)]
                with m.If(fetched_lane == lane):
                    m.d.comb += after.marked.eq(1)
            m.d.comb += traces.write_data[lane].eq(Mux(resetting, 0, Value.cast(after)))
            advanced_lanes.append(advanced)
        m.d.comb += [
            traces.read_address.eq(issue_word),
            traces.read_enable.eq(issue),
            traces.write_address.eq(Mux(resetting, cleared, fetched_word)),
            traces.write_enable.eq(Mux(resetting, cleared != words, fetched_valid & ~self.sweep)),
        ]
        return advanced_lanes
