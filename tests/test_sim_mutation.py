"""Mutants: which mistakes are made and where, what kills them, and that survivors are reported as such."""

from __future__ import annotations

import ast
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

import sim.mutation.elaborated
from golden.spec.errors import UserError
from sim.mutation.mutants import Mutant, chosen, mutants_of
from sim.mutation.nearest import nearest_tests
from sim.mutation.results import Counts, Results, counted, explanations, total
from sim.mutation.trials import KILLED, NO_CHANGE, SURVIVED, TIMED_OUT, Laboratory, Trial
from threefactor.cli import main
from threefactor.commands import mutate

ROOT = Path(__file__).parents[1]

COMPONENT = '''
"""What 1 + 1 is: <= 2."""

class Ünit:
    """Not 1 + 1."""

    width: Literal[3] = 4

    def elaborate(self, platform: Any = None) -> Module:
        """Not 1 + 1 either."""
        assert width < 3
        if width < 3 and depth:
            raise ValueError("wide", 3)
        état, end = Signal(), Signal(3, init=5)
        require(width > 1, f"{width + 1}")
        payload = Signal(shape, reset_less=True)
        with m.FSM():
            with m.State("A"):
                with m.If(état & end):
                    m.next = "B"
            with m.State("B"):
                m.d.sync += [
                    état.eq(état << 1),  # a comment + 1
                    end.eq(Mux(état == end, low[:part], high.as_signed())),
                ]
                m.d.comb += self.o.valid.eq(état.any())
'''
LINE = "end.eq(Mux(état == end, low[:part], high.as_signed())),"
MISTAKES = [
    ("number", "width: Literal[3] = 4 -> width: Literal[3] = 5"),
    ("condition negated", "if width < 3 and depth: -> if (not (width < 3 and depth)):"),
    ("conjunct alone", "if width < 3 and depth: -> if (width < 3):"),
    ("conjunct alone", "if width < 3 and depth: -> if (depth):"),
    ("comparison", "if width < 3 and depth: -> if ((width) <= (3)) and depth:"),
    (
        "reset taken away",
        "état, end = Signal(), Signal(3, init=5) -> état, end = Signal(reset_less=True), Signal(3, init=5)",
    ),
    (
        "reset taken away",
        "état, end = Signal(), Signal(3, init=5) -> état, end = Signal(), Signal(3, init=5, reset_less=True)",
    ),
    ("number", "état, end = Signal(), Signal(3, init=5) -> état, end = Signal(), Signal(3, init=4)"),
    ("condition negated", "with m.If(état & end): -> with m.If((état & end) == 0):"),
    ("conjunct alone", "with m.If(état & end): -> with m.If((état)):"),
    ("operator", "with m.If(état & end): -> with m.If(((état) | (end))):"),
    ("state", 'm.next = "B" -> pass'),
    ("state", "m.next = \"B\" -> m.next = 'A'"),
    ("statement dropped", "état.eq(état << 1), # a comment + 1 -> [], # a comment + 1"),
    ("operator", "état.eq(état << 1), # a comment + 1 -> état.eq(((état) >> (1))), # a comment + 1"),
    (
        "branches exchanged",
        f"{LINE} -> end.eq(Mux(état == end, high.as_signed(), low[:part])),",
    ),
    (
        "comparison",
        f"{LINE} -> end.eq(Mux(((état) != (end)), low[:part], high.as_signed())),",
    ),
    (
        "slice",
        f"{LINE} -> end.eq(Mux(état == end, low[:(part) - 1], high.as_signed())),",
    ),
    (
        "cast dropped",
        f"{LINE} -> end.eq(Mux(état == end, low[:part], high)),",
    ),
    ("statement dropped", "m.d.comb += self.o.valid.eq(état.any()) -> pass"),
    ("handshake wired", "m.d.comb += self.o.valid.eq(état.any()) -> m.d.comb += self.o.valid.eq(0)"),
    ("handshake wired", "m.d.comb += self.o.valid.eq(état.any()) -> m.d.comb += self.o.valid.eq(1)"),
    ("opposite", "m.d.comb += self.o.valid.eq(état.any()) -> m.d.comb += self.o.valid.eq(état.all())"),
]


