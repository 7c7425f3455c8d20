"""Columns of text to columns of numbers, and every cell that is none.

A whole column is converted at once; only when something is wrong is it gone through cell by cell, to say where and
what.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qdsl.lang.report import Diagnostics
from qdsl.lang.source import Span
from qdsl.lang.typed.tree import DisplayUnit
from qdsl.lang.typed.types import BOOL, INT, TEXT, Real, Type
from qdsl.runtime.load import errors
from qdsl.runtime.load.sheet import Sheet
from qdsl.runtime.value.decimal_scale import si_from_cells, si_from_text
from qdsl.runtime.value.table import Column, int_column, real_column

TRUTH = {"true": True, "false": False, "1": True, "0": False}
"""How files write truth values, whatever the case of their letters."""

_WORDS_FOR_MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "--"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """A column that is asked for: Real(dimension), INT, BOOL or TEXT, and the unit the program uses for it, if any.

    `low` and `high` are the range of the measurement's distribution, in SI: 0 and up for counts.
    """

    name: str
    type: Type
    display: DisplayUnit | None = None
    low: float = -math.inf
    high: float = math.inf


@dataclass(frozen=True, slots=True)
class Limit:
    """In no row may the column `counts` be more than the column `shots`.

    `outcomes` are the columns, `counts` the first of them, that together make up the shots. Where the number of shots
    is no column but written in the program, at `place`, `shots` is what is written there and `most` gives its value in
    every row of the columns.
    """

    counts: str
    shots: str
    place: Span | None = None
    most: Callable[[Mapping[str, NDArray[Any]]], NDArray[Any]] | None = None
    outcomes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """A wanted column, its place in the file and the unit of the file."""

    wanted: Wanted
    place: int
    unit: DisplayUnit


def checked_columns(sheet: Sheet, matches: Sequence[Match], diagnostics: Diagnostics) -> dict[str, Column] | None:
    """The columns in SI; None, with every bad cell reported, if there is one."""
    texts = list(zip(*sheet.rows, strict=True))
    columns: dict[str, Column] = {}
    faulty = False
    for match in matches:
        column = _converted(texts[match.place], match)
        if column is None:
            faulty = True
            _report(sheet, texts[match.place], match, diagnostics)
        else:
            columns[match.wanted.name] = column
    return None if faulty else columns


def _converted(cells: Sequence[str], match: Match) -> Column | None:
    """The column, or None if any cell is bad."""
    if match.wanted.type is BOOL:
        return _truths(cells)
    if match.wanted.type is TEXT:
        is_missing = any(cell.casefold() in _WORDS_FOR_MISSING for cell in cells)
        return None if is_missing else Column(np.array(cells, dtype=str), TEXT)
    joined = "".join(cells)
    if "_" in joined:  # Python would read 1_000; a data file that has it means something else
        return None
    try:
        if match.wanted.type is INT:
            column = int_column([int(cell) for cell in cells])
        else:
            assert isinstance(match.wanted.type, Real)
            display = match.unit if match.unit.symbol else match.wanted.display
            column = real_column(si_from_cells(cells, match.unit), match.wanted.type.dimension, display)
    except (ValueError, OverflowError):
        return _from_spelled_reals(cells, match) if match.wanted.type is INT else None
    values = column.values
    inside = np.isfinite(values) & (values >= match.wanted.low) & (values <= match.wanted.high)
    return column if inside.all() else None


def _truths(cells: Sequence[str]) -> Column | None:
    try:
        return Column(np.array([TRUTH[cell.casefold()] for cell in cells], dtype=bool), BOOL)
    except KeyError:
        return None


def _from_spelled_reals(cells: Sequence[str], match: Match) -> Column | None:
    """Integers that an instrument wrote as `482.0` or `4.82e2`."""
    if any(_fault(cell, match) for cell in cells):
        return None
    return int_column([_integer(cell) for cell in cells])


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        return int(float(text))


def without_missing(sheet: Sheet, matches: Sequence[Match], diagnostics: Diagnostics) -> Sheet:
    """The sheet without the rows that lack a wanted value; a note tells which."""
    places = [each.place for each in matches]
    lacking = [
        row
        for row, cells in enumerate(sheet.rows)
        if any(cells[place].casefold() in _WORDS_FOR_MISSING for place in places)
    ]
    if not lacking:
        return sheet
    diagnostics.add(errors.rows_skipped(sheet, lacking))
    left = sorted(set(range(len(sheet.rows))) - set(lacking))
    return replace(sheet, rows=[sheet.rows[row] for row in left], lines=[sheet.lines[row] for row in left])


def _fault(text: str, match: Match) -> str:
    """What is wrong with a cell, as a key of `errors.CELL_FAULTS`; empty if nothing is."""
    if text.casefold() in _WORDS_FOR_MISSING:
        return "missing"
    if match.wanted.type is TEXT:
        return ""
    if match.wanted.type is BOOL:
        return "" if text.casefold() in TRUTH else "truth"
    if "_" in text:
        return "number"
    try:
        value = float(text)
    except ValueError:
        return "comma" if _is_number(text.replace(",", ".", 1)) else "number"
    if not math.isfinite(value):
        return "finite"
    return _fault_of_number(text, value, match)


def _fault_of_number(text: str, value: float, match: Match) -> str:
    wanted = match.wanted
    if wanted.type is INT:
        if not value.is_integer():
            return "integer"
        if not -(2**63) <= _integer(text) < 2**63:
            return "large"
    else:
        value = si_from_text(text, match.unit)
        if not math.isfinite(value):
            return "finite"
    if value < wanted.low:
        return "low"
    return "high" if value > wanted.high else ""


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _report(sheet: Sheet, cells: Iterable[str], match: Match, diagnostics: Diagnostics) -> None:
    """One message for each bad cell, as far as there are few; missing values are counted in one."""
    faults: dict[str, list[int]] = {}
    for row, text in enumerate(cells):
        fault = _fault(text, match)
        if fault:
            faults.setdefault(fault, []).append(row)
    for fault, rows in faults.items():
        if fault == "missing":
            diagnostics.add(errors.missing_values(sheet, match, rows))
            continue
        for row in rows[: errors.MOST_SHOWN]:
            diagnostics.add(errors.bad_cell(sheet, match, row, fault, len(rows)))


def check_limits(
    sheet: Sheet,
    columns: dict[str, Column],
    matches: Sequence[Match],
    limits: Sequence[Limit],
    diagnostics: Diagnostics,
) -> bool:
    """Whether in every row there are at most as many counts as shots, and as many of all outcomes together."""
    places = {match.wanted.name: match.place for match in matches}
    values = {name: column.values for name, column in columns.items()}
    sound = True
    for limit in limits:
        rows, shots = above(limit, values)
        for row in rows[: errors.MOST_SHOWN]:
            if limit.most is None:
                pair = (limit.counts, places[limit.counts]), (limit.shots, places[limit.shots])
                diagnostics.add(errors.above_column(sheet, row, *pair, len(rows)))
            else:
                diagnostics.add(
                    errors.above_number(sheet, row, places[limit.counts], limit, int(shots[row]), len(rows))
                )
        unequal, totals = not_adding_up(limit, values, shots) if not rows else ([], shots)
        for row in unequal[: errors.MOST_SHOWN]:
            sums = int(totals[row]), int(shots[row])
            diagnostics.add(errors.not_adding_up(sheet, row, places[limit.counts], limit, *sums, len(unequal)))
        sound = sound and not rows and not unequal
    return sound


def not_adding_up(
    limit: Limit, columns: Mapping[str, NDArray[Any]], shots: NDArray[Any]
) -> tuple[list[int], NDArray[Any]]:
    """The rows whose outcomes do not make up the shots, and the sum of the outcomes in every row."""
    if not limit.outcomes:
        return [], shots
    totals = np.sum([columns[name] for name in limit.outcomes], axis=0)
    return np.flatnonzero(totals != shots).tolist(), totals


def above(limit: Limit, columns: Mapping[str, NDArray[Any]]) -> tuple[list[int], NDArray[Any]]:
    """The rows with more counts than shots, and the shots of every row."""
    counts = columns[limit.counts]
    shots = columns[limit.shots] if limit.most is None else np.broadcast_to(limit.most(columns), counts.shape)
    return np.flatnonzero(counts > shots).tolist(), shots
