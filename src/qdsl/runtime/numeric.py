"""Numeric expressions of a session: lowered, then interpreted where they are small, compiled where they are work.

An expression's *inputs* are the parts that only the session can compute: columns of tables, estimates of fits, what
host calls return. With the session's variables that it uses they become the parameters of a core function, so the same
expression over other data is the same kernel.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Iterator, Sequence
from typing import Any

from qdsl.lang.core import ir
from qdsl.lang.core.from_typed import Entry, Refused
from qdsl.lang.core.interpret import KernelFailure, interpret, origin
from qdsl.lang.core.layout import flatten, unflatten
from qdsl.lang.differentiate import NotDifferentiable, gradient
from qdsl.lang.source import Span
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.runtime.compiled import Compiler
from qdsl.runtime.failures import Stopped, not_differentiable, not_finite, stopped
from qdsl.runtime.kernel import KernelError
from qdsl.runtime.value.estimate import Estimate, propagated

HOST_TYPES = (types.Table, types.Fit, types.ExperimentType, types.Estimate)
_NO_PARTS = ("span", "type", "display")
SMALL = 200
"""Operations that the interpreter does faster than a compiler starts."""


def inputs_of(expr: typed.Expr) -> list[typed.Expr]:
    """The outermost parts of an expression that the session has to compute, in order."""
    return list(_inputs(expr))


def _inputs(node: object) -> Iterator[typed.Expr]:
    match node:
        case typed.HostCall() | typed.Interpolation() | typed.Uncertain():
            yield node
        case typed.GetField(value=value) if isinstance(types.pruned(value.type), HOST_TYPES):
            yield node
        case typed.Call(arguments=arguments):
            yield from _inputs(arguments)
        case typed.FunctionValue() | typed.Constant() | typed.Local():
            return
        case typed.Expr() | typed.Statement():
            for name in node.__dataclass_fields__:
                if name not in _NO_PARTS:
                    yield from _inputs(getattr(node, name))
        case tuple():
            for each in node:
                yield from _inputs(each)


def lowered(expr: typed.Expr, inputs: Sequence[typed.Expr], compiler: Compiler) -> Entry:
    """The expression as a core function."""
    try:
        return compiler.lowering.expression(expr, inputs)
    except Refused as refused:
        raise Stopped(refused.diagnostic) from None


def evaluate(expr: typed.Expr, entry: Entry, values: Sequence[Any], compiler: Compiler) -> Any:
    """The value of an expression, given those of its entry's parameters and globals."""
    parameters = [*entry.parameters, *(variable.type for variable in entry.globals)]
    flat: list[Any] = []
    estimates: list[tuple[int, Estimate]] = []
    for type_, value in zip(parameters, values, strict=True):
        if isinstance(value, Estimate):
            estimates.append((len(flat), value))
        flat.extend(flatten(type_, value.value if isinstance(value, Estimate) else value))
    type_ = types.resolved(expr.type)
    if isinstance(type_, types.Estimate):
        return _estimate(expr, type_, entry, flat, estimates, compiler)
    results = call(entry.module, entry.name, flat, compiler, expr.span)
    _refuse_nonfinite(expr, entry, results, flat, compiler)
    return unflatten(expr.type, results)


def _estimate(
    expr: typed.Expr,
    type_: types.Estimate,
    entry: Entry,
    flat: Sequence[Any],
    estimates: Sequence[tuple[int, Estimate]],
    compiler: Compiler,
) -> Estimate:
    """A computation with estimates: its value, and its derivative with respect to each of them."""
    try:
        derived = gradient(entry.module, entry.name, [place for place, _ in estimates])
    except NotDifferentiable as found:
        raise not_differentiable(expr.span, found) from None
    results = call(derived, f"{entry.name}.grad", flat, compiler, expr.span)
    _refuse_nonfinite(expr, entry, results, flat, compiler)
    first, *slopes = results
    parts = [(estimate, slope) for (_, estimate), slope in zip(estimates, slopes, strict=True)]
    return propagated(first, parts, type_.dimension, expr.display)


def call(module: ir.Module, name: str, arguments: Sequence[Any], compiler: Compiler, at: Span) -> list[Any]:
    """Run a core function: by interpretation if it is small, else compiled."""
    try:
        if _is_small(module, name):
            return list(interpret(module, name, [_scalar(each) for each in arguments]))
        result = compiler.kernel(module, name)(*arguments, nonfinite="keep")
    except (KernelFailure, KernelError) as failure:
        raise stopped(failure, at) from None
    return list(result) if isinstance(result, tuple) else [result]


def _refuse_nonfinite(
    expr: typed.Expr, entry: Entry, results: Sequence[Any], flat: Sequence[Any], compiler: Compiler
) -> None:
    """A result that is not finite, from numbers that all are, is a mistake; `inf` as written is none."""
    if compiler.nonfinite == "keep" or _all_finite(results) or not _all_finite(flat) or _says_infinite(expr):
        return
    raise not_finite(expr.span, origin(entry.module, entry.name, [_scalar(each) for each in flat]))


def _all_finite(values: Sequence[Any]) -> bool:
    """Whether all numbers, in arrays too, are finite."""
    return all(_is_finite(each) for each in values)


def _is_finite(value: Any) -> bool:
    if isinstance(value, int | float):
        return math.isfinite(value)
    import numpy as np

    return bool(np.isfinite(value).all())


def _says_infinite(node: object) -> bool:
    """Whether an expression itself has a number that is not finite in it."""
    match node:
        case typed.Constant(value=float() | complex() as value):
            return not cmath.isfinite(value)
        case typed.Local(variable=typed.Variable(value=typed.Constant() as value)):
            return _says_infinite(value)
        case typed.FunctionValue() | typed.Local():
            return False
        case typed.Call(arguments=arguments):
            return _says_infinite(arguments)
        case typed.Expr() | typed.Statement():
            return any(
                _says_infinite(getattr(node, name)) for name in node.__dataclass_fields__ if name not in _NO_PARTS
            )
        case tuple():
            return any(map(_says_infinite, node))
        case _:
            return False


def _scalar(value: Any) -> Any:
    return value.item() if hasattr(value, "item") and getattr(value, "ndim", 1) == 0 else value


def _is_small(module: ir.Module, name: str) -> bool:
    """No loops, no arrays, few operations."""
    function = module.functions[name]
    if any(isinstance(value.type, ir.ArrayType) for value in (*function.parameters, *function.body.yields)):
        return False
    count = 0
    for each in module.functions.values():
        for op in each.body.walk():
            count += 1
            if op.name in ("for", "while", "build") or count > SMALL:
                return False
    return True
