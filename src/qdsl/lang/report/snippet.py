"""The lines of a source that labels speak of, with the labels drawn below them.

    let p = cos(f * t)                        one row of signs below the line: ^ for what the message is about,
            ----^^^^^-                        - for other places; then each text, below the start of its place.
            |   |                             A text that would stand free at the end of the row stays there.
            |   this is Frequency * Time
            radians = 2π × cycles

A label over several lines is drawn as a bracket at the left. Lines between those that matter are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from qdsl.lang.report.diagnostic import Label
from qdsl.lang.report.paint import Canvas, Row, Style
from qdsl.lang.report.width import Shown, cut, shown
from qdsl.lang.source import Source

_MARGIN = 12
_TALL = 6


@dataclass(frozen=True, slots=True)
class Mark:
    """Part of one line: characters `start` to `end` (from 0, exclusive)."""

    line: int
    start: int
    end: int
    text: str
    sign: str
    style: Style


@dataclass(frozen=True, slots=True)
class Stretch:
    """Several lines, from a character of the first to before one of the last; `lane` counts the brackets left of it."""

    first: int
    last: int
    start: int
    end: int
    text: str
    sign: str
    style: Style
    lane: int = 0


@dataclass(frozen=True, slots=True)
class Window:
    """The columns of a line that are printed."""

    low: int
    high: int

    def column(self, column: int) -> int:
        return max(self.low, min(column, self.high)) - self.low


class Snippet:
    """The rows of one source's labels, each of them `(label, style)`; `gutter` is the width of the line numbers."""

    def __init__(self, source: Source, labels: Sequence[tuple[Label, Style]], gutter: int, limit: int) -> None:
        places = [_place(source, label, style) for label, style in labels]
        self.source = source
        self.marks = [place for place in places if isinstance(place, Mark)]
        stretches = sorted((p for p in places if isinstance(p, Stretch)), key=lambda s: (s.first, -s.last))
        self.stretches = [replace(stretch, lane=lane) for lane, stretch in enumerate(stretches)]
        self.gutter = gutter
        self.area = max(20, limit - gutter - 3 - 2 * len(self.stretches))

    def rows(self) -> list[Row]:
        rows: list[Row] = []
        previous = 0
        for number in self._numbers():
            if previous and number > previous + 1:
                rows.append([("...".ljust(self.gutter + 3), "gutter"), *self._lanes(previous, below=True)])
            rows += self._line(number)
            previous = number
        return rows

    def _numbers(self) -> list[int]:
        """The lines to print: those with something to say, a tall bracket's ends only, and no gap of a single line."""
        wanted = {mark.line for mark in self.marks}
        for stretch in self.stretches:
            tall = stretch.last - stretch.first >= _TALL
            wanted |= {stretch.first, stretch.last} if tall else set(range(stretch.first, stretch.last + 1))
        return sorted(wanted | {number + 1 for number in wanted if number + 2 in wanted})

    def _line(self, number: int) -> list[Row]:
        line = shown(self.source.line(number))
        marks = [mark for mark in self.marks if mark.line == number]
        window = self._window(line, marks)
        rows = [[(f"{number:>{self.gutter}} | ", "gutter"), *self._opening(number), (_visible(line, window), "")]]
        below: list[Row] = [canvas.row() for canvas in _underlines(line, window, marks)]
        rows += [self._below(number, row) for row in below]
        for stretch in self.stretches:
            if stretch.first == number and not self._opens_line(stretch):
                rows.append(self._bracket(stretch, number, window.column(line.column(stretch.start)), ""))
            if stretch.last == number:
                rows.append(self._bracket(stretch, number, window.column(line.column(stretch.end - 1)), stretch.text))
        return rows

    def _window(self, line: Shown, marks: list[Mark]) -> Window:
        if line.width <= self.area:
            return Window(0, line.width)
        first = min((line.column(mark.start) for mark in marks), default=0)
        last = max((line.column(mark.end) for mark in marks), default=0)
        low = 0 if last + _MARGIN <= self.area else max(0, min(first - _MARGIN, line.width - self.area))
        return Window(low, min(low + self.area, line.width))

    def _below(self, number: int, row: Row) -> Row:
        return [(" " * self.gutter + " | ", "gutter"), *self._lanes(number, below=True), *row]

    def _opens_line(self, stretch: Stretch) -> bool:
        """Whether nothing stands before the start of the bracket, which then begins beside the line itself."""
        return not self.source.line(stretch.first)[: stretch.start].strip()

    def _opening(self, number: int) -> Row:
        """The brackets beside a line of the source."""
        row: Row = []
        for stretch in self.stretches:
            starts_here = stretch.first == number and self._opens_line(stretch)
            inside = stretch.first < number <= stretch.last
            row += [("/ " if starts_here else "| " if inside else "  ", stretch.style)]
        return row

    def _lanes(self, number: int, *, below: bool) -> Row:
        """The brackets beside a row that belongs under a line."""
        row: Row = []
        for stretch in self.stretches:
            opened = stretch.first < number or (stretch.first == number and self._opens_line(stretch))
            row += [("| " if opened and number <= stretch.last and below else "  ", stretch.style)]
        return row

    def _bracket(self, stretch: Stretch, number: int, column: int, text: str) -> Row:
        """The row that leads from the left to where a bracket begins or ends."""
        canvas = Canvas()
        base = 2 * len(self.stretches)
        for other in self.stretches:
            if other.first < number <= other.last and other is not stretch:
                canvas.put(2 * other.lane, "|", other.style)
        lead = 2 * stretch.lane
        closes = number == stretch.last
        canvas.put(
            lead + 1, "_" * (base + column - lead - 1) + stretch.sign + (f" {text}" if text else ""), stretch.style
        )
        if closes:
            canvas.put(lead, "|", stretch.style)
        return [(" " * self.gutter + " | ", "gutter"), *canvas.row()]


