"""Text to rows of cells.

In: the text of a CSV file. Out: a `Sheet`: the header's cells and the rows, as text. The separator is a tab, a
semicolon or a comma, whichever the header has (in this order). Empty lines and lines that begin with `#` are skipped.
A cell may be quoted; a line is a row, so a quoted line break is refused. Places of cells are worked out only for
messages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from qdsl.lang.report import Diagnostics
from qdsl.lang.source import Source, Span
from qdsl.runtime.load import errors

SEPARATORS = "\t;,"


class Cell(NamedTuple):
    """A cell's text, without quotes and the blanks around it, and where it stands in its line."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """The header's cells, and for each row its cells and its line number, as an editor counts."""

    source: Source
    separator: str
    header: list[Cell]
    header_line: int
    rows: list[list[str]]
    lines: list[int]

    def header_span(self, column: int) -> Span:
        return self._span(self.header_line, self.header[column])

    def whole_header(self) -> Span:
        return self._span(self.header_line, Cell(self.header[0].start, self.header[-1].end, ""))

    def span(self, row: int, column: int) -> Span:
        """Where a cell of row `row` (from 0) stands; an empty one is shown by what ends it."""
        cells = split(self.source.line(self.lines[row]), self.separator) or []
        return self._span(self.lines[row], cells[min(column, len(cells) - 1)])

    def _span(self, line: int, cell: Cell) -> Span:
        start = self.source.line_starts[line - 1]
        return self.source.span(start + cell.start, start + cell.end)


def read_sheet(source: Source, diagnostics: Diagnostics) -> Sheet | None:
    """The rows of a file; None, with the reasons reported, if it is empty or its rows differ in length."""
    numbered = [(k, line) for k, line in enumerate(source.text.split("\n"), 1) if _has_data(line)]
    if not numbered:
        diagnostics.add(errors.empty_file(source))
        return None
    header_line, first = numbered[0]
    separator = next((each for each in SEPARATORS if each in first), ",")
    header = split(first.rstrip("\r"), separator)
    if header is None:
        diagnostics.add(errors.quote_not_closed(source, header_line))
        return None
    sheet = Sheet(source, separator, header, header_line, [], [])
    faults = _fill(sheet, numbered[1:], diagnostics)
    if not numbered[1:]:
        diagnostics.add(errors.no_rows(sheet.whole_header()))
    return None if faults or not sheet.rows else sheet


def _has_data(line: str) -> bool:
    stripped = line.lstrip()
    return bool(stripped) and stripped[0] != "#"


def _fill(sheet: Sheet, numbered: list[tuple[int, str]], diagnostics: Diagnostics) -> int:
    """Add the rows to the sheet; the number of rows that could not be read."""
    ragged: list[tuple[int, int]] = []
    unclosed: list[int] = []
    for number, line in numbered:
        if '"' in line:
            quoted = split(line.rstrip("\r"), sheet.separator)
            if quoted is None:
                unclosed.append(number)
                continue
            cells = [cell.text for cell in quoted]
        else:
            cells = [cell.strip() for cell in line.split(sheet.separator)]
        if len(cells) != len(sheet.header):
            ragged.append((number, len(cells)))
            continue
        sheet.rows.append(cells)
        sheet.lines.append(number)
    for number in unclosed[: errors.MOST_SHOWN]:
        diagnostics.add(errors.quote_not_closed(sheet.source, number))
    for number, count in ragged[: errors.MOST_SHOWN]:
        diagnostics.add(errors.ragged_row(sheet.source, number, count, len(sheet.header), len(ragged)))
    return len(ragged) + len(unclosed)


def split(line: str, separator: str) -> list[Cell] | None:
    """The cells of a line with their places; None where a quote is not closed."""
    cells: list[Cell] = []
    position = 0
    while True:
        start = position
        while position < len(line) and line[position] in " \t" and line[position] != separator:
            position += 1
        if position < len(line) and line[position] == '"':
            close = _closing_quote(line, position)
            if close is None:
                return None
            end = line.find(separator, close)
            end = len(line) if end < 0 else end
            text = line[position + 1 : close - 1].replace('""', '"') + line[close:end]
            cells.append(Cell(position, max(close, len(line[:end].rstrip())), text.strip()))
        else:
            end = line.find(separator, start)
            end = len(line) if end < 0 else end
            text = line[position:end].rstrip()
            cells.append(Cell(position, position + len(text), text) if text else Cell(start, end, ""))
        if end == len(line):
            return cells
        position = end + 1


def _closing_quote(line: str, opening: int) -> int | None:
    """The position behind the quote that ends the cell; a doubled quote stands for one."""
    position = opening + 1
    while (found := line.find('"', position)) >= 0:
        if line[found : found + 2] != '""':
            return found + 1
        position = found + 2
    return None
