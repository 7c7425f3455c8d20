"""exp and what is made of it: expm1, sinh, cosh, tanh; and exp of a sum of two doubles, for powers and erfc.

All take n log 2 away from the argument and approximate what is left, |r| < 0.3467. Where one double is not enough for
r or for the answer, what rounding lost is carried along. The errors measured are in docs/accuracy.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from qdsl.lang.native.math.coefficients import COSH, EXP, SINH
from qdsl.lang.native.math.doubled import Pair, exact_sum, ordered_sum, product
from qdsl.lang.native.math.formula import Real, Word, nearest, polynomial, where, wide_polynomial

LOG2_E = 1.4426950408889634
LN2_HIGH, LN2_LOW = 0.6931471805599453, 2.3190468138462996e-17
"""log 2 as a sum of two doubles."""

LN2_SHORT, LN2_REST = 0.693147180559890330187045, 5.497923018708371174712471e-14
"""log 2 with 11 low bits of the first part 0: a multiple by an exponent is exact."""

HIGHEST, LOWEST = 710.0, -746.0
"""Beyond these exp is inf or 0, as it is at them."""

TINY = 2.0**-28
"""Below it x and the odd functions that start like it are the same to the last bit."""


def exp(x: Real) -> Real:
    """e^x = 2^n e^r; 2^n in two factors, so that the last step rounds into the subnormals."""
    x = _clamped(x)
    n, count = nearest(x, LOG2_E)
    r = n.fma(-LN2_LOW, n.fma(-LN2_HIGH, x))
    return scaled((r * r).fma(wide_polynomial(r, EXP), r) + 1.0, count)


def _clamped(x: Real) -> Real:
    """Between `LOWEST` and `HIGHEST`, or nan."""
    x = where(x > HIGHEST, HIGHEST, x)
    return where(x < LOWEST, LOWEST, x)


def scaled(value: Real, n: Word) -> Real:
    """value * 2^n for n from -2044 to 2046, in two factors; 2046 is twice the bias of an exponent."""
    biased = n + 2046
    half = biased >> 1
    return value * (half << 52).as_real() * ((biased - half) << 52).as_real()


@dataclass(frozen=True, slots=True)
class Reduced:
    """An argument is n log 2 + r; `count` is n."""

    n: Real
    count: Word
    r: Pair


def reduced(x: Real, low: Real | None = None) -> Reduced:
    """Of x + low: the first difference is exact, what the second loses is kept."""
    n, count = nearest(x, LOG2_E)
    near = n.fma(-LN2_SHORT, x)
    rest = n * LN2_REST if low is None else n.fma(LN2_REST, -low)
    high = near - rest
    return Reduced(n, count, Pair(high, (near - high) - rest))


def less_one(r: Pair, series: Real) -> Pair:
    """e^r - 1; `series` is the value of `EXP` at r."""
    tail = (r.high * r.high).fma(series, r.low.fma(r.high, r.low))
    return ordered_sum(r.high, tail)


def exp_of(x: Real, low: Real) -> tuple[Pair, Word]:
    """e^(x + low) as a number between 0.7 and 1.42, to 2^-58, and a power of two; for -746 <= x <= 710."""
    near = reduced(x, low)
    tail = less_one(near.r, wide_polynomial(near.r.high, EXP))
    whole = ordered_sum(1.0, tail.high)
    return Pair(whole.high, whole.low + tail.low), near.count


def expm1(x: Real) -> Real:
    """2 (2^(n-1) (e^r - 1) + 2^(n-1) - 1/2)."""
    value = _expm1(where(x > HIGHEST, HIGHEST, x)).value()
    return where(abs(x) < TINY * TINY, x, value)


def _expm1(x: Real) -> Pair:
    """e^x - 1; -1 well below 0, inf above the doubles."""
    near = reduced(where(x < -50.0, -50.0, x))
    tail = less_one(near.r, polynomial(near.r.high, EXP))
    power = (near.count - 1).power_of_two()
    whole = ordered_sum(power - 0.5, power * tail.high)
    return Pair(whole.high * 2.0, whole.low.fma(2.0, power * tail.low * 2.0))


def tanh(x: Real) -> Real:
    """t / (t + 2) with t = e^(2|x|) - 1."""
    size = abs(x)
    size = where(size > 20.0, 20.0, size)
    t = _expm1(size + size)
    below = exact_sum(t.high, 2.0)
    value = (t / Pair(below.high, below.low + t.low)).value()
    return where(size < TINY, size, value).with_sign_of(x)


def sinh(x: Real) -> Real:
    """S (2^n + 2^-n) / 2 + C (2^n - 2^-n) / 2, where S and C are sinh r and cosh r: nothing cancels."""
    size, near = _halved(x)
    sum_, difference = _powers(near.count)
    value = _combined(near.r, difference, sum_)
    return where(size < TINY, size, value).with_sign_of(x)


def cosh(x: Real) -> Real:
    """C (2^n + 2^-n) / 2 + S (2^n - 2^-n) / 2."""
    _, near = _halved(x)
    sum_, difference = _powers(near.count)
    return _combined(near.r, sum_, difference)


def _halved(x: Real) -> tuple[Real, Reduced]:
    """|x|, and the same reduced, where it is not beyond the doubles."""
    size = abs(x)
    return size, reduced(where(size > 710.6, 710.6, size))


def _powers(n: Word) -> tuple[Pair, Pair]:
    """(2^n + 2^-n) / 4 and (2^n - 2^-n) / 4 for n from 0 to 1025; 2^-n is nothing where it is small enough."""
    up = (n - 2).power_of_two()
    down = where(up > 2.0**60, 0.0, (-2 - n).power_of_two())
    return ordered_sum(up, down), ordered_sum(up, -down)


def _combined(r: Pair, with_cosh: Pair, with_sinh: Pair) -> Real:
    """2 (with_cosh cosh r + with_sinh sinh r), with the two largest terms added exactly."""
    square = r.high * r.high
    cosh_less_one = square * polynomial(square, COSH)
    sinh_less_r = (square * r.high).fma(polynomial(square, SINH), r.low)
    linear = product(with_sinh.high, r.high)
    whole = ordered_sum(with_cosh.high, linear.high)
    rest = with_cosh.high.fma(cosh_less_one, with_sinh.high * sinh_less_r)
    rest = rest + (linear.low + with_cosh.low + with_sinh.low * r.high)
    return (whole.high + (whole.low + rest)) * 2.0
