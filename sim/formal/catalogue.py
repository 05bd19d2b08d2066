"""All proofs."""

from __future__ import annotations

from sim.formal import neuron, plasticity, streams
from sim.formal.proof import Proof

PROOFS: tuple[Proof, ...] = (*streams.PROOFS, *neuron.PROOFS, *plasticity.PROOFS)
