"""Whatever is wrong with a file is answered by a sentence that names file and place, and allocates nothing."""

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

from golden.data.files import load_own
from golden.spec.data import Data
from golden.spec.errors import UserError
from tests.support.files import COUNT, FEATURES, LABELS, idx, lines, savez


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
