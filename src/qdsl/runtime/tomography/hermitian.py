"""Hermitian matrices as vectors of real numbers, whose inner product is tr(A B).

A d by d Hermitian matrix is d² numbers: its diagonal, then √2 times the real parts above the diagonal, row by row, then
√2 times the imaginary parts. The numbers are coordinates in an orthonormal basis, so lengths and angles are kept.

    numbers(H) @ numbers(K)        tr(H K)
    congruence(G) @ numbers(H)     numbers(G H G†)
"""

from __future__ import annotations

from functools import cache
from itertools import product
from math import isqrt, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]
Matrices = NDArray[np.complex128]

_ROOT = sqrt(2.0)


@cache
def above(size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The rows and the columns of the places above the diagonal."""
    rows, columns = np.triu_indices(size, 1)
    return rows, columns


def numbers(matrices: Matrices) -> Reals:
    """(.., d, d) -> (.., d²). Only the diagonal and what is above it are read."""
    size = matrices.shape[-1]
    if size <= _DENSE:
        flat = np.ascontiguousarray(matrices).view(np.float64)
        return flat.reshape(*matrices.shape[:-2], 2 * size * size) @ _reading(size)
    rows, columns = above(size)
    whole = matrices.reshape(*matrices.shape[:-2], size * size)
    upper = whole[..., rows * size + columns]
    return np.concatenate([whole[..., :: size + 1].real, _ROOT * upper.real, _ROOT * upper.imag], axis=-1)


def matrices(values: Reals) -> Matrices:
    """(.., d²) -> (.., d, d); the inverse of `numbers`."""
    size = isqrt(values.shape[-1])
    if size <= _DENSE:
        made = (values @ _writing(size)).view(np.complex128)
        return made.reshape(*values.shape[:-1], size, size)
    return _written(values, size)


def _written(values: Reals, size: int) -> Matrices:
    """`matrices`, place by place."""
    rows, columns = above(size)
    count = len(rows)
    made = np.empty((*values.shape[:-1], size * size), dtype=np.complex128)
    upper = (values[..., size : size + count] + 1j * values[..., size + count :]) / _ROOT
    made[..., :: size + 1] = values[..., :size]
    made[..., rows * size + columns] = upper
    made[..., columns * size + rows] = upper.conj()
    return made.reshape(*values.shape[:-1], size, size)


_DENSE = 8
"""Up to this size one small product of matrices is faster than what NumPy needs to find its way through indices."""


@cache
def _writing(size: int) -> Reals:
    """(d², 2 d²): from the numbers to the parts of all entries, real and imaginary in turn."""
    basis = _written(np.eye(size * size), size)
    return basis.reshape(size * size, size * size).view(np.float64)


@cache
def _reading(size: int) -> Reals:
    """(2 d², d²): from the parts of all entries to the numbers, which come from those above the diagonal alone."""
    weights = np.repeat(np.where(np.tri(size, k=-1), 0.0, np.where(np.eye(size), 1.0, 2.0)).ravel(), 2)
    return np.ascontiguousarray((_writing(size) * weights).T)


def adjoint(matrices: Matrices) -> Matrices:
    return np.swapaxes(matrices.conj(), -1, -2)


def lowest(matrices: Matrices) -> Reals:
    """(.., d, d) -> (..): the smallest eigenvalue."""
    eigenvalues: Any = np.linalg.eigvalsh(matrices)
    least: Reals = eigenvalues[..., 0]
    return least


def hermitian_part(matrices: Matrices) -> Matrices:
    return (matrices + adjoint(matrices)) / 2


def congruence(maps: Matrices) -> Reals:
    """(.., d, d) -> (.., d², d²): what H -> G H G† does to the numbers of H."""
    size = maps.shape[-1]
    rows, columns = above(size)
    outer = np.einsum("...ai,...bj->...ijab", maps, maps.conj())
    each = np.arange(size)
    upper, lower = outer[..., rows, columns, :, :], outer[..., columns, rows, :, :]
    images = np.concatenate(
        [outer[..., each, each, :, :], (upper + lower) / _ROOT, 1j * (upper - lower) / _ROOT], axis=-3
    )
    return np.swapaxes(numbers(images), -1, -2)


@cache
def partial_trace(size: int, kept: int) -> Reals:
    """(kept², size²): the trace over the second factor of a space of `kept` times `size / kept` levels."""
    rest = size // kept
    basis = matrices(np.eye(size * size)).reshape(-1, kept, rest, kept, rest)
    return np.ascontiguousarray(numbers(np.einsum("nabcb->nac", basis)).T)


# ── Paulis ───────────────────────────────────────────────────────────────────────────────────────────────────────

PAULIS: dict[str, Matrices] = {
    "I": np.eye(2, dtype=np.complex128),
    "X": np.array([[0, 1], [1, 0]], dtype=np.complex128),
    "Y": np.array([[0, -1j], [1j, 0]], dtype=np.complex128),
    "Z": np.array([[1, 0], [0, -1]], dtype=np.complex128),
}
"""|0> is the first basis state, and Z|0> = +|0>."""


def words(letters: str, count: int) -> list[str]:
    """All words of `count` letters, the last one changing fastest."""
    return ["".join(each) for each in product(letters, repeat=count)]


def pauli(word: str) -> Matrices:
    """`XZ` is X of the first qubit times Z of the second."""
    return kron([PAULIS[letter] for letter in word])


def kron(factors: Any) -> Matrices:
    """The product over spaces, the first one's level changing slowest."""
    whole = np.eye(1, dtype=np.complex128)
    for each in factors:
        whole = np.kron(whole, each)
    return whole


@cache
def pauli_basis(count: int) -> Matrices:
    """(4^n, 2^n, 2^n): II, IX, IY, IZ, XI, .."""
    return np.array([pauli(word) for word in words("IXYZ", count)])
