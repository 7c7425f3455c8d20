"""Documents that know where they may break, and how to lay them out in a width (Wadler, "A prettier printer").

A document is a text, a list of documents, or one of the classes below. A `Group` is put on one line if it fits, and
else every `Line` directly in it becomes a new line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Line:
    """A new line where its group is broken; `flat` where it is not."""

    flat: str = " "


@dataclass(frozen=True, slots=True)
class HardLine:
    """Always a new line. The groups around it break. `blank` leaves an empty line."""

    blank: bool = False


@dataclass(frozen=True, slots=True)
class IfBroken:
    """Text that stands only where the group is broken."""

    text: str


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment at the end of a line; its width does not count."""

    text: str


@dataclass(frozen=True)
class Group:
    inner: Doc

    @cached_property
    def broken(self) -> bool:
        """Whether it holds something that only ends with a new line."""
        return any(
            isinstance(each, HardLine | Remark) or (isinstance(each, Group) and each.broken) for each in _flat(self)
        )


@dataclass(frozen=True, slots=True)
class Indent:
    """New lines inside stand four columns further in."""

    inner: Doc


@dataclass(frozen=True, slots=True)
class Value:
    """What follows ` =`: on the same line, or on the next one if only there it fits and its group is broken."""

    inner: Doc


Doc = str | list["Doc"] | Line | HardLine | IfBroken | Remark | Group | Indent | Value

SOFT = Line("")
STEP = 4


def _flat(doc: Doc) -> Iterator[Doc]:
    """The parts of a document, groups inside not opened."""
    waiting: list[Doc] = [doc.inner if isinstance(doc, Group) else doc]
    while waiting:
        part = waiting.pop()
        match part:
            case list():
                waiting.extend(part)
            case Indent(inner) | Value(inner):
                waiting.append(inner)
            case _:
                yield part


def laid_out(doc: Doc, width: int) -> str:
    """The text of a document. Lines end without blanks."""
    out: list[str] = []
    column = 0
    waiting: list[tuple[int, bool, Doc]] = [(0, True, doc)]
    while waiting:
        indent, broken, part = waiting.pop()
        match part:
            case str():
                out.append(part)
                column += len(part)
            case list():
                waiting.extend((indent, broken, each) for each in reversed(part))
            case Indent(inner):
                waiting.append((indent + STEP, broken, inner))
            case Group(inner):
                breaks = part.broken or not _fits(inner, width - column, waiting)
                waiting.append((indent, breaks, inner))
            case Value(inner):
                whole = Group(inner)
                fits_here = not broken or _fits([" ", whole], width - column, waiting)
                next_line = not fits_here and _fits(whole, width - indent - STEP, [])
                waiting.append((indent, False, Indent([HardLine(), whole]) if next_line else [" ", inner]))
            case HardLine(blank):
                out.append("\n\n" if blank else "\n")
                out.append(" " * indent)
                column = indent
            case Line(flat):
                out.append("\n" + " " * indent if broken else flat)
                column = indent if broken else column + len(flat)
            case IfBroken(text):
                out.append(text if broken else "")
            case Remark(text):
                out.append(text)
    return "\n".join(line.rstrip() for line in "".join(out).split("\n"))


def _fits(doc: Doc, room: int, after: list[tuple[int, bool, Doc]]) -> bool:
    """Whether the document, and what follows up to the next possible new line, fits on this line."""
    waiting: list[tuple[bool, Doc]] = [(False, doc)]
    at = len(after)
    while room >= 0:
        if not waiting:
            if at == 0:
                return True
            at -= 1
            _, broken, following = after[at]
            waiting.append((broken, following))
        broken, part = waiting.pop()
        match part:
            case str():
                room -= len(part)
            case list():
                waiting.extend((broken, each) for each in reversed(part))
            case Indent(inner):
                waiting.append((broken, inner))
            case Group(inner):
                waiting.append((part.broken, inner))
            case HardLine() | Remark():
                return True
            case Value(inner):
                if broken:
                    return True
                waiting.append((broken, inner))
            case Line(flat):
                if broken:
                    return True
                room -= len(flat)
    return False
