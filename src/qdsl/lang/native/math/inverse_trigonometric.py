"""atan, atan2, asin and acos: a short polynomial where the argument is small, and identities that make it so.

Every answer is a multiple of pi/4 and plus or minus the angle of a small number; the two are added with what the
addition loses. The errors measured are in docs/accuracy.md.
"""

from __future__ import annotations

import math

from qdsl.lang.native.math.coefficients import ASIN, ATAN
from qdsl.lang.native.math.doubled import Pair, choose, ordered_sum, product
from qdsl.lang.native.math.formula import Mask, Real, where, wide_polynomial

QUARTER_PI, QUARTER_PI_LOW = 0.7853981633974483, 3.061616997868383e-17
TAN_EIGHTH = 0.41421356237309503
"""tan(pi/8). A steeper angle is taken from pi/4."""

FAINT = 2.0**-60
"""The arc tangent of less is its argument."""


def atan(x: Real) -> Real:
    size = abs(x)
    size = where(size > 1.0 / FAINT, 1.0 / FAINT, size)
    steep = size > 1.0
    one = x.constant(1.0)
    a, b = where(steep, one, size), where(steep, size, one)
    diagonal = a > b * TAN_EIGHTH
    return _angle(_tangent(a, b, diagonal), diagonal, where(steep, 2.0, 0.0), steep).with_sign_of(x)


def atan2(y: Real, x: Real) -> Real:
    """The angle of (x, y), from -pi to pi; the sign of a zero says which side it is on."""
    across, up = abs(x), abs(y)
    steep = up > across
    a, b = where(steep, across, up), where(steep, up, across)
    both = across.equals(math.inf) & up.equals(math.inf)
    a, b = where(both, 1.0, a), where(both | b.equals(0.0), 1.0, b)
    plain = a / b
    scale = where(b > 2.0**400, 2.0**-600, where(b < 2.0**-400, 2.0**600, 1.0))
    a, b = a * scale, b * scale
    diagonal = a > b * TAN_EIGHTH
    faint = a < b * FAINT
    tangent = choose(faint, Pair(plain, x.constant(0.0)), _tangent(a, b, diagonal))
    back = x.bits().is_negative()
    return _angle(tangent, diagonal, where(steep, 2.0, where(back, 4.0, 0.0)), steep ^ back).with_sign_of(y)


def _tangent(a: Real, b: Real, diagonal: Mask) -> Pair:
    """a / b with 0 <= a <= b, or (a - b) / (a + b), the tangent of an angle less by pi/4."""
    zero = a.constant(0.0)
    less, sum_ = ordered_sum(-b, a), ordered_sum(b, a)
    return choose(diagonal, less, Pair(a, zero)) / choose(diagonal, sum_, Pair(b, zero))


def _angle(tangent: Pair, diagonal: Mask, quarters: Real, minus: Mask) -> Real:
    """quarters pi/4, plus or minus the angle of the tangent, which is one more quarter on the diagonal."""
    quarters = quarters + where(diagonal, where(minus, -1.0, 1.0), 0.0)
    high = where(minus, -tangent.high, tangent.high)
    low = where(minus, -tangent.low, tangent.low)
    square = high * high
    tail = (square * high).fma(wide_polynomial(square, ATAN), low)
    return _added(quarters, high, tail)


def _added(quarters: Real, high: Real, tail: Real) -> Real:
    """quarters pi/4 + high + tail."""
    base = product(quarters, QUARTER_PI)
    total = ordered_sum(base.high, high)
    return total.high + (total.low + (quarters.fma(QUARTER_PI_LOW, base.low) + tail))


def asin(x: Real) -> Real:
    """Beyond 1/2, pi/2 - 2 asin(sqrt((1 - |x|) / 2))."""
    near, high, tail = _arc(abs(x))
    factor = where(near, 1.0, -2.0)
    return _added(where(near, 0.0, 2.0), high * factor, tail * factor).with_sign_of(x)


def acos(x: Real) -> Real:
    """pi/2 - asin(x), or 2 asin(sqrt((1 - x) / 2)), or pi less that."""
    near, high, tail = _arc(abs(x))
    below = x < 0.0
    factor = where(near, where(below, 1.0, -1.0), where(below, -2.0, 2.0))
    return _added(where(near, 2.0, where(below, 4.0, 0.0)), high * factor, tail * factor)


def _arc(size: Real) -> tuple[Mask, Real, Real]:
    """Whether size <= 1/2, and asin of it or else of sqrt((1 - size) / 2), in two parts."""
    near = size <= 0.5
    square = where(near, size * size, (1.0 - size) * 0.5)
    root = Pair(square, size.constant(0.0)).sqrt()
    high, low = where(near, size, root.high), where(near, 0.0, root.low)
    return near, high, (square * high).fma(wide_polynomial(square, ASIN), low)
