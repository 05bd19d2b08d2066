"""The studies of learning after deployment."""

from __future__ import annotations

from typing import Any

from threefactor.studies.deployment.classes import ClassesStudy
from threefactor.studies.deployment.drift import DriftStudy
from threefactor.studies.deployment.flips import FlipsStudy
from threefactor.studies.deployment.speaker import SpeakerStudy
from threefactor.studies.deployment.study import DeploymentStudy

_ALL: tuple[DeploymentStudy[Any], ...] = (SpeakerStudy(), ClassesStudy(), DriftStudy(), FlipsStudy())
DEPLOYMENTS: dict[str, DeploymentStudy[Any]] = {study.name: study for study in _ALL}
