"""Profile intervals: published ones, closed forms, and what there is to say where there is none."""

from __future__ import annotations

import json
import math
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import t as student
from tests.runtime.fit.decay import measured

from qdsl.lang.report import Diagnostics
from qdsl.runtime.fit import Fit, Objective, Parameter, fit
from qdsl.runtime.fit.held import Better
from qdsl.runtime.fit.profile import profile

Array = NDArray[Any]
ANSWERS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "data" / "known_answers.json").read_text(encoding="utf-8")
)
ONE_SIGMA = math.erf(math.sqrt(0.5))


@dataclass(frozen=True)
class OfOne:
    """A likelihood of a single parameter, by its value, slope and bend."""

    nll: Callable[[float], tuple[float, float, float]]
    parameters: tuple[Parameter, ...]
    n_points: int = 5

    def evaluate(self, x: Array, order: int) -> tuple[float, Array | None, Array | None]:
        value, slope, bend = self.nll(float(x[0]))
        return value, np.array([slope]), np.array([[bend]])

    def information(self, x: Array) -> Array:
        return np.array([[abs(self.nll(float(x[0]))[2])]])

    def deviance(self, x: Array) -> float | None:
        return None

    def constant(self) -> float:
        return 0.0


def fitted(objective: Objective) -> Fit:
    found = fit(objective, Diagnostics())
    assert found is not None
    return found


def lifetimes(n: int, mean: float, start: float = 0.7) -> OfOne:
    def nll(tau: float) -> tuple[float, float, float]:
        total = n * mean
        return n * math.log(tau) + total / tau, n / tau - total / tau**2, -n / tau**2 + 2 * total / tau**3

    return OfOne(nll, (Parameter("tau", start, 1e-6, 1e6),), n)


def counted(k: int) -> OfOne:
    def nll(mu: float) -> tuple[float, float, float]:
        if mu <= 0:
            return (0.0, 1.0, 0.0) if k == 0 and mu == 0 else (math.inf, math.nan, math.nan)
        return mu - k * math.log(mu), 1 - k / mu, k / mu**2

    return OfOne(nll, (Parameter("mu", 1.0, 0.0, 1e4),), 1)


# ── published ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("case", ANSWERS["exponential_lifetime_minos"], ids=lambda case: str(case["n"]))
def test_lifetimes_as_minos_has_them(case: dict[str, Any]) -> None:
    low, high = fitted(lifetimes(case["n"], case["mean"])).profile("tau", ONE_SIGMA)
    np.testing.assert_allclose([low - case["mle"], high - case["mle"]], case["minos"], atol=1e-10)


@pytest.mark.parametrize("case", ANSWERS["poisson_single_count"], ids=lambda case: str(case["k"]))
def test_counts_as_minos_has_them(case: dict[str, Any]) -> None:
    low, high = fitted(counted(case["k"])).profile("mu", ONE_SIGMA)
    np.testing.assert_allclose([low - case["mle"], high - case["mle"]], case["minos"], atol=1e-9 * (1 + case["k"]))


# ── closed forms ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Line:
    """y = a + b x, sigma unknown."""

    x: Array
    y: Array
    parameters: tuple[Parameter, ...] = field(default=(Parameter("a", 0.0), Parameter("b", 1.0)))

    @property
    def n_points(self) -> int:
        return len(self.x)

    def residuals(self, p: Array) -> Array:
        return np.asarray(p[0] + p[1] * self.x - self.y)

    def jacobian(self, p: Array) -> Array:
        return np.stack([np.ones_like(self.x), self.x], axis=1)


@pytest.mark.parametrize("level", [0.5, ONE_SIGMA, 0.95, 0.999])
def test_a_straight_line_has_students_interval(level: float) -> None:
    x = np.arange(6.0)
    best = fitted(Line(x, np.array([1.02, 2.94, 5.03, 7.01, 8.95, 11.05])))
    wide = student.ppf((1 + level) / 2, 4)
    for name in ("a", "b"):
        low, high = best.profile(name, level)
        assert low == pytest.approx(best[name].value - wide * best[name].error, rel=1e-9)
        assert high == pytest.approx(best[name].value + wide * best[name].error, rel=1e-9)


