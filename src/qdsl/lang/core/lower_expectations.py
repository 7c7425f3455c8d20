"""What is read off kets and densities: expectations, overlaps, traces, amplitudes.

<phi|psi>               a sum of products of numbers
expect(A, rho)          a sum of the numbers of rho, constant weights, times the coefficients of A
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qdsl.lang.core import lower_dense as dense
from qdsl.lang.core.hermitian import is_hermitian
from qdsl.lang.core.ir import ArrayType, Value
from qdsl.lang.core.layout import element_type
from qdsl.lang.core.lower_body import Body
from qdsl.lang.core.lower_errors import observable_not_hermitian, spaces_differ
from qdsl.lang.core.lower_operators import known_size, operator_of
from qdsl.lang.core.lower_states import built, check_spaces, numbers_of, state_rule
from qdsl.lang.core.lower_values import Data
from qdsl.lang.core.sparse_code import Numbers, added, combination
from qdsl.lang.core.staged import BraBound, Operator
from qdsl.lang.quantum import coordinates
from qdsl.lang.quantum.sparse import Sparse
from qdsl.lang.source import Span
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.spaces import Space


@state_rule("inner")
def _inner(body: Body, node: typed.Quantum) -> Data:
    """<phi|psi>."""
    bra, ket = body.staged(node.arguments[0]), body.expr(node.arguments[1]).value
    assert isinstance(bra, BraBound)
    if bra.spaces != body.spaces_of(node.arguments[1].type, node.span):
        raise spaces_differ(node.span)
    d = numbers_of(ket) // 2
    re: list[Value] = []
    im: list[Value] = []
    for k in range(d):
        at, behind = body.constant(k), body.constant(k + d)
        a, b = (body.b.get(bra.values[0], each, inside=True) for each in (at, behind))
        c, e = (body.b.get(ket, each, inside=True) for each in (at, behind))
        re.append(body.b.op("add", body.b.op("mul", a, c), body.b.op("mul", b, e)))
        im.append(body.b.op("sub", body.b.op("mul", a, e), body.b.op("mul", b, c)))
    return Data(node.type, (added(body, re), added(body, im)))


@state_rule("expect")
def _expect(body: Body, node: typed.Quantum) -> Data:
    """<A> in a state, or in each of an array of states."""
    operator_node, state_node = node.arguments
    operator = operator_of(body, operator_node)
    element = state_node.type
    shape = types.pruned(state_node.type)
    if isinstance(shape, types.Array):
        element = shape.element
    spaces = body.spaces_of(element, state_node.span)
    check_observable(body, operator, spaces, operator_node.span)
    is_density = isinstance(types.pruned(element), types.Density)
    if isinstance(state_node, typed.Quantum) and state_node.name == "trajectory" and operator.dense is None:
        from qdsl.lang.core.lower_trajectory import wave

        with body.b.at(state_node.span):
            seen = wave(body, state_node, [operator])
        return _only(body, node.type, seen)
    if isinstance(state_node, typed.Quantum) and state_node.name == "evolve" and operator.dense is None:
        from qdsl.lang.core.lower_dynamics import observed

        return _only(body, node.type, observed(body, state_node, [operator]))
    data = body.expr(state_node)

    def expected(numbers: Value) -> Data:
        if operator.dense is not None:
            name = "expected_in_density" if is_density else "expected_in_ket"
            return dense.on_state(body, name, operator, numbers, spaces, element_type(node.type))
        return Data(node.type, (expectation(body, operator, spaces, Numbers(body, numbers), is_density),))

    if not isinstance(shape, types.Array):
        return expected(data.value)

    def each(i: Value) -> Data:
        return expected(body.at(data, i).value)

    return body.build(node.type, [body.b.len(data.value, 0)], each)


def _only(body: Body, type_: types.Type, rows: Value, place: int = 0) -> Data:
    """The numbers at a place of the rows; of a single row its number there."""
    zero = body.constant(place)
    assert isinstance(rows.type, ArrayType)
    if len(rows.type.shape) == 1:
        return Data(type_, (body.b.get(rows, zero, inside=True),))
    lengths = [body.b.len(rows, 0)]
    return Data(type_, (body.b.build(lengths, lambda b, i: b.get(rows, i, zero, inside=True), rows.type.shape[:1]),))


def check_observable(body: Body, operator: Operator, spaces: Sequence[Space], span: Span) -> None:
    check_spaces(operator, spaces, span)
    if operator.dense is None and not is_hermitian(body, operator):
        raise observable_not_hermitian(span)


def expectation(body: Body, operator: Operator, spaces: Sequence[Space], y: Numbers, is_density: bool) -> Value:
    """The real number <A> from the numbers of a state."""
    parts: list[Value] = []
    for pattern, coefficient in operator.known:
        matrix = pattern.expanded(spaces)
        for weight, part in form_parts(body, matrix, coefficient):
            total = _form(body, part, y, is_density)
            parts.append(total if weight is None else body.b.op("mul", weight, total))
    return added(body, parts)


def form_parts(
    body: Body, matrix: Sparse, coefficient: tuple[Value, Value] | None
) -> list[tuple[Value | None, Sparse]]:
    """The Hermitian part of coefficient * matrix: re (M + M†) / 2 + im (i M + (i M)†) / 2."""
    if coefficient is None:
        return [(None, _hermitian_part(matrix))]
    re, im = coefficient
    found: list[tuple[Value | None, Sparse]] = []
    if re not in body.zeros:
        found.append((re, _hermitian_part(matrix)))
    if im not in body.zeros:
        found.append((im, _hermitian_part(matrix.times(1j))))
    return found


def _hermitian_part(matrix: Sparse) -> Sparse:
    other = matrix.adjoint
    return Sparse.of(
        matrix.size,
        np.concatenate([matrix.rows, other.rows]),
        np.concatenate([matrix.columns, other.columns]),
        np.concatenate([matrix.values, other.values]) * 0.5,
    )


def read_places(body: Body, operator: Operator, spaces: Sequence[Space], is_density: bool) -> set[int]:
    """Which numbers of a state an expectation depends on."""
    places: set[int] = set()
    for pattern, coefficient in operator.known:
        for _, part in form_parts(body, pattern.expanded(spaces), coefficient):
            if is_density:
                at, _ = coordinates.density_form(part)
                places.update(at.tolist())
            else:
                left, right, _ = coordinates.ket_form(part)
                places.update(left.tolist(), right.tolist())
    return places


def _form(body: Body, matrix: Sparse, y: Numbers, is_density: bool) -> Value:
    if is_density:
        places, weights = coordinates.density_form(matrix)
        return combination(body, zip(places.tolist(), weights.tolist(), strict=True), y)
    left, right, values = coordinates.ket_form(matrix)
    parts: list[Value] = []
    for i, j, value in zip(left.tolist(), right.tolist(), values.tolist(), strict=True):
        if y.is_zero(i) or y.is_zero(j):
            continue
        product = body.b.op("mul", y.at(i), y.at(j))
        parts.append(product if value == 1 else body.b.op("mul", body.constant(value), product))
    return added(body, parts)


@state_rule("column")
def _column(body: Body, node: typed.Quantum) -> Data:
    """One of several expectations, at each of the times."""
    seen, place = node.arguments
    assert isinstance(place, typed.Constant)
    return _only(body, node.type, body.expr(seen).value, int(place.value))  # type: ignore[arg-type]


@state_rule("trace_of_density")
def _trace_of_density(body: Body, node: typed.Quantum) -> Data:
    y = body.expr(node.arguments[0]).value
    d = round(numbers_of(y) ** 0.5)
    return Data(node.type, (combination(body, ((k, 1.0) for k in range(d)), Numbers(body, y)),))


@state_rule("amplitudes")
def _amplitudes(body: Body, node: typed.Quantum) -> Data:
    ket = body.expr(node.arguments[0]).value
    d = numbers_of(ket) // 2
    re = built(body, d, lambda _, i: body.b.get(ket, i, inside=True))
    im = built(body, d, lambda _, i: body.b.get(ket, body.b.op("wadd", i, body.constant(d)), inside=True))
    return Data(node.type, (re, im))


@state_rule("dim", "length")
def _size(body: Body, node: typed.Quantum) -> Data:
    return Data(types.INT, (body.constant(known_size(body, node)),))
