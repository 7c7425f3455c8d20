"""Rules for calls that make operators and states, and for what is read off them.

    X(q), a(c), P(q, 1), Sz(s)           operators of one space
    ket(c, 3)                            basis states; those as written are in `kets`
    Operator(q, m), Ket(c, v), Density(q, m)    from matrices by hand
    dag trace ptrace matrix amplitudes dim exp   what is done to them

A name of this table is known only where it is called: `n`, `a`, `x` and `p` stay free for values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.checker import Checker
from qdsl.lang.typed.dimension import ONE
from qdsl.lang.typed.operator_rules import as_operator, dimension_of, is_number, places_of, product, quantum
from qdsl.lang.typed.places import places_of as places_of_space
from qdsl.lang.typed.spaces import (
    AnySpace,
    Kind,
    Of,
    Part,
    Place,
    Places,
    Several,
    Space,
    in_order,
    is_open,
    missing,
    size_together,
)
from qdsl.lang.typed.types import BROKEN, INT, NOTHING, SCALAR, Type, pruned
from qdsl.lang.typed.unification import element_of

Rule = Callable[[Checker, surface.Call, Sequence[surface.Argument]], typed.Expr]

ELEMENTARY: dict[str, tuple[Kind, ...]] = {
    "X": (Kind.QUBIT,),
    "Y": (Kind.QUBIT,),
    "Z": (Kind.QUBIT,),
    "sp": (Kind.QUBIT,),
    "sm": (Kind.QUBIT,),
    "a": (Kind.FOCK, Kind.LEVEL),
    "n": (Kind.FOCK, Kind.LEVEL, Kind.QUBIT),
    "x": (Kind.FOCK,),
    "p": (Kind.FOCK,),
    "Sx": (Kind.SPIN,),
    "Sy": (Kind.SPIN,),
    "Sz": (Kind.SPIN,),
    "Sp": (Kind.SPIN,),
    "Sm": (Kind.SPIN,),
    "I": tuple(Kind),
    "parity": (Kind.FOCK, Kind.LEVEL),
}
"""Operators of one space, and the kinds of space that have them."""


# ── arguments ────────────────────────────────────────────────────────────────────────────────────────────────────


def positional(
    c: Checker, node: surface.Call, arguments: Sequence[surface.Argument], name: str, takes: str, low: int, high: int
) -> list[typed.Expr] | None:
    """The arguments, none of them by name; None, with a message, where one is broken or their number is wrong."""
    for each in arguments:
        if each.name is not None:
            c.report(c.quantum.unknown_option(each.name.span, name, each.name.text, ()))
            return None
    values = [c.expr(each.value) for each in arguments]
    if any(pruned(value.type) is BROKEN for value in values):
        return None
    if not low <= len(values) <= high:
        surplus = values[high].span if len(values) > high else None
        c.report(c.quantum.argument_count(node.span, name, takes, surplus))
        return None
    return values


def space_of(c: Checker, value: typed.Expr, what: str) -> Space | Part | None:
    """The one space that a value is; None, with a message unless it is broken, where it is none."""
    type_ = pruned(value.type)
    if isinstance(type_, types.SpaceType) and isinstance(type_.space, Space | Part):
        return type_.space
    if isinstance(type_, types.SpaceType) and isinstance(type_.space, Of):
        c.report(c.quantum.of_any_kind(value.span, what, type_.space.label))
    elif type_ is not BROKEN:
        c.report(c.quantum.not_a_space(value.span, what, types.resolved(type_)))
    return None


def spaces_of(c: Checker, values: Sequence[typed.Expr], what: str) -> list[AnySpace] | None:
    """Spaces and registers; an operator or a state stands for those that it is of."""
    found: list[AnySpace] = []
    for value in values:
        type_ = pruned(value.type)
        if isinstance(type_, types.Operator | types.Ket | types.Density):
            others = (each for each in type_.places if not isinstance(each, Space))
            found.append(Several((*in_order(type_.places), *others)))
            continue
        if not isinstance(type_, types.SpaceType):
            if type_ is not BROKEN:
                c.report(c.quantum.not_a_space(value.span, what, types.resolved(type_)))
            return None
        found.append(type_.space)
    return None if _stands_twice(c, values, found) else found


def _stands_twice(c: Checker, values: Sequence[typed.Expr], spaces: Sequence[AnySpace]) -> bool:
    """Whether one of the spaces, of registers too, is given twice; with a message."""
    seen: dict[Space | Part, typed.Expr] = {}
    for value, each in zip(values, spaces, strict=True):
        for one in places_of_space(each):
            if isinstance(one, Space) and one in seen:
                c.report(c.quantum.given_twice(value.span, one, seen[one].span))
                return True
            if isinstance(one, Space):
                seen[one] = value
    return False


def together(spaces: Sequence[AnySpace]) -> Places:
    """All that they are."""
    return frozenset[Place]().union(*map(places_of_space, spaces))


# ── operators ────────────────────────────────────────────────────────────────────────────────────────────────────


def elementary(name: str) -> Rule:
    """`X(q)`."""

    def rule(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
        values = positional(c, node, arguments, name, "one space", 1, 1)
        space = space_of(c, values[0], name) if values is not None else None
        if values is None or space is None:
            return c.broken(node.span)
        if space.kind not in ELEMENTARY[name]:
            c.report(c.quantum.not_of_this_kind(node.span, name, space, ELEMENTARY[name]))
            return c.broken(node.span)
        return quantum(c, node.span, types.Operator(ONE, frozenset({space})), name, tuple(values))

    return rule


def projector(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`P(q, 1)`: |1><1|."""
    values = positional(c, node, arguments, "P", "a space and a level: P(q, 1)", 2, 2)
    space = space_of(c, values[0], "P") if values is not None else None
    if values is None or space is None or not _is_level(c, "P", values[1], space):
        return c.broken(node.span)
    return quantum(c, node.span, types.Operator(ONE, frozenset({space})), "P", tuple(values))


