"""Constant sparse matrices as core operations.

    sum of weight * (matrix y)      few numbers: written out, row by row
                                    many: loops over tables of columns and values

In: pairs of a core value, the weight (None for 1), and a constant real matrix; and the numbers of a state. Out: the
rows, or a single number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from qdsl.lang.core.builder import Builder
from qdsl.lang.core.ir import Value
from qdsl.lang.core.lower_body import Body

if TYPE_CHECKING:
    from qdsl.lang.quantum.sparse import Sparse

Weighted = tuple[Value | None, "Sparse"]


class Numbers:
    """The numbers of a state, each taken out of its array once. With `kept`, the array has only these places of the
    state; the others are zero.
    """

    def __init__(self, body: Body, array: Value, kept: Sequence[int] | None = None) -> None:
        self.body = body
        self.array = array
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
        index = place if self.index is None else self.index[place]
        return self.body.b.get(self.array, self.body.constant(index), inside=True)


def applied_maps(body: Body, maps: Sequence[Weighted], y: Numbers) -> list[Value]:
    """The rows of (sum of weight * matrix) y, each a core value."""
    size = maps[0][1].size if maps else 0
    rows: list[list[Value]] = [[] for _ in range(size)]
    for weight, matrix in maps:
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


def matrix_of(body: Body, maps: Sequence[Weighted], size: int) -> Value:
    """The sum of weight * matrix as an array of `size` rows."""
    entries: dict[tuple[int, int], list[Value]] = {}
    for weight, matrix in maps:
        for row, terms in _by_row(matrix):
            for column, value in terms:
                number = body.constant(value) if weight is None else _times(body, value, weight)
                entries.setdefault((row, column), []).append(number)
    zero = body.constant(0.0)
    flat = body.b.array(
        [added(body, entries[i, j]) if (i, j) in entries else zero for i in range(size) for j in range(size)]
    )
    lengths = [body.constant(size), body.constant(size)]

    def element(builder: Builder, i: Value, j: Value) -> Value:
        place = builder.op("wadd", builder.op("wmul", i, builder.const(size)), j)
        return builder.get(flat, place, inside=True)

    return body.b.build(lengths, element, (size, size))


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
