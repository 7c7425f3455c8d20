"""Starts for the params of an experiment that have none, from its data.

In: a model, the columns of its data, its params, and what will be minimised. Out: a few starts, the best first
(`fit.guesses`). Here the model becomes means at many points, counts become numbers with errors, and params get ranges.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from qdsl.lang.core.homogeneity import Kind
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed.dependence import fitted_variables, variables_in
from qdsl.lang.typed.distributions import DISTRIBUTIONS
from qdsl.runtime.experiment.model import Model
from qdsl.runtime.experiment.scales import Columns, folds_of, ranges_of
from qdsl.runtime.fit.guesses import Trials, guessed
from qdsl.runtime.fit.objective import Matrix, Parameter, Vector
from qdsl.runtime.fit.ranges import Range, within
from qdsl.runtime.kernel import KernelError

ROWS = 400
"""Data that trials are compared with at most: of more, so many are taken by chance."""

SEED = 3

TRIED, DESCENTS = 2048, 40
TRIED_OF_STATES, DESCENTS_OF_STATES = 512, 12
"""Where states evolve a trial takes long."""


def starts_for(
    model: Model,
    columns: Sequence[Any],
    times: Vector | None,
    parameters: Sequence[Parameter],
    given: Sequence[bool],
    loss: Callable[[Vector], float],
) -> list[Vector]:
    """Starts of all params, the best first. Those `given` keep the start that they have; `times` says how often each
    row counts, if not once.
    """
    rows = len(columns[0])
    whole = _Data(model, columns)
    chosen = np.sort(np.random.default_rng(SEED).permutation(rows)[:ROWS]) if rows > ROWS else slice(None)
    often = 1.0 if times is None else np.sqrt(times[chosen])
    data = _Data(model, [np.asarray(each)[chosen] for each in columns])
    evolves = model.functions.readings is not None
    low, high = (np.array([getattr(each, end) for each in parameters]) for end in ("low", "high"))
    known: Sequence[Kind | None] = model.kinds or [None] * len(parameters)
    folds = {k: each for k, kind in enumerate(known) if kind is not None and (each := folds_of(kind, whole.axes))}
    trials = Trials(
        means=data.means,
        observed=np.concatenate(data.measured).astype(float),
        weights=np.concatenate([data.weights_of(each) * often for each in model.experiment.measures]),
        ranges=[within(each, one.low, one.high) for each, one in zip(whole.ranges(known), parameters, strict=True)],
        low=low,
        high=high,
        given=np.array([each.start if is_given else np.nan for each, is_given in zip(parameters, given, strict=True)]),
        loss=loss,
        plain=data.plain,
        tried=TRIED_OF_STATES if evolves else TRIED,
        descents=DESCENTS_OF_STATES if evolves else DESCENTS,
        phases=[k for k, each in enumerate(known) if each is not None and each.is_phase],
        folds=folds,
    )
    return guessed(trials)


def residuals_at(model: Model, columns: Sequence[Any], x: Vector) -> list[Vector]:
    """Of each measurement what it differs from its mean by, in its errors; 0 where there is no mean."""
    data = _Data(model, columns)
    means = np.split(data.means(x[None])[0], len(data.measured))
    differences = [
        (np.asarray(data.values(each), dtype=float) - mean) * data.weights_of(each)
        for each, mean in zip(model.experiment.measures, means, strict=True)
    ]
    return [np.where(np.isfinite(each), each, 0.0) for each in differences]


def residuals_of_sets(model: Model, columns: Sequence[Any], shape: tuple[int, ...], values: Matrix) -> list[Matrix]:
    """The same of K sets: columns of n rows or of K × n, the params of each set in `values`; K × n for each. Raises
    KernelError where a check of the model's fails.
    """
    rows = [np.ascontiguousarray(np.broadcast_to(each, shape)).ravel() for each in columns]
    data = _Data(model, rows)
    found = model.kernel("means")(*(np.repeat(each, shape[1]) for each in values.T), *data.axes)
    several: list[Matrix] = []
    for measure, mean in zip(model.experiment.measures, found, strict=True):
        each = (np.asarray(data.values(measure), dtype=float) - mean) * data.weights_of(measure)
        several.append(np.where(np.isfinite(each), each, 0.0).reshape(shape))
    return several


@dataclass(frozen=True, eq=False)
class _Data:
    """A model and the columns of some of its data: the axes, then what was measured."""

    model: Model
    columns: Sequence[Any]

    @property
    def axes(self) -> Sequence[Any]:
        return self.columns[: len(self.model.functions.axes)]

    @property
    def measured(self) -> Sequence[Any]:
        return self.columns[len(self.model.functions.axes) :]

    # ── means ────────────────────────────────────────────────────────────────

    def means(self, points: Matrix) -> Matrix:
        """Points × params to points × data, one measurement after the other; nan where the model stops."""
        try:
            return self._means(points)
        except KernelError:
            if len(points) == 1:
                return np.full((1, len(self.columns[0]) * len(self.measured)), np.nan)
            half = len(points) // 2
            return np.concatenate([self.means(points[:half]), self.means(points[half:])])

    def _means(self, points: Matrix) -> Matrix:
        kernel, rows, count = self.model.kernel("means"), len(self.columns[0]), len(points)
        params = np.ascontiguousarray(points.T)
        if self.model.functions.readings is None:  # what all points have in common need not be laid out for each
            given = [float(each[0]) if (each == each[0]).all() else each[:, None] for each in params]
            varied = [each if isinstance(each, float) else _over(each, count, rows) for each in given]
            found = kernel(*varied, *(_over(each, count, rows) for each in self.axes))
        else:  # evolutions are shared by rows of one list
            found = kernel(*(np.repeat(each, rows) for each in params), *(np.tile(each, count) for each in self.axes))
        whole = [np.broadcast_to(_shaped(each, count, rows), (count, rows)) for each in found]
        return np.concatenate(whole, axis=1)

    # ── ranges ───────────────────────────────────────────────────────────────

    def ranges(self, known: Sequence[Kind | None]) -> list[list[Range]]:
        functions = self.model.functions
        columns = Columns(
            list(zip(functions.axes, self.axes, strict=True)), list(zip(functions.measured, self.measured, strict=True))
        )
        return [
            self._by_prior(param) or ranges_of(param, kind, columns)
            for param, kind in zip(self.model.params, known, strict=True)
        ]

    def _by_prior(self, param: typed.ParamDeclaration) -> list[Range]:
        """Where a Normal prior puts the param."""
        if param.prior is None or param.prior.name != "Normal":
            return []
        evaluate = self.model.environment.evaluate
        mean, sigma = (float(evaluate(each)) for each in param.prior.arguments if each is not None)
        return [Range(mean - 4.0 * sigma, mean + 4.0 * sigma)]

    # ── what was measured ────────────────────────────────────────────────────

    def weights_of(self, measure: typed.MeasureDeclaration) -> Vector:
        """One over the error of each datum, as far as it is known before the fit."""
        values = np.asarray(self.values(measure), dtype=float)
        match measure.distribution.name:
            case "Binomial" | "Multinomial" | "Bernoulli":
                shots = self._shots(measure)
                share = (values + 1.0) / (shots + 2.0)
                with np.errstate(divide="ignore"):
                    weights = 1.0 / np.sqrt(shots * share * (1.0 - share))
                return np.where(shots > 0, weights, 0.0)
            case "Poisson":
                return np.asarray(1.0 / np.sqrt(values + 1.0))
            case "Normal" if (sigma := self._known_sigma(measure)) is not None:
                return 1.0 / sigma
            case _:
                spread = float(np.std(values)) or float(np.max(np.abs(values), initial=0.0)) or 1.0
                return np.full(len(values), 1.0 / spread)

    @cached_property
    def plain(self) -> Vector | None:
        """Data without structure that are possible whatever the params; None where all data are."""
        if all(each.distribution.name in ("Normal", "StudentT") for each in self.model.experiment.measures):
            return None
        return np.concatenate([self._plain(each) for each in self.model.experiment.measures])

    def _plain(self, measure: typed.MeasureDeclaration) -> Vector:
        values = np.asarray(self.values(measure), dtype=float)
        if DISTRIBUTIONS[measure.distribution.name].limit is None and measure.distribution.name != "Bernoulli":
            return np.full(len(values), values.mean())
        shots = self._shots(measure)
        return np.asarray(shots * (values.sum() + 1.0) / (shots.sum() + 2.0))

    def values(self, measure: typed.MeasureDeclaration) -> Any:
        return self.measured[self.model.functions.measured.index(measure.variable)]

    def _shots(self, measure: typed.MeasureDeclaration) -> Vector:
        """How many there can be; where a param decides that, a few more than there were."""
        shots = self.model.functions.shots(measure)
        values = np.asarray(self.values(measure), dtype=float)
        if measure.distribution.name == "Bernoulli":
            return np.ones(len(values))
        if shots is None:
            return np.full(len(values), values.max() + 1.0)
        return self._of_axes(f"{measure.variable.name}.shots", shots)

    def _known_sigma(self, measure: typed.MeasureDeclaration) -> Vector | None:
        """The errors that the model gives, where no param has a share in them."""
        sigma = measure.distribution.arguments[-1]
        if sigma is None or not fitted_variables(self.model.experiment).isdisjoint(variables_in(sigma)):
            return None
        found = self._of_axes(f"{measure.variable.name}.sigma", sigma)
        return found if (found > 0.0).all() and np.isfinite(found).all() else None

    def _of_axes(self, name: str, value: typed.Expr) -> Vector:
        (found,) = self.model.of_axes(name, value)(*self.axes)
        return np.asarray(np.broadcast_to(found, (len(self.columns[0]),)), dtype=float)


def _over(values: Any, count: int, rows: int) -> Any:
    """Points × data, as the kernel takes them fastest."""
    return np.ascontiguousarray(np.broadcast_to(values, (count, rows)))


def _shaped(values: Any, count: int, rows: int) -> Any:
    """Points × data, whatever the values do not depend on."""
    values = np.asarray(values, dtype=float)
    return values.reshape(count, rows) if values.size == count * rows else values
