"""Numbers and quantities as they are written."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qdsl.lang.typed.dimension import FREQUENCY, ONE, RATE, TIME, Dimension, base
from qdsl.lang.typed.tree import DisplayUnit
from qdsl.runtime.value.quantity import number, shown
from qdsl.runtime.value.units import product_text

ENERGY = Dimension({"Mass": 1, "Length": 2, "Time": -2})
ACCELERATION = Dimension({"Length": 1, "Time": -2})
NOISE = Dimension({"Mass": 1, "Length": 2, "Time": Fraction(-5, 2), "Current": -1})


@pytest.mark.parametrize(
    ("value", "dimension", "text"),
    [
        (3.2e-6, TIME, "3.2 us"),
        (999.9999e-9, TIME, "1 us"),  # rounded to six digits first, then given its prefix
        (999.999e-9, TIME, "999.999 ns"),
        (3600.0, TIME, "3600 s"),
        (0.0, TIME, "0 s"),
        (-1.5e-3, TIME, "-1.5 ms"),
        (1e-25, TIME, "1e-25 s"),
        (5e9, FREQUENCY, "5 GHz"),
        (2.5e6, RATE, "2.5e6 1/s"),
        (2.0, base("Mass"), "2 kg"),
        (2e-3, base("Mass"), "2 g"),
        (5e-9, base("Mass"), "5 ug"),
        (9.81, ACCELERATION, "9.81 m/s^2"),
        (1.6e-17, ENERGY, "16 aJ"),
        (6.62607015e-34, Dimension({"Mass": 1, "Length": 2, "Time": -1}), "6.62607e-34 J*s"),
        (4.0, NOISE, "4 kg*m^2/A/s^(5/2)"),
        (math.inf, TIME, "inf s"),
        (math.nan, FREQUENCY, "nan Hz"),
        (1.0, base("Doses"), "1 Doses"),
        (101, ONE, "101"),
        (10_000_000, ONE, "10000000"),
        (1e7, ONE, "1e7"),
        (0.1234567, ONE, "0.123457"),
        (True, ONE, "true"),
        (1.5 - 2j, ONE, "(1.5 - 2i)"),
    ],
)
def test_without_a_display_unit_the_best_prefix_is_taken(value: float, dimension: Dimension, text: str) -> None:
    assert shown(value, dimension) == text


def test_a_display_unit_is_kept() -> None:
    assert shown(3.2e-6, TIME, DisplayUnit("ns", 1e-9)) == "3200 ns"
    assert shown(268.15, base("Temperature"), DisplayUnit("degC", 1.0, 273.15)) == "-5 degC"
    assert shown(0.25, ONE, DisplayUnit("percent", 0.01)) == "25 percent"


@pytest.mark.parametrize("count", range(1, 1000, 37))
def test_whole_numbers_of_a_small_unit_stay_whole(count: int) -> None:
    assert shown(float(f"{count}e-9"), TIME, DisplayUnit("ns", 1e-9)) == f"{count} ns"


def test_a_dimension_is_written_as_in_a_program() -> None:
    assert product_text(ACCELERATION) == "Length/Time^2"
    assert product_text(ONE) == ""
    assert product_text(RATE) == "1/Time"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_right_to_six_digits(value: float) -> None:
    assert float(number(value)) == pytest.approx(value, rel=5.0001e-6, abs=5e-324)


@given(st.floats(min_value=1e-15, max_value=0.999e3))
def test_a_prefixed_time_reads_between_one_and_a_thousand(value: float) -> None:
    mantissa = float(shown(value, TIME).split()[0])
    assert 1.0 <= mantissa < 1000.0
