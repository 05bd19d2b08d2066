"""The compiled entry of the engine: samples in integers, as in golden/network.py, but fast.

Every function it calls (golden/engine/forward.py, golden/engine/learning.py) is exact: sums are regrouped, never
rounded. Casts to ``int32`` keep the arithmetic in 32 bits where Numba would widen it; the limits in
:class:`golden.spec.config.Network` bound every intermediate below 2^31 (a current by 8192 * 32767, a product of
eligibilities by 255 * 127 * 255); readout potentials, up to 2^40, are 64-bit.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from golden.engine.forward import forward
from golden.engine.learning import adapt_thresholds, teach, update
from golden.engine.prototypes import classify, learn_prototype
from golden.system.compilation import compiled_entry


def _entry(version: str) -> Callable[..., Any]:
    """Return :func:`run_samples` of this version, see :mod:`golden.system.compilation`."""

    def run_samples(  # type: ignore[no-untyped-def]
        constants,
        layers,
        readout,
        neurons,
        scratch,
        samples,
        labels,
        learn,
        layer_shift,
        readout_shift,
        digest,
        results,
    ):
        """Run samples one after the other; the equations and their order are those of golden/network.py.

        ``samples`` is int8 (n, 1, inputs) of levels or (n, T, inputs) of events; ``digest`` is the digest of the
        state before the first sample. Allocates nothing per sample.
        """
        version  # noqa: B018 - named here, it becomes a free variable of this function
        digesting = results.digests.shape[0] > 0
        telling = results.potentials.shape[0] > 0
        layers_frozen = (1 << constants.layers) - 1
        eligible = learn and constants.frozen & layers_frozen != layers_frozen
        teaches = learn and constants.frozen != layers_frozen | 1 << constants.layers
        for index in range(samples.shape[0]):
            forward(constants, layers, neurons, scratch, samples[index], eligible)
            results.predictions[index] = classify(constants, readout, neurons, scratch)
            if telling:
                for c in range(constants.classes):
                    results.potentials[index, c] = scratch.potentials[c]
            for k in range(constants.layers):
                total = 0
                for j in range(constants.neurons):
                    total += min(scratch.fired[k, j], constants.count_high)
                results.spikes[index, k] = total
            results.updated[index] = False
            if teaches:
                digest += adapt_thresholds(constants, neurons, scratch.fired)
                if constants.prototypes:
                    results.updated[index] = True
                    digest += learn_prototype(
                        constants, readout, neurons, scratch, labels[index], readout_shift, digesting
                    )
                elif teach(constants, scratch.potentials, labels[index], scratch.errors):
                    results.updated[index] = True
                    digest += update(
                        constants, layers, readout, neurons, scratch, layer_shift, readout_shift, digesting
                    )
            if digesting:
                results.digests[index] = digest

    return run_samples


run_samples = compiled_entry(_entry, Path(__file__).parent.glob("*.py"))
