"""The settings of the studies: what is varied, and what is told of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from golden.spec.presets import preset_named
from threefactor.studies.catalogue import REWIRED, STUDIES, link_length

DIGITS = preset_named("digits")


def test_a_small_world_is_short() -> None:
    """Windows of 12 of 48 neurons reach 3 places on average, links from anywhere a quarter of the ring."""
    network = replace(DIGITS.network, rewire_percent=0, bundle=2)
    assert link_length(replace(DIGITS, network=network)) == pytest.approx(3, abs=0.1)
    anywhere = replace(network, rewire_percent=100)
    assert link_length(replace(DIGITS, network=anywhere)) == pytest.approx(12, abs=1)


def test_rewiring_lengthens_links() -> None:
    points = STUDIES["rewiring"].points(preset_named("mnist-deep"))
    assert [point.preset.network.rewire_percent for point in points] == list(REWIRED)
    lengths, words = ([*values] for values in zip(*(point.measures.values() for point in points), strict=True))
    assert lengths == sorted(lengths) and words == sorted(words)
    assert lengths[-1] > 4 * lengths[0]
