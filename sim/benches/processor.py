"""The processor against golden.network.ReferenceNetwork, through its streams only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import cocotb
import numpy as np
from cocotb.handle import HierarchyObject
from cocotb.triggers import RisingEdge

from golden.arith import Int
from golden.cycles.activity import Notes
from golden.cycles.counters import counted
from golden.network import ReferenceNetwork, SampleTrace
from golden.spec.config import Network, Preset
from golden.spec.counters import counters
from golden.spec.memmap import CONTROL, ELEMENT_BITS, Control, control_elements, packed_neuron, regions
from golden.spec.settings import Settings, built_digest, legal, settled
from golden.state import State
from rtl.processor import Processor
from sim.benches.support.harness import parameters_of_bench, require
from sim.benches.support.presets import contents_of, memories_of, preset_of_parameters
from sim.benches.support.settings import settings_for
from sim.benches.support.streams import HoldMonitor, RandomStalls, StreamSink, StreamSource, start


def transfers_of(network: Network, contents: Int, draw: np.random.Generator) -> Iterator[dict[str, int]]:
    """What goes into ``i_sample``; the events of a step in any order."""
    if network.encoder == "levels":
        for index, level in enumerate(contents):
            yield {"value": int(level) & 31, "last": index == network.inputs - 1}
        return
    for step in contents:
        for axon in draw.permutation(np.flatnonzero(step)):
            yield {"value": int(axon)}
        yield {"last": 1}


class Host:
    """Reads and writes of elements through ``i_request`` and ``o_response``."""

    def __init__(self, dut: HierarchyObject, processor: Processor) -> None:
        self._requests = StreamSource(dut, "i_request", processor.i_request.payload.shape())
        self._responses = StreamSink(dut, "o_response", processor.o_response.payload.shape(), RandomStalls("response"))

    async def write(self, region: int, values: list[int], first: int = 0) -> None:
        """Write raw elements from ``first`` on."""
        await self._requests.send(
            {"write": 1, "region": region, "element": first + index, "data": value & 0xFFFF_FFFF}
            for index, value in enumerate(values)
        )

    async def read(self, region: int, count: int) -> list[int]:
        """Return the first ``count`` raw elements."""
        sending = cocotb.start_soon(
            self._requests.send({"region": region, "element": element} for element in range(count))
        )
        values = await self._responses.take(count)
        await sending
        return values


async def load(host: Host, preset: Preset, state: State, shifts: tuple[int, int]) -> None:
    """Set the learning rates, and the weights where power-up leaves them undefined."""
    await host.write(CONTROL, list(shifts), first=Control.LAYER_SHIFT)
    configured = Settings.of(preset.network).values().values() if preset.hardware.adjustable else ()
    assert await host.read(CONTROL, 9) == pad([int(built_digest(preset)[:8], 16), *shifts, *configured], 9)
    if preset.hardware.single_port:
        expected = memories_of(preset, state)
        for region in regions(preset):
            if region.name.endswith(".weights"):
                await host.write(region.number, expected[region.name])


def pad(values: list[int], count: int) -> list[int]:
    """Values, and zeros where nothing is."""
    return values + [0] * (count - len(values))


async def adjust(host: Host, preset: Preset, settings: Settings) -> None:
    """Write settings, then illegal values, which change nothing, and read what there is."""
    network, values = preset.network, list(settings.values().values())
    await host.write(CONTROL, values, first=Control.SETTINGS)
    for element, (name, limits) in enumerate(legal(network).items(), Control.SETTINGS):
        beyond = [limits.high + 1, limits.low - 1, 1 << 31 | values[element - Control.SETTINGS]]
        if name == "frozen" and network.prototypes:
            beyond.append(1 << network.layers)
        for value in beyond if limits.low else (beyond[0], *beyond[2:]):
            await host.write(CONTROL, [value], first=element)
    elements = control_elements(preset.hardware)
    assert (await host.read(CONTROL, elements))[Control.SETTINGS :] == values, settings


async def check_spikes(sinks: list[StreamSink], preset: Preset, number: int, trace: SampleTrace) -> None:
    """Compare the observed spikes of a sample, step by step."""
    share = preset.hardware.layers_per_core
    for step, spikes in enumerate(trace.spikes):
        for core, sink in enumerate(sinks):
            for layer in range(share):
                found = []
                while not (event := await sink.get())["last"]:
                    assert event["layer"] == layer, f"sample {number}, step {step}, core {core}: {event}"
                    found.append(event["neuron"])
                expected = np.flatnonzero(spikes[core * share + layer]).tolist()
                assert found == expected, (
                    f"sample {number}, step {step}, layer {core * share + layer}: spikes {found}, expected {expected}"
                )


async def check_memories(host: Host, preset: Preset, state: State, largest: int) -> Counter[str]:
    """Compare the memories that outlive a sample, those of up to ``largest`` elements; count corner cases."""
    expected, corners = memories_of(preset, state), Counter[str]()
    wanted = [region for region in regions(preset) if region.name in expected and region.elements <= largest]
    for region in wanted:
        found = [region.value(raw) for raw in await host.read(region.number, region.elements)]
        for element, (value, right) in enumerate(zip(found, expected[region.name], strict=True)):
            assert value == right, f"{region.name}[{element}] is {value}, expected {right}"
        if region.name.endswith("weights"):
            corners["absent"] += found.count(region.form.low)
            corners["highest weight"] += found.count(region.form.high)
            corners["lowest weight"] += found.count(-region.form.high)
    return corners


def watched(dut: HierarchyObject, preset: Preset) -> dict[str, int]:
    """What depends on stalls, seen at the signals: cycles, and how full the queues were."""
    share = preset.hardware.layers_per_core
    queues = range(preset.network.layers // share) if preset.hardware.spike_queue else range(0)
    found = {"cycles": 0, **{f"core{core}_queue": 0 for core in queues}}

    async def watch() -> None:
        while True:
            await RisingEdge(dut.clk)
            found["cycles"] += int(dut.running.value)
            for core in queues:
                level = int(getattr(dut.readout, f"queue_{core}").level.value)
                found[f"core{core}_queue"] = max(found[f"core{core}_queue"], level)

    cocotb.start_soon(watch())
    return found


async def check_counters(
    host: Host, preset: Preset, notes: Notes, learned: list[bool], trace: SampleTrace, largest: dict[str, int]
) -> None:
    """Compare what a monitored processor tells of all samples and of the last one, and its neurons."""
    by_name = {region.name: region for region in regions(preset)}

    async def read(name: str) -> list[int]:
        region = by_name[name]
        return [region.value(raw) for raw in await host.read(region.number, region.elements)]

    found = dict(zip((one.name for one in counters(preset)), await read("monitor.counters"), strict=True))
    expected = counted(preset, notes.activity(), np.array(learned))
    for name, value in {**{name: int(steps.sum()) for name, steps in expected.items()}, **largest}.items():
        assert found.pop(name) == value, f"counter {name} is not {value}, after {len(learned)} samples"
    assert found == {name: 0 for name in found if name.startswith("line_")}
    assert trace.classes is not None
    assert await read("monitor.potentials") == trace.classes.tolist()
    share, layout = preset.hardware.layers_per_core, packed_neuron(preset.network)
    for core in range(preset.network.layers // share):
        layers = slice(core * share, (core + 1) * share)
        neurons = [layout.unpack(raw) for raw in await read(f"core{core}.neurons")]
        for name, of_trace in (("potential", trace.potentials), ("count", trace.counts)):
            assert [neuron[name] for neuron in neurons] == of_trace[-1][layers].ravel().tolist(), (
                f"{name} of core {core}"
            )


@cocotb.test(timeout_time=600, timeout_unit="us")
async def learning(dut: HierarchyObject) -> None:
    """Learning samples sent ahead as far as they go, every fourth for prediction only, stalls everywhere.

    Where the hardware is adjustable every sample has its settings, which are written between it and the one before.
    """
    parameters = parameters_of_bench()
    preset, samples, shifts = preset_of_parameters(parameters), parameters["samples"], tuple(parameters["shifts"])
    network, processor = preset.network, Processor(preset)
    cores = range(network.layers // preset.hardware.layers_per_core)
    reference, before = ReferenceNetwork(network), State.initial(network)
    draw, corners = np.random.default_rng(network.seed), Counter[str]()
    await start(dut)
    host = Host(dut, processor)
    for core in cores:
        HoldMonitor(getattr(dut, f"core{core}"), "o")
        HoldMonitor(getattr(dut, f"core{core}").projection.router, "o")
    observed = [
        StreamSink(dut, f"o_spikes__{core}", processor.o_spikes[core].payload.shape(), RandomStalls(f"spikes {core}"))
        for core in cores
    ]
    predictions = StreamSink(dut, "o_prediction", processor.o_prediction.payload.shape(), RandomStalls("prediction"))
    labels = StreamSource(dut, "i_label", processor.i_label.payload.shape(), RandomStalls("label"))
    inputs = StreamSource(dut, "i_sample", processor.i_sample.payload.shape(), RandomStalls("sample"))
    await load(host, preset, reference.state, shifts)

    contents = [contents_of(network, draw) for _ in range(samples)]
    taught = [{"label": int(draw.integers(network.classes)), "learn": index % 4 != 3} for index in range(samples)]
    cocotb.start_soon(inputs.send(t for sample in contents for t in transfers_of(network, sample, draw)))
    half, notes, trace = samples // 2, Notes(network), SampleTrace()
    adjustable, monitored = preset.hardware.adjustable, preset.hardware.monitored
    probes = watched(dut, preset) if monitored else {}
    if not adjustable:
        cocotb.start_soon(labels.send(taught[:half]))
    chosen = settings_for(preset, samples)
    for number, (sample, lesson, settings) in enumerate(zip(contents, taught, chosen, strict=True)):
        if number == half:  # between two samples, while the next one waits at the door
            await check_memories(host, preset, reference.state, largest=256)
            if monitored:
                await check_counters(host, preset, notes, [bool(one["learn"]) for one in taught[:half]], trace, probes)
            if not adjustable:
                cocotb.start_soon(labels.send(taught[half:]))
        if settings is not None:
            await adjust(host, preset, settings)
            cocotb.start_soon(labels.send([lesson]))
        trace, learn = SampleTrace(), bool(lesson["learn"])
        outcome = reference.run(sample, lesson["label"], learn=learn, shifts=shifts, settings=settings, trace=trace)
        await check_spikes(observed, preset, number, trace)
        found, expected = await predictions.get(), {"winner": outcome.prediction, "updated": outcome.updated}
        assert found == expected, f"sample {number}: {found}, expected {expected}"
        frozen = settled(settings, network).frozen
        notes.add(reference.events_of(sample), trace, updated=outcome.updated, frozen=frozen)
        corners["updated" if outcome.updated else "not updated"] += 1
        corners["spikes"] += outcome.spikes
        corners["prediction waits"] += predictions.waits[-1] > 0
    corners += await check_memories(host, preset, reference.state, largest=1 << ELEMENT_BITS)
    if monitored:
        await check_counters(host, preset, notes, [bool(one["learn"]) for one in taught], trace, probes)
        require(Counter(probes), *probes)
    for layer, weights in enumerate(reference.state.weights):
        corners[f"layer {layer} learns"] = int((weights != before.weights[layer]).sum())
    for _ in range(20):
        await RisingEdge(dut.clk)
    assert predictions.empty
    assert all(sink.empty for sink in observed)
    require(
        corners, "updated", "not updated", "spikes", "prediction waits", "absent", "highest weight", "lowest weight"
    )
    if (network.plastic_layers or adjustable) and network.feedback == "random" and not network.prototypes:
        require(corners, *(f"layer {layer} learns" for layer in range(network.layers)))
