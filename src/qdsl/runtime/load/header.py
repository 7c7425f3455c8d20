"""Which column of the file is which of the experiment, and in what unit.

In: a `Sheet` and the columns wanted. Out: for each wanted column its place in the file and its unit. Columns match by
name, in any order; columns nobody asked for are ignored with a note.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qdsl.lang.report import Diagnostics
from qdsl.lang.report.near import nearest
from qdsl.lang.typed.dimension import ONE, Dimension
from qdsl.lang.typed.show import Show
from qdsl.lang.typed.tree import DisplayUnit
from qdsl.lang.typed.types import Real
from qdsl.runtime.load import errors
from qdsl.runtime.load.columns import Match, Wanted
from qdsl.runtime.load.sheet import Sheet

UnitResolver = Callable[[str], tuple[Dimension, DisplayUnit] | str]
"""The dimension and scale of a unit written as in a program (`us`, `m/s^2`), or a sentence that says what is wrong
with it.
"""

_HEADING = re.compile(r"(?P<name>[^\[\]]*?)\s*(?:\[(?P<unit>[^\[\]]*)\])?\Z")
_NUMBER = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?\Z")


@dataclass(frozen=True, slots=True)
class Heading:
    """`tau [us]` taken apart; `unit` is None without brackets."""

    name: str
    unit: str | None


def matched(
    sheet: Sheet, wanted: Sequence[Wanted], resolve: UnitResolver, diagnostics: Diagnostics, show: Show
) -> list[Match] | None:
    """Where each wanted column is; None, with the reasons reported, if one is missing, doubled or of the wrong unit."""
    before = len(diagnostics.errors)
    if all(_NUMBER.match(cell.text) for cell in sheet.header):
        diagnostics.add(errors.no_header(sheet, wanted))
        return None
    headings = [_heading(sheet, column, diagnostics) for column in range(len(sheet.header))]
    if len(diagnostics.errors) > before:
        return None  # what its columns are called is not known
    _report_duplicates(sheet, headings, wanted, diagnostics)
    matches = [match for each in wanted if (match := _match(sheet, headings, each, resolve, diagnostics, show))]
    if len(diagnostics.errors) > before:
        return None
    _note_ignored(sheet, headings, wanted, diagnostics)
    return matches


def _heading(sheet: Sheet, column: int, diagnostics: Diagnostics) -> Heading:
    match = _HEADING.match(sheet.header[column].text)
    if match is None:
        diagnostics.add(errors.malformed_heading(sheet, column))
        return Heading(sheet.header[column].text, None)
    unit = match["unit"]
    return Heading(match["name"].strip(), None if unit is None else unit.strip())


def _report_duplicates(
    sheet: Sheet, headings: list[Heading], wanted: Sequence[Wanted], diagnostics: Diagnostics
) -> None:
    for each in wanted:
        places = [k for k, heading in enumerate(headings) if heading.name == each.name]
        if len(places) > 1:
            diagnostics.add(errors.duplicate_column(sheet, each.name, places))


def _match(
    sheet: Sheet,
    headings: list[Heading],
    wanted: Wanted,
    resolve: UnitResolver,
    diagnostics: Diagnostics,
    show: Show,
) -> Match | None:
    place = next((k for k, heading in enumerate(headings) if heading.name == wanted.name), None)
    if place is None:
        names = [heading.name for heading in headings]
        bracketed = next((k for k, name in enumerate(names) if name.split("(")[0].strip() == wanted.name), None)
        diagnostics.add(errors.missing_column(sheet, wanted, nearest(wanted.name, names), names, bracketed))
        return None
    unit = _unit(sheet, place, headings[place].unit, wanted, resolve, diagnostics, show)
    return None if unit is None else Match(wanted, place, unit)


def _unit(
    sheet: Sheet,
    place: int,
    text: str | None,
    wanted: Wanted,
    resolve: UnitResolver,
    diagnostics: Diagnostics,
    show: Show,
) -> DisplayUnit | None:
    """The unit of a column; None where it does not suit what is wanted."""
    dimension = wanted.type.dimension if isinstance(wanted.type, Real) else ONE
    if not text:
        if dimension.is_one:
            return DisplayUnit("", 1.0)
        diagnostics.add(errors.unit_missing(sheet, place, wanted, dimension, show))
        return None
    resolved = resolve(text)
    if isinstance(resolved, str):
        diagnostics.add(errors.unit_unknown(sheet, place, text, resolved))
        return None
    found, unit = resolved
    if found != dimension:
        diagnostics.add(errors.unit_of_other_dimension(sheet, place, text, found, wanted, dimension, show))
        return None
    return unit


def _note_ignored(sheet: Sheet, headings: list[Heading], wanted: Sequence[Wanted], diagnostics: Diagnostics) -> None:
    names = {each.name for each in wanted}
    ignored = [k for k, heading in enumerate(headings) if heading.name not in names]
    if ignored:
        diagnostics.add(errors.columns_ignored(sheet, [headings[k].name for k in ignored], ignored))
