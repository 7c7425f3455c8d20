"""The primitive operations of the core IR: one row each, and nothing else in the compiler lists them.

`exact` primitives give the same bits on every machine, so they may be computed at compile time. `fails` primitives
check themselves (see `core.ir.Code`). Values of `evaluate` are Python's float, int and bool: it *is* the meaning.

Reals follow IEEE 754 and C: nothing raises, sqrt(-1) is nan, 1/0 is inf, exp(1000) is inf. Five choices are ours:

- min and max propagate nan, and -0 is below +0 (IEEE 754-2019 minimum and maximum);
- the sign of a nan means nothing, so copysign(x, nan) is nan;
- grafted(x, y) is x, with the derivative of y: a solver's answer does not depend on the way to it;
- noted(x, y) is x, and tells that something happens when the time x is y (`core.moments`);
- round goes to the nearest integer, half to even;
- pow(x, n) for the n of `SMALL_POWERS` is a fixed product, at most two units in the last place from the power, so that
  the optimiser may write the product down.

An Int is 64 bits; an operation whose result does not fit raises `Stop`. Division is floored: for `idiv` q and `imod` r,
a == q * b + r and r has the sign of b. The `w` operations and shifts work on two's complement words and never fail;
`shr` shifts in zeros, and a shift uses the low six bits of its count. `to_int` drops the fraction.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from qdsl.lang.core.ir import BOOL, INT, REAL, Code, Scalar
from qdsl.lang.core.polygamma import digamma, trigamma

INT_MIN, INT_MAX = -(2**63), 2**63 - 1
WORD = 2**64 - 1


class Stop(Exception):  # noqa: N818 - not an error of ours: how a failing primitive says so
    """A primitive failed; whoever evaluates it knows where."""

    def __init__(self, code: Code) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Primitive:
    """`name(operands) -> result`; `fails` holds the codes it may stop with."""

    name: str
    operands: tuple[Scalar, ...]
    result: Scalar
    exact: bool
    evaluate: Callable[..., Any]
    fails: tuple[Code, ...] = ()
    commutes: bool = False


# ── reals ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _div(x: float, y: float) -> float:
    try:
        return x / y
    except ZeroDivisionError:
        return math.nan if x == 0.0 or x != x else math.copysign(math.inf, x) * math.copysign(1.0, y)


def _min(x: float, y: float) -> float:
    if x != x or y != y:
        return math.nan
    return x if x < y or (x == y and math.copysign(1.0, x) < 0.0) else y


def _max(x: float, y: float) -> float:
    return -_min(-x, -y)


def _fma(x: float, y: float, z: float) -> float:
    """x * y + z, rounded once."""
    if not (math.isfinite(x) and math.isfinite(y)):
        return x * y + z
    if not math.isfinite(z):
        return z
    total = Fraction(x) * Fraction(y) + Fraction(z)
    if total == 0:  # a sum of zeros knows its sign; what cancels exactly is +0
        return x * y + z if z == 0.0 else 0.0
    try:
        return float(total)
    except OverflowError:
        return math.inf if total > 0 else -math.inf


def _quiet(function: Callable[..., float]) -> Callable[..., float]:
    """Without exceptions, for functions whose every error is a domain error or an overflow upwards."""

    def quiet(*arguments: float) -> float:
        try:
            return function(*arguments)
        except ValueError:
            return math.nan
        except OverflowError:
            return math.inf

    return quiet


def _with_pole(function: Callable[[float], float], pole: float, value: float) -> Callable[[float], float]:
    """The same, with a pole where C returns an infinity and Python raises."""
    quiet = _quiet(function)
    return lambda x: value if x == pole else quiet(x)


def _sinh(x: float) -> float:
    try:
        return math.sinh(x)
    except OverflowError:
        return math.copysign(math.inf, x)


def _atanh(x: float) -> float:
    if abs(x) == 1.0:
        return math.copysign(math.inf, x)
    return math.nan if abs(x) > 1.0 else math.atanh(x)


def _lgamma(x: float) -> float:
    try:
        return math.lgamma(x)
    except (ValueError, OverflowError):  # a pole, or above 2.5e305
        return math.inf


SMALL_POWERS = (-2, -1, 0, 1, 2, 3, 4)


def _pow(x: float, y: float) -> float:
    if y in SMALL_POWERS:
        power: float = small_power(x, int(y), operator.mul, lambda z: _div(1.0, z), 1.0)
        return power
    odd = math.isfinite(y) and math.fmod(y, 2.0) in (1.0, -1.0)
    try:
        return math.pow(x, y)
    except OverflowError:
        return -math.inf if x < 0.0 and odd else math.inf
    except ValueError:
        if x != 0.0:
            return math.nan
        return math.copysign(math.inf, x) if odd else math.inf


def small_power(x: Any, n: int, multiply: Callable[[Any, Any], Any], invert: Callable[[Any], Any], one: Any) -> Any:
    """x^n for an n of `SMALL_POWERS`, from these operations: what `pow` means, and what the optimiser writes for it.

    x^3 is (x x) x, x^4 is (x x)(x x), x^-2 is (1/x)(1/x).
    """
    match n:
        case 0:
            return one
        case 1:
            return x
        case 2:
            return multiply(x, x)
        case 3:
            return multiply(multiply(x, x), x)
        case 4:
            square = multiply(x, x)
            return multiply(square, square)
        case _:
            inverse = invert(x)
            return inverse if n == -1 else multiply(inverse, inverse)


def _to_integer(function: Callable[[float], int]) -> Callable[[float], float]:
    """floor and its kin as C has them: a float, keeping the sign of zero, nan and the infinities."""
    return lambda x: math.copysign(float(function(x)), x) if math.isfinite(x) else x


def _copysign(x: float, y: float) -> float:
    return math.copysign(x, y) if y == y else math.nan


# ── integers ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _fits(value: int) -> int:
    if INT_MIN <= value <= INT_MAX:
        return value
    raise Stop(Code.OVERFLOW)


def _checked(function: Callable[..., int]) -> Callable[..., int]:
    return lambda *operands: _fits(function(*operands))


def _idiv(a: int, b: int) -> int:
    if b == 0:
        raise Stop(Code.DIVISION)
    return _fits(a // b)


def _imod(a: int, b: int) -> int:
    if b == 0:
        raise Stop(Code.DIVISION)
    return a % b


def _ipow(a: int, n: int) -> int:
    if n < 0:
        raise Stop(Code.DOMAIN)
    if -2 < a < 2:
        return a ** (n % 2 + 2) if n else 1
    if n >= 64:
        raise Stop(Code.OVERFLOW)
    return _fits(a**n)


def _word(value: int) -> int:
    """The 64-bit two's complement integer with the low bits of `value`."""
    return ((value & WORD) ^ (1 << 63)) - (1 << 63)


