"""Many fits of one model at once: each of data of its own.

    series                              what is fitted: a model and K sets of data (`Series`)
    fit_many(series, starts)            `Fits`: K × p values, their covariances, K verdicts

The descents run in compiled code, several in the lanes of a vector and pieces of them on threads, a few rounds at a
time; what has settled is taken out, so that no lane waits for another. A descent that ended at an ordinary minimum, or
at one that bounds hold, is judged here as `fit.judgement` would. All others, and what is not plainly one of them, are
fitted again one by one by `fit`, which says what is wrong with them: no verdict of a single fit is weakened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from qdsl.lang.report import Diagnostics
from qdsl.runtime.fit.fitting import fit
from qdsl.runtime.fit.objective import Matrix, Objective, Parameter, Vector
from qdsl.runtime.fit.result import Fit
from qdsl.runtime.fit.verdict import INTERRUPTED, AtBound, Converged, NotConverged, Verdict

FIRST_ROUNDS, FURTHER_ROUNDS, MOST_ROUNDS = 10, 8, 200
LONG = FIRST_ROUNDS + 2 * FURTHER_ROUNDS  # rounds of a descent that may have strayed
FAR = 1.5  # how many times its start, or its inverse, a param has become where it has
FEW = 64  # descents that are not worth being sorted out again
DAMPING = 1e-3
HEAVY = 1e15  # the damping with which `descent` gives up
SURE = 1e9  # trace of the inverse of a correlation matrix, with which no direction is free (`judgement.FLAT`)
KNOWN, DIGITS = 1e-8, 3e-30  # `judgement.UNKNOWN`, `judgement.DIGITS`
UNFIT = NotConverged("these data cannot be fitted")


@dataclass(eq=False)
class Descents:
    """Where k descents are: `x` and `slope` are k × p, as is `curvature`, the diagonal of their matrices. `inverse` has
    the inverses of these, k × p × p, for what is at no bound, and `trace` is as in `Series.inverses`. The others have k
    numbers.
    """

    x: Matrix
    value: Vector
    settled: NDArray[Any]
    damping: Vector
    slope: Matrix
    curvature: Matrix
    inverse: NDArray[Any]
    trace: Vector

    @classmethod
    def begun(cls, starts: Matrix) -> Descents:
        """Where nothing is known yet."""
        count, size = starts.shape
        return cls(
            starts,
            value=np.full(count, np.inf),
            settled=np.zeros(count, dtype=bool),
            damping=np.full(count, DAMPING),
            slope=np.zeros((count, size)),
            curvature=np.zeros((count, size)),
            inverse=np.zeros((count, size, size)),
            trace=np.full(count, np.inf),
        )

    def with_some(self, which: Vector, others: Descents) -> Descents:
        """With some of them, in order, where they are now."""
        if len(which) == len(self.x):
            return others
        for each in fields(self):
            getattr(self, each.name)[which] = getattr(others, each.name)
        return self


class Series(Protocol):
    """A model and K sets of data. `freedom` is that of each where sigma is not known, and 0 in likelihoods."""

    @property
    def parameters(self) -> Sequence[Parameter]: ...

    @property
    def count(self) -> int: ...

    @property
    def n_points(self) -> Vector: ...

    @property
    def is_squares(self) -> bool: ...

    def descend(self, which: Vector, x: Matrix, damping: Vector, rounds: int) -> Descents | None:
        """So many rounds further for these sets. None where the model cannot be followed so."""
        ...

    def observed(self, which: Vector, x: Matrix) -> tuple[Matrix, NDArray[Any]] | None:
        """The gradients and Hessians of these sets' negative log-likelihoods."""
        ...

    def inverses(self, matrices: NDArray[Any], used: NDArray[Any]) -> tuple[NDArray[Any], Vector]:
        """Of K × p × p matrices the inverses in the rows that are used, K × p, and the traces of the inverses of their
        correlation forms: no eigenvalue of that form is less than one part in the trace, which is inf where a matrix
        is not positive.
        """
        ...

    def alone(self, k: int, start: Vector) -> Objective | None:
        """One set by itself, searched from there; None where it cannot be fitted."""
        ...


