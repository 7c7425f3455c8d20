"""Least squares: from residuals with an exact Jacobian to the best point.

SciPy's trust-region reflective method does the search, scaled by the Jacobian's columns and with tolerances at
rounding level; of all methods tried on the NIST problems it alone never claimed a wrong answer. Gauss-Newton steps
then polish the last digits.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qdsl.runtime.fit.objective import LeastSquares, Matrix, Parameter, Vector
from qdsl.runtime.fit.optimum import Optimum, Point, Stop
from qdsl.runtime.fit.scaling import Frame, frame_for
from qdsl.runtime.fit.trust_region import Search, pressed, snapped

MAX_EVALUATIONS = 5000
MAX_POLISH = 60
SMALL = 1e-9  # what is left of the residuals, to be counted in another unit than those of the start


def least_squares(objective: LeastSquares, parameters: Sequence[Parameter] | None = None) -> Optimum | None:
    """The best parameters inside the bounds, or None where the model is not defined at the start. Starts and bounds are
    those of the objective unless others are given.
    """
    parameters = objective.parameters if parameters is None else parameters
    start = np.array([each.start for each in parameters])
    with np.errstate(all="ignore"):
        first, residuals = objective.jacobian(start), objective.residuals(start)
        if not (np.isfinite(residuals @ residuals) and np.isfinite(first).all()):
            return None
        frame = frame_for(parameters, np.einsum("ij,ij->j", first, first))
        return _Descent(objective, frame).run(frame.inward(start))


class _Descent:
    """One descent; it remembers the best point, so that an interrupt loses nothing.

    Residuals are divided by `unit`, their largest at the start: nanovolts and petahertz are searched alike. Where the
    start was so far off that what is left is small in this unit, SciPy's tolerances end the search too early, and it
    goes on in a smaller one.
    """

    def __init__(self, objective: LeastSquares, frame: Frame) -> None:
        self.objective = objective
        self.frame = frame
        self.unit = self._largest_residual(frame.fixed) or 1.0
        self.best: Vector | None = None
        self.least = np.inf
        self.evaluations = 0

    def run(self, start: Vector) -> Optimum:
        try:
            stop = self._search(start)
            while self._recounted():
                stop = self._search(self._reached(start))
            u = self._polished(self._on_bounds(self._reached(start)))
        except KeyboardInterrupt:
            stop, u = Stop.INTERRUPTED, self._reached(start)
        point = self._point(u)
        return Optimum(self.frame, point, stop, self.evaluations, self._variance(point), self.unit)

    def _largest_residual(self, x: Vector) -> float:
        return float(np.max(np.abs(self.objective.residuals(x)), initial=0.0))

    def _recounted(self) -> bool:
        """Whether the residuals had become so small that a smaller unit was taken for them."""
        largest = 0.0 if self.best is None else self._largest_residual(self.frame.outward(self.best))
        if not 0.0 < largest < SMALL * self.unit:
            return False
        self.unit, self.least = largest, np.inf
        return True

    def _variance(self, point: Point) -> float:
        """That of one residual; for data without noise, that of rounding."""
        freedom = max(1, self.objective.n_points - point.u.size)
        rounding = 1e-30 * float(np.max(np.diag(point.hessian) * point.u**2, initial=0.0))
        return max(2.0 * point.value / freedom, rounding) or 1.0

    def _reached(self, start: Vector) -> Vector:
        return start if self.best is None else self.best

    def _search(self, start: Vector) -> Stop:
        from scipy import optimize

        solution = optimize.least_squares(
            self._residuals,
            start,
            jac=self._jacobian,
            bounds=(self.frame.low, self.frame.high),
            method="trf",
            x_scale="jac",
            ftol=1e-15,
            xtol=1e-15,
            gtol=1e-15,
            max_nfev=MAX_EVALUATIONS,
        )
        return Stop.LIMIT if solution.status == 0 else Stop.SETTLED

    def _on_bounds(self, u: Vector) -> Vector:
        """SciPy's method stays inside the bounds and only nears one; Newton's, from there, goes onto it."""
        if not (np.isfinite(self.frame.low) | np.isfinite(self.frame.high)).any():
            return u
        u = snapped(u, self.frame.low, self.frame.high, 1e-6)
        variance = max(2.0 * self._point(u).value / self.objective.n_points, np.finfo(float).tiny)

        def as_likelihood(u: Vector) -> Point | None:
            point = self._point(u)
            scaled = Point(u, point.value / variance, point.gradient / variance, point.hessian / variance)
            return scaled if np.isfinite(scaled.value) and np.isfinite(scaled.hessian).all() else None

        first = as_likelihood(u)
        if first is None:
            return u
        search = Search(as_likelihood, lambda _: np.eye(u.size), self.frame.low, self.frame.high, first)
        if search.run() is Stop.INTERRUPTED:
            raise KeyboardInterrupt
        return search.best.u

    def _residuals(self, u: Vector) -> Vector:
        self.evaluations += 1
        residuals = np.asarray(self.objective.residuals(self.frame.outward(u))) / self.unit
        squares = float(residuals @ residuals)
        if squares < self.least:
            self.best, self.least = u.copy(), squares
        return residuals

    def _jacobian(self, u: Vector) -> Matrix:
        return self.frame.columns(np.asarray(self.objective.jacobian(self.frame.outward(u)))) / self.unit

    def _polished(self, u: Vector) -> Vector:
        """Gauss-Newton steps over the free parameters while they shrink the slope."""
        for _ in range(MAX_POLISH):
            residuals, jacobian = self._residuals(u), self._jacobian(u)
            free = ~pressed(_squares_point(u, residuals, jacobian), self.frame.low, self.frame.high)
            trial = u.copy()
            trial[free] -= gauss_newton_step(residuals, jacobian[:, free])
            if not ((trial >= self.frame.low) & (trial <= self.frame.high)).all():
                return u
            after, slopes = self._residuals(trial), self._jacobian(trial)
            if not np.isfinite(after).all() or not np.isfinite(slopes).all():
                return u
            if _slope(after, slopes[:, free]) > 0.9 * _slope(residuals, jacobian[:, free]):
                return u
            u = trial
        return u

    def _point(self, u: Vector) -> Point:
        return _squares_point(u, self._residuals(u), self._jacobian(u))


def _squares_point(u: Vector, residuals: Vector, jacobian: Matrix) -> Point:
    """Half the sum of squares, its gradient, and Gauss-Newton's Hessian."""
    return Point(u, 0.5 * float(residuals @ residuals), jacobian.T @ residuals, jacobian.T @ jacobian)


def gauss_newton_step(residuals: Vector, jacobian: Matrix) -> Vector:
    """The least-squares solution of J s = r, by orthogonal factors: JᵀJ would square the condition of J."""
    norms = np.linalg.norm(jacobian, axis=0)
    norms[norms == 0.0] = 1.0
    solution, *_ = np.linalg.lstsq(jacobian / norms, residuals, rcond=None)
    return np.asarray(solution / norms)


def _slope(residuals: Vector, jacobian: Matrix) -> float:
    """The largest cosine between the residuals and a column of the Jacobian: zero at a minimum, whatever the units."""
    norms = np.linalg.norm(jacobian, axis=0) * np.linalg.norm(residuals)
    return float(np.max(np.abs(jacobian.T @ residuals) / np.where(norms == 0.0, 1.0, norms), initial=0.0))
