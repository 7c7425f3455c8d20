"""Operators: what an expression of them is, as coefficients times constant patterns.

    2pi * f * Z(q)      Operator([(Z, %3)])        %3 = mul 6.28.., %f
    0.5 * X(q)          Operator([(0.5 X, -)])     a number known now goes into the pattern
    A + B, A * B        terms with one coefficient are one term

Nothing of this is there when the program runs but the coefficients, and the matrix of what has one (`lower_dense`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qdsl.lang.core import lower_dense as dense
from qdsl.lang.core.lower_body import Body, staged_rule
from qdsl.lang.core.lower_bras import bra
from qdsl.lang.core.lower_complex import complex_constant, conj, mul
from qdsl.lang.core.lower_errors import (
    level_not_known,
    no_level,
    outside_list,
    outside_register,
    space_not_known,
    space_twice,
)
from qdsl.lang.core.staged import ChannelBound, Coefficient, Dense, Many, Operator, SpaceBound, Staged
from qdsl.lang.quantum.local import Local, elementary, projector
from qdsl.lang.quantum.pattern import Sum, flips, size_of
from qdsl.lang.report import InternalError
from qdsl.lang.source import Span
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.quantum_makers import ELEMENTARY
from qdsl.lang.typed.spaces import Register, Several, Space, counted, one_by_one

Rule = Callable[[Body, typed.Quantum], Staged]


@staged_rule(typed.Quantum)
def quantum(body: Body, node: typed.Quantum) -> Staged:
    """An operation that gives an operator, a bra or a list of them."""
    if isinstance(types.pruned(node.type), types.Bra):
        return bra(body, node)
    if isinstance(types.pruned(node.type), types.Povm):
        from qdsl.lang.core.lower_povm import povm

        return povm(body, node)
    from qdsl.lang.core.lower_computed import COMPUTED

    rule = _RULES.get(node.name) or COMPUTED.get(node.name)
    if rule is None:
        raise InternalError(f"no way to lower {node.name}")
    return rule(body, node)


# ── spaces ───────────────────────────────────────────────────────────────────────────────────────────────────────


@staged_rule(typed.SpaceValue)
def space_value(body: Body, node: typed.SpaceValue) -> SpaceBound:
    type_ = types.pruned(node.type)
    assert isinstance(type_, types.SpaceType)
    if not isinstance(type_.space, Space | Register):
        raise space_not_known(node.span)
    return SpaceBound(type_.space)


def _several(body: Body, node: typed.ArrayLiteral) -> SpaceBound:
    """`[q, c]`."""
    return SpaceBound(Several(tuple(all_spaces(body, node.elements))))


@staged_rule(typed.Index)
def index(body: Body, node: typed.Index) -> Staged:
    """`r[k]` of a register, `ops[k]` of a list."""
    whole = body.staged(node.value)
    place = body.static(node.indices[0])
    if not isinstance(place, int):
        raise space_not_known(node.indices[0].span)
    if isinstance(whole, Many):
        if not 0 <= place < len(whole.elements):
            raise outside_list(node.span, len(whole.elements))
        return whole.elements[place]
    assert isinstance(whole, SpaceBound)
    register = whole.space
    assert isinstance(register, Register)
    if register.length is None:
        raise space_not_known(node.span)
    if not 0 <= place < register.length:
        raise outside_register(node.span, register.name, register.length)
    return SpaceBound(register.space(place))


def one_space(body: Body, node: typed.Expr) -> Space:
    """The space that an expression is."""
    bound = body.staged(node)
    if not isinstance(bound, SpaceBound) or not isinstance(bound.space, Space):
        raise space_not_known(node.span)
    return bound.space


def all_spaces(body: Body, nodes: Sequence[typed.Expr]) -> list[Space]:
    """The spaces of several expressions, a register's one by one, as they are written."""
    found: list[Space] = []
    for node in nodes:
        if not isinstance(types.pruned(node.type), types.SpaceType):
            found += body.spaces_of(node.type, node.span)
            continue
        bound = body.staged(node)
        assert isinstance(bound, SpaceBound)
        if counted(bound.space) is None:
            raise space_not_known(node.span)
        found += [each for each in one_by_one(bound.space) if isinstance(each, Space)]
    return found


def spaces_once(body: Body, nodes: Sequence[typed.Expr], span: Span) -> list[Space]:
    """The same, where none may stand twice."""
    spaces = all_spaces(body, nodes)
    twice = [each for each in spaces if spaces.count(each) > 1]
    if twice:
        raise space_twice(span, twice[0].name)
    return spaces


def known_size(body: Body, node: typed.Quantum) -> int:
    """`dim(c)`: how many basis states there are; `len(r)`: how many spaces."""
    spaces = all_spaces(body, node.arguments)
    return len(spaces) if node.name == "length" else size_of(spaces)


# ── operators of one space ───────────────────────────────────────────────────────────────────────────────────────


def _elementary(body: Body, node: typed.Quantum) -> Operator:
    space = one_space(body, node.arguments[0])
    return _of_space(space, elementary(node.name, space))


