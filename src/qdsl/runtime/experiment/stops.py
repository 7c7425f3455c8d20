"""Which rows of some data share what: rows of one *segment* share evolutions, rows of one *stop* read the same.

detuning  tau                      segments by detuning, stops by detuning and tau
       0    1    row 0
       5    1    row 1             order   0, 2, 1     a row for each stop, a segment's together
       0    2    row 2             starts  0, 2, 3     where in it a segment begins, and its length
       0    1    row 3             places  0, 2, 1, 0  the stop of each row
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Stops:
    """`order` and `starts` as `lang.core.readings` wants them; `places` is the stop of each row."""

    order: Ints
    starts: Ints
    places: Ints

    @property
    def segments(self) -> int:
        return len(self.starts) - 1


def stops_of(segment: Sequence[NDArray[Any]], others: Sequence[NDArray[Any]], rows: int) -> Stops:
    """The stops of so many rows: segments are told by the first columns, stops by the others too."""
    keys = [*segment, *others]
    by_key = np.lexsort(keys[::-1]) if keys else np.arange(rows)
    is_stop, is_segment = _changes(keys, by_key), _changes(segment, by_key)
    places = np.empty(rows, dtype=np.int64)
    places[by_key] = np.cumsum(is_stop) - 1
    order = by_key[is_stop].astype(np.int64)
    starts = np.append(np.flatnonzero(is_segment[is_stop]), len(order)).astype(np.int64)
    return Stops(order, starts, places)


def _changes(columns: Sequence[NDArray[Any]], by_key: NDArray[Any]) -> NDArray[np.bool_]:
    """Which rows, in that order, differ from the one before; the first does."""
    found = np.zeros(len(by_key), dtype=bool)
    found[:1] = True
    for column in columns:
        ordered = column[by_key]
        found[1:] |= ordered[1:] != ordered[:-1]
    return found