def test_it_follows_to_another_scale() -> None:
    """The interval of log(tau) is the logarithm of that of tau: no error of a Hessian is."""
    of_tau = fitted(lifetimes(8, 1.3)).profile("tau")

    def nll(u: float) -> tuple[float, float, float]:
        rest = 8 * 1.3 * math.exp(-u)
        return 8 * u + rest, 8 - rest, rest

    of_log = fitted(OfOne(nll, (Parameter("u", 0.5, -20.0, 20.0),), 8)).profile("u")
    np.testing.assert_allclose(np.exp(of_log), of_tau, rtol=1e-9)


def test_other_parameters_follow() -> None:
    """At its ends the likelihood, largest over the two others, has fallen by what the level allows."""
    objective = measured()
    best = fitted(objective)
    assert best.nll is not None
    for name, place in (("tau", 0), ("amplitude", 1), ("baseline", 2)):
        for end in best.profile(name, ONE_SIGMA):
            held = objective.starting(**{name: {"low": end, "high": end, "start": end}})
            there = fitted(held)
            assert there.nll is not None
            assert 2 * (there.nll - best.nll) == pytest.approx(1.0, abs=1e-6)
            assert there.values[place] == end


def test_an_end_that_is_a_bound() -> None:
    best = fitted(measured().starting(tau={"high": 24e-9}))
    low, high = best.profile("tau")
    assert high == 24e-9
    assert 22e-9 < low < 23e-9


def test_an_end_that_the_data_do_not_give() -> None:
    """exp(-u) falls for ever: no u is too large."""
    objective = OfOne(lambda u: (math.exp(-u), -math.exp(-u), math.exp(-u)), (Parameter("u", 0.0),), 5)
    found = profile(objective, objective.parameters, np.array([30.0]), 0, 1.0, 0.95)
    assert not isinstance(found, Better)
    assert found.high == math.inf
    assert 2 * math.exp(-found.low) == pytest.approx(1.959963984540054**2, rel=1e-9)


def test_data_without_noise_fix_a_parameter() -> None:
    best = fitted(Line(np.arange(4.0), 1 + 2 * np.arange(4.0), (Parameter("a", 0.0), Parameter("b", 1.0))))
    low, high = best.profile("b")
    assert low == pytest.approx(2.0, abs=1e-9)
    assert high == pytest.approx(2.0, abs=1e-9)


def test_a_fit_that_was_sent_elsewhere_has_no_profiles() -> None:
    best = fitted(measured())
    copy = pickle.loads(pickle.dumps(best))
    assert copy.values == best.values
    with pytest.raises(ValueError, match="elsewhere"):
        copy.profile("tau")


# ── what is no interval ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_better_point_is_told() -> None:
    """Two valleys, the fit in the shallower one, and between them no wall that the level does not allow."""

    def nll(p: float) -> tuple[float, float, float]:
        return (p**2 - 1) ** 2 / 2 + 0.05 * p, 2 * p * (p**2 - 1) + 0.05, 6 * p**2 - 2

    best = fitted(OfOne(nll, (Parameter("p", 1.0, -3.0, 3.0),)))
    assert best.values[0] > 0
    found = best.profiled("p", 0.95)
    assert isinstance(found, Better)
    assert found.x[0] < 0
    with pytest.raises(ValueError, match="not at the best point"):
        best.profile("p")


def test_what_cannot_be_asked() -> None:
    best = fitted(measured().starting(baseline={"low": 0.05, "high": 0.05}))
    with pytest.raises(KeyError, match="taw"):
        best.profile("taw")
    with pytest.raises(ValueError, match="between 0 and 1"):
        best.profile("tau", 95)
    with pytest.raises(ValueError, match="baseline was not fitted"):
        best.profile("baseline")
