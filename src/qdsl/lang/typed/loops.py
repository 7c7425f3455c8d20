"""Rules for what goes over an array or a register: the variable of a loop, and comprehensions.

for s in r { .. }               =>      for k in range(len(r)) { let s = r[k]; .. }
"""

from __future__ import annotations

from dataclasses import dataclass

from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.arrays import element_wish, may_be_element
from qdsl.lang.typed.checker import Checker, rule
from qdsl.lang.typed.spaces import Part, Register
from qdsl.lang.typed.types import BROKEN, INT, Length, Type
from qdsl.lang.typed.unification import element_of


@rule(surface.Comprehension)
def comprehension(c: Checker, node: surface.Comprehension, expected: Type | None) -> typed.Expr:
    """`[e for i in range(n)]`; elements that are arrays have one shape and make an axis more."""
    loop = loop_variable(c, node.name, node.iterable)
    element = c.expr(node.element, element_wish(expected))
    inner, shape = element_of(element.type)
    if not may_be_element(c, element):
        return c.broken(node.span)
    type_ = types.Array(inner, (loop.length, *(shape or ())))
    whole = loop.around(element)
    return typed.Comprehension(node.span, type_, loop.variable, loop.iterable, whole, display=element.display)


@dataclass(frozen=True, slots=True)
class Loop:
    """The variable that counts or goes over elements, what it goes over, how many times where that is known, and what
    each step begins with.
    """

    variable: typed.Variable
    iterable: typed.Expr
    length: Length
    first: tuple[typed.Statement, ...] = ()

    def around(self, step: typed.Expr) -> typed.Expr:
        """A step, with what it begins with."""
        return typed.Block(step.span, step.type, self.first, step, display=step.display) if self.first else step

    def before(self, body: typed.Block) -> typed.Block:
        """The body of a loop, with what each step begins with."""
        statements = (*self.first, *body.statements)
        return typed.Block(body.span, body.type, statements, body.value, display=body.display)


def loop_variable(c: Checker, name: surface.Name, iterable: surface.Expr) -> Loop:
    """What a loop goes over."""
    over = c.expr(iterable)
    element, shape = element_of(over.type)
    if shape is None and isinstance(element, types.SpaceType) and isinstance(element.space, Register):
        return _over_register(c, name, over, element.space)
    length: Length = None
    if shape is None:
        if element is not BROKEN:
            c.report(c.errors.not_iterable(iterable.span, types.resolved(over.type)))
        element = BROKEN
    else:
        length = shape[0]
        if len(shape) > 1:
            element = types.Array(element, shape[1:])
    return Loop(_named(c, name, element, over), over, length)


def _over_register(c: Checker, name: surface.Name, over: typed.Expr, register: Register) -> Loop:
    """`for s in r`: s is one space after the other."""
    span = over.span
    known = register.length
    count = typed.Quantum(span, INT, "length", (over,)) if known is None else typed.Constant(span, INT, known)
    steps = typed.IntRange(span, types.Array(INT, (known,)), typed.Constant(span, INT, 0), count)
    place = typed.Variable(name.text, INT, name.span)
    type_ = types.SpaceType(Part(register))
    space = _named(c, name, type_, over)
    own = typed.Index(span, type_, over, (typed.Local(span, INT, place),))
    return Loop(place, steps, known, (typed.Let(name.span, space, own),))


def _named(c: Checker, name: surface.Name, type_: Type, over: typed.Expr) -> typed.Variable:
    variable = typed.Variable(name.text, type_, name.span, display=over.display)
    c.note(variable)
    symbol = c.symbol(name)
    if symbol is not None:
        symbol.entity = variable
    return variable
