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
from qdsl.lang.typed.spaces import Space

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Edge:
    """The highest levels of a space, as many as the longest step that leads out of it. `states` are the places of those
    basis states in them from which something does, `below` the same ones as many levels lower.
    """

    space: Space
    width: int
    states: tuple[int, ...]
    below: tuple[int, ...]


def edges(patterns: Iterable[Sum], spaces: Sequence[Space], reached: Flags) -> tuple[Edge, ...]:
    """Of the operators that drive a state over these spaces; `reached` are the basis states that it can come to."""
    shape = [space.size or 1 for space in spaces]
    whole = reached.reshape(shape)
    widths: dict[Space, int] = {}
    leaving: dict[Space, Flags] = {}
    for pattern in patterns:
        for factors, _ in pattern.products:
            for space, matrix in factors:
                width = matrix.size - min(matrix.out, default=matrix.size)
                here = _leaving(space, dict(factors), spaces, whole) if width else None
                if here is not None and here.any():
                    widths[space] = max(width, widths.get(space, 0))
                    leaving[space] = here | leaving[space] if space in leaving else here
    return tuple(
        _edge(space, axis, widths[space], leaving[space]) for axis, space in enumerate(spaces) if space in widths
    )


def _edge(space: Space, axis: int, width: int, leaving: Flags) -> Edge:
    """The edge of the space of that axis."""
    lower = np.roll(leaving, -width, axis=axis)
    lower[tuple(slice(-width, None) if k == axis else slice(None) for k in range(lower.ndim))] = False
    states, below = (tuple(np.flatnonzero(each).tolist()) for each in (leaving, lower))
    return Edge(space, width, states, below)


def _leaving(left: Space, matrices: dict[Space, Local], spaces: Sequence[Space], reached: Flags) -> Flags:
    """The reached states that the product of these leads out of this space: to which the others do not do nothing."""
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
    return here
