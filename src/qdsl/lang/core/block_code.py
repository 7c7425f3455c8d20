"""A generator in blocks as core operations: the array of its blocks, and the unknowns in their slots.

y in slots        an array [count, width]: row k has the unknowns of block k, and zeros where it has fewer
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qdsl.lang.core.builder import Builder
from qdsl.lang.core.ir import INT, REAL, Value
from qdsl.lang.core.lower_body import Body
from qdsl.lang.core.sparse_code import FEW, Weighted, spread
from qdsl.lang.quantum.blocks import Blocks


def block_matrices(body: Body, maps: Sequence[Weighted], blocks: Blocks) -> Value:
    """The sum of weight * matrix as the array of its blocks, in slots."""
    width = blocks.width
    shape = (blocks.count, width, width)
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
