"""Eligibility-trace registers of the axons."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth import Array, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from golden.spec.formats import Format
from rtl.memory import HostWindow, LaneMemory
from rtl.types import index_shape, shape_of


class EligibilityRegisters(wiring.Component):
    """Presynaptic eligibility x, counted while spikes pass, and swept when the teacher has spoken.

    Every axon that passes from ``i`` to ``o`` adds one to its register, saturating: x = min(x + 1, high).
    A sweep visits the axons of one group in ascending order, sets their registers to zero, and offers those with
    x > 0 at ``o_active``. Bit-exact with golden.eligibility.Eligibility without a trace.

    Throughput: an axon a cycle in both modes; an axon that comes again within two cycles waits for its register.
    Sweep: one cycle an axon plus stalls of ``o_active``. Memories: one word an axon, never read and written at the
    same address in a cycle.

    Parameters
    ----------
    pre
        Format of x.
    bins
        Registers an axon.
    groups
        Numbers of axons in consecutive groups, each swept on its own.

    Members
    -------
    i, o
        Axons on their way to the router.
    sweep, group, bin
        While ``sweep`` is high the group is swept; the user lowers it when ``swept`` is high.
    i_bin
        Bin in which passing spikes count.
    discard
        Sweep without offering anything: registers are only cleared.
    o_active
        Axons with their eligibility.
    swept
        All axons of the group were offered and taken.
    idle
        No register is being counted.
    """

    def __init__(self, pre: Format, bins: int, groups: Sequence[int]) -> None:
        self._pre, self._bins, self._groups = pre, bins, tuple(groups)
        self._axon = index_shape(sum(groups))
        active = data.StructLayout({"axon": self._axon, "pre": shape_of(pre)})
        bin_index = index_shape(bins)
        super().__init__(
            {
                "i": In(stream.Signature(self._axon)),
                "o": Out(stream.Signature(self._axon)),
                "i_bin": In(bin_index),
                "sweep": In(1),
                "group": In(index_shape(len(groups))),
                "bin": In(bin_index),
                "discard": In(1),
                "o_active": Out(stream.Signature(active)),
                "swept": Out(1),
                "idle": Out(1),
                "host": In(HostWindow),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        axons, bins, pre = sum(self._groups), self._bins, shape_of(self._pre)
        m.submodules.registers = registers = LaneMemory(pre, 1, axons * bins)
        address = index_shape(axons * bins)

        def register_of(axon: Signal, bin_index: Signal) -> Signal:
            # Bin-major, so that no multiplier is needed where there is one bin only.
            return axon if bins == 1 else (bin_index * axons + axon)

        # Two stages behind the read: memory output, then write back.
        read_valid, read_address = Signal(), Signal(address)
        write_valid, write_address, old = Signal(), Signal(address), Signal(pre)
        issue_valid, issue_address = Signal(), Signal(address)
        m.d.sync += [
            read_valid.eq(issue_valid),
            read_address.eq(issue_address),
            write_valid.eq(read_valid),
            write_address.eq(read_address),
            old.eq(registers.read_data[0]),
        ]
        sweeping, sweep_write = Signal(), Signal()
        m.d.comb += [
            registers.read_address.eq(issue_address),
            registers.read_enable.eq(issue_valid),
            registers.write_address.eq(write_address),
            registers.write_enable.eq(write_valid),
            registers.write_data[0].eq(Mux(sweeping, 0, Mux(old == self._pre.high, old, old + 1))),
            self.host.value.eq(registers.host.value),
            registers.host.select.eq(self.host.select),
            registers.host.commit.eq(self.host.commit),
            registers.host.element.eq(self.host.element),
            registers.host.data.eq(self.host.data),
            self.idle.eq(~read_valid & ~write_valid),
        ]

        # Counting.
        event_address = Signal(address)
        busy = (read_valid & (read_address == event_address)) | (write_valid & (write_address == event_address))
        m.d.comb += [
            event_address.eq(register_of(self.i.payload, self.i_bin)),
            self.o.payload.eq(self.i.payload),
            self.o.valid.eq(self.i.valid & ~busy & ~self.sweep),
            self.i.ready.eq(self.o.ready & ~busy & ~self.sweep),
        ]

        # Sweeping: issue -> memory output -> offer. Everything holds while an offer waits.
        starts = [sum(self._groups[:group]) for group in range(len(self._groups))]
        ends = [start + count for start, count in zip(starts, self._groups, strict=True)]
        cursor, started = Signal(range(axons + 1)), Signal()
        first, end = Array(starts)[self.group], Array(ends)[self.group]
        read_axon, offer_axon = Signal(self._axon), Signal(self._axon)
        offer_valid, advance = Signal(), Signal()
        m.d.comb += [
            self.o_active.payload.axon.eq(offer_axon),
            self.o_active.payload.pre.eq(old),
            self.o_active.valid.eq(offer_valid & (old != 0) & ~self.discard),
            advance.eq(~self.o_active.valid | self.o_active.ready),
        ]
        m.d.sync += sweeping.eq(self.sweep)
        with m.If(self.sweep):
            with m.If(~started):
                m.d.sync += [cursor.eq(first), started.eq(1)]
            with m.Elif(advance):
                m.d.comb += issue_valid.eq(cursor != end)
                with m.If(cursor != end):
                    m.d.sync += cursor.eq(cursor + 1)
                m.d.sync += [read_axon.eq(cursor), offer_axon.eq(read_axon), offer_valid.eq(read_valid)]
            with m.Else():
                # An offer waits: the stages behind it keep their contents.
                m.d.sync += [
                    read_valid.eq(read_valid),
                    read_address.eq(read_address),
                    write_valid.eq(write_valid),
                    write_address.eq(write_address),
                    old.eq(old),
                ]
            m.d.comb += issue_address.eq(register_of(cursor[: self._axon.width], self.bin))
        with m.Else():
            m.d.sync += [started.eq(0), offer_valid.eq(0)]
            m.d.comb += [issue_valid.eq(self.o.valid & self.o.ready), issue_address.eq(event_address)]
        m.d.comb += self.swept.eq(
            self.sweep & started & (cursor == end) & ~read_valid & ~offer_valid
        )
        return m
