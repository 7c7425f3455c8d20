"""Random points for random programs: which parameters differ between them, and what each has.

    points = random_points(seed=7, count=4)
    points.varying                (True, False, False, True, False)
    points.arguments[2]           the arguments of the third point
    points.in_lanes()             the arguments of a wide function: a list of numbers for each that varies

Arrays of all points have the same length, as lanes ask.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from tests.core.random_programs import PARAMETERS, random_arguments

ARRAY = len(PARAMETERS) - 1
LIKELY = (0.6, 0.6, 0.1, 0.6, 0.6)
"""How likely each parameter varies. Where an Int does, so do mostly the lengths of arrays, which has no lanes."""


@dataclass(frozen=True)
class Points:
    """Arguments of @f of `random_program`, for several points."""

    varying: tuple[bool, ...]
    arguments: list[list[Any]]

    def in_lanes(self) -> list[Any]:
        """Point by point for what varies, once for what does not."""
        return [
            self.arguments[0][i] if not varies else self._elements() if i == ARRAY else self.column(i)
            for i, varies in enumerate(self.varying)
        ]

    def column(self, parameter: int) -> list[Any]:
        return [point[parameter] for point in self.arguments]

    def _elements(self) -> list[list[float]]:
        """The points' arrays, element by element."""
        return [list(each) for each in zip(*self.column(ARRAY), strict=True)]


def random_points(seed: int, count: int) -> Points:
    dice = random.Random(seed)
    varying = tuple(dice.random() < likely for likely in LIKELY)
    first, *others = (random_arguments(seed + 1000 * each) for each in range(count))
    length = len(first[ARRAY])
    points = [first]
    for other in others:
        numbers = [other[0], other[1], *other[ARRAY]]
        other[ARRAY] = [dice.choice(numbers) for _ in range(length)]
        points.append([b if varies else a for a, b, varies in zip(first, other, varying, strict=True)])
    return Points(varying, points)