def extent(source: Source, label: Label) -> tuple[int, int]:
    """The characters to underline: without space at the end, and the end of the text rather than the line after it."""
    start, end = label.span.absolute
    written = len(source.text.rstrip())
    if start > written and source.position(start).column == 1:
        return written, written
    return start, start + len(source.text[start:end].rstrip())


def _place(source: Source, label: Label, style: Style) -> Mark | Stretch:
    start, end = extent(source, label)
    begins, ends = source.position(start), source.position(end)
    sign = "-" if style == "secondary" else "^"
    if begins.line == ends.line:
        last = max(ends.column - 1, begins.column)
        return Mark(begins.line, begins.column - 1, last, label.text, sign, style)
    return Stretch(begins.line, ends.line, begins.column - 1, ends.column - 1, label.text, sign, style)


def _visible(line: Shown, window: Window) -> str:
    if window.high - window.low == line.width:
        return line.text
    text = cut(line.text, window.low, window.high)
    if window.low > 0:
        text = "…" + text[1:]
    return text[:-1] + "…" if window.high < line.width else text


def _underlines(line: Shown, window: Window, marks: list[Mark]) -> list[Canvas]:
    """The rows below a line: the signs, then the texts that hang from them."""
    if not marks:
        return []
    spans = {mark: _columns(line, window, mark) for mark in marks}
    signs = Canvas()
    for mark in sorted(marks, key=lambda each: (each.sign == "^", spans[each][0] - spans[each][1])):
        low, high = spans[mark]
        signs.put(low, mark.sign * (high - low), mark.style)
    hanging = sorted((mark for mark in marks if mark.text), key=lambda each: spans[each])
    if hanging and spans[hanging[-1]][1] == signs.end:
        free = hanging.pop()
        signs.put(signs.end, f" {free.text}", free.style)
    return [signs, *_hung(hanging, spans)]


def _columns(line: Shown, window: Window, mark: Mark) -> tuple[int, int]:
    low = window.column(line.column(mark.start))
    past = mark.end - len(line.columns) + 1  # an empty span at the line's end points just behind it
    high = window.column(line.column(mark.end)) + max(0, past)
    return low, max(high, low + 1)


def _hung(marks: list[Mark], spans: dict[Mark, tuple[int, int]]) -> list[Canvas]:
    rows: list[Canvas] = []
    if marks:
        rows.append(_strings(marks, spans))
    while marks:
        mark = marks.pop()
        row = _strings(marks, spans)
        row.put(spans[mark][0], mark.text, mark.style)
        rows.append(row)
    return rows


def _strings(marks: list[Mark], spans: dict[Mark, tuple[int, int]]) -> Canvas:
    canvas = Canvas()
    for mark in marks:
        canvas.put(spans[mark][0], "|", mark.style)
    return canvas