def changes(text: str) -> list[tuple[str, str]]:
    return [(mutant.kind, f"{mutant.was} -> {mutant.becomes}") for mutant in mutants_of("rtl/unit.py", text)]


def test_makes_every_kind_of_mistake_where_it_counts() -> None:
    found = changes(COMPONENT)
    assert [mistake for mistake in MISTAKES if mistake not in found] == []
    assert {kind for kind, _ in found} == {kind for kind, _ in MISTAKES}


def test_leaves_alone_what_is_only_said() -> None:
    for _, change in changes(COMPONENT):
        before = change.partition(" -> ")[0]
        assert not before.startswith(('"""', "assert", "raise", "require", "def")), change
        assert "Literal[3]" not in before or "Literal[3]" in change.partition(" -> ")[2]
        assert "reset_less=False" not in change
        assert "a comment + 1" not in before or change.endswith("a comment + 1")


def test_a_mutant_differs_in_one_place() -> None:
    mutants = mutants_of("rtl/unit.py", COMPONENT)
    assert len({mutant.text for mutant in mutants}) >= len({mutant.name for mutant in mutants}) == len(mutants)
    for mutant in mutants:
        assert ast.dump(ast.parse(mutant.text)) != ast.dump(ast.parse(COMPONENT))
        lines = zip(mutant.text.splitlines(), COMPONENT.splitlines(), strict=True)
        (line,) = (number for number, (after, before) in enumerate(lines, 1) if after != before)
        assert line == mutant.line
        assert mutant.where in ("Ünit", "Ünit.elaborate")


def test_equal_mistakes_have_names_of_their_own() -> None:
    names = [mutant.name for mutant in mutants_of("rtl/a.py", "def f():\n    a[1] = 0\n    a[1] = 0\n")]
    assert len(set(names)) == len(names) and any(name.endswith(" (2)") for name in names)


