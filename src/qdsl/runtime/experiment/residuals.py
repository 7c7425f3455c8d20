"""How far the data are from the model, measured at each point in what it should scatter there.

    Pearson     (y - mean) / standard deviation
    deviance    the sign of y - mean, times the root of twice what the log-likelihood would gain if the model met the
                point: nearer to normal where counts are small (P. McCullagh and J. A. Nelder, "Generalized linear
                models" (1989), section 2.4)

In: a model, its params and the columns of data. Out: `Residuals` of each measurement. Of several outcomes each has the
share n log(n / mean) - (n - mean) of the gain, which add up to it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qdsl.lang.core.from_scores import COUNTABLE, ROUNDING
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.runtime.experiment.main_axis import axes_of_mean, main_axis
from qdsl.runtime.experiment.model import Model
from qdsl.runtime.fit.objective import Vector
from qdsl.runtime.fit.runs import Runs, fewest, runs_of

LONG = 5
"""So many points along the main axis are worth following for each combination of the others."""


@dataclass(frozen=True, slots=True)
class Residuals:
    """Of one measurement, a number for each row: what was measured, its mean and variance by the model, and twice the
    gain in log-likelihood.
    """

    measure: typed.MeasureDeclaration
    data: Vector
    mean: Vector
    variance: Vector
    gain: Vector

    @property
    def pearson(self) -> Vector:
        """nan where nothing could scatter and nothing was measured."""
        with np.errstate(all="ignore"):
            return np.asarray((self.data - self.mean) / np.sqrt(self.variance))

    @property
    def deviance(self) -> Vector:
        return np.asarray(np.sign(self.data - self.mean) * np.sqrt(np.maximum(self.gain, 0.0)))

    def chi2(self, weights: Vector | None = None) -> float:
        """The share in Pearson's χ²; rows that tell nothing have none."""
        with np.errstate(all="ignore"):
            scale = self.variance if self.measure.outcome is None else self.mean
            terms = (self.data - self.mean) ** 2 / scale
        terms = np.where(self.data == self.mean, 0.0, terms)
        return float((terms if weights is None else terms * weights).sum())

    @property
    def signs(self) -> Vector:
        """1 above the model, -1 below; 0 where rounding, or how few counts there are, would decide it."""
        difference = self.data - self.mean
        is_known = np.abs(difference) > ROUNDING * np.max(np.abs(self.data), initial=0.0)
        if types.pruned(self.measure.variable.type) is types.INT:
            is_known &= self.variance >= COUNTABLE
        return np.where(is_known, np.sign(difference), 0.0)


def of_likelihood(model: Model, x: Vector, columns: Sequence[Any]) -> list[Residuals]:
    """The residuals of each measurement. Raises KernelError where the model is not defined."""
    results = iter(model.kernel("residuals")(*(float(each) for each in x), *columns))
    rows = len(columns[0]) if columns else 0
    found: list[Residuals] = []
    for measure, column in zip(model.experiment.measures, columns[len(model.functions.axes) :], strict=True):
        data = np.asarray(column, dtype=float)
        mean, variance = (np.broadcast_to(np.asarray(next(results), dtype=float), (rows,)) for _ in range(2))
        gain = _of_outcome(data, mean) if measure.outcome is not None else None
        if not measure.is_further:
            together = np.broadcast_to(np.asarray(next(results), dtype=float), (rows,))
            gain = together if gain is None else gain
        assert gain is not None
        found.append(Residuals(measure, data, mean, variance, gain))
    return found


def of_squares(model: Model, data: Vector, residuals: Vector, sigma: float | None) -> list[Residuals]:
    """Those of least squares, whose sigma comes from the residuals; nan where there is none."""
    variance = math.nan if sigma is None else sigma**2
    with np.errstate(all="ignore"):
        gain = residuals**2 / variance
    (measure,) = model.experiment.measures
    return [Residuals(measure, data, data - residuals, np.full(len(data), variance), gain)]


def _of_outcome(counts: Vector, mean: Vector) -> Vector:
    with np.errstate(all="ignore"):
        logs = np.where(counts > 0.0, counts * np.log(counts / mean), 0.0)
    return np.asarray(2.0 * (logs - (counts - mean)))


def runs_along(model: Model, axes: Sequence[Any], found: Sequence[Residuals]) -> Runs | None:
    """The runs of signs along the main axis; of several measurements the one that speaks most against the model."""
    several = (runs_of(each.signs[order_along(model, each.measure, axes)]) for each in found)
    return fewest([each for each in several if each is not None])


def order_along(model: Model, measure: typed.MeasureDeclaration, axes: Sequence[Any]) -> Any:
    """The rows along the main axis, for one combination of the other axes after the other where these are grids."""
    columns = {each: np.asarray(values) for each, values in zip(model.functions.axes, axes, strict=True)}
    along = main_axis(model)
    if along is None:
        return slice(None)
    if len(columns) == 1:
        return np.argsort(columns[along], kind="stable")
    others = [columns[each] for each in axes_of_mean(model, measure) if each is not along]
    groups = len(np.unique(np.stack(others, axis=1), axis=0)) if others else 1
    return np.lexsort([columns[along], *(others if groups * LONG <= len(columns[along]) else [])])
