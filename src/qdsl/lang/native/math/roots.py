"""hypot and cbrt: roots, corrected by what rounding left of them."""

from __future__ import annotations

import math

from qdsl.lang.native.math.coefficients import CBRT
from qdsl.lang.native.math.doubled import product
from qdsl.lang.native.math.formula import Real, nearest, polynomial, where
from qdsl.lang.native.math.logarithm import split


def hypot(x: Real, y: Real) -> Real:
    """sqrt(x^2 + y^2), where the squares might leave the doubles scaled by a power of two.

    The root of a rounded sum is corrected by what the rounding lost: C. F. Borges, An improved algorithm for
    hypot(a, b), arXiv:1904.09481, algorithm 5.
    """
    x, y = abs(x), abs(y)
    swapped = x < y
    a, b = where(swapped, y, x), where(swapped, x, y)
    scale = where(a > 2.0**500, 2.0**-600, where(a < 2.0**-400, 2.0**600, 1.0))
    back = where(a > 2.0**500, 2.0**600, where(a < 2.0**-400, 2.0**-600, 1.0))
    a, b = a * scale, b * scale
    b_square = b * b
    h = a.fma(a, b_square).sqrt()
    h_square, a_square = h * h, a * a
    excess = (-b).fma(b, h_square - a_square)
    excess = excess + h.fma(h, -h_square)
    excess = excess - a.fma(a, -a_square)
    value = where(h > 0.0, h - excess / (h + h), h) * back
    return where(x.equals(math.inf) | y.equals(math.inf), math.inf, value)


def cbrt(x: Real) -> Real:
    """m^(1/3) 2^j for x = m 2^(3j): m^(-1/3) by a polynomial and two steps, then the root, and its rounding undone."""
    size = abs(x)
    tiny = size < 2.0**-1022
    parts = split(where(tiny, size * 2.0**54, size))
    _, j = nearest(parts.k, 1.0 / 3.0)
    m = parts.m * (parts.exponent - j - (j << 1)).power_of_two()
    z = polynomial(m, CBRT)
    h = (m * z).fma(-(z * z), 1.0)
    z = (z * h).fma(h.fma(h.fma(14.0 / 81.0, 2.0 / 9.0), 1.0 / 3.0), z)
    h = (m * z).fma(-(z * z), 1.0)
    z = (z * h).fma(h.fma(2.0 / 9.0, 1.0 / 3.0), z)
    z_square = z * z
    y = m * z_square
    square = product(y, y)
    cube = product(square.high, y)
    excess = (cube.high - m) + square.low.fma(y, cube.low)
    root = (excess * z_square).fma(-1.0 / 3.0, y) * j.power_of_two() * where(tiny, 2.0**-18, 1.0)
    return where((size > 0.0) & (size < math.inf), root.with_sign_of(x), x)
