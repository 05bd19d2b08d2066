"""Strange machines: what works there works with the same bits, and what cannot is refused in one sentence.

Without a home or a place to write: tests/test_golden_system_places.py. In the C locale: tests/test_text.py. Where no
file can grow: tests/test_threefactor_full_disk.py.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from golden.system.store import stored

ROOT = Path(__file__).parent.parent
FLOORS = ("golden", "rtl", "sim", "boards", "threefactor")
TRAIN = ("train", "--preset", "tiny", "--epochs", "1", "--limit", "20", "--json")


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources below a name with blanks, umlauts and quotes."""
    place = tmp_path_factory.mktemp("machines") / 'Zoë\'s "große" Kopie'
    for floor in FLOORS:
        shutil.copytree(ROOT / floor, place / floor, ignore=shutil.ignore_patterns("__pycache__"))
    return place


def run(
    folder: Path, *line: str, sources: Path = ROOT, before: tuple[str, ...] = (), **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run the command line in a folder; ``before`` comes before the interpreter."""
    return subprocess.run(
        [*before, sys.executable, "-m", "threefactor", *line],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(sources), **variables},
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        timeout=3600 if "build" in line else 600,
        check=False,
    )


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """The one sentence of a command that is refused."""
    assert done.returncode == 2, done.stderr
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith("threefactor: ")
    return sentence.removeprefix("threefactor: ")


def digest(done: subprocess.CompletedProcess[str]) -> str:
    """Digest of the state that a training ended with."""
    assert done.returncode == 0, done.stderr
    return str(json.loads(done.stdout.splitlines()[-1])["digest"])


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Digest of a short training on this machine as it is."""
    return digest(run(tmp_path_factory.mktemp("usual"), *TRAIN))


def test_an_old_processor_and_a_cache_whose_other_user_is_killed(usual: str, tmp_path: Path) -> None:
    """Compiled for any x86-64 or ARM, in a cache whose first user is killed as soon as there is something in it.

    What learns without the vector instructions of this processor learns the same bits.
    """
    cache = tmp_path / "cache"
    variables = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": "", "NUMBA_CACHE_DIR": str(cache)}
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    line = [sys.executable, "-m", "threefactor", *TRAIN]
    nothing = subprocess.DEVNULL
    with subprocess.Popen(line, cwd=tmp_path, env=environment, stdout=nothing, stderr=nothing) as killed:
        while not any(cache.rglob("*")) and killed.poll() is None:
            time.sleep(0.01)
        killed.kill()
    assert killed.returncode == -signal.SIGKILL
    assert digest(run(tmp_path, *TRAIN, **variables)) == usual
    assert any(cache.rglob("*.nbi")), "nothing was compiled anew"


def test_blanks_and_umlauts_everywhere(usual: str, elsewhere: Path, tmp_path: Path) -> None:
    """In the sources, the current folder, the temporary one, the preset, the data and what is written."""
    here = tmp_path / "Grüße aus Köln & 'so'"
    here.mkdir()
    assert digest(run(here, *TRAIN, "--out", "erster Lauf ü", sources=elsewhere, TMPDIR=str(here))) == usual
    rows = [f"{i % 7},{i % 3},{'größer' if i % 2 else 'ok ay'}" for i in range(40)]
    (here / "meine Daten.csv").write_text("\n".join(["a,b,label", *rows, ""]), encoding="utf-8")
    made = run(here, "new", "--data", "meine Daten.csv", "--board", "icebreaker", "-o", "mein Netz ä.toml")
    assert made.returncode == 0, made.stderr
    preset = ("--preset", "mein Netz ä.toml")
    trained = run(here, "train", *preset, "--epochs", "1", "--out", "zweiter Lauf", "--json", sources=elsewhere)
    assert trained.returncode == 0, trained.stderr
    written = run(here, "verilog", *preset, "-o", "mein Netz ä.v", sources=elsewhere)
    assert written.returncode == 0, written.stderr
    assert "module threefactor" in (here / "mein Netz ä.v").read_text(encoding="utf-8")


def test_a_simulator_below_blanks_and_umlauts(elsewhere: Path, tmp_path: Path) -> None:
    if shutil.which("iverilog") is None:
        pytest.skip("there is no iverilog")
    here = tmp_path / "ein Ordner ö"
    here.mkdir()
    done = run(
        here, "compare", "--preset", "tiny", "--backend", "icarus", "--samples", "1", "--json", sources=elsewhere
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["equal"]


def test_without_a_compiler(usual: str, tmp_path: Path) -> None:
    """Learning, Verilog and tables need none; simulators and simulated boards say so."""
    nothing = {"PATH": str(tmp_path)}
    assert digest(run(tmp_path, *TRAIN, **nothing)) == usual
    for line in ("verilog --preset tiny -o tiny.v", "presets", "boards", "cycles --preset tiny --samples 1"):
        done = run(tmp_path, *line.split(), **nothing)
        assert done.returncode == 0, done.stderr
    sentences = {
        "simulate --preset tiny --backend cxxrtl --samples 1": "there is no C++ compiler",
        "simulate --preset tiny --backend verilator --samples 1": "there is no C++ compiler",
        "simulate --preset tiny --backend icarus --samples 1": "there is no Icarus Verilog",
        "board simulate --preset tiny --board icebreaker --link port": "there is no C++ compiler",
    }
    for line, sentence in sentences.items():
        assert refusal(run(tmp_path, *line.split(), **nothing)).startswith(sentence)


def isolated(*options: str) -> tuple[str, ...]:
    """How a command is begun in namespaces of its own; the test is skipped where that is not allowed."""
    tool = shutil.which("unshare")
    line = (str(tool), *options)
    if tool is None or subprocess.run([*line, "true"], capture_output=True, check=False).returncode:
        pytest.skip("namespaces are not allowed here")
    return line


def test_without_a_network(usual: str, tmp_path: Path) -> None:
    """Only what fetches needs one, and says so."""
    alone = isolated("--net")
    assert digest(run(tmp_path, *TRAIN, before=alone)) == usual
    done = run(tmp_path, "fetch", "mnist", "--data", "data", before=alone)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
    sentence = done.stderr.splitlines()[-1]
    assert " cannot be fetched into data/mnist (" in sentence and sentence.endswith("put the file there by hand")
    assert not [path for path in (tmp_path / "data").rglob("*") if path.is_file()]


SMALL_DISK = 'mount -t tmpfs -o size="$1" tmpfs "$2" || exit 77; shift 2; exec "$@"'


def test_a_disk_that_fills_up(tmp_path: Path) -> None:
    """A real one of 64 kB: what is there stays, what does not fit leaves nothing behind."""
    disk = tmp_path / "disk"
    disk.mkdir()
    look = 'find "$0" -type f | sort; "$@"; status=$?; find "$0" | sort; exit $status'
    small = (
        *isolated("--mount"),
        "/bin/sh",
        "-c",
        SMALL_DISK,
        "sh",
        "64k",
        str(disk),
        "/bin/sh",
        "-c",
        look,
        str(disk),
    )
    done = run(tmp_path, "verilog", "--preset", "tiny", "-o", str(disk / "tiny.v"), before=small)
    if done.returncode == 77:
        pytest.skip("no disk can be mounted here")
    assert "No space left on device); make room there or choose another file" in refusal(done)
    assert done.stdout.split() == [str(disk)], "something was left on the disk"


BUILDS_AND_WAITS = """
import sys, time
from pathlib import Path
from golden.system.store import stored
def build(work):
    (work / "part").write_text("half")
    print("building", flush=True)
    time.sleep(600)
stored(Path(sys.argv[1]), "product", build)
"""


def test_a_builder_that_is_killed_does_not_stop_the_other(tmp_path: Path) -> None:
    """Two processes build the same product in the store of bitstreams and models, and one is killed in the middle."""
    cache = tmp_path / "cache"
    with subprocess.Popen(
        [sys.executable, "-c", BUILDS_AND_WAITS, str(cache)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == "building\n"

        def build(work: Path) -> None:
            killed.kill()
            killed.wait()
            (work / "part").write_text("whole")

        product = stored(cache, "product", build)
    assert killed.returncode == -signal.SIGKILL
    assert (product / "part").read_text() == "whole"
    stored(cache, "another", lambda _: None)  # the next build clears what the killed one left
    assert sorted(path.name for path in cache.iterdir()) == ["another", "product"]


# What the C library says of the time, ten years on.
LATER = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/time.h>
#include <time.h>
#define TEN_YEARS 315360000
int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int failed = real(clock, now);
    if (!failed && clock == CLOCK_REALTIME) now->tv_sec += TEN_YEARS;
    return failed;
}
time_t time(time_t *place) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (place) *place = now.tv_sec;
    return now.tv_sec;
}
int gettimeofday(struct timeval *place, void *zone) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    place->tv_sec = now.tv_sec;
    place->tv_usec = now.tv_nsec / 1000;
    return 0;
}
"""


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A library to preload in which it is ten years later."""
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("there is no C compiler")
    folder = tmp_path_factory.mktemp("later")
    (folder / "later.c").write_text(LATER)
    library = folder / "later.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, folder / "later.c", "-ldl"], check=True)
    asked = [sys.executable, "-c", "import time; print(time.time())"]
    told = subprocess.run(asked, env={**os.environ, "LD_PRELOAD": str(library)}, capture_output=True, check=True)
    assert float(told.stdout) - time.time() > 300_000_000
    return str(library)


DESIGN = """
import hashlib
from boards.bitstream.build import planned
from boards.catalogue import BOARDS
from golden.spec.presets import preset_named
board = BOARDS["icebreaker"]
files, script = planned(board, board.adapted(preset_named("tiny")), "--seed 1")
print(script, *(name + " " + hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())))
"""


def test_what_the_tools_start_from_is_the_same_elsewhere_and_later(elsewhere: Path, tmp_path: Path, later: str) -> None:
    """From other sources in another folder, ten years later, in another order of sets: equal bytes."""
    found = []
    for sources, changes in ((ROOT, {}), (elsewhere, {"LD_PRELOAD": later, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"})):
        environment = {**os.environ, "PYTHONPATH": str(sources), **changes}
        line = [sys.executable, "-c", DESIGN]
        found.append(subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, check=True).stdout)
    assert found[0] == found[1]
    assert b"top.il " in found[0]


@pytest.mark.slow
@pytest.mark.skipif("THREEFACTOR_REPRODUCE" not in os.environ, reason="builds a bitstream twice: make reproduce")
def test_a_bitstream_is_the_same_elsewhere_and_later(elsewhere: Path, tmp_path: Path, later: str) -> None:
    """The whole build likewise, tools included."""
    line = ("build", "--board", "icebreaker", "--preset", "digits", "--json", "--out")
    here = run(tmp_path, *line, "here")
    assert here.returncode == 0, here.stderr
    # The tools, compiled WebAssembly, stay; the bitstream is built anew.
    shared = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    there = run(
        tmp_path,
        *(*line, "dort drüben"),
        sources=elsewhere,
        LD_PRELOAD=later,
        PYTHONHASHSEED="7",
        XDG_CACHE_HOME=str(tmp_path / "cache"),
        YOWASP_CACHE_DIR=os.environ.get("YOWASP_CACHE_DIR") or str(shared / "YoWASP"),
    )
    assert there.returncode == 0, there.stderr
    assert not json.loads(there.stdout)["cached"]
    one, other = (tmp_path / folder / "digits-icebreaker.bin" for folder in ("here", "dort drüben"))
    assert one.read_bytes() == other.read_bytes()
    assert one.stat().st_size > 100_000
