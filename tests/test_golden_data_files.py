"""Files of one's own: every format gives the same samples, and what is wrong is answered by a sentence."""

from __future__ import annotations

import gzip
import io
import math
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from golden.data.files import OwnDataset, load_own, read
from golden.data.split import stratified
from golden.spec.config import Preset
from golden.spec.data import Data
from golden.spec.errors import UserError
from golden.spec.generator import Generator
from golden.spec.hardware import Hardware
from golden.spec.network import Network
from golden.spec.training import Training
from golden.training.train import train

rng = np.random.default_rng(5)
COUNT = 12
FEATURES = rng.integers(0, 200, (COUNT, 4)).astype(np.uint8)
LABELS = np.arange(COUNT) % 3 + 1  # classes 1, 2, 3
SERIES = [np.round(rng.normal(0, 1, (length, 2)), 3) for length in (5, 3, 7, 4) * 3]
EVENTS = [
    sorted((int(t), int(c)) for t, c in zip(rng.integers(0, 90, 9), rng.integers(0, 5, 9), strict=True))
    for _ in range(COUNT)
]
PIXELS = [[(t, c, 4 - c, t % 2) for t, c in sample] for sample in EVENTS]  # t, x, y, p


def offsets(samples: list) -> np.ndarray:
    return np.cumsum([0, *map(len, samples)])


def rows(samples: list) -> np.ndarray:
    return np.concatenate([np.array(sample) for sample in samples])


def idx(array: np.ndarray) -> bytes:
    code = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}[array.dtype.str[1:]]
    head = bytes((0, 0, code, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.astype(array.dtype.newbyteorder(">")).tobytes()


def savez(path: Path, **arrays: object) -> None:
    np.savez(path, **{name: np.asarray(array) for name, array in arrays.items()})


def lines(path: Path, *texts: str) -> None:
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")


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
    shuffled = rng.permutation(len(flat))
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


# --- what is wrong is said in a sentence


def npy(header: str, content: bytes = b"", length: int | None = None) -> bytes:
    text = header.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text) if length is None else length) + text + content


HUGE = "{'descr': '<f8', 'fortran_order': False, 'shape': (1000, 1250000)}"  # 10 GB


def zipped(path: Path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def raw(array: object) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.asarray(array), allow_pickle=True)
    return stream.getvalue()


def table(*texts: str) -> Callable[[Path], Data]:
    return lambda folder: lines(folder / "own.csv", *texts) or Data("own.csv")


def with_data(data: Data, make: Callable[[Path], object]) -> Callable[[Path], Data]:
    def example(folder: Path) -> Data:
        make(folder)
        return data

    return example


def csv_with(data: Data, *texts: str) -> Callable[[Path], Data]:
    return with_data(data, lambda folder: lines(folder / data.train, *texts))


def npz_with(data: Data, **arrays: object) -> Callable[[Path], Data]:
    return with_data(data, lambda folder: savez(folder / data.train, **arrays))


def pair(samples: bytes, labels: bytes = raw(LABELS), name: str = "x.npy") -> Callable[[Path], Data]:
    def make(folder: Path) -> None:
        (folder / name).write_bytes(samples)
        (folder / "y.npy").write_bytes(labels)

    return with_data(Data(name, train_labels="y.npy"), make)


def ts(*texts: str, encoder: str = "thresholds") -> Callable[[Path], Data]:
    return csv_with(Data("own.ts", encoder=encoder), *texts)


BINS = Data("own.npz", encoder="time-bins", steps=10)
TABLE_BINS = Data("own.csv", encoder="time-bins", steps=10)
OWN = Data("own.npz")
THRESHOLDS = Data("own.npz", encoder="thresholds")

