"""Functions of numbers and of arrays against SciPy, NumPy and Python, at their edges above all."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.special as sp
from tests.stdlib.running import Kernels

from qdsl.runtime.kernel import KernelError

SOURCE = """
fn sinc_of(x: Scalar) = sinc(x)
fn gamma_of(x: Scalar) = gamma(x)
fn log_beta_of(a: Scalar, b: Scalar) = log_beta(a, b)
fn xlogy_of(x: Scalar, y: Scalar) = xlogy(x, y)
fn xlog1py_of(x: Scalar, y: Scalar) = xlog1py(x, y)
fn factorial_of(n: Int) = factorial(n)
fn choose_of(n: Int, k: Int) = choose(n, k)
fn log_choose_of(n: Int, k: Int) = log_choose(n, k)
fn sign_of(x: Scalar) = sign(x)
fn step_of(x: Scalar) = step(x)
fn polynomial_of(x: Scalar, a: [Scalar]) = polynomial(x, a)
fn linspace_of(low: Scalar, high: Scalar, n: Int) = linspace(low, high, n)
fn logspace_of(low: Scalar, high: Scalar, n: Int) = logspace(low, high, n)
fn sum_of(xs: [Scalar]) = sum(xs)
fn prod_of(xs: [Scalar]) = prod(xs)
fn mean_of(xs: [Scalar]) = mean(xs)
fn variance_of(xs: [Scalar]) = variance(xs)
fn norm_of(xs: [Scalar]) = norm(xs)
fn cumsum_of(xs: [Scalar]) = cumsum(xs)
fn diff_of(xs: [Scalar]) = diff(xs)
fn trapz_of(ys: [Scalar], xs: [Scalar]) = trapz(ys, xs)
fn argmin_of(xs: [Scalar]) = argmin(xs)
fn argmax_of(xs: [Scalar]) = argmax(xs)
fn minimum_of(xs: [Scalar]) = minimum(xs)
fn maximum_of(xs: [Scalar]) = maximum(xs)
fn reverse_of(xs: [Scalar]) = reverse(xs)
fn sort_of(xs: [Scalar]) = sort(xs)
fn quantile_of(xs: [Scalar], q: Scalar) = quantile(xs, q)
fn median_of(xs: [Scalar]) = median(xs)
fn dot_of(a: [Scalar], b: [Scalar]) = dot(a, b)
fn matmul_of(a: [Scalar; n, k], b: [Scalar; k, m]) = matmul(a, b)
fn transpose_of(a: [Scalar; n, m]) = transpose(a)
fn identity_of(n: Int) = identity(n)
"""


@pytest.fixture(scope="module")
def compiled() -> Kernels:
    return Kernels(SOURCE)


# ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_gamma(compiled: Kernels) -> None:
    x = np.concatenate([np.linspace(-20.3, 50.1, 501), [1e-300, 1.0, 2.0, 30.0, 171.0, 1e-9, -1e-9]])
    np.testing.assert_allclose(compiled.gamma_of(x), sp.gamma(x), rtol=2e-13)


@pytest.mark.parametrize("pole", [0.0, -1.0, -17.0])
def test_gamma_has_poles(compiled: Kernels, pole: float) -> None:
    with pytest.raises(KernelError, match="pole"):
        compiled.gamma_of(pole)


def test_sinc_and_its_slope_are_smooth_at_zero(compiled: Kernels) -> None:
    x = np.array([0.0, 1e-12, 3e-4, 9.999e-4, 1.0001e-3, 0.1, 2.0])
    np.testing.assert_allclose(compiled.sinc_of(x), np.sinc(x / np.pi), rtol=3e-16)
    for each in x[1:6]:
        slope = compiled.gradient("sinc_of", float(each))["x"]
        series = -each / 3 * (1 - each**2 / 10 * (1 - each**2 / 28 * (1 - each**2 / 54)))
        assert slope == pytest.approx(series, rel=1e-9)


def test_log_beta(compiled: Kernels) -> None:
    a, b = np.meshgrid([0.1, 1.0, 3.5, 40.0], [0.2, 2.0, 77.0])
    np.testing.assert_allclose(compiled.log_beta_of(a, b), sp.betaln(a, b), rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize(("name", "reference"), [("xlogy_of", sp.xlogy), ("xlog1py_of", sp.xlog1py)])
def test_products_with_logarithms(compiled: Kernels, name: str, reference: np.ufunc) -> None:
    shift = 1.0 if name == "xlog1py_of" else 0.0
    x, y = np.meshgrid([0.0, 0.5, 3.0], np.array([0.0, 1e-300, 0.3, 1.0, 5.0]) - shift)
    np.testing.assert_allclose(getattr(compiled, name)(x, y), reference(x, y), rtol=1e-15)
    assert np.all(np.isnan(getattr(compiled, name)(np.array([0.0, 1.0]), -0.1 - shift)))


def test_factorial_and_choose_are_exact(compiled: Kernels) -> None:
    assert [compiled.factorial_of(n) for n in range(21)] == [math.factorial(n) for n in range(21)]
    for n in range(0, 61, 4):
        assert [compiled.choose_of(n, k) for k in range(-1, n + 2)] == [0, *(math.comb(n, k) for k in range(n + 1)), 0]
        for k in range(n + 1):
            wanted = math.log(math.comb(n, k))
            assert compiled.log_choose_of(n, k) == pytest.approx(wanted, rel=1e-13, abs=1e-13)


@pytest.mark.parametrize(
    "call", [("factorial_of", 21), ("factorial_of", -1), ("choose_of", 70, 35), ("choose_of", -1, 0)]
)
def test_counts_that_cannot_be_stop(compiled: Kernels, call: tuple[str, int]) -> None:
    name, *arguments = call
    with pytest.raises(KernelError):
        getattr(compiled, name)(*arguments)


def test_signs_and_steps(compiled: Kernels) -> None:
    x = np.array([-np.inf, -2.0, -0.0, 0.0, 1e-300, np.inf, np.nan])
    np.testing.assert_array_equal(compiled.sign_of(x), [-1, -1, 0, 0, 1, 1, np.nan])
    np.testing.assert_array_equal(compiled.step_of(x), [0, 0, 1, 1, 1, 1, np.nan])


# ── arrays ───────────────────────────────────────────────────────────────────────────────────────────────────────

ARRAYS = [
    np.array([3.0]),
    np.array([2.0, -1.0]),
    np.array([1.0, 1.0, -4.0, 1.0, -4.0]),
    np.random.default_rng(1).normal(size=64),
    np.random.default_rng(2).integers(0, 9, size=101).astype(float),
]


@pytest.mark.parametrize("xs", ARRAYS, ids=len)
@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("sum_of", np.sum), ("prod_of", np.prod), ("mean_of", np.mean), ("norm_of", np.linalg.norm),
        ("median_of", np.median), ("cumsum_of", np.cumsum),
    ],
)  # fmt: skip
def test_sums(compiled: Kernels, name: str, reference: np.ufunc, xs: np.ndarray) -> None:
    np.testing.assert_allclose(getattr(compiled, name)(xs), reference(xs), rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("xs", ARRAYS, ids=len)
def test_order(compiled: Kernels, xs: np.ndarray) -> None:
    assert np.array_equal(compiled.sort_of(xs), np.sort(xs))
    assert np.array_equal(compiled.reverse_of(xs), xs[::-1])
    assert np.array_equal(compiled.diff_of(xs), np.diff(xs))
    assert compiled.argmin_of(xs) == np.argmin(xs)
    assert compiled.argmax_of(xs) == np.argmax(xs)
    assert compiled.minimum_of(xs) == np.min(xs)
    assert compiled.maximum_of(xs) == np.max(xs)
    for q in (0.0, 0.1, 0.5, 0.77, 1.0):
        assert compiled.quantile_of(xs, q) == pytest.approx(np.quantile(xs, q), rel=1e-14, abs=1e-15)


WITH_NAN = [
    np.array([np.nan]),
    np.array([np.nan, 1.0, -2.0]),
    np.array([3.0, np.nan, 1.0, np.nan, 2.0, -np.inf, 0.5]),
    np.array([1.0, 2.0, np.inf, np.nan]),
    np.where(np.arange(33) % 5 == 2, np.nan, np.random.default_rng(4).normal(size=33)),
]


@pytest.mark.parametrize("xs", WITH_NAN, ids=len)
def test_nan_is_sorted_last_and_has_no_middle(compiled: Kernels, xs: np.ndarray) -> None:
    assert np.array_equal(compiled.sort_of(xs), np.sort(xs), equal_nan=True)
    assert compiled.argmin_of(xs) == np.argmin(xs)
    assert compiled.argmax_of(xs) == np.argmax(xs)
    assert math.isnan(compiled.median_of(xs))
    for q in (0.0, 0.3, 1.0):
        assert math.isnan(compiled.quantile_of(xs, q))


def test_infinities_have_a_middle(compiled: Kernels) -> None:
    assert compiled.median_of(np.array([-np.inf, 2.0, np.inf])) == 2.0
    assert compiled.median_of(np.array([np.inf, 1.0, np.inf])) == np.inf
    assert compiled.median_of(np.array([np.inf, np.inf])) == np.inf
    assert compiled.quantile_of(np.array([1.0, np.inf]), 0.0) == 1.0


def test_variance(compiled: Kernels) -> None:
    for xs in ARRAYS[1:]:
        assert compiled.variance_of(xs) == pytest.approx(np.var(xs, ddof=1), rel=1e-13)


def test_empty_arrays(compiled: Kernels) -> None:
    nothing = np.empty(0)
    assert compiled.sum_of(nothing) == 0
    assert compiled.prod_of(nothing) == 1
    assert compiled.norm_of(nothing) == 0
    for name in ("sort_of", "cumsum_of", "diff_of", "reverse_of"):
        assert len(getattr(compiled, name)(nothing)) == 0
    for name in ("mean_of", "minimum_of", "maximum_of", "argmin_of", "argmax_of", "median_of", "variance_of"):
        with pytest.raises(KernelError):
            getattr(compiled, name)(nothing)


def test_steps(compiled: Kernels) -> None:
    for n in (1, 2, 3, 11):
        np.testing.assert_allclose(compiled.linspace_of(-3.0, 7.1, n), np.linspace(-3.0, 7.1, n), rtol=0, atol=2e-15)
        np.testing.assert_allclose(compiled.logspace_of(1e-9, 3e-3, n), np.geomspace(1e-9, 3e-3, n), rtol=1e-13)
    assert np.array_equal(compiled.linspace_of(0.0, 60.0, 61), np.arange(61.0))
    steps = compiled.linspace_of(0.1, 0.7, 1000)
    assert (steps[0], steps[-1]) == (0.1, 0.7)


def test_products(compiled: Kernels) -> None:
    random = np.random.default_rng(3)
    a, b = random.normal(size=(3, 4)), random.normal(size=(4, 2))
    np.testing.assert_allclose(compiled.matmul_of(a, b), a @ b, rtol=1e-13)
    assert np.array_equal(compiled.transpose_of(a), a.T)
    assert np.array_equal(compiled.identity_of(3), np.eye(3))
    assert compiled.dot_of(a[0], b[:, 0]) == pytest.approx(a[0] @ b[:, 0], rel=1e-13)
    assert compiled.trapz_of(a[0], np.array([0.0, 1.0, 1.5, 4.0])) == pytest.approx(
        np.trapezoid(a[0], [0.0, 1.0, 1.5, 4.0]), rel=1e-13
    )
    assert compiled.polynomial_of(1.7, a[0]) == pytest.approx(np.polynomial.polynomial.polyval(1.7, a[0]), rel=1e-13)


def test_lengths_must_agree(compiled: Kernels) -> None:
    for name in ("dot_of", "trapz_of"):
        with pytest.raises(KernelError):
            getattr(compiled, name)(np.ones(3), np.ones(4))


@pytest.mark.parametrize("q", [-0.01, 1.01, math.nan])
def test_a_quantile_is_of_a_share(compiled: Kernels, q: float) -> None:
    with pytest.raises(KernelError):
        compiled.quantile_of(np.ones(3), q)
