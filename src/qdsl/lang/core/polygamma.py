"""Digamma and trigamma in plain double arithmetic: the derivatives of log Γ that C's library lacks.

In: a float. Out: a float, never an exception; relative error below 1e-14 for x > 0. Left of zero, digamma crosses zero
between every two poles, and there the error is 1e-14 of π / tan(π x), the larger of the two terms it is made of.
At the poles trigamma is inf and digamma nan, except at ±0, where its limit from that side is known.

Method: the asymptotic series (Abramowitz and Stegun 6.3.18, 6.4.12) from 10 up, recurrence from below, reflection
left of zero, and for digamma a Taylor series around its positive root, where the recurrence would cancel. Every step
is a multiplication, a division or an addition, so machine code can repeat it; only log and tan come from a library.
"""

from __future__ import annotations

import math

SERIES_FROM = 10.0
"""Where the asymptotic series starts: its first neglected term is below 1e-17 there."""

DIGAMMA_SERIES = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12, -3617 / 8160)
"""B(2k) / 2k for k = 1, 2, .. with Bernoulli's numbers B."""

TRIGAMMA_SERIES = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)
"""B(2k) for k = 1, 2, .."""

ROOT_HIGH, ROOT_LOW = 1.4616321449683622, 9.549995429965697e-17
"""Digamma's only positive root, as a sum of two doubles."""

ROOT_REACH = 0.25
"""The Taylor series is used this close to the root; its first neglected term is below 2e-16 of the sum there."""

ROOT_SERIES = (
    0.9676722454476212,
    -0.4427631689835921,
    0.258499760955651,
    -0.16394270544240652,
    0.10782405069126237,
    -0.07219956125645471,
    0.04880428816414311,
    -0.03316112647484736,
    0.022597648232218104,
    -0.01542476590494896,
    0.010538791616612175,
    -0.007204534386356869,
    0.004926781395729853,
    -0.003369801655439328,
    0.002305126326734928,
    -0.0015769367714301972,
    0.0010788252019162967,
    -0.0007380709389960052,
    0.000504953265834602,
    -0.0003454680251063077,
)
"""polygamma(n, root) / n! for n = 1, 2, .."""


def digamma(x: float) -> float:
    """d/dx log Γ(x)."""
    if x == 0.0:
        return math.copysign(math.inf, -x)
    if not math.isfinite(x):
        return x if x > 0.0 else math.nan
    if x < 0.0:
        turn = _from_integer(x)
        return digamma(1.0 - x) - math.pi / math.tan(math.pi * turn) if turn else math.nan
    if abs(x - ROOT_HIGH) < ROOT_REACH:
        distance = (x - ROOT_HIGH) - ROOT_LOW
        return distance * _horner(ROOT_SERIES, distance)
    below = 0.0
    while x < SERIES_FROM:
        below += 1.0 / x
        x += 1.0
    square = 1.0 / (x * x)
    return math.log(x) - 0.5 / x - square * _horner(DIGAMMA_SERIES, square) - below


def trigamma(x: float) -> float:
    """The derivative of digamma."""
    if not math.isfinite(x):
        return 0.0 if x > 0.0 else math.nan
    if x <= 0.0:
        turn = _from_integer(x)
        if not turn:
            return math.inf
        sine = math.sin(math.pi * turn)
        return (math.pi / sine) * (math.pi / sine) - trigamma(1.0 - x)
    below = 0.0
    while x < SERIES_FROM:
        inverse = 1.0 / x  # squared after the division: x * x would underflow
        below += inverse * inverse
        x += 1.0
    inverse = 1.0 / x
    square = inverse * inverse
    return inverse + 0.5 * square + inverse * square * _horner(TRIGAMMA_SERIES, square) + below


def _from_integer(x: float) -> float:
    """x less its nearest integer, exactly: what tan(π x) and sin(π x)² depend on."""
    return x - round(x)


def _horner(coefficients: tuple[float, ...], x: float) -> float:
    total = 0.0
    for coefficient in reversed(coefficients):
        total = total * x + coefficient
    return total
