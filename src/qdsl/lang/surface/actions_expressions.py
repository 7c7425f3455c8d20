"""Actions of expressions."""

from __future__ import annotations

import re
from dataclasses import replace
from math import inf
from typing import Any, TypeVar

from qdsl.lang.source import Span
from qdsl.lang.surface import shape_errors
from qdsl.lang.surface.building import Building
from qdsl.lang.surface.tokens import ASCII_SPELLING, Token
from qdsl.lang.surface.tree import (
    Argument,
    Array,
    Binary,
    Block,
    Boolean,
    BrokenExpr,
    Call,
    Compare,
    Comprehension,
    Convert,
    Expr,
    Field,
    If,
    Index,
    Juxtapose,
    Ket,
    Lambda,
    Name,
    Node,
    Number,
    Range,
    Record,
    RecordField,
    Reference,
    Slice,
    String,
    Unary,
    Uncertain,
)

LONGEST_INT = 40
"""Digits of whole numbers that are read in full; an Int has 19."""

_Inner = TypeVar("_Inner", bound=Node)

# ── numbers, words, texts ────────────────────────────────────────────────────────────────────────────────────────


def number(_build: Building, span: Span, token: Token) -> Expr:
    """What the lexer found too large or too long for a number, and said so, is broken."""
    text = token.text
    plain = text.replace("_", "")
    value = _int(plain) if plain.isdigit() else float(plain)
    return Number(span, text, value) if value < inf else BrokenExpr(span, ())


def _int(digits: str) -> int:
    """Its value, or of one far too long to be an Int something too large: the checker will say so."""
    return int(digits) if len(digits) <= LONGEST_INT else 10**LONGEST_INT


def imaginary(_build: Building, span: Span, token: Token) -> Expr:
    value = float(token.text[:-1].replace("_", ""))
    return Number(span, token.text, value, imaginary=True) if value < inf else BrokenExpr(span, ())


def uncertain(_build: Building, span: Span, token: Token) -> Uncertain:
    """The digits in brackets count in the last places of the value: 18.21(42) is 18.21 and 0.42."""
    head, _, tail = token.text.replace("_", "").partition("(")
    digits, _, after = tail.partition(")")
    mantissa, _, before = head.lower().partition("e")
    exponent = int(after[1:] or 0) + int(before or 0)
    places = len(mantissa.partition(".")[2])
    return Uncertain(span, token.text, float(f"{mantissa}e{exponent}"), float(f"{digits}e{exponent - places}"))


def true(_build: Building, span: Span, _word: Token) -> Boolean:
    return Boolean(span, True)


def false(_build: Building, span: Span, _word: Token) -> Boolean:
    return Boolean(span, False)


def reference(_build: Building, span: Span, name: Token) -> Reference:
    return Reference(span, name.text)


_ESCAPE = re.compile(r"\\(.)|\{\{|\}\}")
_MEANING = {"n": "\n", "t": "\t"}


def _literal(token: Token) -> str:
    """What stands between the quotes or braces at the ends of a piece of text."""
    text = token.text
    body = text[1:-1] if len(text) > 1 and text[-1] in "\"{'" else text[1:]
    if "\\" not in body and "{" not in body and "}" not in body:
        return body
    return _ESCAPE.sub(lambda found: _MEANING.get(found[1], found[1]) if found[1] else found[0][0], body)


def _parts(*pieces: str | Expr) -> tuple[str | Expr, ...]:
    return tuple(piece for piece in pieces if piece != "")


def string(_build: Building, span: Span, text: Token) -> String:
    return String(span, _parts(_literal(text)))


def string_with_one(_build: Building, span: Span, before: Token, value: Expr, after: Token) -> String:
    return String(span, _parts(_literal(before), value, _literal(after)))


def string_with_many(
    _build: Building, span: Span, before: Token, value: Expr, rest: list[str | Expr], after: Token
) -> String:
    return String(span, _parts(_literal(before), value, *rest, _literal(after)))


def string_part(_build: Building, _span: Span, text: Token, value: Expr) -> list[str | Expr]:
    return [_literal(text), value]


def string_part_more(
    _build: Building, _span: Span, before: list[str | Expr], text: Token, value: Expr
) -> list[str | Expr]:
    before += (_literal(text), value)
    return before


# ── operations ───────────────────────────────────────────────────────────────────────────────────────────────────


def parenthesised(_build: Building, span: Span, _open: Token, inner: _Inner, _close: Token) -> _Inner:
    """The brackets leave no node, but count as part of the place of what they hold."""
    return replace(inner, span=span)


def _plain(operator: Token) -> str:
    return ASCII_SPELLING.get(operator.text, operator.text)


def unary(_build: Building, span: Span, operator: Token, operand: Expr) -> Unary:
    return Unary(span, "not" if operator.kind == "NOT" else "-", operand)


def binary(build: Building, span: Span, left: Expr, operator: Token, right: Expr) -> Binary:
    return Binary(span, _plain(operator), build.span(operator), left, right)


def divide(build: Building, span: Span, left: Expr, operator: Token, right: Expr) -> Binary:
    if type(left) is Binary and left.operator == "/" and _bare_juxtaposition(left.right):
        build.found.append(shape_errors.divided_juxtaposition(left.right.span, build.span(operator), right.span))
    return Binary(span, "/", build.span(operator), left, right)


def _bare_juxtaposition(expr: Expr) -> bool:
    """A juxtaposition starts with a digit unless it stands in brackets."""
    return type(expr) is Juxtapose and expr.span.chunk.text[expr.span.start] != "("


