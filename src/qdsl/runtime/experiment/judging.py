"""Many fits against their data: which of them the data refuse.

In: sets of data of one model, and its fits of them. Out: the deviance of each fit, its p-value, and whether the model
is rejected, as `fit.rejection` has it.

What is asked of each row is asked in compiled code, for all fits at once. Where rows share evolutions, and where the
model is not defined at one of the fits, each fit is looked at by itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qdsl.runtime.experiment.fitting import LeastSquaresOf, LikelihoodOf, residuals_at
from qdsl.runtime.experiment.residuals import order_along, runs_along
from qdsl.runtime.experiment.series import Seen, SeriesOf
from qdsl.runtime.fit.goodness import REJECTED_BELOW, chi2_tails
from qdsl.runtime.fit.many import Fits
from qdsl.runtime.fit.objective import Vector
from qdsl.runtime.fit.runs import few_in_each
from qdsl.runtime.kernel import KernelError


@dataclass(frozen=True, slots=True)
class Judged:
    """A number for each fit; nan where a deviance does not measure goodness of fit."""

    deviance: Vector
    p_value: Vector
    is_rejected: NDArray[Any]

    def some(self, chosen: slice) -> Judged:
        """What is known of some of the fits."""
        return Judged(*(getattr(self, name)[chosen] for name in Judged.__slots__))

    def put_all(self, places: Vector, others: Judged) -> None:
        """Of some fits, in the place of what was known of them."""
        for name in Judged.__slots__:
            getattr(self, name)[places] = getattr(others, name)


def judged(series: SeriesOf, found: Fits) -> Judged:
    """What the data say of each fit; nothing where the model is not defined at its params."""
    seen = series.seen(found.values, _orders(series))
    deviance, of_runs = _one_by_one(series, found) if seen is None else (_gain(seen), _p_value_of_runs(seen))
    p_value = unknown = np.full(len(found), np.nan)
    if found.is_squares or not series.model.measures_goodness:
        deviance = unknown
    else:
        weights = series.weights[:1] if series.are_alike else series.weights
        even = np.isin(weights, (0.0, 1.0)).all(axis=1)
        deviance = np.where(even, deviance, np.nan)
        p_value = chi2_tails(deviance, found.dof)
    with np.errstate(invalid="ignore"):
        return Judged(deviance, p_value, (p_value < REJECTED_BELOW) | (of_runs < REJECTED_BELOW))


def _orders(series: SeriesOf) -> list[NDArray[Any]]:
    """The rows along the main axis of each measurement: n places, or K × n where sets have axes of their own."""
    model, (count, rows) = series.model, series.weights.shape
    places = np.arange(rows)
    axes = [np.asarray(each) for each in series.columns[: len(model.functions.axes)]]
    if all(each.ndim == 1 for each in axes):
        return [places[order_along(model, measure, axes)] for measure in model.experiment.measures]
    whole = [np.broadcast_to(each, (count, rows)) for each in axes]
    return [
        np.stack([places[order_along(model, measure, [axis[k] for axis in whole])] for k in range(count)])
        for measure in model.experiment.measures
    ]


def _gain(seen: Sequence[Seen]) -> Vector:
    return np.asarray(sum(each.gain for each in seen))


def _p_value_of_runs(seen: Sequence[Seen]) -> Vector:
    """Where it is small; of several measurements as `fit.runs.fewest` has it."""
    together = np.stack([few_in_each(each.runs, each.above, each.below) for each in seen])
    if len(together) == 1:
        return np.asarray(np.where(np.isnan(together[0]), 1.0, together[0]))
    known = np.maximum(1, np.count_nonzero(~np.isnan(together), axis=0))
    return np.asarray(np.minimum(1.0, np.where(np.isnan(together), 1.0, together).min(axis=0) * known))


def _one_by_one(series: SeriesOf, found: Fits) -> tuple[Vector, Vector]:
    """The deviance of each, and the p-value of its runs."""
    told = [_alone(series.alone(k), found.values[k]) for k in range(len(found))]
    return np.array([deviance for deviance, _ in told]), np.array([p_value for _, p_value in told])


def _alone(objective: LikelihoodOf | LeastSquaresOf, x: Vector) -> tuple[float, float]:
    model = objective.model
    try:
        residuals = residuals_at(objective, x)
    except KernelError:
        return math.nan, math.nan
    weights = 1.0 if objective.weights is None else objective.weights
    runs = runs_along(model, objective.columns[: len(model.functions.axes)], residuals)
    deviance = sum(float((each.gain * weights).sum()) for each in residuals)
    return deviance, math.nan if runs is None else runs.p_value
