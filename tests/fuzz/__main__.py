"""Feed a target with what its coverage suggests: ``python -m tests.fuzz TARGET SECONDS``, see make fuzz.

What fails is kept as build/fuzz/TARGET-*, what covers something new in build/fuzz/TARGET; a fault that is mended goes
into tests/corpus/TARGET, with a name that says what it is.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

MOST = 512  # MB of memory, about half of which the interpreter and its libraries take
SLOW = 10  # seconds for one input

name, seconds = sys.argv[1:]
with atheris.instrument_imports(include=["golden", "boards", "tests.fuzz.targets", "tomllib", "zipfile"]):
    from tests.fuzz.judge import CORPUS, judged, target_named

    target = target_named(name)

kept = Path("build/fuzz") / name
folder = kept.with_name(f"{name}-work")
for place in (kept, folder):
    place.mkdir(parents=True, exist_ok=True)


def one_input(content: bytes) -> None:
    """What the fuzzer calls."""
    judged(target, content, folder)


options = [
    *(f"-max_total_time={seconds}", "-max_len=4096", f"-timeout={SLOW}", f"-rss_limit_mb={MOST}"),
    *(f"-malloc_limit_mb={MOST // 4}", f"-artifact_prefix={kept}-", "-print_final_stats=0", "-verbosity=1"),
]
atheris.Setup([sys.argv[0], *options, str(kept), str(CORPUS / name)], one_input)
atheris.Fuzz()
