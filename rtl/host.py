"""The host's port: accesses by region and element, and the control registers."""

from __future__ import annotations

from functools import reduce
from operator import or_

from amaranth import Const, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.spec import pipeline
from golden.spec.config import SHIFT_LIMIT, Preset
from golden.spec.memmap import CONTROL, DATA_BITS, Control, Region, regions
from golden.spec.settings import Settings, built_digest, legal, setting_formats
from golden.spec.training import SHIFT
from rtl.memory import HostWindow
from rtl.types import request_layout, response_shape, settings_layout, shape_of


def window_name(region: Region) -> str:
    """Name of the window of a region, a member of :class:`HostPort`."""
    return region.name.replace(".", "_")


def windowed_regions(preset: Preset) -> tuple[Region, ...]:
    """Regions with a window: all that the host can use but the control registers."""
    return tuple(region for region in regions(preset) if region.hosted and region.number != CONTROL)


class HostPort(wiring.Component):
    """Serve the host's accesses between samples, one after the other, in order.

    Region 0 holds the identity of the network, which is constant, and the two learning rates; a write of a rate
    outside 1..SHIFT_LIMIT changes nothing, and neither does a write of the identity. Every other hosted region has a
    window (golden.spec.memmap). A read of anything else answers 0. With ``adjustable`` it holds the settings as well,
    of which a write changes nothing unless it is legal (golden.spec.settings).

    A reset clears the access under way. It keeps the learning rates, which start as SHIFT_LIMIT, the smallest step,
    when the power comes, and the settings, which start as configured (golden/SPEC.md, "What a reset does").

    Throughput: an access takes HOST_ACCESS + 3 cycles, and what its answer waits. Latency: HOST_ACCESS + 2 cycles
    from request to answer. Stalls: a request waits while ``allowed`` is low; ``o_response`` holds until taken.

    Parameters
    ----------
    preset
        Configuration.

    Members
    -------
    i_request
        Accesses, ``request_layout``; each is taken when it is done.
    o_response
        The element that was read, zero-extended, 32 bits.
    allowed
        Nothing else is under way: an access may begin. It then stays high while ``claims`` is.
    claims
        An access begins or is under way.
    layer_shift, readout_shift
        Learning rates of the layers and of the readout, 1..SHIFT_LIMIT.
    settings
        With ``adjustable`` only: :func:`~rtl.types.settings_layout`.
    core0_weights, ..., readout_generators
        Window of each hosted region, :data:`~rtl.memory.HostWindow`.
    """

    def __init__(self, preset: Preset) -> None:
        self._identity = int(built_digest(preset)[:8], 16)
        self._regions = windowed_regions(preset)
        self._network, self._adjustable = preset.network, preset.hardware.adjustable
        super().__init__(
            {
                "i_request": In(stream.Signature(request_layout)),
                "o_response": Out(stream.Signature(response_shape)),
                "allowed": In(1),
                "claims": Out(1),
                "layer_shift": Out(shape_of(SHIFT)),
                "readout_shift": Out(shape_of(SHIFT)),
                **({"settings": Out(settings_layout(preset.network))} if self._adjustable else {}),
                **{window_name(region): Out(HostWindow) for region in self._regions},
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        request = self.i_request.payload
        select, commit, found = Signal(), Signal(), Signal(DATA_BITS)
        self._access(m, select, commit, found)

        # Which window answers is a register for each, beside the window.
        answers: list[Value] = []
        for region in self._regions:
            window, chosen = getattr(self, window_name(region)), Signal(name=f"chosen_{window_name(region)}")
            m.d.sync += [
                chosen.eq(request.region == region.number),
                window.select.eq(select & (request.region == region.number)),
                window.commit.eq(commit & (request.region == region.number)),
            ]
            m.d.comb += [window.element.eq(request.element), window.data.eq(request.data)]
            answers.append(Mux(chosen, window.value, 0))

        committed, legal = Signal(), Signal()
        low = request.data[: SHIFT.bits]
        m.d.sync += [
            committed.eq(commit),
            legal.eq((low != 0) & (low <= SHIFT_LIMIT) & ~request.data[SHIFT.bits :].any()),
        ]
        for element, name in ((Control.LAYER_SHIFT, "layer_shift"), (Control.READOUT_SHIFT, "readout_shift")):
            shift = Signal(SHIFT.bits, init=SHIFT_LIMIT, reset_less=True, name=f"kept_{name}")
            chosen = self._chosen_control(m, element)
            with m.If(chosen & committed & legal):
                m.d.sync += shift.eq(request.data)
            m.d.comb += getattr(self, name).eq(shift)
            answers.append(Mux(chosen, shift, 0))
        answers.append(Mux(self._chosen_control(m, Control.IDENTITY), Const(self._identity, DATA_BITS), 0))
        if self._adjustable:
            answers += self._keep_settings(m, committed)
        m.d.comb += found.eq(reduce(or_, answers))
        return m

    def _keep_settings(self, m: Module, committed: Value) -> list[Value]:
        """Keep the settings, and return what a read of each finds."""
        network, written, answers = self._network, self.i_request.payload.data, list[Value]()
        initial = Settings.of(network).values()
        for element, (name, form) in enumerate(setting_formats(network).items(), Control.SETTINGS):
            kept = Signal(form.bits, init=initial[name], reset_less=True, name=f"kept_{name}")
            values, low = legal(network)[name], written[: form.bits]
            fits = ~written[form.bits :].any() & (low >= values.low) & (low <= values.high)
            if name == "frozen" and network.prototypes:
                fits &= low[: network.layers].all()
            accepted, chosen = Signal(name=f"accepted_{name}"), self._chosen_control(m, element)
            m.d.sync += accepted.eq(fits)
            with m.If(chosen & committed & accepted):
                m.d.sync += kept.eq(low)
            m.d.comb += self.settings[name].eq(kept)
            answers.append(Mux(chosen, kept, 0))
        return answers

    def _chosen_control(self, m: Module, element: int) -> Signal:
        request, chosen = self.i_request.payload, Signal(name=f"chosen_control_{element}")
        m.d.sync += chosen.eq((request.region == CONTROL) & (request.element == element))
        return chosen

    def _access(self, m: Module, select: Signal, commit: Signal, found: Value) -> None:
        """Select the element, wait for it, then write it or answer what was found."""
        waited, value = Signal(range(pipeline.HOST_ACCESS)), Signal(DATA_BITS)
        m.d.sync += value.eq(found)
        m.d.comb += self.o_response.payload.eq(value)
        with m.FSM() as access:
            with m.State("IDLE"):
                with m.If(self.i_request.valid & self.allowed):
                    m.next = "READ"
            with m.State("READ"):
                m.d.comb += select.eq(1)
                m.d.sync += waited.eq(waited + 1)
                with m.If(waited == pipeline.HOST_ACCESS - 1):
                    m.d.sync += waited.eq(0)
                    m.next = "FINISH"
            with m.State("FINISH"):
                m.d.comb += [select.eq(1), commit.eq(self.i_request.payload.write)]
                with m.If(self.i_request.payload.write):
                    m.next = "DONE"
                with m.Else():
                    m.next = "ANSWER"
            with m.State("DONE"):
                m.d.comb += self.i_request.ready.eq(1)
                m.next = "IDLE"
            with m.State("ANSWER"):
                # What was selected stays so, which holds the value.
                m.d.comb += [select.eq(1), self.o_response.valid.eq(1)]
                with m.If(self.o_response.ready):
                    m.d.comb += self.i_request.ready.eq(1)
                    m.next = "IDLE"
        m.d.comb += self.claims.eq(self.i_request.valid | ~access.ongoing("IDLE"))
