"""The floors of the house, and who may import whom.

In goes a folder with the package in it; out comes a line for every import that goes up, or reaches a neighbour on the
same floor. Imports inside functions count like those at the top: being lazy does not turn the house around.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Lowest first. Rooms on one floor do not know each other.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("qdsl.version", "qdsl.lang.source", "qdsl.lang.node", "qdsl.lang.depth", "qdsl.lang.collection"),
    ("qdsl.lang.report",),
    ("qdsl.lang.surface",),
    ("qdsl.lang.names",),
    ("qdsl.lang.typed",),
    ("qdsl.lang.quantum",),
    ("qdsl.lang.core",),
    ("qdsl.lang.differentiate", "qdsl.lang.optimise", "qdsl.lang.lanes"),
    ("qdsl.lang.native",),
    ("qdsl.lang.library",),
    ("qdsl.lang.compile", "qdsl.lang.generate"),
    ("qdsl.runtime.whole_file", "qdsl.runtime.sobol"),
    ("qdsl.runtime.value",),
    ("qdsl.runtime.fit",),
    ("qdsl.runtime.optimum",),
    ("qdsl.runtime.posterior",),
    ("qdsl.runtime",),
    ("qdsl.repl",),
    ("qdsl.cli",),
    ("qdsl.__main__", "qdsl"),
)


@dataclass(frozen=True)
class Import:
    """One import: the module that says it, the module it names, and where."""

    importer: str
    imported: str
    place: str


def broken(root: Path) -> list[str]:
    """What is wrong with the imports of the package below `root`, as `file:line: who may not import whom`."""
    return [
        f"{each.place}: {each.importer} may not import {each.imported}"
        for each in imports(root)
        if not _allowed(each.importer, each.imported)
    ]


def imports(root: Path) -> Iterator[Import]:
    """Every import of a module of the package by another."""
    for path in sorted((root / "qdsl").rglob("*.py")):
        importer = module_name(root, path)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for imported in _named(node):
                if imported == "qdsl" or imported.startswith("qdsl."):
                    yield Import(importer, imported, f"{path.relative_to(root)}:{getattr(node, 'lineno', 0)}")


def module_name(root: Path, path: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room(module: str) -> str | None:
    """The room of the house that a module is in: the longest name on a floor that it begins with."""
    rooms = [name for floor in FLOORS for name in floor if module == name or module.startswith(f"{name}.")]
    return max(rooms, key=len, default=None)


def _named(node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=str(module), level=0, names=names):
            # `from qdsl.lang import core` names the module qdsl.lang.core
            return [f"{module}.{alias.name}" for alias in names] if module in ("qdsl", "qdsl.lang") else [module]
        case ast.ImportFrom(level=level) if level:
            return ["qdsl.(relative)"]
    return []


def _allowed(importer: str, imported: str) -> bool:
    below, above = room(imported), room(importer)
    if below == above:
        return True
    if importer == "qdsl.lang" or below is None or above is None:
        return False
    return _height(below) < _height(above)


def _height(name: str) -> int:
    return next(height for height, floor in enumerate(FLOORS) if name in floor)
