"""A comparison goes on only with what it was made of; samples that agreed are not lost, and prove nothing of others."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from golden.data.datasets import Dataset, load
from golden.engine.network import FastNetwork
from golden.spec.errors import UserError
from golden.spec.presets import preset_named
from golden.state import State
from golden.training.order import epoch_order
from sim.backends.interface import Backend
from sim.compare import record
from sim.compare.comparison import compare
from sim.compare.record import CHECKPOINT, DESCRIPTION

TINY = preset_named("tiny")


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load("digits")


@pytest.fixture
def backend(modelled: Any) -> Backend:
    found: Backend = modelled(TINY)
    return found


def test_goes_on_with_the_same(backend: Backend, digits: Dataset, tmp_path: Path) -> None:
    whole = compare(backend, digits, samples=9)
    assert compare(backend, digits, samples=4, folder=tmp_path).samples == 4
    rest = compare(backend, digits, samples=9, folder=tmp_path)
    assert (rest.samples, rest.resumed_samples, rest.digest) == (9, 4, whole.digest)
    described = json.loads((tmp_path / DESCRIPTION).read_text())
    assert described["subject"]["gateware"] == "modelled-0"
    assert described["subject"]["start_samples"] == 0
    assert described["difference"] is None


def test_samples_that_are_all_compared_step_by_step_are_kept(backend: Backend, digits: Dataset, tmp_path: Path) -> None:
    compare(backend, digits, samples=2, folder=tmp_path)
    assert compare(backend, digits, samples=3, folder=tmp_path).resumed_samples == 2


def test_a_difference_is_not_passed_over(modelled: Any, digits: Dataset, tmp_path: Path) -> None:
    """From the samples before it, one that does not repeat would be taken for none."""

    def once(number: int, _: object, state: State) -> int:
        state.readout[0, 0] += number == 20
        return 0

    found = compare(modelled(TINY, once), digits, samples=40, folder=tmp_path, every=10)
    divergence = found.first_divergence
    assert divergence is not None and not divergence.repeats
    sentence = re.escape(f"{tmp_path} holds a comparison that found a difference ({divergence}); choose another folder")
    with pytest.raises(UserError, match=f"^{sentence}$"):
        compare(modelled(TINY, once), digits, samples=40, folder=tmp_path, every=10)


def test_a_change_meanwhile_is_refused(
    backend: Backend, modelled: Any, digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare(backend, digits, samples=4, folder=tmp_path)

    def refused(words: str, changed: Backend, data: Dataset = digits, **options: Any) -> None:
        sentence = f"^{tmp_path} holds a comparison of {words}; choose another folder$"
        with pytest.raises(UserError, match=sentence):
            compare(changed, data, samples=30, folder=tmp_path, **options)

    other = modelled(TINY)
    other.product = "modelled-1"
    refused("other gateware or another simulator", other)
    refused("other hardware parameters", modelled(replace(TINY, hardware=replace(TINY.hardware, tick_lanes=1))))
    refused("another network", modelled(replace(TINY, network=replace(TINY.network, margin=TINY.network.margin + 1))))
    samples = digits.train_samples.copy()
    samples[-1, -1] ^= 1
    refused("other data", backend, replace(digits, train_samples=samples))
    engine = FastNetwork(TINY.network)
    order = epoch_order(TINY.network.seed, 0, 20)
    engine.run_many(digits.train_samples[order], digits.train_labels[order], True, TINY.training.shifts(0))
    refused("another start", backend, limit=20, start=(engine.state, 20))
    monkeypatch.setattr(record, "model_digest", lambda: "0" * 64)
    refused("another golden model", backend)
    refused("other gateware or another simulator and another golden model", other)


def test_a_comparison_that_does_not_say_what_of_is_refused(backend: Backend, digits: Dataset, tmp_path: Path) -> None:
    """As earlier versions left them."""
    compare(backend, digits, samples=4, folder=tmp_path)
    (tmp_path / DESCRIPTION).write_text('{"network": 4}')
    with pytest.raises(UserError, match=f"{DESCRIPTION} is damaged .*; choose another folder"):
        compare(backend, digits, samples=9, folder=tmp_path)
    (tmp_path / DESCRIPTION).unlink()
    with pytest.raises(UserError, match="holds a comparison that does not say what of; choose another folder"):
        compare(backend, digits, samples=9, folder=tmp_path)


def test_before_the_first_samples_nothing_binds(
    backend: Backend, modelled: Any, digits: Dataset, tmp_path: Path
) -> None:
    backend.interrupt_at = 0  # type: ignore[attr-defined]
    with pytest.raises(KeyboardInterrupt):
        compare(backend, digits, samples=4, folder=tmp_path)
    assert (tmp_path / DESCRIPTION).is_file() and not (tmp_path / CHECKPOINT).exists()
    other = modelled(TINY)
    other.product = "modelled-1"
    assert compare(other, digits, samples=4, folder=tmp_path).resumed_samples == 0
    assert json.loads((tmp_path / DESCRIPTION).read_text())["subject"]["gateware"] == "modelled-1"


@pytest.mark.parametrize("number", [1, 300])
def test_an_interruption_loses_nothing_that_agreed(
    number: int, backend: Backend, modelled: Any, digits: Dataset, tmp_path: Path
) -> None:
    """Long before the first write: it used to begin from the start again."""
    backend.interrupt_at = number  # type: ignore[attr-defined]
    with pytest.raises(KeyboardInterrupt):
        compare(backend, digits, samples=310, folder=tmp_path)
    rest = compare(modelled(TINY), digits, samples=310, folder=tmp_path)
    assert rest.equal and rest.resumed_samples == (1 if number == 1 else 258)
    engine = FastNetwork(TINY.network)
    order = epoch_order(TINY.network.seed, 0, len(digits.train_labels))[:310]
    engine.run_many(digits.train_samples[order], digits.train_labels[order], True, TINY.training.shifts(0))
    assert rest.digest == engine.state.digest()


def test_a_folder_that_cannot_be_written_is_refused_at_once(backend: Backend, digits: Dataset, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    backend.interrupt_at = 0  # type: ignore[attr-defined]
    with pytest.raises(UserError, match=r"file.*cannot be written"):
        compare(backend, digits, samples=4, folder=tmp_path / "file")
