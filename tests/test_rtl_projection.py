"""Projection, on Icarus; see sim/benches/projection.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sim.benches.projection import component
from sim.benches.support.harness import run_bench

VARIANTS: dict[str, dict[str, Any]] = {
    "four lanes": dict(
        lanes=4, columns=3, groups=2, single_port=False, axon_lanes=2, network=dict(encoder="events", bins=2)
    ),
    "single port": dict(lanes=4, columns=2, groups=2, single_port=True, network=dict(centred_input=True)),
    "one lane": dict(lanes=1, columns=6, groups=1, single_port=False, network=dict(pre_bits=2)),
    "one lane, one port": dict(lanes=1, columns=8, groups=1, single_port=True, network=dict(signed_input=True)),
    "sums handed on": dict(
        lanes=2, columns=3, groups=1, single_port=False, forward_sums=True, network=dict(pre_bits=2)
    ),
    "one word, sums handed on": dict(
        lanes=8, columns=1, groups=2, single_port=True, forward_sums=True, network=dict(signed_input=True)
    ),
    "one word": dict(lanes=8, columns=1, groups=2, single_port=False, network=dict(signed_input=True)),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_projection(variant: str, tmp_path: Path) -> None:
    run_bench(component(VARIANTS[variant]), "projection", VARIANTS[variant], tmp_path)
