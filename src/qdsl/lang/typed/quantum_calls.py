"""Rules for calls about operators and states: what is done to them, and what is read off them; the table of all.

    dag trace ptrace tensor matrix amplitudes dim exp expect apply

What makes operators and states is in `quantum_makers`. A name of this table is known only where it is called: `n`, `a`,
`x` and `p` stay free for values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.checker import Checker
from qdsl.lang.typed.dimension import ONE
from qdsl.lang.typed.operator_rules import as_operator, is_number, places_of, product, quantum
from qdsl.lang.typed.quantum_arguments import Rule, as_density, positional, spaces_of, together
from qdsl.lang.typed.quantum_makers import ELEMENTARY, by_hand, elementary, ket_of_level, projector
from qdsl.lang.typed.spaces import (
    Places,
    Space,
    in_order,
    is_open,
    missing,
    size_together,
)
from qdsl.lang.typed.types import BROKEN, INT, NOTHING, SCALAR, Type, pruned
from qdsl.lang.typed.unification import element_of


def dagger(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`a†`: of an operator its adjoint, of a ket the bra; of a number its conjugate."""
    values = positional(c, node, arguments, "dag", "one operator or state", 1, 1)
    if values is None:
        return c.broken(node.span)
    value = values[0]
    match pruned(value.type):
        case types.Operator() | types.Density() as type_:
            result: Type = type_
        case types.Ket(places):
            result = types.Bra(places)
        case types.Bra(places):
            result = types.Ket(places)
        case types.Complex() as type_:
            found = typed.Operation(node.span, type_, "conj", (value,))
            c.note(found)
            return found
        case type_:
            if is_number(value):
                return value
            c.report(c.quantum.takes(value.span, "dag", "an operator or a state", types.resolved(type_)))
            return c.broken(node.span)
    if isinstance(result, types.Density):
        return value
    return quantum(c, node.span, result, "dagger", (value,))


