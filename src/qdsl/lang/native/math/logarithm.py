"""log and its kin: log1p, log2, log10, and the inverse hyperbolic functions, which are logarithms.

x = 2^k m with m between sqrt(1/2) and sqrt(2), and log m = 2 artanh(s) with s = (m - 1) / (m + 1). `log` works in
doubles; the others, and the power, need log m as a sum of two. The errors measured are in docs/accuracy.md.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from qdsl.lang.native.math.coefficients import LOG, LOG_OF_DOUBLE, LOG_TAIL
from qdsl.lang.native.math.doubled import Pair, constant, exact_sum, ordered_sum, product
from qdsl.lang.native.math.exponential import LN2_REST, LN2_SHORT, TINY
from qdsl.lang.native.math.formula import Real, Word, polynomial, where, wide_polynomial

SQRT_HALF_BITS = 0x3FE6A09E667F3BCD
TWELFTH, TWELFTH_LOW = 0.08333333333333333, 4.625929269271485e-18
LOG2_E, LOG2_E_LOW = 1.4426950408889634, 2.0355273740931033e-17
LOG10_E, LOG10_E_LOW = 0.4342944819032518, 1.098319650216765e-17
LOG10_2_SHORT, LOG10_2_REST = 0.30102999566395283, 2.8363394551044964e-14
"""log10(2) with the 11 low bits of the first part 0, as `LN2_SHORT` has."""

LARGE = 2.0**30
"""Above it sqrt(x^2 +- 1) is x, as far as a logarithm can tell."""


@dataclass(frozen=True, slots=True)
class Split:
    """A number above 0 as 2^k m; `exponent` is k."""

    k: Real
    exponent: Word
    m: Real


def split(x: Real) -> Split:
    """Of a normal number."""
    bits = x.bits()
    exponent = ((bits - (SQRT_HALF_BITS - (1023 << 52))) >> 52) - 1023
    return Split(exponent.to_real(), exponent, (bits - (exponent << 52)).as_real())


def log(x: Real) -> Real:
    """k log 2 + log m; no digits cancel, as log m is f less something small, with f = m - 1 exact."""
    tiny = x < 2.0**-1022
    parts = split(where(tiny, x * 2.0**54, x))
    k = parts.k - where(tiny, 54.0, 0.0)
    f = parts.m - 1.0
    s = f / (f + 2.0)
    square = s * s
    rest = square * polynomial(square, LOG)
    half = 0.5 * (f * f)
    low = s * (half + rest) + k * LN2_REST
    value = k * LN2_SHORT - ((half - low) - f)
    return _edges(x, value)


def _edges(x: Real, value: Real) -> Real:
    """0, inf, what is below 0 and nan."""
    value = where(x.equals(math.inf), x, value)
    value = where(x.equals(0.0), -math.inf, value)
    return where(x >= 0.0, value, where(x.is_nan(), x, math.nan))


# ── to two doubles ───────────────────────────────────────────────────────────────────────────────────────────────


def near_one(f: Pair) -> Pair:
    """log(1 + f) for 1 + f between sqrt(1/2) and sqrt(2), to 2^-58: 2 s + s^3 P(s^2), the first term as two doubles."""
    s = _doubled_ratio(f)
    square = s.high * s.high
    tail = (square * s.high).fma(wide_polynomial(square, LOG_OF_DOUBLE), s.low)
    return ordered_sum(s.high, tail)


def closely_near_one(f: Pair) -> Pair:
    """The same to 2^-66, with the second term as two doubles too: S + S^3 (1/12 + S^2 Q(S^2)) with S = 2s."""
    s = _doubled_ratio(f)
    square = product(s.high, s.high)
    square_low = s.high.fma(s.low + s.low, square.low)
    tail = wide_polynomial(square.high, LOG_TAIL)
    factor = square.high.fma(tail, TWELFTH)
    factor_low = square.high.fma(tail, TWELFTH - factor) + square_low.fma(tail, TWELFTH_LOW)
    cube = product(s.high, square.high)
    cube_low = s.high.fma(square_low, s.low.fma(square.high, cube.low))
    term = product(cube.high, factor)
    term_low = cube.high.fma(factor_low, cube_low.fma(factor, term.low))
    total = ordered_sum(s.high, term.high)
    return Pair(total.high, total.low + (s.low + term_low))


def _doubled_ratio(f: Pair) -> Pair:
    """2 f / (2 + f)."""
    below = ordered_sum(2.0, f.high)
    inverse = 2.0 / below.high
    high = f.high * inverse
    half = high * 0.5
    rest = (-half).fma(below.high, f.high) + (f.low - half * (below.low + f.low))
    return Pair(high, rest * inverse)


def log_of(x: Pair) -> tuple[Real, Pair]:
    """k and log m for a sum of two doubles whose first is a normal number."""
    parts = split(x.high)
    scale = where(x.high > 2.0**100, 0.0, (0 - parts.exponent).power_of_two())
    return parts.k, near_one(ordered_sum(parts.m - 1.0, x.low * scale))


def with_exponent(k: Real, near: Pair) -> Pair:
    """k log 2 + near."""
    whole = ordered_sum(k * LN2_SHORT, near.high)
    return ordered_sum(whole.high, whole.low + k.fma(LN2_REST, near.low))


def positive(x: Real, near: Callable[[Pair], Pair] = near_one) -> tuple[Real, Pair]:
    """The same of one double, above 0."""
    tiny = x < 2.0**-1022
    parts = split(where(tiny, x * 2.0**54, x))
    f = parts.m - 1.0
    return parts.k - where(tiny, 54.0, 0.0), near(Pair(f, f.constant(0.0)))


def log1p(x: Real) -> Real:
    u = exact_sum(x, 1.0)
    value = _edges(u.high, with_exponent(*log_of(u)).value())
    return where(abs(x) < TINY * TINY, x, value)


def log2(x: Real) -> Real:
    """k + log m log2(e): exact for powers of two."""
    k, near = positive(x)
    near = near * constant(near, LOG2_E, LOG2_E_LOW)
    whole = ordered_sum(k, near.high)
    return _edges(x, whole.high + (whole.low + near.low))


def log10(x: Real) -> Real:
    """k log10(2) + log m log10(e): exact for powers of ten."""
    k, near = positive(x)
    near = near * constant(near, LOG10_E, LOG10_E_LOW)
    whole = ordered_sum(k * LOG10_2_SHORT, near.high)
    return _edges(x, whole.high + (whole.low + k.fma(LOG10_2_REST, near.low)))


# ── inverse hyperbolic functions ─────────────────────────────────────────────────────────────────────────────────


def asinh(x: Real) -> Real:
    """log(|x| + sqrt(x^2 + 1))."""
    size = abs(x)
    square = product(size, size)
    total = exact_sum(square.high, 1.0)
    value = _log_of_sum(size, Pair(total.high, total.low + square.low))
    return where((size < TINY) | size.equals(math.inf) | x.is_nan(), size, value).with_sign_of(x)


def acosh(x: Real) -> Real:
    """log(x + sqrt(x^2 - 1))."""
    square = product(x, x)
    total = exact_sum(square.high, -1.0)
    value = _log_of_sum(x, ordered_sum(total.high, total.low + square.low))
    return where(x >= 1.0, where(x.equals(math.inf), x, value), math.nan)


def _log_of_sum(x: Real, square: Pair) -> Real:
    """log(x + sqrt(square)), where both are 0 or more; beyond `LARGE`, log(2x)."""
    root = square.sqrt()
    total = exact_sum(x, root.high)
    large = x > LARGE
    total = Pair(total.high, total.low + root.low)
    k, near = log_of(Pair(where(large, x, total.high), where(large, 0.0, total.low)))
    return with_exponent(k + where(large, 1.0, 0.0), near).value()


def atanh(x: Real) -> Real:
    """log((1 + |x|) / (1 - |x|)) / 2."""
    size = abs(x)
    k, near = log_of(ordered_sum(1.0, size) / ordered_sum(1.0, -size))
    value = with_exponent(k, near).value() * 0.5
    value = where(size < 1.0, value, where(size.equals(1.0), math.inf, math.nan))
    return where(size < TINY, size, value).with_sign_of(x)
