"""The tally: right or wrong, told on a line that frames have before it."""

from __future__ import annotations

import numpy as np
from amaranth.sim import Simulator

from rtl.tally import Tally


def test_compares_and_tells() -> None:
    """A frame goes first; while the line is taken, and while nobody is to be told, nothing is said."""
    tally, random = Tally(10), np.random.default_rng(1)
    told = list[str]()

    async def bench(context) -> None:  # type: ignore[no-untyped-def]
        async def sample(label: int, winner: int, *, telling: bool) -> None:
            context.set(tally.label, label)
            context.set(tally.winner, winner)
            context.set(tally.telling, telling)
            context.set(tally.ends, 1)
            await context.tick()
            context.set(tally.ends, 0)
            context.set(tally.label, 15)  # of the next one
            assert context.get(tally.wrong) == (label != winner)

        context.set(tally.quiet, 1)
        for _ in range(200):
            label, telling = int(random.integers(10)), bool(random.integers(2))
            winner = label if random.integers(2) else int(random.integers(10))
            await sample(label, winner, telling=telling)
            assert context.get(tally.o_byte.valid) == telling
            for _ in range(int(random.integers(3))):  # the line is not ready yet
                await context.tick()
                assert context.get(tally.o_byte.valid) == telling
            if telling:
                told.append(chr(context.get(tally.o_byte.payload)))
                assert told[-1] == ("1" if label == winner else "0")
                context.set(tally.o_byte.ready, 1)
                await context.tick()
                context.set(tally.o_byte.ready, 0)
                assert not context.get(tally.o_byte.valid)
        await sample(3, 3, telling=True)
        context.set(tally.quiet, 0)
        context.set(tally.i_byte.payload, 0x7E)
        context.set(tally.i_byte.valid, 1)
        assert context.get(tally.o_byte.payload) == 0x7E
        assert context.get(tally.o_byte.valid) and not context.get(tally.i_byte.ready)
        context.set(tally.o_byte.ready, 1)
        assert context.get(tally.i_byte.ready)

    simulator = Simulator(tally)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert {"0", "1"} == set(told)
