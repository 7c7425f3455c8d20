"""Rules for numbers, texts, names and quantities with units.

A number with a unit is one constant: `3 us` is 3e-6 exactly rounded once, because decimal digits and SI factors are
kept as exact fractions until the end.
"""

from __future__ import annotations

from fractions import Fraction
from math import inf, log10

from qdsl.lang.names import Kind, Symbol
from qdsl.lang.source import Span
from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.checker import Checker, rule
from qdsl.lang.typed.dimension import ONE, Dimension, DimVar, Exponent
from qdsl.lang.typed.scheme import Instance, is_generic
from qdsl.lang.typed.types import BOOL, INT, NOTHING, SCALAR, TEXT, Type, pruned
from qdsl.lang.typed.unification import element_of

LARGEST_INT = 2**63 - 1
_MOST_POWER = 10**12
"""Beyond it, a unit that is not a base unit has no size, and a power of a base unit is 1 as it is here."""

_MOST_DIGITS = 330
"""More digits than this, before the point or after it, have neither the largest float nor the smallest."""


@rule(surface.Number)
def number(c: Checker, node: surface.Number, expected: Type | None) -> typed.Expr:
    """`0` fits any dimension; an Int has neither point nor exponent."""
    if isinstance(node.value, int) and not node.imaginary and node.value > LARGEST_INT:
        c.report(c.errors.int_too_large(node.span))
        return c.broken(node.span)
    if node.imaginary:
        return typed.Constant(node.span, types.Complex(ONE), complex(0.0, float(node.value)))
    if isinstance(node.value, int):
        type_: Type = INT if node.value else types.TypeVar(numeric=True)
    else:
        type_ = SCALAR if node.value else types.Real(Dimension({DimVar(): 1}))
    constant = typed.Constant(node.span, type_, node.value)
    c.exact[constant] = _digits(node)
    return constant


def _digits(node: surface.Number) -> Fraction:
    """What rounds to 0.0 is 0: the digits of 1e-999999999 as a fraction would fill the memory."""
    return Fraction(node.text.replace("_", "")) if node.value else Fraction(0)


@rule(surface.Uncertain)
def uncertain(c: Checker, node: surface.Uncertain, expected: Type | None) -> typed.Expr:
    if c.in_function:
        c.report(c.errors.estimate_inside(node.span))
        return c.broken(node.span)
    return typed.Uncertain(node.span, types.Estimate(ONE), node.value, node.error)


@rule(surface.Boolean)
def boolean(c: Checker, node: surface.Boolean, expected: Type | None) -> typed.Expr:
    return typed.Constant(node.span, BOOL, node.value)


@rule(surface.String)
def string(c: Checker, node: surface.String, expected: Type | None) -> typed.Expr:
    if all(isinstance(part, str) for part in node.parts):
        return typed.Constant(node.span, TEXT, "".join(part for part in node.parts if isinstance(part, str)))
    parts = tuple(part if isinstance(part, str) else shown(c, c.expr(part)) for part in node.parts)
    return typed.Interpolation(node.span, TEXT, parts)


def shown(c: Checker, value: typed.Expr) -> typed.Expr:
    """A value that is to become text; a message where it is none."""
    type_ = pruned(value.type)
    if isinstance(type_, types.Function | types.ExperimentType) or type_ is NOTHING:
        c.report(c.models.not_shown(value.span, types.resolved(type_)))
        return c.broken(value.span)
    return value


@rule(surface.BrokenExpr)
def broken(c: Checker, node: surface.BrokenExpr, expected: Type | None) -> typed.Expr:
    return c.broken(node.span)


# ── names ────────────────────────────────────────────────────────────────────────────────────────────────────────


@rule(surface.Reference)
def reference(c: Checker, node: surface.Reference, expected: Type | None) -> typed.Expr:
    symbol = c.symbol(node)
    if symbol is None:
        return c.broken(node.span)
    return value_of(c, node, symbol)


