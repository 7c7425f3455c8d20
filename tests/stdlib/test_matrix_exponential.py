"""Exponentials of matrices against fifty digits, SciPy and identities; states that evolve by a constant matrix."""

from __future__ import annotations

import math
from itertools import pairwise

import mpmath
import numpy as np
import pytest
from scipy.linalg import expm_frechet
from tests.stdlib.running import Kernels

import qdsl
from qdsl.runtime.kernel import KernelError

SOURCE = """
from matrix_exponential import exponential, stepped
fn power(a: [Scalar; n, n]) = exponential(a)
fn small_power(a: [Scalar; 3, 3]) = exponential(a)
fn along(a: [Scalar; 3, 3], b: [Scalar; 3, 3], x: Scalar, i: Int, j: Int) =
    exponential([[a[p, q] + x * b[p, q] for q in range(3)] for p in range(3)])[i, j]
fn trace(a: [Scalar; 3, 3]) -> Scalar {
    let e = exponential(a)
    e[0, 0] + e[1, 1] + e[2, 2]
}
fn evolved(generator: [Rate; n, n], y0: [Scalar], start: Time, times: [Time]) =
    stepped(generator, y -> y, y0, start, times)
fn turned(w: Rate, start: Time, times: [Time]) =
    stepped([[0, w], [-w, 0]], y -> [y[0], y[0]^2 + y[1]^2], [0, 1], start, times)
fn turned_to(w: Rate, start: Time, step: Time, later: Time, i: Int) =
    turned(w, start, [start, start + step, start + step, start + 2 * step, start + 3 * step, later])[i, 0]
"""

RNG = np.random.default_rng(7)


@pytest.fixture(scope="module")
def compiled() -> Kernels:
    return Kernels(SOURCE)


def exact(a: np.ndarray) -> np.ndarray:
    with mpmath.workdps(50):
        found = mpmath.expm(mpmath.matrix(a.tolist()), method="taylor")
        return np.array(found.tolist(), dtype=float)


def difference(found: np.ndarray, wanted: np.ndarray) -> float:
    """Beside the greatest element."""
    return float(np.abs(found - wanted).max() / np.abs(wanted).max())


# ── exponentials ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("n", [1, 2, 3, 4, 7, 16])
@pytest.mark.parametrize("size", [1e-9, 1e-3, 0.3, 1.0, 4.0, 20.0])
def test_against_fifty_digits(compiled: Kernels, n: int, size: float) -> None:
    a = RNG.normal(size=(n, n)) * size / math.sqrt(n)
    for matrix in (a, a - a.T, np.triu(a)):
        assert difference(compiled.power(matrix), exact(matrix)) < 2e-15 * max(3.0, size * math.sqrt(n))


def test_great_turns_stay_turns(compiled: Kernels) -> None:
    a = RNG.normal(size=(6, 6)) * 1000
    power = compiled.power(a - a.T)
    np.testing.assert_allclose(power @ power.T, np.eye(6), atol=3e-12)
    np.testing.assert_allclose(power, exact(a - a.T), atol=3e-12)


def test_identities(compiled: Kernels) -> None:
    a = RNG.normal(size=(3, 3))
    power = compiled.small_power(a)
    np.testing.assert_allclose(power @ compiled.small_power(-a), np.eye(3), atol=1e-14)
    np.testing.assert_allclose(compiled.small_power(2 * a), power @ power, rtol=1e-13)
    assert np.linalg.det(power) == pytest.approx(math.exp(np.trace(a)), rel=1e-14)
    assert compiled.small_power(np.zeros((3, 3))).tolist() == np.eye(3).tolist()
    np.testing.assert_allclose(compiled.power(np.diag([1.0, -30.0])), np.diag(np.exp([1.0, -30.0])), rtol=1e-14)


def test_far_from_normal(compiled: Kernels) -> None:
    """The norms of the powers say that no halving is needed, where that of the matrix asks for twenty."""
    high = np.array([[0.0, 1e6, 0.0], [0.0, 0.0, 1e6], [0.0, 0.0, 0.0]])
    assert compiled.power(high).tolist() == [[1.0, 1e6, 5e11], [0.0, 1.0, 1e6], [0.0, 0.0, 1.0]]
    skewed = np.array([[1.0, 1e6], [0.0, -1.0]])
    assert difference(compiled.power(skewed), exact(skewed)) < 3e-14


