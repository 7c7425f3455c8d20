"""Finding and checking imported modules: files beside the importer, modules of the standard library.

A module is read once in a session, whatever imports it; a circle of imports is told by its names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from qdsl.lang import compile as front
from qdsl.lang.library import Library
from qdsl.lang.names import Cycle, Scope
from qdsl.lang.report import Diagnostic
from qdsl.lang.source import Source
from qdsl.runtime.library import FOLDER


@dataclass(eq=False)
class FileImports:
    """Modules by path. `run` carries out an imported module's lets; `found` collects what its check said."""

    library: Library
    run: Callable[[front.Checked], None]
    known: dict[Path, Scope] = field(default_factory=dict)
    reading: list[Path] = field(default_factory=list)
    found: list[Diagnostic] = field(default_factory=list)

    def scope_of(self, path: str, is_file: bool, importer: Source) -> Scope | Cycle | None:
        """The exports of a module: a file next to the importer first, then the standard library."""
        place = self._place(path, is_file, importer)
        if place is None:
            return None
        if place in self.known:
            return self.known[place]
        if place in self.reading:
            circle = [*self.reading[self.reading.index(place) :], place]
            return Cycle(tuple(each.stem for each in circle))
        return self._read(place)

    def _read(self, place: Path) -> Scope | None:
        try:
            text = place.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None
        self.reading.append(place)
        checked = front.check(Source(str(place), text), front.Context(self.library, self))
        self.reading.pop()
        self.found.extend(checked.diagnostics.in_order())
        if checked.ok:
            self.run(checked)
        scope = front.exports(checked.resolved)
        self.known[place] = scope
        return scope

    def _place(self, path: str, is_file: bool, importer: Source) -> Path | None:
        beside = Path(importer.name).parent
        if is_file:
            candidates = [beside / path]
        else:
            relative = Path(*path.split(".")).with_suffix(".qdsl")
            candidates = [beside / relative, FOLDER / relative]
        return next((each.resolve() for each in candidates if each.is_file()), None)
