"""What of an expression at the top of a file is computed by itself, before the rest: its inputs.

    best.tau, load(..), 18.2(4) us     only the session can
    f(xs), [f(x) for x in xs]          where f is work for each element: points, which go in lanes and over threads

In: a typed expression. Out: its inputs; of an expression over points the `Point`, what is computed for each element. A
few operations for each element are no work: they are one loop of vector instructions with whatever is around them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from qdsl.lang.core.layout import element_type
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.places import is_staged

HOST_TYPES = (
    types.Table,
    types.Fit,
    types.Bootstrap,
    types.Optimum,
    types.Posterior,
    types.ExperimentType,
    types.Estimate,
    *types.TOMOGRAPHY,
)

PARTLESS = ("span", "type", "display")
"""Fields of a node that hold no parts of it."""


def held_by_session(type_: types.Type) -> bool:
    """Whether values of this type never enter compiled code: tables, fits, estimates, and records with such a part."""
    type_ = types.pruned(type_)
    if isinstance(type_, types.Record):
        return any(held_by_session(each) or types.pruned(each) is types.TEXT for _, each in type_.fields)
    return isinstance(type_, HOST_TYPES)


def inputs(node: object, always: bool = True) -> Iterator[typed.Expr]:
    """The inputs of an expression. Points are inputs only where they are computed `always`, and of nothing local."""
    match node:
        case typed.HostCall() | typed.Interpolation() | typed.Uncertain():
            yield node
        case typed.GetField(value=value) if held_by_session(value.type) and not is_staged(value.type):
            yield node
        case typed.Expr() if always and point_of(node) is not None:
            yield node
        case typed.Call(arguments=arguments):
            yield from inputs(arguments, always)
        case typed.FunctionValue() | typed.Constant() | typed.Local():
            return
        case typed.Expr() | typed.Statement():
            goes_on = always and not isinstance(node, _NOT_ALWAYS)
            for name in node.__dataclass_fields__:
                if name not in PARTLESS:
                    yield from inputs(getattr(node, name), goes_on)
        case tuple():
            for each in node:
                yield from inputs(each, always)


_NOT_ALWAYS = (typed.Lambda, typed.Comprehension, typed.Block, typed.If, typed.Logic)


# ── points ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, eq=False)
class Point:
    """What is computed for each element. `sources` are the values of its variables; those that vary are arrays."""

    value: typed.Expr
    variables: tuple[typed.Variable, ...]
    sources: tuple[typed.Expr, ...]
    varying: tuple[bool, ...]


def point_of(expr: typed.Expr) -> Point | None:
    """The point of an expression that is work for each element; None if it is none."""
    match expr:
        case typed.Call(arguments=arguments, mapped=mapped) if any(mapped) and has_loop(expr.function):
            point = _of_call(expr, arguments, mapped)
        case typed.CallValue(arguments=arguments, mapped=mapped) if any(mapped) and has_loop(expr.function):
            point = _of_call(expr, arguments, mapped)
        case typed.Comprehension(variable=variable, iterable=iterable, element=element) if has_loop(element):
            point = Point(element, (variable,), (iterable,), (True,))
        case _:
            return None
    return point if _is_of_numbers(point) and next(inputs(point.value, False), None) is None else None


def _of_call(expr: typed.Call | typed.CallValue, arguments: Sequence[typed.Expr], mapped: Sequence[bool]) -> Point:
    """The call of variables in the place of its arguments; functions stay as they are."""
    variables: list[typed.Variable] = []
    given: list[typed.Expr] = []
    is_data = [not isinstance(types.pruned(each.type), types.Function) for each in arguments]
    for argument, varies, data in zip(arguments, mapped, is_data, strict=True):
        if data:
            type_ = element_type(argument.type) if varies else argument.type
            variables.append(typed.Variable("argument", type_, argument.span))
            given.append(typed.Local(argument.span, type_, variables[-1]))
        else:
            given.append(argument)
    value = replace(expr, type=element_type(expr.type), arguments=tuple(given), mapped=(False,) * len(mapped))
    sources = tuple(each for each, data in zip(arguments, is_data, strict=True) if data)
    return Point(value, tuple(variables), sources, tuple(v for v, data in zip(mapped, is_data, strict=True) if data))


def _is_of_numbers(point: Point) -> bool:
    """Whether what varies, and what comes of it, are numbers: not arrays, and without uncertainties."""
    if any(held_by_session(variable.type) for variable in point.variables):
        return False
    varying = (variable.type for variable, varies in zip(point.variables, point.varying, strict=True) if varies)
    return all(_is_number(each) for each in (*varying, point.value.type))


def _is_number(type_: types.Type) -> bool:
    type_ = types.pruned(type_)
    if isinstance(type_, types.Record):
        return all(_is_number(each) for _, each in type_.fields)
    return isinstance(type_, types.Real | types.Complex) or type_ in (types.INT, types.BOOL)


def has_loop(node: object) -> bool:
    """Whether there is a loop in it, or in a function that it calls."""
    return any(isinstance(each, typed.For | typed.While | typed.Comprehension) for each in _reached(node, set()))


def _reached(node: object, entered: set[typed.Function]) -> Iterator[object]:
    """The node, what is in it, and what is in the functions that it calls; each function once."""
    match node:
        case typed.Function():
            if node not in entered:
                entered.add(node)
                yield from _reached(node.body, entered)
        case typed.Expr() | typed.Statement():
            yield node
            for name in node.__dataclass_fields__:
                if name not in PARTLESS:
                    yield from _reached(getattr(node, name), entered)
        case typed.Variable(value=typed.Expr() as value):
            yield from _reached(value, entered)
        case tuple():
            for each in node:
                yield from _reached(each, entered)
