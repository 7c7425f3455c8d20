"""Uncertain numbers: how they are written, and that siblings stay correlated."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qdsl.lang.typed.dimension import ONE, RATE, TIME
from qdsl.lang.typed.tree import DisplayUnit
from qdsl.runtime.value.estimate import (
    correlation,
    covariance,
    independent,
    propagated,
    shown_estimate,
    siblings,
)

NS = DisplayUnit("ns", 1e-9)
KHZ = DisplayUnit("kHz", 1e3)


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (23.8775, 0.6475, "23.88(65)"),
        (0.92271, 0.01153, "0.923(12)"),
        (0.03957, 0.01274, "0.040(13)"),
        (1.0, 0.0996, "1.00(10)"),  # rounded to two digits, the error gains one
        (23.88, 6.5, "23.9(65)"),
        (1234.4, 56.0, "1234(56)"),
        (12340.0, 560.0, "1.234(56)e4"),
        (6.6743e-11, 1.5e-15, "6.67430(15)e-11"),
        (-0.25, 0.013, "-0.250(13)"),
        (0.0, 1.2, "0.0(12)"),
        (0.5, 1200.0, "0.0(12)e3"),
        (1.5, 0.0, "1.5(0)"),
        (24.0, 0.0, "24.0(0)"),
        (0.5, math.inf, "0.5 ± inf"),
        (0.5, math.nan, "0.5 ± nan"),
        (math.nan, 1.0, "nan ± 1"),
        (math.inf, 1.0, "inf ± 1"),
    ],
)
def test_two_digits_of_the_error(value: float, error: float, text: str) -> None:
    assert shown_estimate(value, error) == text


def test_units() -> None:
    assert shown_estimate(23.8775e-9, 0.6475e-9, TIME, NS) == "23.88(65) ns"
    assert shown_estimate(23.8775e-9, 0.6475e-9, TIME) == "23.88(65) ns"
    assert shown_estimate(0.0, 0.6475e-9, TIME) == "0.0(65)e2 ps"
    assert str(independent(1e-6, 1e-9, TIME, NS)) == "1000.0(10) ns"


@given(st.floats(0.01, 9e5), st.floats(1e-4, 9e3))
def test_what_is_written_reads_back_within_the_digits(value: float, error: float) -> None:
    mantissa, _, rest = shown_estimate(value, error).partition("(")
    digits, _, exponent = rest.partition(")")
    scale = 10.0 ** int(exponent[1:] or 0)
    unit = 10.0 ** -len(mantissa.partition(".")[2]) * scale
    assert int(digits) * unit == pytest.approx(error, rel=0.051)
    assert float(mantissa) * scale == pytest.approx(value, abs=0.5001 * unit)


def test_independent_errors_add_as_squares() -> None:
    a, b = independent(3.0, 0.3), independent(4.0, 0.4)
    total = propagated(7.0, [(a, 1.0), (b, 1.0)])
    assert total.error == pytest.approx(0.5)
    assert covariance(a, b) == 0.0


def test_a_number_minus_itself_is_exact() -> None:
    a = independent(3.0, 0.3)
    assert propagated(0.0, [(a, 1.0), (a, -1.0)]).error == 0.0
    assert propagated(9.0, [(a, 3.0), (a, 3.0)]).error == pytest.approx(1.8)  # a*a, not two numbers like a


def test_siblings_carry_their_covariance_through_a_chain() -> None:
    x, y = siblings([2.0, 5.0], [[0.04, -0.03], [-0.03, 0.09]], [TIME, ONE], [NS, None])
    assert (x.error, y.error) == pytest.approx((0.2, 0.3))
    assert correlation(x, y) == pytest.approx(-0.5)
    total = propagated(7.0, [(x, 1.0), (y, 1.0)])
    assert total.error == pytest.approx(math.sqrt(0.04 + 0.09 - 0.06))
    back = propagated(2.0, [(total, 1.0), (y, -1.0)])
    assert back.error == pytest.approx(x.error)
    assert correlation(back, x) == pytest.approx(1.0)


def test_an_unknown_error_stays_unknown_and_touches_nobody_else() -> None:
    x, y = siblings([1.0, 2.0], [[math.nan, math.nan], [math.nan, 0.09]], [ONE, ONE], [None, None])
    assert math.isnan(x.error)
    assert y.error == pytest.approx(0.3)
    assert math.isnan(propagated(3.0, [(x, 1.0), (y, 1.0)]).error)


def test_a_limitless_error_is_infinite() -> None:
    x, y = siblings([1.0, 2.0], [[math.inf, math.nan], [math.nan, 0.09]], [RATE, ONE], [KHZ, None])
    assert x.error == math.inf
    assert y.error == pytest.approx(0.3)


def test_negation_keeps_unit_and_error() -> None:
    a = independent(2e-9, 1e-10, TIME, NS)
    assert str(-a) == "-2.00(10) ns"
