"""Sparse matrices as three arrays: rows, columns and values, each place once, in order of rows and columns.

NumPy alone: SciPy takes longer to import than most of these take to be used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from qdsl.lang.quantum.pattern import size_of
from qdsl.lang.typed.spaces import Space

if TYPE_CHECKING:
    from qdsl.lang.quantum.pattern import Sum

__all__ = ["Ints", "Numbers", "Sparse", "expanded", "size_of"]

Ints = npt.NDArray[np.int64]
Numbers = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Sparse:
    """A square matrix, complex or real."""

    size: int
    rows: Ints
    columns: Ints
    values: Numbers

    @staticmethod
    def of(size: int, rows: Ints, columns: Ints, values: Numbers) -> Sparse:
        """From places that may come several times; what adds up to nothing is left out."""
        keys = rows * size + columns
        unique, inverse = np.unique(keys, return_inverse=True)
        total = np.zeros(len(unique), dtype=values.dtype)
        np.add.at(total, inverse.ravel(), values)
        largest = np.max(np.abs(values), initial=0.0)
        kept = np.abs(total) > 1e-15 * largest
        return Sparse(size, unique[kept] // size, unique[kept] % size, total[kept])

    @property
    def adjoint(self) -> Sparse:
        return Sparse.of(self.size, self.columns, self.rows, np.conj(self.values))

    def times(self, factor: complex) -> Sparse:
        return Sparse(self.size, self.rows, self.columns, self.values * factor)

    def dense(self) -> npt.NDArray[np.complex128]:
        matrix = np.zeros((self.size, self.size), dtype=np.complex128)
        matrix[self.rows, self.columns] = self.values
        return matrix


def expanded(whole: Sum, spaces: tuple[Space, ...]) -> Sparse:
    """A sum over these spaces, the first space's level changing slowest."""
    size = size_of(spaces)
    parts = [_expanded(dict(factors), weight, spaces) for factors, weight in whole.products]
    if not parts:
        none = np.zeros(0, dtype=np.int64)
        return Sparse(size, none, none, np.zeros(0, dtype=np.complex128))
    rows, columns, values = (np.concatenate(each) for each in zip(*parts, strict=True))
    return Sparse.of(size, rows, columns, values)


def _expanded(
    factors: dict[Space, object], weight: complex, spaces: tuple[Space, ...]
) -> tuple[Ints, Ints, npt.NDArray[np.complex128]]:
    rows = columns = np.zeros(1, dtype=np.int64)
    values = np.array([weight], dtype=np.complex128)
    for space in spaces:
        assert space.size is not None
        own_rows, own_columns, own_values = _local(factors.get(space), space.size)
        rows = (rows[:, None] * space.size + own_rows).ravel()
        columns = (columns[:, None] * space.size + own_columns).ravel()
        values = (values[:, None] * own_values).ravel()
    return rows, columns, values


def _local(matrix: object, size: int) -> tuple[Ints, Ints, npt.NDArray[np.complex128]]:
    if matrix is None:
        every = np.arange(size, dtype=np.int64)
        return every, every, np.ones(size, dtype=np.complex128)
    entries = matrix.entries  # type: ignore[attr-defined]
    places = np.array([place for place, _ in entries], dtype=np.int64).reshape(-1, 2)
    return places[:, 0], places[:, 1], np.array([value for _, value in entries], dtype=np.complex128)
