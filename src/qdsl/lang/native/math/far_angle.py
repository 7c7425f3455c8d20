"""What is left of an angle beyond 2^30 when whole quadrants are taken away: Payne and Hanek's reduction, on integers.

x = m 2^e, so x 2/pi mod 4 needs only the bits of 2/pi from 2^-e on, and of those as many as reach below the last bit of
the answer: 192. The double nearest to a multiple of pi/2 leaves 2^-62 of a quadrant; 2^-130 is kept.
"""

from __future__ import annotations

import math

from qdsl.lang.native.math.coefficients import TWO_OVER_PI, TWO_OVER_PI_BITS
from qdsl.lang.native.math.doubled import Pair, exact_sum, ordered_sum
from qdsl.lang.native.math.formula import Real, Word, where
from qdsl.lang.native.math.trigonometric import HALF_PI

BITS = 192
"""Two before the point, 60 that the product with m may spoil, 130."""

WIDE = f"i{BITS}"
PIECE = 48
"""Bits that a double holds exactly, with `PIECE` of them in each quarter of `WIDE`."""

LEADING = 1 << 52

TABLE = f"@qdsl.two.over.pi = internal unnamed_addr constant i{TWO_OVER_PI_BITS} {TWO_OVER_PI}"
"""The bits of 2/pi, lowest byte first, to be read from any byte on."""


def reduced(x: Real) -> tuple[Word, Pair]:
    """n and x - n pi/2 for one finite x beyond 2^22; nan for others that are not finite."""
    size = abs(x)
    below, finite = x < 0.0, size < math.inf
    result = x.code.result
    product = _product(where(finite, size, 2.0**30))
    half = result(f"add {WIDE} {product}, {1 << (BITS - 3)}")
    quadrant = Word(x.code, result(f"trunc {WIDE} {result(f'lshr {WIDE} {half}, {BITS - 2}')} to i64"))
    rest = _angle(x, result(f"shl {WIDE} {product}, 2"))
    sign = where(finite, where(below, -1.0, 1.0), math.nan)
    return below.choose(0 - quadrant, quadrant), Pair(rest.high * sign, rest.low * sign)


def _product(size: Real) -> str:
    """size 2/pi modulo 4, in units of 2^-190. The bits are read by bytes: m makes up for as many as lie below one."""
    result = size.code.result
    bits = size.bits()
    skipped = TWO_OVER_PI_BITS - (BITS - 2) + 1075 - (bits >> 52)
    spare = (0 - skipped) & 7
    m = result(f"shl i64 {((bits & (LEADING - 1)) + LEADING).name}, {spare.name}")
    at = result(f"getelementptr i8, ptr @qdsl.two.over.pi, i64 {((skipped + 7) >> 3).name}")
    window = result(f"load {WIDE}, ptr {at}, align 1")
    return result(f"mul {WIDE} {window}, {result(f'zext i64 {m} to {WIDE}')}")


def _angle(x: Real, signed: str) -> Pair:
    """A two's complement fraction of a quadrant, between -1/2 and 1/2, as an angle."""
    result = x.code.result
    negative = result(f"icmp slt {WIDE} {signed}, 0")
    size = result(f"select i1 {negative}, {WIDE} {result(f'sub {WIDE} 0, {signed}')}, {WIDE} {signed}")
    fourth, third, second, first = (_piece(x, size, PIECE * i) for i in range(4))
    low = exact_sum(third, fourth)
    middle = exact_sum(second, low.high)
    high = exact_sum(first, middle.high)
    turn = ordered_sum(high.high, high.low + (middle.low + low.low))
    sign = Real(x.code, result(f"select i1 {negative}, double {x.constant(-1.0).name}, double {x.constant(1.0).name}"))
    return (turn * Pair(x.constant(HALF_PI[0]), x.constant(HALF_PI[1]))).times(sign)


def _piece(x: Real, size: str, start: int) -> Real:
    """`PIECE` bits from `start` on, where they stand in the fraction."""
    result = x.code.result
    low = Word(x.code, result(f"trunc {WIDE} {result(f'lshr {WIDE} {size}, {start}')} to i64"))
    return (low & ((1 << PIECE) - 1)).to_real() * 2.0 ** (start - BITS)
