"""What can be wrong with a data file. One function per mistake; the words live here.

Every message about a cell names the file, the row as an editor counts lines, and the column, because the sentence may
be all that is shown; its label points into the file's own text.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qdsl.lang.report import Diagnostic, Edit, Fix, Label, Severity, error
from qdsl.lang.report.near import nearest
from qdsl.lang.source import Source, Span
from qdsl.lang.typed.dimension import Dimension
from qdsl.lang.typed.show import Show
from qdsl.runtime.value.quantity import best_unit, shown

if TYPE_CHECKING:
    from qdsl.runtime.load.columns import Limit, Match, Wanted
    from qdsl.runtime.load.sheet import Sheet

MOST_SHOWN = 10


def cannot_read(at: Span | None, path: Path, problem: OSError) -> Diagnostic:
    """The file is missing, a directory, or not for us to read."""
    labels = () if at is None else (Label(at),)
    match problem:
        case FileNotFoundError():
            return error("E0801", f"there is no data file {path}", *labels, hint=_near_file(path))
        case IsADirectoryError():
            return error("E0801", f"{path} is a directory, not a data file", *labels)
        case PermissionError():
            return error("E0801", f"the data file {path} may not be read", *labels)
        case _:
            return error("E0801", f"the data file {path} cannot be read: {problem.strerror or problem}", *labels)


def _near_file(path: Path) -> str:
    """A file that may have been meant, or the data files there are."""
    try:
        names = sorted(each.name for each in path.parent.iterdir())
    except OSError:
        return f"there is no directory {path.parent}"
    near = nearest(path.name, names)
    if near:
        return f"did you mean {path.with_name(near)}?"
    tables = [name for name in names if name.endswith((".csv", ".tsv", ".txt"))]
    return f"{path.parent} has {', '.join(tables[:5])}" if tables else ""


def not_utf8(source: Source, content: bytes, offset: int) -> Diagnostic:
    """Text in an encoding we do not guess at."""
    line = content.count(b"\n", 0, offset) + 1
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return error("E0802", f"{source.name} is UTF-16 text; save it as UTF-8", Label(source.span(0, 0)))
    start = len(content[:offset].decode("utf-8-sig"))
    return error(
        "E0802",
        f"{source.name}, row {line}: the byte 0x{content[offset]:02X} is not UTF-8",
        Label(source.span(start, start + 1), "not readable as text"),
        hint="save the file as UTF-8",
    )


def empty_file(source: Source) -> Diagnostic:
    return error("E0803", f"{source.name} is empty", Label(source.span(0, 0)))


def no_header(sheet: Sheet, wanted: Sequence[Wanted]) -> Diagnostic:
    """The first row is made of numbers."""
    heading = ",".join(_heading(each) for each in wanted)
    return error(
        "E0804",
        f"{sheet.source.name} has no header: its first row is numbers",
        Label(sheet.whole_header()),
        hint=f"name the columns in the first row, such as `{heading}`",
    )


def _heading(wanted: Wanted) -> str:
    symbol = _unit_for(wanted)
    return f"{wanted.name} [{symbol}]" if symbol else wanted.name


def _unit_for(wanted: Wanted) -> str:
    """A unit that suits a column: the program's own for it, or the natural one."""
    if wanted.display is not None:
        return wanted.display.symbol
    dimension = getattr(wanted.type, "dimension", None)
    return "" if dimension is None else best_unit(1.0, dimension).symbol


def no_rows(header: Span, lacks: str = "no rows") -> Diagnostic:
    return error("E0805", f"{header.source.name} has a header but {lacks}", Label(header))


def quote_not_closed(source: Source, line: int) -> Diagnostic:
    start = source.line_starts[line - 1]
    quote = start + source.line(line).rfind('"')
    return error(
        "E0806",
        f'{source.name}, row {line}: a cell begins with " and does not end',
        Label(source.span(quote, quote + 1)),
        note="a row is one line: a cell cannot hold a line break",
    )


def ragged_row(source: Source, line: int, cells: int, columns: int, total: int) -> Diagnostic:
    start = source.line_starts[line - 1]
    return error(
        "E0807",
        f"{source.name}, row {line}: {_count(cells, 'cell')} where the header has {_count(columns, 'column')}",
        Label(source.span(start, start + len(source.line(line)))),
        note=_more(total, "row", "of another length than the header"),
    )


def malformed_heading(sheet: Sheet, column: int) -> Diagnostic:
    return error(
        "E0808",
        f"{sheet.source.name}: the heading `{sheet.header[column].text}` is not a name with a unit in brackets",
        Label(sheet.header_span(column)),
        hint="write it as `tau [us]`",
    )


