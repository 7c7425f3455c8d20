"""The import contract: nothing imports upwards, and `lang` reaches nothing outside itself."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.house.floors import FLOORS, broken, imports, module_name, room

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src"
# build_table is a tool of ours that nobody's program reaches: it turns the grammar into the table that is shipped.
LANG = sorted(path for path in (SRC / "qdsl" / "lang").rglob("*.py") if path.name != "build_table.py")

# Standard modules through which a file or a network could be reached.
OUTSIDE = {
    "os",
    "io",
    "pathlib",
    "shutil",
    "tempfile",
    "glob",
    "socket",
    "ssl",
    "http",
    "urllib",
    "subprocess",
    "sqlite3",
}
# What a start must not pay for.
HEAVY = ("numpy", "scipy", "llvmlite", "lark", "matplotlib")


def test_nothing_imports_upwards() -> None:
    assert broken(SRC) == []


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("qdsl/lang/source.py", "from qdsl.lang.report import Diagnostic"),
        ("qdsl/lang/surface/tree.py", "import qdsl.lang.typed.tree"),
        ("qdsl/lang/typed/types.py", "def later() -> None:\n    from qdsl.lang import core"),
        ("qdsl/lang/core/ir.py", "from qdsl.runtime import value"),
        ("qdsl/lang/optimise/__init__.py", "from qdsl.lang import differentiate"),
        ("qdsl/lang/names/symbols.py", "import qdsl"),
    ],
)
def test_an_upward_import_is_noticed(tmp_path: Path, file: str, line: str) -> None:
    shutil.copytree(SRC / "qdsl", tmp_path / "qdsl", ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / file).open("a", encoding="utf-8") as out:
        out.write(f"\n{line}\n")
    assert [complaint.partition(":")[0] for complaint in broken(tmp_path)] == [file]


def test_every_module_has_a_room() -> None:
    homeless = [
        name
        for name in (module_name(SRC, path) for path in (SRC / "qdsl").rglob("*.py"))
        if room(name) is None or (room(name) == "qdsl" and name != "qdsl")
    ]
    assert set(homeless) <= {"qdsl.lang"}
    assert list(imports(SRC)), "no imports were found: the reader of imports is broken"


def test_every_room_exists() -> None:
    names = {module_name(SRC, path) for path in (SRC / "qdsl").rglob("*.py")}
    assert [each for floor in FLOORS for each in floor if each not in names] == []


@pytest.mark.parametrize("path", LANG, ids=lambda path: str(path.relative_to(SRC / "qdsl" / "lang")))
def test_lang_reaches_nothing_outside(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    reached = {name.partition(".")[0] for node in ast.walk(tree) for name in _imported(node)} & OUTSIDE
    called = {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("open", "print", "input")
    }
    assert (reached, called) == (set(), set())


@pytest.mark.parametrize("module", ["qdsl", "qdsl.lang.compile", "qdsl.cli.main", "qdsl.cli.check"])
def test_a_start_loads_nothing_heavy(module: str) -> None:
    program = f"import sys, {module}; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def _imported(node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=str(module)):
            return [module]
    return []
