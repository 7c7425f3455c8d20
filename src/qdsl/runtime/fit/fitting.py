"""`fit`: an objective in, a `Fit` out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qdsl.lang.report import Diagnostics
from qdsl.lang.source import Span
from qdsl.runtime.fit import errors
from qdsl.runtime.fit.admission import admitted
from qdsl.runtime.fit.covariance import covariance_of
from qdsl.runtime.fit.judgement import judged
from qdsl.runtime.fit.likelihood import by_scoring, maximise
from qdsl.runtime.fit.objective import LeastSquares, Likelihood, Matrix, Objective, Parameter, Vector
from qdsl.runtime.fit.optimum import Optimum
from qdsl.runtime.fit.result import Fit
from qdsl.runtime.fit.squares import least_squares
from qdsl.runtime.fit.starts import best_from, best_of
from qdsl.runtime.fit.verdict import Converged, Multimodal, Verdict
from qdsl.runtime.value.estimate import Estimate, siblings

OBSERVED = "observed information"
EXPECTED = "expected information"
GAUSS_NEWTON = "the Gauss-Newton matrix"


def fit(
    objective: Objective,
    diagnostics: Diagnostics,
    at: Span | None = None,
    expected_information: bool | None = None,
    starts: int = 1,
    guesses: Sequence[Vector] = (),
) -> Fit | None:
    """The best parameters, searched for from the start and from so many points in all (`fit.starts`), or from all of
    the `guesses`. None, with an error reported at `at`, where there is nothing that could be fitted. The verdict is
    about the search; what the data say of the model, `held_against_data` adds. Errors come from the information that is
    asked for; by default from the observed one, unless there are too many params for second derivatives.
    """
    if not admitted(objective, diagnostics, at):
        return None
    others: list[Vector] = []
    if starts > 1:
        optimum, others = best_of(objective, starts)
    elif len(guesses) > 1:
        optimum, others = best_from(objective, guesses)
    else:
        optimum = least_squares(objective) if isinstance(objective, LeastSquares) else maximise(objective)
    parameters = tuple(objective.parameters)
    if optimum is None:
        diagnostics.add(errors.undefined_at_start(at, parameters))
        return None
    verdict = judged(optimum, parameters)
    if others and isinstance(verdict, Converged):
        verdict = Multimodal(parameters, tuple(others))
    if isinstance(objective, LeastSquares):
        return _fit_squares(objective, optimum, verdict)
    expected = by_scoring(parameters) if expected_information is None else expected_information
    return _fit_likelihood(objective, optimum, verdict, expected)


def _fit_likelihood(objective: Likelihood, optimum: Optimum, verdict: Verdict, expected_information: bool) -> Fit:
    parameters = tuple(objective.parameters)
    with np.errstate(all="ignore"):  # at the edge of the model the information may be infinite
        information = objective.information(optimum.x) if expected_information else _observed(objective, optimum)
    covariance = covariance_of(optimum, np.asarray(information), verdict, parameters)
    return Fit(
        parameters=parameters,
        estimates=estimates_of(parameters, optimum.x, covariance),
        covariance=covariance,
        verdict=verdict,
        method="maximum likelihood",
        errors_from=EXPECTED if expected_information else OBSERVED,
        n_points=objective.n_points,
        dof=objective.n_points - len(optimum.frame.free),
        iterations=optimum.iterations,
        nll=optimum.point.value,
        constant=objective.constant(),
        deviance=objective.deviance(optimum.x),
        objective=objective,
    )


def _observed(objective: Likelihood, optimum: Optimum) -> Matrix:
    """The Hessian of the negative log-likelihood at the best point, in SI."""
    _, _, hessian = objective.evaluate(optimum.x, 2)
    return np.asarray(hessian)


def _fit_squares(objective: LeastSquares, optimum: Optimum, verdict: Verdict) -> Fit:
    parameters = tuple(objective.parameters)
    dof = objective.n_points - len(optimum.frame.free)
    variance = 2.0 * optimum.point.value / dof if dof > 0 else np.nan
    with np.errstate(all="ignore"):  # an error beyond the largest number is inf
        jacobian = objective.jacobian(optimum.x) / optimum.unit
        covariance = covariance_of(optimum, jacobian.T @ jacobian, verdict, parameters) * variance
    return Fit(
        parameters=parameters,
        estimates=estimates_of(parameters, optimum.x, covariance),
        covariance=covariance,
        verdict=verdict,
        method="least squares",
        errors_from=GAUSS_NEWTON,
        n_points=objective.n_points,
        dof=dof,
        iterations=optimum.iterations,
        rss=2.0 * optimum.point.value * optimum.unit * optimum.unit,
        objective=objective,
    )


def estimates_of(parameters: Sequence[Parameter], x: Vector, covariance: Matrix) -> dict[str, Estimate]:
    """The params that are `x`, by name."""
    together = siblings(
        [float(value) for value in x],
        covariance.tolist(),
        [each.dimension for each in parameters],
        [each.display for each in parameters],
    )
    return {parameter.name: estimate for parameter, estimate in zip(parameters, together, strict=True)}
