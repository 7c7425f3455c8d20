"""Running a program in a test: what it printed, and the messages it got."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qdsl.lang.report import Diagnostic, Severity
from qdsl.lang.source import Source
from qdsl.runtime.session import Session, Settings


@dataclass
class Ran:
    """A program that has run. `finished` is False where there was an error of either kind."""

    session: Session
    finished: bool
    printed: list[str]
    messages: list[Diagnostic] = field(default_factory=list)

    @property
    def codes(self) -> list[str]:
        """The errors' codes."""
        return [each.code for each in self.messages if each.severity is Severity.ERROR]

    @property
    def lines(self) -> list[str]:
        return [line for text in self.printed for line in text.splitlines()]

    def value(self, name: str) -> Any:
        """What a top-level name stands for."""
        return next(value for variable, value in self.session.environment.values.items() if variable.name == name)


def run(
    text: str,
    folder: Path | None = None,
    files: Mapping[str, str] | None = None,
    seed: int | None = 1,
    overrides: dict[str, str] | None = None,
) -> Ran:
    """Run a program whose folder has these files."""
    printed: list[str] = []
    messages: list[Diagnostic] = []
    place = folder or Path()
    for name, content in (files or {}).items():
        (place / name).write_text(content, encoding="utf-8")
    session = Session(Settings(printed.append, messages.append, seed, overrides or {}, place))
    finished = session.run(Source(str(place / "program.qdsl"), text))
    return Ran(session, finished, printed, messages)


def lines(text: str, **named: Any) -> list[str]:
    """What a program prints that has nothing to complain about."""
    ran = run(text, **named)
    assert ran.messages == [], [each.message for each in ran.messages]
    assert ran.finished
    return ran.lines
