"""The arguments of calls that are about spaces: so many of them, none by name; which of them are spaces, and of which
spaces operators and states are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.checker import Checker
from qdsl.lang.typed.places import places_of as places_of_space
from qdsl.lang.typed.spaces import (
    AnySpace,
    Of,
    Part,
    Place,
    Places,
    Several,
    Space,
    in_order,
)
from qdsl.lang.typed.types import BROKEN, pruned

Rule = Callable[[Checker, surface.Call, Sequence[surface.Argument]], typed.Expr]


def positional(
    c: Checker, node: surface.Call, arguments: Sequence[surface.Argument], name: str, takes: str, low: int, high: int
) -> list[typed.Expr] | None:
    """The arguments, none of them by name; None, with a message, where one is broken or their number is wrong."""
    for each in arguments:
        if each.name is not None:
            c.report(c.quantum.unknown_option(each.name.span, name, each.name.text, ()))
            return None
    values = [c.expr(each.value) for each in arguments]
    if any(pruned(value.type) is BROKEN for value in values):
        return None
    if not low <= len(values) <= high:
        surplus = values[high].span if len(values) > high else None
        c.report(c.quantum.argument_count(node.span, name, takes, surplus))
        return None
    return values


def space_of(c: Checker, value: typed.Expr, what: str) -> Space | Part | None:
    """The one space that a value is; None, with a message unless it is broken, where it is none."""
    type_ = pruned(value.type)
    if isinstance(type_, types.SpaceType) and isinstance(type_.space, Space | Part):
        return type_.space
    if isinstance(type_, types.SpaceType) and isinstance(type_.space, Of):
        c.report(c.quantum.of_any_kind(value.span, what, type_.space.label))
    elif type_ is not BROKEN:
        c.report(c.quantum.not_a_space(value.span, what, types.resolved(type_)))
    return None


def spaces_of(c: Checker, values: Sequence[typed.Expr], what: str) -> list[AnySpace] | None:
    """Spaces and registers; an operator or a state stands for those that it is of."""
    found: list[AnySpace] = []
    for value in values:
        type_ = pruned(value.type)
        if isinstance(type_, types.Operator | types.Ket | types.Density):
            others = (each for each in type_.places if not isinstance(each, Space))
            found.append(Several((*in_order(type_.places), *others)))
            continue
        if not isinstance(type_, types.SpaceType):
            if type_ is not BROKEN:
                c.report(c.quantum.not_a_space(value.span, what, types.resolved(type_)))
            return None
        found.append(type_.space)
    return None if _stands_twice(c, values, found) else found


def _stands_twice(c: Checker, values: Sequence[typed.Expr], spaces: Sequence[AnySpace]) -> bool:
    """Whether one of the spaces, of registers too, is given twice; with a message."""
    seen: dict[Space | Part, typed.Expr] = {}
    for value, each in zip(values, spaces, strict=True):
        for one in places_of_space(each):
            if isinstance(one, Space) and one in seen:
                c.report(c.quantum.given_twice(value.span, one, seen[one].span))
                return True
            if isinstance(one, Space):
                seen[one] = value
    return False


def together(spaces: Sequence[AnySpace]) -> Places:
    """All that they are."""
    return frozenset[Place]().union(*map(places_of_space, spaces))


def as_density(c: Checker, value: typed.Expr, function: str) -> typed.Expr | None:
    """A state as a density; None, with a message unless it is broken, where it is no state."""
    type_ = pruned(value.type)
    if isinstance(type_, types.Ket | types.Density):
        return c.convert(value, types.Density(type_.places))
    if type_ is not BROKEN:
        c.report(c.quantum.takes(value.span, function, "a state", types.resolved(type_)))
    return None