def value_of(c: Checker, node: surface.Reference | surface.Field, symbol: Symbol) -> typed.Expr:
    """The value that a symbol stands for where it is used."""
    match symbol.kind:
        case Kind.UNIT:
            return unit_value(c, node, symbol)
        case Kind.FUNCTION:
            return function_value(c, node, symbol)
        case Kind.PRIMITIVE:
            c.report(c.errors.host_needs_call(node.span, symbol.name))
            return c.broken(node.span)
        case Kind.MEASURE:
            c.report(c.models.measurement_used(node.span, symbol.name))
            return c.broken(node.span)
        case Kind.MODULE | Kind.DIMENSION | Kind.GENERIC:
            c.report(c.errors.not_a_value(node.span, symbol.name, symbol.kind.value))
            return c.broken(node.span)
    variable = symbol.entity
    if not isinstance(variable, typed.Variable):
        return c.broken(node.span)
    return variable_value(c, node, variable)


def variable_value(c: Checker, node: surface.Reference | surface.Field, variable: typed.Variable) -> typed.Expr:
    """A use of a variable; one of a constant with a 2π in it is an occurrence of its own."""
    type_ = variable.type
    if variable.is_global and isinstance(pruned(type_), types.Function) and is_generic(type_):
        return typed.Local(node.span, Instance("pi", node.span).type(type_), variable)
    if variable.is_global and variable.value is not None and is_generic(type_):
        text = variable.name if variable.name == "h" else "pi"
        instance = Instance(text, node.span)
        type_ = instance.type(type_)
        for turn in instance.turns.values():
            turn.text = variable.name
            c.turns.append(turn)
            c.products.turn(node, turn)
    else:
        c.products.name(node, variable, type_)
    return typed.Local(node.span, type_, variable, display=variable.display)


def function_value(c: Checker, node: surface.Expr, symbol: Symbol) -> typed.Expr:
    """A function used as a value; of an overloaded one, the form for real numbers."""
    functions = symbol.entity
    if not functions:
        return c.broken(node.span)
    function = next((each for each in functions if _takes_reals(each)), functions[0])
    type_ = function.type if function in c.unfinished else Instance("pi", node.span).type(function.type)
    return typed.FunctionValue(node.span, type_, function)


def _takes_reals(function: typed.Function) -> bool:
    return isinstance(function.type, types.Function) and all(
        isinstance(types.pruned(each), types.Real) for each in function.type.parameters
    )


# ── units ────────────────────────────────────────────────────────────────────────────────────────────────────────


def unit_value(c: Checker, node: surface.Expr, symbol: Symbol) -> typed.Expr:
    """A unit as a number: what one of it is in SI."""
    unit = unit_definition(symbol)
    if unit is None:
        return c.broken(node.span)
    if unit.offset:
        c.report(c.dims.offset_unit(node.span, node.span.text))
        return c.broken(node.span)
    if not has_size(c, node.span, unit.factor):
        return c.broken(node.span)
    constant = typed.Constant(node.span, unit.type, float(unit.factor))
    if isinstance(unit.factor, Fraction):
        c.exact[constant] = unit.factor
    return constant


def unit_definition(symbol: Symbol) -> typed.UnitDefinition | None:
    """The definition of a unit, its prefix applied."""
    if isinstance(symbol.entity, typed.UnitDefinition):
        return symbol.entity
    plain = symbol.unprefixed.entity if symbol.unprefixed is not None else None
    if not isinstance(plain, typed.UnitDefinition):
        return None
    unit = typed.UnitDefinition(symbol.name, _times(plain.factor, symbol.prefix), 0.0, plain.type, plain.span)
    symbol.entity = unit
    return unit


@rule(surface.Juxtapose)
def juxtapose(c: Checker, node: surface.Juxtapose, expected: Type | None) -> typed.Expr:
    """`3 us`, `2pi`, `2 (x + y)`."""
    return quantity(c, node, negative=False)


def quantity(c: Checker, node: surface.Juxtapose, negative: bool) -> typed.Expr:
    """A number and its factor; `negative` tells that a sign stands before, which only an offset unit needs to know."""
    from qdsl.lang.typed.arithmetic import multiply

    c.products.product(node, node.number, node.factor)
    offset = _offset_unit(c, node.factor)
    if offset is not None:
        return _with_offset(c, node, offset, negative)
    if is_unit_expression(c, node.factor):
        result = with_unit(c, node, c.expr(node.number), node.factor, node.factor.span.text)
        c.products.value(node, result.type)
        return result
    return multiply(c, node.span, c.expr(node.number), c.expr(node.factor))


