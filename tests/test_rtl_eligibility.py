"""Eligibility registers, on Icarus; see sim/benches/eligibility.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sim.benches.eligibility import component
from sim.benches.support.harness import run_bench

VARIANTS: dict[str, dict[str, Any]] = {
    "counts": dict(pre_bits=2),
    "bins": dict(pre_bits=1, bins=3, encoder="events", steps=9, lanes=2),
    "centred": dict(pre_bits=3, centred_input=True, lanes=4),
    "signed": dict(pre_bits=2, signed_input=True),
    "trace": dict(pre_bits=4, bins=2, trace_bits=3, trace_shift=2, trace_increment=5, encoder="events", steps=9),
    "traces in words": dict(pre_bits=3, trace_bits=3, trace_shift=1, trace_increment=6, encoder="events", lanes=2),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_eligibility(variant: str, tmp_path: Path) -> None:
    run_bench(component(VARIANTS[variant]), "eligibility", VARIANTS[variant], tmp_path)
