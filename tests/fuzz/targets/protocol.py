"""What a chip says of itself."""

from __future__ import annotations

from pathlib import Path

from golden.spec.protocol import Identity, ProtocolError

REFUSALS = (ProtocolError,)


def read(content: bytes, folder: Path) -> None:
    """Decode it."""
    identity = Identity.decode(content)
    assert min(identity.name, default="x") >= " ", "a name that would spoil a terminal"
