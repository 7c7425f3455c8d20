"""Least squares: certified answers from NIST, from both published starts, and no false success."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.runtime.fit.nist import MODELS, problem

from qdsl.lang.report import Diagnostics
from qdsl.runtime.fit import AtBound, Fit, LeastSquares, NotConverged, Parameter, Unidentifiable, fit

Array = NDArray[Any]


def fitted(objective: LeastSquares) -> Fit:
    diagnostics = Diagnostics()
    result = fit(objective, diagnostics)
    assert result is not None, diagnostics.found
    return result


@pytest.mark.parametrize("start", [1, 2])
@pytest.mark.parametrize("name", MODELS)
def test_nist_values_to_six_digits_and_errors_too(name: str, start: int) -> None:
    facts = problem(name, start)
    result = fitted(facts)
    assert result.converged
    assert result.values == pytest.approx(facts.certified, rel=1e-6)
    # Lanczos1 has data without noise: its certified residuals are themselves rounding.
    errors = tuple(each.error for each in result)
    assert errors == pytest.approx(facts.certified_errors, rel=1e-2 if name == "Lanczos1" else 1e-6)
    if name != "Lanczos1":
        assert result.rss == pytest.approx(facts.rss, rel=1e-6)


@dataclass(frozen=True)
class Straight:
    """y = a + b x with residuals in volts or in nanovolts."""

    x: Array
    y: Array
    parameters: tuple[Parameter, ...]

    @property
    def n_points(self) -> int:
        return len(self.x)

    def residuals(self, p: Array) -> Array:
        return p[0] + p[1] * self.x - self.y

    def jacobian(self, p: Array) -> Array:
        return np.stack([np.ones_like(self.x), self.x], axis=1)


X = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 5.0])
Y = np.array([1.02, 2.94, 5.03, 7.01, 8.95, 11.05])


@pytest.mark.parametrize("unit", [1.0, 1e-9, 1e12])
def test_a_straight_line_has_the_closed_form_in_any_unit(unit: float) -> None:
    result = fitted(Straight(X, Y * unit, (Parameter("a", 0.0), Parameter("b", unit))))
    design = np.stack([np.ones_like(X), X], axis=1)
    best, (rss,), *_ = np.linalg.lstsq(design, Y, rcond=None)
    errors = np.sqrt(np.diag(np.linalg.inv(design.T @ design)) * rss / 4)
    assert result.converged
    assert result.values == pytest.approx(tuple(best * unit), rel=1e-12)
    assert tuple(each.error for each in result) == pytest.approx(tuple(errors * unit), rel=1e-10)
    assert result.sigma == pytest.approx(np.sqrt(rss / 4) * unit, rel=1e-10)


@pytest.mark.parametrize("start", [1e5, 1e20, 1e60, 1e100])
def test_a_start_that_is_far_off_leads_to_the_same_digits(start: float) -> None:
    best = fitted(Straight(X, Y, (Parameter("a", 0.5), Parameter("b", 1.0))))
    result = fitted(Straight(X, Y, (Parameter("a", start), Parameter("b", 1.0))))
    assert result.converged
    assert result.values == pytest.approx(best.values, rel=1e-12)
    assert result.a.error == pytest.approx(best.a.error, rel=1e-9)


def test_a_start_whose_squares_are_no_number_is_refused() -> None:
    diagnostics = Diagnostics()
    assert fit(Straight(X, Y, (Parameter("a", 1e200), Parameter("b", 1.0))), diagnostics) is None
    assert [each.code for each in diagnostics.errors] == ["E0855"]


def test_a_bound_that_holds_is_named() -> None:
    result = fitted(Straight(X, Y, (Parameter("a", 0.5), Parameter("b", 1.0, 0.0, 1.5))))
    assert result.verdict == AtBound(("b",))
    assert result.b.value == 1.5
    assert result.a.value == pytest.approx(np.mean(Y - 1.5 * X), rel=1e-12)


def test_one_delay_repeated_fixes_no_slope() -> None:
    result = fitted(Straight(np.full(6, 2.0), Y, (Parameter("a", 1.0), Parameter("b", 1.0))))
    assert isinstance(result.verdict, Unidentifiable)
    (first, along_a), (second, along_b) = result.verdict.changes
    assert (first.name, second.name) == ("a", "b")
    assert along_a == pytest.approx(-2.0 * along_b)


@pytest.mark.parametrize("unit", [1.0, 1e-9, 1e-100, 1e100])
def test_data_that_fit_exactly_converge_in_any_unit(unit: float) -> None:
    result = fitted(Straight(X, (1 + 2 * X) * unit, (Parameter("a", 0.3 * unit), Parameter("b", 0.7 * unit))))
    assert result.converged
    assert result.values == pytest.approx((unit, 2.0 * unit), rel=1e-12)


def test_as_many_points_as_parameters_leave_no_error() -> None:
    result = fitted(Straight(X[:2], Y[:2], (Parameter("a", 0.3), Parameter("b", 0.7))))
    assert result.converged
    assert result.dof == 0
    assert np.isnan(result.a.error)
    assert result.sigma is None


class Impatient(Straight):
    """Interrupted at its second evaluation."""

    def residuals(self, p: Array) -> Array:
        if p[1] != 1.0:
            raise KeyboardInterrupt
        return super().residuals(p)


def test_an_interrupt_keeps_the_best_point_so_far() -> None:
    result = fitted(Impatient(X, Y, (Parameter("a", 0.5), Parameter("b", 1.0))))
    assert result.verdict == NotConverged("interrupted")
    assert result.values == (0.5, 1.0)
