"""`space q: Qubit`, the types of spaces, states and operators as written, and `povm m(q) = [..]`."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from qdsl.lang.names import BUILTIN_TYPES, Symbol
from qdsl.lang.names import Kind as NameKind
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
    if size == 0:
        return BROKEN
    order = fresh_order()
    if node.length is None:
        return types.SpaceType(Space("", kind, size, (order, 0), not is_declared))
    length = _length(c, node.length, kind, is_declared)
    if length == 0:
        return BROKEN
    return types.SpaceType(Register("", kind, size, length, order, not is_declared))


def _size(c: Checker, node: surface.TypeName, kind: Kind, is_declared: bool) -> int | None:
    """The number of levels; 0, with a message, where it is none."""
    given = (*node.arguments, *node.fields, *node.values)
    if kind is Kind.QUBIT and not given:
        return 2
    if not given and not is_declared:
        return None
    value = node.values[0] if len(given) == len(node.values) == 1 else None
    if value is None or kind is Kind.QUBIT:
        if not any(isinstance(each, surface.BrokenExpr) for each in given):
            c.report(c.quantum.size_of_space(node.span, kind, _SIZES[kind]))
        return 0
    found = _number(c, value, _WORDS[kind])
    if found is None:
        return 0
    is_spin = kind is Kind.SPIN
    levels = 2 * found + 1 if is_spin else found
    if levels.denominator != 1 or not 2 <= levels <= LARGEST_SPACE:
        c.report(c.quantum.size_of_space(value.span, kind, _SIZES[kind]))
        return 0
    return int(levels)


_SIZES = {
    Kind.QUBIT: "no size; several are a register: Qubit[3]",
    Kind.FOCK: f"its number of levels, from 2 to {LARGEST_SPACE}: Fock(20)",
    Kind.SPIN: "its j, which is a half, 1, 3/2, ..: Spin(1/2)",
    Kind.LEVEL: f"its number of levels, from 2 to {LARGEST_SPACE}: Level(3)",
}
_WORDS = {Kind.FOCK: "the number of levels", Kind.LEVEL: "the number of levels", Kind.SPIN: "the j of a spin"}


def _length(c: Checker, node: surface.Expr, kind: Kind, is_declared: bool) -> int | None:
    if _is_open(c, node):
        if is_declared:
            c.report(c.quantum.size_not_known(node.span, "the length of a register"))
        return 0 if is_declared else None
    found = _number(c, node, "the length of a register")
    if found is None:
        return 0
    if found.denominator != 1 or not 1 <= found <= LARGEST_REGISTER:
        needs = f"a length from 1 to {LARGEST_REGISTER} in a register: {kind.value}[3]"
        c.report(c.quantum.size_of_space(node.span, kind, needs))
        return 0
    return int(found)


def _is_open(c: Checker, node: surface.Expr) -> bool:
    """Whether it is a name that the call of a function brings a length for."""
    symbol = c.symbol(node)
    return isinstance(node, surface.Reference) and (symbol is None or symbol.kind is NameKind.PARAMETER)


def _number(c: Checker, node: surface.Expr, what: str) -> Fraction | None:
    """A number known now: written out, a constant, or arithmetic with such; None, with a message, where it is none."""
    written = exact_number(node)
    if written is not None:
        return Fraction(written)
    value = c.expr(node)
    known = exact_value(c, value)
    if isinstance(value, typed.Local) and isinstance(value.variable.value, typed.Constant):
        constant = value.variable.value
        known = Fraction(constant.value) if constant.type in (INT, types.SCALAR) else None  # type: ignore[arg-type]
    if known is None and pruned(value.type) is not BROKEN:
        c.report(c.quantum.size_not_known(node.span, what))
    return known


def check_space(c: Checker, symbol: Symbol, node: surface.Space) -> None:
    """`space q: Qubit`."""
    type_: Type = BROKEN
    if isinstance(node.type, surface.TypeName) and node.type.name.text in KINDS:
        type_ = named(space_type(c, node.type, is_declared=True), node.name.text)
    elif annotated_elsewhere(c, node.type):
        c.report(c.quantum.not_a_kind(node.type.span, node.type.span.text))
    variable = typed.Variable(node.name.text, type_, node.name.span, is_global=True)
    variable.value = typed.SpaceValue(node.name.span, type_)
    symbol.entity = variable


def annotated_elsewhere(c: Checker, node: surface.TypeExpr) -> bool:
    """Whether it is some other type: of a name that nothing has, that has been said."""
    return not isinstance(node, surface.TypeName) or node.name.text in BUILTIN_TYPES or c.symbol(node) is not None


def named(type_: Type, name: str) -> Type:
    """The type of a space under the name that it is declared with; any other type stays."""
    match pruned(type_):
        case types.SpaceType(Space() | Register() as space):
            return types.SpaceType(replace(space, name=name))
        case types.SpaceType(Of()):
            return types.SpaceType(Of(name))
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
