"""erf and erfc: a polynomial near zero, e^(-x^2) G(x) / (1 + 2x) further out.

G is a polynomial in (x - 4) / (x + 4), which takes the half line to an interval (J. L. Schonfelder, Chebyshev
expansions for the error and related functions, Math. Comp. 32, 1978). The errors measured are in docs/accuracy.md.
"""

from __future__ import annotations

from qdsl.lang.native.math.coefficients import ERF, ERFC, ERFC_CENTRE
from qdsl.lang.native.math.doubled import Pair, ordered_sum, product
from qdsl.lang.native.math.exponential import exp_of, scaled
from qdsl.lang.native.math.formula import Real, polynomial, where, wide_polynomial

SLOPE, SLOPE_LOW = 1.1283791670955126, 1.533545961316588e-17
"""2 / sqrt(pi), erf's slope at 0."""

NEAR, HALFWAY = 0.6, 0.75
"""Up to the first erfc is 1 - erf; from the second on erf is 1 - erfc."""

FAR = 27.3
"""From here on erfc is 0."""


def erf(x: Real) -> Real:
    size = abs(x)
    size = where(size > FAR, FAR, size)
    near = _erf_near(size).value()
    return where(size < HALFWAY, near, 1.0 - _erfc_far(size)).with_sign_of(x)


def erfc(x: Real) -> Real:
    size = abs(x)
    size = where(size > FAR, FAR, size)
    near = _erf_near(x)
    total = ordered_sum(1.0, -near.high)
    beyond = _erfc_far(size)
    value = where(x < NEAR, total.high + (total.low - near.low), beyond)
    return where(x < -1.0, 2.0 - beyond, value)


def _erf_near(x: Real) -> Pair:
    """x (2 / sqrt(pi) + x^2 P(x^2)), right for |x| <= 1."""
    square = x * x
    lead = product(x, SLOPE)
    tail = (square * x).fma(polynomial(square, ERF), x.fma(SLOPE_LOW, lead.low))
    return ordered_sum(lead.high, tail)


def _erfc_far(x: Real) -> Real:
    """For NEAR <= x <= FAR: the exponential, G, and the quotient each as a sum of two doubles."""
    square = product(x, x)
    power, n = exp_of(-square.high, -square.low)
    t = (x - ERFC_CENTRE) / (x + ERFC_CENTRE)
    first, *others = ERFC
    shape = ordered_sum(first, t * wide_polynomial(t, others))
    exact = product(power.high, shape.high)
    above = Pair(exact.high, exact.low + power.high.fma(shape.low, power.low * shape.high))
    below = ordered_sum(1.0, x + x)
    return scaled((above / below).value(), n)
