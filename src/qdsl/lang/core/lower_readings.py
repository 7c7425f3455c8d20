"""What the compiler itself asks of evolutions, for experiments (`core.readings`).

ranks(ts), in_ranks(ts, ranks)          which place each time has when they stand in order; the times in order
transfer(evolve(H, psi, t))             the matrix that takes the numbers of any such state to t
transferred(matrix, psi, evolve(..))    the state that it becomes; the evolution tells what is to be watched
numbers(psi), state(numbers)            a state as the numbers that it is, and back
"""

from __future__ import annotations

from qdsl.lang.core.ir import Value
from qdsl.lang.core.lower_body import Body
from qdsl.lang.core.lower_calls import apply_call
from qdsl.lang.core.lower_dynamics import transfer_matrix
from qdsl.lang.core.lower_equation import equation_of, generator_of
from qdsl.lang.core.lower_states import check_normal, state_rule
from qdsl.lang.core.lower_values import Data
from qdsl.lang.core.lower_watch import watch_state
from qdsl.lang.core.sparse_code import Numbers
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types


@state_rule("ranks", "in_ranks")
def ranks(body: Body, node: typed.Quantum) -> Data:
    function = body.program.find("ranking", node.name)
    return apply_call(body, function, [body.expr(each) for each in node.arguments], node.type)


@state_rule("transfer")
def transfer(body: Body, node: typed.Quantum) -> Data:
    """The exponential of what drives the state, whatever state that is."""
    (evolution,) = node.arguments
    assert isinstance(evolution, typed.Quantum)
    return Data(node.type, (transfer_matrix(body, evolution),))


@state_rule("transferred")
def transferred(body: Body, node: typed.Quantum) -> Data:
    matrix, state = (body.expr(each).value for each in node.arguments[:2])
    is_density = isinstance(types.pruned(node.type), types.Density)
    check_normal(body, state, is_density)
    size = state.type.shape[0]  # type: ignore[union-attr]
    assert size is not None
    made = body.b.array([_row(body, matrix, state, i, size) for i in range(size)])
    evolution = node.arguments[2]
    assert isinstance(evolution, typed.Quantum)
    spaces = body.spaces_of(node.type, node.span)
    whole = generator_of(body, equation_of(body, evolution), spaces, is_density)
    with body.b.at(evolution.span):
        watch_state(body, node, whole, spaces, Numbers(body, made), is_density)
    return _state(body, node, made)


def _row(body: Body, matrix: Value, state: Value, i: int, size: int) -> Value:
    total = body.constant(0.0)
    for j in range(size):
        entry = body.b.get(matrix, body.constant(i), body.constant(j), inside=True)
        number = body.b.get(state, body.constant(j), inside=True)
        total = body.b.op("add", total, body.b.op("mul", entry, number))
    return total


@state_rule("numbers")
def numbers(body: Body, node: typed.Quantum) -> Data:
    return Data(node.type, body.expr(node.arguments[0]).values)


@state_rule("state")
def state(body: Body, node: typed.Quantum) -> Data:
    return _state(body, node, body.expr(node.arguments[0]).value)


def _state(body: Body, node: typed.Quantum, made: Value) -> Data:
    """What an evolution has made is normalised, whatever its rounding says."""
    body.normal.add(made)
    return Data(node.type, (made,))
