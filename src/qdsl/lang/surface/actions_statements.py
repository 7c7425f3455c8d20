"""Actions of statements, and of the whole program."""

from __future__ import annotations

from qdsl.lang.source import Span
from qdsl.lang.surface import shape_errors
from qdsl.lang.surface.building import Building
from qdsl.lang.surface.tokens import Token
from qdsl.lang.surface.tree import (
    Assert,
    Assign,
    Block,
    Break,
    Expr,
    ExpressionStatement,
    For,
    Index,
    Item,
    Let,
    Reference,
    Return,
    TypeExpr,
    Var,
    While,
)


def program(_build: Building, _span: Span, items: list[Item]) -> list[Item]:
    return items


def empty_program(_build: Building, _span: Span) -> list[Item]:
    return []


def let(
    build: Building, span: Span, _let: Token, name: Token, type_: TypeExpr | None, _equal: Token, value: Expr
) -> Let:
    return Let(span, build.name(name), type_, value, build.doc(span))


def var(
    build: Building, span: Span, _var: Token, name: Token, type_: TypeExpr | None, _equal: Token, value: Expr
) -> Var:
    return Var(span, build.name(name), type_, value)


def assign(build: Building, span: Span, target: Expr, _equal: Token, value: Expr) -> Assign:
    if not _assignable(target):
        build.found.append(shape_errors.assignment_target(target.span))
    return Assign(span, target, value)


def _assignable(target: Expr) -> bool:
    while isinstance(target, Index):
        target = target.value
    return isinstance(target, Reference)


def expression_statement(_build: Building, span: Span, value: Expr) -> ExpressionStatement:
    return ExpressionStatement(span, value)


def for_loop(build: Building, span: Span, _for: Token, name: Token, _in: Token, iterable: Expr, body: Block) -> For:
    return For(span, build.name(name), iterable, body)


def while_loop(build: Building, span: Span, _while: Token, condition: Expr, body: Block) -> While:
    return While(span, condition, body)


def break_loop(build: Building, span: Span, _break: Token) -> Break:
    return Break(span)


def return_nothing(build: Building, span: Span, _return: Token) -> Return:
    return return_value(build, span, _return, None)


def return_value(build: Building, span: Span, _return: Token, value: Expr | None) -> Return:
    return Return(span, value)


def assert_that(_build: Building, span: Span, _assert: Token, condition: Expr) -> Assert:
    return Assert(span, condition)
