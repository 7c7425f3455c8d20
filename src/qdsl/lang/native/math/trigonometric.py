"""sin and cos as straight lines of instructions, for arguments up to 2^30; beyond, the C library's.

The argument is brought to |r| <= pi/4 by taking away n pi/2, with pi/2 in three doubles and the sum r + low kept
exact to well below the last bit; then a polynomial for sin or cos, whichever n asks for, and its sign. The
polynomials are FreeBSD's (k_sin.c, k_cos.c). The errors measured are in docs/accuracy.md.
"""

from __future__ import annotations

from qdsl.lang.native.math.exponential import MAGIC, horner
from qdsl.lang.native.writer import Writer, real

TWO_OVER_PI = 0.6366197723675814
HALF_PI = (1.5707963267948966, 6.123233995736766e-17, -1.4973849048591698e-33)
"""pi/2 as a sum of three doubles."""

LARGEST = 2.0**30
"""Above it the three parts of pi/2 are no longer enough."""

SIN_SERIES = (
    -1.66666666666666324348e-01,
    8.33333333332248946124e-03,
    -1.98412698298579493134e-04,
    2.75573137070700676789e-06,
    -2.50507602534068634195e-08,
    1.58969099521155010221e-10,
)
COS_SERIES = (
    4.16666666666666019037e-02,
    -1.38888888888741095749e-03,
    2.48015872894767294178e-05,
    -2.75573143513906633035e-07,
    2.08757232129817482790e-09,
    -1.13596475577881948265e-11,
)


def in_reach(w: Writer, x: str) -> str:
    """Whether the formulas hold; they do not for nan."""
    return w.fcmp("ole", w.fabs(x), real(LARGEST))


def sin(w: Writer, x: str) -> str:
    value = _quadrant(w, x, "0")
    return w.select(w.fcmp("oeq", x, real(0.0)), x, value)  # -0 stays -0


def cos(w: Writer, x: str) -> str:
    return _quadrant(w, x, "1")


def _quadrant(w: Writer, x: str, ahead: str) -> str:
    """sin(x + ahead pi/2)."""
    magic = w.fma(x, real(TWO_OVER_PI), real(MAGIC))
    r, low = _reduced(w, x, w.fsub(magic, real(MAGIC)))
    quadrant = w.integer("add", w.bits(magic), ahead)
    odd = w.value(f"trunc i64 {quadrant} to i1")
    value = w.select(odd, _cos_near_zero(w, r, low), _sin_near_zero(w, r, low))
    sign = w.integer("shl", w.integer("and", quadrant, 2), 62)
    return w.from_bits(w.integer("xor", w.bits(value), sign))


def _reduced(w: Writer, x: str, n: str) -> tuple[str, str]:
    """x - n pi/2 as a sum of two doubles: the first difference is exact, the second is taken apart (TwoDiff)."""
    high = w.fma(n, real(-HALF_PI[0]), x)
    product = w.fmul(n, real(HALF_PI[1]))
    lost = w.fma(n, real(HALF_PI[1]), w.fneg(product))
    r = w.fsub(high, product)
    back = w.fsub(high, r)
    low = w.fadd(w.fsub(high, w.fadd(r, back)), w.fsub(back, product))
    return r, w.fma(n, real(-HALF_PI[2]), w.fsub(low, lost))


def _sin_near_zero(w: Writer, r: str, low: str) -> str:
    """r + (low - r^2/2 low + r^3 S(r^2))."""
    square = w.fmul(r, r)
    correction = w.fma(w.fmul(square, real(0.5)), w.fneg(low), low)
    return w.fadd(r, w.fma(w.fmul(square, r), horner(w, square, SIN_SERIES), correction))


def _cos_near_zero(w: Writer, r: str, low: str) -> str:
    """1 - r^2/2, what that rounding lost, and (r^4 C(r^2) - r low)."""
    square = w.fmul(r, r)
    half = w.fmul(square, real(0.5))
    head = w.fsub(real(1.0), half)
    lost = w.fsub(w.fsub(real(1.0), head), half)
    rest = w.fma(w.fmul(square, square), horner(w, square, COS_SERIES), w.fma(r, w.fneg(low), lost))
    return w.fadd(head, rest)
