"""Newton's method inside a box and a trust region: the search for the best parameters.

In: a function of scaled parameters that returns a `Point` with exact derivatives, or None where the model is not
defined. Out: the best point and why the search ended.

Each round minimises the quadratic model over a ball, exactly (an eigenvalue decomposition; there are few parameters),
with the parameters that the gradient presses against a bound left out (Bertsekas 1982). The ball shrinks when the
model was wrong or the step led out of the model's domain, and grows when it was right (Nocedal & Wright, Numerical
Optimization, algorithm 4.1). Last come pure Newton steps, judged by the gradient alone: the value's own rounding
would end the search with only half of the digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from qdsl.runtime.fit.ball import (
    inverse_of,
    inverse_where_steep,
    is_positive,
    minimum_in_ball,
    minimum_in_ellipsoid,
)
from qdsl.runtime.fit.objective import Matrix, Vector
from qdsl.runtime.fit.optimum import Point, Stop

MAX_ROUNDS = 500
MAX_POLISH = 12
SMALLEST_RADIUS = 1e-13
LARGEST_RADIUS = 1e12
NEGLIGIBLE = 1e-11  # of the value: a promised gain that its rounding would hide
ROUNDING = 4.0 * np.finfo(float).eps  # a step so small beside a number only moves it about
SOFT = 1e-5  # curvature, in correlation form, that may come of no more than the slope such a gain leaves

Evaluate = Callable[[Vector], Point | None]
Measure = Callable[[Vector], Matrix]


@dataclass(slots=True)
class Search:
    """A search in progress. `best` is always a point that was reached, so that an interrupt loses nothing."""

    evaluate: Evaluate
    information: Measure
    low: Vector
    high: Vector
    best: Point
    rounds: int = 0
    metric: Matrix | None = field(default=None, init=False)  # None is a ball
    is_open: bool = field(init=False)
    near_edge: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.is_open = bool((self.low == -np.inf).all() and (self.high == np.inf).all())

    def run(self) -> Stop:
        """Search until nothing more can be gained."""
        try:
            stop = self._descend()
            self._polish()
        except KeyboardInterrupt:
            return Stop.INTERRUPTED
        return stop

    def _descend(self) -> Stop:
        radius = 1.0
        shrunk = blocked = False  # since the best point was reached: by anything; by the model's edge
        while self.rounds < MAX_ROUNDS:
            self.rounds += 1
            step = self._step(radius)
            promised = _promised(self.best, step)
            if not shrunk and self._is_negligible(promised):
                radius, step = self._in_larger_ball(radius, step)
                promised = _promised(self.best, step)
            if self._is_negligible(promised) or radius < SMALLEST_RADIUS:
                return Stop.EDGE if blocked else Stop.SETTLED
            if promised < 0.0:
                # The bounds have bent the step uphill; a short enough one follows the slope.
                radius, shrunk = min(radius, self._length(step)) / 4.0, True
                continue
            trial = self.evaluate(self._moved(step))
            if trial is None:
                shrunk = blocked = True
                self._meet_edge()
                radius = self._length(step) / 4.0
            else:
                quality = (self.best.value - trial.value) / promised
                radius = _next_radius(radius, self._length(step), quality)
                shrunk = not quality > 1e-4
                if not shrunk:
                    self.best, blocked = trial, False
                    self._follow_edge()
        return Stop.LIMIT

    def _meet_edge(self) -> None:
        """The model ends near here. From now on the ball is an ellipsoid that is thin towards the edge.

        Its metric is the expected information, which grows without limit where a probability approaches 0 or 1, so that
        steps run along the edge instead of into it.
        """
        if not self.near_edge:
            self.near_edge = True
            self._follow_edge()

    def _follow_edge(self) -> None:
        if self.near_edge:
            metric = self.information(self.best.u)
            metric = metric + 1e-12 * np.trace(metric) * np.eye(len(metric))
            if is_positive(metric):
                self.metric = metric

    def _in_larger_ball(self, radius: float, step: Vector) -> tuple[float, Vector]:
        """Another step, if only the ball made this one negligible: the start may be far too small."""
        while radius < LARGEST_RADIUS and self._length(step) > 0.9 * radius:
            radius *= 16.0
            step = self._step(radius)
            if not self._is_negligible(_promised(self.best, step)):
                break
        return radius, step

    def _is_negligible(self, promised: float) -> bool:
        """Whether the rounding of the value would hide what a step gains."""
        return 0.0 <= promised <= NEGLIGIBLE * (1.0 + abs(self.best.value))

    def _moved(self, step: Vector) -> Vector:
        """The point after a step, exactly on a bound that the step was meant to reach."""
        u = self.best.u + step
        return u if self.is_open else snapped(u, self.low, self.high, 1e-14)

    def _length(self, step: Vector) -> float:
        return math.sqrt(float(step @ step if self.metric is None else step @ self.metric @ step))

    def _step(self, radius: float) -> Vector:
        """The best step in the ball, inside the box.

        A parameter that would leave the box goes to its bound and stays there, and the others are chosen again.
        """
        point = self.best
        if self.is_open:
            return self._in_ellipsoid(point.gradient, point.hessian, self.metric, radius)
        free = self.free()
        step = np.zeros_like(point.u)
        while free.any():
            among = np.ix_(free, free)
            gradient = point.gradient + point.hessian @ np.where(free, 0.0, step)
            metric = None if self.metric is None else self.metric[among]
            step[free] = self._in_ellipsoid(gradient[free], point.hessian[among], metric, radius)
            inside = np.clip(point.u + step, self.low, self.high) - point.u
            stopped = free & ((point.u + step < self.low) | (point.u + step > self.high))
            step = inside
            if not stopped.any():
                break
            free = free & ~stopped
        return step

    @staticmethod
    def _in_ellipsoid(gradient: Vector, hessian: Matrix, metric: Matrix | None, radius: float) -> Vector:
        if metric is None:
            return minimum_in_ball(gradient, hessian, radius)
        return minimum_in_ellipsoid(gradient, hessian, metric, radius)

    def free(self) -> Vector:
        """Which parameters are not pressed against a bound."""
        return ~pressed(self.best, self.low, self.high)

    def _polish(self) -> None:
        """Newton steps while they shrink the gradient, measured as the gain it still promises."""
        for _ in range(MAX_POLISH):
            if not self.best.gradient.any():
                return
            free = self.free()
            hessian = self.best.hessian[np.ix_(free, free)]
            better = (self._polished(free, inverse) for inverse in _inverses(hessian))
            trial = next((each for each in better if each is not None), None)
            if trial is None:
                return
            self.best = trial

    def _polished(self, free: Vector, inverse: Matrix) -> Point | None:
        """The point after a Newton step with this inverse of the Hessian; None where it is no better."""
        gradient = self.best.gradient[free]
        u = self.best.u.copy()
        u[free] -= inverse @ gradient
        if (np.abs(u - self.best.u) <= ROUNDING * np.abs(u)).all():
            return None
        trial = self.evaluate(u) if ((u >= self.low) & (u <= self.high)).all() else None
        if trial is None or trial.value > self.best.value + NEGLIGIBLE * (1.0 + abs(self.best.value)):
            return None
        # The old Hessian is the measure for both, so that only the gradient is compared.
        before, after = (float(each @ inverse @ each) for each in (gradient, trial.gradient[free]))
        return trial if after <= 0.5 * before else None


def _inverses(hessian: Matrix) -> Iterator[Matrix]:
    """The inverse of the Hessian, and the one that leaves flat directions alone.

    Where the data fix only a product a * b, the valley is flat along a curve. Its Hessian is singular only at the very
    bottom; beside it the slope that is left makes it seem curved, up or down.
    """
    if not hessian.size:
        return
    whole = inverse_of(hessian)
    if whole is not None:
        yield whole
        if np.diag(whole) @ np.diag(hessian) < 1.0 / SOFT:  # the sum of 1/curvatures: no direction is soft
            return
    steep = inverse_where_steep(hessian, SOFT)
    if steep is not None:
        yield steep


def snapped(u: Vector, low: Vector, high: Vector, reach: float) -> Vector:
    """The point with every parameter that is within `reach` of a bound, relatively, on it."""
    for bound in (low, high):
        with np.errstate(invalid="ignore"):
            near = np.isfinite(bound) & (np.abs(u - bound) <= reach * (1.0 + np.abs(bound)))
        u = np.where(near, bound, u)
    return np.asarray(u)


def pressed(point: Point, low: Vector, high: Vector, tolerance: float = 0.0) -> Vector:
    """Which parameters stand at a bound that the gradient pushes them against."""
    at_low = (point.u <= low) & (point.gradient > tolerance)
    at_high = (point.u >= high) & (point.gradient < -tolerance)
    return np.asarray(at_low | at_high)


def _promised(point: Point, step: Vector) -> float:
    """How far the quadratic model says the value falls."""
    return -float(point.gradient @ step + 0.5 * step @ point.hessian @ step)


def _next_radius(radius: float, length: float, quality: float) -> float:
    if not quality >= 0.25:
        return length / 4.0
    return max(radius, 2.0 * length) if quality > 0.75 else radius
