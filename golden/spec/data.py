"""What a user says about data of his own: where it is, what it holds, and how it becomes spikes."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import PurePath
from typing import Annotated, NamedTuple

from golden.spec.errors import require
from golden.spec.fields import AtLeast, OneOf, Range, check_fields

CLASS_LIMIT = 64  # classes of a network
STEP_LIMIT = 1024  # timesteps of a network
INPUT_LIMIT = 4096  # inputs of a network
CODE_LIMIT = 0xFFFF  # real values are brought to 16 bits

STATIC, SERIES, EVENTS = "static", "series", "events"
KINDS = {
    "levels": STATIC,
    "range": STATIC,
    "quantiles": STATIC,
    "spikes": SERIES,
    "thresholds": SERIES,
    "crossings": SERIES,
    "time-bins": EVENTS,
}
"""What each encoder takes: features, real-valued series of channels, or events."""

_USERS = {
    "steps": ("spikes", "thresholds", "crossings", "time-bins"),
    "values_per_step": ("thresholds", "crossings"),
    "thresholds": ("thresholds",),
    "crossings": ("crossings",),
    "bin_width": ("time-bins",),
    "origin": ("time-bins",),
    "extents": ("time-bins",),
    "pool": ("time-bins",),
    "missing": ("range", "quantiles", "thresholds", "crossings"),
}
FILES = ("train", "test", "train_labels", "test_labels")
"""Fields that name files."""


class Shape(NamedTuple):
    """What a network needs to take samples: its ``encoder``, ``inputs``, ``steps`` and ``signed_input``."""

    encoder: str
    inputs: int
    steps: int
    signed_input: bool


@dataclass(frozen=True)
class Data:
    """Somebody's own data. SPEC.md, "Encoders of own data", has the equations of the encoders.

    What an encoder needs to know of the data (ranges, quantiles, longest sample) it learns from the training part
    only. A field that the encoder has no use for must keep its default.

    Parameters
    ----------
    train
        File of the training part, relative to the file that says so: ``.npz``, ``.npy``, ``.csv`` (``.tsv``, ``.txt``),
        ``.ts``, or idx (``.idx``, ``-ubyte``); any of the last three may be gzipped (``.gz``).
    test
        File of the test part, in any of these formats. Empty: the test arrays of an ``.npz`` if it has some, else a
        part of ``train``.
    train_labels, test_labels
        Files of labels beside samples in ``.npy`` or idx files.
    encoder
        How samples become spikes. Static features, 4-bit levels: ``levels``, integers 0..15 (or -15..15) as they are;
        ``range``, the training range in 16 equal parts; ``quantiles``, 16 parts equally full. Series of channels:
        ``spikes``, zeros and ones as they are; ``thresholds``, axons that spike while a channel is above a quantile;
        ``crossings``, an axon for every rise and one for every fall by a fixed amount. Events: ``time-bins``.
    label
        Column of a table that holds the class: its name, or its number from 0; -1 is the last.
    sample
        Column of a table that says to which sample a row belongs, by name or number: rows are then steps of a series,
        or events. Empty: a row is a sample; of events the column ``sample``, or the first.
    ignore
        Columns of a table that are not read, by name or number.
    header
        Whether the first row of a table has names: ``yes``, ``no``, or ``auto``, when it has what is not a number.
    separator
        Character between the columns of a table. Empty: the first of tab, ``;``, ``|``, ``,`` and space that occurs
        in the first row.
    test_percent
        Percent of every class that become the test part when there is no other.
    split_seed
        Seed of that choice.
    missing
        Of features and series: ``refuse`` or ``fill`` what is missing (empty, ``?``, NaN) with the channel's last
        value, and when there is none with the training part's median.
    steps
        Timesteps, at least 2, to which samples are brought: longer ones are cut, shorter ones end in silence. 0: as
        many as the longest training sample has.
    values_per_step
        Values of a series that make one timestep, by their mean.
    thresholds
        Thresholds a channel.
    crossings
        Amounts of ``crossings`` in the training range of a channel.
    bin_width
        Time in a timestep, in the file's unit of time. 0: the longest training sample fills ``steps``.
    origin
        Where the time of a sample begins: at ``zero`` (a negative time is refused), or at its ``first-event``.
    extents
        Channels, or width, height and polarities of a sensor. Empty: one more than the largest of the training part.
    pool
        Pixels of an event sensor, in x and y, that make one input.
    """

    train: str
    test: str = ""
    train_labels: str = ""
    test_labels: str = ""
    encoder: Annotated[str, OneOf(tuple(KINDS))] = "quantiles"
    label: str = "-1"
    sample: str = ""
    ignore: tuple[str, ...] = ()
    header: Annotated[str, OneOf(("auto", "yes", "no"))] = "auto"
    separator: str = ""
    test_percent: Annotated[int, Range(1, 90)] = 25
    split_seed: Annotated[int, Range(0, 0xFFFF_FFFF)] = 1
    missing: Annotated[str, OneOf(("refuse", "fill"))] = "refuse"
    steps: Annotated[int, Range(0, STEP_LIMIT)] = 0
    values_per_step: Annotated[int, Range(1, CODE_LIMIT)] = 1
    thresholds: Annotated[int, Range(1, 64)] = 4
    crossings: Annotated[int, Range(1, 1024)] = 16
    bin_width: Annotated[float, AtLeast(0)] = 0.0
    origin: Annotated[str, OneOf(("zero", "first-event"))] = "zero"
    extents: Annotated[tuple[int, ...], Range(1, CODE_LIMIT)] = ()
    pool: Annotated[int, Range(1, 1024)] = 1

    def __post_init__(self) -> None:
        check_fields(self)
        require(bool(self.train), "train must name the file of the training part")
        require(bool(self.label), "label must name the column of the class, or give its number; -1 is the last")
        require(self.steps != 1, "steps must be 0 or at least 2, not 1")
        require(
            len(self.separator) <= 1 and self.separator not in ('"', "\n", "\r"),
            f"separator must be one character between columns, not {self.separator!r}",
        )
        require(
            all(self.ignore),
            f"ignore must list columns by name or number, not {self.ignore!r}",
        )
        require(
            bool(self.test) or not self.test_labels, "test_labels needs test, the file of the samples they belong to"
        )
        require(
            len(self.extents) in (0, 1, 2, 3),
            f"extents must be [channels] or [width, height, polarities], not {self.extents!r}",
        )
        require(
            self.encoder != "time-bins" or bool(self.steps or self.bin_width),
            "encoder 'time-bins' needs steps or bin_width",
        )
        defaults = {field.name: field.default for field in fields(self)}
        for name, encoders in _USERS.items():
            require(
                self.encoder in encoders or getattr(self, name) == defaults[name],
                f"{name} means nothing to encoder {self.encoder!r}; leave it out, or use {' or '.join(encoders)}",
            )

    @property
    def name(self) -> str:
        """Name of the file of the training part."""
        return PurePath(self.train).name

    @property
    def kind(self) -> str:
        """What the encoder takes: ``static``, ``series`` or ``events``."""
        return KINDS[self.encoder]

    @property
    def network_encoder(self) -> str:
        """The field ``encoder`` that a network needs: ``levels`` for static features, else ``events``."""
        return "levels" if self.kind == STATIC else "events"