@dataclass(eq=False)
class Fits:
    """K fits: `values` and `errors` K × p, `covariance` K × p × p, all in SI. `value` is the negative log-likelihood,
    or half the sum of squares. `again` says which were fitted by themselves. Fits that an interrupt came before say so
    in their verdicts.
    """

    parameters: tuple[Parameter, ...]
    values: Matrix
    covariance: NDArray[Any]
    value: Vector
    n_points: Vector
    verdicts: list[Verdict]
    is_squares: bool
    again: NDArray[Any]
    interrupted: bool = False

    def __len__(self) -> int:
        return len(self.values)

    def some(self, chosen: slice | Vector) -> Fits:
        """Some of them, by their numbers."""
        return Fits(
            self.parameters,
            self.values[chosen],
            self.covariance[chosen],
            self.value[chosen],
            self.n_points[chosen],
            [self.verdicts[k] for k in np.arange(len(self))[chosen]],
            self.is_squares,
            self.again[chosen],
            self.interrupted,
        )

    def put(self, k: int, single: Fit) -> None:
        """One of them, fitted by itself."""
        self.values[k], self.covariance[k], self.verdicts[k] = single.values, single.covariance, single.verdict
        self.value[k] = single.rss / 2.0 if single.rss is not None else single.nll

    def refuse(self, k: int, why: NotConverged) -> None:
        """One of them that has no fit."""
        self.verdicts[k], self.covariance[k] = why, np.nan

    def put_all(self, places: Vector, others: Fits) -> None:
        """Some of them, in the place of what they were."""
        self.values[places], self.covariance[places], self.value[places] = (
            others.values,
            others.covariance,
            others.value,
        )
        for k, verdict in zip(places, others.verdicts, strict=True):
            self.verdicts[k] = verdict

    @property
    def errors(self) -> Matrix:
        return np.asarray(np.sqrt(np.diagonal(self.covariance, axis1=1, axis2=2)))

    @property
    def dof(self) -> Vector:
        return np.asarray(self.n_points - sum(each.low < each.high for each in self.parameters))


@dataclass(eq=False)
class _Search:
    """The descents of all sets: what is known of each so far."""

    series: Series
    ends: Descents
    is_long: NDArray[Any] = field(init=False)
    interrupted: bool = False

    def __post_init__(self) -> None:
        self.is_long = np.zeros(len(self.ends.x), dtype=bool)

    def run(self) -> None:
        """Until all have settled or can go no further. An interrupt ends it, and keeps what there is."""
        try:
            self._rounds()
        except KeyboardInterrupt:
            self.interrupted = True

    def _rounds(self) -> None:
        going: Vector | slice = slice(None)
        count, rounds, done = len(self.ends.x), FIRST_ROUNDS, 0
        while count and done < MOST_ROUNDS:
            which = np.arange(len(self.ends.x))[going]
            found = self.series.descend(which, self.ends.x[going], self.ends.damping[going], rounds)
            if found is None:
                return
            done += rounds
            self.ends = self.ends.with_some(which, found)
            going = which[~found.settled & (found.damping < HEAVY)]
            count = len(going)
            if done == LONG:
                self.is_long[going] = True
            rounds = FURTHER_ROUNDS if count >= FEW else LONG - done if done < LONG else MOST_ROUNDS


def fit_many(series: Series, starts: Matrix, errors: str = "observed") -> Fits:
    """The best parameters of each set, from its own start (K × p, SI). `errors` says which information the covariances
    come from, "observed" or "expected" as in `fit`; with "none" only the values are wanted, and likelihoods are not
    looked at for saddles.
    """
    found = descended_many(series, starts, errors)
    with np.errstate(all="ignore"):
        _again(found, series, starts, errors == "expected")
    return found


def descended_many(series: Series, starts: Matrix, errors: str = "observed") -> Fits:
    """The same, but for those that need a fit by themselves: what they have here is not to be believed."""
    search = _Search(series, Descents.begun(np.array(starts, dtype=float)))
    with np.errstate(all="ignore"):
        search.run()
        return _judged(search, starts, errors)


