"""`load_csv`: a path in, a checked table out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from qdsl.lang.report import Diagnostics
from qdsl.lang.source import Source, Span
from qdsl.lang.typed.show import Show
from qdsl.runtime.load import errors
from qdsl.runtime.load.columns import Limit, Wanted, check_limits, checked_columns, without_missing
from qdsl.runtime.load.header import UnitResolver, matched
from qdsl.runtime.load.sheet import read_sheet
from qdsl.runtime.value.provenance import Provenance, content_hash, installed_versions, now
from qdsl.runtime.value.table import Table

UNNAMED = Show({})
"""Writes dimensions as products of the base ones."""


def load_csv(
    path: str | Path,
    wanted: Sequence[Wanted],
    resolve: UnitResolver,
    diagnostics: Diagnostics,
    at: Span | None = None,
    limits: Sequence[Limit] = (),
    skip: bool = False,
    show: Show = UNNAMED,
) -> Table | None:
    """The wanted columns of a CSV file, in SI, in the order wanted. None, with every fault reported, if it has any.

    A unit in the header (`tau [us]`) is looked up by `resolve` and checked against the column's dimension. `limits` say
    how many there can be of what is counted. `at` is the place in the program that named the file. Rows that lack a
    wanted value are a fault, or left out if `skip`. `show` names dimensions in messages.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as problem:
        diagnostics.add(errors.cannot_read(at, path, problem))
        return None
    source = _decoded(path, content, diagnostics)
    table = source and table_from_csv(source, wanted, resolve, diagnostics, limits, skip, show)
    if not table:
        return None
    record = Provenance("load", str(path), content_hash(content), versions=installed_versions(), time=now())
    return replace(table, provenance=record)


def table_from_csv(
    source: Source,
    wanted: Sequence[Wanted],
    resolve: UnitResolver,
    diagnostics: Diagnostics,
    limits: Sequence[Limit] = (),
    skip: bool = False,
    show: Show = UNNAMED,
) -> Table | None:
    """The same for the text of a file."""
    sheet = read_sheet(source, diagnostics)
    matches = sheet and matched(sheet, wanted, resolve, diagnostics, show)
    if not sheet or not matches:
        return None
    if skip:
        sheet = without_missing(sheet, matches, diagnostics)
        if not sheet.rows:
            diagnostics.add(errors.no_rows(sheet.whole_header(), "no rows without missing values"))
            return None
    columns = checked_columns(sheet, matches, diagnostics)
    if columns is None or not check_limits(sheet, columns, matches, limits, diagnostics):
        return None
    return Table(columns)


def _decoded(path: Path, content: bytes, diagnostics: Diagnostics) -> Source | None:
    """The file's text without a byte-order mark, its lines ended as everywhere."""
    try:
        text = content.decode("utf-8-sig")
        # Some instruments still end lines with a carriage return alone.
        return Source(str(path), text if "\n" in text else text.replace("\r", "\n"))
    except UnicodeDecodeError as problem:
        diagnostics.add(errors.not_utf8(Source(str(path), content.decode("utf-8", "replace")), content, problem.start))
        return None
