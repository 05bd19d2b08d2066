"""Checkpoints: exact round trip, no write that destroys the previous one, one sentence for each refusal."""

from __future__ import annotations

import io
import json
import re
import tracemalloc
import zipfile
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from golden.data.encoders.choice import from_document
from golden.data.encoders.fixed_point import FixedPoint
from golden.data.encoders.levels import QuantileEncoder
from golden.engine.network import FastNetwork
from golden.spec.errors import UserError
from golden.spec.presets import preset_named
from golden.spec.topology import topology
from golden.state import State, existing
from golden.system import writing
from golden.system.sources import model_digest
from golden.training import checkpoint
from golden.training.checkpoint import Progress, load, read_code, read_progress, save
from golden.training.metrics import EpochMetrics

NETWORK = preset_named("tiny").network
METRICS = EpochMetrics(1, 0.5, 0.625, 1.0, (0.25, 0.125), 1234.5, "0123456789abcdef", ("layer 0 is nearly silent",))
PROGRESS = Progress("tiny", NETWORK.seed, "digits", 3, 300, (8, 7), {"layer_shift": 8}, (METRICS,))


def trained() -> State:
    """A state that differs from the initial one everywhere."""
    state, drawn = State.initial(NETWORK), topology(NETWORK)
    for weights, targets in zip((*state.weights, state.readout), (*drawn.layers, drawn.readout), strict=True):
        weights += existing(targets, weights.shape[1])
    for array in (*state.thresholds, state.generators):
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


def test_keeps_the_fitted_encoder_and_the_classes(tmp_path: Path) -> None:
    encoder = QuantileEncoder(FixedPoint((3, -2), (0, -7), (9, 4), (2, 1)), ((1, 5), ()))
    own = replace(PROGRESS, encoder=encoder.to_document(), class_names=("no", "yes"))
    save(tmp_path / "c", NETWORK, trained(), own)
    progress = read_progress(tmp_path / "c")
    assert progress == own and from_document(progress.encoder) == encoder


def test_older_ones_without_an_encoder_are_read(folder: Path) -> None:
    path = folder / checkpoint.DESCRIPTION_FILE
    progress = json.loads(path.read_text())["progress"]
    edit(folder, progress={name: progress[name] for name in progress if name not in ("encoder", "class_names")})
    assert load(folder, NETWORK)[1] == PROGRESS


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


def forge(folder: Path, change: Callable[[State], object]) -> None:
    """Change the state and make all digests fit."""
    state = trained()
    change(state)
    np.savez(folder / checkpoint.STATE_FILE, **checkpoint._named(state))
    digest = f"{state.digest():016x}"
    edit(folder, state_digest=digest, state_sha256=checkpoint._sha256(folder / checkpoint.STATE_FILE))


def put(array: Callable[[State], Any], place: tuple[int, ...], value: int) -> Callable[[State], None]:
    return lambda state: array(state).__setitem__(place, value)


ABSENT = tuple(np.argwhere(~existing(topology(NETWORK).layers[0], NETWORK.neurons))[0].tolist())
UNLINKED = tuple(np.argwhere(~existing(topology(NETWORK).readout, NETWORK.readouts))[0].tolist())


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (put(lambda s: s.weights[1], (2, 3), 300), "weights of layer 1 must be in -15..15, not 300 at [2, 3]"),
        (put(lambda s: s.weights[1], (2, 3), -16), "weights of layer 1 must be in -15..15, not -16 at [2, 3]"),
        (
            put(lambda s: s.weights[0], ABSENT, 1),
            f"weights of layer 0 must be 0 where there is no synapse, not 1 at {[*ABSENT]}",
        ),
        (put(lambda s: s.readout, (0, 1), 16), "readout weights must be in -15..15, not 16 at [0, 1]"),
        (
            put(lambda s: s.readout, UNLINKED, -1),
            f"readout weights must be 0 where there is no synapse, not -1 at {[*UNLINKED]}",
        ),
        (put(lambda s: s.thresholds[0], (5,), 4095), "thresholds of layer 0 must be in 4096..49152, not 4095 at [5]"),
        (put(lambda s: s.thresholds[1], (5,), 49153), "thresholds of layer 1 must be in 4096..49152, not 49153 at [5]"),
        (put(lambda s: s.thresholds[1], (5,), -1), "thresholds of layer 1 must be in 4096..49152, not -1 at [5]"),
        (put(lambda s: s.generators, (2,), 0), "rounding generators must be in 1..4294967295, not 0 at [2]"),
    ],
)
def test_values_beyond_the_formats_of_the_network(
    folder: Path, change: Callable[[State], object], sentence: str
) -> None:
    """Evaluation computed with them, and a comparison blamed the gateware."""
    forge(folder, lambda _: None)
    load(folder, NETWORK)
    forge(folder, change)
    with pytest.raises(UserError, match=re.escape(f"is damaged: {sentence}; restore a copy or train again")):
        load(folder, NETWORK)


