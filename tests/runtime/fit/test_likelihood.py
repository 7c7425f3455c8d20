"""Maximum likelihood: known answers on real counts, and verdicts that claim no more than is true."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.runtime.fit.decay import Decay, constant_counts, measured

from qdsl.lang.report import Diagnostics
from qdsl.runtime.fit import AtBound, Fit, Likelihood, NotConverged, Parameter, Rejected, Unidentifiable, fit
from qdsl.runtime.fit.rejection import held_against_data

Array = NDArray[Any]


def fitted(objective: Likelihood, **options: bool) -> Fit:
    diagnostics = Diagnostics()
    result = fit(objective, diagnostics, **options)
    assert result is not None, diagnostics.found
    return result


def test_the_t1_data_give_the_published_numbers() -> None:
    result = fitted(measured())
    assert result.converged
    assert not result.rejected
    assert result.tau.value * 1e9 == pytest.approx(23.8775, abs=5e-5)
    assert result.tau.error * 1e9 == pytest.approx(0.6475, abs=5e-5)
    assert result.amplitude.value == pytest.approx(0.92271, abs=5e-6)
    assert result.amplitude.error == pytest.approx(0.01153, abs=5e-6)
    assert result.baseline.value == pytest.approx(0.03957, abs=5e-6)
    assert result.baseline.error == pytest.approx(0.01274, abs=5e-6)
    assert result.nll == pytest.approx(77260.3316, abs=5e-5)
    assert result.nll_with_constant == pytest.approx(65.6856, abs=5e-5)
    assert result.deviance == pytest.approx(8.942, abs=5e-4)
    assert result.dof == 10


def test_expected_information_has_its_own_errors() -> None:
    result = fitted(measured(), expected_information=True)
    assert result.tau.error * 1e9 == pytest.approx(0.6447, abs=5e-5)
    assert result.amplitude.error == pytest.approx(0.01149, abs=5e-6)
    assert result.baseline.error == pytest.approx(0.01268, abs=5e-6)


@pytest.mark.parametrize(
    ("tau", "amplitude", "baseline"),
    [(20e-9, 0.5, 0.05), (300e-9, 0.3, 0.6), (1e-9, 0.1, 0.9), (1e-6, 0.01, 0.01), (2e-9, 0.9, 0.001)],
)
def test_every_start_leads_to_the_same_digits(tau: float, amplitude: float, baseline: float) -> None:
    best = fitted(measured())
    start = {"tau": {"start": tau}, "amplitude": {"start": amplitude}, "baseline": {"start": baseline}}
    result = fitted(measured().starting(**start))
    assert result.converged
    assert result.values == pytest.approx(best.values, rel=1e-12)


def test_the_gradient_left_over_is_rounding() -> None:
    objective = measured()
    result = fitted(objective)
    _, gradient, _ = objective.evaluate(np.array(result.values), 1)
    assert gradient is not None
    errors = np.array([each.error for each in result])
    assert np.abs(gradient * errors).max() < 1e-9


def test_a_parameter_at_its_bound_is_named_and_has_no_error() -> None:
    result = fitted(measured().starting(tau={"high": 22e-9}))
    assert result.verdict == AtBound(("tau",))
    assert result.tau.value == 22e-9
    assert np.isnan(result.tau.error)
    assert result.amplitude.error > 0


def test_the_others_are_at_their_best_given_the_bound() -> None:
    objective = measured().starting(tau={"high": 22e-9})
    result = fitted(objective)
    _, gradient, _ = objective.evaluate(np.array(result.values), 1)
    assert gradient is not None
    assert gradient[0] < 0  # a longer tau would be better
    assert np.abs(gradient[1:] * np.array([result.amplitude.error, result.baseline.error])).max() < 1e-6


def test_a_start_on_a_bound_is_left() -> None:
    result = fitted(measured().starting(amplitude={"start": 0.0}, baseline={"start": 0.5}))
    assert result.values == pytest.approx(fitted(measured()).values, rel=1e-10)


def test_a_fixed_parameter_is_exact_and_counts_for_nothing() -> None:
    result = fitted(measured().starting(baseline={"start": 0.04, "low": 0.04, "high": 0.04}))
    assert result.converged
    assert result.baseline.value == 0.04
    assert result.baseline.error == 0.0
    assert result.dof == 11


@pytest.mark.parametrize("hits", [0, 5, 10])
@pytest.mark.parametrize("start", [(20e-9, 0.9, 0.05), (20e-9, 0.5, 0.3), (500e-9, 0.2, 0.1), (2e-9, 0.2, 0.1)])
def test_constant_counts_fix_no_decay_time(hits: int, start: tuple[float, float, float]) -> None:
    objective = constant_counts(hits, 10)
    objective = replace(
        objective, parameters=tuple(replace(p, start=s) for p, s in zip(objective.parameters, start, strict=True))
    )
    result = fitted(objective)
    assert isinstance(result.verdict, Unidentifiable)
    assert result.verdict.names == ("tau",)
    assert np.isinf(result.tau.error)


def test_a_model_that_cannot_be_is_rejected_by_its_data() -> None:
    objective = measured()
    wavy = replace(objective, excited=np.round(objective.excited * (1 + 0.1 * np.cos(objective.delay * 1e9))))
    result = held_against_data(fitted(wavy))
    assert isinstance(result.verdict, Rejected)
    assert result.verdict.p_value == result.p_value
    assert result.rejected
    assert not result.converged
    assert result.tau.error > 0.0  # the errors of the best wrong answer are known
    assert "the data reject this model" in str(result)


@dataclass(frozen=True)
class Line:
    """y = a + b with unit errors: only the sum is fixed."""

    y: Array
    parameters: tuple[Parameter, ...] = (Parameter("a", 1.0), Parameter("b", 3.0))

    @property
    def n_points(self) -> int:
        return len(self.y)

    def evaluate(self, x: Array, order: int) -> tuple[float, Array, Array]:
        residuals = x.sum() - self.y
        return 0.5 * float(residuals @ residuals), np.full(2, residuals.sum()), np.full((2, 2), float(len(self.y)))

    def information(self, x: Array) -> Array:
        return np.full((2, 2), float(len(self.y)))

    def deviance(self, x: Array) -> float:
        return float(np.sum((x.sum() - self.y) ** 2))

    def constant(self) -> float:
        return 0.0


def test_a_free_direction_names_all_that_move_along_it() -> None:
    result = fitted(Line(np.array([1.9, 2.0, 2.2])))
    assert isinstance(result.verdict, Unidentifiable)
    assert result.verdict.names == ("a", "b")
    (_, along_a), (_, along_b) = result.verdict.changes
    assert along_a == pytest.approx(-along_b)


@dataclass(frozen=True)
class Curve:
    """Any function of one number, as a likelihood of two points."""

    start: float
    low: float = -np.inf
    high: float = np.inf

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return (Parameter("x", self.start, self.low, self.high),)

    n_points = 2

    def derivatives(self, x: float) -> tuple[float, float, float]:
        raise NotImplementedError

    def evaluate(self, x: Array, order: int) -> tuple[float, Array, Array]:
        value, slope, bend = self.derivatives(float(x[0]))
        return value, np.array([slope]), np.array([[bend]])

    def information(self, x: Array) -> Array:
        return np.array([[1.0]])

    def deviance(self, x: Array) -> None:
        return None

    def constant(self) -> float:
        return 0.0


class Falling(Curve):
    """e^-x: lower and lower, never lowest."""

    def derivatives(self, x: float) -> tuple[float, float, float]:
        fall = float(np.exp(-x))
        return fall, -fall, fall


class DoubleWell(Curve):
    """(x² - 1)²: a saddle between two minima, on which the search may start."""

    def derivatives(self, x: float) -> tuple[float, float, float]:
        return (x * x - 1) ** 2, 4 * x * (x * x - 1), 12 * x * x - 4


class Cliff(Curve):
    """x, but only where x > 0.25: the best value is at an edge that is no bound."""

    def derivatives(self, x: float) -> tuple[float, float, float]:
        return (x, 1.0, 0.0) if x > 0.25 else (np.nan, np.nan, np.nan)


class Logarithm(Curve):
    """x - 3 log x, which ends at zero: a full Newton step from 20 leads out of it."""

    def derivatives(self, x: float) -> tuple[float, float, float]:
        return (x - 3 * np.log(x), 1 - 3 / x, 3 / x**2) if x > 0 else (np.nan, np.nan, np.nan)


class Interrupted(Logarithm):
    """The user loses patience near the minimum."""

    def derivatives(self, x: float) -> tuple[float, float, float]:
        if x < 12:
            raise KeyboardInterrupt
        return super().derivatives(x)


def test_a_minimum_at_infinity_is_not_claimed() -> None:
    assert not fitted(Falling(0.0)).converged


def test_a_saddle_is_left_for_a_minimum() -> None:
    result = fitted(DoubleWell(1e-9))
    assert result.converged
    assert abs(result.x.value) == pytest.approx(1.0, rel=1e-12)


def test_an_edge_of_the_model_is_not_called_a_minimum() -> None:
    result = fitted(Cliff(1.0))
    assert isinstance(result.verdict, NotConverged)
    assert "edge of where the model is defined" in str(result.verdict)
    assert result.x.value == pytest.approx(0.25, abs=1e-9)


def test_steps_out_of_the_model_are_taken_back() -> None:
    result = fitted(Logarithm(20.0))
    assert result.converged
    assert result.x.value == pytest.approx(3.0, rel=1e-14)


def test_an_interrupt_keeps_the_best_point_so_far() -> None:
    result = fitted(Interrupted(20.0))
    assert result.verdict == NotConverged("interrupted")
    assert 12 <= result.x.value <= 20


def test_errors_shrink_as_the_root_of_the_number_of_shots() -> None:
    few = measured()
    many = Decay(few.delay, few.excited * 4, few.shots * 4)
    for one, other in zip(fitted(few), fitted(many), strict=True):
        assert other.error == pytest.approx(one.error / 2, rel=1e-9)
