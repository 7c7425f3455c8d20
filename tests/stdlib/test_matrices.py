"""The library's functions of complex matrices beside NumPy and SciPy: random ones, of full rank and not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.linalg import expm
from tests.stdlib.running import Kernels

KERNELS = Kernels("""
from matrices import product, adjoint, diagonal_sum, complex_exponential, factor_of, singular_values, least_eigenvalue
from matrices import packed, unpacked
from eigen import complex_matmul, adjoint_product, complex_dot
fn algebra(a: [Complex; 4, 4], b: [Complex; 4, 4]) -> [Complex; 4, 4, 4] =
    [product(a, b), complex_matmul(a, b), adjoint_product(a, b), adjoint(a)]
fn numbers(a: [Complex; 4, 4], v: [Complex; 4], w: [Complex; 4]) -> [Complex; 2] = [diagonal_sum(a), complex_dot(v, w)]
fn power(a: [Complex; 4, 4]) -> [Complex; 4, 4] = complex_exponential(a)
fn root(a: [Complex; 4, 4]) -> [Complex; 4, 4] = factor_of(a)
fn sizes(a: [Complex; 4, 3]) -> [Scalar] = singular_values(a)
fn least(a: [Complex; 4, 4]) -> Scalar = least_eigenvalue(a)
fn there_and_back(a: [Complex; 4, 4]) -> [Complex; 4, 4] = unpacked(packed(a), 4)
""")


def random(seed: int, *shape: int) -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(seed)
    return np.asarray(rng.normal(size=shape) + 1j * rng.normal(size=shape))


@pytest.mark.parametrize("seed", range(3))
def test_products_and_sums(seed: int) -> None:
    a, b = random(seed, 2, 4, 4)
    v, w = random(seed + 10, 2, 4)
    exact = [a @ b, a @ b, a.conj().T @ b, a.conj().T]
    assert_allclose(KERNELS.algebra(a, b), exact, atol=1e-13)
    assert_allclose(KERNELS.numbers(a, v, w), [np.trace(a), v @ w], atol=1e-14)


@pytest.mark.parametrize("size", [1e-6, 0.5, 6.0])
def test_exponentials(size: float) -> None:
    a = size * random(3, 4, 4)
    exact = expm(a)
    assert_allclose(KERNELS.power(a), exact, atol=2e-13 * abs(exact).max())
    raising = size * np.diag([1.0, 2, 3], 1)
    assert_allclose(KERNELS.power(raising), expm(raising), atol=1e-13 * max(1, size**3))


@pytest.mark.parametrize("rank", [1, 2, 4])
def test_a_factor_times_its_adjoint_is_the_density(rank: int) -> None:
    f = random(rank, 4, rank)
    rho = f @ f.conj().T / np.linalg.norm(f) ** 2
    found = np.asarray(KERNELS.root(rho))
    assert_allclose(found @ found.conj().T, rho, atol=1e-13)
    assert KERNELS.least(rho) == pytest.approx(np.linalg.eigvalsh(rho)[0], abs=1e-14)
    assert_allclose(KERNELS.there_and_back(rho), rho, atol=1e-15)


def test_singular_values() -> None:
    for seed in range(3):
        a = random(seed, 4, 3)
        assert_allclose(KERNELS.sizes(a), np.linalg.svd(a, compute_uv=False), atol=1e-13)
    v, w = random(5, 4), random(6, 3)
    exact = [float(np.linalg.norm(v) * np.linalg.norm(w)), 0.0, 0.0]
    assert_allclose(KERNELS.sizes(np.outer(v, w)), exact, atol=1e-13)
