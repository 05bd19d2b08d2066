"""Eligibility-trace registers of the axons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from amaranth import Array, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from golden.spec.config import Network
from golden.spec.formats import Format
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
    """

    pre: Format
    bins: int = 1
    centred: int = 0
    negative: bool = False
    trace: Format | None = None
    trace_shift: int = 0
    trace_increment: int = 0

    @classmethod
    def of_layer(cls, network: Network, layer: int) -> EligibilityShape:
        """Return the registers of a core whose first layer is ``layer``."""
        return cls(
            network.pre,
            network.bins,
            network.inputs if network.centred_input and layer == 0 else 0,
            network.signed_input and layer == 0,
            network.trace if network.trace_shift else None,
            network.trace_shift,
            network.trace_increment,
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
    z = z - ceil(z / 2^shift), plus the increment where marked, and x = x + z, all saturating.

    A sweep visits the axons of one group in ascending order, sets their state to zero, and offers those whose
    factor is not zero at ``o_active``. The factor is x, or x - floor(sum of x / centred) for the first ``centred``
    axons. Bit-exact with golden.eligibility.Eligibility.

    Throughput: an axon a cycle in all modes; an axon that comes again within two cycles waits for its register.
    Sweep: one cycle an axon plus stalls of ``o_active``. Memories: never read and written at one address in a cycle.

    Parameters
    ----------
    shape
        What the registers hold.
    groups
        Numbers of axons in consecutive groups, each settled and swept on its own.

    Members
    -------
    i, o
        Axons on their way to the router.
    i_bin
        Bin in which passing spikes count.
    group
        Group to settle or sweep.
    settle, settled
        While ``settle`` is high traces advance; ``settled`` when all have. Only with a trace.
    sweep, bin, swept
        While ``sweep`` is high the bin is swept; ``swept`` when all axons were offered and taken.
        The user lowers ``settle`` and ``sweep`` for a cycle after each group.
    discard
        Sweep without offering anything: state is only cleared.
    o_active
        Axons with their factor.
    idle
        No spike is being counted.
    """

    def __init__(self, shape: EligibilityShape, groups: Sequence[int]) -> None:
        self._shape, self._groups = shape, tuple(groups)
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
                "settled": Out(1),
                "sweep": In(1),
                "bin": In(bin_index),
                "swept": Out(1),
                "discard": In(1),
                "o_active": Out(stream.Signature(active)),
                "idle": Out(1),
                "host": In(HostWindow),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        shape, axons = self._shape, sum(self._groups)
        pre = shape_of(shape.register)
        m.submodules.registers = registers = LaneMemory(pre, 1, axons * shape.bins)
        connect(m, flipped(self.host), registers.host)

        # Stages: issue -> memory output -> held values, written back. All hold while an offer waits.
        scanning, advance = Signal(), Signal()
        issue, issue_axon = Signal(), Signal(self._axon)
        read_valid, read_axon, held_valid, held_axon = Signal(), Signal(self._axon), Signal(), Signal(self._axon)
        held = Signal(pre)
        m.d.comb += scanning.eq(self.sweep | self.settle)
        with m.If(advance):
            m.d.sync += [
                read_valid.eq(issue),
                read_axon.eq(issue_axon),
                held_valid.eq(read_valid),
                held_axon.eq(read_axon),
                held.eq(registers.read_data[0]),
            ]
        bin_index = Mux(self.sweep, self.bin, self.i_bin)

        def register_of(axon: Value) -> Value:
            # Bin-major, so that no multiplier is needed where there is one bin only.
            return axon if shape.bins == 1 else bin_index * axons + axon

        m.d.comb += [
            registers.read_address.eq(register_of(issue_axon)),
            registers.read_enable.eq(issue),
            registers.write_address.eq(register_of(held_axon)),
            registers.write_enable.eq(held_valid & (scanning if shape.trace else 1)),
            self.idle.eq(~read_valid & ~held_valid),
        ]
        added: Value = Value.cast(1)
        if shape.trace:
            added = self._traces(m, shape.trace, issue, issue_axon, advance, held_valid, held_axon)
        if shape.negative:
            read_negative, held_negative = Signal(), Signal()
            with m.If(advance):
                m.d.sync += [read_negative.eq(self.i.payload.negative), held_negative.eq(read_negative)]
            added = Mux(held_negative, -1, 1)
        grown = Signal.like(held + added)
        m.d.comb += grown.eq(held + added)
        saturated = clamp(grown, -shape.pre.high if shape.negative else 0, shape.pre.high)
        m.d.comb += registers.write_data[0].eq(Mux(self.sweep, 0, saturated))

        # Spikes pass.
        busy = (read_valid & (read_axon == self.i.payload.axon)) | (held_valid & (held_axon == self.i.payload.axon))
        m.d.comb += [
            self.o.payload.eq(self.i.payload),
            self.o.valid.eq(self.i.valid & ~busy & ~scanning),
            self.i.ready.eq(self.o.ready & ~busy & ~scanning),
        ]

        # Scans, and what a sweep offers.
        starts = [sum(self._groups[:group]) for group in range(len(self._groups))]
        ends = [start + count for start, count in zip(starts, self._groups, strict=True)]
        cursor, started = Signal(range(axons + 1)), Signal()
        end = Array(ends)[self.group]
        factor, mean = Signal(shape_of(shape.factor)), Signal(pre)
        with m.If(advance):
            centre = Mux(read_axon < shape.centred, mean, 0) if shape.centred else 0
            m.d.sync += factor.eq(registers.read_data[0] - centre)
        m.d.comb += [
            self.o_active.payload.axon.eq(held_axon),
            self.o_active.payload.factor.eq(factor),
            self.o_active.valid.eq(self.sweep & held_valid & (factor != 0) & ~self.discard),
            advance.eq(~self.o_active.valid | self.o_active.ready),
        ]
        with m.If(scanning):
            m.d.comb += [issue.eq(started & advance & (cursor != end)), issue_axon.eq(cursor[: self._axon.width])]
            with m.If(~started):
                m.d.sync += [cursor.eq(Array(starts)[self.group]), started.eq(1)]
            with m.Elif(issue):
                m.d.sync += cursor.eq(cursor + 1)
        with m.Else():
            m.d.comb += [issue.eq(self.o.valid & self.o.ready), issue_axon.eq(self.i.payload.axon)]
            m.d.sync += started.eq(0)
        finished = started & (cursor == end) & ~read_valid & ~held_valid
        m.d.comb += [self.swept.eq(self.sweep & finished), self.settled.eq(self.settle & finished)]

        if shape.centred:
            # The mean is counted along, spike by spike: no divider.
            remainder = Signal(range(shape.centred))
            with m.If(held_valid & ~scanning & (held_axon < shape.centred) & (held != shape.pre.high)):
                with m.If(remainder == shape.centred - 1):
                    m.d.sync += [remainder.eq(0), mean.eq(mean + 1)]
                with m.Else():
                    m.d.sync += remainder.eq(remainder + 1)
            with m.If(self.swept & (self.group == 0)):
                m.d.sync += [remainder.eq(0), mean.eq(0)]
        return m

    def _traces(
        self,
        m: Module,
        trace: Format,
        issue: Value,
        issue_axon: Value,
        advance: Value,
        held_valid: Value,
        held_axon: Value,
    ) -> Value:
        """Add the memory of traces, which marks spikes and advances them in a scan; return the new trace."""
        shape = self._shape
        entry = data.StructLayout({"trace": shape_of(trace), "marked": 1})
        m.submodules.traces = traces = LaneMemory(unsigned(entry.size), 1, sum(self._groups))
        held, after = Signal(entry), Signal(entry)
        with m.If(advance):
            m.d.sync += held.eq(traces.read_data[0])
        decayed = held.trace - ((held.trace + (1 << shape.trace_shift) - 1) >> shape.trace_shift)
        charged = decayed + Mux(held.marked, shape.trace_increment, 0)
        advanced = Signal(shape_of(trace))
        m.d.comb += advanced.eq(Mux(charged > trace.high, trace.high, charged))
        with m.If(self.settle):
            m.d.comb += after.trace.eq(advanced)
        with m.Elif(~self.sweep):
            m.d.comb += [after.trace.eq(held.trace), after.marked.eq(1)]
        m.d.comb += [
            traces.read_address.eq(issue_axon),
            traces.read_enable.eq(issue),
            traces.write_address.eq(held_axon),
            traces.write_enable.eq(held_valid),
            traces.write_data[0].eq(after),
        ]
        return advanced
