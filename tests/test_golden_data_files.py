"""Files of one's own: every format gives the same samples, labels and parts."""

from __future__ import annotations

import gzip
import math
from pathlib import Path

import numpy as np

from golden.data.files import OwnDataset, load_own, read
from golden.data.split import stratified
from golden.spec.config import Preset
from golden.spec.data import Data
from golden.spec.generator import Generator
from golden.spec.hardware import Hardware
from golden.spec.network import Network
from golden.spec.training import Training
from golden.training.train import train
from tests.support.files import COUNT, EVENTS, FEATURES, LABELS, PIXELS, SERIES, idx, lines, offsets, rows, savez

# --- every format


def static_files(folder: Path) -> dict[str, Data]:
    """The same features in every format that can hold them."""
    table = [",".join(map(str, row)) for row in FEATURES]
    lines(folder / "plain.csv", *(f"{row},{label}" for row, label in zip(table, LABELS, strict=True)))
    lines(
        folder / "named.csv",
        '"kind of thing",a,b,id,c,d',
        *(f'"{label}",{a},{b},x{a}y,{c},"{d}"' for (a, b, c, d), label in zip(FEATURES, LABELS, strict=True)),
    )
    swapped = (row.replace(",", ";").replace(";", ",0;") for row in table)
    lines(
        folder / "comma.csv",
        *(f"{label};{row}" for row, label in zip(swapped, LABELS, strict=True)),
    )
    lines(folder / "blanks.txt", *(f"{r.replace(',', '  ')} {y} \n" for r, y in zip(table, LABELS, strict=True)))
    lines(folder / "tabs.tsv", *(f"{y}\t" + r.replace(",", "\t") for r, y in zip(table, LABELS, strict=True)))
    (folder / "plain.csv.gz").write_bytes(gzip.compress(b"\xef\xbb\xbf" + (folder / "plain.csv").read_bytes()))
    lines(
        folder / "own.ts",
        "# a comment",
        "@problemName own",
        "@classLabel true 1 2 3",
        "@data",
        *(f"{row}:{label}" for row, label in zip(table, LABELS, strict=True)),
    )
    np.save(folder / "x.npy", FEATURES)
    np.save(folder / "columns.npy", np.asfortranarray(FEATURES.astype(">f4")))
    np.save(folder / "y.npy", LABELS)
    (folder / "x-idx2-ubyte").write_bytes(idx(FEATURES))
    (folder / "x.idx.gz").write_bytes(gzip.compress(idx(FEATURES.reshape(COUNT, 2, 2).astype(np.float32))))
    (folder / "y.idx").write_bytes(idx(LABELS.astype(np.int16)))
    savez(folder / "own.npz", x=FEATURES, y=LABELS)
    savez(folder / "other.npz", data=FEATURES.reshape(COUNT, 2, 2), labels=LABELS.reshape(-1, 1).astype(float), more=1)
    np.savez_compressed(folder / "packed.npz", features=FEATURES, targets=LABELS.astype("S3"), label_names=["a"])
    rows_of = {"sample": offsets([[0] * 2] * COUNT)}
    savez(folder / "steps.npz", samples=FEATURES.reshape(-1, 2), offsets=rows_of["sample"], labels=LABELS)
    return {
        "plain.csv": Data("plain.csv"),
        "named.csv": Data("named.csv", label="kind of thing", ignore=("id",)),
        "numbered.csv": Data("named.csv", label="0", ignore=("-3",)),
        "comma.csv": Data("comma.csv", label="0"),
        "blanks.txt": Data("blanks.txt"),
        "tabs.tsv": Data("tabs.tsv", label="-5", header="no"),
        "plain.csv.gz": Data("plain.csv.gz"),
        "own.ts": Data("own.ts"),
        "npy": Data("x.npy", train_labels="y.npy"),
        "npy by columns": Data("columns.npy", train_labels="y.npy"),
        "idx": Data("x-idx2-ubyte", train_labels="y.idx"),
        "idx.gz and npy": Data("x.idx.gz", train_labels="y.npy"),
        "npz": Data("own.npz"),
        "npz of images": Data("other.npz"),
        "npz of bytes": Data("packed.npz"),
        "npz of steps": Data("steps.npz"),
    }


