"""Rules for numbers, texts, names and quantities with units.

A number with a unit is one constant: `3 us` is 3e-6 exactly rounded once, because decimal digits and SI factors are kept as
exact fractions until the end.
"""

from __future__ import annotations

from fractions import Fraction

from qdsl.lang.names import Kind, Symbol
from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.checker import Checker, rule
from qdsl.lang.typed.dimension import ONE, Dimension, DimVar, Exponent
from qdsl.lang.typed.scheme import Instance, is_generic
from qdsl.lang.typed.types import BOOL, INT, SCALAR, TEXT, Type


@rule(surface.Number)
def number(c: Checker, node: surface.Number, expected: Type | None) -> typed.Expr:
    """`0` fits any dimension; an Int has neither point nor exponent."""
    if node.imaginary:
        return typed.Constant(node.span, types.Complex(ONE), complex(0.0, float(node.value)))
    if isinstance(node.value, int):
        type_: Type = INT if node.value else types.TypeVar(numeric=True)
    else:
        type_ = SCALAR if node.value else types.Real(Dimension({DimVar(): 1}))
    constant = typed.Constant(node.span, type_, node.value)
    c.exact[constant] = Fraction(node.text.replace("_", ""))
    return constant


@rule(surface.Uncertain)
def uncertain(c: Checker, node: surface.Uncertain, expected: Type | None) -> typed.Expr:
    return typed.Uncertain(node.span, types.Estimate(ONE), node.value, node.error)


@rule(surface.Boolean)
def boolean(c: Checker, node: surface.Boolean, expected: Type | None) -> typed.Expr:
    return typed.Constant(node.span, BOOL, node.value)


@rule(surface.String)
def string(c: Checker, node: surface.String, expected: Type | None) -> typed.Expr:
    if all(isinstance(part, str) for part in node.parts):
        return typed.Constant(node.span, TEXT, "".join(part for part in node.parts if isinstance(part, str)))
    parts = tuple(part if isinstance(part, str) else c.expr(part) for part in node.parts)
    return typed.Interpolation(node.span, TEXT, parts)


@rule(surface.BrokenExpr)
def broken(c: Checker, node: surface.BrokenExpr, expected: Type | None) -> typed.Expr:
    for part in node.partial:
        if isinstance(part, surface.Expr):
            c.expr(part)
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
    if variable.is_global and variable.value is not None and is_generic(type_):
        text = variable.name if variable.name == "h" else "pi"
        instance = Instance(text, node.span)
        type_ = instance.type(type_)
        for turn in instance.turns.values():
            turn.text = variable.name
            c.turns.append(turn)
            c.products.turn(node, turn)
    else:
        c.products.name(node, type_)
    return typed.Local(node.span, type_, variable, display=variable.display)


def function_value(c: Checker, node: surface.Expr, symbol: Symbol) -> typed.Expr:
    """A function used as a value; of an overloaded one, the form for real numbers."""
    functions = symbol.entity
    if not functions:
        return c.broken(node.span)
    function = next((each for each in functions if _takes_reals(each)), functions[0])
    return typed.FunctionValue(node.span, Instance("pi", node.span).type(function.type), function)


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
        c.report(c.dims.offset_unit(node.span, symbol.name))
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
    symbol.entity = typed.UnitDefinition(symbol.name, plain.factor * symbol.prefix if isinstance(plain.factor, Fraction) else plain.factor * float(symbol.prefix), 0.0, plain.type, plain.span)
    return symbol.entity


@rule(surface.Juxtapose)
def juxtapose(c: Checker, node: surface.Juxtapose, expected: Type | None) -> typed.Expr:
    """`3 us`, `2pi`, `2 (x + y)`."""
    return quantity(c, node, node.number, negative=False)


def quantity(c: Checker, node: surface.Juxtapose, number_node: surface.Expr, negative: bool) -> typed.Expr:
    from qdsl.lang.typed.arithmetic import multiply

    c.products.product(node, node.number, node.factor)
    offset = _offset_unit(c, node.factor)
    if offset is not None:
        return _with_offset(c, node, offset, negative)
    left, right = c.expr(number_node), c.expr(node.factor)
    if is_unit_expression(c, node.factor):
        return with_unit(c, node, left, right, node.factor.span.text)
    return multiply(c, node.span, left, right)


