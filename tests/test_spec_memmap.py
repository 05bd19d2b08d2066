"""The address map: regions follow one another, and a memory that the host cannot address is refused in one sentence."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from golden.spec.config import ConfigurationError, Hardware, Network, Preset, Training
from golden.spec.memmap import ELEMENT_BITS, Region, bank_words, regions
from golden.spec.presets import preset_named


def preset_with(network: Network, hardware: Hardware | None = None) -> Preset:
    return Preset("p", "", "digits", network, hardware or Hardware(), Training())


def names(network: Network) -> list[str]:
    return [region.name for region in regions(preset_with(network))]


def test_numbers_ascend_and_every_core_has_its_memories() -> None:
    found = regions(preset_named("tiny"))
    assert [region.number for region in found] == list(range(len(found)))
    assert found[0].name == "control" and found[1].name == "core0.weights" and found[-1].name == "readout.generators"
    assert sum(region.name.endswith(".weights") for region in found) == 3


def test_values_have_their_sign() -> None:
    weights = next(region for region in regions(preset_named("tiny")) if region.name == "core0.weights")
    assert [weights.value(raw) for raw in (0, 15, 16, 31)] == [0, 15, -16, -1]
    assert Region("counts", 9, 4, preset_named("tiny").network.count, False).value(15) == 15


def test_the_host_reaches_what_outlives_a_sample_and_nothing_else() -> None:
    hosted = {region.name.split(".")[-1] for region in regions(preset_named("fsdd")) if region.hosted}
    assert hosted == {"control", "weights", "thresholds", "generators"}


def test_two_banks_of_eligibility_are_a_power_of_two_apart() -> None:
    preset = preset_named("mnist-large")  # 784 inputs in words of 4
    found = {region.name: region.elements for region in regions(preset)}
    assert found["core0.eligibility"] == 2 * 256 * 4
    assert found["core0.currents"] == 2 * preset.network.neurons
    assert found["readout.currents"] == 48, "40 readout neurons in words of 16"


def test_optional_memories_exist_only_where_used() -> None:
    network = Network(inputs=4, classes=2, neurons=16, encoder="events", bins=4, post_bits=3)
    optional = {"core0.adaptations", "core0.recalls"}
    assert not optional & set(names(network))
    assert optional <= set(names(replace(network, adaptation_increment=9, recall_bins=1)))


def test_signed_inputs_have_signed_eligibility() -> None:
    network = Network(inputs=4, classes=2, neurons=16, signed_input=True)
    forms = {region.name: region.form for region in regions(preset_with(network))}
    assert forms["core0.eligibility"].low <= -15 and forms["readout.eligibility"].low == 0


def test_a_memory_beyond_the_address_space_is_refused() -> None:
    network = Network(inputs=1, classes=2, neurons=1024, recurrence="dense")
    elements = (1 + 1024) * 1024
    assert elements > 1 << ELEMENT_BITS
    sentence = (
        f"core0.weights has {elements} elements, more than the {1 << ELEMENT_BITS} that the host can address; "
        "use fewer neurons, receptive fields or sparser recurrence"
    )
    with pytest.raises(ConfigurationError, match=f"^{re.escape(sentence)}$"):
        regions(preset_with(network))


def test_a_bank_of_one_word_is_two_words_from_the_next_as_its_address_is() -> None:
    assert [bank_words(words) for words in (1, 2, 3, 4, 5)] == [2, 2, 4, 4, 8]
    network = Network(inputs=16, classes=2, neurons=16, recurrence="none")
    found = {
        region.name: region.elements for region in regions(preset_with(network, Hardware(lanes=16, axon_lanes=16)))
    }
    assert found["core0.eligibility"] == found["readout.eligibility"] == found["core0.currents"] == 2 * 2 * 16
