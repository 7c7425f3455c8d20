"""Numeric expressions of a session: lowered, then interpreted where they are small, compiled where they are work.

An expression's *inputs* are the parts that are computed before it (`runtime.inputs`): columns of tables, estimates of
fits, what host calls return. With the session's variables that it uses they become the parameters of a core function,
so the same expression over other data is the same kernel.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from qdsl.lang.core import ir
from qdsl.lang.core.calls import reachable
from qdsl.lang.core.interpret import KernelFailure, interpret, origin
from qdsl.lang.core.layout import flatten, unflatten
from qdsl.lang.generate import Derivative, Entry, Expression, NotDifferentiable, Refused, Unit
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.runtime.arguments import first_nonfinite
from qdsl.runtime.compiled import Compiler
from qdsl.runtime.failures import Stopped, not_differentiable, not_finite, stopped
from qdsl.runtime.inputs import PARTLESS, inputs
from qdsl.runtime.kernel import KernelError
from qdsl.runtime.value.estimate import Estimate, propagated

SMALL = 200
"""Operations that the interpreter does faster than a compiler starts."""


@dataclass(eq=False)
class Computation:
    """A numeric expression: lowered once, carried out with new values as often as its statement runs.

    `inputs` are the parts whose values are brought along; after them come those of `entry.globals`.
    """

    expr: typed.Expr
    inputs: Sequence[typed.Expr]
    unit: Unit
    compiler: Compiler
    runs: dict[tuple[int, ...], Callable[[Sequence[Any]], list[Any]]] = field(default_factory=dict)

    @property
    def entry(self) -> Entry:
        """The core function that the expression is."""
        return self.unit.entry

    def value(self, values: Sequence[Any], lost: bool) -> Any:
        """The value of the expression. `lost` says that a value it is given is not finite and has no excuse."""
        flat, estimates = self._flat(values)
        value, results = self._computed(flat, estimates)
        if self._is_lost(results, flat, lost):
            place = origin(self.entry.module, self.entry.name, flat)
            raise not_finite(self.expr.span, place, first_nonfinite(results) or ())
        return value

    def part(self, values: Sequence[Any], lost: bool) -> tuple[Any, bool]:
        """The value as a part of a larger expression, and whether it is `lost` itself: its end may be finite."""
        flat, estimates = self._flat(values)
        value, results = self._computed(flat, estimates)
        return value, self._is_lost(results, flat, lost)

    def _flat(self, values: Sequence[Any]) -> tuple[list[Any], list[tuple[int, Estimate]]]:
        """The values as core values; which of them are estimates."""
        parameters = [*self.entry.parameters, *(variable.type for variable in self.entry.globals)]
        flat: list[Any] = []
        estimates: list[tuple[int, Estimate]] = []
        for type_, value in zip(parameters, values, strict=True):
            if isinstance(value, Estimate):
                estimates.append((len(flat), value))
            flat.extend(flatten(type_, value.value if isinstance(value, Estimate) else value))
        return [_scalar(each) for each in flat], estimates

    def _computed(self, flat: list[Any], estimates: list[tuple[int, Estimate]]) -> tuple[Any, list[Any]]:
        """The value, and the core values that it is, with its derivatives where it is an Estimate."""
        type_ = types.resolved(self.expr.type)
        if not isinstance(type_, types.Estimate):
            results = self._results(flat, ())
            return unflatten(type_, results), results
        first, *slopes = results = self._results(flat, tuple(place for place, _ in estimates))
        parts = [(estimate, slope) for (_, estimate), slope in zip(estimates, slopes, strict=True)]
        return propagated(first, parts, type_.dimension, self.expr.display), results

    def _results(self, flat: Sequence[Any], wrt: tuple[int, ...]) -> list[Any]:
        """The core values of the result, and its derivatives with respect to the arguments at `wrt`."""
        if wrt not in self.runs:
            self.runs[wrt] = self._prepared(wrt)
        try:
            return self.runs[wrt](flat)
        except (KernelFailure, KernelError) as failure:
            raise stopped(failure, self.expr.span) from None

    def _prepared(self, wrt: tuple[int, ...]) -> Callable[[Sequence[Any]], list[Any]]:
        wanted = replace(self.unit, derivative=Derivative(1, wrt)) if wrt else self.unit
        try:
            if _is_small(self.unit.module, self.unit.name):
                unit = self.compiler.generator.continued(wanted, "differentiated")
                if _is_small(unit.module, unit.name):
                    return lambda flat: list(interpret(unit.module, unit.name, flat))
            kernel = self.compiler.kernel(wanted)
        except NotDifferentiable as found:
            raise not_differentiable(self.expr.span, found) from None

        def run(flat: Sequence[Any]) -> list[Any]:
            result = kernel(*flat, nonfinite="keep")
            return list(result) if isinstance(result, tuple) else [result]

        return run

    def _is_lost(self, results: Sequence[Any], flat: Sequence[Any], lost: bool) -> bool:
        """A result that is not finite, from numbers that all are, is a mistake; `inf` as written is none."""
        if self.compiler.nonfinite == "keep" or _all_finite(results):
            return False
        return (lost or _all_finite(flat)) and not says_infinite(self.expr)


def computation(expr: typed.Expr, compiler: Compiler) -> Computation:
    """The expression as something to be carried out."""
    parts = tuple(inputs(expr))
    try:
        unit = compiler.generator.generate(Expression(expr, parts), stop_after="core")
    except Refused as refused:
        raise Stopped(refused.diagnostic) from None
    return Computation(expr, parts, unit, compiler)


def _all_finite(values: Sequence[Any]) -> bool:
    """Whether all numbers, in arrays too, are finite."""
    return all(_is_finite(each) for each in values)


def _is_finite(value: Any) -> bool:
    if isinstance(value, int | float):
        return math.isfinite(value)
    import numpy as np

    return bool(np.isfinite(value).all())


def says_infinite(node: object) -> bool:
    """Whether an expression itself has a number that is not finite in it."""
    match node:
        case typed.Constant(value=float() | complex() as value):
            return not cmath.isfinite(value)
        case typed.Local(variable=typed.Variable(value=typed.Constant() as value)):
            return says_infinite(value)
        case typed.FunctionValue() | typed.Local():
            return False
        case typed.Call(arguments=arguments):
            return says_infinite(arguments)
        case typed.Expr() | typed.Statement():
            return any(says_infinite(getattr(node, name)) for name in node.__dataclass_fields__ if name not in PARTLESS)
        case tuple():
            return any(map(says_infinite, node))
        case _:
            return False


def _scalar(value: Any) -> Any:
    return value.item() if hasattr(value, "item") and getattr(value, "ndim", 1) == 0 else value


def _is_small(module: ir.Module, name: str) -> bool:
    """No loops, no recursion, no arrays, few operations, those of the functions called as often as they are called."""
    function = module.functions[name]
    if any(isinstance(value.type, ir.ArrayType) for value in (*function.parameters, *function.body.yields)):
        return False
    counts: dict[str, float] = {}
    for each in reachable(module, [name]):
        counts[each] = sum(_operations(op, counts) for op in module.functions[each].body.walk())
        if counts[each] > SMALL:
            return False
    return True


def _operations(op: ir.Op, counts: Mapping[str, float]) -> float:
    if op.name in ("for", "while", "build"):
        return math.inf
    return 1 + (counts.get(op.attributes["function"], math.inf) if op.name == "call" else 0)
