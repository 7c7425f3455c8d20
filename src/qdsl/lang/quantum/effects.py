"""What can be said of measurements whose effects are constant matrices.

fault([E0, E1], projective)     the first thing that is wrong with them, if any
root(E)                         the positive square root: what a state is multiplied by
pattern(M, spaces)              a matrix as a `Sum`
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qdsl.lang.quantum.local import Local
from qdsl.lang.quantum.pattern import Sum, flips
from qdsl.lang.typed.spaces import Space

Matrix = npt.NDArray[np.complex128]

NEAR = 1e-9
"""How near 0 and 1 have to be met: numbers in programs have some ten digits."""


@dataclass(frozen=True, slots=True)
class NotPositive:
    """An effect, and its least eigenvalue."""

    effect: int
    eigenvalue: float


@dataclass(frozen=True, slots=True)
class NoProjector:
    """An effect, and an eigenvalue that is neither 0 nor 1."""

    effect: int
    eigenvalue: float


@dataclass(frozen=True, slots=True)
class Overlapping:
    """Two projectors that are not orthogonal."""

    first: int
    second: int


@dataclass(frozen=True, slots=True)
class NotComplete:
    """A place in the sum of all effects, and what stands there."""

    row: int
    column: int
    value: complex


Fault = NotPositive | NoProjector | Overlapping | NotComplete


def fault_of_one(effect: int, matrix: Matrix, is_projective: bool) -> Fault | None:
    """What is wrong with one Hermitian effect alone."""
    eigenvalues = np.linalg.eigvalsh(matrix)
    if is_projective:
        off = np.minimum(np.abs(eigenvalues), np.abs(eigenvalues - 1))
        worst = int(np.argmax(off))
        return NoProjector(effect, float(eigenvalues[worst])) if off[worst] > NEAR else None
    return NotPositive(effect, float(eigenvalues[0])) if eigenvalues[0] < -NEAR else None


def fault(matrices: Sequence[Matrix], is_projective: bool) -> Fault | None:
    """What is wrong with Hermitian effects, each by itself or all together."""
    for place, matrix in enumerate(matrices):
        alone = fault_of_one(place, matrix, is_projective)
        if alone is not None:
            return alone
    if is_projective:
        for first, left in enumerate(matrices):
            for second in range(first):
                if np.max(np.abs(left @ matrices[second])) > NEAR:
                    return Overlapping(first, second)
    total = np.sum(matrices, axis=0)
    off = np.abs(total - np.eye(len(total)))
    row, column = (int(each) for each in np.unravel_index(np.argmax(off), off.shape))
    return NotComplete(row, column, complex(total[row, column])) if off[row, column] > NEAR else None


def root(matrix: Matrix) -> Matrix:
    """The positive square root of a positive matrix."""
    values, vectors = np.linalg.eigh(matrix)
    found: Matrix = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.conj().T
    return found


def pattern(matrix: Matrix, spaces: Sequence[Space]) -> Sum:
    """The matrix, over spaces in order, as a sum of products."""
    least = 1e-15 * float(np.max(np.abs(matrix), initial=0.0))
    places = [(int(i), int(j)) for i, j in np.argwhere(np.abs(matrix) > least)]
    if len(spaces) == 1:
        return Sum.single(spaces[0], Local.of(len(matrix), {place: complex(matrix[place]) for place in places}))
    total = Sum(())
    for row, column in places:
        total = total + flips(spaces, row, column).times(complex(matrix[row, column]))
    return total
