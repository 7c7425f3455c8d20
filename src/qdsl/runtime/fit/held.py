"""The best points with some parameters held where they are put, the others following: what profiles are made of.

In: what was fitted and its best point. Out: for values of the held parameters how much worse the fit is there, in
squared deviations: twice the fall of the log-likelihood, or, for least squares, whose sigma is found from the
residuals, the relative growth of their sum of squares times the degrees of freedom. For a linear model it is the square
of the distance in standard errors. A fit begins where the nearest one before it has ended.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from qdsl.runtime.fit.likelihood import maximise
from qdsl.runtime.fit.objective import LeastSquares, Likelihood, Objective, Parameter, Vector
from qdsl.runtime.fit.optimum import Stop
from qdsl.runtime.fit.squares import least_squares

BETTER = 1e-6
"""Of a deviation squared: a point this much better than the fit shows that the fit was no minimum."""


@dataclass(frozen=True, slots=True)
class Better:
    """A point with a higher likelihood than that of the fit, by so many deviations."""

    x: Vector
    deviations: float


class BetterFound(Exception):  # noqa: N818 - a result, on its way out
    """Where the search came to a better point: the fit has to begin there."""

    def __init__(self, x: Vector, deviations: float) -> None:
        super().__init__()
        self.found = Better(x, deviations)


@dataclass
class Following:
    """The parameters at `places` are held; `scale` is how far values of each are apart that differ much."""

    objective: Objective
    parameters: Sequence[Parameter]
    best: Vector
    places: tuple[int, ...]
    scale: tuple[float, ...]
    least: float = field(init=False)
    known: dict[tuple[float, ...], tuple[float, Vector]] = field(init=False)

    def __post_init__(self) -> None:
        self.least = self._value(self.best)
        self.known = {tuple(float(self.best[place]) for place in self.places): (0.0, self.best)}

    @property
    def dof(self) -> int:
        """Points, less the parameters that are free."""
        return self.objective.n_points - sum(each.low < each.high for each in self.parameters)

    def deviations(self, *values: float) -> float:
        """How many deviations the held parameters are from their best values; infinite where the model is not defined.
        Raises BetterFound where the fit is better there.
        """
        if values in self.known:
            return self.known[values][0]
        x = self._fitted(values, self.known[min(self.known, key=lambda each: self._apart(each, values))][1])
        squared = math.inf if x is None else self._worse(self._value(x))
        if x is not None and squared < -BETTER:
            raise BetterFound(x, math.sqrt(-squared))
        found = math.sqrt(max(0.0, squared)) if squared == squared else math.inf
        if x is not None and math.isfinite(found):
            self.known[values] = found, x
        return found

    def _apart(self, one: tuple[float, ...], other: tuple[float, ...]) -> float:
        return math.hypot(*((a - b) / size for a, b, size in zip(one, other, self.scale, strict=True)))

    def _fitted(self, values: tuple[float, ...], near: Vector) -> Vector | None:
        """The best point with the parameters held there; None where the model is not defined."""
        start = near.copy()
        start[list(self.places)] = values
        held = [replace(each, start=float(at)) for each, at in zip(self.parameters, start, strict=True)]
        for place, value in zip(self.places, values, strict=True):
            held[place] = replace(held[place], low=value, high=value)
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
            return self.dof * (value / self.least - 1.0)
        return math.inf if value > 0.0 else 0.0
