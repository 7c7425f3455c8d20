"""Many fits against their data: which of them the data refuse.

In: a model, its fits of K sets, and the sets: columns of n rows where all have the same, or of K × n, and K × n
weights, 0 for rows that are none. Out: the deviance of each, its p-value, and whether the model is rejected, as
`fit.rejection` has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qdsl.lang.typed.dependence import measures_goodness
from qdsl.runtime.experiment.model import Model
from qdsl.runtime.experiment.residuals import Residuals, evaluated, order_along
from qdsl.runtime.fit.goodness import REJECTED_BELOW, chi2_tails
from qdsl.runtime.fit.many import Fits
from qdsl.runtime.fit.objective import Matrix, Vector
from qdsl.runtime.fit.runs import few_in_each
from qdsl.runtime.kernel import KernelError


@dataclass(frozen=True, slots=True)
class Judged:
    """A number for each fit; nan where a deviance does not measure goodness of fit."""

    deviance: Vector
    p_value: Vector
    is_rejected: NDArray[Any]


def judged(model: Model, found: Fits, columns: Sequence[NDArray[Any]], weights: Matrix) -> Judged:
    """What the data say of each fit. Where the model is not defined at one of them, halves are looked at by themselves:
    nothing is known of that one alone.
    """
    try:
        return _judged(model, found, columns, weights)
    except KernelError:
        if len(found) == 1:
            return Judged(np.full(1, np.nan), np.full(1, np.nan), np.zeros(1, dtype=bool))
    half = len(found) // 2
    parts = [
        judged(model, found.some(part), [each if each.ndim == 1 else each[part] for each in columns], weights[part])
        for part in (slice(0, half), slice(half, None))
    ]
    return Judged(*(np.concatenate([getattr(each, name) for each in parts]) for name in Judged.__slots__))


def _judged(model: Model, found: Fits, columns: Sequence[NDArray[Any]], weights: Matrix) -> Judged:
    unknown = np.full(len(found), np.nan)
    residuals = _residuals(model, found, columns, weights.shape)
    deviance, p_value = unknown, unknown
    if not found.is_squares and measures_goodness(model.experiment):
        gains = sum(each.gain for each in residuals)
        even = np.isin(weights, (0.0, 1.0)).all(axis=1)
        deviance = np.where(even, (gains * weights).sum(axis=1), np.nan)
        p_value = chi2_tails(deviance, found.dof)
    with np.errstate(invalid="ignore"):
        is_rejected = (p_value < REJECTED_BELOW) | (_runs(model, residuals, columns, weights) < REJECTED_BELOW)
    return Judged(deviance, p_value, is_rejected)


def _residuals(model: Model, found: Fits, columns: Sequence[NDArray[Any]], shape: tuple[int, ...]) -> list[Residuals]:
    """Of each measurement, K × n."""
    if not found.is_squares or len(columns) == 1 or model.means_of_sets is None:
        params = [np.repeat(each, shape[1]) for each in found.values.T]
        rows = [np.ascontiguousarray(np.broadcast_to(each, shape)).ravel() for each in columns]
        if not found.is_squares:
            return [each.shaped(shape) for each in evaluated(model, params, rows)]
        mean = np.asarray(model.kernel("point")(*params, *rows[:-1])[0], dtype=float)
        mean = np.broadcast_to(mean, rows[-1].shape).reshape(shape)
    else:
        (mean,) = model.means_of_sets(found.values, *columns[:-1])
    (measure,) = model.experiment.measures
    nothing = np.zeros(shape)
    return [Residuals(measure, np.broadcast_to(columns[-1], shape), mean, nothing, nothing)]


def _runs(model: Model, residuals: Sequence[Residuals], columns: Sequence[NDArray[Any]], weights: Matrix) -> Vector:
    """The p-value of the runs of each fit, where it is small; of several measurements as `fit.runs.fewest` has it."""
    axes = [np.asarray(each) for each in columns[: len(model.functions.axes)]]
    found = []
    for each in residuals:
        signs = each.signs.astype(np.int8)
        signs[weights == 0.0] = 0
        if not axes:  # one row has no order, and no runs
            signs = signs[:, :1]
        elif all(axis.ndim == 1 for axis in axes):
            order = order_along(model, each.measure, axes)
            signs = signs if (np.diff(order) == 1).all() else signs[:, order]
        else:
            whole = [np.broadcast_to(axis, weights.shape) for axis in axes]
            orders = [order_along(model, each.measure, [axis[k] for axis in whole]) for k in range(len(weights))]
            signs = np.stack([row[order] for row, order in zip(signs, orders, strict=True)])
        found.append(few_in_each(signs))
    together = np.stack(found)
    return np.asarray(np.minimum(1.0, np.where(np.isnan(together), 1.0, together).min(axis=0) * _known(together)))


def _known(p_values: Matrix) -> Vector:
    return np.asarray(np.maximum(1, np.count_nonzero(~np.isnan(p_values), axis=0)))
