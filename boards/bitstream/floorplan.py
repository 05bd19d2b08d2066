"""Where the memories and multipliers of a large processor lie on the chip.

nextpnr places everything else around them. Left to itself it pulls the logic together, spreads the block RAM of the
weights over all sites, and its routers then find no way through (mnist-large on the ECP5-85F: half of the chip empty,
a third more wire).
"""

from __future__ import annotations

from dataclasses import dataclass

from boards.platforms.floor import Floor
from golden.spec.config import Preset
from golden.spec.fanout import FanOut, core_fan_out, readout_fan_out

_RAM_WORDS, _RAM_BITS = 1024, 18  # the shape in which Yosys uses block RAM of the ECP5 for deep and wide memories
_EDGE, _MIDDLE = 3, 2  # share of the weights in the first and last row, and in those between


@dataclass(frozen=True)
class _Weights:
    """A weight memory in block RAM: ``depth`` of them for each of ``width`` groups of bits."""

    memory: str
    width: int
    depth: int
    uniform: bool  # no group has so few bits that Yosys takes block RAM of half the width and twice the depth for it

    @classmethod
    def of(cls, memory: str, fan_out: FanOut, weight_bits: int) -> _Weights:
        bits = fan_out.lanes * weight_bits
        depth, rest = -(-fan_out.words // _RAM_WORDS), bits % _RAM_BITS
        return cls(memory, -(-bits // _RAM_BITS), depth, depth == 1 or not 0 < rest <= _RAM_BITS // 2)

    def fixed(self, bits: int, floor: Floor, columns: list[int], row: int) -> list[str]:
        """Commands that fix the block RAMs of a group of bits to the first ``depth`` of ``columns``."""
        return [
            command
            for words, column in enumerate(columns[: self.depth])
            for command in _fixed(f"{self._cells}.{words * self.width + bits}", floor.ram_site(column, row))
        ]

    @property
    def shape(self) -> str:
        """Command that fails unless Yosys has made the memory of block RAMs of the shape that is assumed here."""
        return f"select -assert-count {self.width * self.depth} {self._cells}.* t:DP16KD %i"

    @property
    def _cells(self) -> str:
        return f"c:machine.processor.{self.memory}.weights*.cells.0"


def floorplan(preset: Preset, floor: Floor | None) -> list[str]:
    """Commands of Yosys that fix block RAM and multipliers of a synthesized design to sites; none for small designs.

    Nor for designs that have more of either than the sites of the floor, or whose last lanes would have block RAM of
    another shape. Every command is preceded by one that fails unless it finds the one cell that it is for: after a
    rename, or when Yosys builds memories in another shape, there is no bitstream instead of one without a floorplan.

    A design is large when the weights of its cores would fill a row of block RAM. Theirs lie lane by lane in all rows
    but the last, back and forth, the block RAMs of a lane beside each other, the multiplier of a lane as near as may
    be. The middle of the inner rows is left to the memories of the control, which reaches everywhere. The weights of
    the readout have the last row.

    Parameters
    ----------
    preset
        What is built.
    floor
        Sites of the chip, or None where they are not known.
    """
    network, hardware = preset.network, preset.hardware
    cores = [
        _Weights.of(f"core{index}.projection", core_fan_out(preset, index), network.weight_bits)
        for index in range(network.layers // hardware.layers_per_core)
    ]
    links = _Weights.of("readout.links", readout_fan_out(preset), network.readout_bits)
    if floor is None or sum(weights.width * weights.depth for weights in cores) < len(floor.ram_columns):
        return []
    if not all(weights.uniform for weights in (*cores, links)):
        return []
    free = floor.multipliers
    if len(cores) * hardware.lanes > len(free) or links.width * links.depth > len(floor.ram_columns):
        return []
    *rows, last_row = floor.ram_rows
    groups = [(weights, bits) for weights in cores for bits in range(weights.width)]
    shares = [_EDGE if row in (rows[0], rows[-1]) else _MIDDLE for row in rows]
    ends = [len(groups) * sum(shares[:part]) // sum(shares) for part in range(len(rows) + 1)]

    commands = [weights.shape for weights in (*cores, links)]
    sites: dict[tuple[str, int], tuple[int, int]] = {}  # column and row of the groups of each memory
    for part, row in enumerate(rows):
        members = groups[ends[part] : ends[part + 1]]
        needed = [weights.depth for weights, _ in members]
        columns = floor.ram_columns[:: -1 if part % 2 else 1]
        left = len(columns) - sum(needed)
        if left < 0:
            return []
        # An outer row has what is left at its ends, an inner one in its middle.
        half = sum(needed[: len(needed) // 2])
        columns = columns[left // 2 :] if shares[part] == _EDGE else columns[:half] + columns[half + left :]
        for weights, bits in members:
            commands += weights.fixed(bits, floor, columns, row)
            sites[weights.memory, bits] = columns[0], row
            columns = columns[weights.depth :]

    for weights in cores:
        for lane in range(hardware.lanes):
            column, row = sites[weights.memory, lane * network.weight_bits // _RAM_BITS]
            nearest = min(free, key=lambda site: (abs(site[0] - column) + abs(site[1] - row), site))
            free.remove(nearest)
            product = f"c:machine.processor.{weights.memory}.plasticity.product_{lane}_*"
            commands += _fixed(f"{product} t:MULT18X18D %i", floor.multiplier_site(*nearest))

    columns = floor.ram_columns[(len(floor.ram_columns) - links.width * links.depth) // 2 :]
    for bits in range(links.width):
        commands += links.fixed(bits, floor, columns[bits * links.depth :], last_row)
    return commands


def _fixed(cell: str, site: str) -> list[str]:
    return [f"select -assert-count 1 {cell}", f'setattr -set BEL "{site}" {cell}']
