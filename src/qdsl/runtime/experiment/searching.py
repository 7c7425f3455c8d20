"""Where the search of a fit begins, and whether it begins once more elsewhere.

    a value is given, by `start =` or as the default       there
    a param has none                                       where the data say (`guessing`)
    only defaults are given, and the end is doubtful       there first, then where the data say

In: a model and its data. Out: a `Fit`, and the params with the starts that it had. An end is doubtful where it is no
minimum, where the data reject it, and where the residuals of a Normal whose sigma is not known are no noise. The end of
the second search is taken if it is far better, and the Fit remembers what it was preferred to. Who gives `start =` or
`starts =` has chosen, and is not overruled. Where states evolve there is no second search: it may take minutes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from qdsl.lang.report import Diagnostics
from qdsl.lang.source import Span
from qdsl.runtime.experiment.guessing import residuals_at, starts_for
from qdsl.runtime.experiment.model import Model
from qdsl.runtime.fit import Fit, NotConverged, Objective, Parameter, Unidentifiable, fit
from qdsl.runtime.fit.goodness import REJECTED_BELOW, chi2_tail
from qdsl.runtime.fit.objective import Vector
from qdsl.runtime.fit.starts import value_of
from qdsl.runtime.watching import gathered

FAR_BETTER = 25.0
"""In twice the log-likelihood: five deviations."""

LAGS = 20
"""Distances of residuals that are compared, at most; of few data a quarter of their number."""


@dataclass(frozen=True, eq=False)
class Searching:
    """A fit to be done: `objective` makes what is minimised from params with their starts."""

    model: Model
    columns: Sequence[Any]
    weights: Vector | None
    objective: Callable[[Sequence[Parameter]], Objective]
    at: Span
    by_expectation: bool | None
    diagnostics: Diagnostics

    def found(
        self, parameters: Sequence[Parameter], chosen: Collection[str], count: int
    ) -> tuple[Fit | None, Sequence[Parameter]]:
        """The fit, of a search for each of `count` starts, and the params with the first of these. `chosen` are the
        params whose start was asked for.
        """
        given = are_given(self.model, parameters, chosen)
        if not all(given):
            return self._from_data(parameters, given, self.diagnostics, count)
        found = fit(self.objective(parameters), self.diagnostics, self.at, self.by_expectation, count)
        if found is None or chosen or count > 1 or not self._is_doubtful(found):
            return found, parameters
        fixed = [each.low == each.high for each in parameters]
        other, elsewhere = self._from_data(parameters, fixed, Diagnostics())
        gain = 0.0 if other is None else self._gain(other, found)
        if other is None or gain < FAR_BETTER or isinstance(other.verdict, NotConverged):
            return found, parameters
        return replace(other, preferred_to=(tuple(found.values), math.sqrt(gain))), elsewhere

    def _from_data(
        self, parameters: Sequence[Parameter], given: Sequence[bool], diagnostics: Diagnostics, count: int = 1
    ) -> tuple[Fit | None, Sequence[Parameter]]:
        """The fit whose starts come from the data, but for what is given."""
        guesses: list[Vector] = []
        objective = self.objective(parameters)
        free = sum(each.low < each.high for each in parameters)
        if all(each.low <= each.high for each in parameters) and objective.n_points >= free:
            with gathered():
                guesses = starts_for(
                    self.model, self.columns, self.weights, parameters, given, lambda x: value_of(objective, x)
                )
        if guesses:
            parameters = [replace(each, start=float(at)) for each, at in zip(parameters, guesses[0], strict=True)]
            objective = self.objective(parameters)
        found = fit(objective, diagnostics, self.at, self.by_expectation, count, guesses)
        return found, parameters

    def _is_doubtful(self, found: Fit) -> bool:
        if self.model.functions.readings is not None:
            return False
        if isinstance(found.verdict, NotConverged | Unidentifiable):
            return "interrupted" not in str(found.verdict)
        if found.deviance is not None:
            return chi2_tail(found.deviance, found.dof) < REJECTED_BELOW
        if any(each.distribution.name != "Normal" for each in self.model.experiment.measures):
            return False
        return self._are_correlated(np.array(found.values))

    def _are_correlated(self, x: Vector) -> bool:
        """Whether residuals are alike at some distance, the rows in the order of the axes: then they are no noise."""
        axes = [np.asarray(each) for each in self.columns[: len(self.model.functions.axes)]]
        order = np.lexsort(axes[::-1])
        return any(
            noise_probability(each[order]) < REJECTED_BELOW for each in residuals_at(self.model, self.columns, x)
        )

    def _gain(self, other: Fit, found: Fit) -> float:
        """By how much twice the log-likelihood of the other is greater; with sigma from the residuals where it is not
        known.
        """
        if other.rss is not None and found.rss is not None:
            variance = other.rss / max(1, other.dof)
            return (found.rss - other.rss) / variance if variance > 0.0 else math.inf * (found.rss > other.rss)
        return 2.0 * ((found.nll or 0.0) - (other.nll or 0.0))


def are_given(model: Model, parameters: Sequence[Parameter], chosen: Collection[str]) -> list[bool]:
    """Which params have a start: one that was chosen, a default, or bounds that leave no choice."""
    defaults = model.defaults()
    return [each.name in chosen or each.name in defaults or each.low == each.high for each in parameters]


def noise_probability(residuals: Vector) -> float:
    """How often noise would have correlations over `LAGS` distances that are as strong. (G. M. Ljung and G. E. P. Box,
    "On a measure of lack of fit in time series models", Biometrika 65 (1978) 297.)
    """
    own = residuals - residuals.mean()
    count, squares = len(own), float(own @ own)
    lags = min(LAGS, count // 4)
    if lags < 1 or squares == 0.0:
        return 1.0
    terms = [(float(own[lag:] @ own[:-lag]) / squares) ** 2 / (count - lag) for lag in range(1, lags + 1)]
    return chi2_tail(count * (count + 2) * sum(terms), lags)
