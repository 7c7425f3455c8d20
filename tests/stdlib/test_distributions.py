"""Densities, moments and Fisher information against SciPy, and against their own definitions.

The functions run as native code, over arrays; quantities are made plain numbers by wrapping them.
"""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats as ss
from scipy.integrate import quad
from tests.stdlib.examples import FOLDER
from tests.stdlib.running import Kernels

PARAMETERS = {
    "normal": "mean, sigma",
    "studentt": "nu, mean, scale",
    "uniform": "low, high",
    "exponential": "mean",
    "gamma": "shape, scale",
    "beta": "a, b",
    "binomial": "n: Int, p",
    "bernoulli": "p",
    "poisson": "mean",
}
COUNTS = ("binomial", "bernoulli", "poisson")

SCIPY = {
    "normal": lambda mean, sigma: ss.norm(mean, sigma),
    "studentt": lambda nu, mean, scale: ss.t(nu, mean, scale),
    "uniform": lambda low, high: ss.uniform(low, high - low),
    "exponential": lambda mean: ss.expon(scale=mean),
    "gamma": lambda shape, scale: ss.gamma(shape, scale=scale),
    "beta": lambda a, b: ss.beta(a, b),
    "binomial": lambda n, p: ss.binom(n, p),
    "bernoulli": lambda p: ss.bernoulli(p),
    "poisson": lambda mean: ss.poisson(mean),
}

POINTS = {
    "normal": [(0.0, 1.0), (3.0, 0.2), (-1e3, 50.0)],
    "studentt": [(1.0, 0.0, 1.0), (4.5, 1.0, 0.3), (300.0, -2.0, 5.0)],
    "uniform": [(0.0, 1.0), (-3.0, 7.5)],
    "exponential": [(1.0,), (0.02,), (40.0,)],
    "gamma": [(1.0, 1.0), (0.4, 2.0), (30.0, 0.1)],
    "beta": [(1.0, 1.0), (0.5, 0.5), (4.0, 11.0)],
    "binomial": [(1, 0.5), (20, 0.05), (700, 0.93), (12, 0.0), (12, 1.0), (0, 0.3)],
    "bernoulli": [(0.25,), (0.0,), (1.0,)],
    "poisson": [(0.3,), (12.0,), (900.0,), (0.0,)],
}

OF_X = ("log_density", "log_kernel", "log_constant", "saturated")
OF_PARAMETERS = ("mean", "variance", "information")
CASES = [(name, point) for name, points in POINTS.items() for point in points]


def _wrappers() -> str:
    """The library's functions for arguments without dimensions."""
    lines = []
    for name, parameters in PARAMETERS.items():
        x = "x: Int" if name in COUNTS else "x"
        typed = ", ".join(each if ":" in each else f"{each}: Scalar" for each in parameters.split(", "))
        given = ", ".join(each.partition(":")[0] for each in parameters.split(", "))
        x_typed = x if ":" in x else "x: Scalar"
        lines += [f"fn {kind}_of_{name}({x_typed}, {typed}) -> Scalar = {name}_{kind}(x, {given})" for kind in OF_X]
        lines += [f"fn {kind}_of_{name}({typed}) = {name}_{kind}({given})" for kind in OF_PARAMETERS]
    return "\n".join(lines)


@pytest.fixture(scope="module")
def compiled() -> Kernels:
    return Kernels(_wrappers())


def _support(name: str, point: tuple[float, ...]) -> np.ndarray:
    """Points across the support, its edges and beyond."""
    law = SCIPY[name](*point)
    if name in COUNTS:
        low, high = law.support()
        top = int(min(high, law.mean() + 12 * law.std() + 3))
        return np.arange(int(low) - 1, top + 2)
    return np.concatenate([law.ppf(np.linspace(0.001, 0.999, 41)), [-2e3, 2e3]])


@pytest.mark.parametrize(("name", "point"), CASES)
def test_log_density(compiled: Kernels, name: str, point: tuple[float, ...]) -> None:
    x = _support(name, point)
    law = SCIPY[name](*point)
    wanted = law.logpmf(x) if name in COUNTS else law.logpdf(x)
    found = getattr(compiled, f"log_density_of_{name}")(x, *point)
    assert np.array_equal(np.isfinite(found), np.isfinite(wanted))
    finite = np.isfinite(wanted)
    np.testing.assert_allclose(found[finite], wanted[finite], rtol=1e-12, atol=1e-12)
    assert np.array_equal(found[~finite], wanted[~finite])


@pytest.mark.parametrize(("name", "point"), CASES)
def test_kernel_and_constant_add_up(compiled: Kernels, name: str, point: tuple[float, ...]) -> None:
    x = _support(name, point)
    kernel = getattr(compiled, f"log_kernel_of_{name}")(x, *point)
    constant = getattr(compiled, f"log_constant_of_{name}")(x, *point)
    assert np.array_equal(getattr(compiled, f"log_density_of_{name}")(x, *point), kernel + constant)


