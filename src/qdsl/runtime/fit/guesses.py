"""Where a search begins when nobody has said where: points found from the data.

    ranges of the params ─even points→ many trials ─affine params found→ the best, well apart ─descended→ starts

In: `Trials`, the means as a function of many points, what was observed, and where each param may lie. Out: a few
starts, the best first. Params that were given a value keep it: it is where their search begins. Only the affine ones
among them are let free while the others are looked for, which costs nothing.

Everything is deterministic: the points are those of a fixed sequence, and how many there are depends on the model, not
on the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

import numpy as np

from qdsl.runtime.fit.affine import Means, affine_params, largest_sizes
from qdsl.runtime.fit.descents import descended, squares
from qdsl.runtime.fit.even import even
from qdsl.runtime.fit.naming import Names
from qdsl.runtime.fit.objective import Matrix, Vector
from qdsl.runtime.fit.projection import Projection
from qdsl.runtime.fit.ranges import Range, spread

LOOKED_AT = 6
"""Places in which it is looked whether the means are affine."""

FEWEST = 256
"""Trials where one param is to be found; four times as many for each other."""

STAGES = ((1.0, 4), (0.4, 6), (0.2, 14))
"""Descents: of all a few rounds, then of the best of them some more."""

ENDS = 6
"""Starts at most."""

NAMED = 16
"""Of the descents so many are named plainly and compared with each other."""

WORSE = 3.0
"""A descent whose sum of squares is so many times that of the best is no start, once there are some."""

TOWARDS = (0.01, 0.03, 0.1, 0.2, 0.4, 0.6, 0.8, 0.95)
"""Shares of the way to plain data."""

SAME = 1e-3
"""The relative distance below which two descents are one."""


@dataclass(frozen=True, eq=False)
class Trials:
    """What starts are looked for with. `given` has nan for each param that nobody has given a value; `ranges` are where
    each param may lie. `observed` has one number for each that `means` gives, `weights` are one over its error. `loss`
    is what the fit will minimise. `plain` are data that are possible whatever the params, without any structure: where
    it is not None, others may be impossible. `phases` are params in radians that turn, `folds` say by what a
    frequency may change unseen. So many points are `tried`, and so many of them descended from.
    """

    means: Means
    observed: Vector
    weights: Vector
    ranges: Sequence[Sequence[Range]]
    low: Vector
    high: Vector
    given: Vector
    loss: Callable[[Vector], float]
    plain: Vector | None = None
    tried: int = 2048
    descents: int = 40
    phases: Sequence[int] = ()
    folds: Mapping[int, Sequence[float]] = field(default_factory=dict)

    @property
    def open(self) -> list[int]:
        """The params that need a value."""
        return np.flatnonzero(np.isnan(self.given)).tolist()


def guessed(trials: Trials) -> list[Vector]:
    """Starts, the best first; none where the model is defined nowhere."""
    everywhere = _points(trials, range(len(trials.given)), 2 * LOOKED_AT)
    affine, silent = affine_params(
        trials.means, everywhere[:LOOKED_AT], everywhere[LOOKED_AT:], range(len(trials.given))
    )
    steps = largest_sizes(everywhere, affine)
    projection = Projection(trials.means, trials.observed, trials.weights, affine, steps, trials.low, trials.high)
    moving = [p for p in trials.open if p not in affine and p not in silent]
    points = _points(trials, moving, min(trials.tried, FEWEST * 4 ** (len(moving) - 1)) if moving else 1)
    ends, residuals = projection.reduced(points)
    values = squares(residuals)
    if not np.isfinite(values).any():
        return []
    for share, rounds in STAGES:
        best = apart(ends[:, moving], values, max(1, round(share * trials.descents)))
        ends, values = descended(projection.reduced, ends[best], moving, trials.low, trials.high, rounds)
    names = Names(
        projection.reduced,
        moving,
        affine,
        [p for p in moving if p in trials.phases],
        [(p, q) for p, q in combinations(moving, 2) if trials.ranges[p] == trials.ranges[q]],
        trials.low,
        trials.high,
        float(np.max(np.abs(trials.observed * trials.weights), initial=0.0)),
        {p: folds for p, folds in trials.folds.items() if p in moving},
    )
    best = [int(k) for k in np.argsort(values, kind="stable")[:NAMED] if np.isfinite(values[k])]
    ends, values = np.array([names.plainest(ends[k]) for k in best]), values[best]
    starts = [_possible(ends[k], projection, trials) for k in _distinct(ends, values)]
    return _settled(starts, [p for p in silent if p in trials.open], trials)


def _points(trials: Trials, moving: Sequence[int], count: int) -> Matrix:
    """Points over the ranges of the params `moving`; the others have what they were given, or the middle of theirs."""
    points = np.empty((count, len(trials.given)))
    shares = even(len(moving), count)
    for p, given in enumerate(trials.given):
        if p in moving:
            points[:, p] = spread(trials.ranges[p], shares[list(moving).index(p)])
        else:
            points[:, p] = spread(trials.ranges[p], np.array([0.5]))[0] if np.isnan(given) else given
    return points


def apart(points: Matrix, values: Vector, count: int) -> list[int]:
    """The points of the least values, none close to a better one: in ranks, whatever the shapes of the ranges."""
    order = [int(k) for k in np.argsort(values, kind="stable") if np.isfinite(values[k])]
    if points.shape[1] == 0 or len(order) <= count:
        return order[:count]
    ranks = np.argsort(np.argsort(points, axis=0), axis=0) / len(points)
    close = 0.25 * (np.log(len(points)) / len(points)) ** (1.0 / points.shape[1])
    chosen: list[int] = []
    for k in order:
        if len(chosen) == count:
            break
        if not chosen or np.abs(ranks[chosen] - ranks[k]).max(axis=1).min() > close:
            chosen.append(k)
    return chosen


def _distinct(points: Matrix, values: Vector) -> list[int]:
    """The descents that ended apart, and not much worse than the best."""
    chosen: list[int] = []
    for k in np.argsort(values, kind="stable"):
        if len(chosen) == ENDS or not np.isfinite(values[k]) or values[k] > WORSE * values[chosen[0] if chosen else k]:
            break
        size = np.maximum(np.abs(points[k]), np.abs(points[chosen]))
        if all((np.abs(points[k] - points[chosen]) > SAME * size).any(axis=1)) if chosen else True:
            chosen.append(int(k))
    return chosen


def _possible(point: Vector, projection: Projection, trials: Trials) -> Vector:
    """The point with what was given; where the data are not possible there, with affine params on the way to those of
    plain data, so that probabilities, say, stay between 0 and 1.
    """
    found = np.where(np.isnan(trials.given), point, trials.given)
    if trials.plain is None or not projection.affine or np.isfinite(trials.loss(found)):
        return found
    (middle,), _ = replace(projection, observed=trials.plain).reduced(point[None])
    for share in TOWARDS:
        nearer = np.where(np.isnan(trials.given), point + share * (middle - point), trials.given)
        if np.isfinite(trials.loss(nearer)):
            return nearer
    return found


def _settled(starts: Sequence[Vector], silent: Sequence[int], trials: Trials) -> list[Vector]:
    """With the params that the means do not depend on, an unknown sigma say, where they make the data likeliest; those
    starts only at which the data are possible, the likeliest first.
    """
    found: list[tuple[float, Vector]] = []
    for start in starts:
        loss = trials.loss(start)
        for p in [*silent, *(silent if len(silent) > 1 else ())]:
            for value in spread(trials.ranges[p], np.linspace(0.01, 0.99, 41)):
                trial = start.copy()
                trial[p] = value
                there = trials.loss(trial)
                if there < loss or not np.isfinite(loss):
                    start, loss = trial, there
        if np.isfinite(loss):
            found.append((loss, start))
    return [start for _, start in sorted(found, key=lambda each: each[0])]
