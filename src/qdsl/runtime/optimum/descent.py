"""From a start down into a minimum.

In: a `Function` and a point. Out: where the search ended, a `fit.optimum.Optimum`; None where the function is not
defined at the point. With few numbers it is the trust region of `fit.trust_region`, with exact second derivatives; with
many L-BFGS-B goes first (`quasi_newton`), then steps along chords (`chord`), and the trust region looks at the end.

The search works in the scales of where it is (`scales`), and begins anew where it has come to other magnitudes.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from qdsl.runtime.fit.objective import Vector
from qdsl.runtime.fit.optimum import Optimum, Point, Stop
from qdsl.runtime.fit.scaling import Frame
from qdsl.runtime.fit.trust_region import Search
from qdsl.runtime.optimum.chord import refined
from qdsl.runtime.optimum.curvature import below_the_saddle, is_near
from qdsl.runtime.optimum.objective import At, Function
from qdsl.runtime.optimum.quasi_newton import descended
from qdsl.runtime.optimum.scales import frame_at, out_of, point_in, reach, unit_at

FEW = 10
"""Numbers up to which second derivatives are worth what they cost in every step."""

NO_HESSIAN = np.zeros((0, 0))

MOST = 2000
"""Numbers up to which there are second derivatives at all: a matrix of their square."""

ANEW = 10
"""How often a search may begin with other scales, or below a saddle."""

OTHER = 100.0
"""The ratio from which on a scale is another one."""


def searched(function: Function, start: Vector) -> Optimum | None:
    """Where a search from `start` ends."""
    with np.errstate(all="ignore"):  # a point where the function is not defined is an answer
        if len(start) <= FEW:
            here = at(function, start)
            return None if here is None else _searched(function, here, start, 0)
        first = at(function, start, 1)
        if first is None:
            return None
        end = descended(function, first, start, is_coarse=len(start) <= MOST)
        if end.stop is Stop.INTERRUPTED or len(start) > MOST:
            return end
        try:
            here = at(function, end.x)
            here, is_there = (None, False) if here is None else refined(function, here, start)
        except KeyboardInterrupt:
            return replace(end, stop=Stop.INTERRUPTED)
        return end if here is None else _searched(function, here, start, end.iterations, is_there)


def interrupted_at(function: Function, x: Vector) -> Optimum | None:
    """A point where a search was to begin that an interrupt came before."""
    with np.errstate(all="ignore"):
        here = at(function, x, 1)
    if here is None:
        return None
    frame = frame_at(function.parameters, here, x)
    return Optimum(frame, point_in(frame, here), Stop.INTERRUPTED, 0)


def at(function: Function, x: Vector, order: int = 2) -> At | None:
    """The function at `x` with derivatives up to the order; None where something is not finite."""
    value, gradient, hessian = function.evaluate(x, order)
    if gradient is None or (hessian is None and order == 2):
        return None
    found = At(x, value, gradient, NO_HESSIAN if hessian is None else hessian)
    return found if math.isfinite(value) and _is_finite(gradient) and _is_finite(found.hessian) else None


def _is_finite(numbers: Vector) -> bool:
    """Of few numbers Python finds it out sooner than NumPy."""
    if numbers.size < FEW:
        return all(map(math.isfinite, numbers.ravel().tolist()))
    return bool(np.isfinite(numbers).all())


def _searched(function: Function, here: At, start: Vector, rounds: int, is_there: bool = False) -> Optimum:
    """The end of a search from a point; one that `is_there` already is only looked at."""
    frame = frame_at(function.parameters, here, start)
    stop = Stop.SETTLED
    try:
        for _ in range(ANEW):
            unit = unit_at(point_in(frame, here))
            if not is_there:
                search = _search(function, frame, here, unit)
                stop = search.run()
                here = out_of(frame, search.best, unit)
                rounds += search.rounds
            is_there = False
            below = None if stop is not Stop.SETTLED else _below(function, frame, here, start)
            if below is None and (stop is not Stop.SETTLED or not _is_elsewhere(function, frame, here, start, unit)):
                break
            here = below or here
            frame = frame_at(function.parameters, here, start)
    except KeyboardInterrupt:
        stop = Stop.INTERRUPTED
    frame = frame_at(function.parameters, here, start)
    return Optimum(frame, point_in(frame, here), stop, rounds)


def _below(function: Function, frame: Frame, here: At, start: Vector) -> At | None:
    """A point from which it goes further down; None where the search has come to the ground."""
    far = reach(function.parameters, here, start)[frame.free] / frame.scale
    x = below_the_saddle(function, frame, point_in(frame, here), far)
    return None if x is None else at(function, x)


def _search(function: Function, frame: Frame, here: At, unit: float) -> Search:
    def evaluate(u: Vector) -> Point | None:
        found = at(function, frame.outward(u))
        return None if found is None else point_in(frame, found, unit)

    return Search(
        evaluate=evaluate,
        information=lambda u: np.eye(len(u)),
        low=frame.low,
        high=frame.high,
        best=point_in(frame, here, unit),
    )


def _is_elsewhere(function: Function, frame: Frame, here: At, start: Vector, unit: float) -> bool:
    """Whether other scales would be better, and the search has something left to do."""
    own = frame_at(function.parameters, here, start)
    point = point_in(own, here)
    ratios = np.append(own.scale / frame.scale, unit_at(point) / unit)
    return bool(((ratios > OTHER) | (ratios < 1.0 / OTHER)).any()) and not is_near(point, own)