def duplicate_column(sheet: Sheet, name: str, places: Sequence[int]) -> Diagnostic:
    first, *others = places
    again = [Label(sheet.header_span(place), "again here") for place in others]
    return error(
        "E0809",
        f"{sheet.source.name} has {len(places)} columns called {name}",
        again[0],
        Label(sheet.header_span(first), "first here"),
        *again[1:],
    )


def missing_column(
    sheet: Sheet, wanted: Wanted, near: str | None, names: Sequence[str], bracketed: int | None
) -> Diagnostic:
    """A column the experiment needs is not there; `bracketed` is one like `tau (us)`."""
    message = f"{sheet.source.name} has no column {wanted.name}"
    if bracketed is not None:
        text = sheet.header[bracketed].text
        mended = text.replace("(", "[", 1).replace(")", "]", 1)
        fix = Fix(f"write `{mended}`", (Edit(sheet.header_span(bracketed), mended),))
        return error(
            "E0810",
            message,
            Label(sheet.header_span(bracketed), "a unit stands in square brackets"),
            fixes=(fix,),
        )
    if near is not None:
        place = list(names).index(near)
        return error("E0810", message, Label(sheet.header_span(place), f"is {near} meant to be {wanted.name}?"))
    return error("E0810", message, Label(sheet.whole_header(), "columns match the experiment's names"))


def unit_missing(sheet: Sheet, place: int, wanted: Wanted, dimension: Dimension, show: Show) -> Diagnostic:
    symbol = _unit_for(wanted)
    span = sheet.header_span(place)
    return error(
        "E0811",
        f"{sheet.source.name}: the column {wanted.name} has no unit",
        Label(span, f"{wanted.name} is {_named(dimension, show)}"),
        fixes=(Fix(f"write `{wanted.name} [{symbol}]`", (Edit(span.after(), f" [{symbol}]"),), sure=False),),
    )


def unit_unknown(sheet: Sheet, place: int, unit: str, why: str) -> Diagnostic:
    return error(
        "E0812",
        f"{sheet.source.name}: the heading's unit `{unit}` cannot be read",
        Label(_unit_span(sheet, place), why),
    )


def unit_of_other_dimension(
    sheet: Sheet, place: int, unit: str, found: Dimension, wanted: Wanted, dimension: Dimension, show: Show
) -> Diagnostic:
    left, right = f"the file's {wanted.name} [{unit}]", f"the experiment's {wanted.name}"
    width = max(len(left), len(right))
    own, declared = _named(found, show), _named(dimension, show)
    return error(
        "E0813",
        f"{sheet.source.name}: the column {wanted.name} is {own}, not {declared}",
        Label(_unit_span(sheet, place), f"this is {own}"),
        note=f"{left:<{width}}  {own}\n{right:<{width}}  {declared}",
    )


def _unit_span(sheet: Sheet, place: int) -> Span:
    """The unit inside the brackets of a heading."""
    span = sheet.header_span(place)
    opening, closing = span.text.find("["), span.text.rfind("]")
    return Span(span.chunk, span.start + opening + 1, span.start + closing) if 0 <= opening < closing else span


def _named(dimension: Dimension, show: Show) -> str:
    return "a plain number" if dimension.is_one else show.dimension(dimension)


def columns_ignored(sheet: Sheet, names: Sequence[str], places: Sequence[int]) -> Diagnostic:
    shown = [name or f"number {place + 1}" for name, place in zip(names, places, strict=True)]
    which = f"the column {shown[0]} is" if len(shown) == 1 else f"the columns {', '.join(shown)} are"
    labels = tuple(Label(sheet.header_span(place)) for place in places)
    return Diagnostic("W0801", Severity.NOTE, f"{sheet.source.name}: {which} not used by the experiment", labels)


def rows_skipped(sheet: Sheet, rows: Sequence[int]) -> Diagnostic:
    """Rows that lack a value, where they are to be left out."""
    lines = ", ".join(str(sheet.lines[row]) for row in rows[:MOST_SHOWN]) + (", ..." if len(rows) > MOST_SHOWN else "")
    words = f"row {lines} lacks a value, and is" if len(rows) == 1 else f"the rows {lines} lack values, and are"
    return Diagnostic("W0802", Severity.NOTE, f"{sheet.source.name}: {words} left out", ())


