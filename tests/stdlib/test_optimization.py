"""Systems, least squares and minima against closed forms and SciPy; derivatives by the implicit function theorem."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import optimize
from tests.stdlib.running import Kernels

from qdsl.runtime.kernel import KernelError

SOURCE = """
from optimization import solve_system, least_squares, minimize_from
fn crossing(r: Scalar, k: Scalar) = solve_system(x -> [x[0]^2 + x[1]^2 - r^2, x[1] - k * x[0]], [1, 1])
fn crossing_slopes(r: Scalar, k: Scalar) = jacobian(crossing)(r, k)
fn far(start: [Scalar]) = solve_system(x -> [10 * (x[1] - x[0]^2), 1 - x[0]], start)
fn flat() = solve_system(x -> [x[0]^2], [1], 1e-8)
fn none() = solve_system(x -> [x[0]^2 + 1], [3])
fn singular() = solve_system(x -> [x[0] + x[1], 2 * x[0] + 2 * x[1]], [1, 1])
fn line(xs: [Scalar], ys: [Scalar]) = least_squares(p -> p[0] + p[1] * xs - ys, [0, 0])
fn line_slopes(xs: [Scalar], ys: [Scalar]) = jacobian(line)(xs, ys)
fn decay(ts: [Scalar], ys: [Scalar], start: [Scalar]) =
    least_squares(p -> p[0] * exp(-ts * p[1]) + p[2] - ys, start)
