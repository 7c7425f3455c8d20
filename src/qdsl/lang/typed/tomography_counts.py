"""The counts of a tomography: an array with an axis for what was prepared, for the settings and for their outcomes, or
a Table with a row for each setting and a column for each outcome.

    counts: [Int; 9, 4]                           settings, outcomes
    Table(n_0: Int, n_1: Int)                     a row for each setting in order
    Table(setting: Int, n_0: Int, n_1: Int)       rows in any order, those of one setting add up
    Table(state: Int, setting: Int, ..)           of a process

Where all settings have two outcomes, `shots` may tell how often each was measured: then the counts are those of outcome
1 alone, as those of `Outcomes` and of a Binomial are.

    counts: [Int; 3]                              settings
    Table(setting: Int, clicks: Int)              one column that counts
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qdsl.lang.source import Span
from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tomography_errors as errors
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.checker import Checker
from qdsl.lang.typed.dimension import ONE
from qdsl.lang.typed.types import BROKEN, INT, SCALAR, TEXT, Length, Type, pruned
from qdsl.lang.typed.unification import element_of, joined_shape

AXES = ("state", "setting")
"""Columns of a Table that say what a row is of."""


@dataclass(frozen=True)
class Counted:
    """The counts; of a Table `columns` names those of the outcomes, or `column` the one of outcome 1."""

    value: typed.Expr
    named: tuple[tuple[str, typed.Expr], ...] = ()


def counts_of(
    c: Checker, node: surface.Expr, wanted: Sequence[Length], settings: Span, shots: Span | None, axes: Sequence[str]
) -> Counted | None:
    """An argument that has to be the counts of settings of that shape; None, with a message, where it is not. `shots`
    is where it is said how many there are, and that only outcome 1 is counted; `axes` are the columns that say what a
    row of a Table is of.
    """
    value = c.expr(node)
    if shots is not None and wanted[-1] != 2:
        c.report(errors.shots_of_many(shots, str(wanted[-1]), settings))
        return None
    type_ = types.resolved(value.type)
    if type_ is BROKEN:
        return None
    if isinstance(type_, types.Table):
        for name, column in type_.columns:
            if name in axes and pruned(column) is not INT:
                c.report(errors.no_places(value.span, name, c.show.fresh().a(types.resolved(column))))
                return None
        return _of_table(c, value, type_, wanted) if shots is None else _of_clicks(c, value, type_)
    wanted = wanted if shots is None else wanted[:-1]
    element, shape = element_of(type_)
    if isinstance(element, types.TypeVar):
        c.unify(element, INT, value.span)
    if shape is None or not _is_count(c, pruned(element), value.span):
        c.report(errors.not_counts(value.span, c.show.fresh().a(type_)))
        return None
    if joined_shape(tuple(shape), tuple(wanted)) is None:
        said = (words(wanted), words(shape)) if shots is None else (of_one(wanted), of_one(shape))
        c.report(errors.other_shape(value.span, *said, settings, "measured by this"))
        return None
    return Counted(value)


def _is_count(c: Checker, element: Type, span: Span) -> bool:
    """A whole number, or a real one: counts that are expected need not be whole."""
    return element is INT or (isinstance(element, types.Real) and c.same_dimension(element.dimension, ONE, span))


def words(shape: Sequence[Length]) -> str:
    """`9 settings of 4 outcomes`."""
    lengths = ["?" if n is None else str(n) for n in shape]
    match lengths:
        case [outcomes]:
            return f"{outcomes} outcomes"
        case [settings, outcomes]:
            return f"{settings} settings of {outcomes} outcomes"
        case [states, settings, outcomes]:
            return f"{states} states, {settings} settings of {outcomes} outcomes"
        case _:
            return " by ".join(lengths)


def of_one(shape: Sequence[Length]) -> str:
    """`4 states, 9 settings`, each of which has one number."""
    lengths = ["?" if n is None else str(n) for n in shape]
    match lengths:
        case []:
            return "one setting"
        case [settings]:
            return f"{settings} settings"
        case [states, settings]:
            return f"{states} states, {settings} settings"
        case _:
            return " by ".join(lengths)


def _of_clicks(c: Checker, value: typed.Expr, table: types.Table) -> Counted | None:
    """The one column that counts: of whole numbers or, in a Table of what is expected, of real ones."""
    own = [(name, pruned(type_)) for name, type_ in table.columns if name not in AXES]
    counting = [name for name, type_ in own if type_ is INT] or [name for name, type_ in own if type_ == SCALAR]
    if len(counting) != 1:
        c.report(errors.not_one_column(value.span, counting))
        return None
    return Counted(value, (("column", typed.Constant(value.span, TEXT, counting[0])),))


def _of_table(c: Checker, value: typed.Expr, table: types.Table, wanted: Sequence[Length]) -> Counted | None:
    outcomes = wanted[-1]
    assert isinstance(outcomes, int)
    stem = _stem(table, outcomes)
    if stem is None:
        c.report(errors.no_outcome_columns(value.span, outcomes))
        return None
    return Counted(value, (("columns", typed.Constant(value.span, TEXT, stem)),))


def _stem(table: types.Table, outcomes: int) -> str | None:
    """`n`, where `n_0`, `n_1`, .. are the columns of just so many outcomes."""
    found: dict[str, set[int]] = {}
    for name, type_ in table.columns:
        place = re.fullmatch(r"(.+)_(\d+)", name)
        if place is not None and pruned(type_) in (INT, SCALAR):
            found.setdefault(place[1], set()).add(int(place[2]))
    fitting = [stem for stem, places in found.items() if places == set(range(outcomes))]
    return fitting[0] if len(fitting) == 1 else None
