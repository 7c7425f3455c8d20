"""hypot as a straight line of instructions, where neither square can leave the doubles; elsewhere the C library's.

The square root of a rounded sum is corrected by what the rounding lost, which fused multiply-adds give exactly: C. F.
Borges, An improved algorithm for hypot(a, b), arXiv:1904.09481, algorithm 5.
"""

from __future__ import annotations

from qdsl.lang.native.writer import Writer, real

SMALLEST, LARGEST = 2.0**-400, 2.0**500


def in_reach(w: Writer, x: str, y: str) -> str:
    """Whether the larger one's square is safely within the doubles; it is not for nan."""
    larger = w.intrinsic("llvm.maximum.f64", w.fabs(x), w.fabs(y))
    low = w.fcmp("oge", larger, real(SMALLEST))
    high = w.fcmp("ole", larger, real(LARGEST))
    return w.value(f"and i1 {low}, {high}")


def hypot(w: Writer, x: str, y: str) -> str:
    """sqrt(x^2 + y^2)."""
    x, y = w.fabs(x), w.fabs(y)
    swapped = w.fcmp("olt", x, y)
    a, b = w.select(swapped, y, x), w.select(swapped, x, y)
    b_square = w.fmul(b, b)
    h = w.intrinsic("llvm.sqrt.f64", w.fma(a, a, b_square))
    h_square, a_square = w.fmul(h, h), w.fmul(a, a)
    excess = w.fma(w.fneg(b), b, w.fsub(h_square, a_square))
    excess = w.fadd(excess, w.fma(h, h, w.fneg(h_square)))
    excess = w.fsub(excess, w.fma(a, a, w.fneg(a_square)))
    return w.fsub(h, w.fdiv(excess, w.fadd(h, h)))