def with_unit(
    c: Checker, node: surface.Expr, value: typed.Expr, unit: surface.Expr, symbol: str, divide: bool = False
) -> typed.Expr:
    """A literal times (or over) a unit, as one literal with the unit to show it in."""
    found = _factor(c, unit)
    if found is None or not isinstance(value, typed.Constant | typed.Uncertain):
        return c.broken(node.span)
    dimension, factor = (found[0] ** -1, 1 / found[1]) if divide else found
    before = value.display.scale if value.display is not None else 1.0
    if not has_size(c, node.span, before * float(factor)):
        return c.broken(node.span)
    display = typed.DisplayUnit(symbol, before * float(factor))
    own = getattr(pruned(value.type), "dimension", ONE)
    if isinstance(value, typed.Uncertain):
        scale = float(factor)
        type_ = types.Estimate(own * dimension)
        return typed.Uncertain(node.span, type_, value.value * scale, value.error * scale, display=display)
    if isinstance(value.value, complex):
        return typed.Constant(node.span, types.Complex(own * dimension), value.value * float(factor), display=display)
    exact = _times(c.exact[value], factor) if value in c.exact else float(value.value) * float(factor)
    result = typed.Constant(node.span, types.Real(own * dimension), rounded(exact), display=display)
    if isinstance(exact, Fraction):
        c.exact[result] = exact
    return result


def _times(factor: Fraction | float, other: Fraction | float) -> Fraction | float:
    """Exact where both are."""
    if isinstance(factor, Fraction) and isinstance(other, Fraction):
        return factor * other
    return float(factor) * float(other)


def rounded(exact: Fraction | float) -> float:
    """The nearest float; beyond the largest one, infinity."""
    try:
        return float(exact)
    except OverflowError:
        return float("inf") if exact > 0 else float("-inf")


def is_unit_expression(c: Checker, node: surface.Expr) -> bool:
    """Whether it is a unit, a power of one, or a product of such in parentheses."""
    if isinstance(node, surface.Binary) and node.operator in "*/":
        return is_unit_expression(c, node.left) and is_unit_expression(c, node.right)
    base = node.left if isinstance(node, surface.Binary) and node.operator == "^" else node
    symbol = c.symbol(base) if isinstance(base, surface.Reference) else None
    return symbol is not None and symbol.kind is Kind.UNIT


def _offset_unit(c: Checker, node: surface.Expr) -> typed.UnitDefinition | None:
    symbol = c.symbol(node) if isinstance(node, surface.Reference) else None
    if symbol is None or symbol.kind is not Kind.UNIT:
        return None
    unit = unit_definition(symbol)
    return unit if unit is not None and unit.offset else None


def _with_offset(c: Checker, node: surface.Juxtapose, unit: typed.UnitDefinition, negative: bool) -> typed.Expr:
    """`-5 degC`: the sign belongs to the number, the offset comes after."""
    if isinstance(node.number, surface.BrokenExpr):
        return c.broken(node.span)
    if not isinstance(node.number, surface.Number) or node.number.imaginary:
        c.report(c.dims.offset_unit(node.factor.span, unit.symbol))
        return c.broken(node.span)
    digits = _digits(node.number)
    value = float((-digits if negative else digits) * Fraction(unit.factor) + Fraction(str(unit.offset)))
    display = typed.DisplayUnit(unit.symbol, float(unit.factor), unit.offset)
    return typed.Constant(node.span, unit.type, value, display=display)


# ── `to` ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@rule(surface.Convert)
def convert(c: Checker, node: surface.Convert, expected: Type | None) -> typed.Expr:
    """`x to us`: the same value, shown in that unit."""
    value = c.expr(node.value)
    unit = unit_expression(c, node.unit)
    if unit is None:
        return c.broken(node.span)
    dimension, display = unit
    element, _ = element_of(value.type)
    match element:
        case types.Real(own) | types.Estimate(own) | types.Complex(own):
            if not c.same_dimension(own, dimension, node.span):
                c.report(c.dims.not_this_unit(node.unit.span, display.symbol, dimension, node.value.span, own))
                return c.broken(node.span)
        case types.TypeVar():
            c.unify(element, types.Real(dimension), node.value.span)
        case types.Simple("Int"):
            if not dimension.is_one:
                c.report(c.dims.not_this_unit(node.unit.span, display.symbol, dimension, node.value.span, ONE))
                return c.broken(node.span)
        case types.Simple("Broken"):
            return value
        case _:
            c.report(c.errors.not_a_number(node.value.span, "to", value.type))
            return c.broken(node.span)
    return typed.Shown(node.span, value.type, value, display=display)