def trace(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`trace(A)`."""
    values = positional(c, node, arguments, "trace", "one operator", 1, 1)
    if values is None:
        return c.broken(node.span)
    match pruned(values[0].type):
        case types.Density():
            return quantum(c, node.span, SCALAR, "trace_of_density", tuple(values))
        case types.Operator(dimension, _):
            return quantum(c, node.span, types.Complex(dimension), "trace", tuple(values))
        case type_:
            c.report(c.quantum.takes(values[0].span, "trace", "an operator or a density", types.resolved(type_)))
            return c.broken(node.span)


def partial_trace(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`ptrace(rho, keep = q)`, `ptrace(rho, keep = [q, c])`: the state of some of the spaces alone."""
    named = {each.name.text: each.value for each in arguments if each.name is not None}
    plain = [each.value for each in arguments if each.name is None]
    for each in arguments:
        if each.name is not None and each.name.text != "keep":
            c.report(c.quantum.unknown_option(each.name.span, "ptrace", each.name.text, ["keep"]))
            return c.broken(node.span)
    kept_node = named.get("keep") or (plain[1] if len(plain) == 2 else None)
    if kept_node is None or not plain or len(plain) > 2:
        c.report(c.quantum.argument_count(node.span, "ptrace", "a state and what to keep: ptrace(rho, keep = [q, c])"))
        return c.broken(node.span)
    state = as_density(c, c.expr(plain[0]), "ptrace")
    nodes = kept_node.elements if isinstance(kept_node, surface.Array) else (kept_node,)
    kept = [c.expr(each) for each in nodes]
    spaces = spaces_of(c, kept, "keep")
    if state is None or spaces is None:
        return c.broken(node.span)
    places = together(spaces)
    if lacking := missing(places, places_of(state)):
        c.report(c.quantum.space_missing(kept_node.span, lacking, state.span))
        return c.broken(node.span)
    return quantum(c, node.span, types.Density(places), "partial_trace", (state, *kept))


def tensor(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`tensor(psi, phi, ..)`: the product of states or of operators of different spaces."""
    values = positional(c, node, arguments, "tensor", "states, or operators, of different spaces", 1, 99)
    if values is None:
        return c.broken(node.span)
    whole = values[0]
    for each in values:
        if not isinstance(pruned(each.type), types.Operator | types.Ket | types.Density):
            c.report(c.quantum.takes(each.span, "tensor", "an operator or a state", types.resolved(each.type)))
            return c.broken(node.span)
    for each in values[1:]:
        shared = in_order(places_of(whole) & places_of(each))
        if shared:
            first = next(one for one in values if shared[0] in places_of(one))
            c.report(c.quantum.twice(each.span, shared[0], first.span))
            return c.broken(node.span)
        whole = product(c, node.span, whole, each)
        if pruned(whole.type) is BROKEN:
            return whole
    return whole


def partial_transpose(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`partial_transpose(rho, q)`: an operator, rows for columns in some of the spaces."""
    values = positional(c, node, arguments, "partial_transpose", "a state and spaces: partial_transpose(rho, q)", 2, 99)
    state = as_density(c, values[0], "partial_transpose") if values is not None else None
    spaces = spaces_of(c, values[1:], "partial_transpose") if values is not None else None
    if values is None or state is None or spaces is None:
        return c.broken(node.span)
    if lacking := missing(together(spaces), places_of(state)):
        c.report(c.quantum.space_missing(values[1].span, lacking, state.span))
        return c.broken(node.span)
    return quantum(c, node.span, types.Operator(ONE, places_of(state)), "partial_transpose", (state, *values[1:]))


def amplitude_matrix(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`amplitude_matrix(psi, q)`: the levels of q down, those of the other spaces across."""
    name = "amplitude_matrix"
    values = positional(c, node, arguments, name, "a ket and spaces: amplitude_matrix(psi, q)", 2, 99)
    spaces = spaces_of(c, values[1:], name) if values is not None else None
    if values is None or spaces is None:
        return c.broken(node.span)
    if not isinstance(pruned(values[0].type), types.Ket):
        c.report(c.quantum.takes(values[0].span, name, "a ket", types.resolved(values[0].type)))
        return c.broken(node.span)
    if lacking := missing(together(spaces), places_of(values[0])):
        c.report(c.quantum.space_missing(values[1].span, lacking, values[0].span))
        return c.broken(node.span)
    return quantum(c, node.span, types.Array(types.Complex(ONE), (None, None)), name, tuple(values))


def matrix_of(name: str) -> Rule:
    """`mode_matrix(rho)`, `pair_matrix(rho)`: the matrix of a state that is to be of one mode, of two qubits. Of which
    spaces it is, a function of the library learns only from its call.
    """

    def rule(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
        values = positional(c, node, arguments, name, "one state", 1, 1)
        state = as_density(c, values[0], name) if values is not None else None
        if state is None:
            return c.broken(node.span)
        return quantum(c, node.span, types.Array(types.Complex(ONE), (None, None)), name, (as_operator(c, state),))

    return rule


def matrix(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`matrix(A)`: the numbers, rows and columns in the order in which the spaces are declared."""
    values = positional(c, node, arguments, "matrix", "one operator or density", 1, 1)
    if values is None:
        return c.broken(node.span)
    state = c.convert(values[0], types.Density(places_of(values[0]))) if _is(values[0], types.Ket) else values[0]
    assert state is not None
    value = as_operator(c, state)
    type_ = pruned(value.type)
    if not isinstance(type_, types.Operator):
        c.report(c.quantum.takes(value.span, "matrix", "an operator or a density", types.resolved(type_)))
        return c.broken(node.span)
    size = known_size(type_.places)
    return quantum(c, node.span, types.Array(types.Complex(type_.dimension), (size, size)), "matrix", (value,))


def amplitudes(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`amplitudes(psi)`: the numbers of a ket."""
    values = positional(c, node, arguments, "amplitudes", "one ket", 1, 1)
    if values is None:
        return c.broken(node.span)
    type_ = pruned(values[0].type)
    if not isinstance(type_, types.Ket):
        c.report(c.quantum.takes(values[0].span, "amplitudes", "a ket", types.resolved(type_)))
        return c.broken(node.span)
    result = types.Array(types.Complex(ONE), (known_size(type_.places),))
    return quantum(c, node.span, result, "amplitudes", tuple(values))


def known_size(places: Places) -> int | None:
    if is_open(places):
        return None
    return size_together([each for each in places if isinstance(each, Space)])


def size(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`dim(c)`: how many levels a space has."""
    values = positional(c, node, arguments, "dim", "a space", 1, 1)
    if values is None:
        return c.broken(node.span)
    type_ = pruned(values[0].type)
    if isinstance(type_, types.SpaceType):
        known = size_together([type_.space])
    elif isinstance(type_, types.Operator | types.Ket | types.Density):
        known = known_size(type_.places)
    else:
        c.report(c.quantum.not_a_space(values[0].span, "dim", types.resolved(type_)))
        return c.broken(node.span)
    if known is not None:
        return typed.Constant(node.span, INT, known)
    return quantum(c, node.span, INT, "dim", tuple(values))


def expectation(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`expect(A, rho)`: of a Hermitian A a real number. States over an array give an array."""
    values = positional(c, node, arguments, "expect", "an operator and a state: expect(Z(q), rho)", 2, 2)
    if values is None:
        return c.broken(node.span)
    operator, state = as_operator(c, values[0]), values[1]
    type_ = pruned(operator.type)
    element, shape = element_of(state.type)
    if isinstance(type_, types.Ket | types.Bra | types.SpaceType) or not isinstance(type_, types.Operator):
        c.report(c.quantum.takes(operator.span, "expect", "an operator and then a state", types.resolved(type_)))
        return c.broken(node.span)
    if isinstance(element, types.StateTomography):
        from qdsl.lang.typed.tomography_estimates import expectation as estimated

        return estimated(c, node, operator, state)
    if not isinstance(element, types.Ket | types.Density):
        c.report(c.quantum.takes(state.span, "expect", "an operator and then a state", types.resolved(state.type)))
        return c.broken(node.span)
    if lacking := missing(type_.places, element.places):
        c.report(c.quantum.space_missing(operator.span, lacking, state.span))
        return c.broken(node.span)
    one: Type = types.Real(type_.dimension)
    result = one if shape is None else types.Array(one, shape)
    return quantum(c, node.span, result, "expect", (operator, state))


def exponential(c: Checker, node: surface.Call, values: Sequence[typed.Expr]) -> typed.Expr:
    """`exp(A)` of a plain operator."""
    type_ = pruned(as_operator(c, values[0]).type)
    if not isinstance(type_, types.Operator):
        c.report(c.quantum.takes(values[0].span, "exp", "a number or an operator", types.resolved(type_)))
        return c.broken(node.span)
    if not c.same_dimension(type_.dimension, ONE, values[0].span):
        c.report(c.dims.plain_number(values[0].span, "exp", type_.dimension))
        return c.broken(node.span)
    return quantum(c, node.span, type_, "exp", (as_operator(c, values[0]),))


def total(c: Checker, node: surface.Call, values: Sequence[typed.Expr]) -> typed.Expr:
    """`sum([..])` of operators or kets."""
    element, _ = element_of(values[0].type)
    return quantum(c, node.span, element, "sum", tuple(values))


def channel(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`Channel([K0, K1])`."""
    values = positional(c, node, arguments, "Channel", "a list of Kraus operators: Channel([K0, K1])", 1, 1)
    if values is None:
        return c.broken(node.span)
    element, shape = element_of(values[0].type)
    if not isinstance(element, types.Operator) or shape is None:
        c.report(c.quantum.takes(values[0].span, "Channel", "a list of operators", types.resolved(values[0].type)))
        return c.broken(node.span)
    if not c.same_dimension(element.dimension, ONE, values[0].span):
        c.report(c.dims.plain_number(values[0].span, "Channel", element.dimension))
        return c.broken(node.span)
    return quantum(c, node.span, types.Channel(element.places), "channel", tuple(values))


def apply(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`apply(E, rho)`: what a channel makes of a state."""
    values = positional(c, node, arguments, "apply", "a channel and a state: apply(E, rho)", 2, 2)
    if values is None:
        return c.broken(node.span)
    own = pruned(values[0].type)
    state = as_density(c, values[1], "apply")
    if not isinstance(own, types.Channel):
        c.report(c.quantum.takes(values[0].span, "apply", "a channel first", types.resolved(own)))
        return c.broken(node.span)
    if state is None:
        return c.broken(node.span)
    if lacking := missing(own.places, places_of(state)):
        c.report(c.quantum.space_missing(values[0].span, lacking, state.span))
        return c.broken(node.span)
    return quantum(c, node.span, state.type, "apply_channel", (values[0], state))


def show_as(c: Checker, node: surface.ShowAs) -> typed.Expr:
    """`show H as matrix`."""
    value = c.expr(node.value)
    type_ = pruned(value.type)
    if type_ is BROKEN:
        return value
    if node.form.text != "matrix":
        c.report(c.quantum.no_form(node.form.span, node.form.text))
        return c.broken(node.span)
    if not isinstance(type_, types.Operator | types.Density | types.Ket):
        c.report(c.quantum.no_matrix(node.value.span, types.resolved(type_)))
        return c.broken(node.span)
    return typed.HostCall(node.span, NOTHING, "show_matrix", (value,), ())


def _is(value: typed.Expr, kind: type[Type]) -> bool:
    return isinstance(pruned(value.type), kind)


ALSO: dict[str, Callable[[Checker, surface.Call, Sequence[typed.Expr]], typed.Expr]] = {
    "exp": exponential,
    "sum": total,
}
"""Functions of numbers that operators and states have too."""

QUANTUM_CALLS: dict[str, Rule] = {
    **{name: elementary(name) for name in ELEMENTARY},
    "P": projector,
    "ket": ket_of_level,
    "Operator": by_hand("Operator"),
    "Ket": by_hand("Ket"),
    "Density": by_hand("Density"),
    "unchecked_density": by_hand("unchecked_density"),
    "dag": dagger,
    "trace": trace,
    "ptrace": partial_trace,
    "tensor": tensor,
    "partial_transpose": partial_transpose,
    "amplitude_matrix": amplitude_matrix,
    "mode_matrix": matrix_of("mode_matrix"),
    "pair_matrix": matrix_of("pair_matrix"),
    "matrix": matrix,
    "amplitudes": amplitudes,
    "dim": size,
    "expect": expectation,
    "Channel": channel,
    "apply": apply,
}