fn decay_slopes(ts: [Scalar], ys: [Scalar]) = jacobian(fixed_decay)(ts, ys).ys
fn fixed_decay(ts: [Scalar], ys: [Scalar]) = decay(ts, ys, [1, 1, 0])
fn rosenbrock() = least_squares(p -> [10 * (p[1] - p[0]^2), 1 - p[0]], [-1.2, 1])
fn one_too_many(ys: [Scalar]) = least_squares(p -> p[0] + p[1] - ys, [3, 4])
fn lengths(a: Length, b: Length) -> Length = least_squares(p -> [p[0] - a, p[0] - b], [0])[0]
fn valley(start: [Scalar]) = minimize_from(x -> (1 - x[0])^2 + 100 * (x[1] - x[0]^2)^2, start)
fn saddle() = minimize_from(x -> x[0]^4 - 2 * x[0]^2 + x[1]^2, [0.1, 3])
fn quartic() = minimize_from(x -> (x[0] - 2)^4, [0])
fn falling() = minimize_from(x -> -x[0], [0])
fn level() = minimize_from(x -> x[0]^2 - x[1]^2, [1, 0])
fn well(a: Scalar, b: Scalar) = minimize_from(x -> exp(x[0]) - a * x[0] + (x[1] - b * x[0])^2, [0, 0])
fn well_slopes(a: Scalar, b: Scalar) = jacobian(well)(a, b)
"""


@pytest.fixture(scope="module")
def compiled() -> Kernels:
    return Kernels(SOURCE)


# ── equations ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_line_crosses_a_circle(compiled: Kernels) -> None:
    r, k = 2.0, 0.5
    cosine = 1 / math.hypot(1, k)
    assert compiled.crossing(r, k) == pytest.approx([r * cosine, k * r * cosine], rel=1e-15)
    slopes = compiled.crossing_slopes(r, k)
    assert slopes["r"] == pytest.approx([cosine, k * cosine], rel=1e-14)
    assert slopes["k"] == pytest.approx([-r * k * cosine**3, r * cosine**3], rel=1e-14)


def test_roots_from_afar(compiled: Kernels) -> None:
    for start in ([-1.2, 1.0], [30.0, -20.0]):
        assert compiled.far(np.array(start)) == pytest.approx([1.0, 1.0], rel=1e-14)
    assert abs(compiled.flat()[0]) < 1e-7


@pytest.mark.parametrize(
    ("name", "words"), [("none", "no convergence in"), ("singular", "the matrix is singular: its column")]
)
def test_systems_without_an_answer_stop(compiled: Kernels, name: str, words: str) -> None:
    with pytest.raises(KernelError, match=words):
        getattr(compiled, name)()


# ── least squares ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_straight_line(compiled: Kernels) -> None:
    xs, ys = np.arange(6.0), np.array([1.0, 2.9, 5.2, 7.1, 8.8, 11.3])
    design = np.stack([np.ones(6), xs], axis=1)
    np.testing.assert_allclose(compiled.line(xs, ys), np.linalg.lstsq(design, ys)[0], rtol=1e-14)


@pytest.mark.slow
def test_slopes_of_a_straight_line(compiled: Kernels) -> None:
    xs, ys = np.arange(6.0), np.array([1.0, 2.9, 5.2, 7.1, 8.8, 11.3])
    design = np.stack([np.ones(6), xs], axis=1)
    slopes = compiled.line_slopes(xs, ys)
    np.testing.assert_allclose(slopes["ys"], np.linalg.pinv(design), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("start", [[1.0, 1.0, 0.0], [9.0, 0.1, 3.0], [2.0, 3.0, -1.0]])
def test_a_decay(compiled: Kernels, start: list[float]) -> None:
    ts = np.linspace(0, 4, 41)
    ys = 2.5 * np.exp(-0.8 * ts) + 0.3 + 0.05 * np.cos(7 * ts)
    peer = optimize.least_squares(
        lambda p: p[0] * np.exp(-ts * p[1]) + p[2] - ys, [2.0, 1.0, 0.0], xtol=1e-15, ftol=1e-15, gtol=1e-15
    )
    np.testing.assert_allclose(compiled.decay(ts, ys, np.array(start)), peer.x, rtol=1e-8)


@pytest.mark.slow
def test_slopes_of_a_decay(compiled: Kernels) -> None:
    """-inverse(J'J + sum r r'') times the slope of J'r by each value, which is -J'."""
    ts = np.linspace(0, 4, 11)
    ys = 2.5 * np.exp(-0.8 * ts) + 0.3 + 0.05 * np.cos(7 * ts)
    a, b, c = compiled.decay(ts, ys, np.array([1.0, 1.0, 0.0]))
    fall = np.exp(-b * ts)
    rows = np.stack([fall, -a * ts * fall, np.ones(11)], axis=1)
    left = a * fall + c - ys
    bend = rows.T @ rows
    bend[0, 1] += left @ (-ts * fall)
    bend[1, 0] = bend[0, 1]
    bend[1, 1] += left @ (a * ts * ts * fall)
    np.testing.assert_allclose(compiled.decay_slopes(ts, ys), np.linalg.solve(bend, rows.T), rtol=1e-7, atol=1e-9)


def test_other_least_squares(compiled: Kernels) -> None:
    assert compiled.rosenbrock() == pytest.approx([1.0, 1.0], rel=1e-12)
    assert compiled.lengths(1.0, 4.0) == pytest.approx(2.5, rel=1e-15)
    assert compiled.gradient("lengths", 1.0, 4.0) == pytest.approx({"a": 0.5, "b": 0.5}, rel=1e-14)
    assert sum(compiled.one_too_many(np.array([1.0, 2.0]))) == pytest.approx(1.5, rel=1e-10)


# ── minima ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_minima(compiled: Kernels) -> None:
    for start in ([-1.2, 1.0], [5.0, 5.0]):
        assert compiled.valley(np.array(start)) == pytest.approx([1.0, 1.0], rel=1e-12)
    assert compiled.saddle() == pytest.approx([1.0, 0.0], rel=1e-14, abs=1e-14)


def test_a_minimum_moves_with_its_parameters(compiled: Kernels) -> None:
    """x = log(a), y = b log(a)."""
    assert compiled.well(3.0, 2.0) == pytest.approx([math.log(3), 2 * math.log(3)], rel=1e-14)
    slopes = compiled.well_slopes(3.0, 2.0)
    assert slopes["a"] == pytest.approx([1 / 3, 2 / 3], rel=1e-13)
    assert slopes["b"] == pytest.approx([0.0, math.log(3)], rel=1e-13, abs=1e-15)


def test_a_flat_minimum_is_found_or_refused(compiled: Kernels) -> None:
    """Where the curvature vanishes steps shorten by a third; the answer is as near as a step says."""
    assert compiled.quartic() == pytest.approx([2.0], abs=1e-6)


def test_no_minimum_stops(compiled: Kernels) -> None:
    with pytest.raises(KernelError, match="no minimum: at step 1 the function still falls"):
        compiled.falling()
    with pytest.raises(KernelError, match="no minimum: where the function is level, it falls"):
        compiled.level()
