"""A memory of words of lanes, with a window for the host."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth import Array, Module, Mux, Shape, Signal, Value, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from amaranth.utils import exact_log2

from golden.spec.memmap import DATA_BITS, ELEMENT_BITS
from rtl.types import index_shape

NO_COLLISION, NO_INIT, SINGLE_PORT = "no_collision", "no_init", "single_port"
"""Attributes of memories, promises that flows may use: no word is read while it is written; nothing depends on what is
in it at the start; it is never read and written in the same cycle. A memory without ``NO_INIT`` needs its initial
contents."""
SCRATCH = {NO_COLLISION: 1, NO_INIT: 1}
"""Attributes of a memory that is written before it is read."""

NEIGHBOURS = 16
"""Lanes that the host's is chosen from in one cycle: a word of 64 lanes spreads over a chip, and so many selected at
once were the longest path of the largest design. Their choices are registers, among which the next cycle chooses."""

HostWindow = wiring.Signature(
    {
        "select": Out(1),
        "commit": Out(1),
        "element": Out(ELEMENT_BITS),
        "data": Out(DATA_BITS),
        "value": In(DATA_BITS),
    }
)
"""Element access by the host while the machine is idle.

``select`` takes over the ports and reads the word of ``element``; ``pipeline.HOST_WINDOW`` cycles later ``value`` is
the element, zero-extended, and ``commit`` replaces it by the low bits of ``data`` (a read-modify-write of the word).
"""


class LaneMemory(wiring.Component):
    """Words of ``lanes`` elements: read_data(t + 1) = words[read_address(t)], words[write_address(t)] = write_data(t).

    Throughput: one read and one write a cycle, or either of them with ``single_port``. Stalls: none. Latency:
    ``read_data`` follows ``read_address`` by one cycle and holds while ``read_enable`` is low. With ``registered``
    there are registers before and behind the memory, as large ones need them that spread over a chip: three cycles,
    without holding, and a write takes place one cycle later. Collision rule: an address is never read and written in
    the same cycle (the users guarantee it, and the simulation checks it), so that no bypass logic is synthesized.
    With ``single_port`` reading and writing in the same cycle is not allowed at all, and the memory fits iCE40 SPRAM,
    whose contents cannot be initialised.

    Parameters
    ----------
    element
        Shape of an element.
    lanes
        Elements a word, a power of two.
    depth
        Words.
    init
        Initial elements, lane 0 of word 0 first. Ignored for ``single_port``: the host loads it.
    single_port, registered
        See above.

    Members
    -------
    read_address, read_enable, read_data
        Read port: a word, lane 0 in the low bits.
    write_address, write_enable, write_data
        Write port.
    host
        Window, :data:`HostWindow`; the ports are not used meanwhile.
    """

    def __init__(
        self,
        element: Shape,
        lanes: int,
        depth: int,
        init: Sequence[int] = (),
        *,
        single_port: bool = False,
        registered: bool = False,
    ) -> None:
        self._registered = registered
        self._element, self._lanes, self._depth, self._single_port = element, lanes, max(2, depth), single_port
        words = [init[first : first + lanes] for first in range(0, len(init), lanes)]
        mask = (1 << element.width) - 1
        self._init = [sum((value & mask) << lane * element.width for lane, value in enumerate(w)) for w in words]
        word = data.ArrayLayout(element, lanes)
        address = index_shape(self._depth)
        super().__init__(
            {
                "read_address": In(address),
                "read_enable": In(1),
                "read_data": Out(word),
                "write_address": In(address),
                "write_enable": In(1),
                "write_data": In(word),
                "host": In(HostWindow),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        width, lanes = self._element.width, self._lanes
        init = [] if self._single_port else self._init
        attrs = {NO_COLLISION: 1} if init else dict(SCRATCH)
        if self._single_port:
            attrs[SINGLE_PORT] = 1
        # SPRAM writes four bits or none, which spares the host a read-modify-write.
        masked = self._single_port and lanes > 1 and width % 4 == 0
        shape = data.ArrayLayout(unsigned(width), lanes) if masked else unsigned(width * lanes)
        m.submodules.cells = cells = Memory(shape=shape, depth=self._depth, init=init, attrs=attrs)
        read, write = cells.read_port(), cells.write_port(granularity=1 if masked else None)

        # What reaches the memory, and what comes of it, in the same cycle or with a register on the way.
        domain = m.d.sync if self._registered else m.d.comb
        read_data, stored = Value.cast(read.data), Signal(data.ArrayLayout(self._element, lanes), reset_less=True)
        domain += Value.cast(stored).eq(read_data)

        host_word = self.host.element[exact_log2(lanes) :]
        lane = self.host.element[: exact_log2(lanes)]
        # The host takes its time, so which lane it means is a register beside the lane.
        chosen = Signal(lanes, reset_less=True)
        m.d.sync += chosen.eq(1 << lane)
        host_write = self.host.select & self.host.commit
        write_enable = self.write_enable | host_write
        write_data = Signal(width * lanes, reset_less=True)
        m.d.comb += Value.cast(write.data).eq(write_data)
        if self._single_port:
            # One address for both directions, and never both: the shape that infers a single-port RAM.
            shared = Signal.like(self.write_address)
            domain += shared.eq(
                Mux(self.host.select, host_word, Mux(self.write_enable, self.write_address, self.read_address))
            )
            # Yosys must see that reading and writing exclude each other, which it does through one signal.
            reading, writing = Signal(), Signal()
            domain += [reading.eq(self.read_enable | self.host.select), writing.eq(write_enable)]
            m.d.comb += [read.addr.eq(shared), write.addr.eq(shared), read.en.eq(reading & ~writing)]
        else:
            domain += [
                read.addr.eq(Mux(self.host.select, host_word, self.read_address)),
                write.addr.eq(Mux(self.host.select, host_word, self.write_address)),
                read.en.eq((self.read_enable | self.host.select) & ~host_write),
            ]
        for index in range(lanes):
            from_host = self.host.data if masked else Mux(chosen[index], self.host.data, stored[index])
            written = Mux(self.host.select, from_host, Value.cast(self.write_data[index]))
            domain += write_data[index * width : (index + 1) * width].eq(written)
            if masked:
                selected = Signal(name=f"selected_{index}")
                domain += selected.eq(self.write_enable | chosen[index])
                m.d.comb += write.en[index].eq(selected & writing)
        if self._single_port and not masked:
            m.d.comb += write.en.eq(writing)
        elif not self._single_port:
            domain += write.en.eq(write_enable)
        m.d.comb += self.read_data.eq(stored)
        # Lanes of a wide word are far from each other: the host's is found in two steps.
        groups = [
            [Value.cast(stored[index]).as_unsigned() for index in range(first, lanes)[:NEIGHBOURS]]
            for first in range(0, lanes, NEIGHBOURS)
        ]
        share = exact_log2(NEIGHBOURS)
        found = [Array(group)[lane[:share]] for group in groups]
        if len(found) > 1:
            nearest = [Signal(width, name=f"nearest_{index}", reset_less=True) for index in range(len(found))]
            m.d.sync += [near.eq(value) for near, value in zip(nearest, found, strict=True)]
            found = [Array(nearest)[lane[share:]]]
        domain += self.host.value.eq(found[0])
        return m
