"""Counters of what a chip does, and the class potentials of its last sample, in one memory."""

from __future__ import annotations

from amaranth import Array, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from golden.spec import pipeline
from golden.spec.config import Preset
from golden.spec.counters import COUNTER, LINE, Counter, counters
from rtl.memory import NO_COLLISION, HostWindow
from rtl.teacher import potential_layout

_ROUNDS = 3
"""Ends of rounds from the end of a sample on, until all of it is in the memory: the first may come at once, and the
second round pass counters whose last step is still on its way through a few registers; the third takes all."""
_ACCESS, _ACCESS_STOPS = pipeline.HOST_ACCESS + 3, 3
"""Cycles of an access of the host, and those of them in which no counter is visited."""


def line_layout() -> data.StructLayout:
    """Steps of the counters of the serial link."""
    return data.StructLayout(dict.fromkeys(LINE, 1))


def steps_layout(preset: Preset) -> data.StructLayout:
    """By how much each counter grows in this cycle."""
    return data.StructLayout({counter.name: counter.most.bit_length() for counter in counters(preset)})


def between_visits(count: int) -> int:
    """Cycles between two visits of ``count`` counters at most.

    Accesses of the host come between. So do class potentials, never in one round with those, which take less: one in
    CLASS_SUM + 1 cycles.
    """
    return -(-(count + _ACCESS_STOPS) * _ACCESS // (_ACCESS - _ACCESS_STOPS))


class Counters(wiring.Component):
    """Add up steps, modulo 2^32.

    The counters are words of a memory. In front of each is a small register that collects its steps; one after the
    other, a counter a cycle, they are added to their words. Bit-exact with golden.cycles.counters.

    Throughput: a step of every counter a cycle. Latency: ``settled`` rises three rounds after ``active`` has fallen,
    some four cycles a counter; the counters then include all that happened meanwhile. Those of the link go on.
    Stalls: none. Overflow: none but that of the counters.

    A reset keeps all counters, and the steps of its own cycle count (golden/SPEC.md, "What a reset does"). Memories: a
    word is read, and written two cycles later; never both at once.

    Parameters
    ----------
    preset
        Configuration.

    Members
    -------
    steps
        What is counted.
    i_potential
        Class potentials of a sample, each for the one cycle in which it is valid.
    active
        A sample is under way, or has not come to rest.
    settled
        All steps of samples are in the counters.
    host_counters, host_potentials
        Windows, read-only.
    """

    def __init__(self, preset: Preset) -> None:
        self._preset = preset
        super().__init__(
            {
                "steps": In(steps_layout(preset)),
                "i_potential": In(stream.Signature(potential_layout(preset.network), always_ready=True)),
                "active": In(1),
                "settled": Out(1),
                "host_counters": In(HostWindow),
                "host_potentials": In(HostWindow),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        counted, classes = counters(self._preset), self._preset.network.classes
        count = len(counted)
        m.submodules.cells = cells = Memory(
            shape=COUNTER.bits, depth=count + classes, init=[0] * (count + classes), attrs={NO_COLLISION: 1}
        )
        read, write = cells.read_port(), cells.write_port()

        # Whose turn it is: a class potential, else the host, else the next counter.
        turn, visiting = Signal(range(count), reset_less=True), Signal()
        writing, stored = Signal(reset_less=True), Signal(reset_less=True)
        windows = self.host_counters, self.host_potentials
        # The host waits until nothing is on its way to being written.
        selected, served, asked = Signal(), Signal(), Signal()
        element = Mux(self.host_potentials.select, self.host_potentials.element + count, self.host_counters.element)
        m.d.comb += [
            selected.eq(self.host_counters.select | self.host_potentials.select),
            visiting.eq(~self.i_potential.valid & (~selected | served)),
            asked.eq(selected & ~served & ~writing & ~stored),
        ]
        m.d.sync += served.eq(selected & (served | asked))
        with m.If(visiting):
            m.d.sync += turn.eq(Mux(turn == count - 1, 0, turn + 1))

        pending = [self._pending(m, counter, visiting & (turn == index)) for index, counter in enumerate(counted)]

        # Read, add, write: a stage each. What the host reads is kept, since it may take its time.
        amount, total = Signal(COUNTER.bits, reset_less=True), Signal(COUNTER.bits, reset_less=True)
        address, place = (
            Signal(range(count + classes), reset_less=True),
            Signal(range(count + classes), reset_less=True),
        )
        replacing, showing = Signal(reset_less=True), Signal()
        potential = self.i_potential.payload
        low = Value.cast(potential.value).as_unsigned()
        shown = Signal(COUNTER.bits, reset_less=True)
        m.d.comb += read.addr.eq(Mux(asked, element, turn))
        m.d.sync += [
            address.eq(Mux(self.i_potential.valid, count + potential.label, turn)),
            amount.eq(Mux(self.i_potential.valid, low, Array(pending)[turn])),
            writing.eq(visiting | self.i_potential.valid),
            replacing.eq(self.i_potential.valid),
            showing.eq(asked),
            stored.eq(writing),
            place.eq(address),
            total.eq(Mux(replacing, 0, read.data) + amount),
        ]
        m.d.comb += [write.en.eq(stored), write.addr.eq(place), write.data.eq(total)]
        with m.If(showing):
            m.d.sync += shown.eq(read.data)
        m.d.comb += [window.value.eq(shown) for window in windows]

        rounds = Signal(range(_ROUNDS + 1))
        with m.If(self.active):
            m.d.sync += rounds.eq(0)
        with m.Elif(visiting & (turn == count - 1) & ~self.settled):
            m.d.sync += rounds.eq(rounds + 1)
        m.d.comb += self.settled.eq(rounds == _ROUNDS)
        return m

    def _pending(self, m: Module, counter: Counter, taken: Value) -> Signal:
        """Steps of a counter that are not in its word yet, before this cycle."""
        cycles = between_visits(len(counters(self._preset)))
        most = -(-cycles // counter.apart) * counter.most
        pending = Signal(ceil_log2(most + 1), name=f"pending_{counter.name}", reset_less=True)
        m.d.sync += pending.eq(Mux(taken, 0, pending) + self.steps[counter.name])
        return pending
