"""Types as written -> types. `Time` is the real numbers of that dimension; a lower-case name in a shape is an open
length.
"""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.lang.names import BUILTIN_TYPES, Kind
from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.checker import Checker
from qdsl.lang.typed.dimension import ONE, Dimension, DimVar
from qdsl.lang.typed.literals import exact_number
from qdsl.lang.typed.space_declarations import KINDS, space_type
from qdsl.lang.typed.spaces import Of
from qdsl.lang.typed.types import BOOL, BROKEN, INT, TEXT, Length, Type

_STATES = {"Ket": types.Ket, "Bra": types.Bra, "Density": types.Density, "Channel": types.Channel}
_PLAIN = {"Bool": BOOL, "Int": INT, "Text": TEXT}


def annotated(c: Checker, node: surface.TypeExpr) -> Type:
    """The type that an annotation names; Broken, with a message, where it names none."""
    type_ = _annotated(c, node)
    return BROKEN if BROKEN in types.parts(type_) else type_


def _annotated(c: Checker, node: surface.TypeExpr) -> Type:
    match node:
        case surface.TypeHole():
            variable = types.TypeVar()
            c.holes.append((node.span, variable))
            return variable
        case surface.TypeName():
            return _named(c, node)
        case surface.TypeArray(element=element, shape=shape):
            inner = annotated(c, element)
            if isinstance(inner, types.Array):
                c.report(c.errors.array_of_arrays(node.span))
                return BROKEN
            if inner is TEXT or isinstance(inner, types.Estimate | types.Function | types.Table):
                c.report(c.errors.not_an_element(element.span, inner))
                return BROKEN
            return types.Array(inner, tuple(_length(c, each) for each in shape) or (None,))
        case surface.TypeRecord(fields=fields):
            return types.Record(_fields(c, fields))
        case surface.TypeFunction(parameters=parameters, result=result):
            return types.Function(tuple(annotated(c, each) for each in parameters), annotated(c, result))
        case _:
            dimension = dimension_of(c, node)
            return BROKEN if dimension is None else types.Real(dimension)


def _fields(c: Checker, fields: Sequence[surface.TypeField]) -> tuple[tuple[str, Type], ...]:
    """Names and types; a name that comes twice is reported, and only its last type is kept."""
    found: dict[str, Type] = {}
    for field in fields:
        if field.name.text in found:
            c.report(c.errors.field_twice(field.name.span, field.name.text))
        found[field.name.text] = annotated(c, field.type)
    return tuple(found.items())


def _named(c: Checker, node: surface.TypeName) -> Type:
    name = node.name.text
    if name in KINDS:
        return space_type(c, node, is_declared=False)
    if node.length is not None:
        c.report(c.errors.array_as_in_c(node.span, name, node.length.span.text))
        return BROKEN
    if name in _PLAIN:
        if node.arguments or node.fields or node.values:
            c.report(c.errors.type_arguments(node.span, name, "nothing in brackets"))
        return _PLAIN[name]
    match name:
        case "Complex" | "Estimate":
            dimension = _one_dimension(c, node)
            if dimension is None:
                return BROKEN
            return types.Complex(dimension) if name == "Complex" else types.Estimate(dimension)
        case "Operator":
            dimension = _one_dimension(c, node)
            return BROKEN if dimension is None else types.Operator(dimension, frozenset({Of("")}))
        case "Ket" | "Bra" | "Density" | "Channel":
            if node.arguments or node.fields or node.values:
                c.report(c.errors.type_arguments(node.span, name, "nothing in brackets"))
            return _STATES[name](frozenset({Of("")}))
        case "Space":
            if node.arguments or node.fields or node.values or node.length is not None:
                c.report(c.errors.type_arguments(node.span, name, "nothing in brackets"))
            return types.SpaceType(Of(""))
        case "Povm":
            if node.arguments or node.fields or node.values:
                c.report(c.errors.type_arguments(node.span, name, "nothing in brackets"))
            return types.Povm(frozenset({Of("")}), None)
        case "Table":
            return types.Table(_fields(c, node.fields))
        case "Experiment" | "Fit" | "Distribution":
            c.report(c.errors.type_arguments(node.span, name, "its type from its declaration, so it cannot be written"))
            return BROKEN
    dimension = dimension_of(c, node)
    return BROKEN if dimension is None else types.Real(dimension)


def _one_dimension(c: Checker, node: surface.TypeName) -> Dimension | None:
    if not (node.arguments or node.fields or node.values):
        return ONE
    if len(node.arguments) != 1:
        c.report(c.errors.type_arguments(node.span, node.name.text, "one dimension"))
        return None
    return dimension_of(c, node.arguments[0])


def _length(c: Checker, node: surface.Expr) -> Length:
    value = exact_number(node)
    if isinstance(value, int) and value >= 0:
        return value
    symbol = c.symbol(node)
    if symbol is not None and isinstance(symbol.entity, typed.Variable):
        return _constant_length(c, node, symbol.entity)
    if isinstance(node, surface.Reference):
        return node.name
    if not isinstance(node, surface.BrokenExpr):
        c.report(c.errors.unknown_length(node.span, node.span.text))
    return None


def _constant_length(c: Checker, node: surface.Expr, constant: typed.Variable) -> Length:
    """`[Scalar; N]` where the file has `const N = 3`."""
    match constant.value:
        case typed.Constant(value=int(length)) if length >= 0 and constant.type is INT:
            return length
        case _:
            c.report(c.errors.unknown_length(node.span, node.span.text))
            return None


def dimension_of(c: Checker, node: surface.TypeExpr) -> Dimension | None:
    """A product of dimensions; None, with a message, where something else stands in it."""
    match node:
        case surface.TypeOne():
            return ONE
        case surface.TypePower(base=base, exponent=exponent):
            inner = dimension_of(c, base)
            return None if inner is None else inner ** (exponent.numerator if exponent.denominator == 1 else exponent)
        case surface.TypeProduct(operator=operator, left=left, right=right):
            above, other = dimension_of(c, left), dimension_of(c, right)
            if above is None or other is None:
                return None
            return above * other if operator == "*" else above / other
        case surface.TypeName():
            symbol = c.symbol(node)
            if symbol is None and node.name.text not in BUILTIN_TYPES:
                return None  # names has reported it
            plain = not (node.arguments or node.fields or node.values)
            if plain and symbol is not None and symbol.kind in (Kind.DIMENSION, Kind.GENERIC):
                if symbol.entity is None:  # declared wrongly: a message was given
                    symbol.entity = (
                        Dimension({DimVar(symbol.name, rigid=True): 1}) if symbol.kind is Kind.GENERIC else None
                    )
                return symbol.entity if isinstance(symbol.entity, Dimension) else None
    c.report(c.dims.not_a_dimension(node.span, node.span.text))
    return None
