"""Ports that cannot be opened are answered by a sentence."""

from __future__ import annotations

import errno

import pytest
import serial

from boards.host.line import SerialLine
from golden.spec.errors import UserError


def test_port_that_is_not_there() -> None:
    with pytest.raises(UserError, match="there is no port /dev/no-such-port; connect the board"):
        SerialLine("/dev/no-such-port", 3_000_000)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (serial.SerialException(errno.EACCES, "Permission denied"), "you may not use the port /dev/x; add yourself"),
        (serial.SerialException(errno.EBUSY, "busy"), "the port /dev/x is in use; end the other program"),
        (serial.SerialException("Could not exclusively lock port /dev/x"), "the port /dev/x is in use"),
        (ValueError("not a valid baudrate"), r"cannot open the port /dev/x \(not a valid baudrate\); name the one"),
    ],
)
def test_says_why_a_port_cannot_be_opened(monkeypatch: pytest.MonkeyPatch, error: Exception, sentence: str) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(serial, "Serial", refuse)
    with pytest.raises(UserError, match=sentence):
        SerialLine("/dev/x", 1_000_000)
