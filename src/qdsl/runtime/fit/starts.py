"""Several starts: where else a search may begin, and which of its ends to believe.

    fit(e, data, starts = 64)  =>  64 searches, the first from the start, the others from points over all bounds

In: an objective, and how many searches there shall be. Out: the best `Optimum`, and other minima that the data can
hardly tell from it. Points are those of scrambled Sobol sequences with fixed seeds, so that a fit repeats. Half of the
searches begin at some of these, wherever they are, and half at the best of `LOOKED_AT` times as many, no two of them
close to each other: into the narrow valley of a frequency few points fall, but one look tells; with an amplitude it is
the other way round. (A. H. G. Rinnooy Kan and G. T. Timmer, "Stochastic global optimization methods II", Mathematical
Programming 39 (1987) 57, for how close is close.)

A param whose bounds are positive and far apart is spread by its logarithm at half of the points, since it may be a time
or a frequency; one without bounds is spread around its start.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from qdsl.lang.typed.dimension import ONE
from qdsl.runtime.fit.likelihood import maximise
from qdsl.runtime.fit.objective import LeastSquares, Matrix, Objective, Parameter, Vector
from qdsl.runtime.fit.optimum import Optimum, Stop
from qdsl.runtime.fit.squares import least_squares
from qdsl.runtime.sobol import sobol

SEED = 1
"""Of the Sobol sequences: a fit is no draw, and repeats."""

LOOKED_AT = 32
"""Points for each search, at which only the value is computed."""

DECADES_APART = 100.0
"""The ratio of positive bounds from which on a param is spread by its logarithm too."""

RIVAL = 4.0
"""How much less likely another minimum may be, in twice the log-likelihood, to be told."""

TIED = 1e-6
"""The same for two that are equally good."""

TINY = float(np.finfo(float).tiny)

SAME = 1e-4
"""The relative distance below which two ends are one."""


def best_of(objective: Objective, count: int, rival: float = RIVAL) -> tuple[Optimum | None, list[Vector]]:
    """The best end of searches from several points, and the params of the others that are nearly as good, by less than
    `rival` in twice the log-likelihood. An interrupt ends it with the best so far, which then counts as interrupted: a
    better one may have been missed.
    """
    points = _promising(objective.parameters, count, lambda x: value_of(objective, x))
    return best_from(objective, points, rival, all_names=True)


def best_from(
    objective: Objective, points: Sequence[Vector], rival: float = RIVAL, all_names: bool = False
) -> tuple[Optimum | None, list[Vector]]:
    """The same of searches from these points. Of several that are equally good it is the end of the fewest negative
    numbers, and those that differ by name alone are one, unless `all_names` are wanted.
    """
    ends, interrupted = _ends(points, lambda x: value_of(objective, x), lambda start: _searched(objective, start))
    if not ends:
        return None, []
    places = [_end(objective, value, each) for value, each in ends]
    place, others = best_among(places, objective.parameters, rival, all_names)
    best = ends[place][1]
    return (replace(best, stop=Stop.INTERRUPTED), []) if interrupted else (best, others)


@dataclass(frozen=True, slots=True)
class End:
    """Where a search ended: all params, what was minimised, and how it stopped, in SI. A value over `variance` is in
    the log-likelihood's unit.
    """

    x: Vector
    value: float
    variance: float
    stop: Stop = Stop.SETTLED


def _end(objective: Objective, value: float, found: Optimum) -> End:
    return End(
        found.x, value, found.variance * found.unit**2 if isinstance(objective, LeastSquares) else 1.0, found.stop
    )


def end_from(objective: Objective, start: Vector) -> End | None:
    """Where a search from there ends; None where the model is not defined."""
    found = _searched(objective, start)
    return None if found is None else _end(objective, value_of(objective, found.x), found)


def best_among(
    ends: Sequence[End], parameters: Sequence[Parameter], rival: float = RIVAL, all_names: bool = False
) -> tuple[int, list[Vector]]:
    """Which of the ends is to be believed, and the params of the others that are nearly as good, as `best_from` has it.
    There is one end at least.
    """
    least = min(ends, key=lambda end: end.value)
    tied = [k for k, each in enumerate(ends) if each.stop is least.stop and _deviation(each, least, least) < TIED]
    place = min(tied, key=lambda k: int((ends[k].x < 0.0).sum()))
    best = ends[place]
    others = [each for each in ends if each.stop is Stop.SETTLED and _deviation(each, least, best) < rival]
    points = [each.x for each in sorted(others, key=lambda each: each.value)]
    apart = different(points, best.x, TINY)
    return place, apart if all_names else _without_names(apart, best.x, parameters)


def best_end(
    parameters: Sequence[Parameter],
    count: int,
    value: Callable[[Vector], float],
    searched: Callable[[Vector], Optimum | None],
    is_rival: Callable[[float, float, Optimum], bool],
    least_size: float | Vector = TINY,
) -> tuple[Optimum | None, list[Vector]]:
    """The same for anything that has a `value` and is `searched` from a point: `is_rival` tells of the value of an end,
    the least one and the best end whether they are as good. Two ends that are close by `least_size` are one.
    """
    ends, interrupted = _ends(_promising(parameters, count, value), value, searched)
    if not ends:
        return None, []
    least, best = min(ends, key=lambda end: end[0])
    if interrupted:
        return replace(best, stop=Stop.INTERRUPTED), []
    others = [end for end in ends if end[1].stop is Stop.SETTLED and is_rival(end[0], least, best)]
    return best, different([end.x for _, end in sorted(others, key=lambda end: end[0])], best.x, least_size)


def _ends(
    points: Sequence[Vector], value: Callable[[Vector], float], searched: Callable[[Vector], Optimum | None]
) -> tuple[list[tuple[float, Optimum]], bool]:
    """Where the searches from some points end, with the values there, and whether an interrupt stopped them."""
    ends: list[tuple[float, Optimum]] = []
    interrupted = False
    try:
        for point in points:
            found = searched(point)
            if found is not None:  # the model is defined there
                ends.append((value(found.x), found))
                if found.stop is Stop.INTERRUPTED:
                    interrupted = True
                    break
    except KeyboardInterrupt:
        if not ends:
            raise
        interrupted = True
    return ends, interrupted


# ── where to begin ───────────────────────────────────────────────────────────────────────────────────────────────


def _promising(parameters: Sequence[Parameter], count: int, value: Callable[[Vector], float]) -> list[Vector]:
    """The start, points that cover the bounds, and the best of many."""
    points = covering(parameters, 1 + (count - 1) * LOOKED_AT)
    spread = 1 + (count - 1) // 2
    first = {round(k * (len(points) - 1) / spread) for k in range(spread)}
    further = [k for k in range(len(points)) if k not in first]
    values = [value(points[k]) for k in further]
    best = _apart(np.array([points[k] for k in further]), np.array(values), count - spread) if further else []
    return [*(points[k] for k in sorted(first)), *(points[further[k]] for k in best)]


def _apart(points: Matrix, values: Vector, count: int) -> list[int]:
    """The points of the least values, none close to one that is chosen already."""
    low, high = np.quantile(points, [0.1, 0.9], axis=0)
    moving = high > low
    shares = points[:, moving] / (high - low)[moving]
    close = 0.5 * (math.log(len(points)) / len(points)) ** (1.0 / max(1, shares.shape[1]))
    chosen: list[int] = []
    for k in np.argsort(values, kind="stable"):
        if len(chosen) == count or not math.isfinite(values[k]):
            break
        if all(np.abs(shares[k] - shares[other]).max() > close for other in chosen):
            chosen.append(int(k))
    return chosen


def covering(parameters: Sequence[Parameter], count: int) -> list[Vector]:
    """The start, and further points over the bounds: `count` in all. Where there are logarithms, half go by them."""
    start = np.array([each.start for each in parameters])
    free = [k for k, each in enumerate(parameters) if each.low < each.high]
    scales = [False, True] if any(_is_wide(parameters[k]) for k in free) else [False]
    points = [start]
    for number, by_logarithm in enumerate(scales):
        own = (count - 1 + number) // len(scales)
        for shares in sobol(len(free), own, SEED + number).T if free and own else ():
            point = start.copy()
            for k, share in zip(free, shares, strict=True):
                point[k] = _between(parameters[k], float(share), by_logarithm)
            points.append(point)
    return points


def _is_wide(parameter: Parameter) -> bool:
    """Whether it may be small as well as large."""
    return parameter.low > 0.0 and DECADES_APART < parameter.high / parameter.low < math.inf


def _between(parameter: Parameter, share: float, by_logarithm: bool) -> float:
    low, high = parameter.low, parameter.high
    if math.isfinite(low) and math.isfinite(high):
        if by_logarithm and _is_wide(parameter):
            return float(low * (high / low) ** share)
        return low + share * (high - low)
    size = abs(parameter.start) or 1.0
    value = parameter.start + size * math.tan(math.pi * (share - 0.5)) * 2.0
    return min(max(value, low), high)


# ── searches and their ends ──────────────────────────────────────────────────────────────────────────────────────


def value_of(objective: Objective, x: Vector) -> float:
    """What is minimised; infinite where the model is not defined."""
    with np.errstate(all="ignore"):
        if isinstance(objective, LeastSquares):
            residuals = objective.residuals(x)
            value = 0.5 * float(residuals @ residuals)
        else:
            value = float(objective.evaluate(x, 0)[0])
    return value if value == value else math.inf


def _searched(objective: Objective, start: Vector) -> Optimum | None:
    there = [replace(each, start=float(at)) for each, at in zip(objective.parameters, start, strict=True)]
    return least_squares(objective, there) if isinstance(objective, LeastSquares) else maximise(objective, there)


def _deviation(end: End, least: End, best: End) -> float:
    """By how much an end is worse than the best one, in twice the log-likelihood."""
    return 2.0 * (end.value - least.value) / (best.variance or 1.0)


def different(points: Sequence[Vector], best: Vector, least_size: float | Vector) -> list[Vector]:
    """The points without those that are the best, or each other, again."""
    kept = [best]
    for each in points:
        scale = np.maximum(np.abs(each), least_size)
        if all((np.abs(each - other) / np.maximum(scale, np.abs(other))).max() > SAME for other in kept):
            kept.append(each)
    return kept[1:]


def _without_names(points: Sequence[Vector], best: Vector, parameters: Sequence[Parameter]) -> list[Vector]:
    """The points without those that are the best, or each other, by another name."""
    kept = [best]
    for each in points:
        if not any(_is_same(each, other, parameters) for other in kept):
            kept.append(each)
    return kept[1:]


def _is_same(one: Vector, other: Vector, parameters: Sequence[Parameter]) -> bool:
    """Whether they differ by no more than the signs and the order of params of one dimension, and by half turns."""
    one = np.where(_by_half_turns(one, other, parameters), other, one)
    for dimension in {each.dimension for each in parameters}:
        own = [k for k, each in enumerate(parameters) if each.dimension == dimension]
        a, b = np.sort(np.abs(one[own])), np.sort(np.abs(other[own]))
        scale = np.maximum(np.maximum(a, b), np.finfo(float).tiny)
        if (np.abs(a - b) / scale).max() > SAME:
            return False
    return True


def _by_half_turns(one: Vector, other: Vector, parameters: Sequence[Parameter]) -> Vector:
    """Which pure numbers differ by a multiple of pi."""
    turns = (one - other) / math.pi
    pure = np.array([each.dimension == ONE for each in parameters])
    return np.asarray(pure & (np.abs(turns - np.round(turns)) < SAME) & (np.abs(turns) > 0.5))
