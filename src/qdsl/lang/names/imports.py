"""What the names stage asks the outside: the exported names of another module."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from qdsl.lang.names.symbols import Scope
from qdsl.lang.report import Diagnostic
from qdsl.lang.source import Source


@dataclass(frozen=True, slots=True)
class Cycle:
    """The module is being read already: the names of the modules around the circle."""

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """There is a file of that name, and it has no program in it: `why` says so."""

    why: Diagnostic


Found = Scope | Cycle | Unreadable | None
"""The exports of a module, or why it has none; None where there is no such module."""


class Imports(Protocol):
    """Finds and checks modules."""

    def scope_of(self, path: str, is_file: bool, importer: Source) -> Found: ...


class NoImports:
    """For programs that stand alone."""

    def scope_of(self, path: str, is_file: bool, importer: Source) -> Found:
        return None
