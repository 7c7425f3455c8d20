"""Sparse matrices as core programs: their numbers and the columns of these are tables.

matrix = random_matrix(seed=7, size=78, per_row=5)
module = steps(matrix)             @f(n, y): n times y becomes M y - y y / 8
module = energy(matrix)            @f(n, y): half the square of what comes of that
matrix.dense()                     the same with all its zeros, for NumPy
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qdsl.lang.core.builder import Builder
from qdsl.lang.core.ir import INT, REAL, ArrayType, Module, Value


@dataclass(frozen=True)
class Sparse:
    """As many numbers in every row, one row after the other, each with the column that it is in."""

    size: int
    per_row: int
    numbers: tuple[float, ...]
    columns: tuple[int, ...]

    def dense(self) -> NDArray[np.float64]:
        found = np.zeros((self.size, self.size))
        np.add.at(found, (np.repeat(np.arange(self.size), self.per_row), self.columns), self.numbers)
        return found

    def row(self, b: Builder, i: Value, y: Value) -> Value:
        """Row i times y. All indices are inside."""
        numbers, columns, count = b.table(self.numbers), b.table(self.columns), b.const(self.per_row)

        def term(inner: Builder, k: Value, total: Value) -> tuple[Value]:
            at = inner.op("wadd", inner.op("wmul", i, count), k)
            element = inner.get(y, inner.get(columns, at, inside=True), inside=True)
            return (inner.op("add", total, inner.op("mul", inner.get(numbers, at, inside=True), element)),)

        return b.for_(b.const(0), count, [b.const(0.0)], term)[0]


def random_matrix(seed: int, size: int, per_row: int) -> Sparse:
    dice = random.Random(seed)
    count = size * per_row
    numbers = [dice.uniform(-1.0, 1.0) / per_row for _ in range(count)]
    return Sparse(size, per_row, tuple(numbers), tuple([dice.randrange(size) for _ in range(count)]))


def steps(matrix: Sparse) -> Module:
    b = Builder()
    return Module({"f": b.function("f", [_after_steps(matrix, b)])})


def energy(matrix: Sparse) -> Module:
    b = Builder()
    y = _after_steps(matrix, b)

    def term(inner: Builder, i: Value, total: Value) -> tuple[Value]:
        element = inner.get(y, i)
        return (inner.op("add", total, inner.op("mul", element, element)),)

    (total,) = b.for_(b.const(0), b.const(matrix.size), [b.const(0.0)], term)
    return Module({"f": b.function("f", [b.op("mul", total, b.const(0.5))])})


def _after_steps(matrix: Sparse, b: Builder) -> Value:
    count, y = b.parameter(INT, "n"), b.parameter(ArrayType(REAL, (matrix.size,)), "y")

    def step(inner: Builder, _: Value, y: Value) -> tuple[Value]:
        return (inner.build([inner.const(matrix.size)], lambda deep, i: _element(matrix, deep, i, y), (matrix.size,)),)

    return b.for_(b.const(0), count, [y], step)[0]


def _element(matrix: Sparse, b: Builder, i: Value, y: Value) -> Value:
    own = b.get(y, i)
    damping = b.op("mul", b.op("mul", own, own), b.const(0.125))
    return b.op("sub", matrix.row(b, i, y), damping)
