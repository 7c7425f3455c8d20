"""Rules for comparison and logic. Both go element by element over arrays; comparisons chain."""

from __future__ import annotations

from qdsl.lang.source import Span
from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import alike, types
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed.checker import Checker, rule
from qdsl.lang.typed.operands import Number, Shape, adopt_zero, higher, number_of, raised, result_shape
from qdsl.lang.typed.operator_rules import takes_part
from qdsl.lang.typed.types import BOOL, BROKEN, Type, pruned
from qdsl.lang.typed.unification import element_of, is_numeric


@rule(surface.Compare)
def compare(c: Checker, node: surface.Compare, expected: Type | None) -> typed.Expr:
    """`a < b <= c`, `a ~= b +/- tolerance`."""
    tolerance_node: surface.Expr | None = None
    nodes = list(node.operands)
    last = nodes[-1]
    if node.operators == ("~=",) and isinstance(last, surface.Binary) and last.operator == "+/-":
        nodes[-1], tolerance_node = last.left, last.right
    operands = [c.expr(each) for each in nodes]
    if takes_part(*operands):
        return alike.compare(c, node, operands, tolerance_node)
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
    adopt_zero(left, right)
    m_type, m_shape = element_of(left.type)
    n_type, n_shape = element_of(right.type)
    if m_type is BROKEN or n_type is BROKEN:
        return None
    if not is_numeric(m_type) or not is_numeric(n_type):
        return _comparable_others(c, operator, left, right)
    m, n = number_of(c, left, operator), number_of(c, right, operator)
    if m is None or n is None:
        return None
    kind = higher(m.kind, n.kind)
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
    return raised(c, left, m, kind), raised(c, right, n, kind), shape


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
        if not c.unify(element, BOOL, operand.span):
            c.report(c.errors.condition(operand.span, types.resolved(operand.type), node.operator))
            return c.broken(node.span)
        shapes.append(shape)
    if shapes == [None, None]:
        return typed.Logic(node.span, BOOL, node.operator, left, right)
    fits, shape = result_shape(c, left, right, *shapes)
    if not fits or shape is None:
        return c.broken(node.span)
    return typed.Operation(node.span, types.Array(BOOL, shape), node.operator, (left, right))
