"""What host and chip say: addresses, and what a chip says of itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from golden.spec.presets import PRESETS, preset_named
from golden.spec.protocol import Identity, ProtocolError, address, event_bytes, identity


def test_identities_are_read_back_and_differ() -> None:
    seen = set()
    for preset in PRESETS.values():
        said = identity(preset, 75e6, 1024, "0123abcd")
        found = Identity.decode(said.encode())
        assert found == said and (found.inputs, found.neurons) == (preset.network.inputs, preset.network.neurons)
        assert len(said.encode()) <= 128 - 4, "the least memory holds the answer"
        seen.add(said.encode())
    assert len(seen) == len(PRESETS)


def test_an_identity_tells_what_changes_the_memories_and_nothing_else() -> None:
    preset = preset_named("tiny")
    plain = identity(preset, 24e6, 128)
    wider = identity(replace(preset, hardware=replace(preset.hardware, lanes=8)), 24e6, 128)
    quick = identity(replace(preset, hardware=replace(preset.hardware, forward_sums=True)), 24e6, 128)
    assert plain.layout != wider.layout and plain.layout == quick.layout and plain.network == wider.network


def test_a_long_name_is_cut_and_no_commit_is_none() -> None:
    preset = replace(preset_named("tiny"), name="a-name-of-more-than-sixteen-letters")
    found = Identity.decode(identity(preset, 24e6, 128).encode())
    assert (found.name, found.commit) == ("a-name-of-more-t", "")


def test_refuses_other_protocols() -> None:
    with pytest.raises(ProtocolError, match="the chip speaks protocol 1 and this program protocol 2"):
        Identity.decode(bytes((1,)) + bytes(12))
    with pytest.raises(ProtocolError, match="the chip speaks protocol none"):
        Identity.decode(b"")
    with pytest.raises(ProtocolError, match="the chip says only 5 bytes of itself"):
        Identity.decode(bytes((2, 0, 0, 0, 0)))


def test_refuses_what_has_no_address() -> None:
    assert address(3, 17, 2) == bytes((17, 0, 0x10, 3))
    for region, element, size in ((256, 0, 1), (0, 1 << 20, 1), (0, 0, 5), (0, 0, 0), (-1, 0, 1)):
        with pytest.raises(ProtocolError, match="no address for element"):
            address(region, element, size)


def test_events_are_as_short_as_they_can_be() -> None:
    sizes = {name: event_bytes(preset.network) for name, preset in PRESETS.items()}
    assert sizes["cue"] == sizes["fsdd"] == 1 and sizes["mnist-large"] == 2
