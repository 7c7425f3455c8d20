"""Roots and minima against SciPy and closed forms; their derivatives against the implicit function theorem."""

from __future__ import annotations

import math

import mpmath
import pytest
from scipy import optimize, special
from tests.stdlib.running import Kernels

from qdsl.runtime.kernel import KernelError

SOURCE = """
from roots import find_root, newton_root, find_minimum, find_maximum
fn power(n: Scalar, a: Scalar, high: Scalar) = find_root(x -> x^n - a, 0, high)
fn kepler(mean: Scalar, e: Scalar) = find_root(x -> x - e * sin(x) - mean, mean - 1, mean + 1)
fn kepler_by_newton(mean: Scalar, e: Scalar) = newton_root(x -> x - e * sin(x) - mean, mean)
fn steep(a: Scalar) = find_root(x -> atan(1e6 * (x - a)), -1, 5)
fn flat(low: Scalar, high: Scalar) = find_root(x -> x^9, low, high)
fn reversed(a: Scalar) = find_root(x -> a - x, 9, -4)
fn rough(a: Scalar) = find_root(x -> x - a, -10, 10, within = 0.1)
fn none() = find_root(x -> x^2 + 1, -1, 1)
fn pole() = find_root(x -> 1 / (x - 1.3), 0, 3)
fn tangent() = find_root(tan, 1, 2)
fn ninefold(a: Scalar) = find_root(x -> (x - a)^9, 0, 3)
fn double(start: Scalar) = newton_root(x -> x^2, start)
fn wandering() = newton_root(x -> x^3 - 2 * x + 2, 0)
fn nested(a: Scalar) = find_root(x -> find_root(y -> y^3 - x, 0, 9) - a, 0, 9)
fn in_units(g: Acceleration) -> Time = find_root(t -> 5 m - g * t^2 / 2, 0 s, 9 s)
fn wien() = find_maximum(x -> x^3 / expm1(x), 0.1, 20)
fn morse(r: Scalar, a: Scalar, force: Scalar) = find_minimum(x -> (1 - exp(-a * (x - r)))^2 - force * x, 1, 4)
fn kink(a: Scalar) = find_minimum(x -> abs(x - a), -1, 4)
fn falling() = find_minimum(x -> exp(-x), 0, 1)
fn wavy(high: Scalar) = find_minimum(x -> cos(x) + x / 10, 0, high)
"""


@pytest.fixture(scope="module")
def compiled() -> Kernels:
    return Kernels(SOURCE)


# ── roots ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("n", "a"), [(1.0, 3.0), (2.0, 2.0), (3.0, 1e-9), (9.0, 0.5), (0.5, 1.7), (20.0, 1.0)])
def test_powers(compiled: Kernels, n: float, a: float) -> None:
    root = a ** (1 / n)
    assert compiled.power(n, a, 5.0) == pytest.approx(root, rel=1e-15, abs=5e-16)
    slope = compiled.gradient("power", n, a, 5.0)
    assert slope["a"] == pytest.approx(root / (n * a), rel=1e-12)
    assert slope["n"] == pytest.approx(-root * math.log(a) / n**2, rel=1e-12, abs=1e-15)
    assert slope["high"] == 0.0


@pytest.mark.parametrize("mean", [0.01, 0.8, 2.0, 3.1, 5.9])
@pytest.mark.parametrize("e", [0.0, 0.3, 0.95])
def test_keplers_equation(compiled: Kernels, mean: float, e: float) -> None:
    anomaly = optimize.brentq(lambda x: x - e * math.sin(x) - mean, mean - 1, mean + 1, xtol=1e-16, rtol=1e-15)
    for name in ("kepler", "kepler_by_newton"):
        if name == "kepler_by_newton" and e == 0.95 and mean == 5.9:
            continue  # Newton's steps from there are no subject of this test
        assert getattr(compiled, name)(mean, e) == pytest.approx(anomaly, rel=2e-15, abs=1e-15)
        slopes = compiled.gradient(name, mean, e)
        assert slopes["mean"] == pytest.approx(1 / (1 - e * math.cos(anomaly)), rel=1e-13)
        assert slopes["e"] == pytest.approx(math.sin(anomaly) / (1 - e * math.cos(anomaly)), rel=1e-13, abs=1e-15)


