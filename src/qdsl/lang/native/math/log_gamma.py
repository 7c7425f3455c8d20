"""lgamma, the logarithm of the size of the gamma function.

Between 1 and 2 it is (x - 1) (x - 2) R(x), which is exact to the last bits where it vanishes; from there up to 8 by the
recurrence, whose factors are multiplied before one logarithm is taken; from 8 on by Stirling's series; left of 0 by
reflection. All but R and the series is in sums of two doubles.
"""

from __future__ import annotations

import math

from qdsl.lang.native.math.coefficients import LGAMMA, STIRLING
from qdsl.lang.native.math.doubled import Pair, choose, exact_sum, ordered_sum, product
from qdsl.lang.native.math.formula import Mask, Real, nearest, polynomial, where, wide_polynomial
from qdsl.lang.native.math.logarithm import log_of, with_exponent
from qdsl.lang.native.math.trigonometric import cos_near_zero, sin_near_zero

LARGE = 8.0
"""Where Stirling's series starts."""

STEPS = 6
"""From below `LARGE` to 2, by ones."""

HALF_LOG_2PI, HALF_LOG_2PI_LOW = 0.9189385332046728, -3.8782941580672414e-17
LOG_PI, LOG_PI_LOW = 1.1447298858494002, 1.0265951162707826e-17
PI, PI_LOW = 3.141592653589793, 1.2246467991473532e-16

FAINT = 2.0**-60
"""So close to 0 it is -log |x| on both sides."""


def in_reach(x: Real) -> Mask:
    """Whether x is right of the poles; nan is not."""
    return x > 0.0


def right(x: Real) -> Real:
    """For x > 0."""
    small, large = x < 1.0, x >= LARGE
    y, factors = _shifted(x)
    argument = choose(small | large, Pair(x, x.constant(0.0)), factors)
    tiny = x < 2.0**-1022
    k, near = log_of(Pair(where(tiny, x * 2.0**54, argument.high), argument.low))
    log = with_exponent(k - where(tiny, 54.0, 0.0), near)
    return where(large, _stirling(x, log), _recurred(where(small, x, y - 1.0), choose(small, -log, log)))


def left(x: Real) -> Real:
    """For x <= 0, by what it is right of 0: Gamma(x) Gamma(-x) = -pi / (x sin(pi x))."""
    size = abs(x)
    turn = size - size.call("roundeven")
    faint = size < FAINT
    other = Real(x.code, x.code.result(f"call double @qdsl.near.lgamma(double {size.name}) noinline"))
    k, near = log_of(choose(faint, Pair(x.constant(1.0), x.constant(0.0)), _sine(turn).times(size)))
    log = with_exponent(k, near)
    most = exact_sum(-log.high, LOG_PI)
    whole = exact_sum(most.high, -other)
    reflected = whole.high + (whole.low + (most.low + (LOG_PI_LOW - log.low)))
    value = where(turn.equals(0.0) | size.equals(math.inf), math.inf, where(faint, other, reflected))
    return where(x.is_nan(), x, value)


def _sine(turn: Real) -> Pair:
    """|sin(pi turn)| for |turn| <= 1/2, by sin or cos of at most pi/4."""
    n, quadrant = nearest(turn, 2.0)
    rest = n.fma(-0.5, turn)
    r = product(rest, PI)
    r = Pair(r.high, rest.fma(PI_LOW, r.low))
    sine = choose(quadrant.is_odd(), cos_near_zero(r), sin_near_zero(r))
    return choose(sine.high < 0.0, -sine, sine)


def _shifted(x: Real) -> tuple[Real, Pair]:
    """x less an integer, at most 2 for x < `LARGE`, and the product of x - 1, x - 2, ... down to it."""
    factors = Pair(x.constant(1.0), x.constant(0.0))
    for _ in range(STEPS):
        above = x > 2.0
        x = where(above, x - 1.0, x)
        factors = factors.times(where(above, x, 1.0))
    return x, factors


def _recurred(v: Real, log: Pair) -> Real:
    """lgamma(1 + v) + log, for 0 <= v <= 1."""
    middle = v - 0.5
    first, *others = LGAMMA
    near = product(v, v - 1.0) * ordered_sum(first, middle * polynomial(middle, others))
    total = exact_sum(near.high, log.high)
    return total.high + (total.low + (near.low + log.low))


def _stirling(x: Real, log: Pair) -> Real:
    """x (log x - 1) - log(x) / 2 + log(2 pi) / 2 + S(1 / x^2) / x."""
    less = exact_sum(log.high, -1.0)
    lead = Pair(less.high, less.low + log.low).times(x)
    inverse = 1.0 / x
    tail = inverse * wide_polynomial(inverse * inverse, STIRLING)
    total = ordered_sum(lead.high, log.high * -0.5)
    upper = ordered_sum(total.high, x.constant(HALF_LOG_2PI))
    low = (lead.low + log.low.fma(-0.5, total.low)) + (upper.low + (HALF_LOG_2PI_LOW + tail))
    return where((x * less.high).equals(math.inf), math.inf, upper.high + low)
