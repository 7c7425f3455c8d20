"""Interpolation and splines against SciPy; slopes by the place, by the values and by the knots."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import CubicSpline
from tests.stdlib.running import Kernels

from qdsl.runtime.kernel import KernelError

SOURCE = """
from interpolation import linear, natural_spline, not_a_knot_spline, spline_at
fn straight(x: Scalar, xs: [Scalar], ys: [Scalar]) = linear(x, xs, ys)
fn natural(x: Scalar, xs: [Scalar], ys: [Scalar]) = spline_at(x, xs, ys, natural_spline(xs, ys))
fn smooth(x: Scalar, xs: [Scalar], ys: [Scalar]) = spline_at(x, xs, ys, not_a_knot_spline(xs, ys))
fn natural_slopes(x: Scalar, xs: [Scalar], ys: [Scalar]) = grad(natural)(x, xs, ys)
fn smooth_slopes(x: Scalar, xs: [Scalar], ys: [Scalar]) = grad(smooth)(x, xs, ys)
"""
ENDS = {"natural": "natural", "smooth": "not-a-knot"}


@pytest.fixture(scope="module")
def compiled() -> Kernels:
    return Kernels(SOURCE)


def knots(n: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(n)
    return np.cumsum(random.uniform(0.1, 2.0, n)), random.normal(size=n)


@pytest.mark.parametrize("n", [2, 3, 4, 5, 40])
def test_between_the_knots(compiled: Kernels, n: int) -> None:
    xs, ys = knots(n)
    places = np.linspace(xs[0], xs[-1], 101)
    found = [compiled.straight(x, xs, ys) for x in places]
    np.testing.assert_allclose(found, np.interp(places, xs, ys), rtol=1e-13, atol=1e-14)
    for name, ends in ENDS.items():
        found = [getattr(compiled, name)(x, xs, ys) for x in places]
        np.testing.assert_allclose(found, CubicSpline(xs, ys, bc_type=ends)(places), rtol=1e-11, atol=1e-12)


def test_a_cubic_polynomial_is_found_again(compiled: Kernels) -> None:
    xs = np.array([0.0, 0.3, 1.0, 1.1, 2.5])
    assert compiled.smooth(1.9, xs, xs**3 - xs) == pytest.approx(1.9**3 - 1.9, rel=1e-14)


@pytest.mark.parametrize("name", ["natural", "smooth"])
def test_slopes(compiled: Kernels, name: str) -> None:
    """A spline is linear in its values; by a knot its slope is a difference quotient's limit, here to six digits."""
    xs, ys = knots(6)
    at = 0.6 * xs[2] + 0.4 * xs[3]
    slopes = getattr(compiled, f"{name}_slopes")(at, xs, ys)
    assert slopes["x"] == pytest.approx(CubicSpline(xs, ys, bc_type=ENDS[name])(at, 1), rel=1e-11)
    weights = [CubicSpline(xs, unit, bc_type=ENDS[name])(at) for unit in np.eye(6)]
    np.testing.assert_allclose(slopes["ys"], weights, rtol=1e-11, atol=1e-13)
    for k in range(6):
        moved = np.eye(6)[k] * 1e-5
        high, low = (CubicSpline(xs + sign * moved, ys, bc_type=ENDS[name])(at) for sign in (1, -1))
        assert slopes["xs"][k] == pytest.approx((high - low) / 2e-5, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("x", [-0.01, 2.01, np.nan])
def test_beyond_the_ends_there_is_nothing(compiled: Kernels, x: float) -> None:
    xs = np.array([0.0, 1.0, 2.0])
    for name in ("straight", "natural", "smooth"):
        with pytest.raises(KernelError, match="is outside of the points, which go from 0 to 2"):
            getattr(compiled, name)(x, xs, xs)


def test_knots_increase(compiled: Kernels) -> None:
    for xs in (np.array([0.0, 0.0, 1.0, 2.0]), np.array([0.0, 3.0, 1.0, 2.0])):
        for name in ("straight", "natural"):
            with pytest.raises(KernelError, match="the places must ascend"):
                getattr(compiled, name)(0.5, xs, xs)