def _of_space(space: Space, matrix: Local) -> Operator:
    if matrix.is_identity:
        return Operator(((Sum.one(), None),))
    return Operator(((Sum.single(space, matrix), None),))


def _projector(body: Body, node: typed.Quantum) -> Operator:
    space = one_space(body, node.arguments[0])
    return _of_space(space, projector(space.size or 0, level(body, node.arguments[1], space)))


def level(body: Body, node: typed.Expr, space: Space) -> int:
    """A level of a space, known now."""
    found = body.static(node)
    if not isinstance(found, int):
        raise level_not_known(node.span)
    if not 0 <= found < (space.size or 0):
        raise no_level(node.span, space.name, found, space.size or 0)
    return found


def _by_hand(body: Body, node: typed.Quantum) -> Operator:
    """A matrix of numbers. Of one that is written out each number is a coefficient; any other stays a matrix."""
    *given, numbers = node.arguments
    spaces = spaces_once(body, given, node.span)
    size = size_of(spaces)
    elements = _written_out(numbers, size)
    if elements is None:
        return dense.of_matrix(body, body.expr(numbers), spaces)
    total = Operator()
    for (row, column), element in elements.items():
        factor = factor_of(body, element)
        if factor != 0:
            pattern = flips(spaces, row, column)
            total = plus(body, total, scaled(body, Operator(((pattern, None),)), factor))
    return total


def _written_out(numbers: typed.Expr, size: int) -> dict[tuple[int, int], typed.Expr] | None:
    """The numbers of a literal matrix."""
    while isinstance(numbers, typed.Cast):
        numbers = numbers.value
    if not isinstance(numbers, typed.ArrayLiteral) or len(numbers.elements) != size:
        return None
    found: dict[tuple[int, int], typed.Expr] = {}
    for i, row in enumerate(numbers.elements):
        while isinstance(row, typed.Cast):
            row = row.value
        if not isinstance(row, typed.ArrayLiteral) or len(row.elements) != size:
            return None
        found |= {(i, j): each for j, each in enumerate(row.elements)}
    return found


# ── arithmetic ───────────────────────────────────────────────────────────────────────────────────────────────────


def operator_of(body: Body, node: typed.Expr) -> Operator:
    """An expression that is an operator."""
    bound = body.staged(node)
    assert isinstance(bound, Operator)
    return bound


def factor_of(body: Body, node: typed.Expr) -> complex | Coefficient:
    """A number that an operator is multiplied by: itself, if it is known now."""
    known = body.static(node)
    if known is not None:
        return complex(known)
    data = body.expr(node)
    if len(data.values) == 2:
        return data.values[0], data.values[1]
    return data.value, body.zero()


def scaled(body: Body, operator: Operator, factor: complex | Coefficient) -> Operator:
    """A number times an operator."""
    if isinstance(factor, complex):
        terms = tuple((pattern.times(factor), coefficient) for pattern, coefficient in operator.terms)
    else:
        terms = tuple(
            (pattern, factor if coefficient is None else mul(body, factor, coefficient))
            for pattern, coefficient in operator.terms
        )
    if operator.dense is None:
        return gathered(terms)
    pair = complex_constant(body, factor) if isinstance(factor, complex) else factor
    return gathered(terms, dense.scaled(body, operator.dense, pair))


def gathered(terms: Sequence[tuple[Sum, Coefficient | None]], matrix: Dense | None = None) -> Operator:
    """With terms of one coefficient put together, in the order of the first."""
    together: dict[Coefficient | None, Sum] = {}
    for pattern, coefficient in terms:
        together[coefficient] = together[coefficient] + pattern if coefficient in together else pattern
    kept = tuple((pattern, coefficient) for coefficient, pattern in together.items() if not pattern.is_zero)
    return Operator(kept, matrix)


def plus(body: Body, left: Operator, right: Operator) -> Operator:
    terms = (*left.terms, *right.terms)
    if left.dense is None or right.dense is None:
        return gathered(terms, left.dense or right.dense)
    own = {*left.dense.spaces, *right.dense.spaces}
    spaces = tuple(sorted(own, key=lambda space: space.order))
    both = [dense.embedded(body, each, spaces) for each in (left.dense, right.dense)]
    return gathered(terms, dense.sum_of(body, *both))


def times(body: Body, left: Operator, right: Operator) -> Operator:
    """The product, term by term."""
    if left.dense is not None or right.dense is not None:
        return dense.product(body, left, right)
    terms: list[tuple[Sum, Coefficient | None]] = []
    for pattern, coefficient in left.terms:
        for other, factor in right.terms:
            whole = factor if coefficient is None else coefficient if factor is None else mul(body, coefficient, factor)
            terms.append((pattern @ other, whole))
    return gathered(terms)


def adjoint(body: Body, operator: Operator) -> Operator:
    terms = [
        (
            pattern.adjoint,
            coefficient if coefficient is None or coefficient[1] in body.zeros else conj(body, coefficient),
        )
        for pattern, coefficient in operator.terms
    ]
    return gathered(terms, None if operator.dense is None else dense.adjoint(body, operator.dense))


