"""Every signal that asks a process to end is the exception of Ctrl-C, unless it is ignored."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

import click
import pytest
from click.testing import CliRunner

from golden.system.interruption import signals_interrupt, undisturbed
from threefactor import cli

ENDING = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.mark.parametrize("number", ENDING)
def test_a_signal_interrupts_the_block(number: signal.Signals) -> None:
    before = [signal.getsignal(one) for one in ENDING]
    with signals_interrupt() as received:
        assert (received.number, received.came) == (signal.SIGINT, False)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert (received.number, received.came) == (number, True)
    assert [signal.getsignal(one) for one in ENDING] == before


@pytest.mark.parametrize("number", ENDING)
def test_a_signal_waits_until_what_it_must_not_disturb_is_done(number: signal.Signals) -> None:
    done, before = list[int](), [signal.getsignal(one) for one in ENDING]

    def work() -> None:
        os.kill(os.getpid(), number)
        done.append(number)

    with signals_interrupt() as received, pytest.raises(KeyboardInterrupt):
        undisturbed(work)
    assert done == [number] == [received.number]
    assert [signal.getsignal(one) for one in ENDING] == before
    assert undisturbed(lambda: 3) == 3
    with pytest.raises(ZeroDivisionError):
        undisturbed(lambda: 1 // 0)


def test_what_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with signals_interrupt() as received:
            os.kill(os.getpid(), signal.SIGHUP)
        assert not received.came
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_library_that_loses_the_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Numba does, which then stumbles over what it did not do."""

    @click.command("verilog")
    def command() -> None:
        with suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
        raise RuntimeError("no compiled object yet")

    monkeypatch.setattr("threefactor.commands.verilog.command", command)
    done = CliRunner().invoke(cli.main, ["verilog"])
    assert (done.exit_code, done.stderr) == (128 + signal.SIGTERM, "threefactor: interrupted\n")
