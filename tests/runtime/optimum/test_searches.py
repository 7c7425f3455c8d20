"""Searches and their verdicts: textbook functions with known minima, and functions that have none."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from qdsl.runtime.fit import Parameter
from qdsl.runtime.optimum import Argument, Found, Multimodal, found
from qdsl.runtime.optimum.descent import FEW, MOST

Array = NDArray[Any]
Derivatives = tuple[float, Sequence[float], Sequence[Sequence[float]]]


@dataclass
class Of:
    """A function by its value, gradient and Hessian."""

    function: Callable[[Array], Derivatives]
    parameters: Sequence[Parameter]
    calls: int = field(default=0)

    def evaluate(self, x: Array, order: int) -> tuple[float, Array | None, Array | None]:
        self.calls += 1
        value, slope, bend = self.function(x)
        return value, np.array(slope), np.array(bend) if order == 2 else None


def search(
    function: Callable[[Array], Derivatives],
    *starts: float,
    low: float = -math.inf,
    high: float = math.inf,
    count: int = 1,
) -> Found:
    names = [f"x{k}" for k in range(len(starts))]
    parameters = [Parameter(name, start, low, high) for name, start in zip(names, starts, strict=True)]
    best = found(Of(function, parameters), [Argument(name) for name in names], "minimum", count)
    assert best is not None
    return best


def rosenbrock(x: Array) -> Derivatives:
    a, b = x
    r = b - a * a
    return (
        (1 - a) ** 2 + 100 * r**2,
        [-2 * (1 - a) - 400 * a * r, 200 * r],
        [[2 - 400 * r + 800 * a * a, -400 * a], [-400 * a, 200]],
    )


def himmelblau(x: Array) -> Derivatives:
    a, b = x
    p, q = a * a + b - 11, a + b * b - 7
    return (
        p * p + q * q,
        [4 * a * p + 2 * q, 2 * p + 4 * b * q],
        [[4 * p + 8 * a * a + 2, 4 * a + 4 * b], [4 * a + 4 * b, 2 + 4 * q + 8 * b * b]],
    )


def of_one(value: Callable[[float], tuple[float, float, float]]) -> Callable[[Array], Derivatives]:
    def function(x: Array) -> Derivatives:
        f, slope, bend = value(float(x[0]))
        return f, [slope], [[bend]]

    return function


# ── minima ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("start", [(-1.2, 1.0), (0.0, 0.0), (5.0, -5.0), (1e3, 1e3), (1.0, 1.0)])
def test_rosenbrock(start: tuple[float, float]) -> None:
    best = search(rosenbrock, *start)
    assert best.verdict.word == "converged"
    assert best.x == pytest.approx([1.0, 1.0], abs=1e-10)


@pytest.mark.parametrize("scale", [1e-34, 1e-12, 1.0, 1e20])
@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e9])
def test_neither_the_unit_of_the_value_nor_of_the_numbers_matters(scale: float, unit: float) -> None:
    def scaled(x: Array) -> Derivatives:
        value, slope, bend = rosenbrock(x / [unit, 1.0 / unit])
        by = np.array([1.0 / unit, unit])
        return scale * value, scale * np.array(slope) * by, scale * np.array(bend) * np.outer(by, by)  # type: ignore

    best = search(scaled, -1.2 * unit, 1.0 / unit)
    assert best.verdict.word == "converged"
    assert best.x == pytest.approx([unit, 1.0 / unit], rel=1e-9)


def test_the_four_minima_of_himmelblau_are_told() -> None:
    best = search(himmelblau, 0.0, 0.0, low=-5.0, high=5.0, count=16)
    known = [(3.0, 2.0), (-2.805118, 3.131312), (-3.779310, -3.283186), (3.584428, -1.848126)]
    assert isinstance(best.verdict, Multimodal)
    places = sorted(tuple(x) for x in (best.x, *best.verdict.others))
    assert np.array(places) == pytest.approx(np.array(sorted(known)), abs=1e-6)
    assert best.value < 1e-20


def test_one_start_finds_one_of_them() -> None:
    best = search(himmelblau, 1.0, 1.0, low=-5.0, high=5.0)
    assert best.verdict.word == "converged"
    assert best.x == pytest.approx([3.0, 2.0], abs=1e-10)


def test_a_corner() -> None:
    best = search(lambda x: (float(x.sum()), [1.0, 1.0], np.zeros((2, 2)).tolist()), 0.5, 0.5, low=0.0, high=1.0)
    assert str(best.verdict) == "at_bound(x0, x1)"
    assert best.x.tolist() == [0.0, 0.0]


def test_values_that_fall_over_forty_orders_of_magnitude() -> None:
    best = search(of_one(lambda x: (math.exp(x * x), 2 * x * math.exp(x * x), (2 + 4 * x * x) * math.exp(x * x))), 10.0)
    assert best.verdict.word == "converged"
    assert abs(best.x[0]) < 1e-9
    assert best.value == 1.0


def test_a_large_constant_costs_no_digits_of_the_place() -> None:
    best = search(lambda x: (r := rosenbrock(x), (r[0] + 1e6, r[1], r[2]))[1], -1.2, 1.0)
    assert best.verdict.word == "converged"
    assert best.x == pytest.approx([1.0, 1.0], abs=1e-10)


@pytest.mark.parametrize("start", [0.0, 1e-9, 0.1])
def test_the_top_of_a_hill_is_left(start: float) -> None:
    best = search(of_one(lambda x: (x**4 - x**2, 4 * x**3 - 2 * x, 12 * x**2 - 2)), start)
    assert best.verdict.word == "converged"
    assert abs(best.x[0]) == pytest.approx(math.sqrt(0.5), abs=1e-10)


def test_a_monkey_saddle_is_left() -> None:
    def monkey(x: Array) -> Derivatives:
        a, b = x
        return (
            a**3 - 3 * a * b * b + a**4 + b**4,
            [3 * a * a - 3 * b * b + 4 * a**3, -6 * a * b + 4 * b**3],
            [[6 * a + 12 * a * a, -6 * b], [-6 * b, -6 * a + 12 * b * b]],
        )

    best = search(monkey, 0.0, 0.0)
    assert best.verdict.word == "converged"
    slope = np.array(monkey(best.x)[1])
    assert np.abs(slope).max() < 1e-10
    assert best.value < -0.1


# ── many numbers ─────────────────────────────────────────────────────────────────────────────────────────────────


def quadratic(size: int, seed: int = 1) -> tuple[Callable[[Array], Derivatives], Array]:
    """x·A·x/2 - b·x, and where it is least."""
    draw = np.random.default_rng(seed)
    basis, _ = np.linalg.qr(draw.normal(size=(size, size)))
    bend = basis @ np.diag(np.logspace(0, 4, size)) @ basis.T
    place = draw.normal(size=size)
    return lambda x: (float(0.5 * (x - place) @ bend @ (x - place)), bend @ (x - place), bend), place  # type: ignore


@pytest.mark.parametrize("size", [FEW, FEW + 1, 120])
def test_many_numbers(size: int) -> None:
    function, place = quadratic(size)
    best = search(function, *np.zeros(size))
    assert best.verdict.word == "converged"
    assert best.x == pytest.approx(place, abs=1e-8)


def test_many_numbers_at_the_top_of_a_hill() -> None:
    def hill(x: Array) -> Derivatives:
        return float((x**4 - x**2).sum()), 4 * x**3 - 2 * x, np.diag(12 * x**2 - 2)  # type: ignore

    best = search(hill, *np.zeros(FEW + 5))
    assert best.verdict.word == "converged"
    assert np.abs(best.x) == pytest.approx(np.full(FEW + 5, math.sqrt(0.5)), abs=1e-9)


def test_an_edge_in_the_way_of_many_numbers() -> None:
    def barrier(x: Array) -> Derivatives:
        if (x <= 0).any():
            return math.nan, np.full(len(x), math.nan), np.full((len(x), len(x)), math.nan)  # type: ignore
        return float((x - np.log(x)).sum()), 1 - 1 / x, np.diag(1 / x**2)  # type: ignore

    best = search(barrier, *np.linspace(0.01, 30.0, FEW + 5))
    assert best.verdict.word == "converged"
    assert best.x == pytest.approx(np.ones(FEW + 5), abs=1e-9)


def test_what_is_not_looked_at_is_not_claimed() -> None:
    size = MOST + 1

    @dataclass
    class Large:
        parameters: Sequence[Parameter]

        def evaluate(self, x: Array, order: int) -> tuple[float, Array, None]:
            assert order < 2
            return float(x @ x), 2 * x, None

    best = found(Large([Parameter(f"x{k}", 1.0) for k in range(size)]), [Argument("x", (size,))], "minimum", 1)
    assert best is not None
    assert best.verdict.word == "not_converged"
    assert best.value < 1e-10


# ── what is no minimum ───────────────────────────────────────────────────────────────────────────────────────────


def test_no_saddle_is_a_minimum() -> None:
    best = search(of_one(lambda x: (x**3, 3 * x * x, 6 * x)), 1.0)
    assert best.verdict.word == "not_converged"
    saddle = search(lambda x: (float(x[0] ** 2 - x[1] ** 2), [2 * x[0], -2 * x[1]], [[2, 0], [0, -2]]), 1.0, 0.0)
    assert saddle.verdict.word == "not_converged"


def test_falling_without_end() -> None:
    assert "without end" in str(search(of_one(lambda x: (x, 1.0, 0.0)), 1.0).verdict)
    wave = search(of_one(lambda x: (math.exp(-x), -math.exp(-x), math.exp(-x))), 1.0)
    assert wave.verdict.word == "not_converged"


def test_the_edge_of_where_it_is_defined() -> None:
    def logarithm(x: float) -> tuple[float, float, float]:
        return (math.log(x), 1 / x, -1 / x**2) if x > 0 else (math.nan, math.nan, math.nan)

    best = search(of_one(logarithm), 1.0)
    assert "edge" in str(best.verdict)


def test_kinks_are_told() -> None:
    def cone(x: Array) -> Derivatives:
        far = math.hypot(*x) or 1e-300
        across = np.outer([-x[1], x[0]], [-x[1], x[0]]) / far**3
        return far, x / far, across  # type: ignore

    assert "kink" in str(search(of_one(lambda x: (abs(x - 1), math.copysign(1.0, x - 1), 0.0)), 3.0).verdict)
    assert "kink" in str(search(cone, 3.0, 1.0).verdict)
    assert abs(search(cone, 3.0, 1.0).value) < 1e-8


def test_valleys_are_flat() -> None:
    level = search(lambda x: (float(x[0] ** 2), [2 * x[0], 0.0], [[2, 0], [0, 0]]), 1.0, 3.0)
    assert str(level.verdict) == "flat(x1)"

    def product(x: Array) -> Derivatives:
        a, b = x
        r = a * b - 1
        return r * r, [2 * r * b, 2 * r * a], [[2 * b * b, 2 * r + 2 * a * b], [2 * r + 2 * a * b, 2 * a * a]]

    curved = search(product, 2.0, 0.3)
    assert str(curved.verdict) == "flat(x0, x1)"
    assert curved.value < 1e-20
    assert search(of_one(lambda x: (7.0, 0.0, 0.0)), 1.0).verdict.word == "flat"


@pytest.mark.parametrize("start", [1.0, -3.0, 1e-5])
def test_a_minimum_without_curvature_is_flat_or_found(start: float) -> None:
    best = search(of_one(lambda x: (x**4, 4 * x**3, 12 * x**2)), start)
    assert best.verdict.word == "flat" or abs(best.x[0]) < 1e-6 * abs(start)
    assert best.value < 1e-12


def test_two_ends_at_bounds_are_two_minima() -> None:
    best = search(of_one(lambda x: (-x * x, -2 * x, -2.0)), 0.0, low=-1.0, high=1.0, count=8)
    assert isinstance(best.verdict, Multimodal)
    assert {float(best.x[0]), float(best.verdict.others[0][0])} == {-1.0, 1.0}


def test_a_deeper_minimum_is_no_rival() -> None:
    tilted = of_one(lambda x: ((x * x - 1) ** 2 + 0.1 * x, 4 * x * (x * x - 1) + 0.1, 12 * x * x - 4))
    best = search(tilted, 0.9, low=-2.0, high=2.0, count=8)
    assert best.verdict.word == "converged"
    assert best.x[0] < 0
    assert search(tilted, 0.9, low=-2.0, high=2.0).x[0] > 0


@pytest.mark.parametrize("after", [1, 2, 5, 9])
@pytest.mark.parametrize("size", [2, FEW + 2])
def test_an_interrupt_keeps_the_best_so_far(after: int, size: int) -> None:
    function, _ = quadratic(size)
    seen: list[float] = []

    def stopping(x: Array) -> Derivatives:
        if len(seen) == after:
            raise KeyboardInterrupt
        seen.append(function(x)[0])
        return function(x)

    parameters = [Parameter(f"x{k}", 5.0) for k in range(size)]
    own = Of(stopping, parameters)
    try:
        best = found(own, [Argument(each.name) for each in parameters], "minimum", 1)
    except KeyboardInterrupt:
        assert after < 2  # nothing has been found yet
        return
    assert best is not None
    if str(best.verdict) != "converged":
        assert str(best.verdict) == "not_converged(interrupted)"
        assert best.value <= seen[0]
    else:
        assert len(seen) < after


@pytest.mark.parametrize("after", [2, 20, 60, 100, 120])
def test_an_interrupt_of_many_starts_keeps_the_lowest_point_that_was_seen(after: int) -> None:
    seen: list[float] = []

    def stopping(x: Array) -> Derivatives:
        if len(seen) == after:
            seen.append(math.inf)
            raise KeyboardInterrupt
        seen.append(himmelblau(x)[0])
        return himmelblau(x)

    names = ("x", "y")
    own = Of(stopping, [Parameter(name, 0.5, -5.0, 5.0) for name in names])
    best = found(own, [Argument(name) for name in names], "minimum", 4)
    assert best is not None
    assert str(best.verdict) == "not_converged(interrupted)"
    assert best.value <= min(seen[:after])


def test_nowhere_defined() -> None:
    parameters = [Parameter("x", 1.0, 0.0, 2.0)]
    nowhere = Of(of_one(lambda x: (math.nan, math.nan, math.nan)), parameters)
    assert found(nowhere, [Argument("x")], "minimum", 1) is None
    assert found(nowhere, [Argument("x")], "minimum", 4) is None
