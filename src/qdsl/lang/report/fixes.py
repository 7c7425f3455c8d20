"""What a source looks like once a fix is applied.

In go a source and fixes, whose edits are places and texts; out comes the new text, or only the lines that it changed,
with the place of what is new on each.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from qdsl.lang.report.diagnostic import Edit, Fix
from qdsl.lang.source import Source


@dataclass(frozen=True, slots=True)
class EditedLine:
    """A line after the edit, numbered as before it. `fresh` are the ranges of characters that the edit wrote."""

    number: int
    text: str
    fresh: tuple[tuple[int, int], ...]


def apply(source: Source, fixes: Iterable[Fix]) -> str:
    """The text with every fix applied. Of two fixes that touch the same characters the first one counts."""
    accepted: list[Edit] = []
    for fix in fixes:
        if not any(_touch(new, old) for new in fix.edits for old in accepted):
            accepted.extend(fix.edits)
    return _edited(source.text, 0, len(source.text), accepted)[0]


def edited_lines(source: Source, fix: Fix) -> list[EditedLine]:
    """The lines that the fix writes or changes, in order."""
    edits = [edit for edit in fix.edits if edit.span.source is source]
    if not edits:
        return []
    first = min(source.position(edit.span.absolute[0]).line for edit in edits)
    last = max(source.position(edit.span.absolute[1]).line for edit in edits)
    start = source.line_starts[first - 1]
    end = source.line_starts[last] if last < len(source.line_starts) else len(source.text)
    text, fresh = _edited(source.text, start, end, edits)
    return _lines(text, fresh, first)


def _edited(text: str, start: int, end: int, edits: list[Edit]) -> tuple[str, list[tuple[int, int]]]:
    """The edited text of a range, and where in it the edits' own text stands."""
    pieces: list[str] = []
    fresh: list[tuple[int, int]] = []
    length = 0
    at = start
    for edit in sorted(edits, key=lambda each: each.span.absolute):
        low, high = edit.span.absolute
        kept = text[at:low]
        pieces += (kept, edit.text)
        length += len(kept)
        fresh.append((length, length + len(edit.text)))
        length += len(edit.text)
        at = high
    pieces.append(text[at:end])
    return "".join(pieces), fresh


def _lines(text: str, fresh: list[tuple[int, int]], number: int) -> list[EditedLine]:
    lines: list[EditedLine] = []
    start = 0
    for line in text.removesuffix("\n").split("\n"):
        end = start + len(line)
        here = ((max(low, start) - start, min(high, end) - start) for low, high in fresh)
        lines.append(EditedLine(number, line, tuple((low, high) for low, high in here if low < high)))
        start = end + 1
        number += 1
    return lines


def _touch(left: Edit, right: Edit) -> bool:
    """Whether two edits cannot both be made: their ranges overlap, or both insert at one place."""
    if left.span.source is not right.span.source:
        return False
    (low, high), (other_low, other_high) = left.span.absolute, right.span.absolute
    return (low < other_high and other_low < high) or (low, high) == (other_low, other_high)
