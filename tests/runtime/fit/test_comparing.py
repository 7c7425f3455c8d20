"""Information criteria and tests of models beside published values and closed forms."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chi2, linregress
from tests.runtime.fit.test_profile import Line, fitted, lifetimes

from qdsl.lang.typed.fit_questions import COMPARED
from qdsl.runtime.fit import Parameter
from qdsl.runtime.fit.comparing import compared

X = np.arange(8.0)
Y = np.array([1.2, 0.9, 2.1, 1.7, 1.4, 2.6, 2.2, 3.0])


def test_a_line_against_a_constant_is_the_test_of_its_slope() -> None:
    free = Parameter("a", 1.0)
    constant = fitted(Line(X, Y, (free, Parameter("b", 0.0, 0.0, 0.0))))
    line = fitted(Line(X, Y, (free, Parameter("b", 0.1))))
    table = compared([constant, line])
    assert list(table.columns) == [name for name, _ in COMPARED]
    assert table.parameters.tolist() == [2, 3]
    assert math.isnan(table.p_value[0])
    assert table.p_value[1] == pytest.approx(linregress(X, Y).pvalue, rel=1e-9)


def test_criteria_of_least_squares() -> None:
    """log L of normal residuals with the likeliest sigma."""
    line = fitted(Line(X, Y))
    slope, start, *_ = linregress(X, Y)
    squares = float(((Y - start - slope * X) ** 2).sum())
    whole = 4 * (math.log(2 * math.pi * squares / 8) + 1)
    assert line.aic == pytest.approx(2 * 3 + 2 * whole)
    assert line.aicc == pytest.approx(line.aic + 2 * 3 * 4 / 4)
    assert line.bic == pytest.approx(3 * math.log(8) + 2 * whole)


def test_few_points_leave_nothing_to_correct_by() -> None:
    assert fitted(Line(X[:3], Y[:3])).aicc == math.inf


def test_a_likelihood_ratio() -> None:
    """Lifetimes with any mean against a mean of 1, whose log likelihood is less by n (mean - 1 - log mean)."""
    rich = fitted(lifetimes(20, 1.3))
    simple = replace(rich, nll=20 * 1.3, parameters=(Parameter("tau", 1.0, 1.0, 1.0),))
    found = compared([simple, rich]).p_value[1]
    assert found == pytest.approx(chi2.sf(2 * 20 * (1.3 - 1 - math.log(1.3)), 1), rel=1e-9)


def test_weights_add_up_and_follow_the_criterion() -> None:
    fits = [fitted(Line(X, Y, (Parameter("a", 1.0), Parameter("b", b, b, b)))) for b in (0.0, 0.2, 0.25)]
    weights = compared(fits).weight
    assert weights.sum() == pytest.approx(1.0)
    ratio = math.exp((fits[0].aicc - fits[1].aicc) / 2)
    assert weights[1] / weights[0] == pytest.approx(ratio)
