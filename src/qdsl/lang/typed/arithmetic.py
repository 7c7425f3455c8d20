"""Rules for operators: arithmetic, comparison, logic. All go element by element over arrays.

Kinds of number rise by themselves, Int to Real to Complex; an Estimate makes the result an Estimate. A literal 0
takes the type of what it meets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from qdsl.lang.source import Span
from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.checker import Checker, rule
from qdsl.lang.typed.dimension import ONE, Dimension, DimVar, Exponent, Turn
from qdsl.lang.typed.literals import is_unit_expression, quantity, with_unit
from qdsl.lang.typed.types import BOOL, BROKEN, INT, Length, Type, pruned
from qdsl.lang.typed.unification import element_of, is_numeric, joined_shape

Shape = tuple[Length, ...] | None


@dataclass(frozen=True, slots=True)
class Number:
    """What an operator needs to know of an operand."""

    kind: type[Type]
    dimension: Dimension
    shape: Shape

    def type(self) -> Type:
        """The type again."""
        element: Type = INT if self.kind is types.Simple else self.kind(self.dimension)  # type: ignore[call-arg]
        return element if self.shape is None else types.Array(element, self.shape)


_RANK: dict[type[Type], int] = {types.Simple: 0, types.Real: 1, types.Estimate: 2, types.Complex: 3}


def number_of(c: Checker, value: typed.Expr, operator: str) -> Number | None:
    """The operand as a number; None, with a message unless it is broken, where it is none."""
    element, shape = element_of(value.type)
    match element:
        case types.Simple("Int"):
            return Number(types.Simple, ONE, shape)
        case types.Real(dimension):
            return Number(types.Real, dimension, shape)
        case types.Complex(dimension):
            return Number(types.Complex, dimension, shape)
        case types.Estimate(dimension):
            return Number(types.Estimate, dimension, shape)
        case types.TypeVar():
            element.solution = INT if isinstance(value, typed.Constant) else types.Real(Dimension({DimVar(): 1}))
            return number_of(c, value, operator)
        case types.Simple("Broken") | types.Simple("Never"):
            return None
        case _:
            c.report(c.errors.not_a_number(value.span, operator, value.type))
            return None


def result_shape(c: Checker, left: typed.Expr, right: typed.Expr, m: Shape, n: Shape) -> tuple[bool, Shape]:
    """The shape of an operation on both; False where they do not go together."""
    if m is None or n is None:
        return True, n if m is None else m
    joined = joined_shape(m, n)
    if joined is None:
        c.report(c.errors.lengths_differ(left.span, types.resolved(left.type), right.span, types.resolved(right.type)))
        return False, None
    return True, joined


def _raise(c: Checker, value: typed.Expr, own: Number, kind: type[Type]) -> typed.Expr:
    """The operand as that kind of number."""
    if own.kind is kind:
        return value
    return c.cast(value, kind(own.dimension))  # type: ignore[call-arg]


def _apply(
    c: Checker,
    span: Span,
    name: str,
    kind: type[Type],
    dimension: Dimension,
    shape: Shape,
    operands: Sequence[typed.Expr],
) -> typed.Expr:
    """The operation; its result is noted for settling."""
    result = typed.Operation(span, Number(kind, dimension, shape).type(), name, tuple(operands))
    c.note(result)
    return result


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
    if (
        left.display is not None
        and isinstance(left, typed.Constant | typed.Uncertain)
        and is_unit_expression(c, node.right)
    ):
        symbol = f"{left.display.symbol}{node.operator}{node.right.span.text}"
        return with_unit(c, node, left, node.right, symbol, divide=node.operator == "/")
    right = c.expr(node.right)
    return multiply(c, node.span, left, right) if node.operator == "*" else divided(c, node.span, left, right)


def add(c: Checker, node: surface.Binary, left: typed.Expr, right: typed.Expr) -> typed.Expr:
    """Sum or difference: the same dimension on both sides."""
    _adopt_zero(left, right)
    m, n = number_of(c, left, node.operator), number_of(c, right, node.operator)
    if m is None or n is None:
        return c.broken(node.span)
    if not c.same_dimension(m.dimension, n.dimension, node.span):
        literal = _bare_literal(node.right, n) or _bare_literal(node.left, m)
        c.report(c.dims.differ(node.operator, left.span, m.dimension, right.span, n.dimension, literal))
        return c.broken(node.span)
    fits, shape = result_shape(c, left, right, m.shape, n.shape)
    if not fits:
        return c.broken(node.span)
    kind = _higher(m.kind, n.kind)
    operands = (_raise(c, left, m, kind), _raise(c, right, n, kind))
    result = _apply(c, node.span, "add" if node.operator == "+" else "sub", kind, m.dimension, shape, operands)
    result.display = left.display or right.display
    if left in c.exact and right in c.exact and not left.display:
        c.exact[result] = c.exact[left] + c.exact[right] if node.operator == "+" else c.exact[left] - c.exact[right]
    return result


def _higher(left: type[Type], right: type[Type]) -> type[Type]:
    return left if _RANK[left] >= _RANK[right] else right


def _bare_literal(node: surface.Expr, own: Number) -> Span | None:
    """A plain number written where the other side has a dimension."""
    return node.span if isinstance(node, surface.Number) and own.dimension.resolved().is_one else None


def _adopt_zero(left: typed.Expr, right: typed.Expr) -> None:
    """A literal 0 (or a var that began as one) becomes what it is added to or compared with."""
    for zero, other in ((left, right), (right, left)):
        variable, _ = element_of(zero.type)
        element, _ = element_of(other.type)
        if isinstance(variable, types.TypeVar) and variable is not element and is_numeric(element):
            if isinstance(element, types.Estimate):
                element = types.Real(element.dimension)
            variable.solution = element
            if isinstance(zero, typed.Constant) and isinstance(element, types.Real | types.Complex):
                zero.value = 0.0 if isinstance(element, types.Real) else 0j


def multiply(c: Checker, span: Span, left: typed.Expr, right: typed.Expr) -> typed.Expr:
    return _product(c, span, left, right, "mul")


def divided(c: Checker, span: Span, left: typed.Expr, right: typed.Expr) -> typed.Expr:
    """`Int / Int` is a Scalar."""
    return _product(c, span, left, right, "div")


def _product(c: Checker, span: Span, left: typed.Expr, right: typed.Expr, name: str) -> typed.Expr:
    sign = "*" if name == "mul" else "/"
    m, n = number_of(c, left, sign), number_of(c, right, sign)
    if m is None or n is None:
        return c.broken(span)
    fits, shape = result_shape(c, left, right, m.shape, n.shape)
    if not fits:
        return c.broken(span)
    kind = _higher(m.kind, n.kind)
    if name == "div" and kind is types.Simple:
        kind = types.Real
    dimension = m.dimension * n.dimension if name == "mul" else m.dimension / n.dimension
    result = _apply(c, span, name, kind, dimension, shape, (_raise(c, left, m, kind), _raise(c, right, n, kind)))
    if _is_plain(n) and right.display is None:
        result.display = left.display
    elif name == "mul" and _is_plain(m) and left.display is None:
        result.display = right.display
    exact_left, exact_right = c.exact.get(left), c.exact.get(right)
    if exact_left is not None and exact_right is not None and (name == "mul" or exact_right):
        c.exact[result] = exact_left * exact_right if name == "mul" else exact_left / exact_right
    return result


def _is_plain(number: Number) -> bool:
    return number.dimension.ground and number.dimension.is_one


# ── powers ───────────────────────────────────────────────────────────────────────────────────────────────────────


def power(c: Checker, node: surface.Binary) -> typed.Expr:
    """`x^2`: of a quantity only to a power known now, of a plain number to any."""
    base, exponent = c.expr(node.left), c.expr(node.right)
    c.products.product(node, node.left, node.right)
    m, n = number_of(c, base, "^"), number_of(c, exponent, "^")
    if m is None or n is None:
        return c.broken(node.span)
    if not c.same_dimension(n.dimension, ONE, node.span):
        c.report(c.dims.exponent_has_dimension(exponent.span, n.dimension))
        return c.broken(node.span)
    fits, shape = result_shape(c, base, exponent, m.shape, n.shape)
    if not fits:
        return c.broken(node.span)
    known = c.exact.get(exponent)
    if known is not None:
        return _known_power(c, node.span, base, m, exponent, known)
    if not c.same_dimension(m.dimension, ONE, node.span):
        c.report(c.dims.power_of_quantity(exponent.span, m.dimension))
        return c.broken(node.span)
    kind = _higher(m.kind, n.kind)
    return _apply(c, node.span, "pow", kind, ONE, shape, (_raise(c, base, m, kind), _raise(c, exponent, n, kind)))


def _known_power(
    c: Checker, span: Span, base: typed.Expr, m: Number, exponent: typed.Expr, known: Fraction
) -> typed.Expr:
    if m.kind is types.Simple and known.denominator == 1 and known >= 0:
        result = _apply(
            c, span, "pow", types.Simple, ONE, m.shape, (base, typed.Constant(exponent.span, INT, int(known)))
        )
        if base in c.exact and known < 64:
            c.exact[result] = c.exact[base] ** int(known)
        return result
    kind = types.Real if m.kind is types.Simple else m.kind
    raised = _raise(c, base, m, kind)
    power_: Exponent = known.numerator if known.denominator == 1 else known
    constant = typed.Constant(exponent.span, types.SCALAR, float(known))
    dimension = _power_of_pi(c, base, m.dimension, known) or m.dimension**power_
    result = _apply(c, span, "pow", kind, dimension, m.shape, (raised, constant))
    if base in c.exact and known.denominator == 1 and abs(known) < 64 and (c.exact[base] or known > 0):
        c.exact[result] = c.exact[base] ** int(known)
    return result


def _power_of_pi(c: Checker, base: typed.Expr, dimension: Dimension, known: Fraction) -> Dimension | None:
    """`pi^k` counts as k occurrences of pi, each plain or not by itself."""
    if not isinstance(base, typed.Local) or known.denominator != 1 or abs(known) < 2:
        return None
    (atom, power), *more = dimension.factors.items() or [("", 0)]
    if more or not isinstance(atom, Turn) or power != 1:
        return None
    turns = [atom, *(c.turn(base.span, atom.text) for _ in range(abs(int(known)) - 1))]
    return Dimension(dict.fromkeys(turns, 1 if known > 0 else -1))


# ── signs and uncertainties ──────────────────────────────────────────────────────────────────────────────────────


@rule(surface.Unary)
def unary(c: Checker, node: surface.Unary, expected: Type | None) -> typed.Expr:
    if node.operator == "not":
        operand = c.expr(node.operand)
        element, shape = element_of(operand.type)
        if element not in (BOOL, BROKEN):
            c.report(c.errors.condition(node.operand.span, operand.type, "not"))
            return c.broken(node.span)
        return typed.Operation(node.span, BOOL if shape is None else types.Array(BOOL, shape), "not", (operand,))
    if isinstance(node.operand, surface.Juxtapose):
        operand = quantity(c, node.operand, negative=True)
        if operand.display is not None and operand.display.offset:
            return operand
        c.note(operand)
    else:
        operand = c.expr(node.operand, expected)
    element, _ = element_of(operand.type)
    if isinstance(element, types.TypeVar):
        return operand
    m = number_of(c, operand, "-")
    if m is None:
        return c.broken(node.span)
    if isinstance(operand, typed.Constant) and not isinstance(operand.value, str):
        result: typed.Expr = typed.Constant(node.span, operand.type, -operand.value, display=operand.display)
    elif isinstance(operand, typed.Uncertain):
        result = typed.Uncertain(node.span, operand.type, -operand.value, operand.error, display=operand.display)
    else:
        result = _apply(c, node.span, "neg", m.kind, m.dimension, m.shape, (operand,))
        result.display = operand.display
    if operand in c.exact:
        c.exact[result] = -c.exact[operand]
    return result


def plus_minus(c: Checker, node: surface.Binary) -> typed.Expr:
    """`x +/- e`: an Estimate."""
    value, error = c.expr(node.left), c.expr(node.right)
    _adopt_zero(value, error)
    m, n = number_of(c, value, "+/-"), number_of(c, error, "+/-")
    if m is None or n is None:
        return c.broken(node.span)
    if m.shape is not None or n.shape is not None or not {m.kind, n.kind} <= {types.Simple, types.Real}:
        c.report(c.errors.plus_minus(node.span))
        return c.broken(node.span)
    if not c.same_dimension(m.dimension, n.dimension, node.span):
        c.report(c.dims.differ("+/-", value.span, m.dimension, error.span, n.dimension, _bare_literal(node.right, n)))
        return c.broken(node.span)
    operands = (_raise(c, value, m, types.Real), _raise(c, error, n, types.Real))
    return typed.HostCall(node.span, types.Estimate(m.dimension), "estimate", operands, (), display=value.display)


# ── comparison and logic ─────────────────────────────────────────────────────────────────────────────────────────


@rule(surface.Compare)
def compare(c: Checker, node: surface.Compare, expected: Type | None) -> typed.Expr:
    """`a < b <= c`, `a ~= b +/- tolerance`."""
    tolerance_node: surface.Expr | None = None
    nodes = list(node.operands)
    last = nodes[-1]
    if node.operators == ("~=",) and isinstance(last, surface.Binary) and last.operator == "+/-":
        nodes[-1], tolerance_node = last.left, last.right
    operands = [c.expr(each) for each in nodes]
    shape: Shape = None
    for position, operator in enumerate(node.operators):
        left, right = operands[position], operands[position + 1]
        pair = _comparable(c, node.span, operator, left, right)
        if pair is None:
            return c.broken(node.span)
        operands[position], operands[position + 1], pair_shape = pair
        fits, shape = result_shape(c, left, right, shape, pair_shape)
        if not fits:
            return c.broken(node.span)
    tolerance = None
    if tolerance_node is not None:
        element, _ = element_of(operands[0].type)
        wanted = (
            types.Real(element.dimension)
            if isinstance(element, types.Real | types.Complex | types.Estimate)
            else types.SCALAR
        )
        tolerance = c.fit(c.expr(tolerance_node), wanted)
    type_: Type = BOOL if shape is None else types.Array(BOOL, shape)
    return typed.Compare(node.span, type_, node.operators, tuple(operands), tolerance)


def _comparable(
    c: Checker, span: Span, operator: str, left: typed.Expr, right: typed.Expr
) -> tuple[typed.Expr, typed.Expr, Shape] | None:
    _adopt_zero(left, right)
    m_type, m_shape = element_of(left.type)
    n_type, n_shape = element_of(right.type)
    if m_type is BROKEN or n_type is BROKEN:
        return None
    if not is_numeric(m_type) or not is_numeric(n_type):
        return _comparable_others(c, operator, left, right)
    m, n = number_of(c, left, operator), number_of(c, right, operator)
    if m is None or n is None:
        return None
    kind = _higher(m.kind, n.kind)
    if kind is types.Complex and operator not in ("==", "!=", "~="):
        c.report(c.errors.not_comparable(span, operator, types.resolved(left.type)))
        return None
    if not c.same_dimension(m.dimension, n.dimension, span):
        c.report(
            c.dims.differ(operator, left.span, m.dimension, right.span, n.dimension, _literal_of(left, right, m, n))
        )
        return None
    fits, shape = result_shape(c, left, right, m_shape, n_shape)
    if not fits:
        return None
    return _raise(c, left, m, kind), _raise(c, right, n, kind), shape


def _literal_of(left: typed.Expr, right: typed.Expr, m: Number, n: Number) -> Span | None:
    for value, own in ((right, n), (left, m)):
        if isinstance(value, typed.Constant) and value.display is None and own.dimension.resolved().is_one:
            return value.span
    return None


def _comparable_others(
    c: Checker, operator: str, left: typed.Expr, right: typed.Expr
) -> tuple[typed.Expr, typed.Expr, Shape] | None:
    """Texts and truth values can be equal or not."""
    if operator in ("==", "!=") and pruned(left.type) in (BOOL, types.TEXT):
        if pruned(left.type) == pruned(right.type):
            return left, right, None
        c.report(
            c.errors.mismatch(
                right.span, types.resolved(right.type), types.resolved(left.type), left.span, "compared with this"
            )
        )
        return None
    wrong = right if is_numeric(left.type) else left
    c.report(c.errors.not_comparable(wrong.span, operator, types.resolved(wrong.type)))
    return None


def logic(c: Checker, node: surface.Binary) -> typed.Expr:
    """`and`, `or`; over arrays element by element."""
    left, right = c.expr(node.left), c.expr(node.right)
    shapes: list[Shape] = []
    for operand in (left, right):
        element, shape = element_of(operand.type)
        if element not in (BOOL, BROKEN):
            c.report(c.errors.condition(operand.span, types.resolved(operand.type), node.operator))
            return c.broken(node.span)
        shapes.append(shape)
    if shapes == [None, None]:
        return typed.Logic(node.span, BOOL, node.operator, left, right)
    fits, shape = result_shape(c, left, right, *shapes)
    if not fits or shape is None:
        return c.broken(node.span)
    return typed.Operation(node.span, types.Array(BOOL, shape), node.operator, (left, right))
