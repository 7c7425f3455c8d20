"""A generator in blocks as core operations: the array of its blocks, and the unknowns in their slots.

y in slots        an array [count, width]: row k has the unknowns of block k, and zeros where it has fewer
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from qdsl.lang.core.builder import Builder, Values
from qdsl.lang.core.ir import INT, REAL, Value
from qdsl.lang.core.lower_body import Body
from qdsl.lang.core.sparse_code import FEW, Weighted, has_each, spread
from qdsl.lang.quantum.blocks import Blocks
from qdsl.lang.quantum.sparse import Sparse

FEW_ELEMENTS = 1024
"""Elements of blocks that are a table for each matrix of the generator."""


def matrix_of(body: Body, maps: Sequence[Weighted], size: int) -> Value:
    """The sum of weight * matrix as an array of `size` rows."""
    whole = block_matrices(body, maps, Blocks(1, size, np.arange(size)))
    first = body.constant(0)
    lengths = [body.constant(size), body.constant(size)]
    return body.b.build(lengths, lambda b, i, j: b.get(whole, first, i, j, inside=True), (size, size))


def block_matrices(body: Body, maps: Sequence[Weighted], blocks: Blocks) -> Value:
    """The sum of weight * matrix as the array of its blocks, in slots."""
    shape = (blocks.count, blocks.width, blocks.width)
    if math.prod(shape) <= FEW_ELEMENTS:
        by_tables = [each for each in maps if not has_each(each[0])]
        whole = _from_tables(body, by_tables, blocks, shape)
        maps = [each for each in maps if has_each(each[0])]
    else:
        whole = body.b.build([body.constant(length) for length in shape], lambda b, *_: b.const(0.0), shape)
    for weight, matrix in maps:
        whole = _with_entries(body, whole, weight, matrix, blocks)
    return whole


def _from_tables(body: Body, maps: Sequence[Weighted], blocks: Blocks, shape: tuple[int, int, int]) -> Value:
    """Element by element: each matrix is a table of all its elements."""
    width = blocks.width
    tables = []
    for weight, matrix in maps:
        rows, columns = blocks.slots[matrix.rows], blocks.slots[matrix.columns]
        table = np.zeros(shape)
        np.add.at(table, (rows // width, rows % width, columns % width), matrix.values.real)
        tables.append((weight, body.b.table(table.ravel().tolist(), element=REAL)))

    def element(builder: Builder, k: Value, i: Value, j: Value) -> Value:
        row = builder.op("wadd", builder.op("wmul", k, builder.const(width)), i)
        place = builder.op("wadd", builder.op("wmul", row, builder.const(width)), j)
        total: Value | None = None
        for weight, table in tables:
            part = builder.get(table, place, inside=True)
            part = part if weight is None else builder.op("mul", weight, part)
            total = part if total is None else builder.op("add", total, part)
        return builder.const(0.0) if total is None else total

    return body.b.build([body.constant(length) for length in shape], element, shape)


def _with_entries(body: Body, whole: Value, weight: Value | None, matrix: Sparse, blocks: Blocks) -> Value:
    """With the elements of one matrix added, of which there are tables of places and numbers."""
    rows, columns = blocks.slots[matrix.rows], blocks.slots[matrix.columns]
    places = (rows // blocks.width, rows % blocks.width, columns % blocks.width)
    tables = [body.b.table(each.tolist(), element=INT) for each in places]
    is_array = weight is not None and has_each(weight)
    numbers = weight if weight is not None and is_array else body.b.table(matrix.values.real.tolist(), element=REAL)

    def add(builder: Builder, at: Value, made: Value) -> Values:
        place = [builder.get(table, at, inside=True) for table in tables]
        number = builder.get(numbers, at, inside=True)
        part = number if weight is None or is_array else builder.op("mul", weight, number)
        total = builder.op("add", builder.get(made, *place, inside=True), part)
        return (builder.set(made, place, total, inside=True),)

    return body.b.for_(body.constant(0), body.constant(len(rows)), (whole,), add)[0]


def in_slots(body: Body, unknowns: Value, blocks: Blocks) -> Value:
    """The array [count, width] of the unknowns."""
    shape = blocks.count, blocks.width
    flat = spread(body, unknowns, blocks.slots.tolist(), blocks.count * blocks.width)

    def element(builder: Builder, k: Value, i: Value) -> Value:
        place = builder.op("wadd", builder.op("wmul", k, builder.const(blocks.width)), i)
        return builder.get(flat, place, inside=True)

    return body.b.build([body.constant(length) for length in shape], element, shape)


def from_slots(body: Body, slots: Value, blocks: Blocks) -> Value:
    """The unknowns that stand in slots."""
    rows, columns = (blocks.slots // blocks.width).tolist(), (blocks.slots % blocks.width).tolist()
    if len(rows) <= FEW:
        places = zip(rows, columns, strict=True)
        return body.b.array([body.b.get(slots, body.constant(k), body.constant(i), inside=True) for k, i in places])
    tables = [body.b.table(each, element=INT) for each in (rows, columns)]

    def element(builder: Builder, at: Value) -> Value:
        return builder.get(slots, *(builder.get(table, at, inside=True) for table in tables), inside=True)

    return body.b.build([body.constant(len(rows))], element, (len(rows),))
