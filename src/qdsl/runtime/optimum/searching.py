"""The best of one search or of several: a `Function` in, an `Optimum` out.

Several searches begin where those of a fit do (`fit.starts`); of their ends the lowest counts. Others whose values are
the same make it `multimodal`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qdsl.runtime.fit.objective import Vector
from qdsl.runtime.fit.starts import best_end
from qdsl.runtime.fit.verdict import AtBound, Converged
from qdsl.runtime.optimum.descent import searched
from qdsl.runtime.optimum.judgement import judged
from qdsl.runtime.optimum.objective import Argument, Function
from qdsl.runtime.optimum.scales import NOTHING, out_of, reach, unit_at
from qdsl.runtime.optimum.verdict import Multimodal, Verdict

ALIKE = 1e-9
"""Values that differ by less, of what the function is, are the same."""


@dataclass(frozen=True, slots=True)
class Found:
    """The numbers, the value there, and what may be claimed of it."""

    x: Vector
    value: float
    verdict: Verdict


def found(function: Function, arguments: Sequence[Argument], word: str, starts: int) -> Found | None:
    """The least value from so many starts; None where the function is not defined at any of them. `word` is what it is
    called, minimum or maximum.
    """
    start = np.array([each.start for each in function.parameters])
    others: list[Vector] = []
    if starts == 1:
        end = searched(function, start)
    else:
        end, others = best_end(
            function.parameters,
            starts,
            value=lambda x: _value(function, x),
            searched=lambda x: searched(function, x),
            is_rival=lambda value, least, best: value - least <= ALIKE * unit_at(best.point),
            least_size=_least_size(function),
        )
    if end is None:
        return None
    far = reach(function.parameters, out_of(end.frame, end.point), start)
    verdict = judged(function, end, arguments, word, start, far)
    if others and isinstance(verdict, Converged | AtBound):
        verdict = Multimodal(tuple(arguments), tuple(others))
    return Found(end.x, end.point.value, verdict)


def _value(function: Function, x: Vector) -> float:
    with np.errstate(all="ignore"):
        value = float(function.evaluate(x, 0)[0])
    return value if value == value else np.inf


def _least_size(function: Function) -> Vector:
    """Beside what two numbers near zero are compared."""
    width = np.array([each.high - each.low for each in function.parameters])
    size = np.where(np.isfinite(width), width, [abs(each.start) or 1.0 for each in function.parameters])
    return np.asarray(np.maximum(size * np.sqrt(NOTHING), np.finfo(float).tiny))
