"""The best of one search or of several: a `Function` in, an `Optimum` out.

Several searches begin where those of a fit do (`fit.starts`); of their ends the lowest counts. Others whose values are
the same make it `multimodal`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qdsl.runtime.fit.objective import Vector
from qdsl.runtime.fit.optimum import Optimum as End
from qdsl.runtime.fit.starts import best_end, different
from qdsl.runtime.fit.verdict import AtBound, Converged, NotConverged
from qdsl.runtime.optimum.descent import interrupted_at, searched
from qdsl.runtime.optimum.judgement import INTERRUPTED, judged
from qdsl.runtime.optimum.objective import Argument, Function
from qdsl.runtime.optimum.scales import NOTHING, out_of, reach, unit_at
from qdsl.runtime.optimum.verdict import Multimodal, Verdict

ALIKE = 1e-9
"""Values that differ by less, of what the function is, are the same."""


@dataclass(frozen=True, slots=True)
class Found:
    """The numbers, the value there, and what may be claimed of it; how many searches there were, and at how many
    different places they ended.
    """

    x: Vector
    value: float
    verdict: Verdict
    searches: int = 1
    places: int = 1


def found(function: Function, arguments: Sequence[Argument], word: str, starts: int) -> Found | None:
    """The least value from so many starts; None where the function is not defined at any of them. `word` is what it is
    called, minimum or maximum.
    """
    start = np.array([each.start for each in function.parameters])
    if starts == 1:
        end, others, ends = searched(function, start), list[Vector](), list[Vector]()
    else:
        end, others, ends = _of_several(function, starts)
    if end is None:
        return None
    far = reach(function.parameters, out_of(end.frame, end.point), start)
    try:
        verdict = judged(function, end, arguments, word, start, far)
    except KeyboardInterrupt:
        verdict = NotConverged(INTERRUPTED)
    if others and isinstance(verdict, Converged | AtBound):
        verdict = Multimodal(tuple(arguments), tuple(others))
    places = 1 + len(different(ends, end.x, _least_size(function)))
    return Found(end.x, end.point.value, verdict, max(1, len(ends)), places)


def _of_several(function: Function, starts: int) -> tuple[End | None, list[Vector], list[Vector]]:
    """The lowest end, others of the same value, and all of them. An interrupt before the first end leaves the lowest
    point that was looked at.
    """
    ends: list[Vector] = []
    looked: list[tuple[float, Vector]] = []

    def one(start: Vector) -> End | None:
        end = searched(function, start)
        if end is not None:
            ends.append(end.x)
        return end

    def look(x: Vector) -> float:
        value = _value(function, x)
        if value < (looked[-1][0] if looked else np.inf):
            looked.append((value, x))
        return value

    try:
        best, others = best_end(
            function.parameters,
            starts,
            value=look,
            searched=one,
            is_rival=lambda value, least, best: value - least <= ALIKE * unit_at(best.point),
            least_size=_least_size(function),
        )
    except KeyboardInterrupt:
        if not looked:
            raise
        return interrupted_at(function, looked[-1][1]), [], []
    return best, others, ends


def _value(function: Function, x: Vector) -> float:
    with np.errstate(all="ignore"):
        value = float(function.evaluate(x, 0)[0])
    return value if value == value else np.inf


def _least_size(function: Function) -> Vector:
    """Beside what two numbers near zero are compared."""
    width = np.array([each.high - each.low for each in function.parameters])
    size = np.where(np.isfinite(width), width, [abs(each.start) or 1.0 for each in function.parameters])
    return np.asarray(np.maximum(size * np.sqrt(NOTHING), np.finfo(float).tiny))
