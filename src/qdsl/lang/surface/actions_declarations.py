"""Actions of declarations: functions, experiments, units, imports."""

from __future__ import annotations

import re

from qdsl.lang.source import Span
from qdsl.lang.surface import shape_errors
from qdsl.lang.surface.building import Building
from qdsl.lang.surface.tokens import Token
from qdsl.lang.surface.tree import (
    Axis,
    AxisName,
    Block,
    Const,
    Dimension,
    Effects,
    Experiment,
    Expr,
    FromImport,
    Function,
    Generic,
    Import,
    Item,
    Measure,
    Name,
    Option,
    Param,
    Parameter,
    Range,
    Reference,
    ShowAs,
    Space,
    Test,
    TypeExpr,
    Unit,
)

# ── functions ────────────────────────────────────────────────────────────────────────────────────────────────────


def function_equation(
    build: Building,
    span: Span,
    _fn: Token,
    name: Token,
    generics: list[Generic],
    _open: Token,
    parameters: list[Parameter],
    _close: Token,
    result: TypeExpr | None,
    _equal: Token,
    body: Expr,
) -> Function:
    return Function(span, build.name(name), tuple(generics), tuple(parameters), result, body, build.doc(span))


def function_block(
    build: Building,
    span: Span,
    fn: Token,
    name: Token,
    generics: list[Generic],
    open_: Token,
    parameters: list[Parameter],
    close: Token,
    result: TypeExpr | None,
    body: Block,
) -> Function:
    return function_equation(build, span, fn, name, generics, open_, parameters, close, result, close, body)


def function_extern(
    build: Building,
    span: Span,
    _extern: Token,
    _fn: Token,
    name: Token,
    generics: list[Generic],
    _open: Token,
    parameters: list[Parameter],
    _close: Token,
    result: TypeExpr | None,
) -> Function:
    return Function(span, build.name(name), tuple(generics), tuple(parameters), result, None, build.doc(span))


def generic(build: Building, span: Span, name: Token) -> Generic:
    return Generic(span, build.name(name), None)


def generic_of_kind(build: Building, span: Span, name: Token, _colon: Token, kind: Token) -> Generic:
    return Generic(span, build.name(name), build.name(kind))


def parameter(build: Building, span: Span, name: Token, type_: TypeExpr | None, default: Expr | None) -> Parameter:
    return Parameter(span, build.name(name), type_, default)


# ── experiments ──────────────────────────────────────────────────────────────────────────────────────────────────


def empty_experiment(
    build: Building, span: Span, experiment_: Token, name: Token, open_: Token, close: Token
) -> Experiment:
    return experiment(build, span, experiment_, name, open_, [], close)


def experiment(
    build: Building, span: Span, _experiment: Token, name: Token, _open: Token, members: list[Item], _close: Token
) -> Experiment:
    return Experiment(span, build.name(name), tuple(members), build.doc(span))


def param(
    build: Building,
    span: Span,
    _param: Token,
    name: Token,
    type_: TypeExpr | None,
    default: Expr | None,
    bounds: Range | None,
    prior: Expr | None,
) -> Param:
    return Param(span, build.name(name), type_, default, bounds, prior, build.doc(span))


def axis(build: Building, span: Span, _axis: Token, names: list[AxisName], value: Expr | None) -> Axis:
    return Axis(span, tuple(names), value, build.doc(span))


def axis_name(build: Building, span: Span, name: Token, type_: TypeExpr | None) -> AxisName:
    return AxisName(span, build.name(name), type_)


def measure(build: Building, span: Span, _measure: Token, name: Token, _tilde: Token, distribution: Expr) -> Measure:
    return Measure(span, build.name(name), distribution, build.doc(span))


# ── spaces and measurements ──────────────────────────────────────────────────────────────────────────────────────


def space(build: Building, span: Span, _space: Token, name: Token, _colon: Token, type_: TypeExpr) -> Space:
    return Space(span, build.name(name), type_, build.doc(span))


def effects(
    build: Building,
    span: Span,
    word: Token,
    name: Token,
    _open: Token,
    spaces: list[Token],
    _close: Token,
    _equal: Token,
    value: Expr,
) -> Effects:
    of = tuple(Reference(build.span(each), each.text) for each in spaces)
    return Effects(span, build.name(name), of, value, word.kind == "PROJECTIVE", build.doc(span))


def show_as(build: Building, span: Span, _show: Token, value: Expr, _as: Token, form: Token) -> ShowAs:
    return ShowAs(span, value, build.name(form))


# ── modules and tests ────────────────────────────────────────────────────────────────────────────────────────────


def test(_build: Building, span: Span, _test: Token, name: Token, body: Block) -> Test:
    return Test(span, _plain_text(name), body)


def import_module(_build: Building, span: Span, _import: Token, path: list[Token], alias: Name | None) -> Import:
    return Import(span, _dotted(path), False, alias)


def import_file(_build: Building, span: Span, _import: Token, path: Token, alias: Name | None) -> Import:
    return Import(span, _plain_text(path), True, alias)


def from_module(
    build: Building, span: Span, _from: Token, path: list[Token], _import: Token, names: list[Token]
) -> FromImport:
    return FromImport(span, _dotted(path), False, tuple(map(build.name, names)))


def from_file(build: Building, span: Span, _from: Token, path: Token, _import: Token, names: list[Token]) -> FromImport:
    return FromImport(span, _plain_text(path), True, tuple(map(build.name, names)))


def _dotted(path: list[Token]) -> str:
    return ".".join(each.text for each in path)


_ESCAPE = re.compile(r"\\(.)")
_MEANING = {"n": "\n", "t": "\t"}


def _plain_text(token: Token) -> str:
    """The text between the quotes; braces are braces."""
    body = token.text[1:].removesuffix('"')
    return _ESCAPE.sub(lambda found: _MEANING.get(found[1], found[1]), body)


# ── dimensions, units, constants, options ────────────────────────────────────────────────────────────────────────


def base_dimension(build: Building, span: Span, _dimension: Token, name: Token) -> Dimension:
    return Dimension(span, build.name(name), None, build.doc(span))


def derived_dimension(
    build: Building, span: Span, _dimension: Token, name: Token, _equal: Token, definition: TypeExpr
) -> Dimension:
    return Dimension(span, build.name(name), definition, build.doc(span))


def unit_declaration(
    build: Building,
    span: Span,
    _unit: Token,
    name: Token,
    symbol: Name | None,
    dimension: TypeExpr | None,
    definition: Expr | None,
    prefixes: Name | None,
) -> Unit:
    if dimension is None and definition is None:
        build.found.append(shape_errors.unit_of_nothing(build.span(name)))
    return Unit(span, build.name(name), symbol, dimension, definition, prefixes, build.doc(span))


def const(
    build: Building, span: Span, _const: Token, name: Token, type_: TypeExpr | None, _equal: Token, value: Expr
) -> Const:
    return Const(span, build.name(name), type_, value, build.doc(span))


def option(build: Building, span: Span, _option: Token, name: Token, _equal: Token, value: Token) -> Option:
    return Option(span, build.name(name), build.name(value))