def test_slopes() -> None:
    """Fréchet's derivative, also where some powers are halved and some are not."""
    along = qdsl.compile(SOURCE).along
    for size in (1e-3, 0.78, 3.0, 50.0):
        a, b = RNG.normal(size=(2, 3, 3)) * np.array([size, 1.0])[:, None, None]
        a = a - a.T
        wanted = expm_frechet(a, b, compute_expm=False)
        for i, j in ((0, 0), (1, 2)):
            found = along.grad(a, b, 0.0, i, j)["x"]
            assert found == pytest.approx(wanted[i, j], abs=1e-13 * max(1.0, size))


def test_slopes_backwards() -> None:
    """The derivative of a trace of exp(a) is exp(a) turned over."""
    module = qdsl.compile(SOURCE)
    a = RNG.normal(size=(3, 3)) * 2
    np.testing.assert_allclose(module.trace.grad(a), exact(a).T, rtol=1e-12, atol=1e-13)


# ── states ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("start", [0.0, 3.0, -7.5, 1000.0])
def test_states_at_times_as_they_come(compiled: Kernels, start: float) -> None:
    generator = RNG.normal(size=(5, 5))
    generator = generator - generator.T
    y0 = RNG.normal(size=5)
    gaps = np.cumsum([0.0, 0.0, 0.1, 0.1, 0.1, 0.1, 0.3, 0.0, 0.1, 0.1, 1e-9, 2.0, 2.0])
    times = start + gaps
    wanted = [exact(generator * (t - start)) @ y0 for t in times]
    rounding = 1e-15 * (30 + 8 * abs(start))
    np.testing.assert_allclose(compiled.evolved(generator, y0, start, times), wanted, atol=rounding)


def test_many_equal_steps(compiled: Kernels) -> None:
    times = np.linspace(2.0, 102.0, 1001)
    found = compiled.turned(1.7, 2.0, times)
    np.testing.assert_allclose(found[:, 0], np.sin(1.7 * (times - 2)), atol=1e-12)
    np.testing.assert_allclose(found[:, 1], 1.0, atol=1e-12)
    drifts = [np.abs(found[: 100 * k, 1] - 1).max() for k in (1, 10)]
    assert all(late < 20 * early for early, late in pairwise(drifts))


def test_slopes_of_states(compiled: Kernels) -> None:
    """By each time alone, though one matrix serves several."""
    w, start, step, later = 1.3, 0.5, 0.7, 3.9
    for i, turns in enumerate((0, 1, 1, 2, 3)):
        slopes = compiled.gradient("turned_to", w, start, step, later, i)
        cosine = math.cos(w * turns * step)
        wanted = {"w": turns * step * cosine, "start": 0.0, "step": w * turns * cosine, "later": 0.0}
        assert slopes == pytest.approx(wanted, abs=1e-13)
    slopes = compiled.gradient("turned_to", w, start, step, later, 5)
    cosine = math.cos(w * (later - start))
    wanted = {"w": (later - start) * cosine, "start": -w * cosine, "step": 0.0, "later": w * cosine}
    assert slopes == pytest.approx(wanted, abs=1e-13)


def test_times_have_to_ascend(compiled: Kernels) -> None:
    with pytest.raises(KernelError, match="the times must ascend"):
        compiled.turned(1.0, 0.0, np.array([1.0, 0.5]))
    with pytest.raises(KernelError, match="the times must ascend"):
        compiled.turned(1.0, 2.0, np.array([1.0]))


def test_lanes_give_the_same_bits() -> None:
    module = qdsl.compile(SOURCE)
    rates, times = np.linspace(-40, 40, 37), np.array([0.0, 0.1, 0.2, 0.5, 3.0])
    for _ in range(14):
        together = module.turned(rates, 0.0, times)
    assert "at a time" in str(module.turned.explain(rates, 0.0, times))
    alone = np.array([module.turned(rate, 0.0, times) for rate in rates])
    assert together.tobytes() == alone.tobytes()