def test_every_format_gives_the_same_features(tmp_path: Path) -> None:
    digests = set()
    for name, data in static_files(tmp_path).items():
        samples, test = read(data, tmp_path)
        assert test is None and samples.values.tolist() == FEATURES.tolist(), name
        assert [float(label) for label in samples.labels] == LABELS.tolist(), name
        own = load_own(data, tmp_path)
        assert own.class_names == ("1", "2", "3") and own.classes == 3 and own.inputs == 4 and own.steps is None, name
        digests.add((own.digest, own.encoder.digest))
    assert len(digests) == 1


def series_files(folder: Path) -> dict[str, Data]:
    texts = [":".join(",".join(map(str, channel)) for channel in sample.T) for sample in SERIES]
    lines(
        folder / "own.ts",
        "@equalLength false",
        "@classlabel true 1 2 3",
        "@data",
        *map(":".join, zip(texts, map(str, LABELS), strict=True)),
    )
    padded = [np.concatenate((sample, np.full((9 - len(sample), 2), math.nan))) for sample in SERIES]
    filled = [":".join(",".join(map(str, channel)) for channel in sample.T).replace("nan", "?") for sample in padded]
    lines(
        folder / "padded.ts",
        "@dimensions 2",
        "@seriesLength 9",
        "@equalLength True",
        "% more",
        "@data",
        *map(":".join, zip(filled, map(str, LABELS), strict=True)),
    )
    savez(folder / "flat.npz", samples=rows(SERIES), offsets=offsets(SERIES), labels=LABELS)
    savez(folder / "owned.npz", x=rows(SERIES), sample=np.repeat(np.arange(COUNT), list(map(len, SERIES))), y=LABELS)
    savez(folder / "padded.npz", x=np.array(padded), y=LABELS)
    np.save(folder / "x.npy", np.array(padded))
    np.save(folder / "y.npy", LABELS)
    table = [f"s{i},{a},{b},{LABELS[i]}" for i, sample in enumerate(SERIES) for a, b in sample]
    lines(folder / "long.csv", *table)
    lines(folder / "named.csv", "recording,left,right,label", *table)
    return {
        "ts": Data("own.ts", encoder="thresholds"),
        "ts with gaps at the end": Data("padded.ts", encoder="thresholds"),
        "npz with offsets": Data("flat.npz", encoder="thresholds"),
        "npz with a sample a row": Data("owned.npz", encoder="thresholds"),
        "npz with gaps at the end": Data("padded.npz", encoder="thresholds"),
        "npy": Data("x.npy", train_labels="y.npy", encoder="thresholds"),
        "long.csv": Data("long.csv", encoder="thresholds", sample="0"),
        "named.csv": Data("named.csv", encoder="thresholds", sample="recording", label="label"),
    }


def test_every_format_gives_the_same_series(tmp_path: Path) -> None:
    digests = set()
    for name, data in series_files(tmp_path).items():
        samples, _ = read(data, tmp_path)
        assert samples.lengths.tolist() == list(map(len, SERIES)), name
        assert (samples.values == rows(SERIES)).all(), name
        own = load_own(data, tmp_path)
        assert own.train_samples.shape[1:] == (7, 8) and own.steps == 7 and own.inputs == 8, name
        digests.add((own.digest, own.encoder.digest))
    assert len(digests) == 1


def test_a_row_is_a_series_of_one_channel(tmp_path: Path) -> None:
    lines(tmp_path / "own.tsv", "a\t1\t2\t3", "b\t3\t1\tNaN", "a\t5\t6\t", "b\t7\t7\t7", "a\t5\t6\t2", "b\t7\t7\t8")
    samples, _ = read(Data("own.tsv", label="0", encoder="crossings"), tmp_path)
    assert samples.lengths.tolist() == [3, 2, 2, 3, 3, 3] and samples.values[3:5, 0].tolist() == [3, 1]
    np.save(tmp_path / "x.npy", np.arange(8).reshape(4, 2))
    np.save(tmp_path / "y.npy", ["a", "b", "a", "b"])
    samples, _ = read(Data("x.npy", train_labels="y.npy", encoder="crossings"), tmp_path)
    assert samples.values.T.tolist() == [[*range(8)]] and samples.lengths.tolist() == [2] * 4


