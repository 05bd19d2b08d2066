"""Checkpoints: exact round trip, no write that destroys the previous one, one sentence for each refusal."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from golden.engine.network import FastNetwork
from golden.spec.errors import UserError
from golden.spec.presets import preset_named
from golden.state import State
from golden.system import writing
from golden.training import checkpoint
from golden.training.checkpoint import Progress, load, read_progress, save

NETWORK = preset_named("tiny").network
PROGRESS = Progress(
    "tiny", NETWORK.seed, "digits", 3, 300, (8, 7), {"layer_shift": 8}, ({"epoch": 1, "rates": [0.25]},)
)


def trained() -> State:
    """A state that differs from the initial one everywhere."""
    state = State.initial(NETWORK)
    for array in state.arrays():
        array += 1
    return state


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "run" / "checkpoint"
    save(place, NETWORK, trained(), PROGRESS)
    return place


def test_round_trip(folder: Path) -> None:
    state, progress = load(folder, NETWORK)
    assert (state.digest(), progress) == (trained().digest(), PROGRESS)
    for expected, got in zip(trained().arrays(), state.arrays(), strict=True):
        assert expected.dtype == got.dtype
        np.testing.assert_array_equal(expected, got)
    assert read_progress(folder) == PROGRESS
    assert sorted(path.name for path in folder.parent.iterdir()) == ["checkpoint"]


def test_engine_views_are_saved_whole(tmp_path: Path) -> None:
    engine = FastNetwork(NETWORK, trained())
    save(tmp_path / "c", NETWORK, engine.state, PROGRESS)
    assert load(tmp_path / "c", NETWORK)[0].digest() == trained().digest()


def test_equal_states_give_equal_bytes(folder: Path, tmp_path: Path) -> None:
    save(tmp_path / "again", NETWORK, trained(), PROGRESS)
    for name in (checkpoint.STATE_FILE, checkpoint.DESCRIPTION_FILE):
        assert (folder / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_replaces_the_previous_one(folder: Path) -> None:
    save(folder, NETWORK, State.initial(NETWORK), replace(PROGRESS, epoch=4))
    state, progress = load(folder, NETWORK)
    assert (state.digest(), progress.epoch) == (State.initial(NETWORK).digest(), 4)


@pytest.mark.parametrize("stop", range(6))
def test_an_interrupted_write_keeps_a_checkpoint(folder: Path, monkeypatch: pytest.MonkeyPatch, stop: int) -> None:
    """Stop after each operation on the file system in turn; the next write then succeeds."""
    done = 0

    def counted(operation: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **named: Any) -> Any:
            nonlocal done
            if done == stop:
                raise KeyboardInterrupt
            done += 1
            return operation(*arguments, **named)

        return run

    with monkeypatch.context() as patch:
        patch.setattr(np, "savez", counted(np.savez))
        patch.setattr(Path, "rename", counted(Path.rename))
        patch.setattr(Path, "write_text", counted(Path.write_text))
        patch.setattr(writing, "flush", counted(writing.flush))
        with pytest.raises(KeyboardInterrupt):
            save(folder, NETWORK, State.initial(NETWORK), replace(PROGRESS, epoch=4))
    assert checkpoint.exists(folder)
    assert load(folder, NETWORK)[1].epoch == 3
    save(folder, NETWORK, State.initial(NETWORK), replace(PROGRESS, epoch=4))
    assert load(folder, NETWORK)[1].epoch == 4
    assert [path.name for path in folder.parent.iterdir()] == ["checkpoint"]


def test_stopped_between_the_renames(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rename = Path.rename

    def second_fails(path: Path, target: Path) -> Path:
        if path.name.endswith(".new"):
            raise KeyboardInterrupt
        return rename(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", second_fails)
        with pytest.raises(KeyboardInterrupt):
            save(folder, NETWORK, State.initial(NETWORK), replace(PROGRESS, epoch=4))
    assert not folder.exists()
    assert load(folder, NETWORK)[0].digest() == trained().digest()


def test_refuses_to_replace_anything_else(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(UserError, match="holds files that are not a checkpoint; choose another folder"):
        save(tmp_path, NETWORK, trained(), PROGRESS)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_unwritable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"cannot be written \(.*\); choose another folder"):
        save(tmp_path / "file" / "checkpoint", NETWORK, trained(), PROGRESS)


def test_missing(tmp_path: Path) -> None:
    assert not checkpoint.exists(tmp_path / "none")
    with pytest.raises(UserError, match="there is no checkpoint at .*none; train first or name another folder"):
        load(tmp_path / "none", NETWORK)


def test_other_network(folder: Path) -> None:
    other = replace(NETWORK, seed=2)
    with pytest.raises(
        UserError, match=f"belongs to network {NETWORK.digest}, not {other.digest}; use preset 'tiny' with seed 1"
    ):
        load(folder, other)


def edit(folder: Path, **changes: Any) -> None:
    path = folder / checkpoint.DESCRIPTION_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_other_version(folder: Path) -> None:
    edit(folder, format=99)
    with pytest.raises(UserError, match="has format 99, but this version reads 2; train again"):
        load(folder, NETWORK)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 2}', '{"format": 2, "progress": {"epoch": 1}}'])
def test_damaged_description(folder: Path, text: str) -> None:
    (folder / checkpoint.DESCRIPTION_FILE).write_text(text)
    with pytest.raises(UserError, match="is damaged: checkpoint.json cannot be read; restore a copy or train again"):
        load(folder, NETWORK)


def test_missing_description(folder: Path) -> None:
    (folder / checkpoint.DESCRIPTION_FILE).unlink()
    with pytest.raises(UserError, match="is damaged: checkpoint.json cannot be read; restore a copy or train again"):
        load(folder, NETWORK)


def test_missing_digest_in_the_description(folder: Path) -> None:
    edit(folder, state_sha256=None)
    with pytest.raises(UserError, match="is damaged: checkpoint.json cannot be read"):
        load(folder, NETWORK)


def test_changed_state(folder: Path) -> None:
    content = bytearray((folder / checkpoint.STATE_FILE).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / checkpoint.STATE_FILE).write_bytes(content)
    with pytest.raises(UserError, match="is damaged: the checksum of state.npz differs; restore a copy or train again"):
        load(folder, NETWORK)


def test_missing_state(folder: Path) -> None:
    (folder / checkpoint.STATE_FILE).unlink()
    with pytest.raises(UserError, match="is damaged: state.npz cannot be read; restore a copy or train again"):
        load(folder, NETWORK)


@pytest.mark.parametrize("keep", [0, 10, 1000])
def test_truncated_archive(folder: Path, keep: int) -> None:
    """Also when somebody has made the checksum fit."""
    path = folder / checkpoint.STATE_FILE
    path.write_bytes(path.read_bytes()[:keep])
    edit(folder, state_sha256=checkpoint._sha256(path))
    with pytest.raises(UserError, match="is damaged: state.npz cannot be read; restore a copy or train again"):
        load(folder, NETWORK)


@pytest.mark.parametrize(
    "arrays",
    [
        {},
        checkpoint._named(State.initial(NETWORK)) | {"readout": np.zeros(3, np.int16)},
        checkpoint._named(State.initial(NETWORK)) | {"readout": np.array([None])},
    ],
    ids=["empty", "other shape", "pickled"],
)
def test_foreign_archive(folder: Path, arrays: dict[str, Any]) -> None:
    np.savez(folder / checkpoint.STATE_FILE, **arrays)
    edit(folder, state_sha256=checkpoint._sha256(folder / checkpoint.STATE_FILE))
    with pytest.raises(UserError, match="is damaged: state.npz cannot be read; restore a copy or train again"):
        load(folder, NETWORK)


def test_state_of_another_checkpoint(folder: Path) -> None:
    np.savez(folder / checkpoint.STATE_FILE, **checkpoint._named(State.initial(NETWORK)))
    edit(folder, state_sha256=checkpoint._sha256(folder / checkpoint.STATE_FILE))
    with pytest.raises(UserError, match="is damaged: the digest of the state differs; restore a copy or train again"):
        load(folder, NETWORK)
