"""What a stage has to say to the user, as data.

A `Diagnostic` is a code, one sentence and the place it is about; everything else (labels on other places, a note,
fixes) is extra. If only one line can be shown, it is `message`. Stages add diagnostics to a `Diagnostics` and go on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from qdsl.lang.source import Span


class Severity(Enum):
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Label:
    """A place and what is to be said of it; an empty text only underlines."""

    span: Span
    text: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the characters of `span` by `text`; an empty span inserts."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that mend the mistake, and a title in the imperative: "multiply by 2pi". `sure` means it can be applied
    unasked.
    """

    title: str
    edits: tuple[Edit, ...]
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One message. `labels[0]` is the place it is about."""

    code: str
    severity: Severity
    message: str
    labels: tuple[Label, ...] = ()
    note: str = ""
    hint: str = ""
    fixes: tuple[Fix, ...] = ()

    @property
    def span(self) -> Span | None:
        return self.labels[0].span if self.labels else None


def error(
    code: str, message: str, *labels: Label, note: str = "", hint: str = "", fixes: tuple[Fix, ...] = ()
) -> Diagnostic:
    """An error; the first label is the place it is about."""
    return Diagnostic(code, Severity.ERROR, message, labels, note, hint, fixes)


def warning(
    code: str, message: str, *labels: Label, note: str = "", hint: str = "", fixes: tuple[Fix, ...] = ()
) -> Diagnostic:
    """A warning; the first label is the place it is about."""
    return Diagnostic(code, Severity.WARNING, message, labels, note, hint, fixes)


@dataclass
class Diagnostics:
    """The messages of one run, in the order they were found."""

    found: list[Diagnostic] = field(default_factory=list)

    def add(self, diagnostic: Diagnostic) -> None:
        self.found.append(diagnostic)

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)

    @property
    def errors(self) -> list[Diagnostic]:
        return [each for each in self.found if each.severity is Severity.ERROR]

    def in_order(self) -> list[Diagnostic]:
        """Sorted by file and place, each message once."""
        return sorted(dict.fromkeys(self.found), key=_place)


def _place(diagnostic: Diagnostic) -> tuple[str, int, int]:
    span = diagnostic.span
    return ("", 0, 0) if span is None else (span.source.name, *span.absolute)
