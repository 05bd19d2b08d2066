"""There is one way to do each dangerous thing, and some things no file does at all.

No other file starts processes or makes temporary files by itself; nothing is unpickled or evaluated, no shell sees what
a user wrote, and no product is written under its own name before it is whole.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = ("golden", "rtl", "sim", "boards", "threefactor")
SOURCES = sorted(path for floor in FLOORS for path in (ROOT / floor).rglob("*.py"))

# What is dangerous, and the only file that may do it.
ONLY = {
    "subprocess": "golden/system/running.py",
    "tempfile": "golden/system/temporary.py",
    "fcntl": "golden/system",
    "importlib.metadata": "golden/system/tools.py",
}
NEVER = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "yaml"}  # read them, and they run what they are told
CALLS = {"replace", "rename", "system", "popen"}  # of os, which need no import of their own
EVALUATE = {"eval", "exec", "__import__"}


def dangers(tree: ast.AST) -> set[str]:
    """Modules of ``ONLY`` and ``NEVER`` that a file imports, calls of ``CALLS`` and ``EVALUATE``, dangerous options."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(str(node.module))
        elif isinstance(node, ast.Attribute) and node.attr in CALLS and getattr(node.value, "id", "") == "os":
            found.add(f"os.{node.attr}")
        elif isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in EVALUATE:
                found.add(node.func.id)
            options = {keyword.arg: keyword.value for keyword in node.keywords}
            for option in {"shell", "allow_pickle"} & options.keys():
                if getattr(options[option], "value", True) is not False:
                    found.add(option)
    return found & {*ONLY, *NEVER, *EVALUATE, "shell", "allow_pickle", *(f"os.{name}" for name in CALLS)}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_one_way_to_do_each_dangerous_thing(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    for danger in dangers(ast.parse(path.read_text(encoding="utf-8"))):
        assert name.startswith(ONLY.get(danger, "nowhere")), f"{name} uses {danger}"


def test_finds_dangers_of_every_kind() -> None:
    source = (
        "import subprocess as s\ndef f():\n    from tempfile import mkstemp\n    os.replace(a, b)\n    b.replace(c)\n"
        "    eval(a)\n    os.system(a)\n    run(a, shell=True)\n    np.load(a, allow_pickle=b)\n    np.load(a)\n"
        "    b.exec(a)\n    run(a, shell=False)\nimport pickle\n"
    )
    assert dangers(ast.parse(source)) == {
        *("subprocess", "tempfile", "os.replace", "eval", "os.system", "shell", "allow_pickle", "pickle")
    }


# What gives a file or folder of its own to fill, which becomes the product, or goes, at the end.
GIVES = {"written_file", "written_folder", "temporary_file", "temporary_folder", "scratch_folder"}
WRITES = {"write_text", "write_bytes", "savez", "savez_compressed", "save", "tofile", "copyfile", "dump"}
# Files that fill a folder which another gave them: the store of build products, or a simulator's own.
FILL = {
    "boards/bitstream/build.py": {"work"},
    "boards/bitstream/calibration.py": {"place"},
    "boards/gates/model.py": {"work"},
    "boards/simulated/model.py": {"work"},
    "sim/backends/cxxrtl.py": {"work"},
    "sim/backends/icarus.py": {"work"},
    "sim/backends/icarus_bench.py": {"folder"},
    "sim/backends/library.py": {"work"},
    "sim/backends/verilator.py": {"work"},
    "sim/benches/support/harness.py": {"folder"},
    "sim/runner.py": {"self"},
    # Fetches into the temporary file of the library that asks for it.
    "golden/data/download.py": {"output_file"},
    # A copy of the tree in a temporary folder, which mistakes are put into.
    "sim/mutation/trials.py": {"path"},
    # A drive that a board shows: what is copied there is programmed, and no file stays.
    "boards/programmer.py": {"folder"},
}


def root_name(node: ast.expr) -> str:
    """``work`` of ``work``, ``(work / "a")`` and ``work.with_suffix(".b")``."""
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.BinOp):
            node = node.left
        elif isinstance(node, ast.Attribute | ast.Subscript):
            node = node.value
        elif isinstance(node, ast.Call) and (node.args or isinstance(node.func, ast.Attribute)):
            node = node.func if isinstance(node.func, ast.Attribute) else node.args[0]
        else:
            return ""
    return node.id


def opened_to_write(call: ast.Call) -> ast.expr | None:
    """What ``open`` opens if it may be written to, else None."""
    function, mode = call.func, [*call.args, *(word.value for word in call.keywords if word.arg == "mode")]
    if isinstance(function, ast.Attribute) and function.attr == "open":
        target, modes = function.value, mode
    elif isinstance(function, ast.Name) and function.id == "open":
        target, modes = call.args[0], mode[1:]
    else:
        return None
    writes = any(isinstance(each, ast.Constant) and set(str(each.value)) & set("wax+") for each in modes)
    return target if writes else None


def direct_writes(tree: ast.AST, allowed: set[str]) -> list[int]:
    """Lines that write anything but what a block of ``GIVES`` gave, or lies in it."""
    given = set(allowed)
    for node in ast.walk(tree):
        if isinstance(node, ast.With):
            for item in node.items:
                call, name = item.context_expr, getattr(item.optional_vars, "id", None)
                if not isinstance(call, ast.Call) or name is None:
                    continue
                target = opened_to_write(call)
                if getattr(call.func, "id", "") in GIVES or (target is not None and root_name(target) in given):
                    given.add(name)
    lines = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        target = opened_to_write(node)
        if target is None and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES:
            function = node.func
            if function.attr in ("write_text", "write_bytes"):
                target = function.value
            elif function.attr in ("copyfile", "dump"):
                target = node.args[1] if len(node.args) > 1 else None
            elif root_name(function.value) == "np" and node.args:
                target = node.args[0]
        if target is not None and root_name(target) not in given:
            lines.append(node.lineno)
    return lines


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_products_are_written_whole(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    allowed = {"path", "temporary"} if name == "golden/system/writing.py" else FILL.get(name, set())
    lines = direct_writes(ast.parse(path.read_text(encoding="utf-8")), allowed)
    assert lines == [], f"{name} writes by itself; use golden/system/writing.py"


def test_finds_direct_writes_of_every_kind() -> None:
    bad = (
        "path.write_text(a)\n(folder / 'a').write_bytes(b)\nopen(path, 'w')\npath.open('ab')\nnp.savez(path, a=a)\n"
        "shutil.copyfile(a, b)\nnp.save(folder / 'a', a)\npath.open(mode='x')\n"
    )
    good = (
        "write_text(path, a)\nwith written_folder(path) as new:\n    (new / 'a').write_text(b)\n"
        "    np.savez(new / 'a', a=a)\nwith written_file(path) as t, t.open('wb') as f:\n    np.savez(f, a=a)\n"
        "open(path)\npath.open('rb')\narchive.open(name)\n"
    )
    assert direct_writes(ast.parse(bad), set()) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert direct_writes(ast.parse(good), set()) == []


def test_files_that_fill_what_others_gave_still_do() -> None:
    for name, allowed in FILL.items():
        tree = ast.parse((ROOT / name).read_text(encoding="utf-8"))
        assert all(direct_writes(tree, allowed - {each}) for each in allowed), f"{name} needs no exception any more"