def test_roots_that_are_hard_to_bracket(compiled: Kernels) -> None:
    assert compiled.steep(math.pi) == pytest.approx(math.pi, rel=1e-15)
    assert abs(compiled.flat(-1.0, 4.0)) < 1e-30
    assert compiled.flat(0.0, 4.0) == 0.0
    assert compiled.reversed(0.1) == pytest.approx(0.1, rel=1e-15)
    assert compiled.rough(1.234) == pytest.approx(1.234, abs=0.1)
    assert compiled.nested(1.5) == pytest.approx(1.5**3, rel=1e-14)
    assert compiled.gradient("nested", 1.5)["a"] == pytest.approx(3 * 1.5**2, rel=1e-12)
    assert compiled.in_units(9.81) == pytest.approx(math.sqrt(10 / 9.81), rel=1e-15)


def test_second_derivatives_of_a_root() -> None:
    """x^3 = a: x'' = -2/9 a^(-5/3)."""
    kernels = Kernels("""
        from roots import find_root
        fn slope(a: Scalar) = grad(b -> find_root(x -> x^3 - b, 0, 9))(a)
    """)
    assert kernels.slope(2.0) == pytest.approx(2 ** (-2 / 3) / 3, rel=1e-14)
    assert kernels.gradient("slope", 2.0)["a"] == pytest.approx(-2 / 9 * 2 ** (-5 / 3), rel=1e-12)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (("none",), "no root is sure to lie between"),
        (("flat", 1.0, 2.0), "no root is sure to lie between"),
        (("pole",), "no root: at 1.3, where the sign changes, the function is"),
        (("tangent",), "no root: at 1.57"),
        (("double", 1.0), "no convergence in 50 steps: what is left is 8.8"),
        (("wandering",), "no convergence in 50 steps"),
    ],
)
def test_what_has_no_root_stops(compiled: Kernels, call: tuple[str, float], words: str) -> None:
    name, *arguments = call
    with pytest.raises(KernelError, match=words):
        getattr(compiled, name)(*arguments)


@pytest.mark.parametrize("a", [1.0, 1.3, 2.0])
def test_the_slope_of_a_root_of_several_at_once_is_right_or_no_number(compiled: Kernels, a: float) -> None:
    slope = compiled.gradient("ninefold", a)["a"]
    assert math.isnan(slope) or slope == pytest.approx(1.0, rel=1e-9)


# ── minima ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_wiens_displacement(compiled: Kernels) -> None:
    """x^3 / (e^x - 1) is greatest at 3 + W(-3 e^-3)."""
    assert compiled.wien() == pytest.approx(3 + special.lambertw(-3 * math.exp(-3)).real, rel=1e-14)


def test_the_minimum_of_a_potential_moves_with_its_parameters(compiled: Kernels) -> None:
    def place(r: float, a: float, force: float) -> mpmath.mpf:
        """2 a u (1 - u) = force for u = exp(-a (x - r)); the larger u is the minimum."""
        u = (1 + mpmath.sqrt(1 - 2 * mpmath.mpf(force) / a)) / 2
        return r - mpmath.log(u) / a

    at = (2.0, 1.3, 0.1)
    assert compiled.morse(*at) == pytest.approx(float(place(*at)), rel=1e-14)
    slopes = compiled.gradient("morse", *at)
    for i, name in enumerate(("r", "a", "force")):
        exact = mpmath.diff(place, at, tuple(int(j == i) for j in range(3)))
        assert slopes[name] == pytest.approx(float(exact), rel=1e-11)


def test_a_minimum_without_a_slope(compiled: Kernels) -> None:
    assert compiled.kink(1.25) == pytest.approx(1.25, abs=1e-7)


def test_the_place_of_a_minimum_is_inside(compiled: Kernels) -> None:
    assert compiled.wavy(6.0) == pytest.approx(math.pi - math.asin(0.1), rel=1e-14)
    with pytest.raises(KernelError, match=r"no minimum inside 0 \.\. 1: the function falls towards 1"):
        compiled.falling()