def _wrapping(function: Callable[[int, int], int]) -> Callable[[int, int], int]:
    return lambda a, b: _word(function(a, b))


def _to_int(x: float) -> int:
    """-2^63 is the only power of two at the edge that fits; comparing floats avoids rounding 2^63 - 1."""
    if -(2.0**63) <= x < 2.0**63:
        return int(x)
    raise Stop(Code.CAST)


# ── the table ────────────────────────────────────────────────────────────────────────────────────────────────────


def _real(name: str, evaluate: Callable[..., float], arity: int = 1, commutes: bool = False) -> Primitive:
    """An IEEE operation."""
    return Primitive(name, (REAL,) * arity, REAL, True, evaluate, commutes=commutes)


def _function(name: str, evaluate: Callable[..., float], arity: int = 1) -> Primitive:
    """A function whose last bits depend on the library."""
    return Primitive(name, (REAL,) * arity, REAL, False, evaluate)


def _int(name: str, evaluate: Callable[..., int], arity: int = 2, *fails: Code, commutes: bool = False) -> Primitive:
    return Primitive(name, (INT,) * arity, INT, True, evaluate, fails, commutes)


def _test(name: str, kind: Scalar, evaluate: Callable[..., bool], arity: int = 2, commutes: bool = False) -> Primitive:
    return Primitive(name, (kind,) * arity, BOOL, True, evaluate, commutes=commutes)


def _table(*rows: Primitive) -> dict[str, Primitive]:
    return {row.name: row for row in rows}


