"""Fan-out tables: every synapse has one place, rows are walked in order, nothing empty is stored."""

from __future__ import annotations

from dataclasses import replace

import pytest

from golden.spec.config import Hardware, Preset
from golden.spec.fanout import FanOut, core_adjacency, core_fan_out, core_weights, fan_out, readout_fan_out, replayed
from golden.spec.presets import PRESETS, preset_named
from golden.spec.topology import topology

ADJACENCY = ((0, 1, 5), (), (7,), (2, 3, 6, 7))
WEIGHTS = ((10, 11, 15), (), (27,), (32, 33, 36, 37))


def test_by_hand() -> None:
    table = fan_out(ADJACENCY, 4)
    assert table == FanOut(lanes=4, starts=(0, 2, 2, 3, 5), targets=(0, 1, 1, 0, 1))
    assert (table.axons, table.words, table.longest_row) == (4, 5, 2)
    assert list(table.elements(ADJACENCY)) == [
        (0, 0, 0),
        (0, 1, 1),
        (0, 2, 5),
        (2, 0, 11),
        (3, 0, 14),
        (3, 1, 15),
        (3, 2, 18),
        (3, 3, 19),
    ]
    x = -128
    assert table.image(ADJACENCY, WEIGHTS, x) == [
        *(10, 11, x, x),
        *(x, 15, x, x),
        *(x, x, x, 27),
        *(x, x, 32, 33),
        *(x, x, 36, 37),
    ]


@pytest.mark.parametrize("lanes", [1, 2, 8])
def test_lanes_only_regroup(lanes: int) -> None:
    table = fan_out(ADJACENCY, lanes)
    owners = [axon for axon in range(4) for _ in range(table.starts[axon], table.starts[axon + 1])]
    image = table.image(ADJACENCY, WEIGHTS, 0)
    found = {
        (owners[e // lanes], table.targets[e // lanes] * lanes + e % lanes): value
        for e, value in enumerate(image)
        if value
    }
    expected = {
        (axon, target): value
        for axon, (row, values) in enumerate(zip(ADJACENCY, WEIGHTS, strict=True))
        for target, value in zip(row, values, strict=True)
    }
    assert found == expected


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_every_synapse_of_a_preset_has_one_place(preset: Preset) -> None:
    cores = range(preset.network.layers // preset.hardware.layers_per_core)
    tables = [(core_fan_out(preset, core), core_adjacency(preset, core)) for core in cores]
    tables.append((readout_fan_out(preset), topology(preset.network).readout))
    for table, adjacency in tables:
        elements = [element for _, _, element in table.elements(adjacency)]
        assert len(elements) == len(set(elements)) == sum(map(len, adjacency))
        assert max(elements) < table.words * table.lanes
        assert elements == sorted(elements), "the walk of the rows is the walk of the memory"
        assert {element // table.lanes for element in elements} == set(range(table.words)), "no empty word"


def test_layers_of_a_shared_core_follow_one_another() -> None:
    preset = preset_named("digits")
    assert preset.hardware.layers_per_core == 2
    drawn, neurons = topology(preset.network), preset.network.neurons
    rows, first = core_adjacency(preset, 0), len(drawn.layers[0])
    assert rows[:first] == drawn.layers[0]
    assert rows[first:] == tuple(tuple(target + neurons for target in row) for row in drawn.layers[1])
    assert core_weights(preset, 0) == drawn.layer_weights[0] + drawn.layer_weights[1]


def test_cores_of_their_own_hold_one_layer_each() -> None:
    preset = replace(preset_named("digits"), hardware=Hardware(lanes=8))
    drawn = topology(preset.network)
    for core in range(2):
        assert core_adjacency(preset, core) == drawn.layers[core]
        assert core_weights(preset, core) == drawn.layer_weights[core]


def test_lists_take_the_neurons_that_have_synapses() -> None:
    """One list for both readers where every neuron is heard, none where nobody listens, else one for each reader."""
    digits = preset_named("digits")
    assert replayed(digits, 0) == {"lists": ((True,) * 48,) * 2}
    assert replayed(preset_named("mnist-large"), 0) == {}
    bundled = replace(digits, network=replace(digits.network, bundle=16, ring_degree=2, forward_fan_in=3))
    rows = topology(bundled.network).layers
    kept = replayed(bundled, 0)
    assert [*kept] == ["own_lists", "below_lists"]
    assert kept["own_lists"][1] == tuple(len(row) > 0 for row in rows[1][48:])
    assert kept["below_lists"] == (tuple(len(row) > 0 for row in rows[1][:48]), (False,) * 48)
    assert 0 < sum(kept["own_lists"][0]) < 48 and 0 < sum(kept["below_lists"][0]) < 48
