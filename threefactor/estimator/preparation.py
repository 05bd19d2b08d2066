"""From arrays to what a training takes: samples encoded, a network of the right shape, and the recipe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from boards.catalogue import Board, board_named
from golden.data.encoders.choice import fit
from golden.data.encoders.interface import Encoder
from golden.data.files import OwnDataset
from golden.data.samples import Samples
from golden.spec.config import Preset
from golden.spec.data import KINDS, Data
from golden.spec.errors import UserError
from golden.spec.presets import preset_named
from golden.training.fit import require_fit
from threefactor.draft.encoding import chosen
from threefactor.draft.network import drafted
from threefactor.estimator.labels import Labels, indices_of, names_of
from threefactor.estimator.samples import SOURCE, kind_of, require_complete, samples_of

DRAFTED = "drafted"  # name of a preset that is made for the data


@dataclass(frozen=True)
class Choices:
    """Parameters of a classifier that decide what is trained; :class:`threefactor.SpikingClassifier` explains them."""

    preset: str | Path | Preset | None
    seed: int | None
    epochs: int | None
    layer_shift: int | None
    readout_shift: int | None
    encoder: str | None
    encoder_options: Mapping[str, Any] | None
    board: str | Board

    @property
    def named(self) -> Preset | None:
        """The preset that was named, with seed, epochs and rates as chosen; None if one is made for the data."""
        if self.preset is None:
            return None
        preset = self.preset if isinstance(self.preset, Preset) else preset_named(str(self.preset))
        return self.adapted(preset)

    def adapted(self, preset: Preset) -> Preset:
        """Return a preset with seed, epochs and rates as chosen."""
        chosen_fields = {name: getattr(self, name) for name in ("epochs", "layer_shift", "readout_shift")}
        changes = {name: value for name, value in chosen_fields.items() if value is not None}
        network = preset.network if self.seed is None else replace(preset.network, seed=self.seed)
        return replace(preset, network=network, training=replace(preset.training, **changes))

    def data(self, X: Any) -> Data:  # noqa: N803 - scikit-learn's name
        """Return how samples are encoded: as named, else as the preset says, else as suits ``X``."""
        options: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in (self.encoder_options or {}).items()
        }
        named = self.named
        own = named.dataset if named is not None and isinstance(named.dataset, Data) else Data(str(SOURCE))
        try:
            if self.encoder is not None and options:
                return Data(str(SOURCE), encoder=self.encoder, **options)
            if self.encoder is None and own.train != str(SOURCE):
                return replace(own, **options)
            kind = kind_of(X) if self.encoder is None else KINDS.get(self.encoder, kind_of(X))
            suiting = chosen(own, samples_of(X, kind), self.encoder)
            options.setdefault("missing", own.missing)  # what is missing is never filled unasked
            return replace(suiting, **options)
        except TypeError as error:
            if "unexpected keyword argument" not in str(error):
                raise
            raise UserError(f"encoder_options holds what no encoder has ({error}); see golden/spec/data.py") from None


@dataclass(frozen=True)
class Prepared:
    """What a training takes.

    Attributes
    ----------
    preset
        Network, hardware and recipe; its ``dataset`` says how samples are encoded.
    dataset
        Training samples, encoded, and no test.
    classes
        As the caller has them, ascending.
    """

    preset: Preset
    dataset: OwnDataset
    classes: Labels


def prepared(choices: Choices, X: Any, labels: Labels, classes: Labels) -> Prepared:  # noqa: N803
    """Return what a training on arrays takes; the encoder is fitted to them.

    Parameters
    ----------
    choices
        What the caller wants.
    X
        As :func:`threefactor.estimator.samples.samples_of` takes it.
    labels, classes
        Label of each sample, and all classes, ascending.

    Raises
    ------
    ValueError
        If samples cannot be encoded so, or do not fit the network.
    """
    names = names_of(classes)
    data = choices.data(X)
    indices = indices_of(labels, classes)
    samples = samples_of(X, data.kind, [names[index] for index in indices.tolist()])
    require_complete(data, samples)
    encoder = fit(data, samples)
    dataset = _dataset(data, samples, indices, names, encoder)
    preset = choices.named
    if preset is None:
        board = choices.board if isinstance(choices.board, Board) else board_named(choices.board)
        preset = choices.adapted(drafted(DRAFTED, data, dataset, board))
    preset = replace(preset, dataset=data)
    require_classes(preset, len(classes))
    require_fit(preset.network, dataset, tested=False)
    return Prepared(preset, dataset, classes)


def require_classes(preset: Preset, count: int) -> None:
    """Raise UserError unless the network has as many classes as the labels."""
    if preset.network.classes != count:
        raise UserError(
            f"the labels have {count} classes, but the network of preset {preset.name!r} {preset.network.classes}; "
            f"set classes = {count} in its table network, or leave preset out"
        )


def _dataset(
    data: Data, samples: Samples, indices: np.ndarray[Any, np.dtype[np.uint8]], names: tuple[str, ...], encoder: Encoder
) -> OwnDataset:
    levels = encoder.encode(samples)
    return OwnDataset(
        name=data.name,
        train_samples=levels,
        train_labels=indices,
        test_samples=levels[:0],
        test_labels=indices[:0],
        class_names=names,
        encoder=encoder,
    )
