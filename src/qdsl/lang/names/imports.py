"""What the names stage asks the outside: the exported names of another module."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from qdsl.lang.names.symbols import Scope
from qdsl.lang.source import Source


@dataclass(frozen=True, slots=True)
class Cycle:
    """The module is being read already: the names of the modules around the circle."""

    path: tuple[str, ...]


class Imports(Protocol):
    """Finds and checks modules."""

    def scope_of(self, path: str, is_file: bool, importer: Source) -> Scope | Cycle | None:
        """The exports of a module; None where there is no such module."""


class NoImports:
    """For programs that stand alone."""

    def scope_of(self, path: str, is_file: bool, importer: Source) -> Scope | Cycle | None:
        return None
