"""Levenberg and Marquardt's method from many points at once.

In: residuals as a function of many points, and the points. Out: where they have gone after a few rounds, and how good
that is. It is to bring starts down into their valleys, not to find the last digit: slopes are differences. (D. W.
Marquardt, "An algorithm for least-squares estimation of nonlinear parameters", SIAM Journal 11 (1963) 431.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from qdsl.runtime.fit.objective import Matrix, Vector

Reduced = Callable[[Matrix], tuple[Matrix, Matrix]]
"""Points to points with what is found for some of their params, and residuals, points × data."""

ROUNDS = 24
STEP = 1e-6
SETTLED = 1e-7
"""A gain no larger than this, relatively, is none; a point that gained nothing three times is left."""


def squares(residuals: Matrix) -> Vector:
    """Half the sum of squares of each row; infinite where the model is not defined."""
    with np.errstate(all="ignore"):
        values = 0.5 * np.einsum("tn,tn->t", residuals, residuals)
    return np.where(np.isfinite(values), values, np.inf)


def descended(
    reduced: Reduced, points: Matrix, moving: Sequence[int], low: Vector, high: Vector, rounds: int = ROUNDS
) -> tuple[Matrix, Vector]:
    """The points after some rounds over the params `moving`, inside the bounds, and half their sums of squares."""
    points, residuals = reduced(points)
    values = squares(residuals)
    damping, idle = np.full(len(points), 1e-2), np.zeros(len(points), dtype=int)
    for _ in range(rounds if moving else 0):
        live = np.flatnonzero(np.isfinite(values) & (idle < 3))
        if not live.size:
            break
        step = _steps(reduced, points[live], residuals[live], moving, high, damping[live])
        trial = points[live].copy()
        trial[:, moving] = np.clip(trial[:, moving] + step, low[moving], high[moving])
        trial, after = reduced(trial)
        reached = squares(after)
        better = reached < values[live]
        gained = better & (values[live] - reached > SETTLED * values[live])
        idle[live] = np.where(gained, 0, idle[live] + 1)
        damping[live] = np.where(better, damping[live] / 5.0, damping[live] * 6.0)
        points[live[better]], residuals[live[better]] = trial[better], after[better]
        values[live[better]] = reached[better]
    return points, values


def _steps(
    reduced: Reduced, points: Matrix, residuals: Matrix, moving: Sequence[int], high: Vector, damping: Vector
) -> Matrix:
    """The step of each point, points × moving."""
    sizes = STEP * np.maximum(np.abs(points[:, moving]), np.finfo(float).tiny ** 0.5)
    sizes = np.where(points[:, moving] + sizes > high[moving], -sizes, sizes)
    shifted = np.repeat(points[None], len(moving), axis=0)
    for k, param in enumerate(moving):
        shifted[k, :, param] += sizes[:, k]
    _, after = reduced(shifted.reshape(-1, points.shape[1]))
    with np.errstate(all="ignore"):
        change = after.reshape(len(moving), *residuals.shape) - residuals
        slopes = np.moveaxis(change, 0, 2) / sizes[:, None, :]
        slopes[~np.isfinite(slopes).all(axis=(1, 2))] = 0.0
        lengths = np.sqrt(np.einsum("tnk,tnk->tk", slopes, slopes))
        lengths = np.where((lengths > 0.0) & np.isfinite(lengths), lengths, np.inf)
        unit = slopes / lengths[:, None, :]
        square = np.einsum("tnk,tnl->tkl", unit, unit, optimize=True)
        square += np.eye(len(moving)) * (damping[:, None, None] + 1e-12)
        down = np.einsum("tnk,tn->tk", unit, residuals)
        return np.asarray(-np.linalg.solve(square, down[:, :, None])[:, :, 0] / lengths)