MALFORMED: dict[str, tuple[Callable[[Path], Data], str]] = {
    "no file": (with_data(Data("own.csv"), lambda _: None), r"own.csv does not exist; name a file"),
    "a folder": (with_data(Data("own.csv"), lambda f: (f / "own.csv").mkdir()), r"own.csv is a folder, not a file"),
    "unknown format": (csv_with(Data("own.xls"), "1"), r"own.xls is of no format that can be read; those are"),
    # tables
    "empty table": (table(), r"own.csv is empty"),
    "header alone": (table("a,b,label"), r"own.csv has no samples"),
    "short row": (table("1,2,a", "3,4,b", "", "5,b"), r"own.csv, line 4 has 2 columns where line 1 has 3"),
    "long row": (table("a,b,label", "1,2,x", "1,2,3,y"), r"own.csv, line 3 has 4 columns where line 1 has 3"),
    "not a number": (table("a,b,label", "1,2,x", "1,red,y"), r"own.csv, line 3: column 'b' is 'red', not a number"),
    "missing value": (table("a,b,label", "1,2,x", ",2,y"), r"own.csv, line 3: column 'a' is missing.*missing = 'fill'"),
    "NaN": (table("1,2,x", "1,nan,y"), r"own.csv, line 2: column 1 is missing"),
    "infinite": (table("1,2,x", "1,-inf,y"), r"own.csv, line 2: column 1 is infinite"),
    "missing label": (table("1,2,x", "1,3,y", "2,3,"), r"own.csv, line 3: the label is missing"),
    "one class": (table("1,2,x", "1,3,x"), r"own.csv has one class only, 'x'"),
    "measurement as label": (
        table(*(f"1,{i / 7}" for i in range(99))),
        r"has 99 different labels \(0, .*up to 64 classes",
    ),
    "no such label": (
        csv_with(Data("own.csv", label="kind"), "a,sort", "1,x"),
        r"no column 'kind' for label; its columns are a, sort",
    ),
    "no such number": (csv_with(Data("own.csv", label="7"), "1,2"), r"no column '7' for label; its columns are 0..1"),
    "name twice": (csv_with(Data("own.csv", label="a"), "a,a", "1,x"), r"2 columns 'a'; give label by number"),
    "label alone": (table("x", "y"), r"no columns beside the label; is the separator right"),
    "open quote": (table("1,x", '2,"y', "3,z"), r"own.csv, line 3 cannot be divided into columns"),
    "not UTF-8": (
        with_data(Data("own.csv"), lambda f: (f / "own.csv").write_bytes(b"1,a\n2,\xe4\n")),
        r"own.csv, line 2 is not text in UTF-8",
    ),
    "doubtful header": (
        table("0,1,species", "5,6,1", "7,8,0"),
        r"line 1 may be a header or a sample of class 'species'",
    ),
    "one sample a class": (table("1,x", "2,y"), r"own.csv has too few samples \(2\) for a test part"),
    "class of the test only": (
        with_data(
            Data("a.csv", test="b.csv"), lambda f: (lines(f / "a.csv", "1,x", "2,y"), lines(f / "b.csv", "1,x", "2,z"))
        ),
        r"b.csv, line 2: class 'z' is not in the training part, which has x, y",
    ),
    "columns of the test": (
        with_data(
            Data("a.csv", test="b.csv"), lambda f: (lines(f / "a.csv", "1,x", "2,y"), lines(f / "b.csv", "1,1,x"))
        ),
        r"b.csv has 2 features or channels where the training part has 1",
    ),
    "levels too high": (
        csv_with(Data("own.csv", encoder="levels"), "1,x", "2,x", "16,y", "3,y"),
        r"own.csv, line 3: feature 0 is 16",
    ),
    "labels beside a table": (csv_with(Data("own.csv", train_labels="y.npy"), "1,x"), r"leave out train_labels"),
    "sample for levels": (csv_with(Data("own.csv", sample="0"), "1,2,x"), r"takes a row of .*own.csv as a sample"),
    "two classes of a sample": (
        csv_with(Data("own.csv", encoder="thresholds", sample="0"), "7,1,x", "8,1,y", "7,2,y"),
        r"own.csv, line 3: sample '7' is of class 'y', but of class 'x' in line 1",
    ),
    # events
    "negative time in a table": (
        csv_with(TABLE_BINS, "sample,t,channel,label", "0,5,1,a", "0,-3,1,a"),
        r"own.csv, line 3: t is -3, a negative time",
    ),
    "half a channel": (
        csv_with(TABLE_BINS, "0,5,1,a", "0,3,1.5,a"),
        r"own.csv, line 2: channel is 1.5 where an address counts from 0",
    ),
    "no time": (csv_with(TABLE_BINS, "sample,when,channel,label", "0,5,1,a"), r"own.csv has no columns t and channel"),
    "missing time": (csv_with(TABLE_BINS, "0,?,1,a"), r"own.csv, line 1: t is missing"),
    "five columns of events": (csv_with(TABLE_BINS, "0,5,1,1,1,1,a"), r"has 5 columns beside sample and label"),
    "negative time": (
        npz_with(BINS, events=[[1, 2], [3, 4], [-5, 0]], offsets=[0, 1, 3], labels=[0, 1]),
        r"own.npz, index 1, row 1: t is -5, a negative time.*origin = 'first-event'",
    ),
    "negative channel": (
        npz_with(BINS, events=[[1, -2]], offsets=[0, 1], labels=[0]),
        r"index 0, row 0: channel is -2",
    ),
    "time of infinity": (
        npz_with(BINS, events=[[math.inf, 2]], offsets=[0, 1], labels=[0]),
        r"index 0, row 0: t is infinite",
    ),
    "no offsets": (npz_with(BINS, events=[[1, 2]], labels=[0]), r"does not say which rows belong to which sample"),
    "wrong offsets": (
        npz_with(BINS, events=[[1, 2]], offsets=[0, 2], labels=[0]),
        r"do not rise from 0 to 1, the number",
    ),
    "falling offsets": (
        npz_with(BINS, events=[[1, 2]] * 3, offsets=[0, 2, 1, 3], labels=[0, 1, 2]),
        r"do not rise from 0 to 3",
    ),
    "events of no sample": (
        npz_with(BINS, events=[[1, 2]] * 2, sample=[0, 9], labels=[0, 1]),
        r"row 1: sample 9 has no label",
    ),
    "frames as events": (
        npz_with(BINS, x=np.ones((2, 5, 3)), y=[0, 1]),
        r"events of shape \(2, 5, 3\).*encoder spikes",
    ),
    "channel of the test only": (
        with_data(
            Data("a.npz", test="b.npz", encoder="time-bins", steps=9),
            lambda f: [
                savez(f / f"{name}.npz", events=[[1, 0], [2, top]], offsets=[0, 1, 2], y=[0, 1])
                for name, top in (("a", 3), ("b", 4))
            ],
        ),
        r"b.npz, index 1: channel is 4 where the training part has 0..3; set extents",
    ),
    # arrays
    "no labels": (npz_with(OWN, x=FEATURES), r"own.npz has no labels; its arrays must be named x and y"),
    "no samples": (npz_with(OWN, y=LABELS), r"own.npz has no samples"),
    "other names": (npz_with(OWN, arr_0=FEATURES, arr_1=LABELS), r"no arrays named x and y .*, but arr_0, arr_1"),
    "two of a kind": (
        npz_with(OWN, x=FEATURES, images=FEATURES, y=LABELS),
        r"arrays x and images, and both may be the samples",
    ),
    "fewer labels": (npz_with(OWN, x=FEATURES, y=LABELS[:5]), r"own.npz has 12 samples, but 5 labels"),
    "labels one-hot": (npz_with(OWN, x=FEATURES, y=np.eye(12)), r"labels of type float64 and shape \(12, 12\)"),
    "complex": (npz_with(OWN, x=FEATURES * 1j, y=LABELS), r"samples of type complex128, not numbers"),
    "label NaN": (npz_with(OWN, x=FEATURES, y=LABELS * math.nan), r"own.npz, index 0: the label is missing"),
    "value NaN": (
        npz_with(THRESHOLDS, x=[[[1, 2], [3, math.nan], [5, 6]]] * 2, y=[0, 1]),
        r"own.npz, index 0, row 1: channel 1 is missing",
    ),
    "one axis": (
        npz_with(OWN, x=LABELS, y=LABELS),
        r"samples of shape \(12,\) where the encoder needs \(samples, features\)",
    ),
    "no rows": (npz_with(OWN, x=np.zeros((0, 3)), y=[]), r"own.npz has no samples"),
    "no rows beside offsets": (npz_with(THRESHOLDS, x=[], y=[0, 1] * 2, offsets=[0] * 5), r"has no sample of 1 values"),
    "spikes of 2": (
        npz_with(Data("own.npz", encoder="spikes"), x=FEATURES.reshape(COUNT, 4, 1), y=LABELS),
        r"own.npz, index \d+: channel 0 has .*spikes are 0 or 1",
    ),
    "objects": (
        with_data(
            OWN,
            lambda f: zipped(
                f / "own.npz", {"x.npy": raw(np.array([[1], [1, 2]], dtype=object)), "y.npy": raw([0, 1])}
            ),
        ),
        r"own.npz, array x holds Python objects, which only pickle reads",
    ),
    "objects in npy": (pair(raw(np.array([{}], dtype=object))), r"x.npy holds Python objects"),
    "not a zip": (with_data(OWN, lambda f: (f / "own.npz").write_bytes(b"PK\3\4 no")), r"own.npz cannot be read"),
    "zip cut off": (
        with_data(
            OWN,
            lambda f: (
                savez(f / "a.npz", x=FEATURES, y=LABELS),
                (f / "own.npz").write_bytes((f / "a.npz").read_bytes()[:300]),
            ),
        ),
        r"own.npz cannot be read",
    ),
    "npz that claims 10 GB": (
        with_data(OWN, lambda f: zipped(f / "own.npz", {"x.npy": npy(HUGE), "y.npy": raw(LABELS)})),
        r"own.npz, array x promises 10000000000 bytes and has 0",
    ),
    "npy that claims 10 GB": (pair(npy(HUGE)), r"x.npy promises 10000000000 bytes and has 0"),
    "npy with a huge header": (
        pair(b"\x93NUMPY\x02\x00" + struct.pack("<I", 4_000_000_000) + b"{}"),
        r"x.npy does not start like an array of NumPy",
    ),
    "npy of a negative size": (
        pair(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, -1)}", bytes(8))),
        r"x.npy promises 8 bytes and has 8",
    ),
    "npy cut off": (pair(raw(FEATURES)[:-1]), r"x.npy promises 48 bytes and has 47"),
    "npy of nothing": (pair(b""), r"x.npy does not start like an array"),
    "npy with an open bracket": (pair(npy("{'descr': '<f8', 'shape': (")), r"x.npy does not start like an array"),
    "npy that runs code": (pair(npy("__import__('os').abort()")), r"x.npy does not start like an array"),
    "no labels beside npy": (
        with_data(Data("x.npy"), lambda f: np.save(f / "x.npy", FEATURES)),
        r"name the file of their labels with train_labels",
    ),
    "labels in a table": (
        with_data(
            Data("x.npy", train_labels="y.csv"), lambda f: (np.save(f / "x.npy", FEATURES), lines(f / "y.csv", "1"))
        ),
        r"y.csv is neither .npy nor idx",
    ),
    # idx
    "idx that claims 10 GB": (
        pair(b"\0\0\x0e\2" + struct.pack(">2I", 1000, 1250000), name="x.idx"),
        r"x.idx has at most 12 bytes where its header promises 10000000012",
    ),
    "idx.gz that claims 10 GB": (
        pair(gzip.compress(b"\0\0\x0e\2" + struct.pack(">2I", 1000, 1250000)), name="x.idx.gz"),
        r"x.idx.gz has at most \d+ bytes where its header promises 10000000012",
    ),
    "idx too long": (
        pair(idx(FEATURES) + b"x", name="x.idx"),
        r"x.idx has 61 or more bytes where its header promises 60",
    ),
    "idx too short": (
        pair(idx(FEATURES)[:-1], name="x.idx"),
        r"x.idx has at most 59 bytes where its header promises 60",
    ),
    "not idx": (pair(b"hello", name="x.idx"), r"x.idx does not start like an idx file"),
    "gzip damaged": (pair(gzip.compress(idx(FEATURES))[:-9], name="x.idx.gz"), r"x.idx.gz cannot be read"),
    # ts
    "ts without @data": (ts("@problemName x", "1,2:a"), r"own.ts, line 2: there is no @data before the first sample"),
    "ts without samples": (ts("@problemName x", "@data"), r"own.ts has no samples after @data"),
    "ts with times": (ts("@timestamps true", "@data", "(0,1):a"), r"own.ts, line 1 says @timestamps true"),
    "ts of a regression": (ts("@targetlabel true", "@data", "1,2:0.5"), r"own.ts, line 1 says @targetlabel true"),
    "ts without classes": (ts("@classLabel false", "@data", "1,2"), r"own.ts, line 1 says @classLabel false"),
    "ts without a class": (ts("@data", "1,2"), r"own.ts, line 2 has no ':' before the class"),
    "ts of another class": (
        ts("@classLabel true a b", "@data", "1:a", "2:c"),
        r"own.ts, line 4: class 'c' is not among",
    ),
    "ts of another dimension": (ts("@data", "1:2:a", "1:a"), r"own.ts, line 3 has 1 channels where 2 are expected"),
    "ts against @dimensions": (ts("@dimensions 3", "@data", "1:2:a"), r"own.ts, line 3 has 2 channels where 3"),
    "ts of unequal channels": (ts("@data", "1,2:1:a"), r"own.ts, line 2 has channels of 1 and of 2 values"),
    "ts against @seriesLength": (
        ts("@equalLength true", "@seriesLength 3", "@data", "1,2:a"),
        r"line 4 has 2 values where @seriesLength says 3",
    ),
    "ts with words": (ts("@data", "1,two:a"), r"own.ts, line 2: 'two' is neither a number nor \?"),
    "ts with a gap": (ts("@data", "1,?,3:a"), r"own.ts, line 2: a value of channel 0 is missing"),
    "ts of infinity": (ts("@data", "1,inf,3:a"), r"own.ts, line 2: a value of channel 0 is infinite"),
    "ts as levels": (
        ts("@data", "1,2:a", "1:b", encoder="range"),
        r"line 3: the sample has 1 steps where the first has 2",
    ),
    "ts as events": (
        csv_with(Data("own.ts", encoder="time-bins", steps=9), "@data", "1,2:a"),
        r"own.ts has series, not events",
    ),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_file_is_answered_by_a_sentence(tmp_path: Path, name: str) -> None:
    make, sentence = MALFORMED[name]
    data = make(tmp_path)
    with pytest.raises(UserError, match=sentence) as caught:
        load_own(data, tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", [name for name in MALFORMED if "claims" in name or "huge" in name])
def test_a_claim_allocates_nothing(tmp_path: Path, name: str) -> None:
    data = MALFORMED[name][0](tmp_path)
    tracemalloc.start()
    try:
        with pytest.raises(UserError):
            load_own(data, tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 1 << 22
    finally:
        tracemalloc.stop()


def test_a_zip_may_not_lie_about_sizes(tmp_path: Path) -> None:
    zipped(tmp_path / "own.npz", {"x.npy": npy(HUGE), "y.npy": raw(LABELS)})
    content = bytearray((tmp_path / "own.npz").read_bytes())
    directory = content.rindex(b"PK\1\2", 0, content.rindex(b"PK\1\2"))
    struct.pack_into("<I", content, directory + 24, 4_000_000_000)
    (tmp_path / "own.npz").write_bytes(content)
    with pytest.raises(UserError, match=r"own.npz, array x promises 4000000000 bytes, more than it can hold"):
        load_own(Data("own.npz"), tmp_path)
