"""A spiking network that learns, with scikit-learn's conventions."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from boards.catalogue import Board
from golden.data.encoders.interface import Encoder
from golden.data.images import Levels
from golden.engine.network import FastNetwork, Outcomes
from golden.spec.config import Preset
from golden.spec.data import Data
from golden.spec.errors import UserError
from golden.state import State
from golden.training.checkpoint import Progress
from golden.training.metrics import EpochMetrics
from golden.training.train import beginning, train
from threefactor.console import TrainingBar
from threefactor.estimator.conventions import Parameters, classifier_tags, not_fitted
from threefactor.estimator.folder import Contents, write_contents
from threefactor.estimator.gateware import Gateware
from threefactor.estimator.labels import Labels, classes_of, indices_of, labels_of
from threefactor.estimator.places import opened
from threefactor.estimator.preparation import Choices, Prepared, prepared
from threefactor.estimator.samples import (
    SOURCE,
    feature_names,
    features_of,
    kind_of,
    require_complete,
    require_features,
    require_names,
    samples_of,
)


class SpikingClassifier(Gateware, Parameters):
    """A network of spiking neurons that learns online, in the integers of the processor.

    The state after ``fit`` is, bit by bit, that of ``threefactor train`` with the same preset, seed and samples, and
    that of the gateware.

    Parameters
    ----------
    preset
        Name of a preset, path of a preset file, or a Preset. None: a network made for the samples of ``fit`` (of the
        first call of ``partial_fit``), as ``threefactor new`` makes it.
    random_state
        Seed of topology, weights and order: an integer, or a NumPy RandomState that one is drawn from. None: the
        preset's own, so that results repeat in any case.
    epochs, layer_shift, readout_shift
        Passes of ``fit``, and learning rates as right shifts 1..12, instead of the preset's.
    encoder, encoder_options
        How samples become spikes: a name and fields of :class:`golden.spec.data.Data`. None: as a preset with data of
        its own says, else what suits the samples.
    board
        What a network is made for, and the default of ``estimate`` and ``build``: a name, or a Board.
    where
        Where it learns and predicts: ``engine``, ``reference``, ``verilator``, ``cxxrtl`` or ``icarus``; or a chip
        that was built from the preset, ``board:PORT``, or ``board`` where there is only one. The results are the same.
    verbose
        Whether ``fit`` shows its progress and a line for every epoch on stderr.

    Attributes
    ----------
    classes_
        Classes, ascending.
    n_features_in_
        Features, or channels of series; missing for events.
    feature_names_in_
        Names of the columns of a data frame; missing otherwise.
    preset_
        The preset that is trained, with the seed.
    encoder_
        Fitted to the samples of ``fit``, or of the first call of ``partial_fit``.
    progress_
        How the state came about, as checkpoints keep it.

    Notes
    -----
    Samples are an array (n, features); an array (n, steps, channels), or a list of arrays (steps, channels), of
    series; or a list of structured arrays of events with fields t and channel, or t, x, y and p.
    """

    def __init__(
        self,
        preset: str | Path | Preset | None = None,
        random_state: Any = None,
        *,
        epochs: int | None = None,
        layer_shift: int | None = None,
        readout_shift: int | None = None,
        encoder: str | None = None,
        encoder_options: Mapping[str, Any] | None = None,
        board: str | Board = "icebreaker",
        where: str = "engine",
        verbose: bool = False,
    ) -> None:
        self.preset = preset
        self.random_state = random_state
        self.epochs = epochs
        self.layer_shift = layer_shift
        self.readout_shift = readout_shift
        self.encoder = encoder
        self.encoder_options = encoder_options
        self.board = board
        self.where = where
        self.verbose = verbose

    classes_: Labels
    n_features_in_: int
    feature_names_in_: NDArray[np.object_]
    preset_: Preset
    encoder_: Encoder
    progress_: Progress
    _engine: FastNetwork  # holds the state, wherever it was learned

    @property
    def state_(self) -> State:
        """Weights, thresholds and generators; views of what goes on learning."""
        self._require_fitted()
        return self._engine.state

    @property
    def history_(self) -> tuple[EpochMetrics, ...]:
        """Metrics of each epoch of ``fit``."""
        self._require_fitted()
        return self.progress_.history

    def fit(self, X: Any, y: Any) -> Self:  # noqa: N803 - scikit-learn's names
        """Learn from the beginning: all epochs of the recipe, each in an order of its own.

        Raises
        ------
        ValueError
            If samples or labels are not such as can be learned, or do not fit the preset.
        """
        given = self._prepared(X, y)
        with (
            TrainingBar() if self.verbose else nullcontext() as report,
            opened(self.where, given.preset, self._target(None)) as learner,
        ):
            trained = train(given.preset, given.dataset, tested=False, learner=learner, report=report)
        self._begin(given.preset, given.dataset.encoder, given.classes, feature_names(X))
        self._take(trained.state, trained.progress)
        return self

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> Self:  # noqa: N803
        """Learn samples once, in the order given, from the state as it is.

        The rates are those of the last epoch of ``fit``, or those that the recipe begins with. Nothing is augmented.

        Parameters
        ----------
        X, y
            Samples and labels. The first call fits the encoder, and without a preset makes the network, so that it
            should have samples of all classes.
        classes
            All classes; needed by the first call, unless the classifier was fitted or loaded.

        Raises
        ------
        ValueError
            As ``fit``, and if a label is not in classes or the classes are not those of before.
        """
        if not self._is_fitted():
            if classes is None:
                raise ValueError("classes must be passed on the first call to partial_fit.")
            given = self._prepared(X, y, classes)
            self._begin(given.preset, given.dataset.encoder, given.classes, feature_names(X))
            self._take(State.initial(given.preset.network), beginning(given.preset, given.dataset))
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(f"classes={classes!r} is not the same as on the first call to partial_fit")
        samples = self._encoded(X)
        labels = indices_of(labels_of(y, len(samples)), self.classes_)
        self._run(samples, labels, learn=True)
        self.progress_ = replace(self.progress_, samples_seen=self.progress_.samples_seen + len(samples))
        return self

    def predict(self, X: Any) -> Labels:  # noqa: N803
        """Return the class of each sample, shape (n,): the one of the largest potential, the first among equals."""
        samples = self._encoded(X)
        return self.classes_[self._run(samples, _no_labels(samples), learn=False).predictions]

    def decision_function(self, X: Any) -> NDArray[np.float64]:  # noqa: N803
        """Return the potentials of the classes at the end of each sample, in weight steps.

        Simulators and boards do not tell them: there they come from the engine, which is equal, and the state that was
        read back.

        Returns
        -------
        array
            Shape (n, classes); of two classes, that of the second minus that of the first, shape (n,).
        """
        samples = self._encoded(X)
        if self.where == "reference":
            outcomes = self._run(samples, _no_labels(samples), learn=False)
        else:
            outcomes = self._engine.run_many(samples, _no_labels(samples), False, (0, 0), potentials=True)
        potentials = outcomes.potentials.astype(np.float64)  # exact up to 2^53
        return potentials[:, 1] - potentials[:, 0] if len(self.classes_) == 2 else potentials

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:  # noqa: N803
        """Return the fraction of right predictions, each weighted if there are weights."""
        predictions = self.predict(X)
        return float(np.average(predictions == labels_of(y, len(predictions)), weights=sample_weight))

    def save(self, folder: Path | str) -> None:
        """Write a folder as ``threefactor train --out`` does, for :func:`threefactor.load`, ``evaluate``, ``report``...

        Raises
        ------
        UserError
            If it holds other files where the checkpoint should be, or cannot be written.
        """
        self._require_fitted()
        contents = Contents(
            preset=self.preset_,
            encoder=self.encoder_,
            classes=self.classes_,
            state=self.state_,
            progress=self.progress_,
            parameters=self.get_params(),
            feature_names=list(self.feature_names_in_) if hasattr(self, "feature_names_in_") else None,
        )
        write_contents(Path(folder), contents)

    def __sklearn_tags__(self) -> Any:
        options = self.encoder_options or {}
        return classifier_tags(allow_nan=options.get("missing") == "fill")

    def __sklearn_is_fitted__(self) -> bool:
        return self._is_fitted()

    def __getstate__(self) -> dict[str, Any]:
        """What pickle keeps: the state instead of the engine, whose arrays share memory."""
        kept = dict(vars(self))
        if "_engine" in kept:
            kept["_engine"] = kept["_engine"].state.copy()
        return kept

    def __setstate__(self, kept: dict[str, Any]) -> None:
        vars(self).update(kept)
        if "_engine" in kept:
            self._engine = FastNetwork(self.preset_.network, kept["_engine"])

    def _is_fitted(self) -> bool:
        return "_engine" in vars(self)

    def _require_fitted(self) -> None:
        if not self._is_fitted():
            raise not_fitted(self)

    def _choices(self) -> Choices:
        return Choices(
            preset=self.preset,
            seed=_seed(self.random_state),
            epochs=self.epochs,
            layer_shift=self.layer_shift,
            readout_shift=self.readout_shift,
            encoder=self.encoder,
            encoder_options=self.encoder_options,
            board=self.board,
        )

    def _prepared(self, X: Any, y: Any, classes: Any = None) -> Prepared:  # noqa: N803
        """What ``fit`` learns from these samples, of the classes that occur unless others are named."""
        labels = labels_of(y, len(samples_of(X, kind_of(X))))
        return prepared(self._choices(), X, labels, classes_of(labels if classes is None else np.asarray(classes)))

    def _begin(self, preset: Preset, encoder: Encoder, classes: Labels, names: NDArray[np.object_] | None) -> None:
        """Become what was prepared, with nothing of an earlier fit left."""
        for name in ("n_features_in_", "feature_names_in_"):
            vars(self).pop(name, None)
        self.preset_, self.encoder_, self.classes_ = preset, encoder, classes
        features = features_of(encoder)
        if features is not None:
            self.n_features_in_ = features
        if names is not None:
            self.feature_names_in_ = names

    def _take(self, state: State, progress: Progress) -> None:
        self.progress_, self._engine = progress, FastNetwork(self.preset_.network, state)

    def _run(self, samples: Levels, labels: NDArray[np.uint8], *, learn: bool) -> Outcomes:
        """Run samples where the classifier is to run; what is learned is kept."""
        shifts = self.progress_.shifts if learn else (0, 0)
        if self.where == "engine":
            return self._engine.run_many(samples, labels, learn, shifts)
        with opened(self.where, self.preset_, self._target(None)) as place:
            learner = place(self.preset_.network, self.state_)
            outcomes = learner.run_many(samples, labels, learn, shifts)
            if learn:
                self._engine = FastNetwork(self.preset_.network, learner.state)
            return outcomes

    def _encoded(self, X: Any) -> Levels:  # noqa: N803
        """Samples as the network takes them."""
        self._require_fitted()
        require_names(X, getattr(self, "feature_names_in_", None))
        own = self.preset_.dataset
        data = own if isinstance(own, Data) else Data(str(SOURCE), encoder=self.encoder_.name)
        samples = samples_of(X, data.kind)
        require_features(samples, getattr(self, "n_features_in_", None))
        require_complete(data, samples)
        return self.encoder_.encode(samples)

    def _processor(self) -> Preset:
        """The preset that was fitted or named."""
        named = self.preset_ if self._is_fitted() else self._choices().named
        if named is None:
            raise not_fitted(self)
        return named

    @classmethod
    def _of(cls, contents: Contents) -> Self:
        """The classifier that a folder holds."""
        one, names = cls(**contents.parameters), contents.feature_names
        columns = None if names is None else np.array(names, dtype=object)
        one._begin(contents.preset, contents.encoder, contents.classes, columns)
        one._take(contents.state, contents.progress)
        return one


def _seed(random_state: Any) -> int | None:
    if random_state is None or isinstance(random_state, (int, np.integer)):
        return None if random_state is None else int(random_state)
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31))
    raise UserError(f"random_state must be an integer, a NumPy RandomState or None, not {random_state!r}")


def _no_labels(samples: Levels) -> NDArray[np.uint8]:
    """Labels of samples that are not learned from; they decide nothing."""
    return np.zeros(len(samples), dtype=np.uint8)
