"""Buffer, fork and merge, on Icarus; see sim/benches/streams.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtl.streams import Buffer, Fork, Merge
from sim.benches.streams import PAYLOAD
from sim.benches.support.harness import run_bench


@pytest.mark.parametrize("component", [Fork, Merge])
@pytest.mark.parametrize("streams", [1, 3])
def test_streams(component: type[Fork | Merge], streams: int, tmp_path: Path) -> None:
    parameters = {"component": component.__name__, "streams": streams}
    run_bench(component(PAYLOAD, streams), "streams", parameters, tmp_path)


def test_buffer(tmp_path: Path) -> None:
    run_bench(Buffer(PAYLOAD), "streams", {"component": "Buffer", "streams": 1}, tmp_path)
