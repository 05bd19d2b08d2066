"""Where a classifier runs: engine, reference, gateware in a simulator or on a board, all with the same bits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from boards.catalogue import Board
from boards.host.connection import Connection
from boards.host.learner import ChipLearner
from boards.host.ports import find_named, is_board
from golden.engine.network import FastNetwork, Outcomes
from golden.network import ReferenceNetwork, SampleTrace
from golden.readout import class_potentials
from golden.spec.config import Network, Preset
from golden.spec.errors import UserError, nearest
from golden.state import State
from golden.training.learner import Learner
from sim.backends.interface import Backend
from threefactor.console import remarks

PLACES = ("engine", "reference", "verilator", "cxxrtl", "icarus")


@contextmanager
def opened(where: str, preset: Preset, board: Board) -> Iterator[Callable[[Network, State], Learner]]:
    """Open a place for the time of a block, and yield what makes a learner of a network and a state there.

    Parameters
    ----------
    where
        One of PLACES, or ``board``, ``board:PORT``, ``board:PORT:BAUD``. Models of simulators are built when they are
        first needed, and kept.
    preset
        Decides the gateware of a simulator; a board must have been built from it.
    board
        Decides the baud rate where the port does not tell which board is there.

    Raises
    ------
    UserError
        If there is no such place, or as :func:`sim.backends.catalogue.open_backend`,
        :func:`boards.host.ports.find_named` and :class:`boards.host.connection.Connection`.
    """
    if isinstance(where, str) and is_board(where):
        with Connection(lambda: find_named(where, board).opened(), preset, told=remarks.print) as connection:
            yield lambda _, state: ChipLearner(connection, state)
        return
    if where not in PLACES:
        raise UserError(
            f"where must be one of {', '.join(PLACES)}, board:PORT, not {where!r}{nearest(str(where), PLACES)}"
        )
    if where == "engine":
        yield FastNetwork
    elif where == "reference":
        yield ReferenceLearner
    else:
        from sim.backends.catalogue import open_backend  # Amaranth takes its time

        with open_backend(where, preset) as backend:
            yield lambda _, state: GatewareLearner(backend, state)


class ReferenceLearner:
    """The reference over whole sequences of samples, as :class:`golden.training.learner.Learner`."""

    def __init__(self, network: Network, state: State) -> None:
        self._reference = ReferenceNetwork(network, state.copy())

    @property
    def network(self) -> Network:
        """Configuration."""
        return self._reference.network

    @property
    def state(self) -> State:
        """The state now."""
        return self._reference.state

    def run_many(
        self, samples: NDArray[np.integer], labels: NDArray[np.uint8], learn: bool, shifts: tuple[int, int]
    ) -> Outcomes:
        """Run samples in order; potentials are told in any case."""
        network, count = self.network, len(samples)
        predictions, updated = np.empty(count, dtype=np.uint8), np.empty(count, dtype=np.bool_)
        spikes = np.empty((count, network.layers), dtype=np.int32)
        potentials = np.empty((count, network.classes), dtype=np.int64)
        for index, (sample, label) in enumerate(zip(samples, labels, strict=True)):
            trace = SampleTrace()
            outcome = self._reference.run(sample, int(label), learn=learn, shifts=shifts, trace=trace)
            predictions[index], updated[index] = outcome.prediction, outcome.updated
            spikes[index] = trace.counts[-1].sum(axis=1)
            if trace.readout is not None:
                potentials[index] = class_potentials(network, trace.readout)
        return Outcomes(predictions, updated, spikes, np.empty(0, dtype=np.uint64), potentials)


class GatewareLearner:
    """The gateware over whole sequences of samples, as :class:`golden.training.learner.Learner`.

    Spikes and potentials stay inside: what it tells of them has no elements. The state goes in and out through the
    host port.

    Parameters
    ----------
    backend
        A processor; its state is overwritten.
    state
        State to continue from.
    """

    def __init__(self, backend: Backend, state: State) -> None:
        self._backend = backend
        backend.load(state)

    @property
    def network(self) -> Network:
        """Configuration."""
        return self._backend.preset.network

    @property
    def state(self) -> State:
        """The state now, read back."""
        return self._backend.state()

    def run_many(
        self, samples: NDArray[np.integer], labels: NDArray[np.uint8], learn: bool, shifts: tuple[int, int]
    ) -> Outcomes:
        """Run samples in order."""
        count, classes = len(samples), self.network.classes
        none = (
            np.empty((count, 0), dtype=np.int32),
            np.empty(0, dtype=np.uint64),
            np.empty((0, classes), dtype=np.int64),
        )
        if not count:
            return Outcomes(np.empty(0, dtype=np.uint8), np.empty(0, dtype=np.bool_), *none)
        result = self._backend.run(samples, labels, learn=learn, shifts=shifts, digests=False)
        return Outcomes(result.predictions, result.updated, *none)
