"""What a chip answers, on a line without trouble."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from boards.host.client import Client
from golden.spec.config import Preset
from golden.spec.presets import preset_named
from tests.fuzz.talker import Talker


@cache
def _preset() -> Preset:
    return preset_named("tiny")


def read(content: bytes, folder: Path) -> None:
    """Ask the chip everything that a program asks."""
    with Client(Talker(content), _preset()) as client:
        client.shifts()
        samples = np.ones((3, _preset().network.inputs), np.int8)
        for prediction in client.run(samples, np.zeros(3, np.uint8), learn=True):
            assert 0 <= prediction.winner < 128
        client.state()
