"""Where the searches of many fits begin, and which begin once more elsewhere: what `searching` does, for sets of data.

    a value is given, by `start =` or as the default       there, all sets at once
    a param has none                                       where the data of each set say (`guessing`)
    only defaults are given, and an end is doubtful        there first, then where the data of this set say

In: K sets (`SeriesOf`). Out: `Fits`, and how they stand against their data. The guesses are made one set after the
other, with a number of trials that does not depend on the data; the descents from all of them are one batch. Sets that
are plain cost nothing of it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qdsl.lang.report import Diagnostics
from qdsl.runtime.experiment.guessing import starts_for
from qdsl.runtime.experiment.judging import Judged, judged
from qdsl.runtime.experiment.renaming import Renaming, cost_of, look_misnamed, means_of, renaming
from qdsl.runtime.experiment.searching import FAR_BETTER, are_given, is_no_minimum
from qdsl.runtime.experiment.series import SeriesOf
from qdsl.runtime.experiment.whiteness import are_normal, correlated_sets
from qdsl.runtime.fit.admission import admitted
from qdsl.runtime.fit.fitting import fit
from qdsl.runtime.fit.many import UNFIT, Fits, descended_many, fit_many
from qdsl.runtime.fit.objective import Objective, Vector
from qdsl.runtime.fit.optimum import Stop
from qdsl.runtime.fit.starts import End, best_among, end_from, value_of
from qdsl.runtime.fit.verdict import INTERRUPTED, Converged, Multimodal, NotConverged
from qdsl.runtime.watching import gathered

TRIED = 16
"""Sets of which one has to have another name for a param, for others to be looked at."""


@dataclass(frozen=True, eq=False)
class SearchingEach:
    """Fits to be done. `chosen` are the params whose start was asked for; `errors` as in `fit_many`."""

    series: SeriesOf
    chosen: Collection[str]
    errors: str

    @cached_property
    def given(self) -> list[bool]:
        return are_given(self.series.model, self.series.parameters, self.chosen)

    def found(self) -> Fits:
        """The fits of all sets, by one search each."""
        if not all(self.given):
            return self._from_data(self.series, self.given)
        starts = np.tile([each.start for each in self.series.parameters], (self.series.count, 1))
        return fit_many(self.series, starts, self.errors)

    def doubtful(self, found: Fits, told: Judged) -> Vector:
        """The sets that are to be searched once more, as `Searching` has it of one fit."""
        if self.chosen or not all(self.given) or self.series.model.functions.readings is not None:
            return np.empty(0, dtype=int)
        return np.flatnonzero(self._are_doubtful(np.arange(self.series.count), found, told))

    def _are_doubtful(self, which: Vector, found: Fits, told: Judged) -> NDArray[Any]:
        """Whether the ends of these sets are not to be believed."""
        doubtful = told.is_rejected[which]
        for k in np.flatnonzero(found.again[which]):
            verdict = found.verdicts[which[k]]
            doubtful[k] |= is_no_minimum(verdict) and verdict != UNFIT
        if are_normal(self.series.model.experiment):
            unknown = np.flatnonzero(np.isnan(told.deviance[which]) & ~doubtful)
            doubtful[unknown] = self._are_correlated(which[unknown], found)
        return doubtful

    def _are_correlated(self, which: Vector, found: Fits) -> NDArray[Any]:
        """Whether the residuals of these sets are no noise."""
        if not which.size:
            return np.empty(0, dtype=bool)
        series, values = self.series, found.values
        if which.size < series.count:
            series, values = series.some(which), values[which]
        return correlated_sets(series.model, series.columns, series.weights, values)

    def search_again(self, which: Vector, found: Fits, told: Judged) -> None:
        """Search these sets once more. The first search may have ended badly where that of a fit by itself would not
        have: that is tried first, and what is still doubtful begins where its data say. An end that is far better is
        put down.
        """
        self._search_alone(which[~found.again[which]], found, told)
        places = which[self._are_doubtful(which, found, told)]
        if not places.size:
            return
        series = self.series.some(places)
        other = self._from_data(series, [each.low == each.high for each in series.parameters])
        gains = _gains(other, found.some(places))
        is_better = [not isinstance(each, NotConverged) for each in other.verdicts] & (gains >= FAR_BETTER)
        self._put(places[is_better], other.some(np.flatnonzero(is_better)), found, told)

    def _search_alone(self, places: Vector, found: Fits, told: Judged) -> None:
        """From the start, each by itself."""
        own = np.array([each.start for each in self.series.parameters])
        alone = found.some(places)
        for k, place in enumerate(places):
            self._fit_alone(self.series.alone(int(place), own), alone, k)
        self._put(places, alone, found, told)

    def _put(self, places: Vector, others: Fits, found: Fits, told: Judged) -> None:
        """Put down other fits of some sets, held against their data."""
        if places.size:
            series = self.series.some(places)
            found.put_all(places, others)
            told.put_all(places, judged(series, others))

    def rename(self, found: Fits) -> None:
        """Give the ends the names that are nearest to where their search began, as `Searching` does. What is no other
        name for the first few sets is none for the others.
        """
        if not all(self.given):
            return
        looked_at: set[int] = set()
        axes = self.series.columns[: len(self.series.model.functions.axes)]
        for places in look_misnamed(self.series.model, self.series.parameters, axes, found.values):
            renamed = 0
            for tried, k in enumerate(each for each in map(int, places) if each not in looked_at):
                if tried == TRIED and not renamed:
                    break
                looked_at.add(k)
                change = self._renaming(k, found.values[k])
                if change is not None:
                    found.values[k] = change.of(found.values[k])
                    found.covariance[k] = change.of_covariance(found.covariance[k])
                    renamed += 1

    def _renaming(self, k: int, x: Vector) -> Renaming | None:
        model, parameters = self.series.model, self.series.parameters
        objective = self.series.alone(k)
        columns = objective.columns
        axes = columns[: len(model.functions.axes)]
        return renaming(model, axes, parameters, x, means_of(model, columns), cost_of(objective))

    # ── from the data ────────────────────────────────────────────────────────

    def _from_data(self, series: SeriesOf, given: Sequence[bool]) -> Fits:
        """The fits whose starts come from the data, but for what is given: of each set its best end."""
        guesses = [self._guesses(series, k, given) for k in range(series.count)]
        counts = [len(each) for each in guesses]
        several = series.some(np.repeat(np.arange(series.count), counts))
        ends = descended_many(several, np.concatenate(guesses), self.errors)
        if ends.interrupted:
            raise KeyboardInterrupt
        own = np.split(np.arange(sum(counts)), np.cumsum(counts)[:-1])
        found = ends.some(np.array([places[0] for places in own]))
        for k, places in enumerate(own):
            self._put_best(series, k, guesses[k], ends.some(places), found)
        return found

    def _put_best(self, series: SeriesOf, k: int, guesses: Sequence[Vector], ends: Fits, found: Fits) -> None:
        """Put down the best end of one set. Where a descent did not plainly end well, it is searched by itself."""
        variances = 2.0 * ends.value / np.maximum(1, ends.dof) if ends.is_squares else np.ones(len(ends))
        objective = series.alone(k, guesses[0])
        several: list[tuple[int, End]] = []
        for place, guess in enumerate(guesses):
            end: End | None = End(ends.values[place], float(ends.value[place]), float(variances[place]))
            if ends.again[place]:
                end = end_from(objective, guess) if admitted(objective, Diagnostics(), None) else None
            if end is not None and end.stop is Stop.INTERRUPTED:
                raise KeyboardInterrupt
            several += [] if end is None else [(place, end)]
        if not several:
            found.refuse(k, UNFIT)
            return
        chosen, others = best_among([end for _, end in several], ends.parameters)
        place, end = several[chosen]
        if ends.again[place]:
            self._fit_alone(series.alone(k, end.x), found, k)
        else:
            found.put_all(np.array([k]), ends.some(np.array([place])))
        if others and isinstance(found.verdicts[k], Converged):
            found.verdicts[k] = Multimodal(found.parameters, tuple(others))

    def _guesses(self, series: SeriesOf, k: int, given: Sequence[bool]) -> Sequence[Vector]:
        """Where the searches of one set begin."""
        own = np.array([each.start for each in series.parameters])
        objective = series.alone(k, own)
        if objective.n_points < sum(each.low < each.high for each in series.parameters):
            return [own]
        columns, weights = objective.columns, objective.weights
        with gathered():
            found = starts_for(
                series.model, columns, weights, series.parameters, given, lambda x: value_of(objective, x)
            )
        return found or [own]

    def _fit_alone(self, objective: Objective, found: Fits, k: int) -> None:
        """Put down one set's fit by itself."""
        single = fit(objective, Diagnostics(), None, self.errors == "expected")
        if single is None:
            found.refuse(k, UNFIT)
        elif single.verdict == INTERRUPTED:
            raise KeyboardInterrupt
        else:
            found.put(k, single)


def _gains(other: Fits, found: Fits) -> Vector:
    """By how much twice the log-likelihood of each of the others is greater (`Searching`)."""
    with np.errstate(all="ignore"):
        gained = 2.0 * (found.value - other.value)
        if not found.is_squares:
            return gained
        variance = 2.0 * other.value / np.maximum(1, other.dof)
        return np.asarray(np.where(variance > 0.0, gained / variance, np.where(gained > 0.0, np.inf, 0.0)))
