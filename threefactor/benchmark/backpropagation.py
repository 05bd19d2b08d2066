"""The same network trained with backpropagation through time, in snnTorch, for comparison; needs snntorch and torch."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import snntorch
import torch
from snntorch import surrogate

from golden.encoder import encode_levels
from threefactor.benchmark.measurement import NETWORK, Measurement, images, peak_megabytes

BATCH = 128


class Recurrent(torch.nn.Module):
    """784-256-10: leaky neurons with dense recurrence, and a readout that sums over the steps without a leak."""

    def __init__(self) -> None:
        super().__init__()
        self.forward_weights = torch.nn.Linear(NETWORK.inputs, NETWORK.neurons)
        self.neurons = snntorch.RLeaky(
            beta=1 - 2.0**-NETWORK.leak_shift,
            linear_features=NETWORK.neurons,
            all_to_all=True,
            spike_grad=surrogate.fast_sigmoid(),
        )
        self.readout = torch.nn.Linear(NETWORK.neurons, NETWORK.classes)

    def forward(self, events: torch.Tensor) -> torch.Tensor:
        """Readout potentials, shape (batch, classes), of events of shape (T, batch, inputs)."""
        spikes, potential = self.neurons.init_rleaky()
        total = torch.zeros(events.shape[1], NETWORK.classes)
        for step in events:
            spikes, potential = self.neurons(self.forward_weights(step), spikes, potential)
            total = total + self.readout(spikes)
        return total


def measure_backpropagation(folder: Path | None, count: int, samples: int) -> list[Measurement]:
    """Measure learning and inference on one thread: ``samples`` images one by one, 10 times as many in batches.

    The input is spikes, encoded beforehand. Loss is cross entropy, optimiser Adam; every sample or batch is a step.
    """
    torch.set_num_threads(1)
    torch.manual_seed(1)
    data = images(folder, count)
    network = Recurrent()
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3)
    labels = torch.from_numpy(data.train_labels.astype("int64"))

    def learn(events: torch.Tensor, batch_labels: torch.Tensor) -> None:
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(network(events), batch_labels)
        loss.backward()
        optimiser.step()

    def infer(events: torch.Tensor, _: torch.Tensor) -> None:
        with torch.no_grad():
            network(events)

    measurements = []
    for batch, many in ((1, samples), (BATCH, max(BATCH, min(count, 10 * samples) // BATCH * BATCH))):
        batches = [
            (events_of(data.train_samples[first : first + batch]), labels[first : first + batch])
            for first in range(0, min(many, count), batch)
        ]
        name = "one by one" if batch == 1 else f"batches of {batch}"
        for task, run in (("learning", learn), ("inference", infer)):
            run(*batches[0])  # allocates
            started = time.process_time()
            for events, batch_labels in batches:
                run(events, batch_labels)
            ran = sum(len(batch_labels) for _, batch_labels in batches)
            speed = ran / (time.process_time() - started)
            measurements.append(Measurement("snnTorch", f"{task}, {name}", ran, speed, None, peak_megabytes()))
    return measurements


def events_of(levels: Any) -> torch.Tensor:
    """Spikes of images, shape (T, batch, inputs)."""
    return torch.stack([torch.from_numpy(encode_levels(sample).astype("float32")) for sample in levels], dim=1)
