"""Products of states of different spaces: `|1>(q) * |0>(c)`, `tensor(rho, sigma)`.

In: the numbers of both. Out: those of the product, its factors in the order in which the spaces are declared.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from qdsl.lang.core import lower_dense as dense
from qdsl.lang.core.builder import Builder
from qdsl.lang.core.ir import INT, REAL, Value
from qdsl.lang.core.lower_body import Body
from qdsl.lang.core.lower_complex import mul
from qdsl.lang.core.lower_errors import space_twice
from qdsl.lang.core.lower_states import WRITTEN_OUT, numbers_of, of_amplitudes, state_rule
from qdsl.lang.core.lower_values import Data
from qdsl.lang.core.sparse_code import FEW, Numbers
from qdsl.lang.quantum import coordinates
from qdsl.lang.quantum.sparse import Ints, size_of
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.spaces import Space


@state_rule("tensor")
def _tensor(body: Body, node: typed.Quantum) -> Data:
    """The product of two states, its factors in the order of the spaces."""
    left, right = node.arguments
    a, b = body.expr(left), body.expr(right)
    first, second = body.spaces_of(left.type, left.span), body.spaces_of(right.type, right.span)
    if set(first) & set(second):
        raise space_twice(node.span, next(iter(set(first) & set(second))).name)
    if isinstance(types.pruned(node.type), types.Density):
        return _tensor_of_densities(body, node, (a, first), (b, second))
    spaces = tuple(sorted((*first, *second), key=lambda space: space.order))
    p, q = _places(spaces, first, second)
    m, n = size_of(first), size_of(second)
    known = body.kets.get(a.value), body.kets.get(b.value)
    if known[0] is not None and known[1] is not None:
        pairs = [(known[0].get(i, 0), known[1].get(j, 0)) for i, j in zip(p.tolist(), q.tolist(), strict=True)]
        return of_amplitudes(body, node.type, {at: x * y for at, (x, y) in enumerate(pairs)}, len(p))
    made = _products(body, (a.value, b.value), (p, q), (m, n))
    supports = body.supports.get(a.value), body.supports.get(b.value)
    if None not in supports:
        there = _there(supports[0], m)[p] & _there(supports[1], n)[q]
        body.supports[made] = frozenset(np.flatnonzero(np.concatenate([there, there])).tolist())
    if a.value in body.normal and b.value in body.normal:
        body.normal.add(made)
    return Data(node.type, (made,))


def _there(support: frozenset[int] | None, size: int) -> npt.NDArray[np.bool_]:
    """Which amplitudes may be other than zero."""
    there = np.zeros(size, dtype=bool)
    there[[each % size for each in support or ()]] = True
    return there


def _products(body: Body, kets: tuple[Value, Value], places: tuple[Ints, Ints], sizes: tuple[int, int]) -> Value:
    """The amplitudes a[p] b[q] of all basis states: re = re re - im im, im = re im + im re."""
    (a, b), (p, q), (m, n) = kets, places, sizes
    d = len(p)
    if 2 * d <= FEW:
        one, other = Numbers(body, a), Numbers(body, b)
        products = [
            mul(body, (one.at(i), one.at(i + m)), (other.at(j), other.at(j + n)))
            for i, j in zip(p.tolist(), q.tolist(), strict=True)
        ]
        return body.b.array([re for re, _ in products] + [im for _, im in products])
    lists = ((p, p), (q, q + n), (p + m, p + m), (q + n, q))
    tables = [body.b.table(np.concatenate(each).tolist(), element=INT) for each in lists]
    signs = body.b.table([-1.0] * d + [1.0] * d, element=REAL)

    def element(builder: Builder, k: Value) -> Value:
        first, second, third, fourth = (
            builder.get(array, builder.get(table, k, inside=True), inside=True)
            for array, table in zip((a, b, a, b), tables, strict=True)
        )
        rest = builder.op("mul", builder.get(signs, k, inside=True), builder.op("mul", third, fourth))
        return builder.op("add", builder.op("mul", first, second), rest)

    return body.b.build([body.constant(2 * d)], element, (2 * d,))


def _places(spaces: Sequence[Space], first: Sequence[Space], second: Sequence[Space]) -> tuple[Ints, Ints]:
    """For each basis state of all spaces, the places of its parts among those of the first and of the second."""
    levels = np.indices([space.size or 1 for space in spaces]).reshape(len(spaces), -1)
    found = []
    for own in (first, second):
        at = np.zeros(levels.shape[1], dtype=np.int64)
        for space in own:
            at = at * (space.size or 1) + levels[list(spaces).index(space)]
        found.append(at)
    return found[0], found[1]


def _tensor_of_densities(
    body: Body, node: typed.Quantum, left: tuple[Data, Sequence[Space]], right: tuple[Data, Sequence[Space]]
) -> Data:
    (a, first), (b, second) = left, right
    spaces = tuple(sorted((*first, *second), key=lambda space: space.order))
    p, q = _places(spaces, first, second)
    d = size_of(spaces)
    if d > WRITTEN_OUT:
        found = [dense.constants(body, each.tolist()) for each in (p, q)]
        counts = [Data(types.INT, (body.constant(size_of(each)),)) for each in (first, second)]
        given = [dense.numbers(a.value), counts[0], dense.numbers(b.value), counts[1], *found]
        return dense.called(body, "product_of_densities", given, node.type)
    one, other = _Entries(body, a.value), _Entries(body, b.value)
    numbers: list[Value] = [body.constant(0.0)] * (d * d)
    for i in range(d):
        for j in range(i, d):
            product = mul(body, one.at(int(p[i]), int(p[j])), other.at(int(q[i]), int(q[j])))
            at = int(coordinates.place(d, np.array([i]), np.array([j]))[0])
            numbers[at] = product[0]
            if i != j:
                numbers[at + 1] = product[1]
    return Data(node.type, (body.b.array(numbers),))


class _Entries:
    """The entries of a density as pairs of core values."""

    def __init__(self, body: Body, array: Value) -> None:
        self.body = body
        self.array = array
        self.size = round(numbers_of(array) ** 0.5)

    def at(self, i: int, j: int) -> tuple[Value, Value]:
        body = self.body
        low, high = min(i, j), max(i, j)
        at = int(coordinates.place(self.size, np.array([low]), np.array([high]))[0])
        re = body.b.get(self.array, body.constant(at), inside=True)
        if i == j:
            return re, body.zero()
        im = body.b.get(self.array, body.constant(at + 1), inside=True)
        return re, im if i < j else body.b.op("neg", im)
