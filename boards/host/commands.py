"""Commands of golden.spec.protocol as bytes, for whoever sends or keeps them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from boards.host.contents import packed
from golden.spec import protocol
from golden.spec.config import Network, Preset
from golden.spec.memmap import Control, Region, regions
from golden.spec.protocol import Command
from golden.spec.settings import Settings, adjusted

Elements = Sequence[int] | NDArray[np.int64]


def element_bytes(region: Region) -> int:
    """Bytes that an element takes."""
    return (region.form.bits + 7) // 8


def writing(region: Region, elements: Elements, first: int = 0) -> Iterator[bytes]:
    """WRITE of a region from an element on, in as few commands as it takes."""
    size, mask = element_bytes(region), (1 << region.form.bits) - 1
    for start in range(0, len(elements), protocol.COUNT_LIMIT):
        part = elements[start : start + protocol.COUNT_LIMIT]
        place = protocol.address(region.number, first + start, size)
        count = len(part).to_bytes(protocol.COUNT_BYTES, "little")
        raw = b"".join((int(element) & mask).to_bytes(size, "little") for element in part)
        yield bytes((Command.WRITE,)) + place + count + raw


def loading(preset: Preset, contents: Mapping[str, Elements]) -> Iterator[bytes]:
    """WRITE of the contents of regions (golden.placement)."""
    by_name = {region.name: region for region in regions(preset)}
    for name, elements in contents.items():
        yield from writing(by_name[name], elements)


def rates(preset: Preset, shifts: tuple[int, int]) -> Iterator[bytes]:
    """WRITE of the learning rates of layers and readout."""
    control = regions(preset)[0]
    for element, shift in zip((Control.LAYER_SHIFT, Control.READOUT_SHIFT), shifts, strict=True):
        place = protocol.address(control.number, element, 1) + (1).to_bytes(protocol.COUNT_BYTES, "little")
        yield bytes((Command.WRITE,)) + place + bytes((shift,))


def adjusting(preset: Preset, settings: Settings | None) -> Iterator[bytes]:
    """WRITE of settings, by default the configured ones; nothing where there are no registers for them."""
    chosen = adjusted(preset, settings)
    if chosen is not None:
        yield from writing(regions(preset)[0], list(chosen.values().values()), Control.SETTINGS)


def sampling(network: Network, sample: NDArray[np.integer], label: int, *, learn: bool) -> bytes:
    """SAMPLE, of a class; whoever does not learn may have any."""
    return bytes((Command.SAMPLE, label | learn << protocol.FLAG_BIT)) + packed(network, sample)
