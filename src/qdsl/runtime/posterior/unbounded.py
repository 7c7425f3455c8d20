"""A likelihood with priors as a density on the real line: what is sampled.

In: a `Likelihood` of the params, whose negative logarithm has the priors in it. Out: the same as a `Likelihood` of z,
with the factor dx/dz of `real_line`. `as_likelihood` makes a likelihood of least squares first.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qdsl.runtime.fit.objective import LeastSquares, Likelihood, Matrix, Objective, Parameter, Vector
from qdsl.runtime.posterior.real_line import Place, RealLine


@dataclass(frozen=True)
class Unbounded:
    """-log of the density of z, but for a constant; exact derivatives wherever the likelihood has them."""

    likelihood: Likelihood
    line: RealLine
    start: Vector

    @property
    def parameters(self) -> list[Parameter]:
        """One without bounds for each z."""
        return [Parameter(f"z{k}", float(each)) for k, each in enumerate(self.start)]

    @property
    def n_points(self) -> int:
        return self.likelihood.n_points

    def evaluate(self, z: Vector, order: int) -> tuple[float, Vector | None, Matrix | None]:
        place = self.line.at(z)
        value, slope, hessian = self.likelihood.evaluate(place.x, order)
        whole = value - place.log_slope
        if slope is None:
            return whole, None, None
        free = self.line.free
        gradient = slope[free] * place.slope - place.log_slope_1
        if hessian is None:
            return whole, gradient, None
        curvature = hessian[np.ix_(free, free)] * np.outer(place.slope, place.slope)
        return whole, gradient, curvature + np.diag(slope[free] * place.bend - self.line.bent(place))

    def information(self, z: Vector) -> Matrix:
        place, free = self.line.at(z), self.line.free
        known = self.likelihood.information(place.x)[np.ix_(free, free)]
        return np.asarray(known * np.outer(place.slope, place.slope) - np.diag(self.line.bent(place)))

    def deviance(self, z: Vector) -> float | None:
        return None

    def constant(self) -> float:
        return 0.0

    def place(self, z: Vector) -> Place:
        return self.line.at(z)


def as_likelihood(objective: Objective) -> Likelihood:
    """Least squares get the scatter that they lack."""
    return _OfSquares(objective) if isinstance(objective, LeastSquares) else objective


@dataclass(frozen=True)
class _OfSquares:
    """Normal residuals of unknown sigma, of which nothing is known but that it is as likely in each decade: integrated
    over the density 1/sigma, n points with the sum of squares S leave n/2 log S. Second derivatives are Gauss-Newton's.
    (A. Gelman et al., "Bayesian data analysis" (2013), section 3.2.)
    """

    squares: LeastSquares

    @property
    def parameters(self) -> Sequence[Parameter]:
        return self.squares.parameters

    @property
    def n_points(self) -> int:
        return self.squares.n_points

    def evaluate(self, x: Vector, order: int) -> tuple[float, Vector | None, Matrix | None]:
        residuals = self.squares.residuals(x)
        sum_ = float(residuals @ residuals)
        value = 0.5 * self.n_points * math.log(sum_) if sum_ > 0.0 else math.nan
        if order == 0:
            return value, None, None
        jacobian = self.squares.jacobian(x)
        slope = jacobian.T @ residuals / sum_ * self.n_points
        if order == 1:
            return value, slope, None
        squared = jacobian.T @ jacobian / sum_ * self.n_points
        return value, slope, squared - 2.0 * np.outer(slope, slope) / self.n_points

    def information(self, x: Vector) -> Matrix:
        residuals, jacobian = self.squares.residuals(x), self.squares.jacobian(x)
        return np.asarray(jacobian.T @ jacobian / float(residuals @ residuals) * self.n_points)

    def deviance(self, x: Vector) -> float | None:
        return None

    def constant(self) -> float:
        return 0.0
