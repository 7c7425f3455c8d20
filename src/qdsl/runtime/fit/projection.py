"""Residuals from which the affine params are gone: at each point they are what fits best.

In: means, what was measured, and which params the means are affine in. Out: for many points of the other params at
once the best affine params, inside their bounds, and the residuals that are left. (G. H. Golub and V. Pereyra, "The
differentiation of pseudo-inverses and nonlinear least squares problems whose variables separate", SIAM Journal on
Numerical Analysis 10 (1973) 413.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qdsl.runtime.fit.affine import Means
from qdsl.runtime.fit.objective import Matrix, Vector

AT_ONCE = 1 << 15
"""Means that are computed at once: they stay in a processor's cache, and are not worth handing to threads."""

RIDGE = 1e-12
"""Added to the normal equations of columns of length one: two columns may be nearly the same."""


@dataclass(frozen=True, eq=False)
class Projection:
    """`weights` are one over the errors of what was `observed`; `low` and `high` bound all params, `steps` are typical
    sizes of the affine ones.
    """

    means: Means
    observed: Vector
    weights: Vector
    affine: Sequence[int]
    steps: Vector
    low: Vector
    high: Vector

    def reduced(self, points: Matrix) -> tuple[Matrix, Matrix]:
        """The points with their affine params found, and the weighted residuals; nan where the model is not defined."""
        size = max(1, AT_ONCE // max(1, len(self.observed)))
        parts = [self._reduced(points[at : at + size]) for at in range(0, len(points), size)]
        return np.concatenate([each[0] for each in parts]), np.concatenate([each[1] for each in parts])

    def _reduced(self, points: Matrix) -> tuple[Matrix, Matrix]:
        count, free = len(points), len(self.affine)
        if not free:
            return points, (self.observed - self.means(points)) * self.weights
        anchored = points.copy()
        anchored[:, self.affine] = 0.0
        columns = np.empty((count, free, len(self.observed)))
        with np.errstate(all="ignore"):
            zero = self.means(anchored)
            for k, (param, step) in enumerate(zip(self.affine, self.steps, strict=True)):
                anchored[:, param] = step
                columns[:, k] = (self.means(anchored) - zero) * self.weights
                anchored[:, param] = 0.0
            rest = (self.observed - zero) * self.weights
            low, high = self.low[self.affine], self.high[self.affine]
            found, residuals = bounded_solutions(columns, rest, low / self.steps, high / self.steps)
        solved = points.copy()
        solved[:, self.affine] = np.clip(found * self.steps, low, high)
        return solved, residuals


def bounded_solutions(columns: Matrix, rest: Matrix, low: Vector, high: Vector) -> tuple[Matrix, Matrix]:
    """Least squares x A = r for many A at once (points × unknowns × data): x between bounds, and r - x A. An unknown
    that leaves its bounds is held there and the others are found again: nearly the best, and enough for a start.
    `columns` is overwritten.
    """
    count, free, _ = columns.shape
    lengths = np.sqrt(np.einsum("tkn,tkn->tk", columns, columns))
    bad = ~(np.isfinite(lengths).all(axis=1) & np.isfinite(rest).all(axis=1))
    columns[bad], rest[bad], lengths[bad] = 0.0, 0.0, 1.0
    lengths[lengths == 0.0] = 1.0
    columns /= lengths[:, :, None]
    low, high = low * lengths, high * lengths
    normal = columns @ columns.swapaxes(1, 2)
    held = np.zeros((count, free), dtype=bool)
    found, residuals = np.zeros((count, free)), rest
    for _ in range(free + 1):
        found, residuals = _solved(columns, normal, rest, found, held)
        outside = ((found < low) | (found > high)) & ~held
        if not outside.any():
            break
        held |= outside
        found = np.where(held, np.clip(found, low, high), 0.0)
    residuals[bad] = np.nan
    return found / lengths, residuals


def _solved(unit: Matrix, normal: Matrix, rest: Matrix, found: Matrix, held: Matrix) -> tuple[Matrix, Matrix]:
    """Better unknowns, all but those that are held, and what is left; a second round corrects the rounding of the
    first.
    """
    free = ~held
    square = normal * (free[:, :, None] & free[:, None, :])
    square += np.eye(normal.shape[1]) * np.where(held, 1.0, RIDGE)[:, None, :]
    inverse = np.linalg.inv(square)
    left = rest - (found[:, None] @ unit)[:, 0]
    for _ in range(2):
        slope = (unit @ left[:, :, None])[:, :, 0] * free
        found = found + (inverse @ slope[:, :, None])[:, :, 0]
        left = rest - (found[:, None] @ unit)[:, 0]
    return found, left
