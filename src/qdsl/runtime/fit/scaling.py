"""Parameters of one order of magnitude.

A decay time is 1e-8, an amplitude 1, a frequency 1e9: no minimiser likes that. The search works in u = x / scale,
where every parameter is near one, and only over the parameters that are free. In: parameters. Out: a `Frame` that
converts both ways.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from qdsl.runtime.fit.objective import Matrix, Parameter, Vector


@dataclass(frozen=True)
class Frame:
    """Coordinates of the search: the free parameters, divided by `scale`; `fixed` holds a whole x for the others.

    `least` and `most` are the bounds in SI, `low` and `high` the same in search coordinates.
    """

    free: Vector
    scale: Vector
    fixed: Vector
    least: Vector
    most: Vector

    @cached_property
    def low(self) -> Vector:
        return np.asarray(self.least / self.scale)

    @cached_property
    def high(self) -> Vector:
        return np.asarray(self.most / self.scale)

    @cached_property
    def is_whole(self) -> bool:
        """Whether every parameter is free: then nothing has to be picked out."""
        return len(self.free) == len(self.fixed)

    @cached_property
    def is_open(self) -> bool:
        """Whether no parameter has a bound."""
        return bool((self.least == -np.inf).all() and (self.most == np.inf).all())

    @cached_property
    def _scales(self) -> Matrix:
        return np.outer(self.scale, self.scale)

    def outward(self, u: Vector) -> Vector:
        """Search coordinates to SI values of all parameters, inside the bounds to the last bit."""
        if self.is_whole and self.is_open:
            return np.asarray(u * self.scale)
        x = self.fixed.copy()
        inside = np.clip(u * self.scale, self.least, self.most)
        x[self.free] = np.where(u <= self.low, self.least, np.where(u >= self.high, self.most, inside))
        return x

    def inward(self, x: Vector) -> Vector:
        """SI values of all parameters to search coordinates."""
        return np.asarray((x if self.is_whole else x[self.free]) / self.scale)

    def gradient(self, gradient: Vector) -> Vector:
        return np.asarray((gradient if self.is_whole else gradient[self.free]) * self.scale)

    def hessian(self, hessian: Matrix) -> Matrix:
        return np.asarray((hessian if self.is_whole else hessian[np.ix_(self.free, self.free)]) * self._scales)

    def columns(self, jacobian: Matrix) -> Matrix:
        return np.asarray(jacobian[:, self.free] * self.scale)


def frame_for(parameters: Sequence[Parameter], curvature: Vector | None = None) -> Frame:
    """Scales from the starts; for a start of zero from the width of the bounds, or else from the Hessian's diagonal."""
    free = np.array([i for i, each in enumerate(parameters) if each.low < each.high], dtype=int)
    chosen = [parameters[i] for i in free]
    curved = np.zeros(len(parameters)) if curvature is None else np.abs(curvature)
    return Frame(
        free=free,
        scale=np.array([_magnitude(each, float(curved[i])) for i, each in zip(free, chosen, strict=True)]),
        fixed=np.array([each.start for each in parameters]),
        least=np.array([each.low for each in chosen]),
        most=np.array([each.high for each in chosen]),
    )


def _magnitude(parameter: Parameter, curvature: float) -> float:
    if parameter.start != 0.0:
        return abs(parameter.start)
    width = parameter.high - parameter.low
    if math.isfinite(width):
        return width
    # Ten standard errors, as far as the start can tell.
    return 10.0 / math.sqrt(curvature) if 0.0 < curvature < math.inf else 1.0
