"""Operators and densities as matrices of numbers, traces, partial traces.

matrix(A)                   the numbers of A, row by row, the first space's level changing slowest
trace(A), ptrace(rho, q)    sums of numbers
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qdsl.lang.core import lower_dense as dense
from qdsl.lang.core.ir import Value
from qdsl.lang.core.lower_arrays import core_shape
from qdsl.lang.core.lower_body import Body
from qdsl.lang.core.lower_errors import lacks_space, not_of_this_kind
from qdsl.lang.core.lower_operators import all_spaces, operator_of
from qdsl.lang.core.lower_states import WRITTEN_OUT, check_spaces, state_rule
from qdsl.lang.core.lower_values import Data
from qdsl.lang.core.sparse_code import Numbers, added, combination
from qdsl.lang.quantum.coordinates import place
from qdsl.lang.quantum.sparse import size_of
from qdsl.lang.source import Span
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.dimension import ONE
from qdsl.lang.typed.spaces import Kind, Space


@state_rule("matrix")
def matrix(body: Body, node: typed.Quantum) -> Data:
    value = node.arguments[0]
    operator = operator_of(body, value)
    spaces = body.spaces_of(value.type, value.span)
    check_spaces(operator, spaces, value.span)
    found = dense.dense_of(body, operator, spaces)
    return Data(node.type, (found.re, found.im))


@state_rule("amplitude_matrix")
def amplitude_matrix(body: Body, node: typed.Quantum) -> Data:
    """The amplitudes of a ket, the levels of some of its spaces down."""
    ket, *named = node.arguments
    spaces, own = body.spaces_of(ket.type, ket.span), all_spaces(body, named)
    check_kept(own, spaces, node.span)
    others = [each for each in spaces if each not in own]
    down, across = (dense.constants(body, dense.tables(spaces, each)[0]) for each in (own, others))
    numbers = body.expr(ket).value
    given = [Data(types.Array(types.SCALAR, core_shape(numbers)), (numbers,)), down, across]
    type_ = types.Array(types.Complex(ONE), (size_of(own), size_of(others)))
    return dense.called(body, "amplitude_matrix", given, type_)


@state_rule("mode_matrix", "pair_matrix")
def matrix_of_kind(body: Body, node: typed.Quantum) -> Data:
    """The same of one mode alone, or of two qubits."""
    value = node.arguments[0]
    spaces = body.spaces_of(value.type, value.span)
    kinds = [space.kind for space in spaces]
    if node.name == "mode_matrix" and kinds not in ([Kind.FOCK], [Kind.LEVEL]):
        raise not_of_this_kind(node.span, "a Fock space alone", [space.name for space in spaces])
    if node.name == "pair_matrix" and [space.size for space in spaces] != [2, 2]:
        raise not_of_this_kind(node.span, "two qubits", [space.name for space in spaces])
    return matrix(body, node)


@state_rule("trace")
def trace(body: Body, node: typed.Quantum) -> Data:
    """Of an operator, over the spaces that it is of."""
    value = node.arguments[0]
    operator = operator_of(body, value)
    spaces = body.spaces_of(value.type, value.span)
    if operator.dense is not None:
        whole = dense.matrix_of(dense.dense_of(body, operator, spaces))
        return dense.called(body, "diagonal_sum", [whole], node.type)
    entries = dense.entries_of(body, operator, spaces)
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
    check_kept(kept, spaces, node.span)
    array, d = body.expr(state).value, size_of(spaces)
    _, _, along = dense.tables(spaces, kept)
    _, _, across = dense.tables(spaces, [space for space in spaces if space not in kept])
    if d > WRITTEN_OUT:
        given = [Data(types.INT, (body.constant(d),)), *(dense.constants(body, each) for each in (along, across))]
        return dense.called(body, "traced", [dense.numbers(array), *given], node.type)
    return Data(node.type, (body.b.array(_traced(body, Numbers(body, array), d, along, across)),))


def _traced(body: Body, numbers: Numbers, d: int, along: Sequence[int], across: Sequence[int]) -> list[Value]:
    """The numbers of a part of a small density: `along` is what each state of the part adds to that of the whole,
    `across` what each state of the rest adds.
    """
    size = len(along)
    made: list[Value] = [body.constant(0.0)] * (size * size)
    for i in range(size):
        for j in range(i, size):
            at = int(place(size, np.array([i]), np.array([j]))[0])
            pairs = [(along[i] + e, along[j] + e) for e in across]
            places = [int(place(d, np.array([min(p)]), np.array([max(p)]))[0]) for p in pairs]
            made[at] = combination(body, ((each, 1.0) for each in places), numbers)
            if i != j:
                signs = (1.0 if a < b else -1.0 for a, b in pairs)
                made[at + 1] = combination(
                    body, ((each + 1, sign) for each, sign in zip(places, signs, strict=True)), numbers
                )
    return made


def check_kept(own: Sequence[Space], spaces: Sequence[Space], span: Span) -> None:
    """A part of a state is of spaces that the state has."""
    lacking = [each for each in own if each not in spaces]
    if lacking:
        raise lacks_space(span, ", ".join(f"`{each.name}`" for each in lacking))