def event_files(folder: Path) -> dict[str, Data]:
    flat, counts = rows(EVENTS), offsets(EVENTS)
    owners = np.repeat(np.arange(COUNT), np.diff(counts))
    shuffled = np.random.default_rng(6).permutation(len(flat))
    fields = np.array([tuple(event) for event in flat.tolist()], dtype=[("time", "<i8"), ("unit", "u2")])
    heard = np.array([(*event, 1) for event in flat.tolist()], dtype=[("t", "<f4"), ("x", "<i4"), ("p", "i1")])
    savez(folder / "columns.npz", events=flat, offsets=counts, labels=LABELS)
    savez(folder / "shuffled.npz", events=flat[shuffled], sample=owners[shuffled], labels=LABELS)
    savez(folder / "fields.npz", events=fields, offsets=counts, labels=LABELS)
    savez(folder / "heard.npz", events=heard, offsets=counts, labels=LABELS)
    savez(folder / "apart.npz", t=flat[:, 0] / 1000, channel=flat[:, 1], offsets=counts, y=LABELS)
    table = [f"{owner},{t},{c},{LABELS[owner]}" for owner, (t, c) in zip(owners, flat, strict=True)]
    lines(folder / "plain.csv", *table, *table[:3])  # some are repeated
    named = ["label,channel,note,sample,t"]
    for owner, (t, c) in zip(owners, flat, strict=True):
        named.append(f"{LABELS[owner]},{c},-1,{owner},{t}")
    lines(folder / "named.csv", *named)
    return {
        "columns": Data("columns.npz", encoder="time-bins", steps=10),
        "shuffled": Data("shuffled.npz", encoder="time-bins", steps=10),
        "fields": Data("fields.npz", encoder="time-bins", steps=10),
        "heard": Data("heard.npz", encoder="time-bins", steps=10),
        "apart": Data("apart.npz", encoder="time-bins", steps=10),
        "plain.csv": Data("plain.csv", encoder="time-bins", steps=10),
        "named.csv": Data("named.csv", encoder="time-bins", steps=10, label="label"),
    }


def test_every_format_gives_the_same_events(tmp_path: Path) -> None:
    digests = set()
    for name, data in event_files(tmp_path).items():
        samples, _ = read(data, tmp_path)
        assert samples.columns == ("t", "channel") and samples.path.name == data.train, name
        if name in ("columns", "fields", "heard"):
            assert (samples.values == rows(EVENTS)).all(), name
        own = load_own(data, tmp_path)
        assert own.train_samples.shape[1:] == (10, 5), name
        if name != "apart":  # in thousands, whose ticks are rounded
            digests.add((own.digest, own.encoder.digest))
    assert len(digests) == 1


def test_events_of_pixels(tmp_path: Path) -> None:
    flat, counts = rows(PIXELS), offsets(PIXELS)
    dtype = np.dtype([("x", "<i2"), ("y", "<i2"), ("t", "<i8"), ("p", "?")])  # as Tonic has them
    fields = np.array([(x, y, t, p) for t, x, y, p in flat.tolist()], dtype=dtype)
    savez(tmp_path / "fields.npz", events=fields, offsets=counts, labels=LABELS)
    savez(tmp_path / "columns.npz", events=flat, offsets=counts, labels=LABELS)
    own = [load_own(Data(f"{name}.npz", encoder="time-bins", steps=10), tmp_path) for name in ("fields", "columns")]
    assert own[0].digest == own[1].digest and own[0].inputs == 2 * 5 * 5
    samples, _ = read(Data("fields.npz", encoder="time-bins", steps=10), tmp_path)
    assert samples.columns == ("t", "p", "y", "x") and samples.values[:, [0, 3, 2, 1]].tolist() == flat.tolist()


def test_parts_in_one_file_and_in_two(tmp_path: Path) -> None:
    parts = {"x_train": FEATURES[:9], "y_train": LABELS[:9], "x_test": FEATURES[9:], "y_test": LABELS[9:]}
    savez(tmp_path / "one.npz", **parts, x_val=FEATURES[:1], y_val=LABELS[:1])
    savez(
        tmp_path / "named.npz",
        train_samples=FEATURES[:9],
        train_labels=LABELS[:9],
        test_samples=FEATURES[9:],
        test_labels=LABELS[9:],
    )
    savez(tmp_path / "a.npz", x=FEATURES[:9], y=LABELS[:9])
    savez(tmp_path / "b.npz", x=FEATURES[9:], y=LABELS[9:])
    for name in ("x_train", "y_train", "x_test", "y_test"):
        np.save(tmp_path / f"{name}.npy", parts[name])
    pair = Data("x_train.npy", test="x_test.npy", train_labels="y_train.npy", test_labels="y_test.npy")
    examples = [
        load_own(data, tmp_path)
        for data in (
            Data("one.npz"),
            Data("named.npz"),
            Data("a.npz", test="b.npz"),
            Data("a.npz", test="one.npz"),
            pair,
        )
    ]
    assert len({own.digest for own in examples}) == 1
    assert examples[0].train_labels.tolist() == [0, 1, 2] * 3 and len(examples[0].test_samples) == 3


