"""Rules for calls that make operators and states.

X(q), a(c), P(q, 1), Sz(s)           operators of one space
ket(c, 3)                            basis states; those as written are in `kets`
Operator(q, m), Ket(c, v), Density(q, m)    from matrices by hand
"""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.checker import Checker
from qdsl.lang.typed.dimension import ONE
from qdsl.lang.typed.operator_rules import dimension_of, quantum
from qdsl.lang.typed.quantum_arguments import Rule, positional, space_of, spaces_of, together
from qdsl.lang.typed.spaces import (
    Kind,
    Part,
    Space,
    size_together,
)
from qdsl.lang.typed.types import INT, Type, pruned
from qdsl.lang.typed.unification import element_of

ELEMENTARY: dict[str, tuple[Kind, ...]] = {
    "X": (Kind.QUBIT,),
    "Y": (Kind.QUBIT,),
    "Z": (Kind.QUBIT,),
    "sp": (Kind.QUBIT,),
    "sm": (Kind.QUBIT,),
    "a": (Kind.FOCK, Kind.LEVEL),
    "n": (Kind.FOCK, Kind.LEVEL, Kind.QUBIT),
    "x": (Kind.FOCK,),
    "p": (Kind.FOCK,),
    "Sx": (Kind.SPIN,),
    "Sy": (Kind.SPIN,),
    "Sz": (Kind.SPIN,),
    "Sp": (Kind.SPIN,),
    "Sm": (Kind.SPIN,),
    "I": tuple(Kind),
    "parity": (Kind.FOCK, Kind.LEVEL),
}
"""Operators of one space, and the kinds of space that have them."""


def elementary(name: str) -> Rule:
    """`X(q)`."""

    def rule(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
        values = positional(c, node, arguments, name, "one space", 1, 1)
        space = space_of(c, values[0], name) if values is not None else None
        if values is None or space is None:
            return c.broken(node.span)
        if space.kind not in ELEMENTARY[name]:
            c.report(c.quantum.not_of_this_kind(node.span, name, space, ELEMENTARY[name]))
            return c.broken(node.span)
        return quantum(c, node.span, types.Operator(ONE, frozenset({space})), name, tuple(values))

    return rule


def projector(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`P(q, 1)`: |1><1|."""
    values = positional(c, node, arguments, "P", "a space and a level: P(q, 1)", 2, 2)
    space = space_of(c, values[0], "P") if values is not None else None
    if values is None or space is None or not _is_level(c, "P", values[1], space):
        return c.broken(node.span)
    return quantum(c, node.span, types.Operator(ONE, frozenset({space})), "P", tuple(values))


def ket_of_level(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`ket(c, k)`."""
    values = positional(c, node, arguments, "ket", "a space and a level: ket(c, 3)", 2, 2)
    space = space_of(c, values[0], "ket") if values is not None else None
    if values is None or space is None or not _is_level(c, "ket", values[1], space):
        return c.broken(node.span)
    return quantum(c, node.span, types.Ket(frozenset({space})), "ket", tuple(values))


def _is_level(c: Checker, what: str, value: typed.Expr, space: Space | Part) -> bool:
    """Whether it is an Int, and if known one of the levels."""
    type_ = pruned(value.type)
    if isinstance(type_, types.TypeVar):
        c.unify(type_, INT, value.span)
    elif type_ is not INT:
        c.report(c.quantum.takes(value.span, what, "the number of a level", types.resolved(type_)))
        return False
    if value in c.exact and space.size is not None and not 0 <= c.exact[value] < space.size:
        c.report(c.quantum.no_level(value.span, str(c.exact[value]), space))
        return False
    return True


def by_hand(name: str) -> Rule:
    """`Operator(q, [[0, 1], [1, 0]])`, `Ket(c, amplitudes)`, `Density(q, matrix)`: the spaces, then the numbers. What
    the library makes is a density for sure, and `unchecked_density`.
    """

    def rule(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
        what = "a vector: Ket(q, [1, 0])" if name == "Ket" else f"a matrix: {name}(q, [[1, 0], [0, 0]])"
        takes = f"spaces and {what}"
        values = positional(c, node, arguments, name, takes, 2, 99)
        if values is None:
            return c.broken(node.span)
        *given, numbers = values
        spaces = spaces_of(c, given, name)
        if spaces is None:
            return c.broken(node.span)
        element, shape = element_of(numbers.type)
        if shape is None or len(shape) != (1 if name == "Ket" else 2) or not _is_amplitude(element):
            c.report(c.quantum.takes(numbers.span, name, takes, types.resolved(numbers.type)))
            return c.broken(node.span)
        places = together(spaces)
        size = size_together(spaces)
        if size is not None and any(length is not None and length != size for length in shape):
            c.report(c.quantum.wrong_size(numbers.span, [each.span.text for each in given], size, shape))
            return c.broken(node.span)
        dimension = dimension_of(typed.Local(numbers.span, element, typed.Variable("", element)))
        complex_ = c.cast(numbers, types.Complex(dimension)) if not isinstance(element, types.Complex) else numbers
        result: Type = types.Operator(dimension, places)
        if name != "Operator":
            if not c.same_dimension(dimension, ONE, numbers.span):
                c.report(c.quantum.quantity_times_state(numbers.span, dimension))
                return c.broken(node.span)
            result = types.Ket(places) if name == "Ket" else types.Density(places)
        return quantum(c, node.span, result, f"{name.lower()}_by_hand", (*given, complex_))

    return rule


def _is_amplitude(element: Type) -> bool:
    return element is INT or isinstance(element, types.Real | types.Complex | types.TypeVar)
