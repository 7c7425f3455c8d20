"""A model and many sets of data, as `fit.many` wants them.

Columns are arrays of n rows where all sets have the same, or of K × n. `weights` says how often a row counts in each
set, as those of a single fit do: 0 leaves it out, so that sets may differ in length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qdsl.runtime.experiment.fitting import LeastSquaresOf, LikelihoodOf, objective_of
from qdsl.runtime.experiment.model import Model
from qdsl.runtime.fit.many import Descents
from qdsl.runtime.fit.objective import Matrix, Parameter, Vector
from qdsl.runtime.kernel import KernelError


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
        return np.asarray(np.count_nonzero(self.weights, axis=1) * measured)

    @cached_property
    def _bounds(self) -> tuple[Vector, Vector]:
        return np.array([each.low for each in self.parameters]), np.array([each.high for each in self.parameters])

    @cached_property
    def _freedom(self) -> Vector:
        free = sum(each.low < each.high for each in self.parameters)
        return np.maximum(self.n_points - free, 1.0) if self.is_squares else np.zeros(self.count)

    def _rows(self, which: Vector) -> list[NDArray[Any]]:
        """The columns of these sets, with the weights behind them."""
        whole = len(which) == self.count
        rows = [each if each.ndim == 1 or whole else each[which] for each in self.columns]
        if (self.weights == self.weights[:1]).all():
            return [*rows, self.weights[0]]
        return [*rows, self.weights if whole else self.weights[which]]

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
        x, value, settled, damping, slope, matrix = found
        size = len(self.parameters)
        return Descents(x, value, settled, damping, slope, matrix.reshape(-1, size, size))

    def observed(self, which: Vector, x: Matrix) -> tuple[Matrix, NDArray[Any]] | None:
        size = len(self.parameters)
        rows = self._rows(which)
        name = "weighted_nll" if (rows[-1] != 1.0).any() else "nll"
        try:
            results = self.model.kernel(name, 2)(*np.ascontiguousarray(x.T), *(rows if name != "nll" else rows[:-1]))
        except KernelError:
            return None
        upper = np.triu_indices(size)
        hessian = np.empty((len(which), size, size))
        for i, k, values in zip(*upper, results[1 + size :], strict=True):
            hessian[:, i, k] = hessian[:, k, i] = values
        return np.stack(results[1 : 1 + size], axis=1), hessian

    def alone(self, k: int) -> LikelihoodOf | LeastSquaresOf:
        used = self.weights[k] > 0
        weights = self.weights[k][used]
        rows = [(each if each.ndim == 1 else each[k])[used] for each in self.columns]
        return objective_of(self.model, rows, self.parameters, None if (weights == 1.0).all() else weights)
