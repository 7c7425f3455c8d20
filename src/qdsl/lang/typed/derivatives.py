"""Typing of `grad(f)`, `jacobian(f)` and `hessian(f)`: functions of the same arguments with the derived dimensions.

For one argument the derivative itself, for several a record by argument name, an array over an array argument, a
Hessian a record of records. The derivative by an array has the result's axes, then the array's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.arguments import Slot, matched
from qdsl.lang.typed.calls import parameter_names
from qdsl.lang.typed.checker import Checker
from qdsl.lang.typed.types import BROKEN, Type, pruned
from qdsl.lang.typed.unification import element_of


def derivative(kind: str) -> Callable[[Checker, surface.Call, Sequence[surface.Argument]], typed.Expr]:
    """The rule for one of the three words."""

    def rule(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
        nodes = matched(c, node.span, kind, [Slot("function", False)], arguments)
        if nodes is None or nodes[0] is None:
            return c.broken(node.span)
        function = c.expr(nodes[0])
        type_ = pruned(function.type)
        if type_ is BROKEN:
            return c.broken(node.span)
        result = _derived(type_, kind, function) if isinstance(type_, types.Function) else None
        if result is None or not isinstance(type_, types.Function):
            c.report(c.errors.not_differentiable(function.span, types.resolved(type_), kind))
            return c.broken(node.span)
        return typed.Derivative(node.span, types.Function(type_.parameters, result), kind, function)

    return rule


def _derived(type_: types.Function, kind: str, function: typed.Expr) -> Type | None:
    """The result of the derived function; None where there is no derivative."""
    names = parameter_names(function, len(type_.parameters))
    by = [(name, each) for name, each in zip(names, type_.parameters, strict=True) if _is_real(each)]
    if not by or not _is_real(type_.result) or (kind == "grad" and element_of(type_.result)[1] is not None):
        return None
    first = _by_name([(name, _over(type_.result, each)) for name, each in by])
    if kind != "hessian":
        return first
    return _by_name(
        [(name, _by_name([(other, _over(_over(type_.result, t), u)) for other, u in by])) for name, t in by]
    )


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
