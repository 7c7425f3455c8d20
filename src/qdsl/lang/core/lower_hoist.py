"""Early exits inside expressions, taken out in front.

    let y = 1 + (if c { return 0 } else { x })     =>     let t = if c { return 0 } else { x }
                                                          let y = 1 + t

The language is pure, so computing one operand before another changes at most which of two failures is reported. What
is not computed exactly once stays where it is: the right side of `and` becomes an `if`, the condition of a loop moves
into its body, and in a comprehension an exit is refused.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, TypeVar

from qdsl.lang.core.lower_effects import Effects, Node, children
from qdsl.lang.core.lower_errors import leaves_comprehension
from qdsl.lang.report import InternalError
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types

N = TypeVar("N", typed.Expr, typed.Statement)


def hoisted(node: typed.Statement, effects: Effects) -> tuple[typed.Let, typed.Statement]:
    """The first expression in which there is an exit as a let, and the statement with a variable in its place."""
    found = _first(node, effects)
    variable = typed.Variable("value", found.type)
    local = typed.Local(found.span, found.type, variable)
    value = _as_if(found) if isinstance(found, typed.Logic) else found
    return typed.Let(found.span, variable, value), _with(node, found, local)


def _first(node: Node, effects: Effects) -> typed.If | typed.Block | typed.Logic:
    """The outermost `if`, block or logic with an exit among what is evaluated once."""
    for child in children(node):
        if not effects.of(child).leaves:
            continue
        if isinstance(node, typed.Comprehension) and child is node.element:
            raise leaves_comprehension(child.span)
        if isinstance(child, typed.Logic) and not effects.of(child.right).leaves:
            return _first(child, effects)
        if isinstance(child, typed.If | typed.Block | typed.Logic):
            return child
        return _first(child, effects)
    raise InternalError("an exit that stands nowhere")


def _as_if(node: typed.Logic) -> typed.If:
    """`a and b` as `if a { b } else { false }`, `a or b` as `if a { true } else { b }`."""
    right = typed.Block(node.right.span, types.BOOL, (), node.right)
    known = typed.Constant(node.span, types.BOOL, node.operator == "or")
    decided = typed.Block(node.span, types.BOOL, (), known)
    then, otherwise = (right, decided) if node.operator == "and" else (decided, right)
    return typed.If(node.span, types.BOOL, node.left, then, otherwise)


def _with(node: N, old: typed.Expr, new: typed.Expr) -> N:
    """The node with one expression below it replaced."""
    changed: dict[str, Any] = {}
    for each in fields(node):
        value = getattr(node, each.name)
        replaced = _replaced(value, old, new)
        if replaced is not value:
            changed[each.name] = replaced
    return replace(node, **changed) if changed else node


def _replaced(value: Any, old: typed.Expr, new: typed.Expr) -> Any:
    if value is old:
        return new
    if isinstance(value, typed.Expr):
        return _with(value, old, new)
    if type(value) is tuple:
        items = tuple(_replaced(each, old, new) for each in value)
        return value if all(a is b for a, b in zip(items, value, strict=True)) else items
    return value


def with_condition_inside(node: typed.While) -> typed.While:
    """`while c { .. }` as `while true { if c { } else { break } .. }`."""
    span = node.condition.span
    leave = typed.Block(span, types.NOTHING, (typed.Break(span),), None)
    go_on = typed.Block(span, types.NOTHING, (), None)
    test = typed.Evaluate(span, typed.If(span, types.NOTHING, node.condition, go_on, leave))
    body = replace(node.body, statements=(test, *node.body.statements))
    return typed.While(node.span, typed.Constant(span, types.BOOL, True), body)
