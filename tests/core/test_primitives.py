"""The primitives mean what IEEE 754, C and the page in `core.primitives` say."""

from __future__ import annotations

import math
import random
from typing import Any

import mpmath
import pytest
from tests.core.outcome import bits

from qdsl.lang.core.ir import INT, REAL, Code
from qdsl.lang.core.primitives import INT_MAX, INT_MIN, PRIMITIVES, Stop

INF, NAN = math.inf, math.nan


def evaluate(name: str, *operands: Any) -> Any:
    return PRIMITIVES[name].evaluate(*operands)


@pytest.mark.parametrize(
    ("name", "operands", "answer"),
    [
        ("div", (1.0, 0.0), INF),
        ("div", (1.0, -0.0), -INF),
        ("div", (0.0, 0.0), NAN),
        ("sqrt", (-1.0,), NAN),
        ("sqrt", (-0.0,), -0.0),
        ("exp", (1000.0,), INF),
        ("expm1", (1000.0,), INF),
        ("log", (0.0,), -INF),
        ("log", (-1.0,), NAN),
        ("log2", (-0.0,), -INF),
        ("log10", (0.0,), -INF),
        ("log1p", (-1.0,), -INF),
        ("sin", (INF,), NAN),
        ("acos", (2.0,), NAN),
        ("acosh", (0.5,), NAN),
        ("atanh", (-1.0,), -INF),
        ("atanh", (2.0,), NAN),
        ("sinh", (-1000.0,), -INF),
        ("cosh", (-1000.0,), INF),
        ("hypot", (INF, NAN), INF),
        ("lgamma", (-3.0,), INF),
        ("lgamma", (1e306,), INF),
        ("pow", (0.0, -3.0), INF),
        ("pow", (-0.0, -3.0), -INF),
        ("pow", (-8.0, 1 / 3), NAN),
        ("pow", (-10.0, 309.0), -INF),
        ("pow", (NAN, 0.0), 1.0),
        ("pow", (1e160, -2.0), 1e-320),
        ("pow", (-1e-170, 3.0), -0.0),
        ("min", (0.0, -0.0), -0.0),
        ("max", (-0.0, 0.0), 0.0),
        ("min", (1.0, NAN), NAN),
        ("max", (NAN, 1.0), NAN),
        ("copysign", (3.0, -0.0), -3.0),
        ("copysign", (3.0, -NAN), NAN),
        ("floor", (-0.5,), -1.0),
        ("ceil", (-0.5,), -0.0),
        ("trunc", (-0.5,), -0.0),
        ("floor", (-INF,), -INF),
        ("round", (2.5,), 2.0),
        ("round", (-0.4,), -0.0),
        ("round", (NAN,), NAN),
        ("fma", (1e308, 10.0, -INF), -INF),
        ("fma", (INF, 0.0, 1.0), NAN),
        ("fma", (1.0, -1.0, 1.0), 0.0),
        ("fma", (-0.0, 1.0, -0.0), -0.0),
        ("fma", (1e-200, -1e-200, 0.0), -0.0),
        ("fma", (1.0 + 2**-30, 1.0 + 2**-30, -(1.0 + 2**-29)), 2.0**-60),
        ("eq", (NAN, NAN), False),
        ("ne", (NAN, NAN), True),
        ("is_finite", (INF,), False),
        ("to_int", (-2.7,), -2),
        ("to_int", (-(2.0**63),), INT_MIN),
        ("idiv", (-7, 2), -4),
        ("imod", (-7, 2), 1),
        ("imod", (7, -2), -1),
        ("imod", (INT_MIN, -1), 0),
        ("ipow", (-2, 63), INT_MIN),
        ("ipow", (-1, 2**62 + 1), -1),
        ("ipow", (0, 0), 1),
        ("wadd", (INT_MAX, 1), INT_MIN),
        ("wmul", (2**62, 4), 0),
        ("wsub", (INT_MIN, 1), INT_MAX),
        ("shl", (1, 63), INT_MIN),
        ("shl", (5, 64), 5),
        ("shr", (-1, 60), 15),
        ("shr", (-1, 0), -1),
        ("digamma", (-0.0,), INF),
        ("digamma", (-2.0,), NAN),
        ("trigamma", (-2.0,), INF),
        ("digamma", (INF,), INF),
        ("trigamma", (INF,), 0.0),
    ],
)
def test_edge(name: str, operands: tuple[Any, ...], answer: Any) -> None:
    assert bits(evaluate(name, *operands)) == bits(answer)


