"""Profile likelihood: how far one parameter can go, the others following, before the data speak against it.

    profile(fit, "tau", 0.95)  =>  where twice the log-likelihood has fallen by z², z deviations holding 95 %

With least squares, whose sigma is found from the residuals, it is where their sum of squares has grown by the factor
1 + t² / dof, t being Student's. For a linear model both are the usual intervals; for others they are asymmetric and
follow the parameter to any other scale. What MINOS reports is the same at level 0.6827.

Source: W. Q. Meeker and L. A. Escobar, "Teaching about approximate confidence regions based on maximum likelihood
estimation", The American Statistician 49 (1995) 48; D. M. Bates and D. G. Watts, "Nonlinear regression analysis and its
applications" (1988), section 6.1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from qdsl.runtime.fit.held import Better, BetterFound, Following
from qdsl.runtime.fit.objective import LeastSquares, Objective, Parameter, Vector

EXPANSIONS = 60
CURVE_POINTS = 61
BEYOND = 1.2
"""So far beyond the ends of its interval a curve goes, from the best value."""

TOLERANCE = 1e-11


class Interval(NamedTuple):
    """Between which values a parameter lies, in SI. Of an end that is infinite or a bound the data say nothing."""

    low: float
    high: float


def profile(
    objective: Objective, parameters: Sequence[Parameter], best: Vector, place: int, error: float, level: float
) -> Interval | Better:
    """The interval of the parameter at that place around the best point, all in SI; `error` is about how wide it is.

    `Better` where the search on the way finds a better point: then the fit has to begin there.
    """
    path, allowed = _path(objective, parameters, best, place, error), allowed_for(objective, parameters, level)
    try:
        return _interval(path, allowed)
    except BetterFound as better:
        return better.found


@dataclass(frozen=True, slots=True)
class Curve:
    """The profile: values of the parameter, in SI and ascending, and at each how much worse the fit is, in squared
    deviations; the interval is where that is below `allowed`.
    """

    values: Vector
    squared: Vector
    interval: Interval
    allowed: float


def profile_curve(
    objective: Objective, parameters: Sequence[Parameter], best: Vector, place: int, error: float, level: float
) -> Curve | Better:
    """The same as a curve, a little beyond both ends of the interval."""
    path, allowed = _path(objective, parameters, best, place, error), allowed_for(objective, parameters, level)
    try:
        interval = _interval(path, allowed)
        values = _across(path, interval, allowed)
        middle = float(path.best[place])
        for value in sorted(values, key=lambda each: abs(each - middle)):  # each begins where the one before it ended
            path.deviations(value)
        squared = np.array([path.deviations(value) for value in values]) ** 2
    except BetterFound as better:
        return better.found
    return Curve(np.array(values), squared, interval, allowed**2)


def _across(path: Following, interval: Interval, allowed: float) -> list[float]:
    """Values from beyond one end of the interval to beyond the other; where there is no end, as far as on the other
    side, or as the error reaches.
    """
    (place,), (error,) = path.places, path.scale
    best, parameter = float(path.best[place]), path.parameters[place]
    reach = [abs(end - best) for end in interval]
    known = [each for each in reach if math.isfinite(each) and each > 0.0] or [allowed * error]
    low, high = (BEYOND * (each if math.isfinite(each) else max(known)) for each in reach)
    values = np.linspace(max(parameter.low, best - low), min(parameter.high, best + high), CURVE_POINTS)
    return sorted({*(float(each) for each in values), best})


def _path(objective: Objective, parameters: Sequence[Parameter], best: Vector, place: int, error: float) -> Following:
    size = error if 0.0 < error < math.inf else 0.1 * abs(float(best[place])) or 1.0
    return Following(objective, parameters, np.asarray(best, dtype=float), (place,), (size,))


def _interval(path: Following, allowed: float) -> Interval:
    return Interval(*(_end(path, allowed, side * path.scale[0] * allowed) for side in (-1.0, 1.0)))


def allowed_for(objective: Objective, parameters: Sequence[Parameter], level: float) -> float:
    """How many deviations a level holds."""
    if isinstance(objective, LeastSquares):
        from scipy.special import stdtrit

        free = sum(each.low < each.high for each in parameters)
        return float(stdtrit(objective.n_points - free, (1.0 + level) / 2.0))
    return NormalDist().inv_cdf((1.0 + level) / 2.0)


def _end(path: Following, allowed: float, step: float) -> float:
    """Where the parameter is `allowed` deviations from its best value, in the direction of the step; the bound, or
    infinity, where it never is.
    """
    (place,) = path.places
    parameter, best = path.parameters[place], float(path.best[place])
    limit = parameter.low if step < 0.0 else parameter.high
    inside, outside = best, best
    for _ in range(EXPANSIONS):
        outside = best + step
        if (outside - limit) * step >= 0.0:
            outside = limit
        if path.deviations(outside) >= allowed:
            return _crossing(path, allowed, inside, outside)
        if outside == limit:
            return limit
        inside, step = outside, 2.0 * step
    return math.copysign(math.inf, step)


def _crossing(path: Following, allowed: float, inside: float, outside: float) -> float:
    from scipy.optimize import brentq

    def beyond(value: float) -> float:
        return min(path.deviations(value), 4.0 * allowed + 1.0) - allowed

    size = TOLERANCE * abs(outside - inside) or math.ulp(0.0)
    return float(brentq(beyond, inside, outside, xtol=size, rtol=4.0 * np.finfo(float).eps, maxiter=200))
