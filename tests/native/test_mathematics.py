"""The mathematical functions keep what docs/accuracy.md claims, and say the same alone and in a vector loop."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import pytest
from tests.core.outcome import bits
from tests.native.accuracy import FUNCTIONS, Function, answers, compiled, error_in_ulps, points

from qdsl.lang.core.primitives import PRIMITIVES
from qdsl.runtime.kernel import Kernel

POINTS = 250
SPECIAL = (0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -2.0, 5e-324, 1e-310, 1e308, -1e308, math.inf, -math.inf, math.nan)
each_function = pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.title)


@pytest.fixture(scope="module")
def calls() -> dict[str, Kernel]:
    return compiled()


@each_function
def test_errors_are_within_the_claim(calls: dict[str, Kernel], function: Function) -> None:
    where = points(function, POINTS)
    found = answers(calls[function.name], where)
    worst = max(zip(map(error_in_ulps, [function] * len(where), where, found), where, strict=True))
    assert worst[0] <= function.claim


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
                assert abs(found - expected) <= (function.claim + 1.0) * math.ulp(expected), arguments
            else:
                assert bits(found) == bits(expected), arguments


def test_the_page_states_the_claims() -> None:
    page = (Path(__file__).parents[2] / "docs" / "accuracy.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:4] for line in page.splitlines() if line.startswith("| ")][1:]
    stated = {title.strip(): float(claim) for title, _, claim in rows}
    assert stated == {function.title: function.claim for function in FUNCTIONS}
