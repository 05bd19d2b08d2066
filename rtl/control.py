"""The control of a core: what its units do when."""

from __future__ import annotations

from amaranth import Const, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.spec.config import Network
from rtl.types import index_shape


class CoreControl(wiring.Component):
    """Lead a core through a sample: for t = 0..T-1 and each of its layers deliver, then tick; at the end, learn.

    Delivery of (t, layer): the stream from below for the lowest layer of the core, then the layer's own spikes of
    t - 1; in the layers above, their own first and then those of the layer below of t. When nothing of it is under way
    any more, and traces have advanced, the tick of (t, layer) is started, and the next delivery begins beside it.
    Learning: for b = 0..B-1 broadcast, then a sweep of each layer that is not frozen.

    Every command waits for what it needs, and for nothing else:

    - A replay of own spikes, or of the layer below, waits for the tick that lists them.
    - Traces and the tick of a layer wait until all words are delivered (``delivered``).
    - A tick waits for the one before, and until its spikes have left the core (``ticking``, ``exit_full``).
    - The lesson waits for the last tick, whose eligibilities and thresholds it needs, and until the bank of the next
      sample is clear (``cleared``).

    Throughput and latency: a cycle for each change of state; see :class:`~rtl.core.Core`. A reset goes back to the
    clearing of accumulators and eligibility registers.

    Parameters
    ----------
    network
        Configuration.
    layers
        Layers of the core.
    adjustable
        Some layers may be frozen, and others not.

    Members
    -------
    step_ends
        The last transfer of a step from below is there; it is taken in state ``streaming``.
    replayed
        The list that is replayed has been taken.
    delivered, settled, swept, cleared
        See ``idle`` and the others of :class:`~rtl.projection.Projection`.
    ticking
        The tick is under way (:class:`~rtl.population.Population`).
    exit_full
        Spikes of the last tick have not left the core.
    broadcast_done
        See :class:`~rtl.modulators.Broadcast`.
    lesson, update
        A lesson is offered; layers are to be updated.
    frozen
        With ``adjustable`` only: a bit for each layer, whose sweep is left out.
    step, layer, bank
        Of the delivery and the sweep. Banks of accumulators change with every tick.
    tick_step, tick_layer, tick_bank
        Of the tick.
    lesson_bin
        Bin of broadcast and sweep.
    last_step
        The tick is of the last step.
    streaming
        Spikes from below may enter.
    replay, own
        Replay a list: the layer's own, or that of the layer below.
    settle, start_tick, start_broadcast, sweep
        Commands.
    forget
        The lesson begins: no listed spikes are left over for the next sample.
    turn
        The sample ends and the lesson is taken.
    resting
        Between two samples, unless something enters.
    """

    def __init__(self, network: Network, layers: int, *, adjustable: bool = False) -> None:
        self._network, self._layers, self._adjustable = network, layers, adjustable
        step, layer, bin_index = index_shape(network.steps), index_shape(layers), index_shape(network.bins)
        commands = (
            "streaming",
            "replay",
            "own",
            "settle",
            "start_tick",
            "start_broadcast",
            "sweep",
            "turn",
            "forget",
            "resting",
        )
        states = ("step_ends", "replayed", "delivered", "settled", "swept", "cleared", "ticking", "exit_full")
        super().__init__(
            {
                **{name: In(1) for name in (*states, "broadcast_done", "lesson", "update")},
                **({"frozen": In(layers)} if adjustable else {}),
                "step": Out(step),
                "layer": Out(layer),
                "bank": Out(1),
                "tick_step": Out(step),
                "tick_layer": Out(layer),
                "tick_bank": Out(1),
                "lesson_bin": Out(bin_index),
                "last_step": Out(1),
                **{name: Out(1) for name in (*commands, "resting")},
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        network, folded = self._network, self._layers > 1
        after_input = "OWN SPIKES" if network.recurrent else "SETTLE"
        next_layer = "OWN SPIKES" if network.recurrent else "LAYER BELOW"
        last_layer = self.layer == self._layers - 1
        m.d.comb += self.last_step.eq(self.tick_step == network.steps - 1)

        # Spikes from the stream come first, since a tick may be under way that the own spikes wait for; upper layers
        # of a core take their own first, while the layer below them ticks.
        with m.FSM() as control:
            with m.State("CLEAR"):
                with m.If(self.cleared):
                    m.next = "STREAM"
            with m.State("STREAM"):
                m.d.comb += self.streaming.eq(1)
                with m.If(self.step_ends):
                    m.next = after_input
            if network.recurrent:
                with m.State("OWN SPIKES"):
                    m.d.comb += [self.own.eq(1), self.replay.eq(~(self.ticking & (self.tick_layer == self.layer)))]
                    with m.If(self.replayed):
                        m.next = "SETTLE"
                        if folded:
                            with m.If(self.layer != 0):
                                m.next = "LAYER BELOW"
            if folded:
                with m.State("LAYER BELOW"):
                    m.d.comb += self.replay.eq(~(self.ticking & (self.tick_layer == self.layer - 1)))
                    with m.If(self.replayed):
                        m.next = "SETTLE"
            with m.State("SETTLE"):
                with m.If(self.delivered):
                    m.next = "TRACES" if network.trace_shift else "TICK"
            if network.trace_shift:
                with m.State("TRACES"):
                    m.d.comb += self.settle.eq(1)
                    with m.If(self.settled):
                        m.next = "TICK"
            with m.State("TICK"):
                with m.If(~self.ticking & ~self.exit_full):
                    m.d.comb += self.start_tick.eq(1)
                    m.d.sync += [self.tick_step.eq(self.step), self.tick_layer.eq(self.layer)]
                    m.d.sync += [self.tick_bank.eq(self.bank), self.bank.eq(~self.bank)]
                    with m.If(~last_layer):
                        m.d.sync += self.layer.eq(self.layer + 1)
                        if folded:
                            m.next = next_layer
                    with m.Else():
                        m.d.sync += self.layer.eq(0)
                        with m.If(self.step != network.steps - 1):
                            m.d.sync += self.step.eq(self.step + 1)
                            m.next = "STREAM"
                        with m.Else():
                            m.d.sync += self.step.eq(0)
                            m.next = "AWAIT LESSON"
            with m.State("AWAIT LESSON"):
                with m.If(self.lesson & ~self.ticking & self.cleared):
                    m.d.comb += self.forget.eq(1)
                    with m.If(self.update):
                        m.d.comb += self.start_broadcast.eq(1)
                        m.next = "BROADCAST"
                    with m.Else():
                        m.d.comb += self.turn.eq(1)
                        m.next = "STREAM"
            with m.State("BROADCAST"):
                with m.If(self.broadcast_done):
                    m.next = "SWEEP"
            with m.State("SWEEP"):
                frozen = self.frozen.bit_select(self.layer, 1) if self._adjustable else Const(0, 1)
                m.d.comb += self.sweep.eq(~frozen if self._adjustable else 1)
                with m.If(self.swept | frozen if self._adjustable else self.swept):
                    m.next = "SWEPT"
            with m.State("SWEPT"):
                m.next = "SWEEP"
                with m.If(~last_layer):
                    m.d.sync += self.layer.eq(self.layer + 1)
                with m.Else():
                    m.d.sync += self.layer.eq(0)
                    with m.If(self.lesson_bin != network.bins - 1):
                        m.d.sync += self.lesson_bin.eq(self.lesson_bin + 1)
                        m.d.comb += self.start_broadcast.eq(1)
                        m.next = "BROADCAST"
                    with m.Else():
                        m.d.sync += self.lesson_bin.eq(0)
                        m.d.comb += self.turn.eq(1)
                        m.next = "STREAM"
        m.d.comb += self.resting.eq(control.ongoing("STREAM") & (self.step == 0))
        return m
