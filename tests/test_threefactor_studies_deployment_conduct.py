"""Studies of deployment keep prepared states and results one by one, and go on from there."""

from __future__ import annotations

import inspect
import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from golden.data.datasets import load
from golden.spec.errors import UserError
from golden.spec.presets import preset_named
from threefactor.cli import main
from threefactor.studies.deployment import case as case_module
from threefactor.studies.deployment import conduct as conducting
from threefactor.studies.deployment.case import Case, cases_of, preparation_key
from threefactor.studies.deployment.catalogue import DEPLOYMENTS
from threefactor.studies.deployment.conduct import conduct, finished, performed, preparation_of
from threefactor.studies.deployment.drift import BEFORE, NOW, DriftStudy
from threefactor.studies.deployment.perform import perform
from threefactor.studies.deployment.results import place, read_result, rows_of

TINY, STUDY = preset_named("tiny"), DriftStudy()
POINTS = [point for point in STUDY.points(TINY) if point.settings["change"] in ("dead", "flipped")]


def cases(seeds: int = 1, epochs: int = 1, limit: int = 12, data: str | None = None) -> list[list[Case]]:
    return cases_of(STUDY, POINTS, TINY, seeds, epochs, limit, data=load("digits").digest if data is None else data)


def flat(rows: list[list[Case]]) -> list[Case]:
    return [case for row in rows for case in row]


def run(out: Path, given: list[Case], told: Any = None) -> None:
    with ThreadPoolExecutor(1) as executor:
        conduct(given, executor, out, None, told)


def test_a_key_names_all_that_a_result_depends_on() -> None:
    keys = [
        case.key
        for epochs in (1, 2)
        for limit in (12, 13)
        for data in ("one", "other")
        for case in flat(cases(2, epochs, limit, data))
    ]
    assert len(set(keys)) == len(keys) == 2**4 * len(POINTS)


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_a_key_changes_with_every_source_that_a_study_computes_with(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two were left out: results of other code were taken for these. ``study`` declares, and computes nothing."""
    named = set[str]()
    monkeypatch.setattr(case_module, "source_digest", lambda files: named.update(Path(file).stem for file in files))
    kind = type(DEPLOYMENTS[name])
    case_module._study_digest.__wrapped__(kind)
    folder, seen, left = Path(case_module.__file__).parent, set[str](), {Path(inspect.getfile(kind)).stem, "perform"}
    while left:
        seen.add(module := left.pop())
        text = (folder / f"{module}.py").read_text(encoding="utf-8")
        left |= set(re.findall(r"from threefactor\.studies\.deployment\.(\w+) import", text)) - seen - {"study"}
    assert seen <= named


def test_a_restart_computes_only_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = cases(seeds=2)
    told: list[tuple[int, int]] = []
    run(tmp_path, flat(rows), lambda *done: told.append(done))
    assert told[-1] == (2 * len(POINTS) + 2, 2 * len(POINTS) + 2), "a preparation a seed, whatever the points"
    assert finished(flat(rows), tmp_path) == 2 * len(POINTS)
    before = rows_of(POINTS, rows, tmp_path)
    assert all(len(row["stages"][-1]["accuracies"]["now"]) == 2 for row in before)

    place(tmp_path, rows[0][0]).unlink()
    monkeypatch.setattr(conducting, "prepare", lambda *_: pytest.fail("a prepared state is kept"))
    run(tmp_path, flat(rows), lambda *done: told.append(done))
    assert told[-2:] == [(2 * len(POINTS) - 1, 2 * len(POINTS)), (2 * len(POINTS), 2 * len(POINTS))]
    assert rows_of(POINTS, rows, tmp_path) == before


def test_another_version_of_a_worker_is_refused(tmp_path: Path) -> None:
    class Elsewhere(ThreadPoolExecutor):
        def submit(self, *_: Any) -> Any:
            return super().submit(lambda: ("of another version", None))

    with Elsewhere(1) as executor, pytest.raises(UserError, match="a worker has another version of this project; inst"):
        conduct(flat(cases()), executor, tmp_path)
    assert not list(tmp_path.rglob("*.json"))


def test_a_worker_with_other_data_is_refused() -> None:
    with pytest.raises(UserError, match="data set 'digits' of a worker is not the one here; give its machine the same"):
        performed(cases(data="other")[0][0], None, None)


def test_preparations_are_named_by_what_they_learn() -> None:
    case = cases()[0][0]
    preparation = preparation_of(case, None)
    assert preparation is not None
    keys = {
        preparation_key(preparation, 12),
        preparation_key(preparation, 13),
        preparation_key(replace(preparation, dataset=load("digits")), 12),
        preparation_key(replace(preparation, preset=preset_named("digits")), 12),
    }
    assert len(keys) == 4


def test_a_phase_is_tested_by_what_it_names() -> None:
    case = cases()[0][0]
    scenario = STUDY.scenario(TINY, case.point, load("digits"))
    every = replace(scenario, phases=tuple(replace(phase, tests=None) for phase in scenario.phases))
    none = replace(scenario, phases=tuple(replace(phase, tests=()) for phase in scenario.phases))
    found = [perform(given, None, 12)[-1] for given in (scenario, every, none)]
    assert [list(last.accuracies) for last in found] == [[NOW], [BEFORE, NOW], []]
    assert len({last.state_digest for last in found}) == 1, "no test changes anything"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (dict(key="0" * 16), "it is of another run"),
        (dict(measurements=[]), "it does not tell of every test"),
        (dict(measurements=[{}]), "measurements[0]: object missing required field stage"),
        (dict(point=3), "point: expected str, got int"),
    ],
)
def test_a_damaged_result_is_a_sentence(changes: dict[str, Any], reason: str, tmp_path: Path) -> None:
    (case, *_), *_ = cases()
    run(tmp_path, [case])
    path = place(tmp_path, case)
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes), encoding="utf-8")
    with pytest.raises(UserError) as caught:
        read_result(tmp_path, case)
    assert str(caught.value) == f"{path} is damaged ({reason}); remove it and type the command again"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("links --check verilator", "study 'links' deploys nothing that --check could compare; choose one of speaker"),
        ("drift --preset tiny --point dead", "--point and --lessons say what --check compares; name a simulator"),
        ("drift --preset tiny --check verilator --point ded", "there is no point 'ded'; did you mean dead?"),
        ("speaker --preset tiny", "study 'speaker' needs a preset of data set 'fsdd', not 'digits'"),
        ("speakr", "Invalid value for 'NAME': 'speakr' is not one of 'ablation'"),
    ],
)
def test_sentences(line: str, sentence: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["study", *line.split(), "--out", str(tmp_path)])
    assert done.exit_code == 2
    assert done.stderr.startswith(f"threefactor: {sentence}") and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("study", DEPLOYMENTS.values(), ids=list(DEPLOYMENTS))
def test_points_have_names_of_their_own(study: Any) -> None:
    points = study.points(preset_named(study.presets[0]))
    assert len({point.name for point in points}) == len(points)
    assert len({json.dumps(dict(point.settings)) for point in points}) == len(points)
    assert study.checked in {point.name for point in points}
