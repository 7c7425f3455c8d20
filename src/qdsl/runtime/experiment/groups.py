"""Rows of one table in groups, and groups as sets of data that are fitted together.

In: the column that tells groups apart, and those that are fitted. Out: `Sets`, K × n, filled up with rows of weight 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qdsl.runtime.fit.objective import Vector


def unlabelled(values: NDArray[Any], used: NDArray[Any] | slice) -> list[int]:
    """The rows, of those that are used, whose label is no number, or an empty text."""
    match values.dtype.kind:
        case "f":
            lacks = np.isnan(values)
        case "U":
            lacks = values == ""
        case _:
            return []
    rows = np.arange(len(values))[used]
    return [int(row) for row in rows[lacks[used]]]


@dataclass(eq=False)
class Groups:
    """Rows by what stands in one column: `members` says which group each row is of, `first` has the first of each."""

    members: NDArray[Any]
    first: NDArray[Any]

    @classmethod
    def of(cls, values: NDArray[Any]) -> Groups:
        _, first, members = np.unique(values, return_index=True, return_inverse=True)
        order = np.argsort(first)
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        return cls(rank[members.ravel()], first[order])

    @property
    def count(self) -> int:
        return len(self.first)

    @cached_property
    def sizes(self) -> NDArray[Any]:
        return np.bincount(self.members, minlength=self.count)

    @cached_property
    def _places(self) -> NDArray[Any]:
        """For each group the rows of it; where it has fewer than the largest, its first one again."""
        order = np.argsort(self.members, kind="stable")
        starts = np.concatenate([[0], np.cumsum(self.sizes)[:-1]])
        offsets = np.arange(self.sizes.max(initial=0))
        inside = offsets < self.sizes[:, np.newaxis]
        return np.asarray(order[np.where(inside, starts[:, np.newaxis] + offsets, starts[:, np.newaxis])])

    def laid_out(self, columns: Sequence[NDArray[Any]], given: Vector | None) -> Sets:
        """The columns group by group, with weights of 0 for what fills up. One that is the same in all comes once."""
        places = self._places
        weights = (np.arange(places.shape[1]) < self.sizes[:, np.newaxis]).astype(float)
        weights = weights if given is None else weights * given[places]
        found = [each[places] for each in columns]
        return Sets([each[0] if (each == each[:1]).all() else each for each in found], weights)


@dataclass(eq=False)
class Sets:
    """K sets of data: columns of n rows, the same for all, or of K × n; `weights` is K × n."""

    columns: Sequence[NDArray[Any]]
    weights: NDArray[Any]

    def some(self, chosen: slice) -> Sets:
        return Sets([each if each.ndim == 1 else each[chosen] for each in self.columns], self.weights[chosen])
