"""The classifier keeps scikit-learn's conventions, and its bits are those of the commands and of the gateware."""

from __future__ import annotations

import pickle
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.datasets import load_wine
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

import threefactor
from golden.engine.network import FastNetwork
from golden.spec.config import Hardware, Network, Preset, Training
from threefactor import SpikingClassifier
from threefactor.estimator.samples import samples_of

EXPECTED_FAILED: dict[str, str] = {}
"""Checks of scikit-learn that cannot pass, each with its reason."""

SKIPPED = {
    "check_array_api_input": "only with SCIPY_ARRAY_API",
    "check_classifier_data_not_an_array": "its last part needs pandas",
    "check_dataframe_column_names_consistency": "needs pandas",
}
"""Checks that scikit-learn itself leaves out here."""

WINE, CULTIVARS = load_wine(return_X_y=True)

SMALL = Preset(
    "small",
    "three features, two classes",
    "none",
    Network(
        inputs=3, classes=2, neurons=8, recurrence="none", readout_fan_in=8, modulators=2, input_amplitude=60, seed=4
    ),
    Hardware(lanes=4),
    Training(layer_shift=6, readout_shift=5, epochs=2, slower=(1,)),
)


def flowers(count: int = 40) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    rows = [(x % 7 / 7, 0.5 + (x % 5) * (x % 2) / 5, x % 3) for x in range(count)]
    return np.array(rows, dtype=np.float64), np.array([("rose", "daisy")[x % 2] for x in range(count)])


def test_importing_takes_nothing_along() -> None:
    """The names are there, and NumPy comes when one of them is asked for."""
    program = (
        "import sys, threefactor\n"
        "assert {'SpikingClassifier', 'load'} <= set(dir(threefactor)) and 'threefactor.estimator' not in sys.modules\n"
        "assert not {'numpy', 'numba', 'amaranth', 'sklearn'} & set(sys.modules)\n"
        "from threefactor import SpikingClassifier, load\n"
        "assert 'numpy' in sys.modules and 'sklearn' not in sys.modules\n"
    )
    root = Path(__file__).parent.parent
    subprocess.run([sys.executable, "-c", program], cwd=root, check=True)
    with pytest.raises(AttributeError, match="module 'threefactor' has no attribute 'SpikingRegressor'"):
        threefactor.SpikingRegressor  # noqa: B018


