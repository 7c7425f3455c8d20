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
from qdsl.lang.core.lower_dense import dense_of, entries_of
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
    difference = plus(body, left, scaled(body, right, -1 + 0j))
    if difference.dense is not None:
        return _of_matrices(body, *(dense_of(body, each, spaces) for each in (difference, left, right)))
    extent = _nothing(body)
    for apart in _numbers(body, difference, spaces):
        extent = _further(body, extent, apart, ())
    for operator in (left, right):
        for number in _numbers(body, operator, spaces):
            extent = extent[0], body.b.op("max", extent[1], body.b.op("abs", number)), extent[2]
    return extent


def _largest(values: np.ndarray[tuple[int, ...], np.dtype[np.complex128]]) -> float:
    return float(max(np.max(np.abs(values.real), initial=0.0), np.max(np.abs(values.imag), initial=0.0)))


def _numbers(body: Body, operator: Operator, spaces: Sequence[Space]) -> list[Value]:
    """The numbers of the terms that are not certainly zero."""
    entries = entries_of(body, operator, spaces).values()
    return [added(body, numbers) for parts in entries for numbers in parts if numbers]


def _of_matrices(body: Body, difference: Dense, left: Dense, right: Dense) -> Extent:
    """Element by element, in loops."""
    low, high = body.constant(0), body.constant(size_of(difference.spaces))

    def row(i: Value, *so_far: Value) -> Values:
        def element(j: Value, *so_far: Value) -> Values:
            for part in ("re", "im"):
                apart, *both = (
                    body.b.get(getattr(each, part), i, j, inside=True) for each in (difference, left, right)
                )
                so_far = _further(body, so_far, apart, both)
            return so_far

        return body.b.for_(low, high, so_far, body.region(element), (REAL, REAL, BOOL))

    distance, size, is_finite = body.b.for_(low, high, _nothing(body), body.region(row), (REAL, REAL, BOOL))
    return distance, size, is_finite
