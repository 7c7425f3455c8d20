"""What is outside a program: where its output goes, where files are, the seeds of its draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from qdsl.lang.report import Diagnostic, Diagnostics
from qdsl.lang.source import Source
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed.dimension import Dimension
from qdsl.lang.typed.show import Show
from qdsl.runtime.failures import Stopped

UnitResolver = Callable[[str], tuple[Dimension, typed.DisplayUnit] | str]


@dataclass(eq=False)
class World:
    """What is outside a program: where output goes, where files are, the root seed and how many draws it has given."""

    out: Callable[[str], None]
    report: Callable[[Diagnostic], None]
    folder: Path
    root_seed: int
    resolve_unit: UnitResolver
    progress: Callable[[str], None] = lambda text: None
    """Is told how far something is that takes long; nothing, when it is done."""
    source: Source = field(default_factory=lambda: Source("nothing", ""))
    draws: int = 0
    show: Show = field(default_factory=lambda: Show({}))
    """Names types and dimensions as the checker does."""

    def next_seed(self) -> int:
        """The seed of the next call that did not bring one: the root's, counted on by position."""
        self.draws += 1
        return (self.root_seed * 0x9E3779B1 + self.draws) % 2**53

    def path(self, text: str) -> Path:
        """A path written in a program: relative ones start at the program's folder."""
        return self.folder / text

    def settle(self, diagnostics: Diagnostics) -> None:
        """Show warnings and notes; an error stops the program."""
        errors = diagnostics.errors
        last = errors[-1] if errors else None
        for each in diagnostics.in_order():
            if each is not last:
                self.report(each)
        if last is not None:
            raise Stopped(last)
