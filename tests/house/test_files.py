"""What holds for every file: it opens with what it is, and neither files nor functions grow beyond reading."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LONGEST_FUNCTION = 50


def test_every_file_opens_with_what_it_is() -> None:
    folders = ("src", "tests", "benchmarks")
    files = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    mute = [path for path in files if path.stat().st_size and not ast.get_docstring(_tree(path))]
    assert [str(path.relative_to(ROOT)) for path in mute] == []
    assert [str(path) for path in sorted((ROOT / "src").rglob("*.py")) if not path.stat().st_size] == []


def test_no_function_of_the_package_is_longer_than_a_screen() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {function.name}"
        for path in sorted((ROOT / "src").rglob("*.py"))
        for function in _functions(_tree(path))
        if (function.end_lineno or 0) - function.lineno >= LONGEST_FUNCTION
    ]
    assert long == []


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