def _judged(search: _Search, starts: Matrix, errors: str) -> Fits:
    series, ends, parameters = search.series, search.ends, tuple(search.series.parameters)
    count = len(ends.x)
    free = np.array([each.low < each.high for each in parameters])
    low = np.array([each.low for each in parameters])
    high = np.array([each.high for each in parameters])
    held = ((ends.x <= low) | (ends.x >= high)) & free
    is_any_held = bool(held.any())
    plain = ends.settled & ~_strayed(search, starts)
    plain &= np.isfinite(ends.value) & (series.n_points > free.sum())
    if is_any_held:
        pushed = ((ends.x <= low) & (ends.slope > 0)) | ((ends.x >= high) & (ends.slope < 0))
        plain &= (pushed | ~held).all(axis=1)
    variance = np.ones(count)
    if series.is_squares:
        variance = 2.0 * ends.value / (series.n_points - free.sum())
        plain &= variance > 0
    loose = free & ~held
    inverse, trace = ends.inverse, ends.trace
    if not series.is_squares and errors != "none":
        of_observed = _newton(search, plain, loose)
        plain &= of_observed[1] < SURE
        if errors == "observed":
            inverse, trace = of_observed
    scale = np.maximum(np.abs(ends.x), np.where(starts != 0.0, np.abs(starts), [_width(each) for each in parameters]))
    whole = (ends.curvature * ends.x**2).max(axis=1)
    is_known = ends.curvature * scale**2 > np.maximum(KNOWN * variance, DIGITS * whole)[:, None]
    plain &= (trace < SURE) & (is_known | ~loose).all(axis=1)
    covariance = inverse * variance[:, None, None]
    converged = Converged()
    verdicts: list[Verdict] = [converged] * count
    if is_any_held:
        unknown = held[:, :, None] | held[:, None, :]
        covariance[unknown & (free[:, None] & free[None, :])] = np.nan
        for k in np.flatnonzero(held.any(axis=1)):
            at = (each.name for each, is_held in zip(parameters, held[k], strict=True) if is_held)
            verdicts[k] = AtBound(tuple(at))
    squares, points = series.is_squares, series.n_points
    return Fits(parameters, ends.x, covariance, ends.value, points, verdicts, squares, ~plain, search.interrupted)


def _strayed(search: _Search, starts: Matrix) -> NDArray[Any]:
    """Which descents went on for long and ended far from where they began: in whichever valley chance has led them."""
    if not search.is_long.any():
        return search.is_long
    which = search.is_long
    share = search.ends.x[which] / starts[which]  # infinite where the start was 0, which is no distance
    far = ((share < 1.0 / FAR) | (share > FAR)) & np.isfinite(share)
    found = search.is_long.copy()
    found[search.is_long] = far.any(axis=1)
    return found


def _width(parameter: Parameter) -> float:
    """How large one is that starts at 0 (`fit.scaling`)."""
    return parameter.high - parameter.low if np.isfinite(parameter.high - parameter.low) else 0.0


def _newton(search: _Search, plain: NDArray[Any], loose: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The inverses of the observed information at the ends of the plain descents, and the traces that go with them,
    after a step of Newton's by it, which takes up what scoring leaves. A trace is inf where that was no short step.
    """
    which, ends = np.flatnonzero(plain), search.ends
    every, traces = np.zeros_like(ends.inverse), np.full(len(plain), np.inf)
    answer = search.series.observed(which, ends.x[which]) if which.size else None
    if answer is None:
        return every, traces
    gradient, hessian = answer
    inverse, trace = search.series.inverses(hessian, loose[which])
    step = np.einsum("kij,kj->ki", inverse, np.where(loose[which], gradient, 0.0))
    distance = np.einsum("ki,kij,kj->k", step, hessian, step)
    ends.x[which] -= np.where(np.isfinite(step), step, 0.0)
    every[which], traces[which] = inverse, np.where(distance < 1e-8, trace, np.inf)
    return every, traces


def _again(found: Fits, series: Series, starts: Matrix, expected_information: bool) -> None:
    """Fit by themselves those that need it; after an interrupt they stay what they are, and say so."""
    for k in np.flatnonzero(found.again):
        single = None
        if not found.interrupted:
            try:
                objective = series.alone(int(k), starts[k])
                single = None if objective is None else fit(objective, Diagnostics(), None, expected_information)
            except KeyboardInterrupt:
                found.interrupted = True
        if single is None:
            found.refuse(int(k), INTERRUPTED if found.interrupted else UNFIT)
            continue
        found.put(int(k), single)
        found.interrupted |= single.verdict == INTERRUPTED