def unit_expression(c: Checker, node: surface.Expr) -> tuple[Dimension, typed.DisplayUnit] | None:
    """A product of powers of units: its dimension and how it shows; None where a message was given."""
    offset = _offset_unit(c, node)
    if offset is not None and isinstance(offset.type, types.Real):
        return offset.type.dimension, typed.DisplayUnit(offset.symbol, float(offset.factor), offset.offset)
    found = _factor(c, node)
    if found is None:
        return None
    return found[0], typed.DisplayUnit(node.span.text, float(found[1]))


Factor = tuple[Dimension, Fraction | float]
"""A unit: its dimension, and what one of it is in SI."""


def _factor(c: Checker, node: surface.Expr) -> Factor | None:
    """The value of a unit expression; None, with a message, where it is none or has no size."""
    found = _of_units(c, node)
    return found if found is not None and has_size(c, node.span, found[1]) else None


def has_size(c: Checker, span: Span, size: Fraction | float) -> bool:
    """Whether something can be that many times a unit of this size; False, with a message, where not."""
    if 0 < rounded(size) < inf:
        return True
    c.report(c.dims.unit_without_size(span, rounded(size)))
    return False


def _of_units(c: Checker, node: surface.Expr) -> Factor | None:
    match node:
        case surface.Number(value=1, imaginary=False):
            return ONE, Fraction(1)
        case surface.Reference():
            return _unit_factor(c, node)
        case surface.Juxtapose(number=left, factor=right) | surface.Binary(operator="*", left=left, right=right):
            a, b = _factor(c, left), _factor(c, right)
            return None if a is None or b is None else (a[0] * b[0], _times(a[1], b[1]))
        case surface.Binary(operator="/", left=left, right=right):
            a, b = _factor(c, left), _factor(c, right)
            return None if a is None or b is None else (a[0] / b[0], _times(a[1], 1 / b[1]))
        case surface.Binary(operator="^", left=left, right=right):
            power = exact_number(right)
            if power is not None:
                base = _factor(c, left)
                return None if base is None else (base[0] ** power, _raised(base[1], power))
            if _is_broken(right):
                return None
        case surface.BrokenExpr():
            return None
    c.report(c.dims.not_a_unit(node.span))
    return None


def _is_broken(node: surface.Node) -> bool:
    return isinstance(node, surface.BrokenExpr) or any(_is_broken(each) for each in surface.children(node))


def _raised(factor: Fraction | float, power: Exponent) -> Fraction | float:
    """Exact where the base and the power allow it; beyond all floats, infinite or 0."""
    power = max(-_MOST_POWER, min(power, _MOST_POWER))
    digits = log10(factor) * power
    if abs(digits) > _MOST_DIGITS:
        return inf if digits > 0 else 0.0
    return factor**power if isinstance(power, int) and isinstance(factor, Fraction) else float(factor) ** float(power)


def _unit_factor(c: Checker, node: surface.Reference) -> Factor | None:
    symbol = c.symbol(node)
    if symbol is None:
        return None
    if symbol.kind is not Kind.UNIT:
        c.report(c.dims.not_a_unit(node.span))
        return None
    unit = unit_definition(symbol)
    if unit is None or not isinstance(unit.type, types.Real):
        return None
    if unit.offset:
        c.report(c.dims.offset_unit(node.span, node.span.text))
        return None
    return unit.type.dimension, unit.factor


def exact_number(node: surface.Expr) -> Exponent | None:
    """A rational number written with digits, a sign and a division; None for anything else."""
    match node:
        case surface.Number(imaginary=False):
            value = _digits(node)
            return value.numerator if value.denominator == 1 else value
        case surface.Unary(operator="-", operand=operand):
            inner = exact_number(operand)
            return None if inner is None else -inner
        case surface.Binary(operator="/", left=left, right=right):
            above, below = exact_number(left), exact_number(right)
            if above is None or not below:
                return None
            value = Fraction(above) / Fraction(below)
            return value.numerator if value.denominator == 1 else value
        case _:
            return None