def edit_progress(folder: Path, **changes: Any) -> None:
    path = folder / checkpoint.DESCRIPTION_FILE
    edit(folder, progress=json.loads(path.read_text())["progress"] | changes)


ENTRY: dict[str, Any] = json.loads(json.dumps(asdict(METRICS)))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (dict(recipe=[]), "progress.recipe: expected object, got array"),
        (dict(recipe={"layer_shift": None}), "progress.recipe[...]: expected int | str | array, got null"),
        (dict(history=[{}]), "progress.history[0]: object missing required field epoch"),
        (dict(history={}), "progress.history: expected array, got object"),
        (
            dict(history=[ENTRY | {"train_accuracy": "1"}]),
            "progress.history[0].train_accuracy: expected float, got str",
        ),
        (dict(history=[ENTRY | {"test_accuracy": 1.5}]), "progress.history[0].test_accuracy: expected float <= 1.0"),
        (dict(history=[ENTRY | {"loss": 1}]), "progress.history[0].loss: there is no such field"),
        (dict(history=[ENTRY | {"warnings": [1]}]), "progress.history[0].warnings[0]: expected str, got int"),
        (dict(epoch=1.0), "progress.epoch: expected int, got float"),
        (dict(epoch=True), "progress.epoch: expected int, got bool"),
        (dict(epoch=-1), "progress.epoch: expected int >= 0"),
        (dict(seed=1 << 32), "progress.seed: expected int <= 4294967295"),
        (dict(samples_seen="300"), "progress.samples_seen: expected int, got str"),
        (dict(shifts=[8]), "progress.shifts: expected array of length 2"),
        (dict(shifts=[8, 13]), "progress.shifts[1]: expected int <= 12"),
        (dict(preset=None), "progress.preset: expected str, got null"),
        (dict(encoder=[]), "progress.encoder: expected object | null, got array"),
        (dict(class_names=[1]), "progress.class_names[0]: expected str, got int"),
        (dict(colour="red"), "progress.colour: there is no such field"),
    ],
)
def test_progress_keeps_to_its_schema(folder: Path, changes: dict[str, Any], reason: str) -> None:
    edit_progress(folder, **changes)
    for read in (lambda: load(folder, NETWORK), lambda: read_progress(folder)):
        with pytest.raises(UserError, match=f"checkpoint.json cannot be read; .* {re.escape(f'({reason})')}$"):
            read()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (dict(format="2"), "format: expected int, got str"),
        (dict(format=2.0), "format: expected int, got float"),
        (dict(network_digest="short"), "network_digest: expected str matching regex"),
        (dict(state_digest=7), "state_digest: expected str, got int"),
        (dict(progress=[]), "progress: expected object, got array"),
        (dict(code=7), "code: expected str | null, got int"),
        (dict(more={}), "more: there is no such field"),
    ],
)
def test_description_keeps_to_its_schema(folder: Path, changes: dict[str, Any], reason: str) -> None:
    """Format "2" was refused since this version reads 2."""
    edit(folder, **changes)
    with pytest.raises(UserError, match=f"checkpoint.json cannot be read; .* \\({re.escape(reason)}"):
        load(folder, NETWORK)


