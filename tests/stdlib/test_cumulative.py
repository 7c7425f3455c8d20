"""Cumulative distributions and quantiles against fifty digits, with their derivatives."""

from __future__ import annotations

import math

import mpmath
import pytest
from tests.stdlib.running import Kernels

import qdsl
from qdsl.runtime.kernel import KernelError

SOURCE = """
from cumulative import
    normal_cdf, normal_quantile, gamma_cdf, gamma_tail, gamma_quantile, beta_cdf, beta_quantile, chi_squared_tail
fn below(x: Scalar) = normal_cdf(x, 0, 1)
fn normal(p: Scalar) = normal_quantile(p)
fn lower(x: Scalar, a: Scalar) = gamma_cdf(x, a, 1)
fn upper(x: Scalar, a: Scalar) = gamma_tail(x, a, 1)
fn gamma_of(p: Scalar, a: Scalar) = gamma_quantile(p, a, 1)
fn beta_below(x: Scalar, a: Scalar, b: Scalar) = beta_cdf(x, a, b)
fn beta_of(p: Scalar, a: Scalar, b: Scalar) = beta_quantile(p, a, b)
fn tail(x: Scalar, dof: Scalar) = chi_squared_tail(x, dof)
"""


@pytest.fixture(scope="module")
def compiled() -> Kernels:
    return Kernels(SOURCE.replace("import\n    ", "import "))


def near(found: float, wanted: mpmath.mpf, within: float) -> bool:
    """Relatively; what is below the smallest double is 0."""
    return abs(found - float(wanted)) <= within * abs(float(wanted)) + 1e-300


@pytest.mark.parametrize("p", [1e-300, 1e-20, 1e-3, 0.1, 0.5, 0.7, 0.999, 1 - 1e-12])
def test_normal(compiled: Kernels, p: float) -> None:
    with mpmath.workdps(50):
        wanted = mpmath.findroot(lambda z: mpmath.ncdf(z) - mpmath.mpf(p), compiled.normal(p))
        assert near(compiled.normal(p), wanted, 1e-13 if p < 0.99 else 1e-12)
        slope = 1 / mpmath.npdf(wanted)
    assert compiled.gradient("normal", p)["p"] == pytest.approx(float(slope), rel=1e-9)
    assert compiled.below(compiled.normal(p)) == pytest.approx(p, rel=1e-12)


@pytest.mark.parametrize("a", [0.5, 1.0, 3.7, 40.0, 1e3, 1e4])
@pytest.mark.parametrize("share", [0.01, 0.3, 0.9, 1.0, 1.1, 1.5, 4.0])
def test_gamma(compiled: Kernels, a: float, share: float) -> None:
    x = share * a
    with mpmath.workdps(50):
        lower, upper = mpmath.gammainc(a, 0, x, regularized=True), mpmath.gammainc(a, x, regularized=True)
    rounding = 2e-15 * (10 + a**0.5 + a * abs(share - 1 - math.log(share)))  # that of an exponent
    assert near(compiled.lower(x, a), lower, rounding + (0 if share <= 1 else 1e-15))
    if share > 1:
        assert near(compiled.upper(x, a), upper, rounding)
    assert compiled.lower(x, a) + compiled.upper(x, a) == pytest.approx(1.0, abs=1e-14)


@pytest.mark.parametrize("a", [0.5, 1.0, 11.0, 400.0])
@pytest.mark.parametrize("p", [1e-8, 0.025, 0.5, 0.975, 1 - 1e-9])
def test_quantiles_of_gamma(compiled: Kernels, a: float, p: float) -> None:
    x = compiled.gamma_of(p, a)
    with mpmath.workdps(40):
        there = mpmath.gammainc(a, 0, mpmath.mpf(x), regularized=True)
        density = float(mpmath.exp((a - 1) * mpmath.log(x) - x - mpmath.loggamma(a)))
    assert float(there) == pytest.approx(p, rel=1e-13 if p <= 0.5 else 1e-14)
    assert compiled.gradient("gamma_of", p, a)["p"] == pytest.approx(1 / density, rel=1e-7)


@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (1.0, 3.0), (2.5, 0.7), (6.0, 5.0), (80.5, 20.5), (300.0, 900.0)])
@pytest.mark.parametrize("p", [1e-8, 0.025, 0.5, 0.84, 0.975])
def test_beta(compiled: Kernels, a: float, b: float, p: float) -> None:
    x = compiled.beta_of(p, a, b)
    with mpmath.workdps(40):
        there = float(mpmath.betainc(a, b, 0, mpmath.mpf(x), regularized=True))
        density = float(x ** (a - 1) * (1 - mpmath.mpf(x)) ** (b - 1) / mpmath.beta(a, b))
    rounding = 1e-15 * (30 + (a + b) ** 0.5)
    assert there == pytest.approx(p, rel=3 * rounding)
    assert compiled.beta_below(x, a, b) == pytest.approx(there, rel=2 * rounding)
    assert compiled.gradient("beta_of", p, a, b)["p"] == pytest.approx(1 / density, rel=1e-6)


def test_slopes_by_parameters(compiled: Kernels) -> None:
    for x, a, b in ((0.2, 2.5, 4.0), (0.7, 2.5, 4.0), (0.5, 0.5, 0.5)):
        with mpmath.workdps(40):
            by_a = float(mpmath.diff(lambda t, b=b, x=x: mpmath.betainc(t, b, 0, x, regularized=True), a))
        assert compiled.gradient("beta_below", x, a, b)["a"] == pytest.approx(by_a, rel=1e-8)
    for x, a in ((0.5, 2.0), (5.0, 2.0)):
        with mpmath.workdps(40):
            by_a = float(mpmath.diff(lambda t, x=x: mpmath.gammainc(t, 0, x, regularized=True), a))
        assert compiled.gradient("lower", x, a)["a"] == pytest.approx(by_a, rel=1e-8)


def test_chi_squared(compiled: Kernels) -> None:
    assert compiled.tail(3.841458820694124, 1.0) == pytest.approx(0.05, rel=1e-13)
    assert compiled.tail(0.0, 3.0) == 1.0
    assert compiled.tail(2.0 * math.log(1e6), 2.0) == pytest.approx(1e-6, rel=1e-13)


def test_ends(compiled: Kernels) -> None:
    assert compiled.normal(0.0) == -math.inf
    assert compiled.normal(1.0) == math.inf
    assert compiled.beta_of(0.0, 2.0, 3.0) == 0.0
    assert compiled.beta_of(1.0, 2.0, 3.0) == 1.0
    assert compiled.gamma_of(0.0, 2.0) == 0.0
    assert compiled.gamma_of(1.0, 2.0) == math.inf


def test_what_is_no_probability() -> None:
    module = qdsl.compile("from cumulative import beta_quantile\nfn f(p: Scalar) = beta_quantile(p, 1, 2)")
    with pytest.raises(KernelError, match="is_probability"):
        module.f(1.5)
