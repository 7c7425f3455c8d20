"""Where a search ended, before anybody has judged it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from qdsl.runtime.fit.objective import Matrix, Vector
from qdsl.runtime.fit.scaling import Frame


class Stop(Enum):
    """Why a search ended."""

    SETTLED = "settled"
    EDGE = "edge"  # every step further leads where the model is not defined
    STALLED = "stalled"  # no step improves, though the derivatives promise one
    LIMIT = "limit"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Point:
    """The objective and its derivatives at `u`, all in the coordinates of a `Frame`."""

    u: Vector
    value: float
    gradient: Vector
    hessian: Matrix


@dataclass(frozen=True, slots=True)
class Optimum:
    """The best point found.

    For least squares `value` is half the sum of squares, the Hessian is Gauss-Newton's, and `variance` is that of one
    residual: divided by it they are a negative log-likelihood. Residuals were counted in `unit`.
    """

    frame: Frame
    point: Point
    stop: Stop
    iterations: int
    variance: float = 1.0
    unit: float = 1.0

    @property
    def x(self) -> Vector:
        """All parameters in SI."""
        return self.frame.outward(self.point.u)
