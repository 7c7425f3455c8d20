"""Constant sparse matrices as core operations.

    sum of weight * (matrix y)      few numbers: written out, row by row
                                    many: loops over tables of columns and values

In: pairs of a core value, the weight, and a constant real matrix; and the numbers of a state. Out: the rows, or a
single number. A weight is a number, None for 1, or an array with a number for each element of the matrix, in its order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from qdsl.lang.core.builder import Builder
from qdsl.lang.core.ir import INT, REAL, ArrayType, Value
from qdsl.lang.core.lower_body import Body

if TYPE_CHECKING:
    from qdsl.lang.quantum.sparse import Sparse

Weighted = tuple[Value | None, "Sparse"]

LONG_ROW = 64
"""Numbers of a row that are gone through by a loop, not one by one."""

WRITTEN_OUT_UP_TO = 100
"""Numbers in matrices that are written out: more would take long to compile, and go through the processor no faster."""

FEW = 64
"""Numbers that are written out one by one."""


class Numbers:
    """The numbers of a state, each taken out of its array once. With `kept`, the array has only these places of the
    state; the others are zero. With `row`, it has a row for each of several states.
    """

    def __init__(self, body: Body, array: Value, kept: Sequence[int] | None = None, row: Value | None = None) -> None:
        self.body = body
        self.array = array
        self.row = () if row is None else (row,)
        self.index = None if kept is None else {place: index for index, place in enumerate(kept)}
        self.taken: dict[int, Value] = {}

    def at(self, place: int) -> Value:
        if place not in self.taken:
            self.taken[place] = self._take(place)
        return self.taken[place]

    def is_zero(self, place: int) -> bool:
        return self.index is not None and place not in self.index

    def _take(self, place: int) -> Value:
        if self.is_zero(place):
            return self.body.constant(0.0)
        return self.element(self.body.constant(self.index_of(place)))

    def index_of(self, place: int) -> int:
        """Where the array has the number of a place that is not zero."""
        return place if self.index is None else self.index[place]

    def element(self, index: Value) -> Value:
        """What the array has there."""
        return self.body.b.get(self.array, *self.row, index, inside=True)


def mapped(body: Body, maps: Sequence[Weighted], y: Numbers) -> Value:
    """(sum of weight * matrix) y as an array."""
    if y.index is None and sum(len(matrix.rows) for _, matrix in maps) > WRITTEN_OUT_UP_TO:
        return _by_loop(body, maps, y.array)
    return body.b.array(applied_maps(body, maps, y))


def _by_loop(body: Body, maps: Sequence[Weighted], y: Value) -> Value:
    """The same as a loop over the rows. All rows of a matrix have as many numbers as its longest, the rest zeros: the
    numbers and columns of a row stand together, and the loop over them is written out.
    """
    size = maps[0][1].size
    tables = [(None if has_each(weight) else weight, *_padded(body, weight, matrix)) for weight, matrix in maps]

    def row(builder: Builder, i: Value) -> Value:
        total: Value | None = None
        for weight, length, columns, values in tables:
            part = _row(builder, i, length, columns, values, y)
            if weight is not None:
                part = builder.op("mul", weight, part)
            total = part if total is None else builder.op("add", total, part)
        assert total is not None
        return total

    return body.b.build([body.constant(size)], row, (size,))


def has_each(weight: Value | None) -> bool:
    """Whether the weight has a number for each element."""
    return weight is not None and isinstance(weight.type, ArrayType)


def _padded(body: Body, weight: Value | None, matrix: Sparse) -> tuple[int, Value, Value]:
    """The length of the longest row, and the columns and numbers of all rows as tables."""
    counts = np.bincount(matrix.rows, minlength=matrix.size)
    length = int(counts.max())
    begins = np.concatenate([[0], np.cumsum(counts)[:-1]])
    place = matrix.rows * length + np.arange(len(matrix.rows)) - begins[matrix.rows]
    columns = np.repeat(np.arange(matrix.size), length)
    columns[place] = matrix.columns
    table = body.b.table(columns.tolist(), element=INT)
    if weight is not None and has_each(weight):
        return length, table, spread(body, weight, place.tolist(), len(columns))
    values = np.zeros(len(columns))
    values[place] = matrix.values.real
    return length, table, body.b.table(values.tolist(), element=REAL)


def _row(builder: Builder, i: Value, length: int, columns: Value, values: Value, y: Value) -> Value:
    first = builder.op("wmul", i, builder.const(length))

    def term(builder: Builder, at: Value) -> Value:
        column = builder.get(columns, at, inside=True)
        return builder.op("mul", builder.get(values, at, inside=True), builder.get(y, column, inside=True))

    if length > LONG_ROW:

        def further(builder: Builder, step: Value, total: Value) -> list[Value]:
            return [builder.op("add", total, term(builder, builder.op("wadd", first, step)))]

        return builder.for_(builder.const(0), builder.const(length), [builder.const(0.0)], further)[0]
    total: Value | None = None
    for step in range(length):
        part = term(builder, builder.op("wadd", first, builder.const(step)) if step else first)
        total = part if total is None else builder.op("add", total, part)
    assert total is not None
    return total


def picked(body: Body, array: Value, places: Sequence[int]) -> Value:
    """The array of the numbers at these places."""
    if len(places) <= FEW:
        return body.b.array([body.b.get(array, body.constant(each), inside=True) for each in places])
    if list(places) == list(range(array.type.shape[0] or 0)):  # type: ignore[union-attr]
        return array
    table = body.b.table(list(places), element=INT)

    def element(builder: Builder, i: Value) -> Value:
        return builder.get(array, builder.get(table, i, inside=True), inside=True)

    return body.b.build([body.constant(len(places))], element, (len(places),))


def spread(body: Body, array: Value, places: Sequence[int], size: int) -> Value:
    """The array of `size` numbers that has those of `array` at these places and zeros elsewhere."""
    if size <= FEW:
        numbers = Numbers(body, array, places)
        return body.b.array([numbers.at(each) for each in range(size)])
    if list(places) == list(range(size)):
        return array
    index, there = np.zeros(size, dtype=np.int64), np.zeros(size)
    index[list(places)], there[list(places)] = np.arange(len(places)), 1.0
    table, mask = body.b.table(index.tolist(), element=INT), body.b.table(there.tolist(), element=REAL)

    def element(builder: Builder, i: Value) -> Value:
        number = builder.get(array, builder.get(table, i, inside=True), inside=True)
        return builder.op("mul", builder.get(mask, i, inside=True), number)

    return body.b.build([body.constant(size)], element, (size,))


def applied_maps(body: Body, maps: Sequence[Weighted], y: Numbers) -> list[Value]:
    """The rows of (sum of weight * matrix) y, each a core value."""
    size = maps[0][1].size if maps else 0
    rows: list[list[Value]] = [[] for _ in range(size)]
    for weight, matrix in maps:
        if weight is not None and has_each(weight):
            for k, (row, column) in enumerate(zip(matrix.rows.tolist(), matrix.columns.tolist(), strict=True)):
                if not y.is_zero(column):
                    number = body.b.get(weight, body.constant(k), inside=True)
                    rows[row].append(body.b.op("mul", number, y.at(column)))
            continue
        for row, terms in _by_row(matrix):
            total = combination(body, terms, y)
            rows[row].append(total if weight is None else body.b.op("mul", weight, total))
    return [added(body, each) for each in rows]


def _by_row(matrix: Sparse) -> Iterable[tuple[int, list[tuple[int, float]]]]:
    """Each row that has numbers, with their columns; in order."""
    terms: dict[int, list[tuple[int, float]]] = {}
    for row, column, value in zip(
        matrix.rows.tolist(), matrix.columns.tolist(), matrix.values.real.tolist(), strict=True
    ):
        terms.setdefault(row, []).append((column, value))
    return sorted(terms.items())


def combination(body: Body, terms: Iterable[tuple[int, float]], y: Numbers) -> Value:
    """Sum of value * y[place]."""
    parts = [_times(body, value, y.at(place)) for place, value in terms if not y.is_zero(place)]
    return added(body, parts)


def _times(body: Body, value: float, element: Value) -> Value:
    if value == 1:
        return element
    if value == -1:
        return body.b.op("neg", element)
    return body.b.op("mul", body.constant(value), element)


def added(body: Body, parts: Sequence[Value]) -> Value:
    """The sum, from the first to the last."""
    if not parts:
        return body.constant(0.0)
    total = parts[0]
    for part in parts[1:]:
        total = body.b.op("add", total, part)
    return total
