"""Values at points of a plane, put on the grid that the points make.

x 1 1 2 2, y 5 7 5 7, z a b c d    =>    a b    for x = 1, 2 and y = 5, 7
                                         c d
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Grid:
    """Ascending places of both axes, and which cell each point lies in; cells are counted row by row."""

    xs: Array
    ys: Array
    cells: Array

    @property
    def share(self) -> float:
        """The part of the cells that have a point."""
        return len(np.unique(self.cells)) / max(1, len(self.xs) * len(self.ys))

    def filled(self, values: Array) -> Array:
        """The value of each cell: the mean of its points, nan where it has none."""
        count = len(self.xs) * len(self.ys)
        points = np.bincount(self.cells, minlength=count)
        sums = np.bincount(self.cells, weights=values, minlength=count)
        means = np.divide(sums, points, out=np.full(count, np.nan), where=points > 0)
        return np.asarray(means.reshape(len(self.xs), len(self.ys)))


def grid_of(xs: Array, ys: Array) -> Grid:
    """The grid of points (x, y)."""
    across, i = np.unique(xs, return_inverse=True)
    down, j = np.unique(ys, return_inverse=True)
    return Grid(across, down, i * len(down) + j)
