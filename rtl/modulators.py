"""Modulatory neurons, and their broadcast to the neurons of a core."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth import Cat, Module, Mux, Signal, Value, signed, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out, connect, flipped
from amaranth.utils import exact_log2

from golden.spec import pipeline
from golden.spec.config import BROADCAST_LIMIT, RECALL_BITS, Hardware, Network
from rtl.arith import clamp
from rtl.delays import delayed
from rtl.memory import HostWindow, LaneMemory
from rtl.types import index_shape, shape_of


class Modulators(wiring.Component):
    """Modulatory neurons: m_d = A_d,label a - A_d,rival a, from the teacher's two-valued error.

    Throughput: a verdict a cycle. Latency: one cycle, in which the verdict is not offered yet. Overflow: none, m is at
    most 4 in size. Bit-exact with golden.modulators.modulate, since the
    error has two non-zero classes.

    Parameters
    ----------
    network
        Configuration.
    modulation
        A, D rows of C weights 0 or +-1.

    Members
    -------
    label, rival, strong
        The two classes, and whether a is 2.
    modulators
        m.
    """

    def __init__(self, network: Network, modulation: Sequence[Sequence[int]]) -> None:
        self._network, self._modulation = network, modulation
        super().__init__(
            {
                "label": In(index_shape(network.classes)),
                "rival": In(index_shape(network.classes)),
                "strong": In(1),
                "modulators": Out(data.ArrayLayout(shape_of(network.modulator), network.modulators)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        for index, row in enumerate(self._modulation):
            of_label = Signal(signed(2), name=f"of_label_{index}")
            of_rival = Signal(signed(2), name=f"of_rival_{index}")
            for chosen, value in ((self.label, of_label), (self.rival, of_rival)):
                with m.Switch(chosen):
                    for label, weight in enumerate(row):
                        with m.Case(label):
                            m.d.comb += value.eq(weight)
            difference = of_label - of_rival
            m.d.sync += self.modulators[index].eq(Mux(self.strong, difference << 1, difference))
        return m


class Broadcast(wiring.Component):
    """Fill the gated learning signal of a core, g_j = clamp(sum_d F_jd m_d, -127, 127) * h_j.

    In bins before the recall bins the postsynaptic factor is -((h_j * recall_j) >> 3) instead of h_j.

    Throughput: ``tick_lanes`` neurons a cycle; latency: a sweep over the L layers of the core, for one bin, takes L N
    / tick_lanes + 7 cycles. Stalls: none. Rounding and overflow: the sum over d is exact before it is clamped, ``>>``
    floors, and products are exact. Memories: F, one bit a weight, set for +1, is constant; that of g is read between
    sweeps only. Bit-exact with golden.modulators.broadcast.

    Members
    -------
    start, done, bin
        A sweep over all layers of the core, for one bin.
    modulators
        m, held during the sweep.
    recalling
        The bin is a recall bin, or there are none.
    post_address, recall_address, post_read, post, recall
        Ports to the postsynaptic eligibility and the recall hits, see :class:`~rtl.population.Population`.
    read_target, gated
        Read port of the plasticity unit: g of a target word, one cycle later.
    """

    def __init__(self, network: Network, hardware: Hardware, feedback: Sequence[Sequence[int]]) -> None:
        self._network, self._hardware = network, hardware
        self._init = [sum((sign > 0) << d for d, sign in enumerate(row)) for row in feedback]
        layers, lanes, tick_lanes = hardware.layers_per_core, hardware.lanes, hardware.tick_lanes
        self._words = layers * network.neurons // tick_lanes
        super().__init__(
            {
                "start": In(1),
                "done": Out(1),
                "bin": In(index_shape(network.bins)),
                "modulators": In(data.ArrayLayout(shape_of(network.modulator), network.modulators)),
                "post_address": Out(index_shape(network.bins * self._words)),
                "post_read": Out(1),
                "post": In(data.ArrayLayout(shape_of(network.post), tick_lanes)),
                "recalling": In(1),
                "recall_address": Out(index_shape(self._words)),
                "recall": In(data.ArrayLayout(shape_of(network.recall), tick_lanes)),
                "read_target": In(index_shape(layers * network.neurons // lanes)),
                "gated": Out(data.ArrayLayout(shape_of(network.gated), lanes)),
                "host_feedback": In(HostWindow),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        network, hardware, words = self._network, self._hardware, self._words
        lanes, tick_lanes = hardware.lanes, hardware.tick_lanes
        share = exact_log2(lanes // tick_lanes)
        broadcast, gated, post = (shape_of(form) for form in (network.broadcast, network.gated, network.post))

        m.submodules.feedback = feedback = LaneMemory(unsigned(network.modulators), tick_lanes, words, self._init)
        m.submodules.gated = store = LaneMemory(gated, lanes, words >> share)
        connect(m, flipped(self.host_feedback), feedback.host)

        word, running = Signal(range(words + 1)), Signal()
        issue = Signal()
        stages = pipeline.LEARNING_SIGNAL
        valid = delayed(m, issue, 1, stages, "valid")
        # Words leave in the order in which they entered: a counter follows them.
        leaving_word = Signal(index_shape(words))
        m.d.comb += [
            issue.eq(running & (word != words)),
            feedback.read_address.eq(word),
            feedback.read_enable.eq(issue),
            self.post_address.eq(self.bin * words + word),
            self.recall_address.eq(word),
            self.post_read.eq(issue),
        ]
        with m.If(self.start):
            m.d.sync += [running.eq(1), word.eq(0), leaving_word.eq(0)]
        with m.Elif(issue):
            m.d.sync += word.eq(word + 1)

        group = Signal(data.ArrayLayout(gated, tick_lanes), reset_less=True)
        for lane in range(tick_lanes):
            signs = Signal(network.modulators, name=f"signs_{lane}", reset_less=True)
            posts = delayed(m, self.post[lane], post, 3, f"post_{lane}", reset=False)
            learning = Signal(broadcast, name=f"learning_{lane}", reset_less=True)
            terms: list[Value] = [
                Mux(signs[d], self.modulators[d], -self.modulators[d]) for d in range(network.modulators)
            ]
            if network.feedback == "zero":
                terms = [Value.cast(0)]
            # The sum in three stages, a few terms at a time.
            sums: list[Value] = terms
            for stage in range(2):
                few = -(-len(sums) // (4 if stage == 0 else 2))
                parts = [sum(sums[low : low + few], start=Value.cast(0)) for low in range(0, len(sums), few)]
                partial = [
                    Signal.like(part, name=f"partial_{lane}_{stage}_{index}", reset_less=True)
                    for index, part in enumerate(parts)
                ]
                m.d.sync += [register.eq(part) for register, part in zip(partial, parts, strict=True)]
                sums = [*partial]
            post_factor = Signal(signed(post.width + 1), name=f"post_factor_{lane}", reset_less=True)
            early: Value = posts[2]
            if network.recall_bins:
                recalls = delayed(m, self.recall[lane], RECALL_BITS, 3, f"recall_{lane}", reset=False)
                early = Mux(self.recalling, posts[2], -((posts[2] * recalls[2]) >> RECALL_BITS))
            m.d.sync += [
                signs.eq(feedback.read_data[lane]),
                learning.eq(clamp(sum(sums, start=Value.cast(0)), -BROADCAST_LIMIT, BROADCAST_LIMIT)),
                post_factor.eq(early),
                group[lane].eq(learning * post_factor),
            ]

        # Words of tick lanes fill a word of lanes.
        filled = Signal(data.ArrayLayout(group.shape(), 1 << share), reset_less=True)
        with m.If(valid[-1]):
            m.d.sync += leaving_word.eq(leaving_word + 1)
            m.d.sync += filled.eq(Value.cast(filled) >> len(Value.cast(group)))
            m.d.sync += filled[(1 << share) - 1].eq(group)
        written, written_word = Signal(), Signal(index_shape(words))
        full = leaving_word[:share] == (1 << share) - 1 if share else 1
        m.d.sync += [written.eq(valid[-1] & full), written_word.eq(leaving_word)]
        m.d.comb += [
            store.write_address.eq(written_word >> share),
            store.write_enable.eq(written),
            store.write_data.eq(Value.cast(filled)),
            store.read_address.eq(self.read_target),
            store.read_enable.eq(~running),
            self.gated.eq(store.read_data),
        ]
        m.d.comb += self.done.eq(running & (word == words) & ~written & ~Cat(valid).any())
        with m.If(self.done):
            m.d.sync += running.eq(0)
        return m