def with_unit(c: Checker, node: surface.Expr, value: typed.Expr, unit: typed.Expr, symbol: str, divide: bool = False) -> typed.Expr:
    """A literal times (or over) a unit, as one constant with the unit to show it in."""
    from qdsl.lang.typed.arithmetic import divided, multiply

    if not isinstance(unit, typed.Constant) or not isinstance(unit.type, types.Real):
        return c.broken(node.span)
    scale = float(unit.value)  # type: ignore[arg-type]
    if divide:
        scale = 1 / scale
    before = value.display
    display = typed.DisplayUnit(symbol, scale * (before.scale if before else 1.0))
    dimension = unit.type.dimension if not divide else unit.type.dimension**-1
    match value:
        case typed.Constant(type=types.Complex()):
            result = divided(c, node.span, value, unit) if divide else multiply(c, node.span, value, unit)
        case typed.Constant():
            own = value.type.dimension if isinstance(value.type, types.Real) else ONE
            exact = c.exact.get(value)
            factor = c.exact.get(unit)
            number_: float
            if exact is not None and factor is not None:
                total = exact / factor if divide else exact * factor
                number_ = rounded(total)
            else:
                total = None
                number_ = float(value.value) / scale if False else float(value.value) * (1 / float(unit.value) if divide else float(unit.value))  # type: ignore[arg-type]
            result = typed.Constant(node.span, types.Real(own * dimension), number_)
            if total is not None:
                c.exact[result] = total
        case typed.Uncertain():
            own = value.type.dimension if isinstance(value.type, types.Estimate) else ONE
            factor_ = 1 / float(unit.value) if divide else float(unit.value)  # type: ignore[arg-type]
            result = typed.Uncertain(node.span, types.Estimate(own * dimension), value.value * factor_, value.error * factor_)
        case _:
            return divided(c, node.span, value, unit) if divide else multiply(c, node.span, value, unit)
    result.display = display
    return result


def rounded(exact: Fraction) -> float:
    """The nearest float; beyond the largest one, infinity."""
    try:
        return float(exact)
    except OverflowError:
        return float("inf") if exact > 0 else float("-inf")


def is_unit_expression(c: Checker, node: surface.Expr) -> bool:
    """Whether it is a unit, or a power of one."""
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
    if not isinstance(node.number, surface.Number) or node.number.imaginary:
        c.report(c.dims.offset_unit(node.factor.span, unit.symbol))
        return c.broken(node.span)
    digits = Fraction(node.number.text.replace("_", ""))
    value = float((-digits if negative else digits) * Fraction(unit.factor) + Fraction(str(unit.offset)))
    display = typed.DisplayUnit(unit.symbol, float(unit.factor), unit.offset)
    return typed.Constant(node.span, unit.type, value, display=display)


# ── `to` ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@rule(surface.Convert)
def convert(c: Checker, node: surface.Convert, expected: Type | None) -> typed.Expr:
    """`x to us`: the same value, shown in that unit."""
    from qdsl.lang.typed.checker import element_of

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
        case types.Simple("Int") | types.TypeVar():
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
    dimension, scale = found
    return dimension, typed.DisplayUnit(node.span.text.strip("()") if node.span.text.startswith("(") else node.span.text, scale)


def _factor(c: Checker, node: surface.Expr) -> tuple[Dimension, float] | None:
    match node:
        case surface.Number(value=value) if value and not node.imaginary:
            return ONE, float(value)
        case surface.Reference():
            return _unit_factor(c, node)
        case surface.Juxtapose(number=number, factor=factor):
            return _combine(_factor(c, number), _factor(c, factor), 1)
        case surface.Binary(operator="*" | "/" as operator, left=left, right=right):
            return _combine(_factor(c, left), _factor(c, right), 1 if operator == "*" else -1)
        case surface.Binary(operator="^", left=left, right=right):
            base, power = _factor(c, left), exact_number(right)
            if base is None or power is None:
                break_ = base is not None
                if break_:
                    c.report(c.dims.not_a_unit(node.span))
                return None
            return base[0] ** power, base[1] ** float(power)
        case surface.BrokenExpr():
            return None
    c.report(c.dims.not_a_unit(node.span))
    return None


def _unit_factor(c: Checker, node: surface.Reference) -> tuple[Dimension, float] | None:
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
        c.report(c.dims.offset_unit(node.span, symbol.name))
        return None
    return unit.type.dimension, float(unit.factor)


def _combine(
    left: tuple[Dimension, float] | None, right: tuple[Dimension, float] | None, power: int
) -> tuple[Dimension, float] | None:
    if left is None or right is None:
        return None
    return left[0] * right[0] ** power, left[1] * right[1] ** power


def exact_number(node: surface.Expr) -> Exponent | None:
    """A rational number written with digits, a sign and a division; None for anything else."""
    match node:
        case surface.Number(text=text, imaginary=False):
            value = Fraction(text.replace("_", ""))
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
