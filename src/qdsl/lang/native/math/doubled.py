"""Numbers as unevaluated sums of two doubles, for the steps that must be exact to more than one.

    p = product(x, y)       p.high + p.low is x * y to the last bit

The steps are Dekker's and Knuth's with fused multiply-add (Muller et al., Handbook of Floating-Point Arithmetic, 2nd
edition, sections 4.3 and 14.1). Where nothing else is said the relative error is below 2^-100.
"""

from __future__ import annotations

from dataclasses import dataclass

from qdsl.lang.native.math.formula import Mask, Real, where


@dataclass(frozen=True, slots=True)
class Pair:
    """high + low, where low is at most half a unit in the last place of high."""

    high: Real
    low: Real

    def __add__(self, other: Pair) -> Pair:
        """Where `self` is the larger, or 0."""
        total = ordered_sum(self.high, other.high)
        return ordered_sum(total.high, total.low + (self.low + other.low))

    def __mul__(self, other: Pair) -> Pair:
        exact = product(self.high, other.high)
        return ordered_sum(exact.high, exact.low + self.high.fma(other.low, self.low * other.high))

    def times(self, factor: Real | float) -> Pair:
        """By a double."""
        high = self.high * factor
        return ordered_sum(high, self.low * factor + self.high.fma(factor, -high))

    def __truediv__(self, other: Pair) -> Pair:
        """To about 2^-100; the remainder of the first quotient is exact."""
        inverse = 1.0 / other.high
        high = self.high * inverse
        rest = (-high).fma(other.high, self.high) + (self.low - high * other.low)
        return ordered_sum(high, rest * inverse)

    def __neg__(self) -> Pair:
        return Pair(-self.high, -self.low)

    def sqrt(self) -> Pair:
        """0 of 0."""
        high = self.high.sqrt()
        rest = (-high).fma(high, self.high) + self.low
        return Pair(high, where(high > 0.0, rest / (high + high), 0.0))

    def value(self) -> Real:
        return self.high + self.low


def ordered_sum(a: Real | float, b: Real) -> Pair:
    """a + b where |a| >= |b|, or a is 0."""
    high = a + b
    return Pair(high, b - (high - a))


def exact_sum(a: Real, b: Real | float) -> Pair:
    """a + b for any two."""
    high = a + b
    part = high - a
    return Pair(high, (a - (high - part)) + (b - part))


def product(a: Real, b: Real | float) -> Pair:
    """a * b."""
    high = a * b
    return Pair(high, a.fma(b, -high))


def constant(like: Pair, high: float, low: float) -> Pair:
    """A number as wide as that one."""
    return Pair(like.high.constant(high), like.high.constant(low))


def choose(mask: Mask, yes: Pair, no: Pair) -> Pair:
    return Pair(where(mask, yes.high, no.high), where(mask, yes.low, no.low))
