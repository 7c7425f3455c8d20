"""Rules for comparing operators and states: `A == B`, `psi ~= phi`, `rho ~= sigma +/- 1e-6`.

    X(q)^2 == 1              a number stands for itself times the identity, and operators extend by it
    a(c) * |0>(c) ~= psi     kets of the same spaces; a global phase counts
    rho == |0>(q)            a ket is its density beside a density, and a density an operator beside an operator

`==` is exact but for rounding: the numbers of both differ by at most 1e-12 of the largest of them. `~=` allows 1e-9 of
it, or what stands after `+/-`.
"""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.checker import Checker
from qdsl.lang.typed.dimension import ONE, Dimension
from qdsl.lang.typed.operator_rules import differ, is_two_pi_missing, quantum, side_by_side
from qdsl.lang.typed.types import BOOL, BROKEN, SCALAR, pruned

ROUNDING = 1e-12
CLOSE = 1e-9


def compare(
    c: Checker, node: surface.Compare, operands: Sequence[typed.Expr], tolerance: surface.Expr | None
) -> typed.Expr:
    """A comparison, or a chain of them, where operators or states take part."""
    if any(pruned(each.type) is BROKEN for each in operands):
        return c.broken(node.span)
    pairs = zip(node.operators, operands[:-1], operands[1:], strict=True)
    tests = [_test(c, node, operator, left, right, tolerance) for operator, left, right in pairs]
    whole = tests[0]
    for test in tests[1:]:
        whole = typed.Logic(node.span, BOOL, "and", whole, test)
    return whole


def _test(
    c: Checker,
    node: surface.Compare,
    operator: str,
    left: typed.Expr,
    right: typed.Expr,
    tolerance: surface.Expr | None,
) -> typed.Expr:
    left, right = _as_density(c, left, right), _as_density(c, right, left)
    pair = side_by_side(c, left, right) if operator in ("==", "!=", "~=") else None
    dimension = _common(c, operator, *pair) if pair is not None else None
    if pair is None or dimension is None:
        if operator not in ("==", "!=", "~="):
            c.report(c.quantum.no_order(node.span, operator))
        return c.broken(node.span)
    if tolerance is not None:
        allowed = "tolerance", c.fit(c.expr(tolerance), types.Real(dimension))
    else:
        allowed = "relative", typed.Constant(node.span, SCALAR, CLOSE if operator == "~=" else ROUNDING)
    result = quantum(c, node.span, BOOL, "alike", pair, (allowed,))
    return typed.Operation(node.span, BOOL, "not", (result,)) if operator == "!=" else result


def _as_density(c: Checker, value: typed.Expr, other: typed.Expr) -> typed.Expr:
    """A ket beside a density is a density."""
    type_ = pruned(value.type)
    if isinstance(type_, types.Ket) and isinstance(pruned(other.type), types.Density):
        return c.convert(value, types.Density(type_.places)) or value
    return value


def _common(c: Checker, operator: str, left: typed.Expr, right: typed.Expr) -> Dimension | None:
    """The dimension that both have; None, with a message, where they cannot be compared."""
    match pruned(left.type), pruned(right.type):
        case types.Operator(m, _), types.Operator(n, _):
            if is_two_pi_missing(c, (left, m), (right, n)):
                return None
            if not c.same_dimension(m, n, left.span.to(right.span)):
                c.report(c.dims.differ(operator, left.span, m, right.span, n, None))
                return None
            return m
        case (types.Ket(p), types.Ket(q)) | (types.Bra(p), types.Bra(q)) | (types.Density(p), types.Density(q)):
            return None if differ(c, operator, (left, p), (right, q)) else ONE
        case _:
            sides = [(each.span, types.resolved(each.type)) for each in (left, right)]
            c.report(c.quantum.not_comparable(operator, sides[0], sides[1]))
            return None