@pytest.mark.parametrize(
    ("name", "operands", "code"),
    [
        ("iadd", (INT_MAX, 1), Code.OVERFLOW),
        ("isub", (INT_MIN, 1), Code.OVERFLOW),
        ("imul", (2**62, 2), Code.OVERFLOW),
        ("ineg", (INT_MIN,), Code.OVERFLOW),
        ("iabs", (INT_MIN,), Code.OVERFLOW),
        ("idiv", (INT_MIN, -1), Code.OVERFLOW),
        ("idiv", (1, 0), Code.DIVISION),
        ("imod", (1, 0), Code.DIVISION),
        ("ipow", (2, 63), Code.OVERFLOW),
        ("ipow", (3, 10**18), Code.OVERFLOW),
        ("ipow", (2, -1), Code.DOMAIN),
        ("to_int", (2.0**63,), Code.CAST),
        ("to_int", (NAN,), Code.CAST),
    ],
)
def test_stops(name: str, operands: tuple[Any, ...], code: Code) -> None:
    with pytest.raises(Stop) as stop:
        evaluate(name, *operands)
    assert stop.value.code is code
    assert code in PRIMITIVES[name].fails


REALS = (0.0, -0.0, 0.5, -1.0, 1.0, 3.7, -1e300, 1e300, 5e-324, INF, -INF, NAN)
INTS = (0, 1, -1, 2, 63, 64, -7, INT_MIN, INT_MAX)


@pytest.mark.parametrize("name", PRIMITIVES)
def test_nothing_else_is_raised_and_results_have_their_kind(name: str) -> None:
    """At every combination of difficult operands: an answer of the primitive's own type, or a stop its row tells of."""
    primitive = PRIMITIVES[name]
    choices = [REALS if kind is REAL else INTS if kind is INT else (False, True) for kind in primitive.operands]
    kind = {"real": float, "int": int, "bool": bool}[primitive.result.value]
    stops = set()
    for operands in _product(choices):
        try:
            result = primitive.evaluate(*operands)
        except Stop as stop:
            stops.add(stop.code)
        else:
            assert type(result) is kind
            assert kind is not int or INT_MIN <= result <= INT_MAX
            if primitive.commutes:
                assert bits(result) == bits(primitive.evaluate(*reversed(operands)))
    assert stops == set(primitive.fails)


def _product(choices: list[Any]) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = [()]
    for each in choices:
        rows = [(*row, value) for row in rows for value in each]
    return rows


def test_digamma_and_trigamma_are_accurate() -> None:
    """Relative to 1e-14 for positive x, the neighbourhood of digamma's root included, and trigamma everywhere."""
    dice = random.Random(1)
    points = [10.0 ** dice.uniform(-8, 6) for _ in range(300)] + [
        1.4616321449683622 + d for d in (0, 2e-16, 1e-9, 0.24)
    ]
    with mpmath.workdps(40):
        for x in points:
            assert evaluate("digamma", x) == pytest.approx(float(mpmath.digamma(x)), rel=1e-14)
            assert evaluate("trigamma", x) == pytest.approx(float(mpmath.polygamma(1, x)), rel=1e-14)
        for x in [dice.uniform(-30, 0) for _ in range(100)]:
            larger = abs(mpmath.pi / mpmath.tan(mpmath.pi * x))
            assert abs(evaluate("digamma", x) - mpmath.digamma(x)) < 1e-14 * max(larger, 3)
            assert evaluate("trigamma", x) == pytest.approx(float(mpmath.polygamma(1, x)), rel=1e-14)


def test_small_powers_are_within_two_units_in_the_last_place() -> None:
    dice = random.Random(2)
    for _ in range(2000):
        x = dice.choice((-1, 1)) * 10.0 ** dice.uniform(-70, 70)
        for n in (-2, -1, 2, 3, 4):
            exact = mpmath.mpf(x) ** n
            assert abs(evaluate("pow", x, float(n)) - exact) <= 2 * math.ulp(float(exact))
