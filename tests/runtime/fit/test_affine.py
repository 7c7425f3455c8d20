"""Params that linear least squares finds: which they are, and what it finds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from qdsl.runtime.fit.affine import affine_params
from qdsl.runtime.fit.projection import Projection, bounded_solutions

Array = NDArray[Any]
X = np.linspace(0.1, 5.0, 40)
RANDOM = np.random.default_rng(5)


def found(means: Any, count: int, scale: float = 1.0) -> tuple[list[int], list[int]]:
    here, there = RANDOM.normal(size=(2, 6, count)) * scale
    return affine_params(means, here, there, range(count))


def test_amplitudes_are_affine_and_rates_are_not() -> None:
    def means(p: Array) -> Array:
        a, tau, c = p.T[:, :, None]
        return np.asarray(c + a * np.exp(-X / np.abs(tau)))

    assert found(means, 3) == ([0, 2], [])


def test_of_a_product_one_is_affine() -> None:
    def means(p: Array) -> Array:
        a, b, c = p.T[:, :, None]
        return np.asarray(a * b * X + c)

    assert found(means, 3) == ([0, 2], [])


def test_a_square_is_not() -> None:
    assert found(lambda p: p[:, :1] ** 2 * X, 1) == ([], [])


def test_what_does_not_matter_is_told() -> None:
    assert found(lambda p: p[:, :1] * X, 2) == ([0], [1])


def test_units_do_not_matter() -> None:
    assert found(lambda p: 1e9 * p[:, :1] * X + 1e-9 * np.cos(1e12 * p[:, 1:] * X), 2, 1e-12) == ([0], [])


def test_undefined_points_tell_nothing() -> None:
    """Where one of them is negative the means are nan; the others tell that it is not affine."""

    def means(p: Array) -> Array:
        with np.errstate(invalid="ignore"):
            return np.asarray(p[:, :1] * np.sqrt(p[:, 1:]) * X)

    assert found(means, 2) == ([0], [])


@pytest.mark.parametrize("free", [1, 2, 4])
def test_solutions_are_those_of_least_squares(free: int) -> None:
    columns, rest = RANDOM.normal(size=(7, free, 30)), RANDOM.normal(size=(7, 30))
    whole = np.full((7, free), np.inf)
    solutions, residuals = bounded_solutions(columns.copy(), rest, -whole, whole)
    for k in range(7):
        known, *_ = np.linalg.lstsq(columns[k].T, rest[k], rcond=None)
        assert solutions[k] == pytest.approx(known, rel=1e-9)
        assert residuals[k] == pytest.approx(rest[k] - known @ columns[k], abs=1e-9)


def test_bounds_hold_and_the_others_are_found_again() -> None:
    """Of orthogonal columns each is found by itself, so that clipping is exact."""
    columns = np.zeros((1, 3, 30))
    for k in range(3):
        columns[0, k, 10 * k : 10 * k + 10] = 1.0
    rest = np.concatenate([np.full(10, 2.0), np.full(10, -1.0), np.full(10, 0.5)])[None]
    low, high = np.array([[0.0, 0.0, 0.0]]), np.array([[1.0, 1.0, 1.0]])
    solutions, _ = bounded_solutions(columns, rest, low, high)
    assert solutions[0].tolist() == pytest.approx([1.0, 0.0, 0.5])


def test_where_the_model_is_not_defined_there_is_no_residual() -> None:
    projection = Projection(
        lambda p: np.where(p[:, 1:] > 0, p[:, :1] * X, np.nan),
        2.0 * X,
        np.ones(40),
        [0],
        np.array([1.0]),
        np.full(2, -np.inf),
        np.full(2, np.inf),
    )
    points, residuals = projection.reduced(np.array([[0.0, 1.0], [0.0, -1.0]]))
    assert points[0, 0] == pytest.approx(2.0)
    assert residuals[0] == pytest.approx(np.zeros(40), abs=1e-12)
    assert np.isnan(residuals[1]).all()