def _scale(body: Body, node: typed.Quantum) -> Staged:
    factor, other = node.arguments
    bound = body.staged(other)
    assert isinstance(bound, Operator)
    return scaled(body, bound, factor_of(body, factor))


def _identity(body: Body, node: typed.Quantum) -> Operator:
    return scaled(body, Operator(((Sum.one(), None),)), factor_of(body, node.arguments[0]))


def _add(body: Body, node: typed.Quantum) -> Operator:
    return plus(body, *(operator_of(body, each) for each in node.arguments))


def _subtract(body: Body, node: typed.Quantum) -> Operator:
    left, right = (operator_of(body, each) for each in node.arguments)
    return plus(body, left, scaled(body, right, -1 + 0j))


def _product(body: Body, node: typed.Quantum) -> Operator:
    left, right = (operator_of(body, each) for each in node.arguments)
    return times(body, left, right)


def _power(body: Body, node: typed.Quantum) -> Operator:
    base, exponent = operator_of(body, node.arguments[0]), node.arguments[1]
    assert isinstance(exponent, typed.Constant)
    result = Operator(((Sum.one(), None),))
    for _ in range(int(exponent.value)):  # type: ignore[arg-type]
        result = times(body, result, base)
    return result


def _dagger(body: Body, node: typed.Quantum) -> Staged:
    return adjoint(body, operator_of(body, node.arguments[0]))


def _sum(body: Body, node: typed.Quantum) -> Operator:
    many = body.staged(node.arguments[0])
    assert isinstance(many, Many)
    total = Operator()
    for each in many.elements:
        assert isinstance(each, Operator)
        total = plus(body, total, each)
    return total


def _channel(body: Body, node: typed.Quantum) -> ChannelBound:
    many = body.staged(node.arguments[0])
    assert isinstance(many, Many)
    return ChannelBound(tuple(each for each in many.elements if isinstance(each, Operator)))


def _propagator(body: Body, node: typed.Quantum) -> Operator:
    from qdsl.lang.core.lower_response import propagator

    return propagator(body, node)


def _effects(body: Body, node: typed.Quantum) -> Many:
    from qdsl.lang.core.lower_povm import measurement_of

    return Many(measurement_of(body, node.arguments[0]).effects)


def _pauli_setting(body: Body, node: typed.Quantum) -> Many:
    from qdsl.lang.core.lower_paulis import setting

    return setting(body, node)


def _pauli_settings(body: Body, node: typed.Quantum) -> Many:
    from qdsl.lang.core.lower_paulis import settings

    return settings(body, node)


# ── lists, branches, calls ───────────────────────────────────────────────────────────────────────────────────────


@staged_rule(typed.ArrayLiteral)
def array_literal(body: Body, node: typed.ArrayLiteral) -> Many | SpaceBound:
    if isinstance(types.pruned(node.type), types.SpaceType):
        return _several(body, node)
    return Many(tuple(body.staged(each) for each in node.elements))


@staged_rule(typed.Comprehension)
def comprehension(body: Body, node: typed.Comprehension) -> Many:
    """`[Z(r[k]) for k in range(n)]`: one element after the other, now."""
    elements: list[Staged] = []
    for value in body.static_steps(node.iterable):
        with body.apart():
            body.bind(node.variable, value)
            elements.append(body.staged(node.element))
    return Many(tuple(elements))


@staged_rule(typed.If)
def if_(body: Body, node: typed.If) -> Staged:
    """The one that is meant, where that is known now; else both operators, and of their coefficients those of the one
    that is meant.
    """
    assert node.otherwise is not None
    known = body.decided(node.condition)
    if known is not None:
        return body.staged(node.then if known else node.otherwise)
    condition = body.expr(node.condition).value
    then, otherwise = (body.staged(each) for each in (node.then, node.otherwise))
    if not isinstance(then, Operator) or not isinstance(otherwise, Operator):
        raise space_not_known(node.span)
    one, zero = body.constant(1.0), body.constant(0.0)
    chosen = body.b.select(condition, one, zero), body.zero()
    other = body.b.select(condition, zero, one), body.zero()
    return plus(body, scaled(body, then, chosen), scaled(body, otherwise, other))


@staged_rule(typed.Shown)
def shown(body: Body, node: typed.Shown) -> Staged:
    return body.staged(node.value)


_RULES: dict[str, Rule] = {
    **dict.fromkeys(ELEMENTARY, _elementary),
    "P": _projector,
    "operator_by_hand": _by_hand,
    "scale": _scale,
    "identity": _identity,
    "add": _add,
    "subtract": _subtract,
    "product": _product,
    "power": _power,
    "dagger": _dagger,
    "sum": _sum,
    "propagator": _propagator,
    "channel": _channel,
    "effects": _effects,
    "pauli_setting": _pauli_setting,
    "pauli_settings": _pauli_settings,
}