def missing_values(sheet: Sheet, match: Match, rows: Sequence[int]) -> Diagnostic:
    """Empty cells and the words for them, in one message with their number."""
    name = match.wanted.name
    lines = ", ".join(str(sheet.lines[row]) for row in rows[:MOST_SHOWN])
    where = f"row{'s' if len(rows) > 1 else ''} {lines}" + (", ..." if len(rows) > MOST_SHOWN else "")
    return error(
        "E0814",
        f"{sheet.source.name}, {where}: {_count(len(rows), 'value')} of the column {name} "
        f"{'is' if len(rows) == 1 else 'are'} missing",
        *(Label(sheet.span(row, match.place), "missing") for row in rows[:3]),
        note='a fit needs every value: measure it again, or leave such rows out, `load(.., missing = "skip")`',
    )


def bad_cell(sheet: Sheet, match: Match, row: int, fault: str, total: int) -> Diagnostic:
    """A cell that is not what its column holds; `fault` is a key of `CELL_FAULTS`."""
    code, sentence, hint = CELL_FAULTS[fault]
    text = sheet.rows[row][match.place]
    wanted = match.wanted
    words = sentence.format(
        text=text if len(text) <= 40 else text[:37] + "...",
        low=_bound(match, wanted.low),
        high=_bound(match, wanted.high),
    )
    return error(
        code,
        f"{sheet.source.name}, row {sheet.lines[row]}, column {wanted.name}: {words}",
        Label(sheet.span(row, match.place)),
        note=_more(total, "cell", "of this column like it"),
        hint=hint,
    )


CELL_FAULTS = {
    "number": ("E0815", "`{text}` is not a number", ""),
    "comma": ("E0815", "`{text}` is not a number", "write a point, not a comma, before the decimals"),
    "truth": ("E0822", "`{text}` is neither true nor false", ""),
    "finite": ("E0816", "{text} is not a finite number", ""),
    "integer": ("E0817", "{text} is not a whole number", ""),
    "large": ("E0817", "{text} is too large for an Int, which has 64 bits", ""),
    "low": ("E0818", "{text} is below {low}, the least this measurement can be", ""),
    "high": ("E0818", "{text} is above {high}, the most this measurement can be", ""),
}


def _bound(match: Match, bound: float) -> str:
    if not math.isfinite(bound):
        return str(bound)
    dimension = getattr(match.wanted.type, "dimension", None)
    return f"{bound:g}" if dimension is None else shown(bound, dimension, match.unit)


def above_column(sheet: Sheet, row: int, smaller: tuple[str, int], larger: tuple[str, int], total: int) -> Diagnostic:
    """More counts than shots, which are a column too."""
    (name, place), (shots, shots_place) = smaller, larger
    cells = sheet.rows[row]
    return error(
        "E0819",
        f"{sheet.source.name}, row {sheet.lines[row]}, column {name}: {cells[place]} is more than {shots}, "
        f"which is {cells[shots_place]}",
        Label(sheet.span(row, place)),
        Label(sheet.span(row, shots_place), f"{shots} of this row"),
        note=_more(total, "row", "like it"),
    )


def above_number(sheet: Sheet, row: int, place: int, limit: Limit, most: int, total: int) -> Diagnostic:
    """More counts than shots, whose number the program says."""
    labels = () if limit.place is None else (Label(limit.place, "so many could be counted"),)
    return error(
        "E0819",
        f"{sheet.source.name}, row {sheet.lines[row]}, column {limit.counts}: {sheet.rows[row][place]} is more than "
        f"{shots_text(limit, most)}",
        Label(sheet.span(row, place)),
        *labels,
        note=_more(total, "row", "like it"),
    )


def not_adding_up(sheet: Sheet, row: int, place: int, limit: Limit, total: int, most: int, rows: int) -> Diagnostic:
    """The outcomes of a Multinomial, whose shots have one each."""
    return error(
        "E0821",
        f"{sheet.source.name}, row {sheet.lines[row]}, column {limit.counts}: {outcomes_text(limit, total, most)}",
        Label(sheet.span(row, place)),
        note=_more(rows, "row", "like it"),
    )


def outcomes_text(limit: Limit, total: int, most: int) -> str:
    """`n_0 .. n_2 add up to 190, not to the 200 shots`."""
    return f"{limit.counts} .. {limit.outcomes[-1]} add up to {total}, not to {shots_text(limit, most)}"


def shots_text(limit: Limit, most: int) -> str:
    """The number of shots in a row, after the name it may have: `the 500 shots`, `shots, which is 500`."""
    return f"the {most} shots" if limit.shots == str(most) else f"{limit.shots}, which is {most}"


def _more(total: int, noun: str, what: str) -> str:
    """Where not every fault is shown one by one, how many there are."""
    return f"the file has {_count(total, noun)} {what}; the first {MOST_SHOWN} are shown" if total > MOST_SHOWN else ""


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
