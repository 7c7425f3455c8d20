"""Finding and checking modules: files beside the importer, modules of the standard library.

A module is read once in a session, whatever imports it. What the checks of imported modules say is part of what the
check of the importing file says, once; a file whose import is broken does not run. A circle of imports is told by its
names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from qdsl.lang import compile as front
from qdsl.lang.library import Library
from qdsl.lang.names import Cycle, Found, Scope, Unreadable
from qdsl.lang.report import Diagnostic, error
from qdsl.lang.source import Source
from qdsl.runtime.failures import Stopped
from qdsl.runtime.source_file import decoded


@dataclass(eq=False)
class FileImports:
    """Modules by path. `run` carries out an imported module's lets; `told` are messages not yet handed on.

    `asked` are the files that were looked for, found or not, and `checked` the programs in them that are sound.
    """

    library: Library
    run: Callable[[front.Checked], None]
    known: dict[Path, Scope] = field(default_factory=dict)
    reading: list[Path] = field(default_factory=list)
    told: list[Diagnostic] = field(default_factory=list)
    asked: dict[Path, None] = field(default_factory=dict)
    checked: list[front.Checked] = field(default_factory=list)

    def check(self, source: Source, scope: Scope | None = None, more_follows: bool = False) -> front.Checked:
        """Every stage up to types, of the file and of what it imports. `scope` has the names of earlier lines at a
        prompt, where `more_follows`.
        """
        self.reading.append(Path(source.name).resolve())
        try:
            checked = front.check(source, front.Context(self.library, self, scope, more_follows=more_follows))
        finally:
            self.reading.pop()
        told, self.told = self.told, []
        for each in told:
            checked.diagnostics.add(each)
        return checked

    def scope_of(self, path: str, is_file: bool, importer: Source) -> Found:
        """The exports of a module: a file next to the importer first, then the standard library."""
        shown = self._place(path, is_file, importer)
        if shown is None:
            return None if is_file else self.library.scopes.get(path)
        place = shown.resolve()
        if place in self.reading:
            circle = [*self.reading[self.reading.index(place) :], place]
            return Cycle(tuple(each.stem for each in circle))
        if place not in self.known:
            read = self._read(shown)
            if isinstance(read, Unreadable):
                return read
            self.known[place] = read
        return self.known[place]

    def _read(self, place: Path) -> Scope | Unreadable:
        try:
            source = decoded(str(place), place.read_bytes())
        except OSError as failure:
            return Unreadable(error("E0903", f"cannot read {place}: {(failure.strerror or str(failure)).lower()}"))
        if isinstance(source, Diagnostic):
            return Unreadable(source)
        checked = self.check(source)
        if checked.ok:
            self._run(checked)
            self.checked.append(checked)
        self.told += checked.diagnostics.in_order()
        return checked.resolved.exports()

    def _run(self, checked: front.Checked) -> None:
        try:
            self.run(checked)
        except Stopped as stop:
            checked.diagnostics.add(stop.diagnostic)

    def _place(self, path: str, is_file: bool, importer: Source) -> Path | None:
        beside = Path(importer.name).parent
        if is_file:
            candidates = [beside / path]
        else:
            relative = Path(*path.split(".")).with_suffix(".qdsl")
            candidates = [beside / relative]
        self.asked.update(dict.fromkeys(candidates))
        return next((each for each in candidates if each.is_file()), None)
