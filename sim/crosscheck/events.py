"""Functional coverage inside the gateware: rare meetings in its pipelines, counted cycle by cycle.

The other file besides sim/backends/probes.py that knows signals of the gateware by name.
"""

from __future__ import annotations

from collections.abc import Iterator

from golden.spec import pipeline
from golden.spec.config import Preset
from sim.backends.probes import Cover, Probe

LAYERS, LINKS = "layers", "links"

_OF_PROJECTIONS = (
    "word waits for the word before",
    "word waits for the word before that",
    "sum of the word before",
    "sum of the word before that",
    "sums of both words before",
    "every stage delivers",
    "every stage learns",
    "axon waits for its register",
    "router full",
    "first bank learns",
    "second bank learns",
)

EVENTS = (
    *(f"{event} ({unit})" for event in _OF_PROJECTIONS for unit in (LAYERS, LINKS)),
    "drain while words wait",
    "single port is taken",
    "tick waits for its spikes",
    "spikes of two cores at once",
    "spike queue full",
    "one unit learns on when others have",
)
"""Events that must have been met."""


def covers(preset: Preset) -> list[tuple[str, Cover]]:
    """Events that the gateware of a preset can have, by the name of the point that each counts for."""
    hardware = preset.hardware
    cores = preset.network.layers // hardware.layers_per_core
    found = [event for core in range(cores) for event in _of_projection(preset, LAYERS, f"core{core}.projection")]
    found += _of_projection(preset, LINKS, "readout.links")
    for core in range(cores):
        population, lesson = f"core{core}.population", ("lessons", "taken")
        found.append(_event("tick waits for its spikes", (population, "spare_valid", 1)))
        found.append(_event("one unit learns on when others have", (*lesson, 1 << core)))
        if hardware.single_port:
            projection = f"core{core}.projection"
            waits = (f"{projection}.router.exit", "o__valid", 1)
            found.append(
                _event("single port is taken", (projection, "sweep", 1), (projection, _stage(pipeline.WORD), 1), waits)
            )
        if hardware.spike_queue:
            queue = f"readout.queue_{core}"
            found.append(_event("spike queue full", (queue, "w_rdy", 0), (queue, "w_en", 1)))
    for core in range(1, cores):
        both = [("readout.merge", f"i__{index}__valid", 1) for index in (core - 1, core)]
        found.append(_event("spikes of two cores at once", *both))
    return found


def _of_projection(preset: Preset, unit: str, path: str) -> Iterator[tuple[str, Cover]]:
    """Events of a projection: of the layers of a core, or of the links to the readout."""
    router, registers = f"{path}.router", f"{path}.eligibility"

    def event(name: str, *terms: tuple[str, str, int]) -> tuple[str, Cover]:
        return _event(f"{name} ({unit})", *terms)

    if preset.hardware.forward_sums:
        near, far = (path, "follows_1"), (path, "follows_2")
        yield event("sum of the word before", (*near, 1), (*far, 0))
        yield event("sum of the word before that", (*near, 0), (*far, 1))
        yield event("sums of both words before", (*near, 1), (*far, 1))
    else:
        waits = (path, "conflict", 1), (path, "sweep", 0), (f"{router}.exit", "o__valid", 1)
        yield event("word waits for the word before", *waits, (path, _stage(1), 1), (path, _stage(2), 0))
        yield event("word waits for the word before that", *waits, (path, _stage(1), 0), (path, _stage(2), 1))
    if unit == LAYERS:  # links are drained when all words are through
        yield _event("drain while words wait", (path, "draining_1", 1), (f"{router}.exit", "spare_valid", 1))
    delivering = [(path, f"adding_{stage}", 1) for stage in range(1, pipeline.ACCUMULATOR_WRITTEN + 1)]
    yield event("every stage delivers", *delivering, (path, "draining_1", 0), (path, "draining_3", 0))
    if not (unit == LAYERS and preset.hardware.single_port):
        learning = [(path, _stage(stage), 1) for stage in range(1, pipeline.WORD + 1)]
        yield event("every stage learns", *learning, (path, "sweep", 1))
    yield event(
        "axon waits for its register",
        *((registers, "i__valid", 1), (registers, "i__ready", 0), (registers, "sweep", 0), (registers, "settle", 0)),
        (f"{router}.entrance", "i__ready", 1),
    )
    yield event("router full", *((f"{router}.{buffer}", "spare_valid", 1) for buffer in ("entrance", "exit")))
    for bank, name in enumerate(("first", "second")):
        yield event(f"{name} bank learns", (registers, "bank", bank), (path, "sweep", 1))


def _stage(stage: int) -> str:
    return f"valid_{stage}"


def _event(name: str, *terms: tuple[str, str, int]) -> tuple[str, Cover]:
    return name, Cover(tuple((Probe(path, signal), value) for path, signal, value in terms))