def test_every_file_of_gateware_and_model_can_be_mutated() -> None:
    files = mutate.mutable()
    assert {"rtl/link.py", "golden/neuron.py", "golden/spec/frames.py"} <= {*files}
    kinds = Counter[str]()
    for file in files:
        text = (ROOT / file).read_text(encoding="utf-8")
        mutants = mutants_of(file, text)
        assert len({mutant.name for mutant in mutants}) == len(mutants)
        kinds.update(mutant.kind for mutant in mutants)
        for mutant in mutants[:: max(1, len(mutants) // 3)]:
            assert ast.dump(ast.parse(mutant.text)) != ast.dump(ast.parse(text)), mutant.name
    assert {kind for kind, _ in MISTAKES} <= kinds.keys()


def test_the_seed_decides_and_more_go_on_from_less() -> None:
    every = {file: mutants_of(file, COMPONENT) for file in ("rtl/a.py", "rtl/b.py")}
    assert chosen(every, 1, 12) == chosen(every, 1, 12) == chosen(every, 1, 20)[:12]
    assert chosen(every, 1, 12) != chosen(every, 2, 12)
    assert Counter(mutant.file for mutant in chosen(every, 1, 12)) == {"rtl/a.py": 6, "rtl/b.py": 6}
    assert len(chosen(every, 1, None)) == sum(map(len, every.values()))
    alone = chosen({"rtl/a.py": every["rtl/a.py"]}, 1, 6)
    assert alone == [mutant for mutant in chosen(every, 1, 12) if mutant.file == "rtl/a.py"]


@pytest.mark.parametrize(
    ("file", "first", "then"),
    [
        ("rtl/teacher.py", "test_rtl_teacher", "test_rtl_readout"),
        ("rtl/receiver.py", "test_rtl_link", "test_boards_host"),
        ("rtl/control.py", "test_rtl_control", "test_rtl_core"),
        ("golden/neuron.py", "test_golden_neuron", "test_rtl_neuron"),
        ("golden/spec/frames.py", "test_spec_frames", "test_rtl_link"),
        ("golden/generator.py", "test_rtl_generator", "test_golden_plasticity"),
    ],
)
def test_the_nearest_tests_come_first(file: str, first: str, then: str) -> None:
    found = nearest_tests(ROOT, file, 12)
    assert found[0] == f"tests/{first}.py" or first in found[0]
    assert f"tests/{then}.py" in found and len(found) <= 12
    assert nearest_tests(ROOT, file, 2) == found[:2]


TREE = {
    "golden/unit.py": "def total(values):\n    i = 0\n    while i < 2:\n        i += 1\n    return values[0] + 2\n",
    "rtl/wide.py": "WIDTH = 3\nUNUSED = 7\n",
    "golden/alone.py": "FOUR = 4\n",
    "golden/__init__.py": "",
    "rtl/__init__.py": "",
    "sim/__init__.py": "",
    "sim/mutation/__init__.py": "",
    "sim/mutation/elaborated.py": "from rtl import wide\nprint(wide.WIDTH)\n",
    "tests/test_golden_unit.py": "import golden.unit\n\ndef test_total():\n    assert golden.unit.total([5]) == 7\n",
    "tests/test_rtl_wide.py": "import rtl.wide\n\ndef test_width():\n    assert rtl.wide.WIDTH > 2\n",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small project in which every outcome occurs."""
    for name, text in TREE.items():
        path = tmp_path / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "tree"


def mutant(file: str, before: str, after: str) -> Mutant:
    (found,) = (one for one in mutants_of(file, TREE[file]) if (one.was, one.becomes) == (before, after))
    return found


def test_every_outcome(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.mutation.trials.SPARE", 1)
    monkeypatch.setattr("sim.mutation.trials.SLOWER", 2)
    laboratory = Laboratory(tree, tmp_path / "copy", 4)
    for file, before, after, outcome, killer in (
        ("golden/unit.py", "return values[0] + 2", "return values[0] + 3", KILLED, "test_total"),
        ("golden/unit.py", "return values[0] + 2", "return values[1] + 2", KILLED, "test_total"),
        ("golden/unit.py", "i += 1", "pass", TIMED_OUT, "test_golden_unit.py"),
        ("golden/unit.py", "while i < 2:", "while ((i) <= (2)):", SURVIVED, ""),
        ("rtl/wide.py", "WIDTH = 3", "WIDTH = 2", KILLED, "test_width"),
        ("rtl/wide.py", "WIDTH = 3", "WIDTH = 4", SURVIVED, ""),
        ("rtl/wide.py", "UNUSED = 7", "UNUSED = 8", NO_CHANGE, ""),
    ):
        trial = laboratory.tried(mutant(file, before, after))
        assert (trial.outcome, killer in trial.killer) == (outcome, True), (before, after)
        assert trial.killer == "" or killer
        assert trial.dead == (outcome in (KILLED, TIMED_OUT))
    for name, text in TREE.items():
        assert (tree / name).read_text(encoding="utf-8") == text
    with pytest.raises(UserError, match=r"no test is named after golden/alone\.py"):
        laboratory.tests_of("golden/alone.py")


def test_tests_that_fail_without_a_mutant_prove_nothing(tree: Path, tmp_path: Path) -> None:
    (tree / "tests" / "test_golden_unit.py").write_text("def test_total():\n    assert False\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"test_golden_unit\.py fails without any mutant \(.*1 failed.*\); mend it"):
        Laboratory(tree, tmp_path / "copy", 4).tried(mutant("golden/unit.py", "i += 1", "pass"))


DEAD = Trial("a", "rtl/a.py", 1, "number", KILLED, "t", ["t"], 1.0, "source", "tests")
ALIVE = replace(DEAD, name="b", outcome=SURVIVED, killer="")


def test_results_are_kept_as_long_as_they_hold(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "results.jsonl"
    results = Results(file)
    for trial in (DEAD, ALIVE):
        results.add(trial)
    with file.open("a", encoding="utf-8") as end:
        end.write('{"name": "cut sho')
    results = Results(file)
    assert results.valid("a", "source", "more tests") == DEAD
    assert results.valid("b", "source", "tests") == ALIVE
    assert results.valid("b", "source", "more tests") is None
    assert results.valid("a", "changed", "tests") is results.valid("c", "source", "tests") is None
    results.add(replace(ALIVE, outcome=KILLED))
    assert Results(file).valid("b", "source", "more tests") == replace(ALIVE, outcome=KILLED)
    file.write_text('{"epoch": 1}\n', encoding="utf-8")
    with pytest.raises(UserError, match="this file holds no results of mutants"):
        Results(file)


def test_counts_what_is_explained_and_what_changes_nothing_apart() -> None:
    trials = [DEAD, ALIVE, replace(ALIVE, name="c"), replace(ALIVE, name="d", outcome=NO_CHANGE)]
    trials += [replace(DEAD, name="e", outcome=TIMED_OUT), replace(DEAD, name="f", file="rtl/f.py")]
    counts = counted(trials, {"c": "it is so"})
    assert counts == {"rtl/a.py": Counts(5, 2, 1, 1, 1), "rtl/f.py": Counts(1, 1, 0, 0, 0)}
    assert total(counts.values()) == Counts(6, 3, 1, 1, 1)
    assert counts["rtl/a.py"].share == pytest.approx(2 / 3) and Counts(1, 0, 0, 0, 1).share == 1


def test_what_is_explained_is_still_there() -> None:
    names = {
        mutant.name
        for file in mutate.mutable()
        for mutant in mutants_of(file, (ROOT / file).read_text(encoding="utf-8"))
    }
    for name, why in explanations().items():
        assert name in names, "the line has changed: try its mutants again, and mend sim/mutation/survivors.toml"
        assert why.strip()


def test_designs_are_told_apart(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    designs = list(zip(range(5), sim.mutation.elaborated.digests(), strict=False))
    lines = [f"{digest} {name}" for _, (name, digest) in designs]
    assert len({digest for _, (_, digest) in designs}) == len(lines)
    lines[2] = lines[2].replace(lines[2][0], "x", 1)
    monkeypatch.setattr("sys.stdin.read", lambda: "\n".join(lines), raising=False)
    assert sim.mutation.elaborated.main() == 1
    assert len(capsys.readouterr().out.splitlines()) == 3


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["mutate", *arguments])
    return done.exit_code, done.output


def test_wrong_wishes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, said = run("--only", "rtl/nothing.py")
    assert code == 2 and "rtl/nothing.py: only gateware and model can be mutated" in said
    code, said = run("--since", "no-such-commit", "--list")
    assert code == 2 and "git does not know 'no-such-commit'" in said
    monkeypatch.setattr(mutate, "ROOT", tmp_path)
    code, said = run("--list")
    assert code == 2 and "run this in a checkout" in said


@pytest.mark.slow
def test_the_tests_of_this_project_notice(tmp_path: Path) -> None:
    """Mistakes in the sequencer, whose tests are quick; the second run finds them all in the results."""
    out = tmp_path / "mutants.jsonl"
    line = ("--only", "rtl/sequencer.py", "--count", "4", "--tests", "1", "--out", str(out), "--json")
    first = CliRunner().invoke(main, ["mutate", *line, "--least", "1"])
    assert first.exit_code == 0, first.output
    found = json.loads(first.stdout)
    assert found["mutants"] == found["killed"] == 4 and found["survivors"] == []
    before = out.read_bytes()
    assert len(before.splitlines()) == 4
    assert CliRunner().invoke(main, ["mutate", *line]).stdout == first.stdout
    assert out.read_bytes() == before
