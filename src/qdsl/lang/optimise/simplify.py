"""Simplify: the algebra that holds exactly, bit for bit, in floating point and in 64-bit integers.

    %1 = const 1.0
    %2 = mul %x, %1                    %2 = neg %x, now %x * 1 is %x,
    %3 = neg %2               =>       and what used %4 uses %x
    %4 = neg %3

What is *not* here is the point: x + 0.0 (turns -0 into 0), x * 0.0, x - x and x / x (nan, infinity), reassociation,
any division by a number that is not a power of two. The one larger step is pow(x, n) for n in `SMALL_POWERS`: those
powers are *defined* as a product (`core.primitives`), and here the product is written down.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from qdsl.lang.core.ir import Function, Op, Value
from qdsl.lang.core.primitives import SMALL_POWERS, small_power
from qdsl.lang.core.rewrite import Rewriter


def simplify(function: Function) -> Function:
    return _Simplify().rewrite(function)


class _Simplify(Rewriter):
    def rule(self, op: Op) -> tuple[Value, ...] | None:
        rule = RULES.get(op.name)
        value = rule(self, op, *op.operands) if rule is not None else None
        return None if value is None else (value,)


Rule = Callable[..., Value | None]
"""rule(rewriter, op, *operands): the value that equals the op's, or None."""


# ── reals ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _add(r: Rewriter, op: Op, x: Value, y: Value) -> Value | None:
    """x + -0 is x, and x + 0 where x is no -0; x + -y is x - y; -x + y is y - x."""
    for one, other in ((x, y), (y, x)):
        if _is_zero(r.constant(other), -1.0) or (r.made_by(one, "abs") and _is_zero(r.constant(other), 1.0)):
            return one
        if negated := r.made_by(other, "neg"):
            return r.builder.op("sub", one, negated.operands[0])
    return None


def _sub(r: Rewriter, op: Op, x: Value, y: Value) -> Value | None:
    """x - 0 is x; -0 - x is -x; x - -y is x + y."""
    if _is_zero(r.constant(y), 1.0):
        return x
    if _is_zero(r.constant(x), -1.0):
        return r.builder.op("neg", y)
    if negated := r.made_by(y, "neg"):
        return r.builder.op("add", x, negated.operands[0])
    return None


def _mul(r: Rewriter, op: Op, x: Value, y: Value) -> Value | None:
    """x * 1 is x; x * -1 is -x; -x * -y is x * y."""
    for one, other in ((x, y), (y, x)):
        match r.constant(other):
            case 1.0:
                return one
            case -1.0:
                return r.builder.op("neg", one)
    return _both_negated(r, op, x, y)


def _div(r: Rewriter, op: Op, x: Value, y: Value) -> Value | None:
    """x / 1 is x; x / -1 is -x; a division by a power of two is a multiplication; -x / -y is x / y."""
    divisor = r.constant(y)
    if divisor == 1.0:
        return x
    if divisor == -1.0:
        return r.builder.op("neg", x)
    if divisor is not None and _has_exact_inverse(divisor):
        return r.builder.op("mul", x, r.builder.const(1.0 / divisor))
    return _both_negated(r, op, x, y)


def _both_negated(r: Rewriter, op: Op, x: Value, y: Value) -> Value | None:
    left, right = r.made_by(x, "neg"), r.made_by(y, "neg")
    return r.builder.op(op.name, left.operands[0], right.operands[0]) if left and right else None


def _neg(r: Rewriter, op: Op, x: Value) -> Value | None:
    """-(-x) is x."""
    inner = r.made_by(x, "neg")
    return inner.operands[0] if inner else None


def _abs(r: Rewriter, op: Op, x: Value) -> Value | None:
    """|-x| and ||x|| are |x|."""
    if inner := r.made_by(x, "neg"):
        return r.builder.op("abs", inner.operands[0])
    return x if r.made_by(x, "abs") else None


def _fma(r: Rewriter, op: Op, x: Value, y: Value, z: Value) -> Value | None:
    """With a factor of 1 the product is exact: a sum is left."""
    for one, other in ((x, y), (y, x)):
        if r.constant(other) == 1.0:
            return r.builder.op("add", one, z)
    return None


def _whole(r: Rewriter, op: Op, x: Value) -> Value | None:
    """floor, ceil, round and trunc of what is a whole number already."""
    made = r.origin.get(x)
    return x if made is not None and made.name in ("floor", "ceil", "round", "trunc", "to_real") else None


