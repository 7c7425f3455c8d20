"""`space q: Qubit`, the types of spaces, states and operators as written, and `povm m(q) = [..]`."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from qdsl.lang.names import Kind as NameKind
from qdsl.lang.names import Symbol
from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.checker import Checker
from qdsl.lang.typed.literals import exact_number
from qdsl.lang.typed.rational import exact_value
from qdsl.lang.typed.spaces import Kind, Of, Register, Space, fresh_order
from qdsl.lang.typed.types import BROKEN, INT, Type, pruned

KINDS = {each.value: each for each in Kind}

LARGEST_SPACE = 4096
"""Levels of one space."""

LARGEST_REGISTER = 30


def space_type(c: Checker, node: surface.TypeName, is_declared: bool) -> Type:
    """`Qubit`, `Fock(20)`, `Spin(3/2)`, `Qubit[3]`. Only a parameter may leave a size or length open."""
    kind = KINDS[node.name.text]
    size = _size(c, node, kind, is_declared)
    if size == 0 or node.arguments or node.fields:
        return BROKEN
    order = fresh_order()
    if node.length is None:
        return types.SpaceType(Space("", kind, size, (order, 0), not is_declared))
    length = _length(c, node.length, is_declared)
    if length == 0:
        return BROKEN
    return types.SpaceType(Register("", kind, size, length, order, not is_declared))


def _size(c: Checker, node: surface.TypeName, kind: Kind, is_declared: bool) -> int | None:
    """The number of levels; 0, with a message, where it is none."""
    if kind is Kind.QUBIT:
        if node.values:
            c.report(c.quantum.size_of_space(node.span, kind, "no size; several are a register: Qubit[3]"))
            return 0
        return 2
    if not node.values and not is_declared:
        return None
    found = _number(c, node.values[0]) if len(node.values) == 1 else None
    if kind is Kind.SPIN:
        if found is None or found <= 0 or (2 * found).denominator != 1:
            c.report(c.quantum.size_of_space(node.span, kind, "its j, a half or a whole number: Spin(1/2)"))
            return 0
        return int(2 * found) + 1
    if found is None or found.denominator != 1 or not 2 <= found <= LARGEST_SPACE:
        needs = f"its number of levels, from 2 to {LARGEST_SPACE}: {kind.value}(20)"
        c.report(c.quantum.size_of_space(node.span, kind, needs))
        return 0
    return int(found)


def _length(c: Checker, node: surface.Expr, is_declared: bool) -> int | None:
    found = _number(c, node)
    if found is None and not is_declared and _is_open(c, node):
        return None
    if found is None or found.denominator != 1 or not 1 <= found <= LARGEST_REGISTER:
        needs = f"a length from 1 to {LARGEST_REGISTER} in a register"
        c.report(c.quantum.size_of_space(node.span, Kind.QUBIT, needs))
        return 0
    return int(found)


def _is_open(c: Checker, node: surface.Expr) -> bool:
    """Whether it is a name that the call of a function brings a length for."""
    symbol = c.symbol(node)
    return isinstance(node, surface.Reference) and (symbol is None or symbol.kind is NameKind.PARAMETER)


def _number(c: Checker, node: surface.Expr) -> Fraction | None:
    """A number known now: written out, or a constant."""
    written = exact_number(node)
    if written is not None:
        return Fraction(written)
    symbol = c.symbol(node)
    if symbol is not None and isinstance(symbol.entity, typed.Variable):
        constant = symbol.entity.value
        return Fraction(constant.value) if isinstance(constant, typed.Constant) and constant.type is INT else None  # type: ignore[arg-type]
    if isinstance(node, surface.Binary):
        return exact_value(c, c.expr(node))
    return None


def check_space(c: Checker, symbol: Symbol, node: surface.Space) -> None:
    """`space q: Qubit`."""
    type_: Type = BROKEN
    if isinstance(node.type, surface.TypeName) and node.type.name.text in KINDS:
        type_ = named(space_type(c, node.type, is_declared=True), node.name.text)
    else:
        c.report(c.quantum.not_a_kind(node.type.span, node.type.span.text))
    variable = typed.Variable(node.name.text, type_, node.name.span, is_global=True)
    variable.value = typed.SpaceValue(node.name.span, type_)
    symbol.entity = variable


def named(type_: Type, name: str) -> Type:
    """The type of a space under the name that it is declared with; any other type stays."""
    match pruned(type_):
        case types.SpaceType(Space() | Register() as space):
            return types.SpaceType(replace(space, name=name))
        case types.Operator() | types.Ket() | types.Bra() | types.Density() | types.Channel() | types.Povm() as own:
            return replace(own, places=frozenset({Of(name)}))
        case types.Array(element, shape):
            return types.Array(named(element, name), shape)
        case types.Function(parameters, result):
            return types.Function(parameters, named(result, name))
        case other:
            return other


def refined(declared: Type, found: Type) -> Type:
    """A written type, with the spaces that the value is found to be over."""
    declared, found = pruned(declared), pruned(found)
    match declared, found:
        case types.Array(element, shape), types.Array(inner, _):
            return types.Array(refined(element, inner), shape)
        case types.Record(fields), types.Record():
            return types.Record(tuple((name, refined(each, found.field(name) or each)) for name, each in fields))
        case types.Operator(dimension, _), types.Operator(_, places):
            return types.Operator(dimension, places)
        case _ if type(declared) is type(found) and isinstance(declared, types.QUANTUM):
            return found
        case _:
            return declared