def juxtapose(_build: Building, span: Span, number_: Expr, factor: Expr) -> Juxtapose:
    return Juxtapose(span, number_, factor)


def chain(_build: Building, _span: Span, left: Expr, operator: Token, right: Expr) -> list[Any]:
    """Operands and operators in turn."""
    return [left, _plain(operator), right]


def longer_chain(_build: Building, _span: Span, before: list[Any], operator: Token, right: Expr) -> list[Any]:
    before += (_plain(operator), right)
    return before


def compare(_build: Building, span: Span, parts: list[Any]) -> Compare:
    return Compare(span, tuple(parts[1::2]), tuple(parts[::2]))


def convert(_build: Building, span: Span, value: Expr, _to: Token, unit: Expr) -> Convert:
    return Convert(span, value, unit)


def unit_alone(_build: Building, _span: Span, unit: Expr) -> Expr:
    return unit


# ── calls, indices, fields ───────────────────────────────────────────────────────────────────────────────────────


def call(_build: Building, span: Span, function: Expr, _open: Token, arguments: list[Argument], _close: Token) -> Call:
    return Call(span, function, tuple(arguments))


def dagger(build: Building, span: Span, value: Expr, sign: Token) -> Call:
    """`a†` is `dag(a)`."""
    return Call(span, Reference(build.span(sign), "dag"), (Argument(value.span, None, value),))


def argument(_build: Building, span: Span, value: Expr) -> Argument:
    return Argument(span, None, value)


def argument_named(build: Building, span: Span, name: Token, _equal: Token, value: Expr) -> Argument:
    return Argument(span, build.name(name), value)


def index(_build: Building, span: Span, value: Expr, _open: Token, indices: list[Expr | Slice], _close: Token) -> Index:
    return Index(span, value, tuple(indices))


def slice_both(_build: Building, span: Span, start: Expr, _colon: Token, stop: Expr) -> Slice:
    return Slice(span, start, stop)


def slice_from(_build: Building, span: Span, start: Expr, _colon: Token) -> Slice:
    return Slice(span, start, None)


def slice_to(_build: Building, span: Span, _colon: Token, stop: Expr) -> Slice:
    return Slice(span, None, stop)


def slice_all(_build: Building, span: Span, _colon: Token) -> Slice:
    return Slice(span, None, None)


def field(build: Building, span: Span, value: Expr, _dot: Token, name: Token) -> Field:
    return Field(span, value, build.name(name))


# ── arrays, records, lambdas, if ─────────────────────────────────────────────────────────────────────────────────


def ket(_build: Building, span: Span, token: Token) -> Ket:
    return Ket(span, token.text)


def empty_array(_build: Building, span: Span, _open: Token, _close: Token) -> Array:
    return Array(span, ())


def array(_build: Building, span: Span, _open: Token, elements: list[Expr], *_close: Token) -> Array:
    return Array(span, tuple(elements))


def comprehension(
    build: Building,
    span: Span,
    _open: Token,
    element: Expr,
    _for: Token,
    name: Token,
    _in: Token,
    iterable: Expr,
    _close: Token,
) -> Comprehension:
    return Comprehension(span, element, build.name(name), iterable)


def range_(_build: Building, span: Span, low: Expr, _dots: Token, high: Expr) -> Range:
    return Range(span, low, high)


def record(_build: Building, span: Span, _open: Token, fields: list[RecordField], *_close: Token) -> Record:
    return Record(span, tuple(fields))


def record_field(build: Building, span: Span, name: Token, _equal: Token, value: Expr) -> RecordField:
    return RecordField(span, build.name(name), value)


def lambda_of_one(build: Building, span: Span, name: Token, _arrow: Token, body: Expr) -> Lambda:
    return _lambda(build, span, (build.name(name),), body)


def lambda_of_none(build: Building, span: Span, _open: Token, _close: Token, _arrow: Token, body: Expr) -> Lambda:
    return _lambda(build, span, (), body)


def lambda_in_brackets(
    build: Building, span: Span, _open: Token, parameter: Expr, _close: Token, _arrow: Token, body: Expr
) -> Expr:
    return _lambda_of(build, span, [parameter], body)


def lambda_of_many(
    build: Building,
    span: Span,
    _open: Token,
    first: Expr,
    _comma: Token,
    others: list[Expr],
    _close: Token,
    _arrow: Token,
    body: Expr,
) -> Expr:
    return _lambda_of(build, span, [first, *others], body)


def _lambda_of(build: Building, span: Span, parameters: list[Expr], body: Expr) -> Expr:
    names: list[Name] = []
    for each in parameters:
        if not isinstance(each, Reference):
            build.found.append(shape_errors.lambda_parameter(each.span))
            return BrokenExpr(span, (*parameters, body))
        names.append(Name(each.span, each.name))
    return _lambda(build, span, tuple(names), body)


def _lambda(build: Building, span: Span, names: tuple[Name, ...], body: Expr) -> Lambda:
    return Lambda(span, names, body)


def if_only(_build: Building, span: Span, _if: Token, condition: Expr, then: Block) -> If:
    return If(span, condition, then, None)


def if_else(
    _build: Building, span: Span, _if: Token, condition: Expr, then: Block, _else: Token, otherwise: Expr
) -> If:
    return If(span, condition, then, otherwise)


def empty_block(_build: Building, span: Span, _open: Token, _close: Token) -> Block:
    return Block(span, ())


def block(_build: Building, span: Span, _open: Token, statements: list[Any], _close: Token) -> Block:
    return Block(span, tuple(statements))
