"""Where a dynamics would leave its spaces: the levels that lead to levels that are not there.

    H = g (sp a + sm a†) from |0>(q) |3>(c)       none: of Fock(20) no more than 4 levels are reached
    H = e (a + a†)                                 the last level of c: a† leads out of it

A matrix of one space knows from which levels it would go on in a larger one (`Local.out`). What it does there matters
if the state can come to such a level while the other factors of the product do not vanish. Nothing else is a
truncation: a decay from the last level stays inside, and so does a matrix that is written by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qdsl.lang.quantum.local import Local
from qdsl.lang.quantum.pattern import Sum
from qdsl.lang.quantum.sparse import size_of
from qdsl.lang.typed.spaces import Space

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Edge:
    """The highest levels of a space, as many as the longest step that leads out of it."""

    space: Space
    width: int

    def states(self, spaces: Sequence[Space]) -> list[int]:
        """The places of the basis states in these levels."""
        size = self.space.size or 0
        return self._between(spaces, size - self.width, size)

    def states_below(self, spaces: Sequence[Space]) -> list[int]:
        """The same of as many levels below them."""
        size = self.space.size or 0
        return self._between(spaces, max(0, size - 2 * self.width), size - self.width)

    def _between(self, spaces: Sequence[Space], low: int, high: int) -> list[int]:
        levels = np.arange(size_of(spaces))
        for space in reversed(spaces):
            size = space.size or 1
            if space == self.space:
                own = levels % size
                break
            levels = levels // size
        return np.flatnonzero((own >= low) & (own < high)).tolist()


def edges(patterns: Iterable[Sum], spaces: Sequence[Space], reached: Flags) -> tuple[Edge, ...]:
    """Of the operators that drive a state over these spaces; `reached` are the basis states that it can come to."""
    whole = reached.reshape([space.size or 1 for space in spaces])
    widths: dict[Space, int] = {}
    for pattern in patterns:
        for factors, _ in pattern.products:
            for space, matrix in factors:
                width = matrix.size - min(matrix.out, default=matrix.size)
                if width > widths.get(space, 0) and _leaves(space, dict(factors), spaces, whole):
                    widths[space] = width
    return tuple(Edge(space, widths[space]) for space in spaces if space in widths)


def _leaves(left: Space, matrices: dict[Space, Local], spaces: Sequence[Space], reached: Flags) -> bool:
    """Whether the product of these leads a reached state out of this space: what the others do to it is not nothing."""
    here = reached
    for axis, space in enumerate(spaces):
        levels = np.ones(space.size or 1, dtype=bool)
        if space in matrices:
            matrix = matrices[space]
            levels[:] = False
            levels[list(matrix.out)] = True
            if space != left:
                levels[[column for (_, column), _ in matrix.entries]] = True
        here = here & levels.reshape([-1 if k == axis else 1 for k in range(len(spaces))])
    return bool(here.any())
