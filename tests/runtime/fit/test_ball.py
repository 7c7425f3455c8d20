"""The quadratic over a ball: the conditions that characterise its minimum, for any symmetric matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from qdsl.runtime.fit.ball import is_positive, minimum_in_ball, minimum_in_ellipsoid

numbers = st.floats(-10, 10).map(lambda x: round(x, 3))
matrices = arrays.arrays(float, (3, 3), elements=numbers).map(lambda m: m + m.T)
vectors = arrays.arrays(float, (3,), elements=numbers)


def model(gradient: NDArray[Any], hessian: NDArray[Any], step: NDArray[Any]) -> float:
    return float(gradient @ step + 0.5 * step @ hessian @ step)


@given(vectors, matrices, st.floats(0.01, 100))
@example(np.array([1.0, 0.0, 1.0]), np.array([[0.0, 1.0, 2.0], [1.0, 0.0, 1.0], [2.0, 1.0, 0.0]]), 1.0)
def test_no_other_step_in_the_ball_is_better(gradient: NDArray[Any], hessian: NDArray[Any], radius: float) -> None:
    step = minimum_in_ball(gradient, hessian, radius)
    assert np.linalg.norm(step) <= radius * (1 + 1e-6)
    rng = np.random.default_rng(5)
    others = rng.normal(size=(200, 3))
    others *= radius * rng.uniform(size=(200, 1)) ** (1 / 3) / np.linalg.norm(others, axis=1, keepdims=True)
    best = min(model(gradient, hessian, other) for other in [*others, *np.linalg.eigh(hessian)[1].T * radius])
    slack = 1e-6 * (np.linalg.norm(gradient) * radius + np.linalg.norm(hessian) * radius**2)
    # In the hard case the step keeps its side of the downward axis but may fall a little short of the best.
    floor = best if gradient.any() or hessian.any() else 0.0
    assert model(gradient, hessian, step) <= 0.9 * min(floor, 0.0) + slack


pairs = arrays.arrays(float, (2,), elements=numbers)
turned = arrays.arrays(float, (2, 2), elements=numbers).map(lambda m: m + m.T)


@given(pairs, turned, st.floats(0.01, 100))
@example(np.array([1.0, 1.0]), np.array([[1.0, 0.0], [0.0, 1.0]]), 1.0)
@example(np.array([0.0, 1.0]), np.array([[2.0, 1.0], [1.0, 2.0]]), 0.1)
@example(np.array([1.0, 0.0]), np.array([[-1.0, 0.0], [0.0, -1.0]]), 1.0)
def test_the_step_of_two_numbers_is_the_least_of_a_disc(
    gradient: NDArray[Any], hessian: NDArray[Any], radius: float
) -> None:
    step = minimum_in_ball(gradient, hessian, radius)
    assert np.linalg.norm(step) <= radius * (1 + 1e-9)
    angles = np.linspace(0.0, 2.0 * np.pi, 721)
    others = [np.array([np.cos(a), np.sin(a)]) * radius * part for a in angles for part in (0.25, 0.5, 1.0)]
    slack = 1e-9 * (np.linalg.norm(gradient) * radius + np.linalg.norm(hessian) * radius**2)
    floor = min(model(gradient, hessian, other) for other in others) if gradient.any() or hessian.any() else 0.0
    assert model(gradient, hessian, step) <= 0.9 * min(floor, 0.0) + slack


def test_many_numbers_take_newtons_step_too() -> None:
    rng = np.random.default_rng(1)
    root, gradient = rng.normal(size=(20, 20)), rng.normal(size=20)
    hessian = root @ root.T + np.eye(20)
    assert minimum_in_ball(gradient, hessian, 1e6) == pytest.approx(-np.linalg.solve(hessian, gradient))
    short = minimum_in_ball(gradient, hessian, 0.01)
    assert np.linalg.norm(short) == pytest.approx(0.01)
    shift = -(gradient + hessian @ short) / short
    assert shift == pytest.approx(np.full(20, shift[0]), rel=1e-6)


def test_newton_inside_the_ball() -> None:
    hessian = np.diag([2.0, 4.0])
    assert minimum_in_ball(np.array([2.0, 4.0]), hessian, 10.0) == pytest.approx([-1.0, -1.0])


def test_down_a_saddle_without_a_slope() -> None:
    step = minimum_in_ball(np.array([0.0, 1.0]), np.diag([-1.0, 1.0]), 1.0)
    assert abs(step[0]) > 0.5
    assert np.linalg.norm(step) == pytest.approx(1.0)


def test_an_ellipsoid_is_a_ball_in_its_own_coordinates() -> None:
    metric = np.array([[4.0, 1.0], [1.0, 9.0]])
    step = minimum_in_ellipsoid(np.array([1.0, -2.0]), np.zeros((2, 2)), metric, 0.5)
    expected = -np.linalg.solve(metric, [1.0, -2.0])
    assert step == pytest.approx(0.5 * expected / np.sqrt(expected @ metric @ expected))


@pytest.mark.parametrize(
    ("entry", "positive"), [(1.0, True), (0.0, False), (-1.0, False), (np.nan, False), (np.inf, False)]
)
def test_positive(entry: float, positive: bool) -> None:
    assert is_positive(np.diag([1.0, entry])) is positive
