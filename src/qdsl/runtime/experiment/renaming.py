"""An end by another name of the same function: the one that is nearest to where its search began.

    cos(2pi * f * t) from f = 0.5 MHz         ended at -0.25 MHz     f is 0.25 MHz
    a * cos(w * t + p) from a = 1, p = 0      ended at -1, 3         a is 1, p is -0.14
    cos(w * t) at every dt from w = 0.1/dt    ended at 6/dt          w is (2pi - 6)/dt

In: where a search began and ended, the means, and what the search minimised. Out: a `Renaming`, or None. What may be a
name says the code of the means (`Model.kinds`); what is one, that nothing else changes: neither the means nor what the
data and the priors say of them. (Where starts come from the data, `fit.naming` has found the plainest name already.)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qdsl.lang.core.homogeneity import Kind
from qdsl.runtime.experiment.model import Model
from qdsl.runtime.experiment.residuals import of_likelihood
from qdsl.runtime.experiment.scales import folds_of
from qdsl.runtime.fit.objective import LeastSquares, Matrix, Objective, Parameter, Vector
from qdsl.runtime.fit.starts import value_of
from qdsl.runtime.kernel import KernelError

EQUAL = 1e-7
"""The difference of means that are the same, in units of the largest: aliases far away add rounding many times."""

BEYOND = 1.5
"""So many times its start a frequency is looked at for being an alias."""

NOTHING, ROUNDING = 1e-6, 1e-11
"""A difference of log-likelihoods that tells nothing, and what rounding makes of large ones."""


@dataclass(frozen=True, slots=True, eq=False)
class Renaming:
    """Params with other signs by the matrix `turn`, and moved by `shift`."""

    turn: Matrix
    shift: Vector

    def of(self, x: Vector) -> Vector:
        return np.asarray(self.turn @ x + self.shift)

    def of_covariance(self, covariance: Matrix) -> Matrix:
        """Errors that are not known are those of the same params as before."""
        known = self.turn @ np.nan_to_num(covariance) @ self.turn.T
        return np.where(np.abs(self.turn) @ np.isnan(covariance) @ np.abs(self.turn.T) > 0.0, np.nan, known)

    def then(self, other: Renaming) -> Renaming:
        return Renaming(other.turn @ self.turn, other.of(self.shift))


def look_misnamed(
    model: Model, parameters: Sequence[Parameter], axes: Sequence[NDArray[Any]], ends: Matrix
) -> list[Vector]:
    """The ends (K × p) at which params may have other names, by their numbers: a list for each param and reason. Costs
    a few comparisons where there are none. `axes` have n numbers for all sets, or K × n.
    """
    start = np.array([each.start for each in parameters])
    with np.errstate(all="ignore"):
        changed = ends * start < 0.0
        far = np.abs(ends) > np.where(start == 0.0, np.inf, BEYOND * np.abs(start))
    if not changed.any() and not far.any():
        return []
    found: list[NDArray[Any]] = []
    for p, kind in enumerate(model.kinds or []):
        if kind.is_phase:
            found.append(far[:, p] & (np.abs(ends[:, p]) > math.pi))
            continue
        found.append(changed[:, p])
        if kind.oscillates and far[:, p].any():
            found.append(far[:, p] & (np.abs(ends[:, p]) > _highest(kind, axes, len(ends))))
    return [places for each in found if (places := np.flatnonzero(each)).size]


def _highest(kind: Kind, axes: Sequence[NDArray[Any]], count: int) -> Vector:
    """The highest frequencies that the axes of so many sets can tell from lower ones."""
    if all(each.ndim == 1 for each in axes):
        return np.full(count, max(folds_of(kind, axes), default=math.inf) / 2.0)
    rows = ([each if each.ndim == 1 else each[k] for each in axes] for k in range(count))
    return np.array([max(folds_of(kind, each), default=math.inf) / 2.0 for each in rows])


def renaming(
    model: Model,
    axes: Sequence[Vector],
    parameters: Sequence[Parameter],
    x: Vector,
    means: Callable[[Vector], Matrix],
    cost: Callable[[Vector], float],
) -> Renaming | None:
    """The change to the name that is nearest to the start; None where it has that name. `means` are what the model says
    of the data, `cost` is the negative log-likelihood, with priors.
    """
    kinds = model.kinds
    if kinds is None or not np.isfinite(x).all():
        return None
    low, high, start = (np.array([getattr(each, end) for each in parameters]) for end in ("low", "high", "start"))
    ended, least = means(x), cost(x)
    nothing = NOTHING + ROUNDING * abs(least)
    level = EQUAL * np.max(np.abs(ended), axis=1, keepdims=True, initial=0.0)
    whole: Renaming | None = None
    for _ in range(2 * len(x)):
        here = x if whole is None else whole.of(x)
        for each in _names(kinds, axes, parameters, start, here):
            there = each.of(here)
            is_inside = bool(((there >= low) & (there <= high)).all())
            is_same = is_inside and bool((np.abs(means(there) - ended) <= level).all())
            if is_same and abs(cost(there) - least) <= nothing:
                whole = each if whole is None else whole.then(each)
                break
        else:
            return whole
    return whole


def means_of(model: Model, columns: Sequence[Any]) -> Callable[[Vector], Matrix]:
    """What the model with some params says of the data: means, and where they are known variances, at each row; nan
    where it is not defined.
    """
    axes = columns[: len(model.functions.axes)]
    is_squares = any(each.distribution.arguments[-1] is None for each in model.experiment.measures)

    def means(x: Vector) -> Matrix:
        try:
            if is_squares:
                found = [model.kernel("point")(*map(float, x), *axes)[0]]
            else:
                found = [part for each in of_likelihood(model, x, columns) for part in (each.mean, each.variance)]
        except KernelError:
            found = [math.nan]
        return np.stack([np.broadcast_to(each, (len(columns[0]),)) for each in found])

    return means


def _names(
    kinds: Sequence[Kind], axes: Sequence[Vector], parameters: Sequence[Parameter], start: Vector, x: Vector
) -> Iterator[Renaming]:
    """What may be the same, nearer to the start."""
    free = [p for p, each in enumerate(parameters) if each.low < each.high]
    phases = [p for p in free if kinds[p].is_phase]
    others = [p for p in free if not kinds[p].is_phase]
    for p in phases:
        if abs(x[p]) > math.pi >= abs(start[p]):
            yield _changed(x, {p: math.remainder(x[p], 2.0 * math.pi)})
    for p in others:
        if x[p] * start[p] < 0.0:
            yield _changed(x, {p: -x[p]}, (p,))
            for q in phases:
                yield _changed(x, {p: -x[p], q: -x[q]}, (p, q))
                yield _changed(x, {p: -x[p], q: x[q] - math.copysign(math.pi, x[q] - start[q])}, (p,))
        if kinds[p].oscillates and abs(x[p]) > BEYOND * abs(start[p]) > 0.0:
            yield from _folded(p, folds_of(kinds[p], axes), phases, start, x)


def _folded(p: int, folds: Sequence[float], phases: Sequence[int], start: Vector, x: Vector) -> Iterator[Renaming]:
    """The frequencies of which one is an alias."""
    for fold in folds:
        rest = math.remainder(x[p], fold)
        lower = math.copysign(rest, start[p])
        if abs(lower) < (1.0 - EQUAL) * abs(x[p]) and abs(start[p]) <= fold / 2.0:
            turned = (p,) if lower != rest else ()
            yield _changed(x, {p: lower}, turned)
            yield from (_changed(x, {p: lower, q: -x[q]}, (*turned, q)) for q in phases)


def _changed(x: Vector, values: dict[int, float], turned: Sequence[int] = ()) -> Renaming:
    """Some params with other values, by a change of sign where they are `turned`."""
    signs = np.ones(len(x))
    signs[list(turned)] = -1.0
    there = x.copy()
    for p, value in values.items():
        there[p] = value
    return Renaming(np.diag(signs), there - signs * x)


def cost_of(objective: Objective) -> Callable[[Vector], float]:
    """What a search minimises, in units of a log-likelihood: of a sum of squares by the scatter that it says."""
    if not isinstance(objective, LeastSquares):
        return lambda x: value_of(objective, x)
    known: list[float] = []

    def cost(x: Vector) -> float:
        value = value_of(objective, x)
        if not known:
            known.append(value / max(1, objective.n_points - len(x)))
        return value / known[0] if known[0] > 0.0 else value

    return cost
