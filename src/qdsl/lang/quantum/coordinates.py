"""States as real numbers, and the maps between them as real matrices.

A ket of d amplitudes is 2 d numbers: the real parts, then the imaginary parts. A density of d by d is d^2 numbers: the
diagonal, then for each pair i < j, row by row, the real and the imaginary part of rho[i, j]. What is Hermitian has no
others, so whatever the numbers are, the density is Hermitian.

    -i H psi                    ket_map(-i H)
    X rho + rho X†              beside(X)             with X = -i H it is the commutator of a Hermitian H
    A rho B† + B rho A†         between(A, B)         A rho A† is `between(A, A)`
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from qdsl.lang.quantum.sparse import Ints, Sparse
from qdsl.lang.typed.spaces import Space

if TYPE_CHECKING:
    from collections.abc import Mapping

Reals = npt.NDArray[np.float64]


# ── kets ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def ket_map(matrix: Sparse) -> Sparse:
    """A complex matrix on amplitudes as a real one on their parts."""
    d = matrix.size
    rows, columns = matrix.rows, matrix.columns
    re, im = np.real(matrix.values), np.imag(matrix.values)
    return Sparse.of(
        2 * d,
        np.concatenate([rows, rows, rows + d, rows + d]),
        np.concatenate([columns, columns + d, columns, columns + d]),
        np.concatenate([re, -im, im, re]),
    )


def ket_form(matrix: Sparse) -> tuple[Ints, Ints, Reals]:
    """<psi|A|psi> of a Hermitian A as sum of value * y[i] * y[j], i <= j."""
    d = matrix.size
    rows, columns = matrix.rows, matrix.columns
    re, im = np.real(matrix.values), np.imag(matrix.values)
    left = np.concatenate([rows, rows + d, rows, rows + d])
    right = np.concatenate([columns, columns + d, columns + d, columns])
    values = np.concatenate([re, re, -im, im])
    low, high = np.minimum(left, right), np.maximum(left, right)
    form = Sparse.of(2 * d, low, high, values)
    return form.rows, form.columns, np.real(form.values)


# ── densities ────────────────────────────────────────────────────────────────────────────────────────────────────


def place(size: int, rows: Ints, columns: Ints) -> Ints:
    """Where the real part of rho[i, j] stands, i <= j; the imaginary part is behind it."""
    above = size + 2 * (rows * size - rows * (rows + 1) // 2 + columns - rows - 1)
    return np.where(rows == columns, rows, above)


def pairs(size: int) -> tuple[Ints, Ints, Ints]:
    """For each number of a density the i and j of its entry, i <= j, and 1 if it is the imaginary part."""
    rows, columns = np.triu_indices(size)
    at = place(size, rows.astype(np.int64), columns.astype(np.int64))
    of_row, of_column, part = (np.zeros(size * size, dtype=np.int64) for _ in range(3))
    of_row[at], of_column[at] = rows, columns
    off = rows != columns
    of_row[at[off] + 1], of_column[at[off] + 1], part[at[off] + 1] = rows[off], columns[off], 1
    return of_row, of_column, part


def beside(matrix: Sparse) -> Sparse:
    """rho -> X rho + rho X†."""
    d = matrix.size
    every = np.arange(d, dtype=np.int64)
    m = len(matrix.rows)
    # (X rho)[i, l] = X[i, k] rho[k, l], and its adjoint (rho X†)[l, i] = conj(X[i, k]) rho[l, k]
    out = np.repeat(matrix.rows, d), np.tile(every, m)
    into = np.repeat(matrix.columns, d), np.tile(every, m)
    return _hermitian_map(d, out, into, np.repeat(matrix.values, d))


def between(left: Sparse, right: Sparse) -> Sparse:
    """rho -> A rho B† + B rho A†; where both are one matrix, A rho A†."""
    d = left.size
    m, n = len(left.rows), len(right.rows)
    out = np.repeat(left.rows, n), np.tile(right.rows, m)
    into = np.repeat(left.columns, n), np.tile(right.columns, m)
    values = np.repeat(left.values, n) * np.tile(np.conj(right.values), m)
    whole = _hermitian_map(d, out, into, values)
    return whole.times(0.5) if left is right else whole


def _hermitian_map(
    d: int, out: tuple[Ints, Ints], into: tuple[Ints, Ints], values: npt.NDArray[np.complex128]
) -> Sparse:
    """rho -> M + M† with M[out] = values * rho[into]."""
    i, j = out
    k, m = into
    # M and its adjoint, as entries of the upper triangle
    rows = np.concatenate([i, j])
    columns = np.concatenate([j, i])
    from_rows, from_columns = np.concatenate([k, m]), np.concatenate([m, k])
    weights = np.concatenate([values, np.conj(values)])
    upper = rows <= columns
    rows, columns, weights = rows[upper], columns[upper], weights[upper]
    from_rows, from_columns = from_rows[upper], from_columns[upper]
    target = place(d, rows, columns)
    low, high = np.minimum(from_rows, from_columns), np.maximum(from_rows, from_columns)
    source = place(d, low, high)
    sign = np.where(from_rows <= from_columns, 1.0, -1.0)
    re, im = np.real(weights), np.imag(weights)
    is_diagonal, from_diagonal = rows == columns, from_rows == from_columns
    parts = [
        (target, source, re, np.ones_like(is_diagonal)),
        (target, source + 1, -im * sign, ~from_diagonal),
        (target + 1, source, im, ~is_diagonal),
        (target + 1, source + 1, re * sign, ~is_diagonal & ~from_diagonal),
    ]
    chosen = [(t[keep], s[keep], v[keep]) for t, s, v, keep in parts]
    all_rows, all_columns, all_values = (np.concatenate(each) for each in zip(*chosen, strict=True))
    return Sparse.of(d * d, all_rows, all_columns, all_values)


def density_form(matrix: Sparse) -> tuple[Ints, Reals]:
    """tr(A rho) of a Hermitian A as sum of value * y[place]."""
    d = matrix.size
    upper = matrix.rows <= matrix.columns
    rows, columns, values = matrix.rows[upper], matrix.columns[upper], matrix.values[upper]
    # rho[j, i] A[i, j] + c.c. = 2 (re A re rho + im A im rho) with rho[i, j]
    at = place(d, rows, columns)
    is_diagonal = rows == columns
    re = np.where(is_diagonal, 1.0, 2.0) * np.real(values)
    im = 2.0 * np.imag(values)
    places = np.concatenate([at, at[~is_diagonal] + 1])
    weights = np.concatenate([re, im[~is_diagonal]])
    kept = weights != 0
    return places[kept], weights[kept]


def of_vector(amplitudes: Mapping[int, complex], size: int) -> Reals:
    """The numbers of a ket."""
    numbers = np.zeros(2 * size)
    for at, value in amplitudes.items():
        numbers[at], numbers[at + size] = value.real, value.imag
    return numbers


def packed(matrix: npt.NDArray[np.complex128]) -> Reals:
    """The numbers of a density, or of several along the first axes."""
    d = matrix.shape[-1]
    rows, columns = np.triu_indices(d)
    at = place(d, rows.astype(np.int64), columns.astype(np.int64))
    numbers = np.zeros((*matrix.shape[:-2], d * d))
    numbers[..., at] = np.real(matrix[..., rows, columns])
    off = rows != columns
    numbers[..., at[off] + 1] = np.imag(matrix[..., rows[off], columns[off]])
    return numbers


def unpacked(numbers: Reals) -> npt.NDArray[np.complex128]:
    """The density of such numbers."""
    d = round(numbers.shape[-1] ** 0.5)
    rows, columns = np.triu_indices(d)
    at = place(d, rows.astype(np.int64), columns.astype(np.int64))
    off = rows != columns
    upper = numbers[..., at].astype(np.complex128)
    upper[..., off] += 1j * numbers[..., at[off] + 1]
    matrix = np.zeros((*numbers.shape[:-1], d, d), dtype=np.complex128)
    matrix[..., rows, columns] = upper
    matrix[..., columns[off], rows[off]] = np.conj(upper[..., off])
    return matrix


def basis(spaces: Sequence[Space], levels: Sequence[int]) -> int:
    """The place of a basis state."""
    at = 0
    for space, level in zip(spaces, levels, strict=True):
        assert space.size is not None
        at = at * space.size + level
    return at
