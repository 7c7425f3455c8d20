"""Text with a part to play in a message: pieces of a row, and the colours they get on a terminal that wants them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

Style = Literal["", "error", "warning", "note", "secondary", "gutter", "fresh", "bold"]
Piece = tuple[str, Style]
Row = list[Piece]

_ANSI: dict[Style, str] = {
    "error": "\x1b[1;31m",
    "warning": "\x1b[1;33m",
    "note": "\x1b[1;36m",
    "secondary": "\x1b[1;34m",
    "gutter": "\x1b[34m",
    "fresh": "\x1b[1;32m",
    "bold": "\x1b[1m",
}
_PLAIN = "\x1b[0m"


class Canvas:
    """A row that is written in any order, by column. What is put later hides what was there."""

    def __init__(self) -> None:
        self._cells: list[Piece] = []

    def put(self, column: int, text: str, style: Style) -> None:
        missing = column + len(text) - len(self._cells)
        self._cells.extend([(" ", "")] * missing)
        self._cells[column : column + len(text)] = [(character, style) for character in text]

    @property
    def end(self) -> int:
        return len(self._cells)

    def row(self) -> Row:
        """The cells, joined where the style does not change."""
        row: Row = []
        for text, style in self._cells:
            if row and row[-1][1] == style:
                row[-1] = (row[-1][0] + text, style)
            else:
                row.append((text, style))
        return row


def painted(rows: Iterable[Row], colour: bool) -> str:
    """The rows as lines of text, without spaces at their ends."""
    return "\n".join(_line(row, colour) for row in rows)


def _line(row: Row, colour: bool) -> str:
    if not colour:
        return "".join(text for text, _ in row).rstrip()
    pieces = [(text, style) for text, style in row if text]
    while pieces and not pieces[-1][0].strip():
        pieces.pop()
    return "".join(f"{_ANSI[style]}{text}{_PLAIN}" if style else text for text, style in pieces).rstrip(" ")
