"""Comparison and logic.

    a < b <= c       =>  and (lt a b) (le b c)
    a ~= b +/- tol   =>  |a - b| <= tol
    a ~= b           =>  |a - b| <= 1e-9 max(|a|, |b|)
    p and q          =>  if p { q } else { false }

Every operand of a chain is computed once. What is close without being equal is finite.
"""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.lang.core.ir import BOOL, Value
from qdsl.lang.core.lower_body import Body, rule
from qdsl.lang.core.lower_complex import complex_equal
from qdsl.lang.core.lower_values import Data
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.dimension import ONE

NAMES = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne"}
RELATIVE_TOLERANCE = 1e-9


def apply_compare(body: Body, node: typed.Compare, operands: Sequence[Data], tolerance: Data | None) -> Data:
    """The chain on single values."""
    tests = [
        _test(body, operator, left, right, tolerance)
        for operator, left, right in zip(node.operators, operands[:-1], operands[1:], strict=True)
    ]
    result = tests[0]
    for test in tests[1:]:
        result = body.b.op("and", result, test)
    return Data(types.BOOL, (result,))


def _test(body: Body, operator: str, left: Data, right: Data, tolerance: Data | None) -> Value:
    left, right = _same_kind(body, left, right)
    if operator == "~=":
        return _close(body, left, right, tolerance)
    match types.pruned(left.type):
        case types.Simple("Int"):
            return body.b.op(f"i{NAMES[operator]}", left.value, right.value)
        case types.Simple("Bool"):
            return _unless(body, operator, body.b.op("beq", left.value, right.value))
        case types.Complex():
            return _unless(body, operator, complex_equal(body, left, right))
        case _:
            return body.b.op(NAMES[operator], left.value, right.value)


def _same_kind(body: Body, left: Data, right: Data) -> tuple[Data, Data]:
    """In `1 < n < x` the middle is an Int for its left and a real for its right: it rises where it has to."""
    kinds = types.pruned(left.type), types.pruned(right.type)
    if types.INT in kinds and kinds[0] is not kinds[1]:
        left, right = _raised(body, left), _raised(body, right)
    if len(left.values) != len(right.values):
        return _complex(body, left), _complex(body, right)
    return left, right


def _complex(body: Body, number: Data) -> Data:
    if len(number.values) == 2:
        return number
    return Data(types.Complex(ONE), (number.value, body.zero()))


def _raised(body: Body, number: Data) -> Data:
    if types.pruned(number.type) is not types.INT:
        return number
    return Data(types.SCALAR, (body.b.op("to_real", number.value),))


def _unless(body: Body, operator: str, equal: Value) -> Value:
    return body.b.op("not", equal) if operator == "!=" else equal


def _close(body: Body, left: Data, right: Data, tolerance: Data | None) -> Value:
    """Infinities are close to themselves, though their difference is nan, and to nothing else."""
    left, right = _raised(body, left), _raised(body, right)
    if len(left.values) == 2:
        apart = [body.b.op("sub", a, b) for a, b in zip(left.values, right.values, strict=True)]
        distance, same = body.b.op("hypot", *apart), complex_equal(body, left, right)
    else:
        distance = body.b.op("abs", body.b.op("sub", left.value, right.value))
        same = body.b.op("eq", left.value, right.value)
    allowed = tolerance.value if tolerance is not None else _default_tolerance(body, left, right)
    near = body.b.op("and", body.b.op("is_finite", distance), body.b.op("le", distance, allowed))
    return body.b.op("or", same, near)


def _default_tolerance(body: Body, left: Data, right: Data) -> Value:
    larger = body.b.op("max", _size(body, left), _size(body, right))
    return body.b.op("mul", body.constant(RELATIVE_TOLERANCE), larger)


def _size(body: Body, number: Data) -> Value:
    return body.b.op("hypot" if len(number.values) == 2 else "abs", *number.values)


@rule(typed.Logic)
def logic(body: Body, node: typed.Logic) -> Data:
    """The right side only where the left does not decide."""
    left = body.expr(node.left).value

    def right() -> tuple[Value]:
        return (body.expr(node.right).value,)

    def decided() -> tuple[Value]:
        return (body.constant(node.operator == "or"),)

    arms = (right, decided) if node.operator == "and" else (decided, right)
    return Data(types.BOOL, body.if_(left, *arms, (BOOL,)))
