"""Dimensions, units and constants: the declarations that the standard library's first files are made of."""

from __future__ import annotations

from fractions import Fraction
from math import inf, isfinite

from qdsl.lang.names import Symbol
from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.annotations import annotated, dimension_of
from qdsl.lang.typed.arithmetic import add
from qdsl.lang.typed.checker import Checker, Reason
from qdsl.lang.typed.dimension import ONE, Dimension, base
from qdsl.lang.typed.literals import Factor, has_size, rounded
from qdsl.lang.typed.rational import exact_value
from qdsl.lang.typed.types import BROKEN, INT, pruned


def check_dimension(c: Checker, symbol: Symbol, node: surface.Dimension) -> None:
    """`dimension Time` is a new base; `dimension Speed = Length / Time` a name for a product."""
    dimension = base(node.name.text) if node.definition is None else dimension_of(c, node.definition)
    symbol.entity = dimension
    if dimension is not None and not dimension.is_one:
        c.names.setdefault(dimension, node.name.text)


def check_unit(c: Checker, symbol: Symbol, node: surface.Unit) -> None:
    """`unit second(s): Time`, `unit minute(min) = 60 second`, `unit celsius(degC) = kelvin + 273.15 kelvin`."""
    name = node.symbol.text if node.symbol is not None else node.name.text
    if node.definition is None:
        dimension = dimension_of(c, node.dimension) if node.dimension is not None else ONE
        if dimension is not None:
            symbol.entity = typed.UnitDefinition(name, Fraction(1), 0.0, types.Real(dimension), node.name.span)
        return
    found = _scale_and_offset(c, node.definition)
    if found is None:
        return
    (dimension, size), offset = found
    declared = dimension_of(c, node.dimension) if node.dimension is not None else None
    if declared is not None and node.dimension is not None and not c.same_dimension(declared, dimension, node.span):
        reason = Reason(node.dimension.span, "declared here")
        c.report(c.wrong_dimension(node.definition.span, dimension, declared, reason))
    c.settle_declaration()
    symbol.entity = typed.UnitDefinition(name, size, offset, types.Real(dimension.resolved()), node.name.span)


def _scale_and_offset(c: Checker, node: surface.Expr) -> tuple[Factor, float] | None:
    """A sum defines a scale with an offset: `5/9 kelvin + 255.372 kelvin`. None where a message was given."""
    if not isinstance(node, surface.Binary) or node.operator != "+":
        scale = _size(c, c.expr(node))
        return None if scale is None else (scale, 0.0)
    left, right = c.expr(node.left), c.expr(node.right)
    sum_ = add(c, node, left, right)
    scale, shift = _size(c, left), _float_of(right)
    if pruned(sum_.type) is BROKEN or scale is None:
        return None
    if shift is None or not isfinite(shift):
        c.report(c.dims.not_a_unit_definition(node.span))
        return None
    return scale, shift


def _size(c: Checker, value: typed.Expr) -> Factor | None:
    """What one of a unit is; None, with a message unless it is broken, where that is no constant quantity."""
    type_ = pruned(value.type)
    if type_ is BROKEN:
        return None
    number = c.exact.get(value, _float_of(value))
    if number is None or not (type_ is INT or isinstance(type_, types.Real)):
        c.report(c.dims.not_a_unit_definition(value.span))
        return None
    dimension = type_.dimension if isinstance(type_, types.Real) else ONE
    return (dimension, number) if has_size(c, value.span, number) else None


def _float_of(value: typed.Expr) -> float | None:
    """The value of an expression of constants."""
    match value:
        case typed.Constant(value=bool()):
            return None
        case typed.Constant(value=int() | float() as number):
            return float(number)
        case typed.Uncertain(value=number):
            return number
        case typed.Cast(value=inner) | typed.Shown(value=inner):
            return _float_of(inner)
        case typed.Local(variable=typed.Variable(value=typed.Constant() as constant)):
            return _float_of(constant)
        case typed.Operation(name=name, operands=operands):
            numbers = [_float_of(each) for each in operands]
            return _computed(name, [each for each in numbers if each is not None]) if None not in numbers else None
        case _:
            return None


def _computed(name: str, numbers: list[float]) -> float | None:
    match name, numbers:
        case "add", [a, b]:
            return a + b
        case "sub", [a, b]:
            return a - b
        case "mul", [a, b]:
            return a * b
        case "div", [a, b] if b:
            return a / b
        case "neg", [a]:
            return -a
        case "pow", [a, b] if a > 0:
            return _power(a, b)
        case "sqrt", [a] if a >= 0:
            return float(a**0.5)
        case _:
            return None


def _power(base: float, exponent: float) -> float:
    try:
        return float(base**exponent)
    except OverflowError:
        return inf


def check_constant(c: Checker, symbol: Symbol, node: surface.Const) -> None:
    """`const G: .. = 6.67430(15)e-11 m^3/kg/s^2`: a plain number; the uncertainty is kept beside it.

    A 2π in its definition stays open, so that `h` is an Energy either per cycle or per radian wherever it is used. `pi`
    itself is the one constant that is declared open (language.md, section 3).
    """
    declared = annotated(c, node.type) if node.type is not None else None
    value = c.expr(node.value, declared)
    if pruned(value.type) is BROKEN:
        return
    if isinstance(pruned(value.type), types.Estimate) and not isinstance(value, typed.Uncertain):
        c.report(c.dims.not_a_constant(node.value.span))
        return
    error = value.error if isinstance(value, typed.Uncertain) else 0.0
    number = _exact_or_float(c, value)
    if number is None:
        c.report(c.dims.not_a_constant(node.value.span))
        return
    type_ = _constant_type(c, node, value)
    if declared is not None and node.type is not None:
        plain = typed.Constant(node.value.span, type_, number)
        if c.is_library and node.name.text == "pi":
            pass
        elif pruned(c.fit(plain, declared, Reason(node.type.span, "declared here")).type) is BROKEN:
            return
        else:
            type_ = declared
    constant = typed.Constant(node.value.span, type_, number)
    exact = exact_value(c, value)
    if exact is not None and isfinite(number):
        c.exact[constant] = exact
    symbol.entity = typed.Variable(
        node.name.text, type_, node.name.span, is_global=True, display=value.display, value=constant, uncertainty=error
    )
    c.note(constant)
    c.note(symbol.entity)
    c.settle_declaration(kept=[type_])


def _exact_or_float(c: Checker, value: typed.Expr) -> float | int | None:
    exact = c.exact.get(value)
    if exact is not None and isinstance(types.resolved(value.type), types.Real):
        return rounded(exact)
    if isinstance(value, typed.Constant) and isinstance(value.value, int) and not isinstance(value.value, bool):
        return value.value
    return _float_of(value)


def _constant_type(c: Checker, node: surface.Const, value: typed.Expr) -> types.Type:
    type_ = types.resolved(value.type)
    if c.is_library and node.name.text == "pi":
        return types.Real(Dimension({c.turn(node.name.span, "pi"): 1}))
    if c.is_library and node.name.text in ("inf", "nan"):
        from qdsl.lang.typed.dimension import DimVar

        return types.Real(Dimension({DimVar(): 1}))
    if isinstance(type_, types.Estimate):
        return types.Real(type_.dimension)
    return type_
