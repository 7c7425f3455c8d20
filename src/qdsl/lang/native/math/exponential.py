"""exp, log and tanh as straight lines of instructions: no branch, no table, so that a loop over them becomes vectors.

Each function writes its instructions and hands back the name of the result. Constants whose name ends in `_HIGH` and
`_LOW` are two doubles whose sum is the number to 106 bits. The errors measured are in docs/accuracy.md.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence

from qdsl.lang.native.writer import Writer, real

MAGIC = 1.5 * 2.0**52
"""Added to a double below 2^51 it leaves the nearest integer in the low bits of the sum; taken away, that integer."""

MAGIC_BITS = struct.unpack("<q", struct.pack("<d", MAGIC))[0]

LN2_HIGH, LN2_LOW = 0.6931471805599453, 2.3190468138462996e-17
LOG2_E = 1.4426950408889634

EXP_SERIES = (
    0.5,
    0.1666666666666667,
    0.04166666666666667,
    0.00833333333332612,
    0.0013888888888883737,
    0.00019841269874873975,
    2.480158732558584e-05,
    2.755725533255441e-06,
    2.7557273594799413e-07,
    2.510524515390137e-08,
    2.0914707069612355e-09,
)
"""(e^r - 1 - r) / r^2 for |r| < 0.3467: the Chebyshev fit of that degree, computed to 300 bits."""

EXP_HIGHEST, EXP_LOWEST = 710.0, -746.0
"""Beyond these the result is inf or 0, as it is at them."""

LOG_HIGH, LOG_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
"""log 2 with 21 low bits of the first part 0, so that a multiple by an exponent is exact (fdlibm)."""

LOG_SERIES = (
    6.666666666666735130e-01,
    3.999999999940941908e-01,
    2.857142874366239149e-01,
    2.222219843214978396e-01,
    1.818357216161805012e-01,
    1.531383769920937332e-01,
    1.479819860511658591e-01,
)
"""log((1 + s) / (1 - s)) = 2 s + s^3 P(s^2): P on |s| < 0.1716, by Remez (FreeBSD's e_log.c)."""

SQRT_HALF_BITS = 0x3FE6A09E667F3BCD
TANH_FLAT = 20.0
"""Where tanh is 1 to the last bit."""


def horner(w: Writer, x: str, coefficients: Sequence[float]) -> str:
    """The polynomial with these coefficients, the constant first."""
    total = real(coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        total = w.fma(total, x, real(coefficient))
    return total


def exp(w: Writer, x: str) -> str:
    """e^x = 2^n e^r with r = x - n log 2; 2^n in two factors, so that the last step rounds into the subnormals."""
    x = w.select(w.fcmp("ogt", x, real(EXP_HIGHEST)), real(EXP_HIGHEST), x)
    x = w.select(w.fcmp("olt", x, real(EXP_LOWEST)), real(EXP_LOWEST), x)
    magic, r = _reduced(w, x)
    tail = w.fma(w.fmul(r, r), horner(w, r, EXP_SERIES), r)
    n = w.integer("sub", w.bits(magic), MAGIC_BITS)
    half = w.integer("ashr", n, 1)
    value = w.fmul(w.fadd(tail, real(1.0)), _power_of_two(w, half))
    return w.fmul(value, _power_of_two(w, w.integer("sub", n, half)))


def tanh(w: Writer, x: str) -> str:
    """t / (t + 2) with t = e^(2|x|) - 1, which is 2^n (e^r - 1) + (2^n - 1): no digits cancel."""
    size = w.fabs(x)
    y = w.select(w.fcmp("ogt", size, real(TANH_FLAT)), real(2.0 * TANH_FLAT), w.fadd(size, size))
    magic, r = _reduced(w, y)
    tail = w.fma(w.fmul(r, r), horner(w, r, EXP_SERIES), r)
    power = _power_of_two(w, w.integer("sub", w.bits(magic), MAGIC_BITS))
    t = w.fma(power, tail, w.fsub(power, real(1.0)))
    value = w.fdiv(t, w.fadd(t, real(2.0)))
    return w.intrinsic("llvm.copysign.f64", value, x)


def _reduced(w: Writer, x: str) -> tuple[str, str]:
    """n + MAGIC and r with x = n log 2 + r."""
    magic = w.fma(x, real(LOG2_E), real(MAGIC))
    n = w.fsub(magic, real(MAGIC))
    return magic, w.fma(n, real(-LN2_LOW), w.fma(n, real(-LN2_HIGH), x))


def _power_of_two(w: Writer, n: str) -> str:
    """2^n for n from -1022 to 1023, by its bits."""
    return w.from_bits(w.integer("shl", w.integer("add", n, 1023), 52))


def log(w: Writer, x: str) -> str:
    """log x = k log 2 + log m with m between sqrt(1/2) and sqrt(2), and log m by s = (m - 1) / (m + 1)."""
    tiny = w.fcmp("olt", x, real(2.0**-1022))
    bits = w.bits(w.select(tiny, w.fmul(x, real(2.0**54)), x))
    above = w.integer("sub", bits, SQRT_HALF_BITS)
    exponent = w.integer("ashr", above, 52)
    f = w.fsub(w.from_bits(w.integer("sub", bits, w.integer("shl", exponent, 52))), real(1.0))
    k = w.value(f"sitofp i64 {w.integer('sub', exponent, w.select(tiny, '54', '0', 'i64'))} to double")
    s = w.fdiv(f, w.fadd(f, real(2.0)))
    square = w.fmul(s, s)
    rest = w.fmul(square, horner(w, square, LOG_SERIES))
    half = w.fmul(real(0.5), w.fmul(f, f))
    low = w.fadd(w.fmul(s, w.fadd(half, rest)), w.fmul(k, real(LOG_LOW)))
    value = w.fsub(w.fmul(k, real(LOG_HIGH)), w.fsub(w.fsub(half, low), f))
    return _log_edges(w, x, value)


def _log_edges(w: Writer, x: str, value: str) -> str:
    """0, inf, what is below 0 and nan."""
    value = w.select(w.fcmp("oeq", x, real(math.inf)), x, value)
    value = w.select(w.fcmp("oeq", x, real(0.0)), real(-math.inf), value)
    return w.select(w.fcmp("uge", x, real(0.0)), w.select(w.fcmp("uno", x, x), x, value), real(math.nan))
