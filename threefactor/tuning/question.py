"""Everything that the trials of a search depend on, in words that a store keeps."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from optuna.distributions import distribution_to_json

from golden.spec.presetfile import written
from golden.system.sources import model_files, source_digest
from golden.system.tools import version
from threefactor.tuning.space import Space


def question_of(space: Space, splits: int, limit: int | None) -> dict[str, str]:
    """Return what a search asks, by what it is called in a sentence: a store answers one question only."""
    preset = replace(space.start, summary="")
    choices = "\n".join(f"{name} {distribution_to_json(choice)}" for name, choice in space.choices.items())
    return {
        "preset": hashlib.sha256(written(preset).encode()).hexdigest(),
        "data": space.material.digest,
        "--limit": str(limit),
        "--splits": str(splits),
        "--board": space.board.name,
        "space": hashlib.sha256(choices.encode()).hexdigest(),
        "version of this project": source_digest([*model_files(), *Path(__file__).parent.glob("*.py")]),
        "version of Optuna": version("optuna"),
    }
