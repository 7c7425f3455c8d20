"""Wigner functions and Q beside their formulas, and their integrals."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import eval_laguerre
from tests.stdlib.running import Kernels

KERNELS = Kernels("""
space c: Fock(40)
space big: Fock(300)
fn of(rho: [Complex; 40, 40], xs: [Scalar], ps: [Scalar]) -> [Scalar; n, m] =
    wigner_grid(unchecked_density(c, rho), xs, ps)
fn q_of(rho: [Complex; 40, 40], re: [Scalar], im: [Scalar]) -> [Scalar; n, m] =
    husimi_grid(unchecked_density(c, rho), re, im)
fn far(x: Scalar, p: Scalar) -> Scalar = wigner(coherent(big, 12 + 5i), x, p)
fn at(x: Scalar, p: Scalar) -> Scalar = wigner(cat(c, 1.5), x, p)
""")
AXIS = np.linspace(-6, 6, 61)
X, P = np.meshgrid(AXIS, AXIS, indexing="ij")
STEP = AXIS[1] - AXIS[0]


def level(n: int) -> np.ndarray[Any, Any]:
    return np.diag((np.arange(40) == n).astype(complex))


def coherent(alpha: complex) -> np.ndarray[Any, Any]:
    n = np.arange(40)
    sizes = np.array([math.sqrt(math.factorial(k)) for k in n])
    return np.asarray(math.exp(-(abs(alpha) ** 2) / 2) * alpha**n / sizes)


def bell(x: float, p: float) -> np.ndarray[Any, Any]:
    return np.asarray(np.exp(-((X - x) ** 2) - (P - p) ** 2) / math.pi)


@pytest.mark.parametrize("n", [0, 1, 2, 7, 39])
def test_the_wigner_function_of_a_level(n: int) -> None:
    radius = X**2 + P**2
    exact = (-1) ** n / math.pi * np.exp(-radius) * eval_laguerre(n, 2 * radius)
    found = np.array(KERNELS.of(level(n), AXIS, AXIS))
    assert_allclose(found, exact, atol=2e-15 * (n + 1))
    if n < 3:  # of others some is beyond the window
        assert np.sum(found) * STEP**2 == pytest.approx(1, abs=1e-12)


def test_the_wigner_function_of_a_coherent_state() -> None:
    v = coherent(1.0 - 0.5j)
    found = KERNELS.of(np.outer(v, v.conj()), AXIS, AXIS)
    assert_allclose(found, bell(math.sqrt(2), -math.sqrt(0.5)), atol=1e-14)


def test_the_wigner_function_of_a_cat_has_fringes() -> None:
    """exp(-x^2 - p^2) / pi, moved to both sides, and 2 exp(-x^2 - p^2) cos(2 sqrt(2) alpha p) / pi between."""
    alpha = 1.5
    norm = 2 + 2 * math.exp(-2 * alpha**2)
    away = math.sqrt(2) * alpha
    exact = (bell(away, 0) + bell(-away, 0) + 2 * bell(0, 0) * np.cos(2 * away * P)) / norm
    v = (coherent(alpha) + coherent(-alpha)) / math.sqrt(norm)
    assert_allclose(KERNELS.of(np.outer(v, v.conj()), AXIS, AXIS), exact, atol=1e-14)
    assert KERNELS.at(AXIS[33], AXIS[20]) == pytest.approx(exact[33, 20], abs=1e-14)


def test_many_photons_do_not_cancel() -> None:
    """Where the powers alone would be 1e100 times too large."""
    x, p = 12 * math.sqrt(2), 5 * math.sqrt(2)
    assert KERNELS.far(x, p) == pytest.approx(1 / math.pi, rel=1e-12)
    assert KERNELS.far(x + 1, p - 0.5) == pytest.approx(math.exp(-1.25) / math.pi, rel=1e-12)
    assert KERNELS.far(0.0, 0.0) == pytest.approx(0, abs=1e-13)


def test_q_of_a_level_and_of_a_coherent_state() -> None:
    radius = X**2 + P**2
    exact = np.exp(-radius) * radius**3 / math.factorial(3) / math.pi
    found = np.array(KERNELS.q_of(level(3), AXIS, AXIS))
    assert_allclose(found, exact, atol=1e-15)
    assert np.sum(found) * STEP**2 == pytest.approx(1, abs=1e-12)
    v = coherent(1.0 - 0.5j)
    assert_allclose(KERNELS.q_of(np.outer(v, v.conj()), AXIS, AXIS), bell(1, -0.5), atol=1e-14)
