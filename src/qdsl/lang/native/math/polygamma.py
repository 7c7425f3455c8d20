"""digamma and trigamma as core IR: the steps of `core.polygamma`, written with a `Builder`.

The C library has neither. As core functions they go the way of the user's: careful and fast, vector or not. The
recurrence always takes its ten steps and selects, so that it may run on any argument.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from qdsl.lang.core.builder import Builder
from qdsl.lang.core.ir import REAL, Function, Value
from qdsl.lang.core.polygamma import (
    DIGAMMA_SERIES,
    ROOT_HIGH,
    ROOT_LOW,
    ROOT_REACH,
    ROOT_SERIES,
    SERIES_FROM,
    TRIGAMMA_SERIES,
)

STEPS = 10
"""From just above zero to `SERIES_FROM`, by ones."""


def digamma() -> Function:
    b = Builder()
    x = b.parameter(REAL, "x")
    zero, one = b.const(0.0), b.const(1.0)
    left = b.op("lt", x, zero)
    y = b.select(left, b.op("sub", one, x), x)
    distance = b.op("sub", b.op("sub", y, b.const(ROOT_HIGH)), b.const(ROOT_LOW))
    near = b.op("lt", b.op("abs", b.op("sub", y, b.const(ROOT_HIGH))), b.const(ROOT_REACH))
    positive = b.select(near, b.op("mul", distance, _horner(b, ROOT_SERIES, distance)), _digamma_series(b, y))
    turn = b.op("sub", x, b.op("round", x))
    cotangent = b.op("div", b.const(math.pi), b.op("tan", b.op("mul", b.const(math.pi), turn)))
    reflected = b.select(b.op("eq", turn, zero), b.const(math.nan), b.op("sub", positive, cotangent))
    value = b.select(left, reflected, positive)
    pole = b.op("copysign", b.const(math.inf), b.op("neg", x))
    value = b.select(b.op("eq", x, zero), pole, value)
    limit = b.select(b.op("gt", x, zero), x, b.const(math.nan))
    return b.function("math.digamma", (b.select(b.op("is_finite", x), value, limit),))


def trigamma() -> Function:
    b = Builder()
    x = b.parameter(REAL, "x")
    zero, one = b.const(0.0), b.const(1.0)
    left = b.op("le", x, zero)
    positive = _trigamma_series(b, b.select(left, b.op("sub", one, x), x))
    turn = b.op("sub", x, b.op("round", x))
    cosecant = b.op("div", b.const(math.pi), b.op("sin", b.op("mul", b.const(math.pi), turn)))
    reflected = b.op("sub", b.op("mul", cosecant, cosecant), positive)
    reflected = b.select(b.op("eq", turn, zero), b.const(math.inf), reflected)
    limit = b.select(b.op("gt", x, zero), zero, b.const(math.nan))
    value = b.select(b.op("is_finite", x), b.select(left, reflected, positive), limit)
    return b.function("math.trigamma", (value,))


def _digamma_series(b: Builder, y: Value) -> Value:
    def term(inner: Builder, at: Value) -> Value:
        return inner.op("div", inner.const(1.0), at)

    below, x = _recurrence(b, y, term)
    one = b.const(1.0)
    square = b.op("div", one, b.op("mul", x, x))
    value = b.op("sub", b.op("log", x), b.op("div", b.const(0.5), x))
    return b.op("sub", b.op("sub", value, b.op("mul", square, _horner(b, DIGAMMA_SERIES, square))), below)


def _trigamma_series(b: Builder, y: Value) -> Value:
    def term(inner: Builder, at: Value) -> Value:
        inverse = inner.op("div", inner.const(1.0), at)
        return inner.op("mul", inverse, inverse)

    below, x = _recurrence(b, y, term)
    inverse = b.op("div", b.const(1.0), x)
    square = b.op("mul", inverse, inverse)
    value = b.op("add", inverse, b.op("mul", b.const(0.5), square))
    tail = b.op("mul", b.op("mul", inverse, square), _horner(b, TRIGAMMA_SERIES, square))
    return b.op("add", b.op("add", value, tail), below)


def _recurrence(b: Builder, y: Value, term: Callable[[Builder, Value], Value]) -> tuple[Value, Value]:
    """The sum of the terms at y, y + 1, ... below `SERIES_FROM`, and the first argument that is not."""

    def step(inner: Builder, _: Value, below: Value, x: Value) -> Sequence[Value]:
        small = inner.op("lt", x, inner.const(SERIES_FROM))
        added = inner.select(small, term(inner, x), inner.const(0.0))
        return inner.op("add", below, added), inner.op(
            "add", x, inner.select(small, inner.const(1.0), inner.const(0.0))
        )

    below, x = b.for_(b.const(0), b.const(STEPS), (b.const(0.0), y), step)
    return below, x


def _horner(b: Builder, coefficients: Sequence[float], x: Value) -> Value:
    total = b.const(0.0)
    for coefficient in reversed(coefficients):
        total = b.op("add", b.op("mul", total, x), b.const(coefficient))
    return total
