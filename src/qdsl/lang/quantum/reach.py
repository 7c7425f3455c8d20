"""Which of a state's numbers matter: those that can become other than zero, and that something asked for depends on.

y' = M y with a constant pattern. Forwards from the numbers that are not zero at the start, a number is reached if it
takes from one that is; what is never reached stays zero. Backwards from the numbers that are read, a number is needed
if one that is needed takes from it. What is not both can be left out, and the rest stays the same to the last bit. A
conserved number of excitations, or a parity, shows here as a block, without anybody having said so.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from qdsl.lang.quantum.generator import Generator
from qdsl.lang.quantum.sparse import Ints


def reached(generator: Generator, start: Iterable[int] | None, read: Iterable[int] | None) -> Ints:
    """The numbers that matter, in order. None: any number may be other than zero at the start, or is read."""
    rows = np.concatenate([matrix.rows for _, matrix in generator.maps] or [np.zeros(0, dtype=np.int64)])
    columns = np.concatenate([matrix.columns for _, matrix in generator.maps] or [np.zeros(0, dtype=np.int64)])
    matters = np.ones(generator.size, dtype=bool)
    if start is not None:
        matters &= _spread(generator.size, columns, rows, start)
    if read is not None:
        matters &= _spread(generator.size, rows, columns, read)
    return np.flatnonzero(matters)


def _spread(
    size: int, sources: Ints, targets: Ints, first: Iterable[int]
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """All that can be come to from `first` by steps from a source to its target."""
    found = np.zeros(size, dtype=bool)
    found[list(first)] = True
    count = 0
    while count != (count := int(found.sum())):
        found[targets[found[sources]]] = True
    return found
