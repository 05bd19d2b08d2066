"""A trace of one sample in the gateware, in the form of golden.network.SampleTrace."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from golden.network import SampleTrace
from golden.spec import ports
from golden.spec.config import Preset
from golden.spec.memmap import packed_neuron
from golden.spec.network_formats import STRONG_ERROR
from sim.backends.probes import MODULATORS, VERDICT, Probe, eligibility_bank

Ints = NDArray[np.int64]


class Tracer:
    """Collect what happens in one sample, from the events that every backend can see.

    Moments at which values stand, always just before the clock edge of the event:

    - A layer's end of step is delivered at ``o_spikes``: its potentials, counts, postsynaptic eligibilities and
      thresholds have been written for that step, and the core moves on with this very edge at the earliest.
    - The readout begins to sum (``risen``): all steps have ended, so that its potentials and all presynaptic
      eligibilities are complete, in the bank that the sample uses.
    - The verdict stands (``taught``): errors and modulators.

    Parameters
    ----------
    preset
        What is traced.
    read
        Returns all elements of a region of the host's address map, read from the memories.
    probe
        Returns the value of a signal, unsigned.
    """

    def __init__(self, preset: Preset, read: Callable[[str], Ints], probe: Callable[[Probe], int]) -> None:
        network = preset.network
        self._preset, self._read, self._probe = preset, read, probe
        shape = (network.layers, network.neurons)
        self._step = [0] * network.layers
        axons = [*(network.axons(k) for k in range(network.layers)), network.readout_axons]
        steps = range(network.steps)
        self.trace = SampleTrace(
            potentials=[np.zeros(shape, dtype=np.int64) for _ in steps],
            spikes=[np.zeros(shape, dtype=np.bool_) for _ in steps],
            post=[np.zeros((network.layers, network.bins, network.neurons), dtype=np.int64) for _ in steps],
            counts=[np.zeros(shape, dtype=np.int64) for _ in steps],
            pre=[np.zeros((network.bins, count), dtype=np.int64) for count in axons],
        )

    def spiked(self, core: int, payload: int) -> None:
        """A payload is delivered at ``o_spikes[core]``."""
        network, share = self._preset.network, self._preset.hardware.layers_per_core
        spike = ports.spike(share, network.neurons).unpack(payload)
        local = spike["layer"]
        layer = core * share + local
        step = self._step[layer]
        if not spike["last"]:
            self.trace.spikes[step][layer, spike["neuron"]] = True
            return
        self._step[layer] += 1
        neurons = self._neurons(core, local)
        self.trace.potentials[step][layer] = neurons["potential"]
        self.trace.counts[step][layer] = neurons["count"]
        if network.bins == 1:
            self.trace.post[step][layer, 0] = neurons["post"]
            return
        # Registers of later bins still hold the sample before: they restart with their bin's first step.
        begun = network.bin_of(step) + 1
        posts = self._read(f"core{core}.posts").reshape(network.bins, share, -1)
        self.trace.post[step][layer, :begun] = posts[:begun, local]

    def risen(self) -> None:
        """The readout begins to sum."""
        network, share = self._preset.network, self._preset.hardware.layers_per_core
        self.trace.readout = self._read("readout.currents")[: network.readouts]
        self.trace.pre[-1][0] = self._registers("readout", network.readout_axons)
        for core in range(network.layers // share):
            layers = range(core * share, (core + 1) * share)
            axons = [network.axons(k) for k in layers]
            registers = self._registers(f"core{core}", network.bins * sum(axons))
            self.trace.pre[layers.start : layers.stop] = np.split(
                registers.reshape(network.bins, -1), np.cumsum(axons)[:-1], axis=1
            )

    def _neurons(self, core: int, local: int) -> dict[str, Ints]:
        """Fields of the neurons of a core's layer."""
        packed = self._read(f"core{core}.neurons").reshape(self._preset.hardware.layers_per_core, -1)[local]
        return packed_neuron(self._preset.network).unpack(packed)

    def _registers(self, unit: str, count: int) -> Ints:
        """Eligibility registers of the bank in use."""
        banks = self._read(f"{unit}.eligibility").reshape(2, -1)
        bank: Ints = banks[self._probe(eligibility_bank(unit))]
        return bank[:count]

    def taught(self) -> None:
        """The verdict stands."""
        network = self._preset.network
        verdict = ports.verdict(network.classes).unpack(self._probe(VERDICT))
        if not verdict["update"]:
            return
        errors = np.zeros(network.classes, dtype=np.int64)
        errors[verdict["label"]] = STRONG_ERROR if verdict["strong"] else 1
        errors[verdict["rival"]] = -errors[verdict["label"]]
        modulators = ports.modulators(network).unpack(self._probe(MODULATORS))
        self.trace.errors, self.trace.modulators = errors, np.array(modulators, dtype=np.int64)
