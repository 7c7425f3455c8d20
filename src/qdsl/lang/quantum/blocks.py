"""Blocks of a generator: unknowns of different blocks have nothing to do with each other.

    a coherent state beside an excited qubit      |1, n> and |0, n + 1> exchange: a block of 4 numbers for each n

In: a generator. Out: its blocks, as slots: block after block, all of one width, which is that of the largest. Smaller
ones share one, or leave slots empty. Where that makes no exponential cheaper there is a single block.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qdsl.lang.quantum.generator import Generator
from qdsl.lang.quantum.sparse import Ints

WORTH = 0.7
"""Blocks have to be cheaper than one matrix by this factor: what is put together from blocks costs something too."""


@dataclass(frozen=True, eq=False)
class Blocks:
    """`count` blocks of `width` slots each; `slots` tells for each unknown which is its own."""

    count: int
    width: int
    slots: Ints

    @property
    def cost(self) -> int:
        """Of a product of matrices of all blocks, in multiplications."""
        return self.count * self.width**3


def blocks_of(generator: Generator) -> Blocks:
    """The blocks in which unknowns act on each other, small ones side by side in one."""
    n = generator.unknowns
    single = Blocks(1, n, np.arange(n))
    parts = sorted(_components(generator), key=len, reverse=True)
    if len(parts) < 2:
        return single
    width = len(parts[0])
    count = 0
    room: dict[int, int] = {}  # of the blocks that are not full
    slots = np.zeros(n, dtype=np.int64)
    for part in parts:  # into the first block that has room for it
        block = next((k for k, left in room.items() if len(part) <= left), count)
        if block == count:
            count, room[block] = count + 1, width
        slots[part] = block * width + width - room[block] + np.arange(len(part))
        room[block] -= len(part)
        if not room[block]:
            del room[block]
    found = Blocks(count, width, slots)
    return found if found.cost < WORTH * single.cost else single


def _components(generator: Generator) -> list[Ints]:
    """The sets of unknowns between which there is a way, against the direction of a dependence too."""
    n = generator.unknowns
    label = np.arange(n)
    rows = np.concatenate([matrix.rows for _, matrix in generator.maps] or [np.zeros(0, dtype=np.int64)])
    columns = np.concatenate([matrix.columns for _, matrix in generator.maps] or [np.zeros(0, dtype=np.int64)])
    while True:
        before = label.copy()
        least = np.minimum(label[rows], label[columns])
        np.minimum.at(label, rows, least)
        np.minimum.at(label, columns, least)
        label = label[label]
        if np.array_equal(label, before):
            order = np.argsort(label, kind="stable")
            return np.split(order, np.flatnonzero(np.diff(label[order])) + 1)
