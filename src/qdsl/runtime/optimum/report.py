"""An optimum as a person writes it into a logbook.

    omega = 5 rad/us
    t     = 200 ns  (at its upper bound)
    value = 0.0032
    at_bound(t)

In: an `Optimum`. Out: the lines above, and one more where most of the ground was not seen.
"""

from __future__ import annotations

import numpy as np

from qdsl.runtime.fit.objective import Vector
from qdsl.runtime.optimum.objective import Argument, split
from qdsl.runtime.optimum.result import Optimum
from qdsl.runtime.value.quantity import best_unit, in_unit, number, shown

DOUBTED = 0.5
"""Of the ground, what at least has to be seen."""

LONGEST = 20
"""Elements of an array that are written out; of longer ones the ends."""


def optimum_text(found: Optimum) -> str:
    """The whole report, several lines."""
    width = max(len("value"), *(len(each.name) for each in found.arguments))
    parts = (split(found.arguments, each) for each in (found.numbers, found.low, found.high))
    lines = [
        f"{argument.name:<{width}} = {_text(argument, numbers)}{_bound(argument, numbers, low, high)}"
        for argument, numbers, low, high in zip(found.arguments, *parts, strict=True)
    ]
    value = shown(found.value, found.dimension, found.display)
    return "\n".join([*lines, f"{'value':<{width}} = {value}", str(found.verdict), *_doubt(found)])


def _doubt(found: Optimum) -> list[str]:
    """Whether most of the ground was not seen; searches that end in one flat valley end at many places of it."""
    if found.seen >= DOUBTED or found.verdict.word in ("not_converged", "flat"):
        return []
    better = "lower" if found.word == "minimum" else "higher"
    return [f"{found.searches} searches ended at {found.places} places: a {better} one may have been missed"]


def _text(argument: Argument, numbers: Vector) -> str:
    if argument.shape is None:
        return shown(float(numbers[0]), argument.dimension, argument.display)
    unit = argument.display or best_unit(float(np.abs(numbers).max(initial=0.0)), argument.dimension)
    cells = [number(in_unit(float(each), unit)) for each in numbers]
    if len(cells) > LONGEST:
        cells = [*cells[: LONGEST // 2], "…", *cells[-LONGEST // 2 :]]
    return f"[{', '.join(cells)}] {unit.symbol}".rstrip()


def _bound(argument: Argument, numbers: Vector, low: Vector, high: Vector) -> str:
    """Which bound holds a number."""
    if argument.shape is not None or not (numbers[0] <= low[0] or numbers[0] >= high[0]):
        return ""
    return f"  (at its {'lower' if numbers[0] <= low[0] else 'upper'} bound)"
