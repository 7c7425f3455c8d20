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
from qdsl.runtime.experiment.guessing import starts_for
from qdsl.runtime.experiment.model import Model
from qdsl.runtime.experiment.renaming import cost_of, look_misnamed, means_of, renaming
from qdsl.runtime.experiment.whiteness import are_correlated, are_normal
from qdsl.runtime.fit import Fit, NotConverged, Objective, Parameter, Unidentifiable, fit
from qdsl.runtime.fit.fitting import estimates_of
from qdsl.runtime.fit.objective import Vector
from qdsl.runtime.fit.starts import value_of
from qdsl.runtime.fit.verdict import INTERRUPTED, Verdict
from qdsl.runtime.watching import gathered

FAR_BETTER = 25.0
"""In twice the log-likelihood: five deviations."""


@dataclass(frozen=True, eq=False)
class Searching:
    """A fit to be done: `objective` makes what is minimised from params with their starts, `is_refused` tells whether
    the data of a fit reject the model.
    """

    model: Model
    columns: Sequence[Any]
    weights: Vector | None
    objective: Callable[[Sequence[Parameter]], Objective]
    at: Span
    by_expectation: bool | None
    diagnostics: Diagnostics
    is_refused: Callable[[Model, Sequence[Any], Fit], bool]

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
        if found is None or count > 1:
            return found, parameters
        if chosen or not self._is_doubtful(found):
            return self._renamed(found, parameters), parameters
        fixed = [each.low == each.high for each in parameters]
        other, elsewhere = self._from_data(parameters, fixed, Diagnostics())
        gain = 0.0 if other is None else self._gain(other, found)
        if other is None or not gain >= FAR_BETTER or isinstance(other.verdict, NotConverged):
            return self._renamed(found, parameters), parameters
        other = replace(self._renamed(other, parameters), preferred_to=(tuple(found.values), math.sqrt(gain)))
        return other, elsewhere

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

    def _renamed(self, found: Fit, parameters: Sequence[Parameter]) -> Fit:
        """The same by the name that is nearest to where its search began."""
        x, axes = np.array(found.values), self.columns[: len(self.model.functions.axes)]
        if not look_misnamed(self.model, parameters, axes, x[np.newaxis]):
            return found
        change = renaming(
            self.model, axes, parameters, x, means_of(self.model, self.columns), cost_of(self.objective(parameters))
        )
        if change is None:
            return found
        covariance = change.of_covariance(found.covariance)
        return replace(found, estimates=estimates_of(parameters, change.of(x), covariance), covariance=covariance)

    def _is_doubtful(self, found: Fit) -> bool:
        if self.model.functions.readings is not None or found.verdict == INTERRUPTED:
            return False
        if is_no_minimum(found.verdict) or self.is_refused(self.model, self.columns, found):
            return True
        unknown = found.deviance is None and are_normal(self.model.experiment)
        return unknown and are_correlated(self.model, self.columns, np.array(found.values))

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


def is_no_minimum(verdict: Verdict) -> bool:
    """Whether a search did not end at one, for other reasons than an interrupt."""
    return isinstance(verdict, NotConverged | Unidentifiable) and verdict != INTERRUPTED
