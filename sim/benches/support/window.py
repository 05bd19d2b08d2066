"""Driver of a component's host window, see :data:`rtl.memory.HostWindow`."""

from __future__ import annotations

from cocotb.handle import HierarchyObject
from cocotb.triggers import RisingEdge

from golden.spec import pipeline


class Window:
    """Element access as the processor's host logic does it: some cycles to read the word, one to use or replace it.

    Parameters
    ----------
    dut, name
        Component and its window.
    """

    def __init__(self, dut: HierarchyObject, name: str) -> None:
        self._clock = dut.clk
        self._select, self._commit, self._element, self._data, self._value = (
            getattr(dut, f"{name}__{member}") for member in ("select", "commit", "element", "data", "value")
        )

    async def _access(self, element: int, commit: bool) -> int:
        self._select.value, self._commit.value, self._element.value = 1, 0, element
        for _ in range(pipeline.HOST_WINDOW):
            await RisingEdge(self._clock)
        self._commit.value = commit
        await RisingEdge(self._clock)
        self._select.value, self._commit.value = 0, 0
        return 0 if commit else self._value.value.to_unsigned()

    async def read(self, element: int) -> int:
        """Return the raw bits of an element."""
        return await self._access(element, False)

    async def write(self, element: int, bits: int) -> None:
        """Replace the raw bits of an element."""
        self._data.value = bits
        await self._access(element, True)

    async def read_all(self, count: int) -> list[int]:
        """Return the raw bits of elements 0 .. ``count`` - 1."""
        return [await self.read(element) for element in range(count)]
