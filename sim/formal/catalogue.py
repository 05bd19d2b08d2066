"""All proofs that are run."""

from __future__ import annotations

from sim.formal import (
    control,
    encoder,
    executor,
    frames,
    link,
    lists,
    modulators,
    neuron,
    plasticity,
    population,
    router,
    sequencer,
    streams,
    teacher,
    unpacker,
)
from sim.formal.proof import Proof

SETTLED = ("neuron.tiny", "plasticity.digits.shift_6")
"""Proofs of the arithmetic that are known to end within the limit of time; see README.md for the others."""
PROOFS: tuple[Proof, ...] = (
    *streams.PROOFS,
    *frames.PROOFS,
    *link.PROOFS,
    *encoder.PROOFS,
    *router.PROOFS,
    *sequencer.PROOFS,
    *control.PROOFS,
    *executor.PROOFS,
    *unpacker.PROOFS,
    *lists.PROOFS,
    *population.PROOFS,
    *teacher.PROOFS,
    *modulators.PROOFS,
    *(proof for proof in (*neuron.PROOFS, *plasticity.PROOFS) if proof.name in SETTLED),
)
