"""Params in which the means are affine: they need not be guessed, for linear least squares find them.

    c + a * exp(-t / tau) * cos(2pi * f * t)    =>    a and c

In: the means as a function of the params, and points to try it at. Out: a largest set of params in which the means are
affine together. Two params are when the mixed second difference of the means vanishes, whatever the params are moved
by; it is looked at in several places, and it vanishes to rounding or it does not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np

from qdsl.runtime.fit.objective import Matrix, Vector

Means = Callable[[Matrix], Matrix]
"""Points × params to points × data; nan where the model is not defined."""

ROUNDING = 1e-9
"""Of the largest term: a second difference that is no larger is none."""

MANY = 14
"""Params among which a largest set is looked for by trying all; of more, one after the other is taken."""


def affine_params(means: Means, here: Matrix, there: Matrix, which: Sequence[int]) -> tuple[list[int], list[int]]:
    """Of the params `which`, those in which the means are affine together, and those that the means do not depend on.
    Moves go from the points `here` to the points `there`, row by row.
    """
    pairs = [(p, q) for p in which for q in which if p <= q]
    rows = [here, *(_moved(here, there, p) for p in which)]
    rows += [_halfway(here, there, p) if p == q else _moved(_moved(here, there, p), there, q) for p, q in pairs]
    with np.errstate(all="ignore"):
        values = means(np.concatenate(rows)).reshape(len(rows), len(here), -1)
        first = values[0]
        moved = dict(zip(which, values[1 : 1 + len(which)], strict=True))
        silent = [p for p in which if not _differs(first, moved[p])]
        bent = set()
        for (p, q), third in zip(pairs, values[1 + len(which) :], strict=True):
            terms = (first, moved[p], -2.0 * third) if p == q else (first, -moved[p], -moved[q], third)
            if not _vanishes(terms):
                bent.add((p, q))
    return _largest([p for p in which if p not in silent], bent), silent


def _moved(here: Matrix, there: Matrix, param: int) -> Matrix:
    moved = here.copy()
    moved[:, param] = there[:, param]
    return moved


def _halfway(here: Matrix, there: Matrix, param: int) -> Matrix:
    moved = here.copy()
    moved[:, param] = 0.5 * (here[:, param] + there[:, param])
    return moved


def _differs(first: Matrix, second: Matrix) -> bool:
    """Whether one of the points that are defined tells them apart."""
    return bool((np.abs(first - second) > ROUNDING * np.abs(first)).any())


def _vanishes(terms: Sequence[Matrix]) -> bool:
    """Whether the sum is rounding wherever all terms are finite; and there is such a place."""
    size = np.max(np.abs(terms), axis=0)
    known = np.isfinite(size).all(axis=1)
    return bool(known.any() and (np.abs(np.sum(terms, axis=0)) <= ROUNDING * size)[known].all())


def _largest(params: Sequence[int], bent: set[tuple[int, int]]) -> list[int]:
    """A largest set with no bent pair in it; of several the first."""
    straight = [p for p in params if (p, p) not in bent]
    if len(straight) > MANY:
        chosen: list[int] = []
        for p in straight:
            if all((q, p) not in bent for q in chosen):
                chosen.append(p)
        return chosen
    for size in range(len(straight), 0, -1):
        for some in combinations(straight, size):
            if all(pair not in bent for pair in combinations(some, 2)):
                return list(some)
    return []


def largest_sizes(points: Matrix, params: Sequence[int]) -> Vector:
    """A step for each of some params: a typical size of its values."""
    return np.asarray([float(np.median(np.abs(points[:, p]))) or 1.0 for p in params])
