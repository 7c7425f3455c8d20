"""Rules for `+ - * /`, signs and `+/-`. All go element by element over arrays."""

from __future__ import annotations

from fractions import Fraction

from qdsl.lang.source import Span
from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import operator_rules, types
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed.checker import Checker, rule
from qdsl.lang.typed.comparison import logic
from qdsl.lang.typed.literals import LARGEST_INT, is_unit_expression, quantity, with_unit
from qdsl.lang.typed.operands import Number, adopt_zero, applied, joined_kind, number_of, raised
from qdsl.lang.typed.powers import power
from qdsl.lang.typed.types import BOOL, INT, Type, pruned
from qdsl.lang.typed.unification import element_of

# ── + - * / ──────────────────────────────────────────────────────────────────────────────────────────────────────


@rule(surface.Binary)
def binary(c: Checker, node: surface.Binary, expected: Type | None) -> typed.Expr:
    match node.operator:
        case "and" | "or":
            return logic(c, node)
        case "^":
            return power(c, node)
        case "+/-":
            return plus_minus(c, node)
    if node.operator in "+-":
        return add(c, node, c.expr(node.left, expected), c.expr(node.right, expected))
    left = c.expr(node.left)
    c.products.product(node, node.left, node.right)
    if _goes_on_with_a_unit(c, left, node.right):
        return _with_next_unit(c, node, left)
    right = c.expr(node.right)
    return multiply(c, node.span, left, right) if node.operator == "*" else divided(c, node.span, left, right)


def _goes_on_with_a_unit(c: Checker, left: typed.Expr, right: surface.Expr) -> bool:
    """Whether it is the `/ s` of `9.8 m/s`, so that both are one literal."""
    return isinstance(left, typed.Constant | typed.Uncertain) and bool(left.display) and is_unit_expression(c, right)


def _with_next_unit(c: Checker, node: surface.Binary, left: typed.Expr) -> typed.Expr:
    assert left.display is not None
    if left.display.offset:
        c.report(c.dims.offset_unit(node.left.span, left.display.symbol))
        return c.broken(node.span)
    symbol = f"{left.display.symbol}{node.operator}{node.right.span.text}"
    return with_unit(c, node, left, node.right, symbol, divide=node.operator == "/")


def add(c: Checker, node: surface.Binary, left: typed.Expr, right: typed.Expr) -> typed.Expr:
    """Sum or difference: the same dimension on both sides."""
    if operator_rules.takes_part(left, right):
        return operator_rules.sum_(c, node, left, right)
    adopt_zero(left, right)
    m, n = number_of(c, left, node.operator), number_of(c, right, node.operator)
    if m is None or n is None:
        return c.broken(node.span)
    if not c.same_dimension(m.dimension, n.dimension, node.span):
        literal = _bare_literal(node.right, n) or _bare_literal(node.left, m)
        began = _began_as_int(c, left, right) or _began_as_int(c, right, left)
        c.report(c.dims.differ(node.operator, left.span, m.dimension, right.span, n.dimension, literal, began))
        return c.broken(node.span)
    joined = joined_kind(c, left, right, m, n)
    if joined is None:
        return c.broken(node.span)
    kind, shape = joined
    operands = (raised(c, left, m, kind), raised(c, right, n, kind))
    result = applied(c, node.span, "add" if node.operator == "+" else "sub", kind, m.dimension, shape, operands)
    result.display = _of_sum(node.operator, left.display, right.display)
    if left in c.exact and right in c.exact and not left.display:
        c.exact[result] = c.exact[left] + c.exact[right] if node.operator == "+" else c.exact[left] - c.exact[right]
    return result


def _began_as_int(c: Checker, value: typed.Expr, other: typed.Expr) -> str:
    """`s: Time` where s is a `var` of the file that began as an Int, and meets a Time."""
    if isinstance(value, typed.Local) and value.variable.is_mutable and pruned(value.type) is INT:
        return f"{value.variable.name}: {c.show.fresh().type(types.resolved(other.type))}"
    return ""


def _of_sum(operator: str, left: typed.DisplayUnit | None, right: typed.DisplayUnit | None) -> typed.DisplayUnit | None:
    """A sum is shown as its left side. The difference of two temperatures in degC is in K, and so is their sum."""
    if left is None:
        return right if operator == "+" and right is not None and not right.offset else None
    return None if left.offset and right is not None and right.offset else left


def _of_multiple(display: typed.DisplayUnit | None) -> typed.DisplayUnit | None:
    """A multiple is shown as what it is a multiple of, unless the unit has an offset."""
    return None if display is not None and display.offset else display


def _bare_literal(node: surface.Expr, own: Number) -> Span | None:
    """A plain number written where the other side has a dimension."""
    return node.span if isinstance(node, surface.Number) and own.dimension.resolved().is_one else None


def multiply(c: Checker, span: Span, left: typed.Expr, right: typed.Expr) -> typed.Expr:
    return _product(c, span, left, right, "mul")


def divided(c: Checker, span: Span, left: typed.Expr, right: typed.Expr) -> typed.Expr:
    """`Int / Int` is a Scalar."""
    return _product(c, span, left, right, "div")


