"""Whether two operators, or two states, have the same numbers.

    A == B        largest |re - re'|, |im - im'|  <=  1e-12 * largest of all |re|, |im|

What is known while the program is compiled is decided then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from qdsl.lang.core.builder import Values
from qdsl.lang.core.ir import BOOL, REAL, Value
from qdsl.lang.core.lower_body import Body
from qdsl.lang.core.lower_bras import ket_of
from qdsl.lang.core.lower_matrices import entries_of
from qdsl.lang.core.lower_operators import operator_of, plus, scaled
from qdsl.lang.core.lower_states import numbers_of, state_rule
from qdsl.lang.core.lower_values import Data
from qdsl.lang.core.sparse_code import added
from qdsl.lang.core.staged import Dense, Operator
from qdsl.lang.quantum.sparse import size_of
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.spaces import Space

Extent = tuple[Value, Value, Value]
"""The largest difference, the largest number, and whether all are finite."""


@state_rule("alike")
def alike(body: Body, node: typed.Quantum) -> Data:
    left, right = node.arguments
    if isinstance(types.pruned(left.type), types.Operator):
        distance, size, is_finite = _of_operators(body, operator_of(body, left), operator_of(body, right))
    else:
        if isinstance(types.pruned(left.type), types.Bra):
            left, right = ket_of(left), ket_of(right)
        distance, size, is_finite = _of_states(body, body.expr(left).value, body.expr(right).value)
    (name, value), *_ = node.options
    allowed = body.expr(value).value
    if name == "relative":
        allowed = body.b.op("mul", allowed, size)
    return Data(types.BOOL, (body.b.op("and", is_finite, body.b.op("le", distance, allowed)),))


# ── states ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _of_states(body: Body, left: Value, right: Value) -> Extent:
    """Number by number, in a loop."""

    def step(i: Value, *so_far: Value) -> Values:
        a, b = (body.b.get(each, i, inside=True) for each in (left, right))
        return _further(body, so_far, body.b.op("sub", a, b), (a, b))

    first = _nothing(body)
    low, high = body.constant(0), body.constant(numbers_of(left))
    distance, size, is_finite = body.b.for_(low, high, first, body.region(step), (REAL, REAL, BOOL))
    return distance, size, is_finite


def _nothing(body: Body) -> Extent:
    return body.constant(0.0), body.constant(0.0), body.constant(True)


def _further(body: Body, so_far: Sequence[Value], apart: Value, numbers: Iterable[Value]) -> Extent:
    distance, size, is_finite = so_far
    apart = body.b.op("abs", apart)
    for each in numbers:
        size = body.b.op("max", size, body.b.op("abs", each))
    is_finite = body.b.op("and", is_finite, body.b.op("is_finite", apart))
    return body.b.op("max", distance, apart), size, is_finite


# ── operators ────────────────────────────────────────────────────────────────────────────────────────────────────


def _of_operators(body: Body, left: Operator, right: Operator) -> Extent:
    """Over all spaces of both. Terms with the same coefficient cancel before there are numbers."""
    spaces = sorted(left.spaces | right.spaces, key=lambda space: space.order)
    known = left.constant, right.constant
    if known[0] is not None and known[1] is not None:
        sums = known[0] + known[1].times(-1), *known
        distance, *sizes = (_largest(each.expanded(spaces).values) for each in sums if each is not None)
        return body.constant(distance), body.constant(max(sizes)), body.constant(True)
    difference = plus(Operator(left.terms), scaled(body, Operator(right.terms), -1 + 0j))
    parts = _numbers(body, difference, spaces)
    for sign, each in (("add", left.dense), ("sub", right.dense)):
        if each is not None:
            parts = _with(body, parts, _of_dense(body, each, spaces), sign)
    extent = _nothing(body)
    for apart in parts.values():
        extent = _further(body, extent, apart, ())
    for operator in (left, right):
        numbers = _numbers(body, Operator(operator.terms), spaces)
        if operator.dense is not None:
            numbers = _with(body, numbers, _of_dense(body, operator.dense, spaces), "add")
        for number in numbers.values():
            extent = extent[0], body.b.op("max", extent[1], body.b.op("abs", number)), extent[2]
    return extent


def _largest(values: np.ndarray[tuple[int, ...], np.dtype[np.complex128]]) -> float:
    return float(max(np.max(np.abs(values.real), initial=0.0), np.max(np.abs(values.imag), initial=0.0)))


Place = tuple[int, int, int]
"""Row, column, and 0 for the real part or 1 for the imaginary one."""


def _numbers(body: Body, operator: Operator, spaces: Sequence[Space]) -> dict[Place, Value]:
    """The numbers of the terms that are not certainly zero."""
    return {
        (i, j, part): added(body, numbers)
        for (i, j), parts in entries_of(body, operator, spaces).items()
        for part, numbers in enumerate(parts)
        if numbers
    }


def _of_dense(body: Body, dense: Dense, spaces: Sequence[Space]) -> dict[Place, Value]:
    """The numbers of a matrix that acts on some of the spaces."""
    levels = np.indices([space.size or 1 for space in spaces]).reshape(len(spaces), -1)
    own, rest = np.zeros(levels.shape[1], dtype=np.int64), np.zeros(levels.shape[1], dtype=np.int64)
    for axis, space in enumerate(spaces):
        if space in dense.spaces:
            own = own * (space.size or 1) + levels[axis]
        else:
            rest = rest * (space.size or 1) + levels[axis]
    size = size_of(dense.spaces)
    taken = {
        (i, j, part): body.b.get(array, body.constant(i), body.constant(j), inside=True)
        for part, array in enumerate((dense.re, dense.im))
        for i in range(size)
        for j in range(size)
    }
    rows, columns = np.nonzero(rest[:, None] == rest[None, :])
    return {
        (i, j, part): taken[int(own[i]), int(own[j]), part]
        for i, j in zip(rows.tolist(), columns.tolist(), strict=True)
        for part in (0, 1)
    }


def _with(body: Body, left: dict[Place, Value], right: dict[Place, Value], sign: str) -> dict[Place, Value]:
    zero = body.constant(0.0)
    return left | {place: body.b.op(sign, left.get(place, zero), each) for place, each in right.items()}
