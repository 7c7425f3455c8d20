"""Domain checks of real functions: `sqrt(-1)` stops with its argument instead of giving nan.

A check is left out where the argument is plainly inside: `sqrt(x^2 + y^2)`, `x^3`, `log(exp(x))`. A nan passes: its own
cause is elsewhere. Poles (`log(0)`) are no domain errors; they give an infinity, which the rule on non-finite results
catches at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import copysign

from qdsl.lang.core.ir import Code, Value
from qdsl.lang.core.lower_body import Body
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed.types import INT
from qdsl.lang.typed.unification import element_of


@dataclass(frozen=True, slots=True)
class Domain:
    """`outside(body, operands)` is true where the function has no value; `message` shows the operands."""

    outside: Callable[[Body, Sequence[Value]], Value]
    message: str
    needs_sign: bool = True
    """Whether an argument that cannot be negative is inside."""


def _below(limit: float) -> Callable[[Body, Sequence[Value]], Value]:
    return lambda body, operands: body.b.op("lt", operands[0], body.constant(limit))


def _beyond_one(body: Body, operands: Sequence[Value]) -> Value:
    return body.b.op("gt", body.b.op("abs", operands[0]), body.constant(1.0))


def _negative_base(body: Body, operands: Sequence[Value]) -> Value:
    """x < 0 with an exponent that is not whole."""
    x, y = operands
    return body.b.op("and", body.b.op("lt", x, body.constant(0.0)), body.b.op("ne", body.b.op("floor", y), y))


def _negative_base_and_far(body: Body, operands: Sequence[Value]) -> Value:
    """x < 0 with a whole exponent so large that an odd one has become even."""
    x, y = operands
    far = body.b.op("gt", body.b.op("abs", y), body.constant(LAST_ODD))
    return body.b.op("and", body.b.op("lt", x, body.constant(0.0)), far)


def _at_pole(body: Body, operands: Sequence[Value]) -> Value:
    """0, -1, -2, .."""
    (x,) = operands
    return body.b.op("and", body.b.op("le", x, body.constant(0.0)), body.b.op("eq", body.b.op("floor", x), x))


LAST_ODD = 2.0**53 - 1
"""Floats above this are even, and an Int that becomes one may have been odd."""

DOMAINS: Mapping[str, Domain] = {
    "sqrt": Domain(_below(0.0), "sqrt of {0}, which is negative"),
    "log": Domain(_below(0.0), "log of {0}, which is negative"),
    "log2": Domain(_below(0.0), "log2 of {0}, which is negative"),
    "log10": Domain(_below(0.0), "log10 of {0}, which is negative"),
    "log1p": Domain(_below(-1.0), "log1p of {0}, which is below -1"),
    "asin": Domain(_beyond_one, "asin of {0}, which is outside -1 .. 1", needs_sign=False),
    "acos": Domain(_beyond_one, "acos of {0}, which is outside -1 .. 1", needs_sign=False),
    "acosh": Domain(_below(1.0), "acosh of {0}, which is below 1", needs_sign=False),
    "atanh": Domain(_beyond_one, "atanh of {0}, which is outside -1 .. 1", needs_sign=False),
    "pow": Domain(_negative_base, "{0} to the power {1}, but a negative number has only whole powers"),
    "pow of an Int": Domain(_negative_base_and_far, "{0} to the power {1}, which is too large to be told even or odd"),
    "lgamma": Domain(_at_pole, "lgamma of {0}, where it has a pole", needs_sign=False),
    "digamma": Domain(_at_pole, "digamma of {0}, where it has a pole", needs_sign=False),
    "trigamma": Domain(_at_pole, "trigamma of {0}, where it has a pole", needs_sign=False),
}


def check_domain(body: Body, node: typed.Operation, operands: Sequence[Value]) -> None:
    """Write the check that the operation needs, if any."""
    name = node.name
    if name == "pow" and _is_whole(node.operands[1]):
        if _is_near(node.operands[1]):
            return
        name = "pow of an Int"
    domain = DOMAINS.get(name)
    if domain is None or (domain.needs_sign and is_not_negative(body, node.operands[0])):
        return
    body.fail_if(domain.outside(body, operands), Code.DOMAIN, domain.message, *operands)


NEVER_NEGATIVE = frozenset(("abs", "exp", "cosh", "sqrt", "hypot", "erfc", "len"))
AS_ITS_OPERANDS = frozenset(("add", "mul", "div", "min", "atan", "asinh", "sinh", "tanh", "expm1", "erf", "cbrt", "si"))
DEEPEST = 30
"""How far an argument is followed: deeper ones are checked at run time."""


def is_not_negative(body: Body, node: typed.Expr, deep: int = 0) -> bool:
    """Whether an expression is plainly zero, positive or nan, by its form."""
    if deep > DEEPEST:
        return False
    match node:
        case typed.Constant(value=value):
            return isinstance(value, int | float) and copysign(1.0, value) > 0  # 1 / -0.0 is negative
        case typed.Cast(value=value) | typed.Shown(value=value):
            return is_not_negative(body, value, deep + 1)
        case typed.Local(variable=variable):
            if variable.value is not None:
                return is_not_negative(body, variable.value, deep + 1)
            definition = body.definitions.get(variable)
            return definition is not None and is_not_negative(body, definition, deep + 1)
        case typed.Operation(name="mul", operands=(left, right)) if _same(left, right):
            return True
        case typed.Operation(name="pow", operands=(base, exponent)):
            return _is_even(exponent) or is_not_negative(body, base, deep + 1)
        case typed.Operation(name="max", operands=operands):
            return any(is_not_negative(body, each, deep + 1) for each in operands)
        case typed.Operation(name=name, operands=operands):
            return name in NEVER_NEGATIVE or (
                name in AS_ITS_OPERANDS and all(is_not_negative(body, each, deep + 1) for each in operands)
            )
        case _:
            return False


def _same(left: typed.Expr, right: typed.Expr) -> bool:
    """Whether two expressions are one variable: then their product is a square."""
    return isinstance(left, typed.Local) and isinstance(right, typed.Local) and left.variable is right.variable


def _is_whole(exponent: typed.Expr) -> bool:
    """Whether it is an Int, or a constant without a fraction."""
    if isinstance(exponent, typed.Cast):
        return element_of(exponent.value.type)[0] is INT
    return isinstance(exponent, typed.Constant) and isinstance(exponent.value, int | float) and exponent.value % 1 == 0


def _is_near(exponent: typed.Expr) -> bool:
    """Whether it is known to be told even or odd."""
    return (
        isinstance(exponent, typed.Constant)
        and isinstance(exponent.value, int | float)
        and abs(exponent.value) <= LAST_ODD
    )


def _is_even(exponent: typed.Expr) -> bool:
    return isinstance(exponent, typed.Constant) and isinstance(exponent.value, int | float) and exponent.value % 2 == 0