def test_scikit_learn_checks_it() -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Estimator SpikingClassifier does not inherit from `sklearn.base")
        found = check_estimator(
            SpikingClassifier(), expected_failed_checks=EXPECTED_FAILED, on_skip=None, on_fail="raise"
        )
    names = [(one["status"], one["check_name"]) for one in found]
    assert {name for status, name in names if status == "xfail"} == set(EXPECTED_FAILED)
    assert {name for status, name in names if status == "skipped"} <= set(SKIPPED)
    assert sum(status == "passed" for status, _ in names) > 45


def test_pipelines_cross_validation_and_search() -> None:
    pipeline = make_pipeline(StandardScaler(), SpikingClassifier(epochs=15))
    assert cross_val_score(pipeline, WINE, CULTIVARS, cv=3).min() > 0.85
    search = GridSearchCV(SpikingClassifier(), {"epochs": [1, 20], "encoder": ["range", "quantiles"]}, cv=2)
    search.fit(WINE, CULTIVARS)
    assert search.best_params_["epochs"] == 20 and search.best_score_ > 0.85
    assert is_classifier(search.best_estimator_)


def test_parameters_are_read_set_and_shown() -> None:
    classifier = SpikingClassifier("digits", 7, epochs=3)
    assert repr(classifier) == "SpikingClassifier(preset='digits', random_state=7, epochs=3)"
    copy = clone(classifier).set_params(epochs=4)
    assert (copy.epochs, classifier.epochs, copy.get_params()["preset"]) == (4, 3, "digits")
    with pytest.raises(ValueError, match="Invalid parameter 'epoch' for estimator"):
        copy.set_params(epoch=1)
    with pytest.raises(NotFittedError):
        copy.predict(WINE)


def test_works_without_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("sklearn", "sklearn.exceptions", "sklearn.utils"):
        monkeypatch.setitem(sys.modules, name, None)
    samples, labels = flowers()
    assert SpikingClassifier(SMALL, epochs=1).fit(samples, labels).predict(samples[:3]).dtype == labels.dtype
    with pytest.raises(ValueError, match="not fitted yet") as raised:
        SpikingClassifier().predict(samples)
    assert isinstance(raised.value, AttributeError)


def test_results_repeat_and_the_seed_matters() -> None:
    samples, labels = flowers()
    digests = [SpikingClassifier(SMALL, seed).fit(samples, labels).state_.digest() for seed in (None, 4, 5, 5)]
    assert digests[0] == digests[1] != digests[2] == digests[3]
    drawn = SpikingClassifier(SMALL, np.random.RandomState(1)).fit(samples, labels)
    assert drawn.preset_.network.seed == np.random.RandomState(1).randint(2**31)


def test_learns_online_in_the_order_given() -> None:
    samples, labels = flowers()
    parts = SpikingClassifier(SMALL)
    for first in range(0, 40, 8):
        parts.partial_fit(samples[first : first + 8], labels[first : first + 8], classes=["rose", "daisy"])
    engine = FastNetwork(SMALL.network)
    levels = parts.encoder_.encode(samples_of(samples, "static"))  # fitted to the first call's samples
    engine.run_many(levels, (labels == "rose").astype(np.uint8), True, SMALL.training.shifts(0))
    assert parts.state_.digest() == engine.state.digest()
    assert parts.progress_.samples_seen == 40 and parts.classes_.tolist() == ["daisy", "rose"]


def test_goes_on_online_with_the_rates_that_fit_ended_with() -> None:
    samples, labels = flowers()
    classifier = SpikingClassifier(SMALL).fit(samples, labels)
    engine = FastNetwork(SMALL.network, classifier.state_)
    classifier.partial_fit(samples[:5], labels[:5])
    assert classifier.state_.digest() != engine.state.digest()
    levels = classifier.encoder_.encode(samples_of(samples[:5], "static"))
    engine.run_many(levels, (labels[:5] == "rose").astype(np.uint8), True, SMALL.training.shifts(1))
    assert classifier.state_.digest() == engine.state.digest()


def test_what_is_pickled_goes_on_alike() -> None:
    samples, labels = flowers()
    one = SpikingClassifier(SMALL).fit(samples, labels)
    other = pickle.loads(pickle.dumps(one))  # noqa: S301 - its own
    assert one.partial_fit(samples, labels).state_.digest() == other.partial_fit(samples, labels).state_.digest()
    assert one.predict(samples).tolist() == other.predict(samples).tolist()


def test_where_it_runs_changes_no_bit() -> None:
    samples, labels = flowers(16)
    found = {}
    for where in ("engine", "reference", "cxxrtl"):
        classifier = SpikingClassifier(SMALL, where=where).fit(samples, labels)
        fitted = f"{classifier.state_.digest():016x}"
        assert classifier.history_[-1].state_digest == fitted
        classifier.partial_fit(samples[:4], labels[:4])
        results = classifier.predict(samples).tolist(), classifier.decision_function(samples).tolist()
        found[where] = fitted, classifier.state_.digest(), *results
    assert found["engine"] == found["reference"] == found["cxxrtl"]
    assert SpikingClassifier(SMALL, where="engine").fit(samples, labels).history_[-1].firing_rates


def test_the_decision_is_the_largest_potential() -> None:
    classifier = SpikingClassifier(epochs=2).fit(WINE, CULTIVARS)
    potentials = classifier.decision_function(WINE)
    assert potentials.shape == (len(WINE), 3)
    np.testing.assert_array_equal(classifier.classes_[potentials.argmax(axis=1)], classifier.predict(WINE))
    samples, labels = flowers()
    two = SpikingClassifier(SMALL).fit(samples, labels)
    assert two.decision_function(samples).shape == (40,)
    np.testing.assert_array_equal(two.classes_[(two.decision_function(samples) > 0).astype(int)], two.predict(samples))


def series(count: int = 60) -> tuple[list[np.ndarray[Any, Any]], list[str]]:
    """Series of unequal length that rise or fall."""
    draw = np.random.default_rng(2)
    slopes = [(-0.1, 0.1)[index % 2] for index in range(count)]
    walks = [np.cumsum(draw.normal(slope, 0.2, (20 + index % 7, 2)), axis=0) for index, slope in enumerate(slopes)]
    return walks, ["rising" if slope > 0 else "falling" for slope in slopes]


def test_series_of_any_length() -> None:
    samples, labels = series()
    classifier = SpikingClassifier(epochs=4).fit(samples, labels)
    assert classifier.encoder_.name == "thresholds" and classifier.n_features_in_ == 2
    assert classifier.score(samples, labels) > 0.9
    with pytest.raises(ValueError, match=r"X\[1\] has shape \(3,\) where the first sample has 2 channels"):
        classifier.predict([samples[0], np.zeros(3)])
    with pytest.raises(ValueError, match="X has 3 features, but SpikingClassifier is expecting 2"):
        classifier.predict([np.zeros((4, 3))])


def test_series_of_one_length_in_an_array() -> None:
    samples, labels = series()
    array = np.array([one[:20] for one in samples])
    options = {"thresholds": 3, "values_per_step": 2}
    classifier = SpikingClassifier(epochs=3, encoder="thresholds", encoder_options=options).fit(array, labels)
    network = classifier.preset_.network
    assert (network.inputs, network.steps, network.encoder) == (6, 10, "events")
    assert classifier.score(array, labels) > 0.8
    assert classifier.predict(list(array)).tolist() == classifier.predict(array).tolist()


def test_events() -> None:
    kind = [("t", np.float64), ("channel", np.int64)]
    samples = [np.array([(t, (t + index % 2 * 3) % 6) for t in range(0, 60, 4)], dtype=kind) for index in range(20)]
    classifier = SpikingClassifier(epochs=3).fit(samples, [index % 2 for index in range(20)])
    assert classifier.encoder_.name == "time-bins" and not hasattr(classifier, "n_features_in_")
    assert classifier.score(samples, [index % 2 for index in range(20)]) == 1
    with pytest.raises(ValueError, match="the time-bins|channel is 9 where the training part has"):
        classifier.predict([np.array([(0, 9)], dtype=kind)])


class Frame:
    """As much of a data frame as names columns."""

    def __init__(self, values: np.ndarray[Any, Any], *columns: str) -> None:
        self._values, self.columns = values, columns

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray[Any, Any]:
        return self._values.astype(dtype or np.float64)


def test_columns_of_a_data_frame_are_remembered() -> None:
    samples, labels = flowers()
    classifier = SpikingClassifier(SMALL, epochs=1).fit(Frame(samples, "petal", "stem", "leaves"), labels)
    assert classifier.feature_names_in_.tolist() == ["petal", "stem", "leaves"]
    with pytest.raises(ValueError, match="The feature names should match those that were passed during fit"):
        classifier.predict(Frame(samples, "petal", "leaves", "stem"))
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        classifier.predict(samples)
    assert not hasattr(classifier.fit(samples, labels), "feature_names_in_")


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        (dict(preset="tinny"), "there is no preset 'tinny'; .*; did you mean tiny?"),
        (dict(preset="tiny"), "the labels have 2 classes, but the network of preset 'tiny' 10; set classes = 2 in"),
        (dict(where="verilater"), "where must be one of engine, .*, not 'verilater'; did you mean verilator"),
        (dict(encoder="quantile"), "encoder must be one of"),
        (
            dict(encoder="range", encoder_options={"treshold": 3}),
            "encoder_options holds what no encoder has .*treshol",
        ),
        (dict(board="icebraker"), "icebreaker"),
        (dict(random_state="seven"), "random_state must be an integer, a NumPy RandomState or None, not 'seven'"),
        (dict(epochs=0), "epochs must be at least 1, not 0"),
    ],
)
def test_what_cannot_be_is_a_value_error(parameters: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        SpikingClassifier(**parameters).fit(*flowers())


def test_labels_and_classes_must_fit() -> None:
    samples, labels = flowers()
    with pytest.raises(ValueError, match="classes must be passed on the first call to partial_fit"):
        SpikingClassifier(SMALL).partial_fit(samples, labels)
    classifier = SpikingClassifier(SMALL).partial_fit(samples, labels, classes=["daisy", "rose"])
    with pytest.raises(ValueError, match="is not the same as on the first call to partial_fit"):
        classifier.partial_fit(samples, labels, classes=["daisy", "tulip"])
    before = classifier.state_.digest()
    with pytest.raises(ValueError, match=r"y has labels that are not in classes: \['tulip'\]"):
        classifier.partial_fit(samples[:1], ["tulip"])
    assert classifier.state_.digest() == before
    with pytest.raises(ValueError, match=r"y has one class only, \['rose'\]"):
        SpikingClassifier(SMALL).fit(samples, ["rose"] * 40)
    filled = np.where(samples[3, 1] == samples, np.nan, samples)
    with pytest.raises(ValueError, match="Input X contains NaN"):
        SpikingClassifier(SMALL).fit(filled, labels)
    assert SpikingClassifier(SMALL, encoder_options={"missing": "fill"}).fit(filled, labels).predict(filled).size == 40
