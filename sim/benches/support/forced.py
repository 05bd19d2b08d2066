"""Components with a member that no longer says what it should, to see what finds it."""

from __future__ import annotations

from typing import Any

from amaranth import Const, Module, Signal
from amaranth.lib.wiring import In


def forced(component: type[Any], member: str, value: int) -> type[Any]:
    """Return the component with a member that is constant: an input for itself, an output for all others."""

    class Forced(component):
        def elaborate(self, platform: object) -> Module:
            real, incoming = getattr(self, member), self.signature.members[member].flow == In
            setattr(self, member, Const(value, len(real)) if incoming else Signal.like(real))
            m: Module = super().elaborate(platform)
            setattr(self, member, real)
            if not incoming:
                m.d.comb += real.eq(value)
            return m

    return Forced
