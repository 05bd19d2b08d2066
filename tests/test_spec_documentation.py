"""Every field of the configuration is explained once, in the docstring of its class."""

from __future__ import annotations

from dataclasses import dataclass, fields

import pytest

from golden.spec.config import Hardware, Network, Training
from golden.spec.data import Data
from golden.spec.documentation import entries, values_of


@pytest.mark.parametrize("kind", [Data, Network, Hardware, Training])
def test_every_field_is_explained(kind: type) -> None:
    explained = [name for entry in entries(kind) for name in entry.names]
    assert sorted(explained) == sorted(field.name for field in fields(kind))
    assert all(len(entry.text) > 10 and entry.text[-1] in ".)" for entry in entries(kind))


def test_reads_entries_that_share_an_explanation() -> None:
    entry = next(entry for entry in entries(Training) if "layer_shift" in entry.names)
    assert entry.names == ("layer_shift", "readout_shift")
    assert entry.text == "Learning rates as right shifts of the update: one more halves them."


@pytest.mark.parametrize(
    ("kind", "name", "values"),
    [
        (Network, "neurons", "2..4096"),
        (Network, "recurrence", "none, ring, dense, fixed"),
        (Network, "centred_input", "true or false"),
        (Network, "readout_fan_in", ""),
        (Hardware, "lanes", "a power of two up to 4096"),
        (Training, "epochs", "1 or more"),
        (Data, "bin_width", "0 or more"),
        (Data, "extents", "each 1..65535"),
        (Data, "label", ""),
    ],
)
def test_values_come_from_the_annotation(kind: type, name: str, values: str) -> None:
    assert values_of(kind, name) == values


def test_a_field_without_explanation_is_found() -> None:
    @dataclass(frozen=True)
    class Odd:
        """Something.

        Parameters
        ----------
        speed
            Of light.
        """

        speed: int = 1
        mass: int = 1

    with pytest.raises(ValueError, match="the docstring of Odd explains"):
        entries(Odd)