def _product(c: Checker, span: Span, left: typed.Expr, right: typed.Expr, name: str) -> typed.Expr:
    if operator_rules.takes_part(left, right):
        of_kind = operator_rules.product if name == "mul" else operator_rules.quotient
        return of_kind(c, span, left, right)
    sign = "*" if name == "mul" else "/"
    m, n = number_of(c, left, sign), number_of(c, right, sign)
    if m is None or n is None:
        return c.broken(span)
    joined = joined_kind(c, left, right, m, n)
    if joined is None:
        return c.broken(span)
    kind, shape = joined
    if name == "div" and kind is types.Simple:
        kind = types.Real
    dimension = m.dimension * n.dimension if name == "mul" else m.dimension / n.dimension
    result = applied(c, span, name, kind, dimension, shape, (raised(c, left, m, kind), raised(c, right, n, kind)))
    if _is_plain(n) and right.display is None:
        result.display = _of_multiple(left.display)
    elif name == "mul" and _is_plain(m) and left.display is None:
        result.display = _of_multiple(right.display)
    exact_left, exact_right = c.exact.get(left), c.exact.get(right)
    if exact_left is not None and exact_right is not None and (name == "mul" or exact_right):
        c.exact[result] = exact_left * exact_right if name == "mul" else exact_left / exact_right
    return result


def _is_plain(number: Number) -> bool:
    return number.dimension.ground and number.dimension.is_one


# ── signs and uncertainties ──────────────────────────────────────────────────────────────────────────────────────


@rule(surface.Unary)
def unary(c: Checker, node: surface.Unary, expected: Type | None) -> typed.Expr:
    if node.operator == "not":
        return _not(c, node)
    if isinstance(node.operand, surface.Number) and _is_smallest_int(node.operand):
        return _smallest_int(c, node)
    if isinstance(node.operand, surface.Juxtapose) and not _is_bracketed(node.operand):
        operand = quantity(c, node.operand, negative=True)
        if _has_offset(operand):
            return operand
        c.note(operand)
    else:
        operand = c.expr(node.operand, expected)
    if isinstance(operand, typed.Constant) and _has_offset(operand):
        c.report(c.dims.offset_negated(node.span, node.operand.span, operand.display.symbol if operand.display else ""))
        return c.broken(node.span)
    return negated(c, node.span, operand)


def negated(c: Checker, span: Span, operand: typed.Expr) -> typed.Expr:
    """The value with the other sign; a literal stays one."""
    if operator_rules.takes_part(operand):
        return operator_rules.negated(c, span, operand)
    element, _ = element_of(operand.type)
    if isinstance(element, types.TypeVar) and isinstance(operand, typed.Constant):
        return operand  # -0 is 0
    m = number_of(c, operand, "-")
    if m is None:
        return c.broken(span)
    if isinstance(operand, typed.Constant) and operand.type is INT and operand.value == -LARGEST_INT - 1:
        c.report(c.errors.int_too_large(span))
        return c.broken(span)
    if isinstance(operand, typed.Constant) and not isinstance(operand.value, str):
        result: typed.Expr = typed.Constant(span, operand.type, -operand.value, display=operand.display)
    elif isinstance(operand, typed.Uncertain):
        result = typed.Uncertain(span, operand.type, -operand.value, operand.error, display=operand.display)
    else:
        result = applied(c, span, "neg", m.kind, m.dimension, m.shape, (operand,))
        result.display = _of_multiple(operand.display)
    if operand in c.exact:
        c.exact[result] = -c.exact[operand]
    return result


def _not(c: Checker, node: surface.Unary) -> typed.Expr:
    operand = c.expr(node.operand)
    element, shape = element_of(operand.type)
    if not c.unify(element, BOOL, node.operand.span):
        c.report(c.errors.condition(node.operand.span, types.resolved(operand.type), "not"))
        return c.broken(node.span)
    return typed.Operation(node.span, BOOL if shape is None else types.Array(BOOL, shape), "not", (operand,))


def _is_smallest_int(node: surface.Number) -> bool:
    """2^63 written out: an Int only with the sign before it."""
    return isinstance(node.value, int) and node.value == LARGEST_INT + 1 and not node.imaginary


def _smallest_int(c: Checker, node: surface.Unary) -> typed.Expr:
    """`-9223372036854775808`."""
    constant = typed.Constant(node.span, INT, -LARGEST_INT - 1)
    c.exact[constant] = Fraction(-LARGEST_INT - 1)
    return constant


def _is_bracketed(node: surface.Expr) -> bool:
    return node.span.text.startswith("(")


def _has_offset(value: typed.Expr) -> bool:
    """Whether it is a temperature in degC or degF."""
    return value.display is not None and bool(value.display.offset)


def plus_minus(c: Checker, node: surface.Binary) -> typed.Expr:
    """`x +/- e`: an Estimate."""
    value, error = c.expr(node.left), c.expr(node.right)
    if c.in_function:
        c.report(c.errors.estimate_inside(node.span))
        return c.broken(node.span)
    adopt_zero(value, error)
    m, n = number_of(c, value, "+/-"), number_of(c, error, "+/-")
    if m is None or n is None:
        return c.broken(node.span)
    if m.shape is not None or n.shape is not None or not {m.kind, n.kind} <= {types.Simple, types.Real}:
        c.report(c.errors.plus_minus(node.span))
        return c.broken(node.span)
    if not c.same_dimension(m.dimension, n.dimension, node.span):
        c.report(c.dims.differ("+/-", value.span, m.dimension, error.span, n.dimension, _bare_literal(node.right, n)))
        return c.broken(node.span)
    operands = (raised(c, value, m, types.Real), raised(c, error, n, types.Real))
    return typed.HostCall(node.span, types.Estimate(m.dimension), "estimate", operands, (), display=value.display)
