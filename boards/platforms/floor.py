"""Where a chip has block RAM and multipliers."""

from __future__ import annotations

from dataclasses import dataclass

_RAM_SITES, _MULTIPLIER_SITES = (0, 2, 4, 6), (0, 1, 4, 5)  # columns in a block of the chip


@dataclass(frozen=True)
class Floor:
    """Sites of a chip that a floorplan uses.

    Attributes
    ----------
    blocks
        First column of each block of four block RAMs, or of four multipliers.
    ram_rows, multiplier_rows
        Rows of the chip that have such blocks.
    """

    blocks: tuple[int, ...]
    ram_rows: tuple[int, ...]
    multiplier_rows: tuple[int, ...]

    @property
    def ram_columns(self) -> list[int]:
        """Columns of block RAM."""
        return [block + site for block in self.blocks for site in _RAM_SITES]

    @property
    def multipliers(self) -> list[tuple[int, int]]:
        """Column and row of every multiplier."""
        return [
            (block + site, row) for row in self.multiplier_rows for block in self.blocks for site in _MULTIPLIER_SITES
        ]

    def ram_site(self, column: int, row: int) -> str:
        """What nextpnr calls a block RAM."""
        return f"X{column}/Y{row}/EBR{self.ram_columns.index(column) % len(_RAM_SITES)}"

    def multiplier_site(self, column: int, row: int) -> str:
        """What nextpnr calls a multiplier."""
        return f"X{column}/Y{row}/MULT18_{column - max(block for block in self.blocks if block <= column)}"


FLOOR_85F = Floor(
    blocks=(4, 13, 22, 31, 40, 49, 58, 69, 78, 87, 96, 105, 114),
    ram_rows=(22, 46, 70, 82),
    multiplier_rows=(10, 34, 58),
)
