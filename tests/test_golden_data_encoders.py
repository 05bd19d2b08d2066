"""Encoders of own data against scalar code written from SPEC.md, value by value."""

from __future__ import annotations

import itertools
import json
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from golden.data.encoders.choice import ENCODERS, fit, from_document
from golden.data.samples import Samples, grouped
from golden.spec.data import EVENTS, KINDS, SERIES, STATIC, Data
from golden.spec.errors import UserError
from golden.spec.network import Network

PATH = Path("own.csv")
TOP = 65535


# --- the specification, in exact fractions


def scaled(value: float, shift: int) -> int:
    return round(Fraction(value) * Fraction(2) ** shift)  # Fraction rounds half to even


class Codes:
    def __init__(self, training: list[float]) -> None:
        known = [value for value in training if not math.isnan(value)] or [0.0]
        low, high = min(known), max(known)
        largest = max(abs(Fraction(low)), abs(Fraction(high)))
        self.shift = next(
            s
            for s in range(1000, -1001, -1)
            if largest * Fraction(2) ** s <= 2**52 and scaled(high, s) - scaled(low, s) <= TOP
        )
        self.offset = scaled(low, self.shift)
        self.top = scaled(high, self.shift) - self.offset
        codes = sorted(self.code(value) for value in training if not math.isnan(value))
        self.median = codes[(len(codes) - 1) // 2] if codes else 0

    def code(self, value: float) -> int:
        return min(max(scaled(value, self.shift) - self.offset, 0), self.top)

    def filled(self, values: list[float]) -> list[int]:
        codes, last = [], self.median
        for value in values:
            last = last if math.isnan(value) else self.code(value)
            codes.append(last)
        return codes


def cut(codes: list[int], parts: int) -> list[int]:
    x = sorted(codes)
    places = [i for i in range(1, len(x)) if x[i - 1] < x[i]]
    if not places:
        return [TOP] * (parts - 1)
    nearest = [min(places, key=lambda i: (abs(i - k * len(x) // parts), i)) for k in range(1, parts)]
    return [(x[i - 1] + x[i]) // 2 for i in nearest]


def range_levels(column: list[float], values: list[float]) -> list[int]:
    codes = Codes(column)
    return [16 * codes.filled([value])[0] // (codes.top + 1) for value in values]


def quantile_levels(column: list[float], values: list[float]) -> list[int]:
    codes = Codes(column)
    thresholds = {c for c in cut([codes.code(v) for v in column if not math.isnan(v)], 16) if c != TOP}
    count = len(thresholds)
    if not count:
        return [0] * len(values)
    return [(15 * sum(codes.filled([v])[0] > c for c in thresholds) + count // 2) // count for v in values]


def stepped(codes: list[int], group: int, steps: int) -> list[int]:
    means = [sum(codes[i : i + group]) // group for i in range(0, len(codes) - group + 1, group)]
    return means[:steps]


def series_spikes(encoder: str, data: Data, training: list[list[list[float]]], sample: list[list[float]]) -> set:
    """Pairs (step, axon) of a sample, a list of channels of equal length."""
    channels, group = len(sample), data.values_per_step
    steps = data.steps or max(len(s[0]) // group for s in training)
    spikes = set()
    for c in range(channels):
        codes = Codes([value for s in training for value in s[c]])
        values = stepped(codes.filled(sample[c]), group, steps)
        if encoder == "thresholds":
            seen = [code for s in training for code in stepped(codes.filled(s[c]), group, steps)]
            for q, threshold in enumerate(cut(seen, data.thresholds + 1)):
                spikes |= {(t, q * channels + c) for t, code in enumerate(values) if code > threshold}
        else:
            r, delta = codes.median, max(1, codes.top // data.crossings)
            for t, code in enumerate(values):
                if code - r >= delta:
                    spikes.add((t, c))
                    r += delta
                elif r - code >= delta:
                    spikes.add((t, channels + c))
                    r -= delta
    return spikes


# --- data of every kind

rng = np.random.default_rng(13)
COLUMNS = {
    "real": rng.normal(5, 2, 90),
    "far from zero": 1e9 + rng.random(90),
    "huge": rng.normal(0, 1e300, 90),
    "tiny": rng.normal(0, 1e-300, 90),
    "bytes": rng.integers(0, 256, 90).astype(float),
    "two values": (rng.random(90) < 0.97).astype(float),
    "rarely two values": (rng.random(90) < 0.03).astype(float),
    "five values": rng.integers(-2, 3, 90).astype(float),
    "mostly zero": np.where(rng.random(90) < 0.8, 0.0, rng.exponential(1, 90)),
    "constant": np.full(90, 3.7),
    "zero": np.zeros(90),
    "missing": np.where(rng.random(90) < 0.3, math.nan, rng.normal(0, 1, 90)),
    "all missing": np.full(90, math.nan),
    "outlier": np.append(rng.normal(0, 1, 89), 1e12),
    "halves": np.arange(90) / 2**20 + 0.5 / 2**20,
}


def table(values: np.ndarray) -> Samples:
    return grouped(STATIC, values, [1] * len(values), ["a"] * len(values), PATH, range(len(values)), "line")


def series(samples: list[np.ndarray]) -> Samples:
    """Each of shape (time, channels)."""
    lengths = [len(sample) for sample in samples]
    return grouped(SERIES, np.concatenate(samples), lengths, ["a"] * len(samples), PATH, range(len(samples)))


def events(samples: list[list[tuple[float, ...]]], columns: tuple[str, ...] = ("t", "channel")) -> Samples:
    values = np.array([event for sample in samples for event in sample], dtype=float).reshape(-1, len(columns))
    lengths = [len(sample) for sample in samples]
    return grouped(EVENTS, values, lengths, ["a"] * len(samples), PATH, range(len(samples)), columns=columns)


@pytest.mark.parametrize(("encoder", "expected"), [("range", range_levels), ("quantiles", quantile_levels)])
@pytest.mark.parametrize("name", COLUMNS)
def test_levels_are_as_specified(encoder: str, expected, name: str) -> None:
    column = COLUMNS[name]
    others = np.array([-math.inf, math.inf]).clip(-1e308, 1e308)
    unseen = np.concatenate((column, column[::-1] / 2 - 1, others, [math.nan]))
    fitted = fit(Data("own.csv", encoder=encoder), table(column[:, None]))
    levels = fitted.encode(table(unseen[:, None]))
    assert levels.dtype == np.uint8 and levels.shape == (len(unseen), 1)
    assert levels[:, 0].tolist() == expected(column.tolist(), unseen.tolist())


def test_quantiles_fill_all_levels_equally() -> None:
    column = rng.permutation(160)[:, None].astype(float)
    levels = fit(Data("own.csv"), table(column)).encode(table(column))
    assert np.bincount(levels[:, 0]).tolist() == [10] * 16
    order = np.argsort(column[:, 0])
    assert (np.diff(levels[order, 0].astype(int)) >= 0).all()


@pytest.mark.parametrize("name", ["two values", "rarely two values"])
def test_two_values_are_the_ends_of_the_scale(name: str) -> None:
    column = COLUMNS[name][:, None]
    assert set(column[:, 0]) == {0.0, 1.0}
    levels = fit(Data("own.csv"), table(column)).encode(table(column))
    assert (levels == 15 * column).all()


def test_levels_as_they_are() -> None:
    column = np.array([[0.0], [15.0], [7.0]])
    fitted = fit(Data("own.csv", encoder="levels"), table(column))
    assert fitted.encode(table(column)).tolist() == column.tolist() and not fitted.shape.signed_input
    signed = fit(Data("own.csv", encoder="levels"), table(-column))
    assert signed.encode(table(-column)).tolist() == (-column).tolist() and signed.shape.signed_input
    for value in (16, -1, 0.5, math.nan):
        with pytest.raises(UserError, match="own.csv, line 1: feature 0 is .*integers 0..15"):
            fitted.encode(table(np.array([[1.0], [value]])))


@pytest.mark.parametrize("encoder", ["thresholds", "crossings"])
@pytest.mark.parametrize(("steps", "group"), [(0, 1), (5, 1), (40, 1), (0, 3), (4, 2)])
def test_series_are_as_specified(encoder: str, steps: int, group: int) -> None:
    samples = []
    for length in (11, 3, 20, 7, 1, 13):
        walk = np.cumsum(rng.normal(0, 1, (length, 3)), axis=0)
        walk[rng.random((length, 3)) < 0.1] = math.nan
        walk[:, 2] = np.rint(walk[:, 2])
        samples.append(walk)
    samples[0][0, 0] = samples[2][0] = math.nan  # missing from the start
    data = Data("own.ts", encoder=encoder, steps=steps, values_per_step=group, thresholds=3 if encoder[0] == "t" else 4)
    training, unseen = samples[:4], [*samples[4:], 3 * samples[0], samples[2] - 2]
    fitted = fit(data, series(training))
    encoded = fitted.encode(series([*training, *unseen]))
    expected_steps = steps or 20 // group
    assert encoded.shape == (8, expected_steps, fitted.shape.inputs) and fitted.shape.steps == expected_steps
    assert encoded.dtype == np.uint8 and encoded.max() == 1
    lists = [sample.T.tolist() for sample in training]
    for sample, frames in zip([*training, *unseen], encoded, strict=True):
        expected = series_spikes(encoder, data, lists, sample.T.tolist())
        assert {tuple(pair) for pair in np.argwhere(frames).tolist()} == expected


def test_an_encoder_of_series_is_causal() -> None:
    walk = [np.cumsum(rng.normal(0, 1, (30, 2)), axis=0) for _ in range(5)]
    for encoder in ("thresholds", "crossings"):
        fitted = fit(Data("own.ts", encoder=encoder), series(walk))
        whole = fitted.encode(series([walk[0]]))
        beginning = fitted.encode(series([walk[0][:12]]))
        assert whole.any() and (whole[:, :12] == beginning[:, :12]).all() and not beginning[:, 12:].any()


def test_a_jump_is_told_in_as_many_steps_as_it_has_deltas() -> None:
    training = np.arange(17.0)[:, None]
    fitted = fit(Data("own.ts", encoder="crossings", crossings=16), series([training]))
    jump = fitted.encode(series([np.array([[8.0], [11], [11], [11], [11], [9], [9], [9]])]))[0]
    assert np.argwhere(jump).tolist() == [[1, 0], [2, 0], [3, 0], [5, 1], [6, 1]]


def test_spikes_as_they_are() -> None:
    training = [(rng.random((6, 3)) < 0.5).astype(float), np.ones((2, 3))]
    fitted = fit(Data("own.npz", encoder="spikes"), series(training))
    encoded = fitted.encode(series([*training, np.ones((9, 3))]))
    assert (encoded[0] == training[0]).all() and encoded[1].sum(axis=1).tolist() == [3, 3, 0, 0, 0, 0]
    assert encoded[2].all()
    with pytest.raises(UserError, match="own.csv, index 1: channel 2 has 2, and spikes are 0 or 1"):
        fitted.encode(series([training[0], np.array([[0.0, 1, 2]])]))


def time_bins(data: Data, training: list, sample: list) -> set:
    def since(events: list) -> list:
        origin = min((e[0] for e in events), default=0) if data.origin == "first-event" else 0
        return [(e[0] - origin, *e[1:]) for e in events]

    longest = max(e[0] for s in training for e in since(s))
    shift = next(s for s in range(1000, -1001, -1) if scaled(longest, s) < 2**24)
    last = scaled(longest, shift)
    width = max(1, scaled(data.bin_width, shift)) if data.bin_width else last // data.steps + 1
    steps = data.steps or max(2, last // width + 1)
    spikes = set()
    if data.extents and len(data.extents) > 1:
        w, h = (-(-extent // data.pool) for extent in data.extents[:2])
    for t, *address in since(sample):
        step = scaled(t, shift) // width
        if len(address) == 1:
            (axon,) = address
        else:
            p, y, x = address
            axon = (p * h + y // data.pool) * w + x // data.pool
        if step < steps:
            spikes.add((step, axon))
    return spikes


@pytest.mark.parametrize("origin", ["zero", "first-event"])
@pytest.mark.parametrize(("steps", "bin_width"), [(10, 0.0), (0, 0.07), (16, 0.1), (0, 2.0)])
@pytest.mark.parametrize("scale", [1.0, 1e-6, 1e6])
def test_events_of_channels_are_as_specified(origin: str, steps: int, bin_width: float, scale: float) -> None:
    samples = []
    for count in (50, 1, 0, 80, 200):
        times = rng.random(count) * 2.5 * scale + scale
        samples.append([(float(t), int(c)) for t, c in zip(times, rng.integers(0, 9, count), strict=True)])
    samples[0] += samples[0][:20]  # repeated
    data = Data("own.npz", encoder="time-bins", steps=steps, bin_width=bin_width * scale, origin=origin, extents=(9,))
    if bin_width == 2.0 and origin == "zero":
        samples[3].append((7.3 * scale, 1))
    elif bin_width == 2.0:
        samples[3].append((samples[3][0][0] + 5 * scale, 1))
    later = [(t * 1.7, c) for t, c in samples[0]]
    fitted = fit(data, events(samples[:4]))
    encoded = fitted.encode(events([*samples, later]))
    assert encoded.dtype == np.uint8 and encoded.max() == 1
    for sample, frames in zip([*samples, later], encoded, strict=True):
        assert {tuple(pair) for pair in np.argwhere(frames).tolist()} == time_bins(data, samples[:4], sample)


@pytest.mark.parametrize("pool", [1, 2, 4])
def test_events_of_a_sensor_are_as_specified(pool: int) -> None:
    samples = [
        [
            (int(t), int(p), int(y), int(x))
            for t, p, y, x in zip(
                rng.integers(0, 1000, 60),
                rng.integers(0, 2, 60),
                rng.integers(0, 5, 60),
                rng.integers(0, 7, 60),
                strict=True,
            )
        ]
        for _ in range(3)
    ]
    samples[0].append((3, 1, 4, 6))
    columns = ("t", "p", "y", "x")
    data = Data("own.npz", encoder="time-bins", steps=8, pool=pool, extents=(7, 5, 2))
    guessed = Data("own.npz", encoder="time-bins", steps=8, pool=pool)
    fitted = fit(data, events(samples, columns))
    assert fitted == fit(guessed, events(samples, columns))
    assert fitted.shape.inputs == 2 * -(-5 // pool) * -(-7 // pool)
    for sample, frames in zip(samples, fitted.encode(events(samples, columns)), strict=True):
        assert {tuple(pair) for pair in np.argwhere(frames).tolist()} == time_bins(data, samples, sample)
    with pytest.raises(UserError, match="own.csv, index 0: y is 5 where the training part has 0..4; set extents"):
        fitted.encode(events([[(0, 0, 5, 0)]], columns))
    with pytest.raises(UserError, match="events of t channel where"):
        fitted.encode(events([[(0, 0)]]))


def test_unsorted_events_are_sorted_stably() -> None:
    samples = events([[(5, 1), (2, 3), (5, 0)], [(1, 2), (0, 2)]])
    assert samples.values.tolist() == [[2, 3], [5, 1], [5, 0], [0, 2], [1, 2]]


FITTED = {
    "levels": table(np.array([[1.0, 2], [3, 4]])),
    "range": table(rng.normal(0, 1, (20, 2))),
    "quantiles": table(rng.normal(0, 1, (20, 2))),
    "spikes": series([np.ones((3, 2))]),
    "thresholds": series([rng.normal(0, 1, (20, 2))]),
    "crossings": series([rng.normal(0, 1, (20, 2))]),
    "time-bins": events([[(1, 2), (30, 0)]]),
}


def fitted_example(name: str):
    return fit(Data("own", encoder=name, steps=8 if name == "time-bins" else 0), FITTED[name])


@pytest.mark.parametrize("name", KINDS)
def test_documents_keep_every_bit(name: str) -> None:
    assert set(ENCODERS) == set(KINDS) == set(FITTED)
    fitted = fitted_example(name)
    document = json.loads(json.dumps(fitted.to_document()))
    again = from_document(document)
    assert again == fitted and hash(again) == hash(fitted) and again.digest == fitted.digest
    assert (again.encode(FITTED[name]) == fitted.encode(FITTED[name])).all()
    assert Data("own", encoder=name, steps=8 if name == "time-bins" else 0).network_encoder == fitted.shape.encoder
    shape = fitted.shape
    Network(inputs=shape.inputs, classes=2, neurons=16, encoder=shape.encoder, steps=shape.steps, signed_input=shape[3])


def test_digests_tell_encoders_apart() -> None:
    digests = [fitted_example(name).digest for name in KINDS]
    assert len(set(digests)) == len(digests) and all(len(digest) == 16 for digest in digests)


@pytest.mark.parametrize("name", KINDS)
def test_damaged_documents_are_refused(name: str) -> None:
    document = fitted_example(name).to_document()
    damaged = [None, [], {}, {**document, "encoder": "none"}, {**document, "more": 1}]
    for field, wrong in itertools.product(document, (None, "7", 0.5, -(10**9), [], [[-1]], {})):
        damaged.append({**document, field: wrong})
        damaged.append({key: value for key, value in document.items() if key != field})
    for example in damaged:
        with pytest.raises(UserError, match="this is not a fitted encoder .*; fit it to the data again"):
            from_document(example)


@pytest.mark.parametrize(
    ("data", "training", "sentence"),
    [
        (Data("a", encoder="thresholds"), series([np.ones((1025, 1))]), "makes 1025 steps .* 2..1024; set steps"),
        (Data("a", encoder="spikes"), series([np.ones((3, 4097))]), "makes 4097 inputs .* 1..4096"),
        (Data("a", encoder="crossings"), series([np.ones((3, 2049))]), "makes 4098 inputs .* 1..4096"),
        (Data("a", encoder="thresholds", values_per_step=4), series([np.ones((3, 1))]), "no sample of 4 values"),
        (Data("a", encoder="time-bins", steps=9), events([[]]), "has no events"),
        (Data("a", encoder="time-bins", bin_width=9.0), events([[(8, 0)]]), "lasts 8; all would be one step"),
        (Data("a", encoder="time-bins", bin_width=0.001), events([[(8, 0)]]), "makes 7997 steps"),
        (
            Data("a", encoder="time-bins", steps=2, bin_width=1.0),
            events([[(8, 0)]]),
            "no event of .* lies in the 2 steps",
        ),
        (Data("a", encoder="time-bins", steps=9, extents=(4, 4)), events([[(8, 0)]]), "must have one number, channels"),
        (
            Data("a", encoder="time-bins", steps=9, extents=(4,)),
            events([[(8, 0, 0, 0)]], ("t", "p", "y", "x")),
            "must have width, height",
        ),
    ],
)
def test_what_cannot_be_fitted_is_refused(data: Data, training: Samples, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        fit(data, training)


def test_more_features_than_in_the_training_part_are_refused() -> None:
    for name in ("levels", "range", "quantiles", "spikes", "thresholds", "crossings"):
        other = FITTED[name].values[:, :1]
        one = table(other) if KINDS[name] == STATIC else series([other])
        with pytest.raises(UserError, match="has 1 features or channels where the training part has 2"):
            fitted_example(name).encode(one)


def test_what_would_take_more_than_4_gib_is_refused() -> None:
    many = events([[(1, 0)]] * 2000)
    fitted = fit(Data("a", encoder="time-bins", steps=1024, extents=(4096,)), many.select([0]))
    with pytest.raises(UserError, match="2000 samples of 1024 steps and 4096 inputs take more than 4 GiB"):
        fitted.encode(many)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"train": ""}, "train must name the file"),
        ({"train": 7}, "train must be a text"),
        ({"encoder": "level"}, "encoder must be one of"),
        ({"test_percent": 0}, "test_percent must be an integer in 1..90, not 0"),
        ({"test_percent": 25.0}, "test_percent must be an integer"),
        ({"test_percent": True}, "test_percent must be an integer"),
        ({"label": ""}, "label must name the column"),
        ({"separator": ",,"}, "separator must be one character"),
        ({"ignore": ("",)}, "ignore must list columns"),
        ({"test_labels": "y.npy"}, "test_labels needs test"),
        ({"encoder": "time-bins"}, "needs steps or bin_width"),
        ({"encoder": "time-bins", "bin_width": math.nan}, "bin_width must be a number of at least 0"),
        ({"encoder": "time-bins", "bin_width": -1.0}, "bin_width must be at least 0"),
        ({"encoder": "time-bins", "steps": 1}, "steps must be 0 or at least 2"),
        ({"encoder": "time-bins", "steps": 9, "extents": (0,)}, "extents must be"),
        ({"encoder": "quantiles", "thresholds": 5}, "thresholds means nothing to encoder 'quantiles'; leave it out"),
        ({"encoder": "levels", "missing": "fill"}, "missing means nothing to encoder 'levels'"),
    ],
)
def test_data_that_cannot_be_is_refused(fields: dict, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        Data(**({"train": "own.csv"} | fields))


def test_data_is_a_value() -> None:
    assert len({Data("a"), Data("a"), Data("a", split_seed=2)}) == 2
