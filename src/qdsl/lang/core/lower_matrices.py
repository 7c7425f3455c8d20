"""Operators and densities as matrices of numbers, traces, partial traces.

matrix(A)                   the numbers of A, row by row, the first space's level changing slowest
trace(A), ptrace(rho, q)    sums of numbers
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qdsl.lang.core.builder import Builder
from qdsl.lang.core.ir import Value
from qdsl.lang.core.lower_body import Body
from qdsl.lang.core.lower_complex import mul
from qdsl.lang.core.lower_errors import lacks_space
from qdsl.lang.core.lower_operators import all_spaces, flip_of, operator_of
from qdsl.lang.core.lower_states import check_spaces, state_rule
from qdsl.lang.core.lower_values import Data
from qdsl.lang.core.sparse_code import Numbers, added, combination
from qdsl.lang.core.staged import BraBound, Coefficient, Operator
from qdsl.lang.quantum.coordinates import place
from qdsl.lang.quantum.pattern import Sum
from qdsl.lang.quantum.sparse import size_of
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.spaces import Space

Entries = dict[tuple[int, int], tuple[list[Value], list[Value]]]


@state_rule("matrix")
def matrix(body: Body, node: typed.Quantum) -> Data:
    value = node.arguments[0]
    if isinstance(value, typed.Quantum) and value.name == "operator":
        return _of_density(body, node.type, body.expr(value.arguments[0]).value)
    operator = operator_of(body, value)
    spaces = body.spaces_of(value.type, value.span)
    check_spaces(operator, spaces, value.span)
    d = size_of(spaces)
    entries = entries_of(body, operator, spaces)
    zero = body.constant(0.0)
    parts = []
    for part in (0, 1):
        flat = [
            added(body, entries[i, j][part]) if (i, j) in entries and entries[i, j][part] else zero
            for i in range(d)
            for j in range(d)
        ]
        parts.append(_square(body, body.b.array(flat), d))
    return Data(node.type, tuple(parts))


def entries_of(body: Body, operator: Operator, spaces: Sequence[Space]) -> Entries:
    """What adds up to the real and to the imaginary part of each entry that is not zero."""
    entries: Entries = {}
    for pattern, coefficient in operator.terms:
        whole = pattern.expanded(spaces)
        for i, j, value in zip(whole.rows.tolist(), whole.columns.tolist(), whole.values.tolist(), strict=True):
            re, im = entries.setdefault((i, j), ([], []))
            for target, number in zip((re, im), _product(body, value, coefficient), strict=True):
                if number is not None:
                    target.append(number)
    return entries


def _product(body: Body, value: complex, coefficient: tuple[Value, Value] | None) -> tuple[Value | None, Value | None]:
    """The parts of a constant times a coefficient; None where one is certainly zero."""
    own = tuple(body.constant(part) if part else body.zero() for part in (value.real, value.imag))
    re, im = own if coefficient is None else mul(body, coefficient, (own[0], own[1]))
    return None if re in body.zeros else re, None if im in body.zeros else im


def _square(body: Body, flat: Value, size: int) -> Value:
    def element(builder: Builder, i: Value, j: Value) -> Value:
        at = builder.op("wadd", builder.op("wmul", i, builder.const(size)), j)
        return builder.get(flat, at, inside=True)

    return body.b.build([body.constant(size), body.constant(size)], element, (size, size))


def _of_density(body: Body, type_: types.Type, y: Value) -> Data:
    numbers = Numbers(body, y)
    d = round(y.type.shape[0] ** 0.5)  # type: ignore[union-attr, operator]
    re: list[Value] = []
    im: list[Value] = []
    for i in range(d):
        for j in range(d):
            at = int(place(d, np.array([min(i, j)]), np.array([max(i, j)]))[0])
            re.append(numbers.at(at))
            part = body.constant(0.0) if i == j else numbers.at(at + 1)
            im.append(part if i <= j else body.b.op("neg", part))
    return Data(type_, (_square(body, body.b.array(re), d), _square(body, body.b.array(im), d)))


def density_as_operator(body: Body, node: typed.Expr) -> Operator:
    """A density as numbers times the patterns |i><j|."""
    spaces = body.spaces_of(node.type, node.span)
    y = body.expr(node).value
    numbers = Numbers(body, y)
    d = size_of(spaces)
    support = body.supports.get(y)
    terms: list[tuple[Sum, Coefficient | None]] = []
    for i in range(d):
        for j in range(i, d):
            at = int(place(d, np.array([i]), np.array([j]))[0])
            if support is not None and at not in support and at + 1 not in support:
                continue
            pattern = flip_of(spaces, i, j)
            if i == j:
                terms.append((pattern, (numbers.at(at), body.zero())))
                continue
            im = numbers.at(at + 1)
            terms.append((pattern, (numbers.at(at), im)))
            terms.append((pattern.adjoint, (numbers.at(at), body.b.op("neg", im))))
    return Operator(tuple(terms))


def outer_product(body: Body, node: typed.Quantum) -> Operator:
    """|psi><phi| of kets of the same spaces, or of different ones."""
    ket, bra = body.expr(node.arguments[0]), body.staged(node.arguments[1])
    assert isinstance(bra, BraBound)
    rows = body.spaces_of(node.arguments[0].type, node.span)
    if rows != bra.spaces:
        raise lacks_space(node.span, ", ".join(f"`{each.name}`" for each in set(rows) ^ set(bra.spaces)))
    d = size_of(rows)
    left, right = Numbers(body, ket.value), Numbers(body, bra.values[0])
    supports = body.supports.get(ket.value), body.supports.get(bra.values[0])
    terms: list[tuple[Sum, Coefficient | None]] = []
    for i in range(d):
        for j in range(d):
            if _is_nothing(supports[0], i, d) or _is_nothing(supports[1], j, d):
                continue
            other = right.at(j), body.b.op("neg", right.at(j + d))
            terms.append((flip_of(rows, i, j), mul(body, (left.at(i), left.at(i + d)), other)))
    return Operator(tuple(terms))


def _is_nothing(support: frozenset[int] | None, at: int, size: int) -> bool:
    return support is not None and at not in support and at + size not in support


@state_rule("trace")
def trace(body: Body, node: typed.Quantum) -> Data:
    """Of an operator, over the spaces that it is of."""
    value = node.arguments[0]
    operator = operator_of(body, value)
    spaces = body.spaces_of(value.type, value.span)
    entries = entries_of(body, operator, spaces)
    diagonal = [parts for (i, j), parts in entries.items() if i == j]
    re = added(body, [each for parts in diagonal for each in parts[0]])
    im = added(body, [each for parts in diagonal for each in parts[1]])
    return Data(node.type, (re, im))


@state_rule("partial_trace")
def partial_trace(body: Body, node: typed.Quantum) -> Data:
    """The sum over the levels of the spaces that are not kept."""
    state, *kept_nodes = node.arguments
    kept = sorted(all_spaces(body, kept_nodes), key=lambda space: space.order)
    spaces = body.spaces_of(state.type, state.span)
    lacking = [each for each in kept if each not in spaces]
    if lacking:
        raise lacks_space(node.span, ", ".join(f"`{each.name}`" for each in lacking))
    numbers = Numbers(body, body.expr(state).value)
    levels = np.indices([space.size or 1 for space in spaces]).reshape(len(spaces), -1)
    d, size = levels.shape[1], size_of(kept)
    inner, rest = np.zeros(d, dtype=np.int64), np.zeros(d, dtype=np.int64)
    for axis, space in enumerate(spaces):
        if space in kept:
            inner = inner * (space.size or 1) + levels[axis]
        else:
            rest = rest * (space.size or 1) + levels[axis]
    whole = {(a, e): at for at, (a, e) in enumerate(zip(inner.tolist(), rest.tolist(), strict=True))}
    others = int(rest.max()) + 1
    made: list[Value] = [body.constant(0.0)] * (size * size)
    for i in range(size):
        for j in range(i, size):
            at = int(place(size, np.array([i]), np.array([j]))[0])
            pairs = [(whole[i, e], whole[j, e]) for e in range(others)]
            places = [int(place(d, np.array([min(p)]), np.array([max(p)]))[0]) for p in pairs]
            made[at] = combination(body, ((each, 1.0) for each in places), numbers)
            if i != j:
                signs = (1.0 if a < b else -1.0 for a, b in pairs)
                made[at + 1] = combination(
                    body, ((each + 1, sign) for each, sign in zip(places, signs, strict=True)), numbers
                )
    return Data(node.type, (body.b.array(made),))
