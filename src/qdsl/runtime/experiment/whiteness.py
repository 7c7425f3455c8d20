"""Are residuals noise? If they are, those of one point tell nothing about the next.

In: a model, data and params. Out: whether the residuals, in the order of the axes, have correlations over up to `LAGS`
distances that are stronger than noise has.

    Q = n (n + 2) Σ ρₗ² / (n - l)        ρₗ: the correlation l points apart; χ² with as many degrees of freedom

Source: G. M. Ljung and G. E. P. Box, "On a measure of lack of fit in time series models", Biometrika 65 (1978) 297.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qdsl.lang.typed import tree as typed
from qdsl.lang.typed.dependence import fitted_variables, variables_in
from qdsl.runtime.experiment.guessing import residuals_at, residuals_of_sets
from qdsl.runtime.experiment.model import Model
from qdsl.runtime.fit.goodness import chi2_tail, chi2_tails
from qdsl.runtime.fit.objective import Matrix, Vector
from qdsl.runtime.kernel import KernelError

CORRELATED_BELOW = 1e-5
"""The tail of Q is heavier than that of χ²: of noise of 20 to 200 points one sequence in a thousand comes here."""

LAGS = 20
"""Distances of residuals that are compared, at most; of few data a quarter of their number."""


def are_normal(experiment: typed.Experiment) -> bool:
    """Whether residuals can be asked: those of counts may be what they are by how few there are."""
    return all(each.distribution.name == "Normal" for each in experiment.measures)


def are_correlated(model: Model, columns: Sequence[Any], x: Vector) -> bool:
    """Whether residuals of the model with params `x` are alike at some distance: then they are no noise."""
    axes = [np.asarray(each) for each in columns[: len(model.functions.axes)]]
    order = np.lexsort(axes[::-1]) if axes else slice(None)
    return any(noise_probability(each[order]) < CORRELATED_BELOW for each in residuals_at(model, columns, x))


def correlated_sets(model: Model, columns: Sequence[NDArray[Any]], weights: Matrix, values: Matrix) -> NDArray[Any]:
    """The same of K sets with params `values`: columns of n rows, or of K × n, and K × n weights, 0 for no row."""
    axes = [np.asarray(each) for each in columns[: len(model.functions.axes)]]
    try:
        if _are_in_order(axes) and weights.all() and not _has_known_sigma(model):
            return _correlated_in_order(model, columns, weights.shape[1], values)
        residuals = residuals_of_sets(model, columns, weights.shape, values)
    except KernelError:  # a check of the program's own failed somewhere: each set is looked at by itself
        rows = [[(each if each.ndim == 1 else each[k])[weights[k] > 0] for each in columns] for k in range(len(values))]
        return np.array([are_correlated(model, each, x) for each, x in zip(rows, values, strict=True)])
    used = weights > 0
    keys = [*(np.broadcast_to(each, used.shape) for each in axes[::-1]), ~used]
    order = np.lexsort(keys, axis=-1)
    used = np.take_along_axis(used, order, axis=1)
    found = [noise_probabilities(np.take_along_axis(each, order, axis=1), used) for each in residuals]
    return np.asarray(np.min(found, axis=0) < CORRELATED_BELOW)


def _correlated_in_order(model: Model, columns: Sequence[NDArray[Any]], rows: int, values: Matrix) -> NDArray[Any]:
    """The same by compiled code: one measurement, all rows used, in the order of the axes."""
    lags, found = min(LAGS, rows // 4), np.zeros(len(values), dtype=bool)
    if lags < 1:
        return found
    assert model.correlation_of_sets is not None
    (strength,) = model.correlation_of_sets(values, lags, *columns)
    for k in np.flatnonzero(strength > 2.0 * lags):  # below that none is as rare
        found[k] = chi2_tail(float(strength[k]), lags) < CORRELATED_BELOW
    return found


def _are_in_order(axes: Sequence[NDArray[Any]]) -> bool:
    """Whether all sets have the same axes, and these ascend."""
    return all(each.ndim == 1 for each in axes) and bool((np.diff(np.lexsort(axes[::-1])) == 1).all() if axes else True)


def _has_known_sigma(model: Model) -> bool:
    """Whether residuals are counted in errors that may differ from row to row, or are several in a row."""
    experiment = model.experiment
    fitted = fitted_variables(experiment)
    sigmas = [each.distribution.arguments[-1] for each in experiment.measures]
    return len(sigmas) > 1 or any(each is not None and fitted.isdisjoint(variables_in(each)) for each in sigmas)


def noise_probability(residuals: Vector) -> float:
    """Of one sequence; 1 where it is too short, or all of it is the same."""
    own = residuals - residuals.mean()
    count, squares = len(own), float(own @ own)
    lags = min(LAGS, count // 4)
    if lags < 1 or squares == 0.0:
        return 1.0
    terms = [(float(own[lag:] @ own[:-lag]) / squares) ** 2 / (count - lag) for lag in range(1, lags + 1)]
    return chi2_tail(count * (count + 2) * sum(terms), lags)


def noise_probabilities(residuals: Matrix, used: NDArray[Any]) -> Vector:
    """Of K sequences, each of the residuals that are `used`, which come first in their rows (both K × n)."""
    counts = np.count_nonzero(used, axis=1)
    with np.errstate(all="ignore"):
        middle = (residuals * used).sum(axis=1) / counts
        own = np.where(used, residuals - middle[:, np.newaxis], 0.0)
        squares = np.einsum("kn,kn->k", own, own)
        lags = np.minimum(LAGS, counts // 4)
        total = np.zeros(len(own))
        for lag in range(1, int(lags.max(initial=0)) + 1):
            terms = (np.einsum("kn,kn->k", own[:, lag:], own[:, :-lag]) / squares) ** 2 / (counts - lag)
            total += np.where(lag <= lags, terms, 0.0)
        found = chi2_tails(counts * (counts + 2) * total, lags)
    return np.where((lags < 1) | (squares == 0.0), 1.0, found)
