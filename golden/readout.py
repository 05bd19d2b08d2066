"""Readout population: integrators without leak, summed by class."""

from __future__ import annotations

from golden.arith import Int
from golden.spec.config import Network


def class_potentials(network: Network, readout: Int) -> Int:
    """Return y[c] = sum of o over the neurons r with r mod C = c; input shape (C * P,)."""
    sums: Int = readout.reshape(network.population, network.classes).sum(axis=0)
    return sums


def predict(potentials: Int) -> int:
    """Winner: the largest class potential, the lowest class among equals."""
    return int(potentials.argmax())
