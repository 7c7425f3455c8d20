"""Constant operators over several spaces: sums of products of matrices of one space each.

    0.5 X(q) + sp(q) a(c)      {(q: X): 0.5, (q: sp, c: a): 1}

A `Sum` is what multiplies one coefficient of an operator. It keeps its factors apart, whatever the number of spaces,
until it is `expanded` over the spaces of a state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from qdsl.lang.quantum.local import Local, flip
from qdsl.lang.typed.spaces import Space

if TYPE_CHECKING:
    from qdsl.lang.quantum.sparse import Sparse

Factors = tuple[tuple[Space, Local], ...]
"""A matrix for each space that is not left alone, in the order of the spaces."""


@dataclass(frozen=True, eq=False)
class Sum:
    """Products of matrices with constant weights; equal sums are one."""

    products: tuple[tuple[Factors, complex], ...]

    @staticmethod
    def of(products: Mapping[Factors, complex]) -> Sum:
        return Sum(tuple((factors, complex(weight)) for factors, weight in _gathered(products).items() if weight))

    @staticmethod
    def single(space: Space, matrix: Local) -> Sum:
        return Sum.of({((space, matrix),): 1})

    @staticmethod
    def one() -> Sum:
        return Sum.of({(): 1})

    @cached_property
    def _all(self) -> frozenset[tuple[Factors, complex]]:
        return frozenset(self.products)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sum) and self._all == other._all

    def __hash__(self) -> int:
        return hash(self._all)

    @property
    def spaces(self) -> frozenset[Space]:
        return frozenset(space for factors, _ in self.products for space, _ in factors)

    @property
    def is_zero(self) -> bool:
        return not self.products

    def __add__(self, other: Sum) -> Sum:
        total = dict(self.products)
        for factors, weight in other.products:
            total[factors] = total.get(factors, 0) + weight
        return Sum.of(total)

    def times(self, factor: complex) -> Sum:
        return Sum.of({factors: factor * weight for factors, weight in self.products})

    def __matmul__(self, other: Sum) -> Sum:
        total: dict[Factors, complex] = {}
        for left, weight in self.products:
            for right, factor in other.products:
                product = _product(left, right)
                if product is not None:
                    total[product] = total.get(product, 0) + weight * factor
        return Sum.of(total)

    @cached_property
    def adjoint(self) -> Sum:
        return Sum.of(
            {tuple((s, m.adjoint) for s, m in factors): weight.conjugate() for factors, weight in self.products}
        )

    @cached_property
    def is_hermitian(self) -> bool:
        """Whether it is its own adjoint, the products compared one by one."""
        return not _differs(self, self.adjoint)

    def expanded(self, spaces: Sequence[Space]) -> Sparse:
        """The matrix over these spaces, their factors in this order."""
        from qdsl.lang.quantum.sparse import expanded

        return expanded(self, tuple(spaces))


def _differs(left: Sum, right: Sum) -> bool:
    rest = (left + right.times(-1)).products
    largest = max((abs(w) for _, w in left.products), default=0.0)
    return any(_size(factors, weight) > 1e-14 * largest for factors, weight in rest)


def _size(factors: Factors, weight: complex) -> float:
    size = abs(weight)
    for _, matrix in factors:
        size *= max(abs(value) for _, value in matrix.entries)
    return size


def _product(left: Factors, right: Factors) -> Factors | None:
    """The product, space by space; None where it is zero."""
    matrices: dict[Space, Local] = dict(left)
    for space, matrix in right:
        matrices[space] = matrices[space] @ matrix if space in matrices else matrix
    if any(not matrix.entries for matrix in matrices.values()):
        return None
    kept = [(space, matrix) for space, matrix in matrices.items() if not matrix.is_identity]
    return tuple(sorted(kept, key=lambda pair: pair[0].order))


def _gathered(products: Mapping[Factors, complex]) -> dict[Factors, complex]:
    """With the products that differ in one space alone added up: a + a† is one matrix."""
    alone: dict[Space, Local] = {}
    rest: dict[Factors, complex] = {}
    for factors, weight in products.items():
        if len(factors) == 1:
            ((space, matrix),) = factors
            alone[space] = alone[space].plus(matrix, weight) if space in alone else matrix.times(weight)
        else:
            rest[factors] = weight
    for space, matrix in alone.items():
        if matrix.entries:
            rest[((space, matrix),)] = 1
    return rest


def flips(spaces: Sequence[Space], row: int, column: int) -> Sum:
    """|row><column| over several spaces."""
    pattern = Sum.one()
    for space in reversed(spaces):
        size = space.size or 1
        pattern = Sum.single(space, flip(size, row % size, column % size)) @ pattern
        row, column = row // size, column // size
    return pattern


def size_of(spaces: Sequence[Space]) -> int:
    """How many basis states the spaces have together."""
    size = 1
    for space in spaces:
        assert space.size is not None
        size *= space.size
    return size


def spaces_of(sums: Iterable[Sum]) -> list[Space]:
    """All spaces of several sums, in order."""
    return sorted({space for each in sums for space in each.spaces}, key=lambda space: space.order)
