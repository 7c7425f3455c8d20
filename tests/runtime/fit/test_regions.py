"""Regions of two parameters: closed forms for linear models, what likelihoods give, bounds."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import chi2, f
from tests.runtime.fit.decay import measured

from qdsl.lang.report import Diagnostics
from qdsl.runtime.fit import Fit, Parameter, fit
from qdsl.runtime.fit.held import Better
from qdsl.runtime.fit.profile import Curve, profile_curve
from qdsl.runtime.fit.regions import LEVELS, allowed_for_two, ellipse, regions

Array = NDArray[np.float64]
X = np.linspace(-1.0, 3.0, 12)
Y = 2.0 + 0.5 * X + np.array([0.3, -0.2, 0.1, 0.0, -0.4, 0.2, 0.25, -0.1, 0.0, 0.1, -0.3, 0.05])
DESIGN = np.stack([np.ones_like(X), X, X**2], axis=1)
STARTS = (Parameter("a", 1.0), Parameter("b", 1.0), Parameter("c", 0.1))


@dataclass(frozen=True)
class Parabola:
    """a + b x + c x² by least squares."""

    parameters: tuple[Parameter, ...] = STARTS
    n_points: int = len(X)

    def residuals(self, x: Array) -> Array:
        return np.asarray(Y - DESIGN @ x)

    def jacobian(self, x: Array) -> Array:
        return -DESIGN


@dataclass(frozen=True)
class KnownSigma:
    """The same by maximum likelihood, each point with a sigma of 0.3."""

    parameters: tuple[Parameter, ...] = STARTS
    n_points: int = len(X)

    def evaluate(self, x: Array, order: int) -> tuple[float, Array, Array]:
        left = (Y - DESIGN @ x) / 0.3
        return 0.5 * float(left @ left), -DESIGN.T @ left / 0.3, DESIGN.T @ DESIGN / 0.09

    def information(self, x: Array) -> Array:
        return np.asarray(DESIGN.T @ DESIGN / 0.09)

    def deviance(self, x: Array) -> float | None:
        return None

    def constant(self) -> float:
        return 0.0


def fitted(objective: Parabola | KnownSigma) -> Fit:
    found = fit(objective, Diagnostics())
    assert found is not None
    return found


def lines(found: Fit, places: tuple[int, int]) -> list[Array]:
    assert found.objective is not None
    block = found.covariance[np.ix_(places, places)]
    result = regions(found.objective, found.parameters, np.array(found.values), places, block)
    assert not isinstance(result, Better)
    return result


@pytest.mark.parametrize("places", [(0, 1), (1, 0), (0, 2)])
def test_a_linear_model_with_known_sigma_has_ellipses_of_chi_squared(places: tuple[int, int]) -> None:
    found = fitted(KnownSigma())
    block = np.linalg.inv(DESIGN.T @ DESIGN / 0.09)[np.ix_(places, places)]
    for line, level in zip(lines(found, places), LEVELS, strict=True):
        away = line - np.array(found.values)[list(places)]
        squares = np.einsum("ni,ij,nj->n", away, np.linalg.inv(block), away)
        assert squares == pytest.approx(np.full(len(line), chi2(2).ppf(level)), rel=1e-6)


@pytest.mark.parametrize("places", [(0, 1), (2, 0)])
def test_a_linear_model_by_least_squares_has_ellipses_of_fishers_f(places: tuple[int, int]) -> None:
    found = fitted(Parabola())
    left = Y - DESIGN @ np.linalg.lstsq(DESIGN, Y, rcond=None)[0]
    dof = len(X) - 3
    block = np.linalg.inv(DESIGN.T @ DESIGN)[np.ix_(places, places)] * (left @ left) / dof
    for line, level in zip(lines(found, places), LEVELS, strict=True):
        away = line - np.array(found.values)[list(places)]
        squares = np.einsum("ni,ij,nj->n", away, np.linalg.inv(block), away)
        assert squares == pytest.approx(np.full(len(line), 2 * f(2, dof).ppf(level)), rel=1e-5)


def test_the_usual_numbers() -> None:
    """2.30 and 6.16 of two parameters (Review of Particle Physics, table of Delta chi squared, has 2.30 and 6.18 for
    68.27 % and 95.45 %).
    """
    squares = [allowed_for_two(KnownSigma(), STARTS, level) ** 2 for level in (0.6827, 0.9545)]
    assert squares == pytest.approx([2.30, 6.18], abs=0.005)


def test_the_ellipse_reaches_as_far_as_the_errors_say() -> None:
    covariance = np.array([[4.0, 1.5], [1.5, 1.0]])
    line = ellipse(np.array([1.0, -1.0]), covariance, 2.0)
    assert line[0] == pytest.approx(line[-1])
    assert line.max(axis=0) == pytest.approx([1.0 + 2 * 2.0, -1.0 + 2 * 1.0], rel=1e-3)


def test_on_the_line_the_profile_of_the_counts_has_fallen_by_that() -> None:
    """The T1 measurement: at points of the line the third parameter is fitted anew, by brute force."""
    objective = measured()
    found = fit(objective, Diagnostics())
    assert found is not None
    outer = lines(found, (0, 1))[1]
    least = objective.evaluate(np.array(found.values), 0)[0]
    for tau, amplitude in outer[::30]:
        baselines = found.baseline.value + np.linspace(-6, 6, 4001) * found.baseline.error
        values = [objective.evaluate(np.array([tau, amplitude, each]), 0)[0] for each in baselines]
        assert 2 * (np.nanmin(values) - least) == pytest.approx(chi2(2).ppf(0.954), rel=2e-3)


def test_a_bound_cuts_the_region() -> None:
    low = 1.9
    bounded = replace(KnownSigma(), parameters=(replace(STARTS[0], start=2.0, low=low), *STARTS[1:]))
    line = lines(fitted(bounded), (0, 1))[1]
    free = lines(fitted(KnownSigma()), (0, 1))[1]
    assert free[:, 0].min() < low
    assert line[:, 0].min() == pytest.approx(low, rel=1e-12)
    assert line[:, 0].max() == pytest.approx(free[:, 0].max(), rel=0.02)


def test_the_curve_of_a_linear_model_is_a_parabola() -> None:
    found = fitted(KnownSigma())
    curve = profile_curve(KnownSigma(), found.parameters, np.array(found.values), 1, found.b.error, 0.95)
    assert isinstance(curve, Curve)
    assert curve.squared == pytest.approx(((curve.values - found.b.value) / found.b.error) ** 2, abs=1e-9)
    assert curve.allowed == pytest.approx(chi2(1).ppf(0.95))
    assert curve.values[0] < curve.interval.low < curve.interval.high < curve.values[-1]
    assert curve.interval.low == pytest.approx(found.b.value - math.sqrt(curve.allowed) * found.b.error)
    assert float(curve.squared.min()) == 0.0
