"""Typing of the params of a sweep: one value, several values, a range to draw from.

    T2 = 20 us                                            fixed
    T2 = logspace(1 us, 1 ms, 40)                         swept over these
    T2 = (low = 1 us, high = 1 ms, scale = "log")         swept, drawn from between; an end left out is the bound

A range becomes a record with those of its fields that are written, the ends as the param's type.
"""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import sweep_errors as errors
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.checker import Checker
from qdsl.lang.typed.requests import as_declared
from qdsl.lang.typed.types import BROKEN, INT, TEXT, Type
from qdsl.lang.typed.unification import element_of

LINEAR, LOG = "linear", "log"
SCALES = (LINEAR, LOG)


def of_param(
    c: Checker, experiment: typed.Experiment, param: typed.Variable, node: surface.Expr
) -> tuple[typed.Expr, bool]:
    """One value, several, or a range to draw from; whether it is not one. What is broken was perhaps to be several: its
    column is not missing too.
    """
    value = c.expr(node, _wish(param, node))
    element, shape = element_of(value.type)
    if isinstance(element, types.Record) and shape is None:
        return _range(c, experiment, param, value, element), True
    if shape is not None and len(shape) == 1:
        value = as_declared(c, value, types.Array(param.type), param)
        if shape == (0,):
            c.report(errors.no_values(value.span, param.name))
        return value, True
    if element is BROKEN:
        return value, True
    if shape is not None or not _is_number(element):
        wanted = "a value, an array of values or a range"
        c.report(c.models.not_host_value(value.span, "sweep", wanted, types.resolved(value.type)))
        return c.broken(node.span), True
    return as_declared(c, value, param.type, param), False


def _wish(param: typed.Variable, node: surface.Expr) -> Type:
    """The type that literals inside may take."""
    if isinstance(node, surface.Record):
        return types.Record((("low", param.type), ("high", param.type), ("scale", TEXT)))
    return types.Array(param.type) if isinstance(node, surface.Array | surface.Comprehension) else param.type


def _is_number(type_: Type) -> bool:
    return type_ is INT or isinstance(type_, types.Real | types.Complex | types.Estimate | types.TypeVar)


def _range(
    c: Checker, experiment: typed.Experiment, param: typed.Variable, value: typed.Expr, type_: types.Record
) -> typed.Expr:
    """The record with its ends as the param's type, those that are left out to be its bounds."""
    parts = dict(value.fields) if isinstance(value, typed.RecordLiteral) else {}
    fields: dict[str, typed.Expr] = {}
    for name, own in type_.fields:
        part = parts.get(name) or typed.GetField(value.span, own, value, name)
        if name in ("low", "high"):
            fields[name] = as_declared(c, part, param.type, param)
        elif name == "scale":
            fields[name] = written_out(c, "scale", part, SCALES)
        else:
            c.report(errors.not_in_a_range(part.span, param.name, name))
    ends = _bounds(experiment, param) | fields
    for end in ("low", "high"):
        if end not in ends:
            c.report(errors.range_without_end(value.span, param.name, end))
    _check_range(c, param, value, ends)
    whole = types.Record(tuple((name, each.type) for name, each in fields.items()))
    return typed.RecordLiteral(value.span, whole, tuple(fields.items()))


def written_out(c: Checker, name: str, value: typed.Expr, words: Sequence[str]) -> typed.Expr:
    """The value as one of a few words, written in the call; broken, with a message, where it is none."""
    value = c.fit(value, TEXT)
    if isinstance(value, typed.Broken):
        return value
    if not isinstance(value, typed.Constant):
        c.report(errors.word_not_written(value.span, name, errors.words(words)))
    elif value.value not in words:
        c.report(c.models.word_expected(value.span, name, words))
    else:
        return value
    return c.broken(value.span)


def _bounds(experiment: typed.Experiment, param: typed.Variable) -> dict[str, typed.Expr]:
    """The bounds that a param declares."""
    declared = next(each for each in experiment.params if each.variable is param)
    return {end: value for end, value in (("low", declared.low), ("high", declared.high)) if value is not None}


def _check_range(c: Checker, param: typed.Variable, value: typed.Expr, ends: dict[str, typed.Expr]) -> None:
    """Whether the ends that are known now have something between them."""
    low, high, scale = (ends.get(name) for name in ("low", "high", "scale"))
    below, above = _known(low), _known(high)
    if low is None or below is None:
        return
    if high is not None and above is not None and below >= above:
        c.report(errors.empty_range(value.span, param.name, low.span.text, high.span.text))
    elif isinstance(scale, typed.Constant) and scale.value == LOG and below <= 0:
        c.report(errors.log_from_zero(value.span, param.name, low.span.text))


def _known(value: typed.Expr | None) -> float | None:
    if isinstance(value, typed.Constant) and isinstance(value.value, int | float):
        return float(value.value)
    return None
