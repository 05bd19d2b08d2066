"""Serial line: what is sent is received, at the edges of clock tolerance, and noise is dropped."""

from __future__ import annotations

import pytest
from amaranth import Module
from amaranth.back import rtlil
from amaranth.sim import Simulator

from rtl.uart import UartReceiver, UartTransmitter, divisor_for

BYTES = (0x00, 0xFF, 0xA5, 0x5A, 0x01, 0x80)


@pytest.mark.parametrize(("sends", "receives"), [(4, 4), (24, 24), (40, 41), (41, 40)])
def test_bytes_arrive(sends: int, receives: int) -> None:
    module = Module()
    module.submodules.transmitter = transmitter = UartTransmitter(sends)
    module.submodules.receiver = receiver = UartReceiver(receives)
    module.d.comb += receiver.rx.eq(transmitter.tx)
    arrived = []

    async def send(context) -> None:  # type: ignore[no-untyped-def]
        for byte in BYTES:
            context.set(transmitter.i.payload, byte)
            context.set(transmitter.i.valid, 1)
            await context.tick().until(transmitter.i.ready)
            context.set(transmitter.i.valid, 0)

    async def receive(context) -> None:  # type: ignore[no-untyped-def]
        context.set(receiver.o.ready, 1)
        for _ in BYTES:
            (byte,) = await context.tick().sample(receiver.o.payload).until(receiver.o.valid)
            arrived.append(byte)

    simulator = Simulator(module)
    simulator.add_clock(1e-6)
    simulator.add_testbench(send)
    simulator.add_testbench(receive)
    simulator.run_until(len(BYTES) * 12 * max(sends, receives) * 1e-6)
    assert tuple(arrived) == BYTES


def test_glitches_and_breaks_are_dropped() -> None:
    receiver = UartReceiver(8)

    async def disturb(context) -> None:  # type: ignore[no-untyped-def]
        context.set(receiver.o.ready, 0)
        for low in (2, 200):
            context.set(receiver.rx, 0)
            for _ in range(low):
                await context.tick()
            context.set(receiver.rx, 1)
            for _ in range(100):
                await context.tick()
            assert not context.get(receiver.o.valid)

    simulator = Simulator(receiver)
    simulator.add_clock(1e-6)
    simulator.add_testbench(disturb)
    simulator.run()


def test_refuses_what_cannot_be_divided() -> None:
    assert divisor_for(24e6, 1e6) == 24
    with pytest.raises(ValueError, match="a clock of 3000000 Hz is too slow for 1000000 baud"):
        divisor_for(3e6, 1e6)
    with pytest.raises(ValueError, match="a clock of 5550000 Hz cannot be divided to 1000000 baud"):
        divisor_for(5.55e6, 1e6)
    with pytest.raises(ValueError, match="divisor must be at least 4, not 3"):
        rtlil.convert(UartReceiver(3))
