"""The mathematical functions keep what docs/accuracy.md claims, and say the same alone and in a vector loop."""

from __future__ import annotations

import itertools
import math
import random

import mpmath
import pytest
from tests.core.outcome import bits
from tests.native.accuracy import PAGE, answers, compiled, hunted, judged, stated
from tests.native.samples import FUNCTIONS, SPECIAL, Function, points

from qdsl.lang.core.primitives import PRIMITIVES
from qdsl.lang.native import target
from qdsl.lang.native.math.functions import FORMULAS
from qdsl.runtime.kernel import Kernel

POINTS = 250
LIBRARY_CLAIM = 10.0
each_function = pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.title)


@pytest.fixture(scope="module")
def calls() -> dict[str, Kernel]:
    return compiled()


def claimed(function: Function) -> float:
    """The page's claim is of our formulas; where the C library stands in for them, nothing finer is claimed."""
    ours = target.host().has_fma or function.name not in FORMULAS
    return function.claim if ours else LIBRARY_CLAIM


@each_function
def test_errors_are_within_the_claim(calls: dict[str, Kernel], function: Function) -> None:
    """At points drawn by chance, and at the worst that lie around them."""
    found = judged(function, calls[function.name], points(function, POINTS))
    if function.name in FORMULAS and target.host().has_fma:
        found = hunted(function, calls[function.name], found, rounds=2)
    assert found[0].error <= claimed(function), found[0].point


@each_function
def test_one_at_a_time_gives_the_bits_of_the_vector_loop(calls: dict[str, Kernel], function: Function) -> None:
    where = points(function, POINTS)
    alone = [calls[function.name](*point, nonfinite="keep") for point in where]
    assert bits(tuple(alone)) == bits(tuple(answers(calls[function.name], where)))


@each_function
def test_special_arguments_give_what_the_interpreter_gives(calls: dict[str, Kernel], function: Function) -> None:
    """Zeros with their signs, infinities and nan exactly; other numbers within both errors."""
    primitive = PRIMITIVES[function.name]
    for arguments in itertools.product(SPECIAL, repeat=len(primitive.operands)):
        expected = primitive.evaluate(*arguments)
        for found in (
            calls[function.name](*arguments, nonfinite="keep"),
            answers(calls[function.name], [arguments] * 16)[7],
        ):
            if math.isfinite(expected) and expected != 0.0:
                assert abs(found - expected) <= (claimed(function) + 1.0) * math.ulp(expected), arguments
            else:
                assert bits(found) == bits(expected), arguments


def test_the_page_states_the_claims() -> None:
    """And saw nothing beyond them."""
    page = stated(PAGE.read_text(encoding="utf-8"))
    assert {title: claim for title, (_, claim) in page.items()} == {each.title: each.claim for each in FUNCTIONS}
    assert all(seen <= claim for seen, claim in page.values())


def test_lgamma_left_of_zero() -> None:
    """It crosses zero between the poles, so its error is one of the terms it is the difference of."""
    dice = random.Random(3)
    where = [-dice.uniform(0, 50) for _ in range(300)] + [
        -math.ldexp(dice.uniform(1, 2), -each) for each in range(1074)
    ]
    call = compiled()["lgamma"]
    for x, found in zip(where, answers(call, [(x,) for x in where]), strict=True):
        with mpmath.workprec(1300 if abs(x) < 1e-30 else 200):
            truth = mpmath.log(abs(mpmath.gamma(mpmath.mpf(x))))
            size = max(abs(truth), abs(mpmath.loggamma(-mpmath.mpf(x))))
            assert abs(found - truth) <= 1.25 * math.ulp(float(size)), x
