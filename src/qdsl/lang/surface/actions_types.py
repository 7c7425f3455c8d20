"""Actions of types as written."""

from __future__ import annotations

from fractions import Fraction

from qdsl.lang.source import Span
from qdsl.lang.surface import shape_errors
from qdsl.lang.surface.building import Building
from qdsl.lang.surface.tokens import Token
from qdsl.lang.surface.tree import (
    Binary,
    BrokenExpr,
    Expr,
    Number,
    TypeArray,
    TypeExpr,
    TypeField,
    TypeFunction,
    TypeHole,
    TypeName,
    TypeOne,
    TypePower,
    TypeProduct,
    TypeRecord,
    Unary,
)


def type_name(build: Building, span: Span, name: Token) -> TypeName:
    return TypeName(span, build.name(name))


def type_applied(
    build: Building, span: Span, name: Token, _open: Token, arguments: list[TypeExpr], _close: Token
) -> TypeName:
    return TypeName(span, build.name(name), arguments=tuple(arguments))


def type_with_fields(
    build: Building, span: Span, name: Token, _open: Token, fields: list[TypeField], *_close: Token
) -> TypeName:
    return TypeName(span, build.name(name), fields=tuple(fields))


def type_with_values(
    build: Building, span: Span, name: Token, _open: Token, values: list[Expr], _close: Token
) -> TypeName:
    return TypeName(span, build.name(name), values=tuple(values))


def type_register(
    build: Building, span: Span, name: Token, _open: Token, lengths: list[Expr], _close: Token
) -> TypeName:
    if len(lengths) > 1:
        build.found.append(shape_errors.register_lengths(lengths[1].span))
    return TypeName(span, build.name(name), length=lengths[0])


def type_register_with_values(
    build: Building,
    span: Span,
    name: Token,
    _left: Token,
    values: list[Expr],
    _right: Token,
    opener: Token,
    lengths: list[Expr],
    closer: Token,
) -> TypeName:
    register = type_register(build, span, name, opener, lengths, closer)
    return TypeName(span, register.name, values=tuple(values), length=register.length)


def type_one(build: Building, span: Span, number: Token) -> TypeOne:
    if number.text != "1":
        build.found.append(shape_errors.number_in_type(span))
    return TypeOne(span)


def type_product(_build: Building, span: Span, left: TypeExpr, operator: Token, right: TypeExpr) -> TypeProduct:
    return TypeProduct(span, "*" if operator.kind == "STAR" else "/", left, right)


def type_power(build: Building, span: Span, base: TypeExpr, _sign: Token, exponent: Expr) -> TypePower:
    value = _fraction(exponent)
    if value is None:
        if not isinstance(exponent, BrokenExpr):
            build.found.append(shape_errors.exponent(exponent.span))
        value = Fraction(1)
    return TypePower(span, base, value)


def _fraction(exponent: Expr) -> Fraction | None:
    """The value of `2`, `-1`, `1/2`; None of `1/0` and of what no one means."""
    match exponent:
        case Number(text=text) if len(text) < 20 and "e" not in text.lower():
            return Fraction(text.replace("_", ""))
        case Unary(operand=operand):
            value = _fraction(operand)
            return None if value is None else -value
        case Binary(left=left, right=right):
            above, below = _fraction(left), _fraction(right)
            return above / below if above is not None and below else None
        case _:
            return None


def type_array(_build: Building, span: Span, _open: Token, element: TypeExpr, _close: Token) -> TypeArray:
    return TypeArray(span, element, ())


def type_array_shaped(
    _build: Building, span: Span, _open: Token, element: TypeExpr, _semicolon: Token, shape: list[Expr], _close: Token
) -> TypeArray:
    return TypeArray(span, element, tuple(shape))


def type_record(_build: Building, span: Span, _open: Token, fields: list[TypeField], *_close: Token) -> TypeRecord:
    return TypeRecord(span, tuple(fields))


def type_field(build: Building, span: Span, name: Token, _colon: Token, type_: TypeExpr) -> TypeField:
    return TypeField(span, build.name(name), type_)


def type_function_of_none(
    _build: Building, span: Span, _open: Token, _close: Token, _arrow: Token, result: TypeExpr
) -> TypeFunction:
    return TypeFunction(span, (), result)


def type_function_of_one(
    _build: Building, span: Span, _open: Token, parameter: TypeExpr, _close: Token, _arrow: Token, result: TypeExpr
) -> TypeFunction:
    return TypeFunction(span, (parameter,), result)


def type_function(
    _build: Building,
    span: Span,
    _open: Token,
    first: TypeExpr,
    _comma: Token,
    others: list[TypeExpr],
    _close: Token,
    _arrow: Token,
    result: TypeExpr,
) -> TypeFunction:
    return TypeFunction(span, (first, *others), result)


def type_hole(_build: Building, span: Span, _sign: Token) -> TypeHole:
    return TypeHole(span)
