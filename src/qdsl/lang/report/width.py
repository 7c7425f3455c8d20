"""How wide text is on a terminal, and a line of source made fit to be printed.

A character of a source may take no column (a combining accent), one, two (most of East Asia) or, as a tab, four; some
must not reach a terminal as they are (control characters, and those that reorder the text around them). A `Shown`
knows at which column every character of the line ended up, so that an underline can go below it.
"""

from __future__ import annotations

from dataclasses import dataclass

TAB = 4


@dataclass(frozen=True, slots=True)
class Shown:
    """A line as printed: character i of the source begins at column `columns[i]`, from 0; one more ends the line."""

    text: str
    columns: tuple[int, ...]

    @property
    def width(self) -> int:
        return self.columns[-1]

    def column(self, index: int) -> int:
        return self.columns[max(0, min(index, len(self.columns) - 1))]


def shown(line: str) -> Shown:
    """The line with tabs widened and unprintable characters made visible."""
    if line.isascii() and line.isprintable():
        return Shown(line, tuple(range(len(line) + 1)))
    pieces: list[str] = []
    columns = [0]
    for character in line:
        piece = _printable(character)
        pieces.append(piece)
        columns.append(columns[-1] + width(piece))
    return Shown("".join(pieces), tuple(columns))


def width(text: str) -> int:
    """Columns that printable text takes."""
    return len(text) if text.isascii() else sum(map(_character_width, text))


def cut(text: str, low: int, high: int) -> str:
    """What lies between two columns; a wide character cut in half becomes spaces, so that all else stays in place."""
    if text.isascii():
        return text[low:high]
    kept: list[str] = []
    at = 0
    for character in text:
        wide = _character_width(character)
        if low <= at and at + wide <= high:
            kept.append(character)
        else:
            kept.append(" " * max(0, min(at + wide, high) - max(at, low)))
        at += wide
    return "".join(kept)


def _printable(character: str) -> str:
    if character == "\t":
        return " " * TAB
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if code < 0x7F or character.isprintable() or _is_mark(character):
        return character
    return f"<U+{code:04X}>"


def _is_mark(character: str) -> bool:
    from unicodedata import category

    return category(character) in ("Mn", "Me", "Mc")


def _character_width(character: str) -> int:
    if character < "\u0300":
        return 1
    from unicodedata import category, east_asian_width

    if category(character) in ("Mn", "Me"):
        return 0
    return 2 if east_asian_width(character) in ("W", "F") else 1