PRIMITIVES: dict[str, Primitive] = _table(
    _real("add", operator.add, 2, commutes=True),
    _real("sub", operator.sub, 2),
    _real("mul", operator.mul, 2, commutes=True),
    _real("div", _div, 2),
    _real("neg", operator.neg),
    _real("abs", abs),
    _real("min", _min, 2, commutes=True),
    _real("max", _max, 2, commutes=True),
    _real("fma", _fma, 3),
    _real("sqrt", _quiet(math.sqrt)),
    _real("floor", _to_integer(math.floor)),
    _real("ceil", _to_integer(math.ceil)),
    _real("round", _to_integer(round)),
    _real("trunc", _to_integer(math.trunc)),
    _real("copysign", _copysign, 2),
    _real("grafted", lambda x, y: x, 2),
    _real("noted", lambda x, moment: x, 2),
    _function("cbrt", math.cbrt),
    _function("exp", _quiet(math.exp)),
    _function("expm1", _quiet(math.expm1)),
    _function("log", _with_pole(math.log, 0.0, -math.inf)),
    _function("log2", _with_pole(math.log2, 0.0, -math.inf)),
    _function("log10", _with_pole(math.log10, 0.0, -math.inf)),
    _function("log1p", _with_pole(math.log1p, -1.0, -math.inf)),
    _function("sin", _quiet(math.sin)),
    _function("cos", _quiet(math.cos)),
    _function("tan", _quiet(math.tan)),
    _function("asin", _quiet(math.asin)),
    _function("acos", _quiet(math.acos)),
    _function("atan", math.atan),
    _function("atan2", math.atan2, 2),
    _function("sinh", _sinh),
    _function("cosh", _quiet(math.cosh)),
    _function("tanh", math.tanh),
    _function("asinh", math.asinh),
    _function("acosh", _quiet(math.acosh)),
    _function("atanh", _atanh),
    _function("pow", _pow, 2),
    _function("hypot", math.hypot, 2),
    _function("erf", math.erf),
    _function("erfc", math.erfc),
    _function("lgamma", _lgamma),
    _function("digamma", digamma),
    _function("trigamma", trigamma),
    _int("iadd", _checked(operator.add), 2, Code.OVERFLOW, commutes=True),
    _int("isub", _checked(operator.sub), 2, Code.OVERFLOW),
    _int("imul", _checked(operator.mul), 2, Code.OVERFLOW, commutes=True),
    _int("ineg", _checked(operator.neg), 1, Code.OVERFLOW),
    _int("iabs", _checked(abs), 1, Code.OVERFLOW),
    _int("imin", min, commutes=True),
    _int("imax", max, commutes=True),
    _int("idiv", _idiv, 2, Code.DIVISION, Code.OVERFLOW),
    _int("imod", _imod, 2, Code.DIVISION),
    _int("ipow", _ipow, 2, Code.DOMAIN, Code.OVERFLOW),
    _int("wadd", _wrapping(operator.add), commutes=True),
    _int("wsub", _wrapping(operator.sub)),
    _int("wmul", _wrapping(operator.mul), commutes=True),
    _int("band", operator.and_, commutes=True),
    _int("bor", operator.or_, commutes=True),
    _int("bxor", operator.xor, commutes=True),
    _int("shl", _wrapping(lambda a, count: a << (count & 63))),
    _int("shr", _wrapping(lambda a, count: (a & WORD) >> (count & 63))),
    _test("lt", REAL, operator.lt),
    _test("le", REAL, operator.le),
    _test("gt", REAL, operator.gt),
    _test("ge", REAL, operator.ge),
    _test("eq", REAL, operator.eq, commutes=True),
    _test("ne", REAL, operator.ne, commutes=True),
    _test("ilt", INT, operator.lt),
    _test("ile", INT, operator.le),
    _test("igt", INT, operator.gt),
    _test("ige", INT, operator.ge),
    _test("ieq", INT, operator.eq, commutes=True),
    _test("ine", INT, operator.ne, commutes=True),
    _test("beq", BOOL, operator.eq, commutes=True),
    _test("and", BOOL, operator.and_, commutes=True),
    _test("or", BOOL, operator.or_, commutes=True),
    _test("xor", BOOL, operator.xor, commutes=True),
    _test("not", BOOL, operator.not_, 1),
    _test("is_finite", REAL, math.isfinite, 1),
    Primitive("to_real", (INT,), REAL, True, float),
    Primitive("to_int", (REAL,), INT, True, _to_int, (Code.CAST,)),
)
