"""Rules for what goes over an array: the variable of a loop, and comprehensions."""

from __future__ import annotations

from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.arrays import element_wish, may_be_element
from qdsl.lang.typed.checker import Checker, rule
from qdsl.lang.typed.types import BROKEN, Length, Type
from qdsl.lang.typed.unification import element_of


@rule(surface.Comprehension)
def comprehension(c: Checker, node: surface.Comprehension, expected: Type | None) -> typed.Expr:
    """`[e for i in range(n)]`; elements that are arrays have one shape and make an axis more."""
    variable, iterable, length = loop_variable(c, node.name, node.iterable)
    element = c.expr(node.element, element_wish(expected))
    inner, shape = element_of(element.type)
    if not may_be_element(c, element):
        return c.broken(node.span)
    type_ = types.Array(inner, (length, *(shape or ())))
    return typed.Comprehension(node.span, type_, variable, iterable, element, display=element.display)


def loop_variable(c: Checker, name: surface.Name, iterable: surface.Expr) -> tuple[typed.Variable, typed.Expr, Length]:
    """The variable of a loop, what it goes over, and how many times where that is known."""
    over = c.expr(iterable)
    element, shape = element_of(over.type)
    length: Length = None
    if shape is None:
        if element is not BROKEN:
            c.report(c.errors.not_iterable(iterable.span, types.resolved(over.type)))
        element = BROKEN
    else:
        length = shape[0]
        if len(shape) > 1:
            element = types.Array(element, shape[1:])
    variable = typed.Variable(name.text, element, name.span, display=over.display)
    c.note(variable)
    symbol = c.symbol(name)
    if symbol is not None:
        symbol.entity = variable
    return variable, over, length
