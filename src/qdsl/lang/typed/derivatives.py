"""Typing of `grad(f)`, `jacobian(f)`, `hessian(f)` and `jvp(f)`: functions with the derived dimensions.

The first three take the arguments of f. For one argument they give the derivative itself, for several a record by
argument name, an array over an array argument, a Hessian a record of records. The derivative by an array has the
result's axes, then the array's.

`jvp(f)` takes a direction for each real argument as well, and gives how the result changes in it. Directions are
changes of the arguments per some quantity, the same for all: at a place with a speed, `jvp(f)(x, v)` is a change per
time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.arguments import Slot, matched
from qdsl.lang.typed.calls import parameter_names
from qdsl.lang.typed.checker import Checker
from qdsl.lang.typed.dimension import Dimension, DimVar
from qdsl.lang.typed.types import BROKEN, Type, pruned
from qdsl.lang.typed.unification import element_of


def derivative(kind: str) -> Callable[[Checker, surface.Call, Sequence[surface.Argument]], typed.Expr]:
    """The rule for one of the four words."""

    def rule(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
        nodes = matched(c, node.span, kind, [Slot("function", False)], arguments)
        if nodes is None or nodes[0] is None:
            return c.broken(node.span)
        function = c.expr(nodes[0])
        type_ = pruned(function.type)
        if type_ is BROKEN:
            return c.broken(node.span)
        derived = None
        if isinstance(type_, types.Function):
            derived = _along(type_) if kind == "jvp" else _derived(type_, kind, function)
        if derived is None:
            c.report(c.errors.not_differentiable(function.span, types.resolved(type_), kind))
            return c.broken(node.span)
        return typed.Derivative(node.span, derived, kind, function)

    return rule


def _along(type_: types.Function) -> types.Function | None:
    """The type of `jvp(f)`; None where there is no derivative. What the directions are per is open."""
    real = [each for each in type_.parameters if _is_real(each)]
    if not real or not _is_real(type_.result):
        return None
    per = types.Real(Dimension({DimVar(): 1}))
    directions = (_over(each, per) for each in real)
    return types.Function((*type_.parameters, *directions), _over(type_.result, per))


def _derived(type_: types.Function, kind: str, function: typed.Expr) -> types.Function | None:
    """The type of the derived function; None where there is no derivative."""
    names = parameter_names(function, len(type_.parameters))
    by = [(name, each) for name, each in zip(names, type_.parameters, strict=True) if _is_real(each)]
    if not by or not _is_real(type_.result) or (kind == "grad" and element_of(type_.result)[1] is not None):
        return None
    first = _by_name([(name, _over(type_.result, each)) for name, each in by])
    if kind != "hessian":
        return types.Function(type_.parameters, first)
    second = [(name, _by_name([(other, _over(_over(type_.result, t), u)) for other, u in by])) for name, t in by]
    return types.Function(type_.parameters, _by_name(second))


def _by_name(parts: list[tuple[str, Type]]) -> Type:
    return parts[0][1] if len(parts) == 1 else types.Record(tuple(parts))


def _is_real(type_: Type) -> bool:
    return isinstance(element_of(type_)[0], types.Real)


def _over(result: Type, argument: Type) -> Type:
    """The type of d result / d argument."""
    above, shape = element_of(result)
    below, other = element_of(argument)
    assert isinstance(above, types.Real)
    assert isinstance(below, types.Real)
    element = types.Real(above.dimension / below.dimension)
    whole = (*(shape or ()), *(other or ()))
    return types.Array(element, whole) if whole else element