def test_labels_are_numbered_in_order(tmp_path: Path) -> None:
    def names(*labels: str) -> tuple[tuple[str, ...], list[int]]:
        lines(tmp_path / "own.csv", *(f"{i},{label}" for i, label in enumerate([*labels, *labels])))
        own = load_own(Data("own.csv", test="own.csv", header="no"), tmp_path)
        return own.class_names, own.train_labels[: len(labels)].tolist()

    assert names("10", "9", "-1") == (("-1", "9", "10"), [2, 1, 0])
    assert names("1", "2.0", "02", "1.0") == (("1", "2"), [0, 1, 1, 0])
    assert names("0.5", "10", "2") == (("0.5", "2", "10"), [0, 2, 1])
    assert names("b", "a ", "10") == (("10", "a", "b"), [2, 1, 0])
    assert names("1_2", "1_1", "3") == (("1_1", "1_2", "3"), [1, 0, 2])
    assert names("True", "False") == (("False", "True"), [1, 0])


def test_the_split_is_as_specified() -> None:
    labels = np.array([0] * 10 + [1] * 3 + [2], dtype=np.uint8)
    training, test = stratified(labels, 25, 7)
    order = list(range(14))
    Generator(7, 0).shuffle(order)
    zeros, ones = ([i for i in order if labels[i] == label] for label in (0, 1))
    taken = {*zeros[:3], ones[0]}
    assert test == [i for i in order if i in taken] and training == [i for i in order if i not in taken]
    assert stratified(labels, 90, 7)[0] != training
    assert sorted(labels[stratified(labels, 90, 7)[0]]) == [0, 1, 2]


def test_nothing_is_learned_from_the_test_part(tmp_path: Path) -> None:
    savez(tmp_path / "a.npz", x_train=FEATURES, y_train=LABELS, x_test=FEATURES, y_test=LABELS)
    savez(tmp_path / "b.npz", x_train=FEATURES, y_train=LABELS, x_test=99 - 1.0 * FEATURES, y_test=LABELS)
    one, other = (load_own(Data(name), tmp_path) for name in ("a.npz", "b.npz"))
    assert one.encoder == other.encoder and (one.train_samples == other.train_samples).all()
    assert (one.test_samples != other.test_samples).any()
    split = load_own(Data("a.npz", test="b.npz"), tmp_path)
    assert split.digest == other.digest


def test_missing_values_are_filled_when_asked(tmp_path: Path) -> None:
    lines(tmp_path / "own.csv", "a,b,label", "1,2,x", "?,4,y", "3,,x", "5,6,y", "7,8,x", "9,9,y")
    own = load_own(Data("own.csv", test="own.csv", missing="fill", encoder="range"), tmp_path)
    levels = own.train_samples.tolist()
    assert levels[1][0] == levels[3][0] and levels[2][1] == levels[3][1]  # the medians of 1 3 5 7 9 and 2 4 6 8 9


def test_a_network_learns_own_data(tmp_path: Path) -> None:
    values = np.random.default_rng(1).normal(0, 1, (400, 4))
    lines(tmp_path / "own.csv", *(",".join(map(str, row)) + (",yes" if row[0] > row[1] else ",no") for row in values))
    own = load_own(Data("own.csv"), tmp_path)
    assert isinstance(own, OwnDataset) and own.class_names == ("no", "yes")
    shape = own.encoder.shape
    network = Network(
        inputs=shape.inputs,
        classes=own.classes,
        neurons=32,
        steps=shape.steps,
        encoder=shape.encoder,
        modulators=2,
        input_amplitude=100,
    )
    preset = Preset("own", "own", own.name, network, Hardware(), Training(epochs=10))
    assert train(preset, own).history[-1].test_accuracy > 0.8