@pytest.mark.parametrize(("name", "point"), CASES)
def test_constant_does_not_know_the_continuous_parameters(
    compiled: Kernels, name: str, point: tuple[float, ...]
) -> None:
    x = _support(name, point)
    others = [each if isinstance(each, int) else 0.5 * each + 0.125 for each in point]
    constant = getattr(compiled, f"log_constant_of_{name}")
    assert np.array_equal(constant(x, *point), constant(x, *others))


@pytest.mark.parametrize(("name", "point"), CASES)
def test_moments(compiled: Kernels, name: str, point: tuple[float, ...]) -> None:
    law = SCIPY[name](*point)
    with np.errstate(all="ignore"):
        mean, variance = law.stats("mv")
    if name == "studentt" and point[0] <= 1:  # SciPy says inf where there is none
        mean = variance = np.nan
    np.testing.assert_allclose(getattr(compiled, f"mean_of_{name}")(*point), mean, rtol=1e-13)
    np.testing.assert_allclose(getattr(compiled, f"variance_of_{name}")(*point), variance, rtol=1e-13)


LOCATION = {"normal": 0, "studentt": 1, "exponential": 0, "binomial": 1, "bernoulli": 0, "poisson": 0}


@pytest.mark.parametrize("name", LOCATION)
def test_saturated_is_the_largest_kernel_over_the_location(compiled: Kernels, name: str) -> None:
    point = list(POINTS[name][1 if len(POINTS[name]) > 1 else 0])
    x = 7 if name == "binomial" else 1 if name in COUNTS else 2.5
    top = getattr(compiled, f"saturated_of_{name}")(x, *point)
    best = x / point[0] if name == "binomial" else x
    for location in best * np.array([0.9, 0.999, 1.0, 1.001, 1.1]):
        if name == "bernoulli" and location > 1:
            continue
        point[LOCATION[name]] = location
        kernel = getattr(compiled, f"log_kernel_of_{name}")(x, *point)
        assert kernel <= top + 1e-15
        assert (kernel == pytest.approx(top, rel=1e-14, abs=1e-14)) == (location == best)


def test_saturated_of_gamma_and_beta(compiled: Kernels) -> None:
    scales = np.linspace(0.5, 2.0, 3001)
    assert compiled.saturated_of_gamma(3.0, 2.5, 9.0) == pytest.approx(
        np.max(compiled.log_kernel_of_gamma(3.0, 2.5, scales)), abs=1e-6
    )
    a = np.linspace(0.1, 3.9, 3001)
    assert compiled.saturated_of_beta(0.3, 1.0, 3.0) == pytest.approx(
        np.max(compiled.log_kernel_of_beta(0.3, a, 4 - a)), abs=1e-6
    )


INFORMATION = [
    ("normal", (1.0, 0.7), {"mean": 0, "sigma": 1}),
    ("studentt", (4.5, 1.0, 0.3), {"nu": 0, "mean": 1, "scale": 2}),
    ("exponential", (0.7,), {"": 0}),
    ("gamma", (2.5, 0.4), {"shape": 0, "scale": 1}),
    ("beta", (2.0, 3.5), {"a": 0, "b": 1}),
    ("binomial", (20, 0.3), {"": 1}),
    ("bernoulli", (0.3,), {"": 0}),
    ("poisson", (3.0,), {"": 0}),
]


@pytest.mark.parametrize(("name", "point", "places"), INFORMATION)
def test_information_is_the_mean_square_of_the_score(
    compiled: Kernels, name: str, point: tuple[float, ...], places: dict[str, int]
) -> None:
    found = getattr(compiled, f"information_of_{name}")(*point)
    entries = found if isinstance(found, dict) else {"": found}
    log_kernel = getattr(compiled, f"log_kernel_of_{name}")
    law = SCIPY[name](*point)

    def score(x: float, place: int) -> float:
        step = 1e-4 * abs(point[place])
        slopes = []
        for size in (step, step / 2):
            up, down = list(point), list(point)
            up[place] += size
            down[place] -= size
            slopes.append((log_kernel(x, *up) - log_kernel(x, *down)) / (2 * size))
        return float((4 * slopes[1] - slopes[0]) / 3)

    def expected(first: int, second: int) -> float:
        if name in COUNTS:
            counts = range(int(law.mean() + 30 * law.std()) + 1)
            counts = [k for k in counts if law.pmf(k) > 1e-30]
            return sum(law.pmf(k) * score(k, first) * score(k, second) for k in counts)
        ends = law.ppf([1e-9, 1 - 1e-9])
        return float(quad(lambda x: law.pdf(x) * score(x, first) * score(x, second), *ends, limit=200)[0])

    names = list(places)
    for i, first in enumerate(names):
        for second in names[i:]:
            field = first if first == second else f"{first}_{second}"
            assert entries.get(field, 0.0) == pytest.approx(expected(places[first], places[second]), rel=2e-5, abs=2e-5)


