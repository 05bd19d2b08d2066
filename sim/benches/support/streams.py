"""cocotb drivers and monitors of Amaranth streams, with seeded stalls."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import cocotb
from amaranth import Shape
from amaranth.hdl import ShapeLike
from amaranth.lib import data
from cocotb.clock import Clock
from cocotb.handle import HierarchyObject, LogicArrayObject, LogicObject
from cocotb.queue import Queue
from cocotb.triggers import RisingEdge, Timer
from cocotb.types import Logic, LogicArray

from sim.benches.support.harness import bench_settings

Stalls = Callable[[], bool]
"""Asked once a cycle whether to wait."""


def never() -> bool:
    """Never stall."""
    return False


class RandomStalls:
    """Stall at random, in phases of changing density: flowing, trickling, standing still.

    Parameters
    ----------
    seed
        Anything that names the place; equal seeds stall alike.
    """

    _DENSITIES = (0.0, 0.2, 0.5, 0.8, 0.95)

    def __init__(self, seed: object) -> None:
        self._draw = random.Random(str(seed))
        self._left, self._density = 0, 0.0

    def __call__(self) -> bool:
        if not self._left:
            self._left, self._density = self._draw.randint(1, 25), self._draw.choice(self._DENSITIES)
        self._left -= 1
        return self._draw.random() < self._density


def pack(shape: ShapeLike, value: Any) -> int:
    """Bits of ``value``: an integer, or a mapping (a sequence for arrays) of fields; left-out fields are zero."""
    if isinstance(shape, data.Layout):
        fields = value.items() if isinstance(value, Mapping) else enumerate(value)
        return sum(pack(shape[key].shape, item) << int(shape[key].offset) for key, item in fields)
    plain, number = Shape.cast(shape), int(value)
    codes = 1 << int(plain.width)
    low = -(codes >> 1) if plain.signed else 0
    if not low <= number < low + codes:
        raise ValueError(f"{number} does not fit {plain!r}")
    return number % codes


def unpack(shape: ShapeLike, bits: int, unknown: int = 0) -> Any:
    """Value of bits: an integer, a dictionary of fields, or a list of elements; None where any bit is unknown."""
    if isinstance(shape, data.Layout):
        fields = {key: unpack(field.shape, bits >> field.offset, unknown >> field.offset) for key, field in shape}
        return list(fields.values()) if isinstance(shape, data.ArrayLayout) else fields
    plain = Shape.cast(shape)
    mask = (1 << plain.width) - 1
    if unknown & mask:
        return None
    return (bits & mask) - (1 << plain.width) if plain.signed and bits >> plain.width - 1 & 1 else bits & mask


def value_of(shape: ShapeLike, wires: LogicArrayObject | LogicObject) -> Any:
    """Value on wires, by :func:`unpack`."""
    if wires.value.is_resolvable:
        return unpack(shape, int(wires.value))
    text = str(wires.value)
    known, unknown = ("".join("01"[bit in chosen] for bit in text) for chosen in ("1", "XZUW-"))
    return unpack(shape, int(known, 2), int(unknown, 2))


async def start(dut: HierarchyObject) -> None:
    """Drive all inputs to zero, start the clock of 10 ns and reset for one cycle.

    Inputs stand before the first edge: registers that no reset reaches would keep what they took from unknown ones.
    """
    for name in bench_settings()["inputs"]:
        getattr(dut, name).value = 0
    await Timer(1, "ns")
    Clock(dut.clk, 10, unit="ns").start()
    dut.rst.value = 1
    await RisingEdge(dut.clk)
    dut.rst.value = 0
    await RisingEdge(dut.clk)


async def until(dut: HierarchyObject, signal: LogicObject) -> None:
    """Wait for the end of a cycle in which ``signal`` is high, the one under way or a later one.

    A transfer is seen at the clock edge that ends it, when all values are still those before the edge; what it
    causes is seen at the next edge at the earliest, which is where this starts to look.
    """
    await RisingEdge(dut.clk)
    while not signal.value:
        await RisingEdge(dut.clk)


class _Stream:
    """The signals of a stream of ``component`` on the way in or out, on the clock of that component."""

    def __init__(self, component: HierarchyObject, name: str) -> None:
        self._clock = component.clk
        self._valid = getattr(component, f"{name}__valid")
        self._ready = getattr(component, f"{name}__ready")
        self._payload = getattr(component, f"{name}__payload")
        self.name = name


class StreamSource(_Stream):
    """Drive an input stream. A payload holds until it is taken; between payloads the wires carry X.

    Parameters
    ----------
    dut, name
        Component and its stream.
    shape
        Payload, as the component declares it.
    stalls
        Gaps between payloads.
    """

    def __init__(self, dut: HierarchyObject, name: str, shape: ShapeLike, stalls: Stalls = never) -> None:
        super().__init__(dut, name)
        self._shape, self._stalls = shape, stalls
        width = Shape.cast(shape).width
        self._nothing = LogicArray("X" * width) if width > 1 else Logic("X")
        self._rest()

    def _rest(self) -> None:
        self._valid.value = 0
        self._payload.value = self._nothing

    async def send(self, values: Iterable[Any]) -> None:
        """Send all values in order; return in the cycle after the last one was taken."""
        for value in values:
            while self._stalls():
                await RisingEdge(self._clock)
            self._valid.value, self._payload.value = 1, pack(self._shape, value)
            await RisingEdge(self._clock)
            while not self._ready.value:
                await RisingEdge(self._clock)
            self._rest()


class StreamSink(_Stream):
    """Take an output stream in the background, with back pressure. A field that is X arrives as None.

    Parameters
    ----------
    dut, name
        Component and its stream.
    shape
        Payload, as the component declares it.
    stalls
        Cycles without ``ready``.

    Attributes
    ----------
    waits
        For every payload so far, the cycles that it had to wait for ``ready``.
    """

    def __init__(self, dut: HierarchyObject, name: str, shape: ShapeLike, stalls: Stalls = never) -> None:
        super().__init__(dut, name)
        self._shape, self._stalls = shape, stalls
        self._queue: Queue[Any] = Queue()
        self.waits: list[int] = []
        HoldMonitor(dut, name)
        cocotb.start_soon(self._run())

    async def _run(self) -> None:
        waited = 0
        while True:
            ready = not self._stalls()
            self._ready.value = ready
            await RisingEdge(self._clock)
            if self._valid.value:
                if ready:
                    self.waits.append(waited)
                    self._queue.put_nowait(value_of(self._shape, self._payload))
                waited = 0 if ready else waited + 1

    async def get(self) -> Any:
        """Return the next payload, waiting for it if need be."""
        return await self._queue.get()

    async def take(self, count: int) -> list[Any]:
        """Return the next ``count`` payloads."""
        return [await self._queue.get() for _ in range(count)]

    @property
    def empty(self) -> bool:
        """No payload is left to get."""
        return bool(self._queue.empty())


class HoldMonitor(_Stream):
    """Fail when a payload changes, or ``valid`` falls, while the payload waits for ``ready``.

    Parameters
    ----------
    component, name
        Any component inside the design, and a stream of it.
    """

    def __init__(self, component: HierarchyObject, name: str) -> None:
        super().__init__(component, name)
        self.task = cocotb.start_soon(self._run())

    async def _run(self) -> None:
        waiting = None
        while True:
            await RisingEdge(self._clock)
            valid = bool(self._valid.value)
            if waiting is not None:
                assert valid, f"{self.name}: valid fell before ready"
                assert self._payload.value == waiting, f"{self.name}: payload changed before ready"
            waiting = self._payload.value if valid and not self._ready.value else None
