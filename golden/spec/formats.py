"""Integer formats as values: width, sign and range."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Format:
    """A two's-complement or unsigned integer of ``bits`` bits.

    Parameters
    ----------
    bits
        Width, at least 1.
    signed
        Two's complement when true.
    """

    bits: int
    signed: bool

    def __post_init__(self) -> None:
        if self.bits < 1:
            raise ValueError(f"Format width must be at least 1 bit, not {self.bits}")

    @property
    def low(self) -> int:
        """Smallest value."""
        return -(1 << self.bits - 1) if self.signed else 0

    @property
    def high(self) -> int:
        """Largest value."""
        return (1 << self.bits - self.signed) - 1

    def __str__(self) -> str:
        return f"{'s' if self.signed else 'u'}{self.bits}"


def unsigned(bits: int) -> Format:
    """Unsigned format of ``bits`` bits."""
    return Format(bits, False)


def signed(bits: int) -> Format:
    """Two's-complement format of ``bits`` bits."""
    return Format(bits, True)


def unsigned_for(high: int) -> Format:
    """Smallest unsigned format that holds 0..``high``."""
    return Format(max(1, high.bit_length()), False)


def index_for(count: int) -> Format:
    """Smallest unsigned format that tells ``count`` things apart."""
    return unsigned_for(count - 1)


def signed_for(magnitude: int) -> Format:
    """Smallest two's-complement format that holds -``magnitude``..``magnitude``."""
    return Format(magnitude.bit_length() + 1, True)
