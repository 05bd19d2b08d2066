"""Settings: what a network computes with other fields than its own, and what does not learn."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from golden.engine.network import FastNetwork
from golden.network import ReferenceNetwork, SampleTrace
from golden.spec.config import Network
from golden.spec.errors import ConfigurationError, UserError
from golden.spec.fields import declared
from golden.spec.presets import preset_named
from golden.spec.settings import (
    SETTINGS,
    Settings,
    all_layers,
    built_digest,
    frozen_of,
    frozen_parts,
    legal,
    setting_formats,
    settled,
)
from golden.state import State
from sim.benches.support.settings import drawn_settings
from tests.support.networks import SHIFTS, VARIANTS, network_of, stimulus

OTHER = dict(margin=1, leak_shift=2, homeostasis_gain=40, homeostasis_decay=100)


def assert_same_state(left: State, right: State) -> None:
    for expected, got in zip(left.arrays(), right.arrays(), strict=True):
        np.testing.assert_array_equal(expected, got)


def parts(state: State, network: Network) -> list[list[Any]]:
    """What learns, by layer and at last the readout: weights, thresholds and generator of each."""
    layers = range(network.layers)
    found: list[list[Any]] = [[state.weights[k], state.thresholds[k], state.generators[k]] for k in layers]
    return [*found, [state.readout, state.readout_thresholds, state.generators[-1]]]


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_engine_equals_the_reference_under_settings_that_change(variant: str) -> None:
    network, draw = network_of(variant), np.random.default_rng(5)
    samples, labels = stimulus(network)
    reference, engine = ReferenceNetwork(network), FastNetwork(network)
    for index, (sample, label) in enumerate(zip(samples, labels, strict=True)):
        settings, learn = drawn_settings(network, draw), index % 5 != 4
        outcomes = engine.run_many(
            sample[None], label[None], learn, SHIFTS, digests=True, potentials=True, settings=settings
        )
        expected = reference.run(sample, int(label), learn=learn, shifts=SHIFTS, settings=settings)
        got = (outcomes.predictions[0], outcomes.updated[0], outcomes.spikes[0].sum())
        assert got == (expected.prediction, expected.updated, expected.spikes), f"sample {index}: {settings}"
        assert int(outcomes.digests[0]) == reference.state.digest(), f"sample {index}: {settings}"
    assert_same_state(reference.state, engine.state)


@pytest.mark.parametrize("variant", ["two layers", "adaptation", "centred input", "fixed recurrence", "prototypes"])
def test_settings_are_fields_of_another_network_with_the_same_state(variant: str) -> None:
    network = network_of(variant)
    other = replace(network, **OTHER)
    settings = replace(Settings.of(network), **OTHER)
    assert settings == Settings.of(other) and settings.applied(network) == other
    assert State.initial(network).digest() == State.initial(other).digest()
    samples, labels = stimulus(network)
    ours, theirs, own = FastNetwork(network), ReferenceNetwork(other), FastNetwork(network)
    ours.run_many(samples, labels, True, SHIFTS, settings=settings)
    own.run_many(samples, labels, True, SHIFTS)
    for sample, label in zip(samples, labels, strict=True):
        theirs.run(sample, int(label), learn=True, shifts=SHIFTS)
    assert_same_state(theirs.state, ours.state)
    # A readout of prototypes learns every sample, but what its layers spike depends on their leak.
    assert own.state.digest() != ours.state.digest(), "the settings do something"


def test_the_configured_settings_change_nothing() -> None:
    network = network_of("two layers")
    samples, labels = stimulus(network)
    plain, settled_ones = FastNetwork(network), FastNetwork(network)
    plain.run_many(samples, labels, True, SHIFTS)
    settled_ones.run_many(samples, labels, True, SHIFTS, settings=Settings.of(network))
    assert_same_state(plain.state, settled_ones.state)


def test_leak_decides_without_learning_too() -> None:
    network = network_of("two layers")
    samples, labels = stimulus(network)
    other = replace(Settings.of(network), leak_shift=1)
    of_own, of_other = (
        FastNetwork(network).run_many(samples, labels, False, SHIFTS, settings=settings) for settings in (None, other)
    )
    assert (of_own.spikes != of_other.spikes).any()


@pytest.mark.parametrize("variant", ["two layers", "events in bins", "recall, trace, layers", "centred input"])
def test_frozen_layers_generalise_plastic_layers(variant: str) -> None:
    """All layers frozen is ``plastic_layers = false``, and a network that has it is thawed by an empty mask."""
    network = network_of(variant)
    fixed = replace(network, plastic_layers=False)
    assert Settings.of(fixed) == replace(Settings.of(network), frozen=all_layers(network))
    samples, labels = stimulus(network)
    for ours, settings, theirs in (
        (network, Settings.of(fixed), fixed),
        (fixed, Settings.of(network), network),
    ):
        under, plain = FastNetwork(ours), FastNetwork(theirs)
        outcomes = under.run_many(samples, labels, True, SHIFTS, settings=settings)
        np.testing.assert_array_equal(outcomes.updated, plain.run_many(samples, labels, True, SHIFTS).updated)
        assert_same_state(plain.state, under.state)


@pytest.mark.parametrize("frozen", range(16))
def test_what_is_frozen_keeps_its_state_and_the_rest_learns(frozen: int) -> None:
    network = network_of("three dense layers")
    settings = replace(Settings.of(network), frozen=frozen)
    samples, labels = stimulus(network)
    engine = FastNetwork(network)
    outcomes = engine.run_many(samples, labels, True, SHIFTS, settings=settings)
    before, after = parts(State.initial(network), network), parts(engine.state, network)
    for part, (old, new) in enumerate(zip(before, after, strict=True)):
        changed = [bool(np.any(was != now)) for was, now in zip(old, new, strict=True) if np.size(was)]
        assert changed == [not settings.freezes(part)] * len(changed), f"part {part}"
    assert outcomes.updated.any() == (frozen != 15), "nothing is updated where everything is frozen"
    assert settings.freezes_all(network) == (frozen == 15)


def test_prototypes_may_be_frozen_with_their_layers() -> None:
    network = network_of("prototypes")
    samples, labels = stimulus(network)
    engine = FastNetwork(network)
    everything = replace(Settings.of(network), frozen=7)
    outcomes = engine.run_many(samples, labels, True, SHIFTS, settings=everything)
    assert not outcomes.updated.any() and engine.state.digest() == State.initial(network).digest()
    with pytest.raises(ConfigurationError, match="readout_rule 'prototype' needs all layers frozen: what prototypes"):
        engine.run_many(samples, labels, True, SHIFTS, settings=replace(everything, frozen=6))


def test_a_teacher_is_absent_where_everything_is_frozen() -> None:
    network, trace = network_of("two layers"), SampleTrace()
    samples, labels = stimulus(network)
    settings = replace(Settings.of(network), frozen=7, margin=255)
    ReferenceNetwork(network).run(samples[0], int(labels[0]), learn=True, shifts=SHIFTS, settings=settings, trace=trace)
    assert trace.errors is None and trace.modulators is None


def test_a_margin_beyond_every_lead_is_never_content() -> None:
    """The lead is exact, so that a margin that no lead can reach needs no format of its own."""
    network = network_of("two layers")
    largest = network.readout_limit * network.readout_fan_in * network.layers * network.steps * network.population
    assert replace(network, margin=255).margin_potential > 2 * largest
    samples, labels = stimulus(network)
    found = Counter(
        {
            margin: int(
                FastNetwork(network)
                .run_many(samples, labels, True, SHIFTS, settings=replace(Settings.of(network), margin=margin))
                .updated.sum()
            )
            for margin in (0, 2, 255)
        }
    )
    assert found[0] < found[2] < found[255] == len(samples)


def test_every_setting_has_a_register_that_holds_its_legal_values() -> None:
    network = network_of("three dense layers")
    assert SETTINGS == tuple(field.name for field in fields(Settings)) == tuple(Settings.of(network).values())
    forms, limits = setting_formats(network), legal(network)
    assert tuple(forms) == tuple(limits) == SETTINGS
    ranges = {name: rule for name, (_, rule) in declared(Network).items()}
    for name in SETTINGS[:-1]:
        assert limits[name] == ranges[name] == declared(Settings)[name][1], "the ranges of the network's fields"
        assert forms[name].high >= limits[name].high > forms[name].high // 2
    assert (limits["frozen"].high, forms["frozen"].bits) == (15, 4)


@pytest.mark.parametrize(
    ("parts", "frozen"), [((), 0), ((0,), 1), ((2, 0), 5), (("readout",), 8), (("readout", 1), 10)]
)
def test_what_is_frozen_has_names(parts: tuple[int | str, ...], frozen: int) -> None:
    network = network_of("three dense layers")
    assert frozen_of(parts, network) == frozen
    assert sorted(map(str, frozen_parts(frozen, network))) == sorted(map(str, parts))


@pytest.mark.parametrize("part", [3, -1, "layer", "", "1"])
def test_refuses_to_freeze_what_is_not_there(part: int | str) -> None:
    with pytest.raises(ConfigurationError, match=rf"frozen must name layers 0\.\.2 or readout, not {part!r}"):
        frozen_of([part], network_of("three dense layers"))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (dict(margin=256), r"margin must be an integer in 0\.\.255, not 256"),
        (dict(leak_shift=0), r"leak_shift must be an integer in 1\.\.12, not 0"),
        (dict(leak_shift=13), r"leak_shift must be an integer in 1\.\.12, not 13"),
        (dict(homeostasis_gain=-1), r"homeostasis_gain must be an integer in 0\.\.255, not -1"),
        (dict(homeostasis_decay=4096), r"homeostasis_decay must be an integer in 0\.\.4095, not 4096"),
        (dict(frozen=True), r"frozen must be an integer in 0\.\.511, not True"),
        (dict(frozen=8), "frozen must be at most 7 with 2 layers, not 8"),
    ],
)
def test_illegal_settings_are_refused_in_a_sentence(change: dict[str, Any], sentence: str) -> None:
    network = network_of("two layers")
    samples, labels = stimulus(network)
    for model in (FastNetwork(network).run_many, ReferenceNetwork(network).run):
        sample = (samples, labels) if isinstance(model.__self__, FastNetwork) else (samples[0], int(labels[0]))
        with pytest.raises(UserError, match=sentence):
            model(*sample, learn=True, shifts=SHIFTS, settings=replace(Settings.of(network), **change))


def test_an_adjustable_chip_is_that_of_all_networks_that_differ_in_settings_alone() -> None:
    tiny = preset_named("tiny")
    assert built_digest(tiny) == tiny.network.digest
    adjustable = replace(tiny, hardware=replace(tiny.hardware, adjustable=True))

    def digest(**fields: Any) -> str:
        return built_digest(replace(adjustable, network=replace(tiny.network, **fields)))

    assert digest() == digest(**OTHER) == digest(plastic_layers=False) != tiny.network.digest
    assert len({digest(), digest(seed=5), digest(threshold_bits=7), digest(rounding="plain")}) == 4
    prototypes = dict(plastic_layers=False, readout_rule="prototype", pre_bits=2)
    assert digest(**prototypes) == digest(**prototypes, **OTHER) != digest()


def test_settings_are_no_dictionary() -> None:
    with pytest.raises(ConfigurationError, match="settings must be Settings, not dict"):
        settled(Settings.of(network_of("ring")).values(), network_of("ring"))  # type: ignore[arg-type]