def ket_of_level(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`ket(c, k)`."""
    values = positional(c, node, arguments, "ket", "a space and a level: ket(c, 3)", 2, 2)
    space = space_of(c, values[0], "ket") if values is not None else None
    if values is None or space is None or not _is_level(c, "ket", values[1], space):
        return c.broken(node.span)
    return quantum(c, node.span, types.Ket(frozenset({space})), "ket", tuple(values))


def _is_level(c: Checker, what: str, value: typed.Expr, space: Space | Part) -> bool:
    """Whether it is an Int, and if known one of the levels."""
    type_ = pruned(value.type)
    if isinstance(type_, types.TypeVar):
        c.unify(type_, INT, value.span)
    elif type_ is not INT:
        c.report(c.quantum.takes(value.span, what, "the number of a level", types.resolved(type_)))
        return False
    if value in c.exact and space.size is not None and not 0 <= c.exact[value] < space.size:
        c.report(c.quantum.no_level(value.span, str(c.exact[value]), space))
        return False
    return True


def by_hand(name: str) -> Rule:
    """`Operator(q, [[0, 1], [1, 0]])`, `Ket(c, amplitudes)`, `Density(q, matrix)`: the spaces, then the numbers. What
    the library makes is a density for sure, and `unchecked_density`.
    """

    def rule(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
        what = "a vector: Ket(q, [1, 0])" if name == "Ket" else f"a matrix: {name}(q, [[1, 0], [0, 0]])"
        takes = f"spaces and {what}"
        values = positional(c, node, arguments, name, takes, 2, 99)
        if values is None:
            return c.broken(node.span)
        *given, numbers = values
        spaces = spaces_of(c, given, name)
        if spaces is None:
            return c.broken(node.span)
        element, shape = element_of(numbers.type)
        if shape is None or len(shape) != (1 if name == "Ket" else 2) or not _is_amplitude(element):
            c.report(c.quantum.takes(numbers.span, name, takes, types.resolved(numbers.type)))
            return c.broken(node.span)
        places = together(spaces)
        size = size_together(spaces)
        if size is not None and any(length is not None and length != size for length in shape):
            c.report(c.quantum.wrong_size(numbers.span, [each.span.text for each in given], size, shape))
            return c.broken(node.span)
        dimension = dimension_of(typed.Local(numbers.span, element, typed.Variable("", element)))
        complex_ = c.cast(numbers, types.Complex(dimension)) if not isinstance(element, types.Complex) else numbers
        result: Type = types.Operator(dimension, places)
        if name != "Operator":
            if not c.same_dimension(dimension, ONE, numbers.span):
                c.report(c.quantum.quantity_times_state(numbers.span, dimension))
                return c.broken(node.span)
            result = types.Ket(places) if name == "Ket" else types.Density(places)
        return quantum(c, node.span, result, f"{name.lower()}_by_hand", (*given, complex_))

    return rule


def _is_amplitude(element: Type) -> bool:
    return element is INT or isinstance(element, types.Real | types.Complex | types.TypeVar)


# ── what is read off ─────────────────────────────────────────────────────────────────────────────────────────────


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


def as_density(c: Checker, value: typed.Expr, function: str) -> typed.Expr | None:
    """A state as a density; None, with a message unless it is broken, where it is no state."""
    type_ = pruned(value.type)
    if isinstance(type_, types.Ket | types.Density):
        return c.convert(value, types.Density(type_.places))
    if type_ is not BROKEN:
        c.report(c.quantum.takes(value.span, function, "a state", types.resolved(type_)))
    return None


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

__all__ = ["ALSO", "ELEMENTARY", "QUANTUM_CALLS", "Rule"]
