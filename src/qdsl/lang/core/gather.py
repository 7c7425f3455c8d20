"""What is asked of an evolved state, gathered where the state is evolved.

    let rho = evolve(H, psi, ts)                =>      let seen = observe(H, psi, ts, A, B)
    let f = expect(A, rho) + expect(B, rho)             let f = column(seen, 0) + column(seen, 1)

So a state that is only looked at is never there as a whole, and what does not matter to A and B is not computed. A let
of another use stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from itertools import accumulate
from typing import Any

from qdsl.lang.core.lower_effects import Node, bound_in, walk
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types

Rest = tuple[tuple[typed.Statement, ...], typed.Expr | None]


def is_evolution(node: typed.Statement) -> bool:
    """`let rho = evolve(..)`."""
    return (
        isinstance(node, typed.Let)
        and isinstance(node.value, typed.Quantum)
        and node.value.name == "evolve"
        and not node.variable.is_mutable
    )


def gathered(
    let: typed.Let, statements: Sequence[typed.Statement], value: typed.Expr | None
) -> tuple[typed.Let, Rest] | None:
    """The let of what is observed, and what follows with that in its place; None where more is asked of the state."""
    rest: list[Node] = [*statements, *([value] if value is not None else [])]
    expectations = [found for part in rest for each in walk(part) if (found := _of(each, let.variable)) is not None]
    uses = sum(isinstance(each, typed.Local) and each.variable is let.variable for part in rest for each in walk(part))
    if not expectations or uses != len(expectations):
        return None
    bound_later = {variable for part in rest for variable in bound_in(part)}
    operators = [each.arguments[0] for each in expectations]
    widths = [_width(each) for each in expectations]
    if None in widths or any(_uses(each, bound_later) for each in operators):
        return None
    evolution = let.value
    assert isinstance(evolution, typed.Quantum)
    places = list(accumulate((width or 0 for width in widths), initial=0))
    seen = typed.Variable(let.variable.name, _seen_type(evolution, places[-1]), let.variable.span)
    observe = replace(evolution, type=seen.type, name="observe", arguments=(*evolution.arguments, *operators))
    columns: dict[typed.Expr, typed.Expr] = {
        each: _columns(each, seen, place) for place, each in zip(places, expectations, strict=False)
    }
    changed = tuple(_with(each, columns) for each in statements)
    return typed.Let(let.span, seen, observe), (changed, None if value is None else _with(value, columns))


def _columns(node: typed.Quantum, seen: typed.Variable, place: int) -> typed.Expr:
    """What stands for an expectation; for the probabilities of several outcomes an array of them."""
    own = types.pruned(node.type)

    def column(type_: types.Type, place: int) -> typed.Expr:
        arguments = typed.Local(node.span, seen.type, seen), typed.Constant(node.span, types.INT, place)
        return typed.Quantum(node.span, type_, "column", arguments, display=node.display)

    if node.name == "expect":
        return column(own, place)
    assert isinstance(own, types.Array)
    return typed.ArrayLiteral(
        node.span, own, tuple(column(own.element, place + outcome) for outcome in range(_width(node) or 0))
    )


def _width(node: typed.Quantum) -> int | None:
    """How many numbers it is at a time; None of probabilities at several times, or of outcomes nobody has counted."""
    if node.name == "expect":
        return 1
    type_ = types.pruned(node.type)
    assert isinstance(type_, types.Array)
    (length,) = type_.shape if len(type_.shape) == 1 else (None,)
    return length if isinstance(length, int) else None


def _of(node: Node, variable: typed.Variable) -> typed.Quantum | None:
    """The node, if it is an expectation of the state, or the probabilities of outcomes."""
    match node:
        case typed.Quantum(name="expect" | "probabilities", arguments=(_, typed.Local(variable=state))) if (
            state is variable
        ):
            return node
        case _:
            return None


def _uses(node: typed.Expr, variables: set[typed.Variable]) -> bool:
    return any(isinstance(each, typed.Local) and each.variable in variables for each in walk(node))


def _seen_type(evolution: typed.Quantum, count: int) -> types.Type:
    type_ = types.pruned(evolution.type)
    shape = (*type_.shape, count) if isinstance(type_, types.Array) else (count,)
    return types.Array(types.SCALAR, shape)


def _with(value: Any, columns: dict[typed.Expr, typed.Expr]) -> Any:
    """The tree with expectations replaced; what has none of them is the same object."""
    if isinstance(value, typed.Expr) and value in columns:
        return columns[value]
    if isinstance(value, typed.Expr | typed.Statement):
        changed: dict[str, Any] = {}
        for each in fields(value):
            part = getattr(value, each.name)
            if isinstance(part, typed.Expr | typed.Statement | tuple):
                new = _with(part, columns)
                if new is not part:
                    changed[each.name] = new
        return replace(value, **changed) if changed else value
    if type(value) is tuple:
        items = tuple(_with(each, columns) for each in value)
        return value if all(a is b for a, b in zip(items, value, strict=True)) else items
    return value
