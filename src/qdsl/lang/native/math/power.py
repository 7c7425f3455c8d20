"""pow: x^y = e^(y log x), with the logarithm and its product with y as sums of two doubles."""

from __future__ import annotations

import math

from qdsl.lang.native.math.doubled import Pair, product
from qdsl.lang.native.math.exponential import HIGHEST, LOWEST, exp_of, scaled
from qdsl.lang.native.math.formula import Real, where
from qdsl.lang.native.math.logarithm import closely_near_one, positive, with_exponent

FAR = 2.0**70
"""A power as high as this is 0, 1 or inf, like those above it."""


def pow(x: Real, y: Real) -> Real:
    """With the special values of IEEE 754-2019, section 9.2.1."""
    y = where(y > FAR, FAR, y)
    y = where(y < -FAR, -FAR, y)
    size = abs(x)
    log = with_exponent(*positive(size, closely_near_one))
    high = where(size < math.inf, where(size > 0.0, log.high, -math.inf), size)
    exponent = product(y, high)
    power, n = exp_of(*_in_reach(Pair(exponent.high, y.fma(log.low, exponent.low))))
    value = _of_negative(x, y, scaled(power.value(), n))
    return where(x.equals(1.0) | y.equals(0.0), 1.0, value)


def _in_reach(exponent: Pair) -> tuple[Real, Real]:
    """Where the result is 0 or inf at the latest, and the second part has no meaning."""
    high = where(exponent.high > HIGHEST, HIGHEST, exponent.high)
    high = where(high < LOWEST, LOWEST, high)
    return high, where(abs(exponent.high) < -LOWEST, exponent.low, 0.0)


def _of_negative(x: Real, y: Real, value: Real) -> Real:
    """With the sign of x where y is odd; nan where x is negative and y no integer, unless x is 0 or inf."""
    half = y * 0.5
    whole = y.call("roundeven").equals(y)
    even = half.call("roundeven").equals(half)
    value = where((x < 0.0) & (x > -math.inf) & ~whole, math.nan, value)
    return where(whole & ~even, value.with_sign_of(x), value)
