"""Studies: every setting is a network, results are kept one by one, and an interrupted study goes on."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from golden.spec.errors import UserError
from golden.spec.presets import PRESETS, preset_named
from golden.system import sources
from golden.system.sources import model_digest
from threefactor.cli import main
from threefactor.studies.catalogue import STUDIES, with_weight_width
from threefactor.studies.conduct import compute, conduct
from threefactor.studies.run import runs_of

ROOT = Path(__file__).parent.parent
SMALL = ("--preset", "tiny", "--seeds", "2", "--epochs", "1", "--samples", "40")


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "threefactor", "study", *map(str, arguments)]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def study(folder: Path, *arguments: object) -> dict[str, Any]:
    done = subprocess.run(
        [*command(*arguments), "--json"],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def results(out: Path) -> dict[str, dict[str, Any]]:
    return {path.name: json.loads(path.read_text()) for path in (out / "results").glob("*.json")}


@pytest.mark.parametrize("name", STUDIES)
@pytest.mark.parametrize("preset", PRESETS)
def test_every_setting_is_a_network(name: str, preset: str) -> None:
    points = STUDIES[name].points(preset_named(preset))
    assert len(points) > 1 and len({(point.series, point.name) for point in points}) == len(points)
    assert len({point.preset.network.digest for point in points}) == len(points)
    runs = [run for attempts in runs_of(points, 2, epochs=1, data="") for run in attempts]
    assert len({run.key for run in runs}) == len(runs) == 2 * len(points)


def test_a_key_names_all_that_a_result_depends_on() -> None:
    points = STUDIES["links"].points(preset_named("tiny"))
    keys = {
        runs_of(points, 1, epochs, limit, data=data)[point][0].key
        for epochs in (1, None)
        for limit in (9, None)
        for data in ("one", "other")
        for point in (0, 1)
    }
    assert len(keys) == 16


@pytest.mark.parametrize("place", ["spec/topology", "plasticity", "engine/learning", "data/augment", "training/train"])
def test_a_key_names_the_sources_of_all_that_a_result_depends_on(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a copy of golden in which one file has a line more."""
    shutil.copytree(ROOT / "golden", tmp_path / "golden", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(sources, "_GOLDEN", tmp_path / "golden")
    (run,), *_ = runs_of(STUDIES["links"].points(preset_named("tiny")), 1, data="")

    def key() -> str:
        model_digest.cache_clear()
        return run.key

    before = key()
    with (tmp_path / "golden" / "cycles" / "model.py").open("a") as file:
        file.write("# no result depends on this\n")
    assert key() == before
    with (tmp_path / "golden" / f"{place}.py").open("a") as file:
        file.write("# changed\n")
    assert key() != before
    model_digest.cache_clear()


def test_a_worker_with_other_data_is_refused() -> None:
    (run,), *_ = runs_of(STUDIES["links"].points(preset_named("tiny")), 1, 1, 40, data="other")
    with pytest.raises(UserError, match="data set 'digits' of a worker is not the one here; give its machine the same"):
        compute(run, None)


def test_a_worker_with_other_code_is_refused(tmp_path: Path) -> None:
    (run,), *_ = runs_of(STUDIES["links"].points(preset_named("tiny")), 1, 1, 40, data="")

    class Elsewhere(ThreadPoolExecutor):
        def submit(self, *arguments: Any) -> Any:
            return super().submit(lambda: {"key": "of another version"})

    with Elsewhere(1) as executor, pytest.raises(UserError, match="a worker has another version of this project; inst"):
        conduct([run], executor, tmp_path)
    assert not list(tmp_path.rglob("*.json"))


def test_other_widths_scale_amplitudes_and_rates() -> None:
    digits = preset_named("digits")
    assert with_weight_width(digits, 8) == digits
    wide, narrow = with_weight_width(digits, 10), with_weight_width(digits, 6)
    assert (wide.network.weight_bits, wide.network.readout_bits, wide.network.threshold_fraction) == (10, 10, 4)
    assert (wide.network.forward_amplitude, narrow.network.forward_amplitude) == (4 * 51, 13)
    assert (wide.training.layer_shift, wide.training.readout_shift) == (2, 1)
    assert (narrow.training.layer_shift, narrow.training.readout_shift) == (6, 5)
    assert with_weight_width(digits, 12).training.readout_shift == 1, "rates stay in their range"


def test_a_restart_computes_only_what_is_missing(tmp_path: Path) -> None:
    first = study(tmp_path, "links", *SMALL, "--out", "out")
    assert [point["variant"] for point in first["points"]] == ["small-world", "random"]
    assert all(len(point["test_accuracies"]) == 2 for point in first["points"])
    before = results(tmp_path / "out")
    assert sorted(f"results/{name}" for name in before) == sorted(f for p in first["points"] for f in p["results"])
    assert json.loads((tmp_path / first["summary"]).read_text())["points"] == first["points"]
    assert (tmp_path / first["plot"]).read_text().startswith("<svg")

    lost, *kept = (tmp_path / "out" / "results").iterdir()
    lost.unlink()
    written = {path: path.stat().st_mtime_ns for path in kept}
    assert study(tmp_path, "links", *SMALL, "--out", "out") == first
    assert {path: path.stat().st_mtime_ns for path in kept} == written
    assert lost.is_file()
    assert results(tmp_path / "out")[lost.name]["state_digest"] == before[lost.name]["state_digest"]

    whole = json.loads(lost.read_text())
    last = whole["history"][-1]
    for damaged in (
        {**whole, "history": []},
        {**whole, "history": [{}]},
        {**whole, "history": [{**last, "firing_rates": []}]},
    ):
        lost.write_text(json.dumps(damaged))
        done = CliRunner().invoke(main, ["study", "links", *SMALL, "--out", str(tmp_path / "out")])
        assert (done.exit_code, "is damaged" in done.stderr) == (2, True)
    lost.write_text("{")
    done = CliRunner().invoke(main, ["study", "links", *SMALL, "--out", str(tmp_path / "out")])
    assert done.exit_code == 2
    assert "is damaged" in done.stderr and "remove it and type the command again" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill"])
def test_interrupted_and_continued(number: signal.Signals, tmp_path: Path) -> None:
    """A study that is stopped after its first result keeps it, and its workers end too."""
    line = ("rounding", "--preset", "tiny", "--seeds", "3", "--epochs", "30", "--out", "out")
    with subprocess.Popen(
        command(*line),
        cwd=tmp_path,
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Whoever runs the tests in the background of a shell has SIGINT ignored, and would hand that on.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads here
    ) as process:
        until = time.monotonic() + 120
        while not (found := list((tmp_path / "out" / "results").glob("*.json"))) and time.monotonic() < until:
            time.sleep(0.01)
        assert found
        process.send_signal(number)
        _, complaint = process.communicate(timeout=60)  # also waits for the workers, which hold stderr
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert complaint.splitlines()[-1].startswith("threefactor: interrupted with ")
        assert complaint.splitlines()[-1].endswith(" of 6 runs done; type the same command to go on")
    kept = results(tmp_path / "out")
    assert 1 <= len(kept) < 6
    if number == signal.SIGINT:
        return  # a study goes on in one way, whatever stopped it
    study(tmp_path, *line)
    assert len(results(tmp_path / "out")) == 6
    assert kept.items() <= results(tmp_path / "out").items()


def test_a_cluster_gives_the_same_bits(tmp_path: Path) -> None:
    here = study(tmp_path, "links", *SMALL, "--out", "here")
    there = study(tmp_path, "links", *SMALL, "--out", "there", "--cluster", "local", "--workers", "2")
    assert there["points"] == here["points"]
    digests = [
        {name: result["state_digest"] for name, result in results(tmp_path / out).items()} for out in ("here", "there")
    ]
    assert digests[0] == digests[1]


def test_names_a_scheduler_that_does_not_answer(tmp_path: Path) -> None:
    done = subprocess.run(
        command("links", *SMALL, "--cluster", "here"),
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "no Dask scheduler answers at 'here'" in done.stderr.splitlines()[-1]
    assert "start one with: dask scheduler" in done.stderr.splitlines()[-1]
