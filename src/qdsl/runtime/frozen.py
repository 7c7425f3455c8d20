"""An operator of a program as it is now: `let H = 2pi * f * Z(q)` keeps its meaning when f changes later.

In: an expression of an operator, what makes of a part that is a number something that stays, and what operators that
may change are now. Out: the expression with its numbers held. Inside a function of time, the numbers that do not depend
on its variables are held too.

`with_values` puts what variables are now into any expression: the operators that a `var` or a loop has changed, the
Ints that say which space is meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from typing import Any

from qdsl.lang.core.lower_effects import bound_in, walk
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.places import is_staged

Hold = Callable[[typed.Expr], typed.Expr]


def frozen(expr: typed.Expr, hold: Hold, values: Mapping[typed.Variable, typed.Expr]) -> typed.Expr:
    """The expression with the numbers in it as they are now."""
    return _Freezing(hold, frozenset(bound_in(expr))).expr(with_values(expr, values))


def with_values(expr: typed.Expr, values: Mapping[typed.Variable, typed.Expr]) -> typed.Expr:
    """The expression with these variables replaced; itself where it has none of them."""
    if not any(variable in values for variable in variables(expr)):
        return expr
    replaced: typed.Expr = _replaced(expr, values)
    return replaced


def _replaced(node: Any, values: Mapping[typed.Variable, typed.Expr]) -> Any:
    if isinstance(node, typed.Local):
        return values.get(node.variable, node)
    if isinstance(node, typed.Expr | typed.Statement):
        own = {each.name: getattr(node, each.name) for each in fields(node)}
        changed = {name: _replaced(value, values) for name, value in own.items() if name not in ("type", "span")}
        return replace(node, **changed) if any(changed[name] is not own[name] for name in changed) else node
    if type(node) is tuple:
        parts = tuple(_replaced(each, values) for each in node)
        return parts if any(new is not old for new, old in zip(parts, node, strict=True)) else node
    return node


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
        return any(variable in self.bound for variable in variables(expr))

    def _is_fixed(self, expr: typed.Expr) -> bool:
        """Whether it is made of constants alone."""
        uses = list(walk(expr))
        if any(isinstance(each, typed.HostCall | typed.Call | typed.CallValue | typed.GetField) for each in uses):
            return False
        return all(isinstance(variable.value, typed.Constant) for variable in variables(expr))


def variables(expr: typed.Expr) -> Iterator[typed.Variable]:
    return (each.variable for each in walk(expr) if isinstance(each, typed.Local))


def _is_number(type_: types.Type) -> bool:
    type_ = types.pruned(type_)
    if isinstance(type_, types.Array):
        return _is_number(type_.element)
    return type_ in (types.INT, types.BOOL) or isinstance(
        type_, types.Real | types.Complex | types.Estimate | types.Ket | types.Density | types.Record
    )
