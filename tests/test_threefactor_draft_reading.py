"""Files are read as what they look like, and get an encoder that takes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from golden.data.files import load_own
from golden.spec.data import Data
from golden.spec.errors import UserError
from threefactor.draft.encoding import chosen
from threefactor.draft.inspection import inspected

random = np.random.default_rng(3)
COUNT = 12
LABELS = np.arange(COUNT) % 3


def table(folder: Path) -> Data:
    rows = [f"{a:.3f},{b:.3f},{label}" for (a, b), label in zip(random.normal(0, 1, (COUNT, 2)), LABELS, strict=True)]
    (folder / "t.csv").write_text("\n".join(["width,height,class", *rows]) + "\n")
    return Data("t.csv")


def few_values(folder: Path) -> Data:
    rows = [f"{a},{b},{label}" for (a, b), label in zip(random.integers(0, 3, (COUNT, 2)), LABELS, strict=True)]
    (folder / "t.csv").write_text("\n".join(rows) + "\n")
    return Data("t.csv")


def gaps(folder: Path) -> Data:
    rows = [f"{a:.3f},{'' if i == 3 else i},{LABELS[i]}" for i, a in enumerate(random.normal(0, 1, COUNT))]
    (folder / "t.csv").write_text("\n".join(rows) + "\n")
    return Data("t.csv")


def long_table(folder: Path) -> Data:
    rows = [f"{i},{random.normal():.3f},{LABELS[i]}" for i in range(COUNT) for _ in range(5 + i)]
    (folder / "t.csv").write_text("\n".join(["sample,value,class", *rows]) + "\n")
    return Data("t.csv")


def event_table(folder: Path) -> Data:
    rows = [f"{i},{t},{random.integers(5)},{LABELS[i]}" for i in range(COUNT) for t in range(0, 3000, 100)]
    (folder / "t.csv").write_text("\n".join(["sample,t,channel,class", *rows]) + "\n")
    return Data("t.csv")


def levels(folder: Path) -> Data:
    np.savez(folder / "x.npz", x=random.integers(0, 16, (COUNT, 4)), y=LABELS)
    return Data("x.npz")


def images(folder: Path) -> Data:
    np.save(folder / "x.npy", random.integers(0, 256, (COUNT, 8, 8)).astype(np.uint8))
    np.save(folder / "y.npy", LABELS)
    return Data("x.npy", train_labels="y.npy")


def colours(folder: Path) -> Data:
    np.savez(folder / "x.npz", x=random.integers(0, 256, (COUNT, 4, 4, 3)), y=LABELS)
    return Data("x.npz")


def recordings(folder: Path) -> Data:
    np.savez(folder / "x.npz", x=random.normal(0, 1, (COUNT, 300, 4)), y=LABELS)
    return Data("x.npz")


def spikes(folder: Path) -> Data:
    np.savez(folder / "x.npz", x=random.integers(0, 2, (COUNT, 20, 6)), y=LABELS)
    return Data("x.npz")


def structured(folder: Path) -> Data:
    events = [[(100 * t, t % 7) for t in range(5 + i)] for i in range(COUNT)]
    flat = np.array([event for sample in events for event in sample], dtype=[("t", "i8"), ("channel", "u2")])
    np.savez(folder / "x.npz", events=flat, offsets=np.cumsum([0, *map(len, events)]), labels=LABELS)
    return Data("x.npz")


def event_columns(folder: Path) -> Data:
    events = [[(t, t % 7) for t in range(5 + i)] for i in range(COUNT)]
    flat = np.array([event for sample in events for event in sample])
    np.savez(folder / "x.npz", events=flat, offsets=np.cumsum([0, *map(len, events)]), labels=LABELS)
    return Data("x.npz")


def short_series(folder: Path) -> Data:
    return _series(folder, [9] * COUNT)


def uneven_series(folder: Path) -> Data:
    return _series(folder, range(5, 5 + COUNT))


def _series(folder: Path, lengths: object) -> Data:
    lines = [
        ":".join([",".join(f"{v:.3f}" for v in random.normal(0, 1, n)), str(y)])
        for n, y in zip(lengths, LABELS, strict=True)
    ]  # type: ignore[call-overload]
    (folder / "x.ts").write_text("\n".join(["@classLabel true 0 1 2", "@data", *lines]) + "\n")
    return Data("x.ts")


@pytest.mark.parametrize(
    ("make", "kind", "encoder", "inputs", "steps"),
    [
        (table, "static", "quantiles", 2, None),
        (few_values, "static", "range", 2, None),
        (gaps, "static", "quantiles", 2, None),
        (levels, "static", "levels", 4, None),
        (images, "static", "range", 64, None),
        (colours, "static", "range", 48, None),
        (short_series, "series", "quantiles", 9, None),
        (uneven_series, "series", "thresholds", 4, 16),
        (long_table, "series", "thresholds", 4, 16),
        (recordings, "series", "thresholds", 16, 100),
        (spikes, "series", "spikes", 6, 20),
        (event_table, "events", "time-bins", 5, 64),
        (structured, "events", "time-bins", 7, 64),
        (event_columns, "events", "time-bins", 7, 16),
    ],
)
def test_a_file_is_read_as_what_it_looks_like(
    tmp_path: Path, make: Callable[[Path], Data], kind: str, encoder: str, inputs: int, steps: int | None
) -> None:
    found = inspected(make(tmp_path), tmp_path)
    assert found.samples.kind == kind and found.classes == {"0": 4, "1": 4, "2": 4}
    data = chosen(found.data, found.samples)
    assert data.encoder == encoder and (data.missing == "fill") == (found.missing > 0)
    dataset = load_own(data, tmp_path)
    assert (dataset.inputs, dataset.steps) == (inputs, steps)


def test_says_what_is_in_events(tmp_path: Path) -> None:
    found = inspected(event_columns(tmp_path), tmp_path)
    assert (found.width, found.shortest, found.longest, found.missing) == (7, 5, 16, 0)
    assert found.zeros == pytest.approx(3 / (7 * COUNT))  # 5 and 6 events reach 5 and 6 of 7 addresses


def test_an_encoder_that_is_asked_for_is_taken(tmp_path: Path) -> None:
    found = inspected(short_series(tmp_path), tmp_path, "crossings")
    data = chosen(found.data, found.samples, "crossings")
    assert load_own(data, tmp_path).train_samples.shape[1:] == (9, 2)


def test_bad_files_are_answered_by_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist; name a file of samples"):
        inspected(Data("none.csv"), tmp_path)
    (tmp_path / "one.csv").write_text("1,2,a\n3,4,a\n")
    with pytest.raises(UserError, match="has one class only, 'a'"):
        inspected(Data("one.csv"), tmp_path)
    (tmp_path / "many.csv").write_text("".join(f"{i},{i}\n" for i in range(65)))
    with pytest.raises(UserError, match="has 65 different labels"):
        inspected(Data("many.csv"), tmp_path)
    np.save(tmp_path / "x.npy", np.zeros((4, 4)))
    with pytest.raises(UserError, match="has samples without labels; name the file of their labels"):
        inspected(Data("x.npy"), tmp_path)