@pytest.mark.parametrize("text", ['{"format": 2, "progress": NaN}', "[" * 100_000, "\ufeff{}"])
def test_text_that_is_no_document(folder: Path, text: str) -> None:
    (folder / checkpoint.DESCRIPTION_FILE).write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match="is damaged: checkpoint.json cannot be read; restore a copy or train again"):
        load(folder, NETWORK)


def test_history_of_another_number_of_layers(folder: Path) -> None:
    edit_progress(folder, history=[ENTRY | {"firing_rates": [0.5]}])
    with pytest.raises(UserError, match="is damaged: its history is not of 2 layers; restore a copy or train again"):
        load(folder, NETWORK)


def test_a_folder_without_a_checkpoint(tmp_path: Path) -> None:
    """It was called damaged."""
    (tmp_path / "notes.txt").write_text("mine")
    assert not checkpoint.exists(tmp_path)
    for read in (lambda: load(tmp_path, NETWORK), lambda: read_progress(tmp_path)):
        with pytest.raises(UserError, match="there is no checkpoint at .*; train first or name another folder"):
            read()


def replaced_state(folder: Path, content: bytes) -> None:
    (folder / checkpoint.STATE_FILE).write_bytes(content)
    edit(folder, state_sha256=checkpoint._sha256(folder / checkpoint.STATE_FILE))


def npy(array: Any, **header: Any) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, np.lib.format.header_data_from_array_1_0(array) | header)
    return buffer.getvalue() + array.tobytes()


def archive_with(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    arrays = {name: npy(array) for name, array in checkpoint._named(State.initial(NETWORK)).items()} | members
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in arrays.items():
            archive.writestr(f"{name}.npy", content)
    return buffer.getvalue()


READOUT = State.initial(NETWORK).readout


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (npy(READOUT), "File is not a zip file"),
        (npy(READOUT, shape=(10 << 40,)), "File is not a zip file"),
        (archive_with(readout=npy(READOUT, shape=(10 << 40,))), "array 'readout' is <i2 (10995116277760,), not int16"),
        (archive_with(readout=npy(READOUT, descr="<f2")), "array 'readout' is <f2"),
        (archive_with(readout=npy(READOUT) + bytes(64 << 20)), "array 'readout' has not the"),
        (archive_with(more=npy(READOUT)), "it holds 'more' besides"),
    ],
    ids=["bare", "bare and huge", "huge", "floats", "bomb", "more"],
)
def test_archives_that_lie(folder: Path, content: bytes, reason: str) -> None:
    """A header that claims 10 TB costs nothing: it is held against the network before data is read."""
    replaced_state(folder, content)
    tracemalloc.start()
    try:
        with pytest.raises(UserError, match=f"is damaged: state.npz cannot be read; .* {re.escape('(' + reason)}"):
            load(folder, NETWORK)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_a_state_of_10_terabytes(folder: Path) -> None:
    with (folder / checkpoint.STATE_FILE).open("wb") as file:
        file.truncate(10 << 40)
    with pytest.raises(UserError, match=r"is damaged: state.npz cannot be read; .* \(it has more than [\d,]+ bytes\)"):
        load(folder, NETWORK)


def test_names_the_code_that_wrote_it(folder: Path) -> None:
    assert read_code(folder) == model_digest()
    path = folder / checkpoint.DESCRIPTION_FILE
    older = json.loads(path.read_text())
    del older["code"]
    path.write_text(json.dumps(older))
    assert read_code(folder) is None
    assert load(folder, NETWORK)[1] == PROGRESS


def test_columns_first_are_saved_as_well(tmp_path: Path) -> None:
    state = trained()
    state.readout = np.asfortranarray(state.readout)
    save(tmp_path / "c", NETWORK, state, PROGRESS)
    assert load(tmp_path / "c", NETWORK)[0].digest() == trained().digest()
