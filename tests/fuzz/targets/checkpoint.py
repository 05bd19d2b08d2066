"""Descriptions of checkpoints, beside a good state, and archives of the state."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from golden.spec.errors import UserError
from golden.spec.presets import preset_named
from golden.state import State
from golden.system.arrays import Expected, read_arrays
from golden.training.checkpoint import DESCRIPTION_FILE, STATE_FILE, load, read_code, read_progress

NETWORK = preset_named("tiny").network
STATE = Path(__file__).with_suffix(".npz")
"""The initial state, to whose bytes descriptions in the corpus have the checksum: Pythons differ in how they zip."""


@cache
def _expected() -> dict[str, Expected]:
    state = State.initial(NETWORK)
    arrays = {f"weights_{k}": weights for k, weights in enumerate(state.weights)} | {"readout": state.readout}
    return {name: Expected.like(array) for name, array in arrays.items()}


def read(content: bytes, folder: Path) -> None:
    """Read it as the description of a checkpoint, or as its state if it begins as an archive."""
    if content.startswith(b"PK"):
        try:
            read_arrays(content, _expected(), others=True)
        except ValueError as error:
            raise UserError(str(error)) from error
        return
    (folder / DESCRIPTION_FILE).write_bytes(content)
    (folder / STATE_FILE).write_bytes(STATE.read_bytes())
    read_progress(folder)
    read_code(folder)
    load(folder, NETWORK)