def test_multinomial() -> None:
    module = Kernels(
        """
        fn density(ks: [Int], n: Int, p: [Scalar]) -> Scalar = multinomial_log_density(ks, n, p)
        fn saturated(ks: [Int], n: Int, p: [Scalar]) -> Scalar = multinomial_saturated(ks, n, p)
        fn information(n: Int, p: [Scalar]) = multinomial_information(n, p)
        """
    )
    p = np.array([0.2, 0.5, 0.3])
    ks = np.array([3, 11, 6])
    assert module.density(ks, 20, p) == pytest.approx(ss.multinomial.logpmf(ks, 20, p), rel=1e-13)
    assert module.density(ks, 21, p) == -np.inf
    assert np.isnan(module.density(ks, 20, p * 1.1))
    assert module.saturated(ks, 20, p) == pytest.approx(np.sum(ks * np.log(ks / 20)), rel=1e-14)
    np.testing.assert_allclose(module.information(20, p), 20 / p, rtol=1e-15)


@pytest.mark.parametrize(
    "call",
    [
        "binomial(1, 3, 1.2)", "binomial(1, 3, -0.1)", "bernoulli(1, nan)", "poisson(1, -2.0)", "normal(1.0, 0.0, 0.0)",
        "normal(1.0, 0.0, -1.0)", "exponential(1.0, 0.0)", "gamma(1.0, 0.0, 1.0)", "beta(0.5, -1.0, 1.0)",
        "studentt(1.0, 0.0, 0.0, 1.0)", "uniform(1.0, 2.0, 2.0)",
    ],
)  # fmt: skip
def test_what_is_no_distribution_has_no_density(compiled: Kernels, call: str) -> None:
    name, _, arguments = call.rstrip(")").partition("(")
    values = [int(each) if "." not in each and each != "nan" else float(each) for each in arguments.split(", ")]
    assert np.isnan(getattr(compiled, f"log_density_of_{name}")(*values))


@pytest.mark.parametrize("p", [1e-9, 0.3, 1 - 1e-9])
@pytest.mark.parametrize("k", [0, 4, 10])
def test_the_slope_in_p_is_finite_between_0_and_1(compiled: Kernels, k: int, p: float) -> None:
    slope = compiled.gradient("log_kernel_of_binomial", k, 10, p)
    assert slope["p"] == pytest.approx(k / p - (10 - k) / (1 - p), rel=1e-12)


def test_known_likelihood_of_the_t1_counts(compiled: Kernels) -> None:
    """The decay of examples/t1.qdsl at its maximum: the likelihood with and without constant, and the deviance."""
    rows = np.loadtxt(FOLDER.parents[2] / "examples/data/t1_counts.csv", delimiter=",", skiprows=1)
    delay, excited, shots = rows[:, 0], rows[:, 1].astype(int), rows[:, 2].astype(int)
    p = 0.03957 + 0.92271 * np.exp(-delay / 23.8775)
    kernel = np.sum(compiled.log_kernel_of_binomial(excited, shots, p))
    constant = np.sum(compiled.log_constant_of_binomial(excited, shots, p))
    saturated = np.sum(compiled.saturated_of_binomial(excited, shots, p))
    assert -kernel == pytest.approx(77260.3316, abs=6e-5)
    assert -(kernel + constant) == pytest.approx(65.6856, abs=6e-5)
    assert 2 * (saturated - kernel) == pytest.approx(8.942, abs=6e-4)


# ── derivatives ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_derivatives_by_shapes_where_a_power_is_the_zeroth() -> None:
    """At a shape of 1 a factor of the density is the same everywhere, but its derivative by the shape is not 0."""
    from scipy.special import digamma

    kernels = Kernels(
        """
        fn gamma_slope(x: Scalar, a: Scalar, scale: Scalar) -> Scalar = grad(s -> gamma_log_density(x, s, scale))(a)
        fn beta_slope(x: Scalar, a: Scalar, b: Scalar) -> Scalar = grad(s -> beta_log_density(x, s, b))(a)
        fn other_slope(x: Scalar, a: Scalar, b: Scalar) -> Scalar = grad(s -> beta_log_density(x, a, s))(b)
        fn count_slope(p: Scalar) -> Scalar = grad(q -> binomial_log_density(0, 5, q))(p)
        """
    )
    shapes = np.array([0.5, 1.0, 3.0])
    assert kernels.gamma_slope(2.0, shapes, 2.0) == pytest.approx(np.log(2 / 2) - digamma(shapes), rel=1e-14)
    common = digamma(shapes + 2.0)
    assert kernels.beta_slope(0.3, shapes, 2.0) == pytest.approx(np.log(0.3) - digamma(shapes) + common, rel=1e-13)
    assert kernels.other_slope(0.3, 2.0, shapes) == pytest.approx(np.log(0.7) - digamma(shapes) + common, rel=1e-13)
    assert kernels.count_slope(np.array([0.0, 0.5])) == pytest.approx([-5.0, -10.0], rel=1e-15)
