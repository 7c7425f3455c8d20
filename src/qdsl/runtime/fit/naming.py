"""Of several names for one function the plainest.

    A exp(-(x - m)^2 / s^2)     s and -s are one curve            s is positive
    A cos(w t + p)              p and p + 2 pi, A and -A too      p lies between -pi and pi, A is positive
    cos(w t) at every dt        w, 2 pi / dt - w are one curve    w is the lowest
    sums of equal terms         each may stand first              the terms stand in ascending order

In: a point, and how far the means there are from the data. Out: the same point by its plainest name. What is a name is
found by trying: the residuals must be the same, and the bounds must hold. (Searches from many points end at all names;
without this a fit would report each as another answer.)
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from qdsl.runtime.fit.descents import Reduced
from qdsl.runtime.fit.objective import Vector

EQUAL = 1e-6
"""The distance of residuals that are the same, in units of the largest."""

ROUNDING = 1e-12
"""The same in units of the largest datum."""

EXCHANGED = 6
"""Of more params that could be exchanged, pairs of pairs are not tried."""


@dataclass(frozen=True, eq=False)
class Names:
    """What a point may be called. `reduced` finds its affine params; `moving` are the others that are looked for, of
    which some are `phases`, in radians, and some are `alike`: may be exchanged, as far as their ranges tell. `size` is
    that of the largest datum, in its errors. Frequencies have `folds`: by what they may change unseen.
    """

    reduced: Reduced
    moving: Sequence[int]
    affine: Sequence[int]
    phases: Sequence[int]
    alike: Sequence[tuple[int, int]]
    low: Vector
    high: Vector
    size: float
    folds: Mapping[int, Sequence[float]]

    def plainest(self, point: Vector) -> Vector:
        """The same point, named plainly."""
        for _ in range(3 * len(self.moving) + 3):
            others = [each for each in self._others(point) if self._is_inside(each)]
            if not others:
                return point
            points, residuals = self.reduced(np.array([point, *others]))
            level = max(EQUAL * float(np.max(np.abs(residuals[0]), initial=0.0)), ROUNDING * self.size)
            same = [k for k in range(1, len(points)) if np.abs(residuals[k] - residuals[0]).max() <= level]
            plainer = [k for k in same if self._is_plainer(points[k], points[0])]
            if not plainer:
                return point
            point = points[plainer[0]]
        return point

    def _others(self, point: Vector) -> Iterator[Vector]:
        """What may be another, plainer name."""
        for p in self.phases:
            if abs(point[p]) > math.pi:
                yield _changed(point, {p: math.remainder(point[p], 2.0 * math.pi)})
            for turn in (math.pi, math.pi / 2.0):
                yield _changed(point, {p: point[p] - math.copysign(turn, point[p])})
            yield from (_changed(point, {p: -point[p], q: -point[q]}) for q in self.moving if q != p and point[q] < 0.0)
        yield from (_changed(point, {p: -point[p]}) for p in self.moving if point[p] < 0.0)
        yield from self._folded(point)
        pairs = [(p, q) for p, q in self.alike if point[p] > point[q]]
        yield from (_exchanged(point, [pair]) for pair in pairs)
        if len(self.alike) <= math.comb(EXCHANGED, 2):
            for two in combinations(self.alike, 2):
                if len({*two[0], *two[1]}) == 4 and any(pair in pairs for pair in two):
                    yield _exchanged(point, two)

    def _folded(self, point: Vector) -> Iterator[Vector]:
        for p, folds in self.folds.items():
            for fold in folds:
                lower = abs(math.remainder(point[p], fold))
                if lower < (1.0 - EQUAL) * abs(point[p]):
                    yield _changed(point, {p: lower})
                    yield from (_changed(point, {p: lower, q: -point[q]}) for q in self.phases)

    def _is_inside(self, point: Vector) -> bool:
        return bool(((point >= self.low) & (point <= self.high))[list(self.moving)].all())

    def _is_plainer(self, one: Vector, other: Vector) -> bool:
        """Fewer negative numbers that are no phases; then smaller phases; then the ascending order."""
        return self._plainness(one) < self._plainness(other)

    def _plainness(self, point: Vector) -> tuple[float, ...]:
        signed = [p for p in (*self.moving, *self.affine) if p not in self.phases]
        turned = round(sum(abs(point[p]) for p in self.phases), 6)
        own = [point[p] for p in self.moving if p not in self.phases]
        return (sum(point[p] < 0.0 for p in signed), turned, *own)


def _changed(point: Vector, values: dict[int, float]) -> Vector:
    changed = point.copy()
    for p, value in values.items():
        changed[p] = value
    return changed


def _exchanged(point: Vector, pairs: Sequence[tuple[int, int]]) -> Vector:
    changed = point.copy()
    for p, q in pairs:
        changed[p], changed[q] = point[q], point[p]
    return changed
