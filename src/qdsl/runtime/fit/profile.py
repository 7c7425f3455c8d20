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
from dataclasses import dataclass, field, replace
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from qdsl.runtime.fit.likelihood import maximise
from qdsl.runtime.fit.objective import LeastSquares, Likelihood, Objective, Parameter, Vector
from qdsl.runtime.fit.optimum import Stop
from qdsl.runtime.fit.squares import least_squares

EXPANSIONS = 60
BETTER = 1e-6
"""Of a deviation squared: a point this much better than the fit shows that the fit was no minimum."""

TOLERANCE = 1e-11


class Interval(NamedTuple):
    """Between which values a parameter lies, in SI. Of an end that is infinite or a bound the data say nothing."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Better:
    """A point with a higher likelihood than that of the fit, by so many deviations."""

    x: Vector
    deviations: float


def profile(
    objective: Objective, parameters: Sequence[Parameter], best: Vector, place: int, error: float, level: float
) -> Interval | Better:
    """The interval of the parameter at that place around the best point, all in SI; `error` is about how wide it is.

    `Better` where the search on the way finds a better point: then the fit has to begin there.
    """
    path = _Path(objective, parameters, np.asarray(best, dtype=float), place)
    allowed = _allowed(objective, path.count, level)
    first = error * allowed if 0.0 < error < math.inf else 0.1 * abs(best[place]) or 1.0
    try:
        return Interval(*(_end(path, allowed, side * first) for side in (-1.0, 1.0)))
    except _BetterFound as found:
        return Better(found.x, found.deviations)


def _allowed(objective: Objective, count: int, level: float) -> float:
    """How many deviations a level holds."""
    if isinstance(objective, LeastSquares):
        from scipy.special import stdtrit

        return float(stdtrit(objective.n_points - count, (1.0 + level) / 2.0))
    return NormalDist().inv_cdf((1.0 + level) / 2.0)


class _BetterFound(Exception):  # noqa: N818 - a result, on its way out
    def __init__(self, x: Vector, deviations: float) -> None:
        super().__init__()
        self.x, self.deviations = x, deviations


@dataclass
class _Path:
    """The best points with one parameter held at each of its values; the others start where they were best nearby."""

    objective: Objective
    parameters: Sequence[Parameter]
    best: Vector
    place: int
    least: float = field(init=False)
    known: dict[float, tuple[float, Vector]] = field(init=False)

    def __post_init__(self) -> None:
        self.least = self._value(self.best)
        self.known = {float(self.best[self.place]): (0.0, self.best)}

    @property
    def count(self) -> int:
        """Of parameters that are free."""
        return sum(each.low < each.high for each in self.parameters)

    def deviations(self, value: float) -> float:
        """How many deviations the parameter is from its best value; infinite where the model is not defined."""
        if value in self.known:
            return self.known[value][0]
        nearest = min(self.known, key=lambda each: abs(each - value))
        x = self._fitted(value, self.known[nearest][1])
        squared = math.inf if x is None else self._worse(self._value(x))
        if x is not None and squared < -BETTER:
            raise _BetterFound(x, math.sqrt(-squared))
        found = math.sqrt(max(0.0, squared)) if squared == squared else math.inf
        if x is not None and math.isfinite(found):
            self.known[value] = found, x
        return found

    def _fitted(self, value: float, near: Vector) -> Vector | None:
        """The best point with the parameter held there; None where the model is not defined."""
        start = near.copy()
        start[self.place] = value
        held = [replace(each, start=float(at)) for each, at in zip(self.parameters, start, strict=True)]
        held[self.place] = replace(held[self.place], low=value, high=value)
        if all(each.low == each.high for each in held):
            return start
        if isinstance(self.objective, LeastSquares):
            optimum = least_squares(self.objective, held)
        else:
            optimum = maximise(self.objective, held)
        if optimum is not None and optimum.stop is Stop.INTERRUPTED:
            raise KeyboardInterrupt
        return None if optimum is None else optimum.x

    def _value(self, x: Vector) -> float:
        """The negative log-likelihood, or half the sum of squares."""
        with np.errstate(all="ignore"):
            if isinstance(self.objective, Likelihood):
                return float(self.objective.evaluate(x, 0)[0])
            residuals = self.objective.residuals(x)
            return 0.5 * float(residuals @ residuals)

    def _worse(self, value: float) -> float:
        """How much worse than the best, in squared deviations."""
        if isinstance(self.objective, Likelihood):
            return 2.0 * (value - self.least)
        if self.least > 0.0:
            return (self.objective.n_points - self.count) * (value / self.least - 1.0)
        return math.inf if value > 0.0 else 0.0


def _end(path: _Path, allowed: float, step: float) -> float:
    """Where the parameter is `allowed` deviations from its best value, in the direction of the step; the bound, or
    infinity, where it never is.
    """
    parameter, best = path.parameters[path.place], float(path.best[path.place])
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


def _crossing(path: _Path, allowed: float, inside: float, outside: float) -> float:
    from scipy.optimize import brentq

    def beyond(value: float) -> float:
        return min(path.deviations(value), 4.0 * allowed + 1.0) - allowed

    size = TOLERANCE * abs(outside - inside) or math.ulp(0.0)
    return float(brentq(beyond, inside, outside, xtol=size, rtol=4.0 * np.finfo(float).eps, maxiter=200))
