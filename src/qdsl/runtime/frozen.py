"""An operator of a program as it is now: `let H = 2pi * f * Z(q)` keeps its meaning when f changes later.

In: an expression of an operator, and what makes of a part that is a number something that stays. Out: the expression
with its numbers held. Inside a function of time, the numbers that do not depend on its variables are held too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any

from qdsl.lang.core.lower_effects import bound_in, walk
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.places import is_staged

Hold = Callable[[typed.Expr], typed.Expr]


def frozen(expr: typed.Expr, hold: Hold) -> typed.Expr:
    """The expression with the numbers in it as they are now."""
    return _Freezing(hold, frozenset(bound_in(expr))).expr(expr)


class _Freezing:
    def __init__(self, hold: Hold, bound: frozenset[typed.Variable]) -> None:
        self.hold = hold
        self.bound = bound

    def expr(self, expr: typed.Expr) -> typed.Expr:
        if isinstance(expr, typed.Constant | typed.IntRange | typed.SpaceValue):
            return expr
        if not is_staged(expr.type) and not isinstance(expr, typed.Block) and _is_number(expr.type):
            return expr if self._is_fixed(expr) or self._is_local(expr) else self.hold(expr)
        if isinstance(expr, typed.Local | typed.FunctionValue):
            return expr
        changed = {each.name: self._part(getattr(expr, each.name)) for each in fields(expr) if each.name != "type"}
        return replace(expr, **changed)

    def _part(self, value: Any) -> Any:
        if isinstance(value, typed.Expr):
            return self.expr(value)
        if isinstance(value, typed.Let):
            return replace(value, value=self.expr(value.value))
        return tuple(map(self._part, value)) if type(value) is tuple else value

    def _is_local(self, expr: typed.Expr) -> bool:
        return any(variable in self.bound for variable in _variables(expr))

    def _is_fixed(self, expr: typed.Expr) -> bool:
        """Whether it is made of constants alone."""
        uses = list(walk(expr))
        if any(isinstance(each, typed.HostCall | typed.Call | typed.CallValue | typed.GetField) for each in uses):
            return False
        return all(isinstance(variable.value, typed.Constant) for variable in _variables(expr))


def _variables(expr: typed.Expr) -> Iterator[typed.Variable]:
    return (each.variable for each in walk(expr) if isinstance(each, typed.Local))


def _is_number(type_: types.Type) -> bool:
    type_ = types.pruned(type_)
    if isinstance(type_, types.Array):
        return _is_number(type_.element)
    return type_ in (types.INT, types.BOOL) or isinstance(
        type_, types.Real | types.Complex | types.Estimate | types.Ket | types.Density | types.Record
    )