def _is_finite(r: Rewriter, op: Op, x: Value) -> Value | None:
    return r.builder.const(True) if r.made_by(x, "to_real") else None


def _pow(r: Rewriter, op: Op, x: Value, y: Value) -> Value | None:
    exponent = r.constant(y)
    if exponent not in SMALL_POWERS:
        return None
    one = r.builder.const(1.0)
    power: Value = small_power(
        x, int(exponent), lambda a, b: r.builder.op("mul", a, b), lambda a: r.builder.op("div", one, a), one
    )
    return power


def _is_zero(number: float | None, sign: float) -> bool:
    return number == 0.0 and math.copysign(1.0, number) == sign


def _has_exact_inverse(number: float) -> bool:
    """A power of two whose inverse is a normal number."""
    return abs(math.frexp(number)[0]) == 0.5 and 2.0**-1022 <= abs(number) <= 2.0**1022


# ── integers and truth values ────────────────────────────────────────────────────────────────────────────────────


def _neutral(number: int | bool, *, both_sides: bool = True, absorbing: int | bool | None = None) -> Rule:
    """An operation with a number that changes nothing, and perhaps one that swallows the other operand."""

    def rule(r: Rewriter, op: Op, x: Value, y: Value) -> Value | None:
        for one, other in ((x, y), (y, x)) if both_sides else ((x, y),):
            known = r.constant(other)
            if known is None:
                continue
            if known == number:
                return one
            if absorbing is not None and known == absorbing:
                return other
        return None

    return rule


def _same_operands(answer: int | bool) -> Rule:
    """x op x is known."""
    return lambda r, op, x, y: r.builder.const(answer) if x is y else None


def _idempotent(r: Rewriter, op: Op, x: Value, y: Value) -> Value | None:
    """x op x is x."""
    return x if x is y else None


def _first_of(*rules: Rule) -> Rule:
    def rule(r: Rewriter, op: Op, *operands: Value) -> Value | None:
        for each in rules:
            value = each(r, op, *operands)
            if value is not None:
                return value
        return None

    return rule


OPPOSITE = {
    "ilt": "ige", "ige": "ilt", "ile": "igt", "igt": "ile", "ieq": "ine", "ine": "ieq", "eq": "ne", "ne": "eq",
    "beq": "xor", "xor": "beq",
}  # fmt: skip
"""Comparisons and what is true exactly when they are not; of reals only equality, as nan is neither below nor above."""


def _not(r: Rewriter, op: Op, x: Value) -> Value | None:
    """not not x is x; not (a < b) is a >= b, for Ints."""
    made = r.origin.get(x)
    if made is None:
        return None
    if made.name == "not":
        return made.operands[0]
    opposite = OPPOSITE.get(made.name)
    return r.builder.op(opposite, *made.operands) if opposite else None


RULES: dict[str, Rule] = {
    "add": _add,
    "sub": _sub,
    "mul": _mul,
    "div": _div,
    "neg": _neg,
    "abs": _abs,
    "fma": _fma,
    "pow": _pow,
    "floor": _whole,
    "ceil": _whole,
    "round": _whole,
    "trunc": _whole,
    "is_finite": _is_finite,
    "min": _idempotent,
    "max": _idempotent,
    "iadd": _neutral(0),
    "isub": _first_of(_neutral(0, both_sides=False), _same_operands(0)),
    "imul": _neutral(1, absorbing=0),
    "idiv": _neutral(1, both_sides=False),
    "imin": _idempotent,
    "imax": _idempotent,
    "wadd": _neutral(0),
    "wsub": _first_of(_neutral(0, both_sides=False), _same_operands(0)),
    "wmul": _neutral(1, absorbing=0),
    "band": _first_of(_neutral(-1, absorbing=0), _idempotent),
    "bor": _first_of(_neutral(0, absorbing=-1), _idempotent),
    "bxor": _first_of(_neutral(0), _same_operands(0)),
    "shl": _neutral(0, both_sides=False),
    "shr": _neutral(0, both_sides=False),
    "ilt": _same_operands(False),
    "ile": _same_operands(True),
    "igt": _same_operands(False),
    "ige": _same_operands(True),
    "ieq": _same_operands(True),
    "ine": _same_operands(False),
    "beq": _first_of(_neutral(True), _same_operands(True)),
    "and": _first_of(_neutral(True, absorbing=False), _idempotent),
    "or": _first_of(_neutral(False, absorbing=True), _idempotent),
    "xor": _first_of(_neutral(False), _same_operands(False)),
    "not": _not,
}
