"""sin, cos and tan for arguments up to 2^30; beyond, `native.math.far_angle` reduces the argument.

The argument is brought to |r| <= pi/4 by taking away n pi/2, with pi/2 in three doubles and the sum r + low kept
exact to well below the last bit; then a polynomial for sin or cos, whichever n asks for, and its sign. The errors
measured are in docs/accuracy.md.
"""

from __future__ import annotations

from qdsl.lang.native.math.coefficients import COS, SIN
from qdsl.lang.native.math.doubled import Pair, choose
from qdsl.lang.native.math.formula import Mask, Real, Word, nearest, polynomial, where

TWO_OVER_PI = 0.6366197723675814
HALF_PI = (1.5707963267948966, 6.123233995736766e-17, -1.4973849048591698e-33)
"""pi/2 as a sum of three doubles."""

LARGEST = 2.0**30
"""Above it the three parts of pi/2 are no longer enough."""


def in_reach(x: Real) -> Mask:
    """Whether the formulas hold; they do not for nan."""
    return abs(x) <= LARGEST


def sin(x: Real) -> Real:
    quadrant, r = reduced(x)
    return where(x.equals(0.0), x, sin_of(quadrant, r))  # -0 stays -0


def cos(x: Real) -> Real:
    return cos_of(*reduced(x))


def tan(x: Real) -> Real:
    return where(x.equals(0.0), x, tan_of(*reduced(x)))


def reduced(x: Real) -> tuple[Word, Pair]:
    """n and x - n pi/2: the first difference is exact, the second is taken apart (TwoDiff)."""
    n, quadrant = nearest(x, TWO_OVER_PI)
    first = n.fma(-HALF_PI[0], x)
    second = n * HALF_PI[1]
    lost = n.fma(HALF_PI[1], -second)
    high = first - second
    back = first - high
    low = (first - (high + back)) + (back - second)
    return quadrant, Pair(high, n.fma(-HALF_PI[2], low - lost))


# ── of n pi/2 + r, |r| <= pi/4 ───────────────────────────────────────────────────────────────────────────────────


def sin_of(quadrant: Word, r: Pair) -> Real:
    value = where(quadrant.is_odd(), cos_near_zero(r).high, sin_near_zero(r).high)
    return (value.bits() ^ ((quadrant & 2) << 62)).as_real()


def cos_of(quadrant: Word, r: Pair) -> Real:
    return sin_of(quadrant + 1, r)


def tan_of(quadrant: Word, r: Pair) -> Real:
    """sin / cos, or - cos / sin, each to two doubles."""
    sin, cos, odd = sin_near_zero(r), cos_near_zero(r), quadrant.is_odd()
    value = (choose(odd, cos, sin) / choose(odd, sin, cos)).value()
    return (value.bits() ^ (quadrant << 63)).as_real()


def sin_near_zero(r: Pair) -> Pair:
    """r + (low - r^2/2 low + r^3 S(r^2))."""
    square = r.high * r.high
    correction = (square * 0.5).fma(-r.low, r.low)
    tail = (square * r.high).fma(polynomial(square, SIN), correction)
    total = r.high + tail
    return Pair(total, tail - (total - r.high))


def cos_near_zero(r: Pair) -> Pair:
    """1 - r^2/2, what that rounding and that of r^2 lost, and (r^4 C(r^2) - r low)."""
    square = r.high * r.high
    half = square * 0.5
    head = 1.0 - half
    lost = (1.0 - head) - half
    lost = r.high.fma(r.high, -square).fma(-0.5, lost)
    rest = (square * square).fma(polynomial(square, COS), r.high.fma(-r.low, lost))
    total = head + rest
    return Pair(total, rest - (total - head))
