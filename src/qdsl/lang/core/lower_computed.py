"""Operators that are computed when the program runs: `exp(A)`, |psi><phi|, a density as an operator, its partial
transpose. Each is a matrix (`lower_dense`), but for |psi><phi| of kets that are known.
"""

from __future__ import annotations

from qdsl.lang.core import lower_dense as dense
from qdsl.lang.core.lower_body import Body
from qdsl.lang.core.lower_errors import lacks_space, spaces_differ
from qdsl.lang.core.lower_operators import Rule, all_spaces, gathered, operator_of
from qdsl.lang.core.lower_values import Data
from qdsl.lang.core.staged import BraBound, Operator
from qdsl.lang.quantum.pattern import Sum, flips, size_of
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.dimension import ONE

MOST_FLIPS = 64
"""Products of basis states that are written as such; of more, |psi><phi| is a matrix."""


def _exp(body: Body, node: typed.Quantum) -> Operator:
    """The exponential, over the spaces that the operator is of."""
    matrix = dense.folded(body, operator_of(body, node.arguments[0]))
    found = dense.called(body, "complex_exponential", [dense.matrix_of(matrix)], dense.matrix_of(matrix).type)
    return dense.of_matrix(body, found, matrix.spaces)


def _outer(body: Body, node: typed.Quantum) -> Operator:
    """|psi><phi|."""
    ket, other = body.expr(node.arguments[0]).value, body.staged(node.arguments[1])
    assert isinstance(other, BraBound)
    spaces = body.spaces_of(node.arguments[0].type, node.span)
    if spaces != other.spaces:
        raise spaces_differ(node.span)
    left, right = body.kets.get(ket), body.kets.get(other.values[0])
    if left is not None and right is not None and len(left) * len(right) <= MOST_FLIPS:
        total = Sum.of({})
        for i, value in left.items():
            for j, factor in right.items():
                total = total + flips(spaces, i, j).times(value * factor.conjugate())
        return gathered([(total, None)])
    d = size_of(spaces)
    numbers = types.Array(types.SCALAR, (2 * d,))
    both = [Data(numbers, (ket,)), Data(numbers, other.values)]
    return dense.of_matrix(body, dense.called(body, "outer", both, types.Array(types.Complex(ONE), (d, d))), spaces)


def _of_density(body: Body, node: typed.Quantum) -> Operator:
    """A density as an operator."""
    state = node.arguments[0]
    return dense.of_matrix(body, dense.unpacked(body, body.expr(state).value), body.spaces_of(state.type, state.span))


def _partial_transpose(body: Body, node: typed.Quantum) -> Operator:
    """Rows for columns, in the spaces that are named."""
    state, *named = node.arguments
    spaces, turned = body.spaces_of(state.type, state.span), all_spaces(body, named)
    if lacking := [each.name for each in turned if each not in spaces]:
        raise lacks_space(node.span, ", ".join(f"`{name}`" for name in lacking))
    matrix = dense.unpacked(body, body.expr(state).value)
    kept = dense.tables(spaces, turned)[1]
    given = [matrix, dense.constants(body, kept), dense.constants(body, [at - own for at, own in enumerate(kept)])]
    return dense.of_matrix(body, dense.called(body, "transposed_part", given, matrix.type), spaces)


COMPUTED: dict[str, Rule] = {
    "exp": _exp,
    "outer": _outer,
    "operator": _of_density,
    "partial_transpose": _partial_transpose,
}
