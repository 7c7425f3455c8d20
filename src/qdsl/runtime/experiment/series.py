"""A model and many sets of data, as `fit.many` wants them.

Columns are arrays of n rows where all sets have the same, or of K × n. `weights` says how often a row counts in each
set, as those of a single fit do: 0 leaves it out, so that sets may differ in length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qdsl.runtime.experiment.fitting import LeastSquaresOf, LikelihoodOf, objective_of
from qdsl.runtime.experiment.model import Model
from qdsl.runtime.fit.many import Descents
from qdsl.runtime.fit.objective import Matrix, Parameter, Vector
from qdsl.runtime.kernel import KernelError


@dataclass(frozen=True, slots=True)
class Seen:
    """How the data of one measurement lie about the model, a number for each set: twice what the log-likelihood would
    gain if the model met them, how many data lie above it and below it, and their runs.
    """

    gain: Vector
    above: Vector
    below: Vector
    runs: Vector


@dataclass(eq=False)
class SeriesOf:
    """K sets of data of one model (`fit.many.Series`). `weights` is K × n."""

    model: Model
    columns: Sequence[NDArray[Any]]
    weights: Matrix
    parameters: Sequence[Parameter]

    @property
    def count(self) -> int:
        return len(self.weights)

    @cached_property
    def is_squares(self) -> bool:
        return any(each.distribution.arguments[-1] is None for each in self.model.experiment.measures)

    @cached_property
    def n_points(self) -> Vector:
        measured = sum(each.outcome is None or each.is_further for each in self.model.experiment.measures)
        if self.are_alike:
            return np.full(self.count, np.count_nonzero(self.weights[0]) * measured)
        return np.asarray(np.count_nonzero(self.weights, axis=1) * measured)

    @cached_property
    def _bounds(self) -> tuple[Vector, Vector]:
        return np.array([each.low for each in self.parameters]), np.array([each.high for each in self.parameters])

    @cached_property
    def _freedom(self) -> Vector:
        free = sum(each.low < each.high for each in self.parameters)
        return np.maximum(self.n_points - free, 1.0) if self.is_squares else np.zeros(self.count)

    @cached_property
    def _whole(self) -> list[NDArray[Any]]:
        """The columns, with the weights behind them; once what is the same in all sets."""
        return [*self.columns, np.ascontiguousarray(self.weights[0]) if self.are_alike else self.weights]

    @cached_property
    def are_alike(self) -> bool:
        """Whether all sets have the same weights."""
        if self.weights.strides[0] == 0:
            return True
        return self.count > 0 and bool((self.weights == self.weights[0]).all())

    def _rows(self, which: Vector) -> list[NDArray[Any]]:
        """The same of these sets."""
        everything = len(which) == self.count
        return [each if each.ndim == 1 or everything else each[which] for each in self._whole]

    def descend(self, which: Vector, x: Matrix, damping: Vector, rounds: int) -> Descents | None:
        kernel = self.model.descent
        if kernel is None:
            return None
        low, high = self._bounds
        freedom = self._freedom[which]
        try:
            found = kernel(x, low, high, damping, freedom, rounds, *self._rows(which))
        except KernelError:  # a check of the program's own failed somewhere: each set by itself says where
            return None
        x, value, settled, damping, slope, curvature, inverse, trace = found
        size = len(self.parameters)
        return Descents(x, value, settled, damping, slope, curvature, inverse.reshape(-1, size, size), trace)

    def observed(self, which: Vector, x: Matrix) -> tuple[Matrix, NDArray[Any]] | None:
        size = len(self.parameters)
        rows = self._rows(which)
        name = "weighted_nll" if (rows[-1] != 1.0).any() else "nll"
        try:
            results = self.model.kernel(name, 2)(*np.ascontiguousarray(x.T), *(rows if name != "nll" else rows[:-1]))
        except KernelError:
            return None
        upper = [(i, k) for i in range(size) for k in range(i, size)]
        hessian = np.empty((len(which), size, size))
        for (i, k), values in zip(upper, results[1 + size :], strict=True):
            hessian[:, i, k] = hessian[:, k, i] = values
        return np.stack(results[1 : 1 + size], axis=1), hessian

    def inverses(self, matrices: NDArray[Any], used: NDArray[Any]) -> tuple[NDArray[Any], Vector]:
        count, size = matrices.shape[0], len(self.parameters)
        inverse, trace = self.model.covariance(matrices.reshape(count, size * size), used.astype(float))
        return inverse.reshape(matrices.shape), trace

    def seen(self, x: Matrix, orders: Sequence[NDArray[Any]]) -> list[Seen] | None:
        """How the data of each set lie about the model at its params, K × p, for each measurement; the rows are gone
        through in its order, n places or K × n. None where the model cannot be asked so.
        """
        kernel = self.model.goodness
        if kernel is None:
            return None
        *columns, weights = self._rows(np.arange(self.count))
        try:
            found = kernel(x, *columns, *orders, weights)
        except KernelError:
            return None
        return [Seen(*found[place : place + 4]) for place in range(0, len(found), 4)]

    def alone(self, k: int, start: Vector | None = None) -> LikelihoodOf | LeastSquaresOf:
        used = self.weights[k] > 0
        weights = self.weights[k][used]
        rows = [(each if each.ndim == 1 else each[k])[used] for each in self.columns]
        parameters = self.parameters
        if start is not None:
            parameters = [replace(each, start=float(at)) for each, at in zip(parameters, start, strict=True)]
        return objective_of(self.model, rows, parameters, None if (weights == 1.0).all() else weights)

    def some(self, which: Vector) -> SeriesOf:
        """These sets, some of them perhaps several times."""
        columns = [each if each.ndim == 1 else each[which] for each in self.columns]
        return SeriesOf(self.model, columns, self.weights[which], self.parameters)
