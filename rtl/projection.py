"""A plastic projection: axons onto the current accumulators of their targets, and back when learning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from amaranth import Array, Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from golden.spec import pipeline
from golden.spec.fanout import FanOut
from golden.spec.formats import Format
from golden.spec.memmap import bank_words
from golden.spec.training import SHIFT
from rtl.attraction import AttractionUnit
from rtl.delays import delayed
from rtl.eligibility import EligibilityRegisters, EligibilityShape
from rtl.generator import RoundingGenerators
from rtl.memory import NEIGHBOURS, HostWindow, LaneMemory
from rtl.plasticity import PlasticityUnit
from rtl.router import SpikeRouter
from rtl.types import axon_layout, index_shape, shape_of


@dataclass(frozen=True)
class ProjectionShape:
    """What a projection is made of.

    Attributes
    ----------
    fan_out
        Its tables; ``fan_out.lanes`` weights are handled a cycle.
    groups
        Axons of each group (layer); every group has a rounding generator and ``columns`` target words of its own.
    plastic
        So many axons of each group learn, the first ones.
    columns
        Target words a group.
    eligibility
        Registers of the axons.
    weight, current, gated
        Formats of weights, accumulators and the gated learning signal.
    weights, generators
        Initial weights, element by element, and initial generator states.
    rounding
        Of weight updates, see :class:`~rtl.plasticity.PlasticityUnit`.
    attraction
        Scale of an :class:`~rtl.attraction.AttractionUnit` that takes the place of the plasticity unit; None for none.
    single_port
        The weight memory has one port.
    double_buffered
        There are two banks of accumulators; only with one group.
    forward_sums
        Sums go to the next words before they are written.
    counted
        It tells how many weights it adds and visits.
    """

    fan_out: FanOut
    groups: tuple[int, ...]
    plastic: tuple[int, ...]
    columns: int
    eligibility: EligibilityShape
    weight: Format
    current: Format
    gated: Format
    weights: Sequence[int] = field(repr=False)
    generators: Sequence[int] = field(repr=False)
    rounding: str = "stochastic"
    attraction: int | None = None
    single_port: bool = False
    double_buffered: bool = False
    forward_sums: bool = False
    counted: bool = False

    @property
    def accumulators(self) -> int:
        """Words of accumulators, both banks included."""
        return 2 * bank_words(self.columns) if self.double_buffered else self.columns * len(self.groups)


def projection_steps(lanes: int) -> dict[str, wiring.Member]:
    """Members of a unit that tells how many weights its projection adds and visits."""
    return dict.fromkeys(("operations", "updates"), Out(range(lanes + 1)))


class Projection(wiring.Component):
    """Deliver spikes, and change the weights of eligible axons.

    Delivery, for every spike at ``i`` and every synapse: ``current[j] += w_ij`` (``-=`` for a negative spike), exact;
    absent synapses add nothing.
    Learning, while ``sweep`` is high: for every axon of ``group`` with x not 0, ascending, the plasticity unit
    rewrites its words. Bit-exact with golden.network.

    Throughput: one word of weights a cycle in both modes, except that a word whose target is among the last two
    waits for its accumulator unless ``forward_sums`` hands their sums on, that learning with ``single_port`` takes two
    cycles a word, and that a drain takes the place of a word. Latency: 12 cycles from axon to accumulator. Delivery and
    learning never overlap: the user changes mode while ``idle``.

    After a reset accumulators and eligibility registers are cleared before anything else.

    A drain reads an accumulator and leaves zero. It runs through the pipeline of the words, at any time but during a
    sweep, onto accumulators that nothing is delivered to: those of another group or of the other bank.

    Members
    -------
    i
        Axons to deliver.
    i_bin, bin
        Bin in which passing spikes count; bin that a sweep visits.
    bank
        Accumulators that are delivered to, with ``double_buffered``.
    settle, first_step, settled
        Advance of the traces after the spikes of a step, see :class:`~rtl.eligibility.EligibilityRegisters`.
    sweep, group, swept
        Learning, see :class:`~rtl.eligibility.EligibilityRegisters`; ``swept`` includes all writes.
    turn, cleared
        End of a sample, see :class:`~rtl.eligibility.EligibilityRegisters`; ``cleared`` includes the accumulators.
    shift
        Learning rate.
    gated_target, gated
        Target word that learning asks for, and its g one cycle later.
    drain, drain_address, keep, current
        Drain of an accumulator word; ``current`` follows ``pipeline.DRAIN`` cycles later, and holds until the next
        word or drain. With ``keep`` the word keeps its sums.
    clear
        Drain all accumulators, a word a cycle; ``cleared`` is low meanwhile.
    idle
        No axon is under way.
    operations, updates
        Only where they are counted: weights that have been added to accumulators, and that the plasticity unit has
        visited, of a word that had its weights some cycles ago.
    """

    def __init__(self, shape: ProjectionShape) -> None:
        self.shape = shape
        lanes = shape.fan_out.lanes
        self._target = index_shape(shape.columns * len(shape.groups))
        self._accumulator = index_shape(shape.accumulators)
        bins = index_shape(shape.eligibility.bins)
        super().__init__(
            {
                "i": In(stream.Signature(axon_layout(sum(shape.groups), negative=shape.eligibility.negative))),
                "i_bin": In(bins),
                "bin": In(bins),
                "bank": In(1),
                "settle": In(1),
                "first_step": In(1),
                "settled": Out(1),
                "sweep": In(1),
                "group": In(index_shape(len(shape.groups))),
                "swept": Out(1),
                "turn": In(1),
                "cleared": Out(1),
                "shift": In(shape_of(SHIFT)),
                "gated_target": Out(self._target),
                "gated": In(data.ArrayLayout(shape_of(shape.gated), lanes)),
                "drain": In(1),
                "drain_address": In(self._accumulator),
                "keep": In(1),
                "clear": In(1),
                "current": Out(data.ArrayLayout(shape_of(shape.current), lanes)),
                "idle": Out(1),
                "host_weights": In(HostWindow),
                "host_currents": In(HostWindow),
                "host_eligibility": In(HostWindow),
                "host_generators": In(HostWindow),
                **(projection_steps(lanes) if shape.counted else {}),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        shape = self.shape
        fan_out, lanes = shape.fan_out, shape.fan_out.lanes
        factor = shape.eligibility.factor
        tag = shape_of(factor)
        weight, current = shape_of(shape.weight), shape_of(shape.current)

        m.submodules.eligibility = eligibility = EligibilityRegisters(shape.eligibility, shape.groups, shape.plastic)
        m.submodules.generators = generators = RoundingGenerators(shape.generators)
        m.submodules.router = router = SpikeRouter(fan_out, tag)
        m.submodules.weights = weights = LaneMemory(
            weight, lanes, fan_out.words, shape.weights, single_port=shape.single_port, registered=True
        )
        m.submodules.currents = currents = LaneMemory(current, lanes, shape.accumulators)
        plasticity: PlasticityUnit | AttractionUnit
        column = index_shape(shape.columns)
        if shape.attraction is None:
            plasticity = PlasticityUnit(shape.weight, factor, shape.gated, lanes, column, shape.rounding)
        else:
            plasticity = AttractionUnit(shape.weight, factor, lanes, column, shape.attraction, shape.rounding)
        m.submodules.plasticity = plasticity
        clearing, clear_address = Signal(init=1), Signal(self._accumulator)
        connect(m, flipped(self.i), eligibility.i)
        connect(m, flipped(self.host_weights), weights.host)
        connect(m, flipped(self.host_currents), currents.host)
        connect(m, flipped(self.host_eligibility), eligibility.host)
        connect(m, flipped(self.host_generators), generators.host)
        m.d.comb += [
            eligibility.i_bin.eq(self.i_bin),
            eligibility.bin.eq(self.bin),
            eligibility.settle.eq(self.settle),
            eligibility.first_step.eq(self.first_step),
            self.settled.eq(eligibility.settled),
            eligibility.sweep.eq(self.sweep),
            eligibility.group.eq(self.group),
            eligibility.turn.eq(self.turn),
            self.cleared.eq(eligibility.cleared & ~clearing),
            generators.select.eq(self.group),
        ]

        # Axons enter the router from delivery or from the sweep.
        with m.If(self.sweep):
            m.d.comb += [
                router.i.payload.axon.eq(eligibility.o_active.payload.axon),
                router.i.payload.tag.eq(eligibility.o_active.payload.factor),
                router.i.valid.eq(eligibility.o_active.valid),
                eligibility.o_active.ready.eq(router.i.ready),
            ]
        with m.Else():
            m.d.comb += [
                router.i.payload.axon.eq(eligibility.o.payload.axon),
                router.i.valid.eq(eligibility.o.valid),
                eligibility.o.ready.eq(router.i.ready),
            ]

        if shape.eligibility.negative:
            # While spikes pass, the tag carries their sign.
            with m.If(~self.sweep):
                m.d.comb += router.i.payload.tag.eq(Mux(eligibility.o.payload.negative, -1, 1))

        # The pipeline behind the router never stalls: a word is issued when it can run through, stages are those of
        # golden.spec.pipeline. A drain is a word that takes no weights and cancels the sum.
        depth, read, written = pipeline.WORD, pipeline.ACCUMULATOR_READ, pipeline.ACCUMULATOR_WRITTEN
        word = router.o.payload
        issue, conflict = Signal(), Signal()
        accumulator = Signal(self._accumulator)
        row_begins = Signal()
        # A drain is taken over by registers, so that whoever asks for it is no part of the path of ``ready``.
        drain, keep, drain_address = Signal(), Signal(), Signal(self._accumulator, reset_less=True)
        m.d.sync += [
            row_begins.eq(issue & self.sweep & word.first),
            drain.eq(self.drain | clearing),
            keep.eq(self.keep & ~clearing),
            drain_address.eq(Mux(clearing, clear_address, self.drain_address)),
        ]
        # Index 0 of each list is stage 1.
        valid = delayed(m, issue, 1, depth, "valid")
        addresses = delayed(m, word.address, index_shape(fan_out.words), depth, "address", reset=False)
        adding = delayed(m, (issue & ~self.sweep) | drain, 1, written, "adding")
        keeping = delayed(m, drain & keep, 1, written, "keeping")
        draining = delayed(m, drain, 1, written - 1, "draining")
        accumulators = delayed(m, accumulator, self._accumulator, written, "accumulator", reset=False)
        targets = delayed(m, word.target, self._target, read, "target", reset=False)
        tags = delayed(m, word.tag, tag, pipeline.WEIGHTS_READ, "tag", reset=False)

        delivered: Value = word.target
        if shape.double_buffered:
            delivered = Cat(word.target[: index_shape(shape.columns).width], self.bank)
        # Banks change only while no word is under way, so targets tell accumulators apart.
        if not shape.forward_sums:
            for stage in range(pipeline.BLOCKING):
                with m.If(valid[stage] & (targets[stage] == word.target)):
                    m.d.comb += conflict.eq(1)
        write_weights = self.sweep & valid[depth - 1]
        blocked = write_weights if shape.single_port else Const(0, 1)
        m.d.comb += [
            accumulator.eq(Mux(drain, drain_address, delivered)),
            router.o.ready.eq(Mux(self.sweep, ~blocked, ~conflict & ~drain)),
            issue.eq(router.o.valid & router.o.ready),
            # A row draws with its first word; the draw stands until the next row does.
            generators.step.eq(row_begins),
        ]

        # After a reset, and when it is asked for, every accumulator is drained once.
        with m.If(self.clear):
            m.d.sync += clearing.eq(1)
        with m.If(clearing):
            m.d.sync += clear_address.eq(clear_address + 1)
            with m.If(clear_address == shape.accumulators - 1):
                m.d.sync += [clear_address.eq(0), clearing.eq(0)]

        weight_word = weights.read_data
        gated_word = Signal(data.ArrayLayout(shape_of(shape.gated), lanes), reset_less=True)
        sums = Signal(data.ArrayLayout(current, lanes), reset_less=True)
        writing = [adds & ~keeps for adds, keeps in zip(adding, keeping, strict=True)]
        former = (
            _newest(m, currents.read_data, sums, writing, accumulators) if shape.forward_sums else currents.read_data
        )
        m.d.sync += gated_word.eq(self.gated)
        for lane in range(lanes):
            present = weight_word[lane] != shape.weight.low
            weight_or_zero = Mux(present, weight_word[lane], 0)
            if shape.eligibility.negative:
                weight_or_zero = Mux(tags[-1] < 0, -weight_or_zero, weight_or_zero)
            m.d.sync += sums[lane].eq(former[lane] + weight_or_zero)
        with m.If(draining[-1]):
            m.d.sync += Value.cast(sums).eq(0)

        in_group: Value = targets[1]
        if len(shape.groups) > 1:
            if shape.columns & shape.columns - 1 == 0:
                in_group = targets[1][: (shape.columns - 1).bit_length()]
            else:
                in_group = targets[1] - Array([group * shape.columns for group in range(len(shape.groups))])[self.group]
        m.d.comb += [
            plasticity.factor.eq(tags[0]),
            plasticity.draw.eq(generators.draw),
            plasticity.target.eq(in_group),
            plasticity.weights.eq(weight_word),
            plasticity.gated.eq(gated_word),
            plasticity.shift.eq(self.shift),
            self.gated_target.eq(targets[0]),
            weights.read_address.eq(word.address),
            weights.read_enable.eq(issue),
            weights.write_address.eq(addresses[depth - 1]),
            weights.write_enable.eq(write_weights),
            weights.write_data.eq(plasticity.updated),
            currents.read_address.eq(accumulators[read - 1]),
            currents.read_enable.eq(adding[read - 1]),
            currents.write_address.eq(accumulators[-1]),
            currents.write_enable.eq(writing[-1]),
            currents.write_data.eq(sums),
            self.current.eq(currents.read_data),
        ]

        if shape.counted:
            self._count(m, valid[pipeline.WEIGHTS_READ - 1], weight_word, gated_word)

        quiet = router.idle & ~Cat(valid).any()
        m.d.comb += [self.idle.eq(quiet & eligibility.idle), self.swept.eq(eligibility.swept & quiet)]
        return m

    def _count(self, m: Module, valid: Value, weights: data.View, gated: data.View) -> None:
        """Count the synapses of a word; of prototypes only the chosen one is visited."""
        shape, lanes = self.shape, self.shape.fan_out.lanes
        counted, sweeping, swept = Signal(lanes), Signal(), Signal()
        for lane in range(lanes):
            visited = ~self.sweep | (gated[lane] != 0) if shape.attraction is not None else Const(1, 1)
            m.d.sync += counted[lane].eq(valid & (weights[lane] != shape.weight.low) & visited)
        # Lanes of a wide word are far from each other: they are added in two steps.
        groups = [Signal(range(NEIGHBOURS + 1), name=f"counted_{first}") for first in range(0, lanes, NEIGHBOURS)]
        for group, first in zip(groups, range(0, lanes, NEIGHBOURS), strict=True):
            m.d.sync += group.eq(sum(counted[first : first + NEIGHBOURS], Const(0)))
        total = sum(groups, Const(0))
        m.d.sync += [
            sweeping.eq(self.sweep),
            swept.eq(sweeping),
            self.operations.eq(Mux(swept, 0, total)),
            self.updates.eq(Mux(swept, total, 0)),
        ]


def _newest(
    m: Module, read: data.View, sums: Signal, writing: Sequence[Value], accumulators: Sequence[Signal]
) -> data.View:
    """What the word whose accumulators were read adds to: these, or newer sums of them that were not written yet.

    They stand in ``sums`` for the word before it, and a cycle later, in a register here, for the one before that.
    Which it is was found out a cycle ago, so that comparisons are no part of the path of the sums.
    """
    reading = pipeline.ACCUMULATOR_READ - 1
    held = [
        Value.cast(sums),
        *delayed(m, Value.cast(sums), len(Value.cast(sums)), pipeline.BLOCKING - 1, "past_sums", reset=False),
    ]
    newest = Value.cast(read)
    for distance in range(pipeline.BLOCKING, 0, -1):
        follows = Signal(name=f"follows_{distance}")
        before = reading + distance
        m.d.sync += follows.eq(writing[before] & (accumulators[before] == accumulators[reading]))
        newest = Mux(follows, held[distance - 1], newest)
    return data.View(sums.shape(), newest)
