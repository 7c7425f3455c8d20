"""Integrals against closed forms, mpmath and the promised error; their derivatives by Leibniz's rule."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from scipy import special
from tests.stdlib.running import Kernels

from qdsl.runtime.kernel import KernelError

SOURCE = """
from quadrature import integrate, integrate_to_infinity, integrate_line, kronrod
fn power(n: Scalar, low: Scalar, high: Scalar) = integrate(x -> x^n, low, high)
fn rule(n: Scalar) = kronrod(x -> x^n, -1, 1).value
fn peak(width: Scalar) = integrate(x -> width / (x^2 + width^2), -1, 1)
fn wave(k: Scalar) = integrate(x -> cos(k * x), 0, 3)
fn odd() = integrate(x -> x^3, -1, 1)
fn step(a: Scalar) = integrate(x -> if x < a { 1 } else { 0 }, 0, 1, relative = 1e-6)
fn logarithm() = integrate(x -> log(x), 0, 1)
fn bessel(n: Int, x: Scalar) = integrate(t -> cos(n * t - x * sin(t)), 0, pi) / pi
fn gamma_of(n: Scalar) = integrate_to_infinity(x -> x^(n - 1) * exp(-x), 0, 1)
fn debye(x: Scalar) = integrate(t -> t^3 / expm1(t), 0, x)
fn bell(a: Scalar, m: Scalar) = integrate_line(x -> exp(-a * (x - m)^2), m, 1)
fn double(a: Scalar) = integrate(x -> integrate(y -> exp(-a * x * y), 0, x), 0, 1)
fn charge(i: Current, tau: Time) = integrate(t -> i * exp(-t / tau), 0 s, 2 s)
fn pole() = integrate(x -> 1 / x^2, 0, 1)
fn rough() = integrate(x -> sin(1 / x) / x, 0, 1)
"""


@pytest.fixture(scope="module")
def compiled() -> Kernels:
    return Kernels(SOURCE)


def test_the_rule_is_exact_for_polynomials(compiled: Kernels) -> None:
    for n in range(23):
        assert compiled.rule(float(n)) == pytest.approx(2 / (n + 1) if n % 2 == 0 else 0.0, rel=2e-15, abs=1e-16)
    assert abs(compiled.rule(24.0) - 2 / 25) > 1e-12


@pytest.mark.parametrize("n", [0.0, 1.0, 0.5, -0.5, 7.3])
def test_powers_and_their_ends(compiled: Kernels, n: float) -> None:
    found = compiled.power(n, 0.0, 2.5)
    assert found == pytest.approx(2.5 ** (n + 1) / (n + 1), rel=1e-10)
    assert compiled.power(n, 2.5, 1.0) == pytest.approx((1 - 2.5 ** (n + 1)) / (n + 1), rel=1e-10)
    slopes = compiled.gradient("power", n, 1.0, 2.5)
    exact = mpmath.diff(lambda m: (mpmath.mpf(2.5) ** (m + 1) - 1) / (m + 1), n)
    assert slopes == pytest.approx({"n": float(exact), "low": -1.0, "high": 2.5**n}, rel=1e-9)


@pytest.mark.parametrize("width", [1.0, 1e-3, 1e-6])
def test_a_peak_is_found(compiled: Kernels, width: float) -> None:
    assert compiled.peak(width) == pytest.approx(2 * math.atan(1 / width), rel=1e-10)
    assert compiled.gradient("peak", width)["width"] == pytest.approx(-2 / (1 + width**2), rel=1e-5)


@pytest.mark.parametrize("k", [1.0, 30.0, 500.0])
def test_waves(compiled: Kernels, k: float) -> None:
    assert compiled.wave(k) == pytest.approx(math.sin(3 * k) / k, abs=3e-10)
    assert compiled.gradient("wave", k)["k"] == pytest.approx(
        3 * math.cos(3 * k) / k - math.sin(3 * k) / k**2, abs=1e-8
    )


def test_functions_defined_by_integrals(compiled: Kernels) -> None:
    for n, x in ((0, 1.0), (3, 7.7), (10, 2.0)):
        assert compiled.bessel(n, x) == pytest.approx(special.jv(n, x), abs=1e-10)
    for n in (1.0, 2.5, 10.0):
        assert compiled.gamma_of(n) == pytest.approx(math.gamma(n), rel=1e-10)
    for n in (4.0, 10.0):
        slope = compiled.gradient("gamma_of", n)["n"]
        assert slope == pytest.approx(math.gamma(n) * special.digamma(n), rel=1e-9)
    assert compiled.debye(2.0) == pytest.approx(float(mpmath.quad(lambda t: t**3 / mpmath.expm1(t), [0, 2])), rel=1e-10)
    assert compiled.bell(2.0, 5.0) == pytest.approx(math.sqrt(math.pi / 2), rel=1e-10)
    slopes = compiled.gradient("bell", 2.0, 5.0)
    assert slopes["a"] == pytest.approx(-0.5 * math.sqrt(math.pi / 8), rel=1e-9)
    assert slopes["m"] == pytest.approx(0.0, abs=1e-12)


def test_hard_ones(compiled: Kernels) -> None:
    assert abs(compiled.odd()) < 1e-14
    assert compiled.step(1 / 3) == pytest.approx(1 / 3, abs=1e-6)
    assert compiled.logarithm() == pytest.approx(-1.0, rel=1e-10)
    assert compiled.charge(2.0, 0.5) == pytest.approx(1 - math.exp(-4), rel=1e-10)
    exact = mpmath.quad(lambda x: (1 - mpmath.exp(-2 * x * x)) / (2 * x), [0, 1])
    assert compiled.double(2.0) == pytest.approx(float(exact), rel=1e-10)


@pytest.mark.parametrize("name", ["pole", "rough"])
def test_what_has_no_integral_stops(compiled: Kernels, name: str) -> None:
    with pytest.raises(KernelError, match="no convergence in 500 steps: what is left is"):
        getattr(compiled, name)()


def test_no_number_in_it_stops(compiled: Kernels) -> None:
    with pytest.raises(KernelError, match="no integral: the function is not a finite number"):
        compiled.peak(np.nan)
