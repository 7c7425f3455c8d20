"""Kets and densities: arrays of real numbers (`quantum.coordinates`).

|1>(q)                  the numbers of a basis state
psi + phi, 0.3 * psi    number by number
A * psi                 constant matrices on the numbers, times the coefficients of A

Products of states are in `lower_products`, what is read off them in `lower_expectations`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from qdsl.lang.core import lower_dense as dense
from qdsl.lang.core.builder import Builder, Values
from qdsl.lang.core.ir import INT, REAL, Code, Value
from qdsl.lang.core.lower_body import Body
from qdsl.lang.core.lower_complex import mul
from qdsl.lang.core.lower_errors import lacks_space, space_twice, spaces_differ
from qdsl.lang.core.lower_operators import all_spaces, factor_of, level, one_space, operator_of, spaces_once
from qdsl.lang.core.lower_values import Data
from qdsl.lang.core.sparse_code import FEW, Numbers, Weighted, added, combination, mapped
from qdsl.lang.core.staged import Operator
from qdsl.lang.quantum import coordinates
from qdsl.lang.quantum.local import state
from qdsl.lang.quantum.sparse import size_of
from qdsl.lang.source import Span
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.spaces import Space

Rule = Callable[[Body, typed.Quantum], Data]

STATES: dict[str, Rule] = {}

WRITTEN_OUT = 8
"""Levels up to which a density is written out number by number; of more, loops go over its rows."""


def state_rule(*names: str) -> Callable[[Rule], Rule]:
    """Register the rule for operations of these names that give numbers or states."""

    def register(function: Rule) -> Rule:
        for each in names:
            STATES[each] = function
        return function

    return register


# ── basis states ─────────────────────────────────────────────────────────────────────────────────────────────────


@state_rule("ket")
def _ket(body: Body, node: typed.Quantum) -> Data:
    space = one_space(body, node.arguments[0])
    at = level(body, node.arguments[1], space)
    return of_amplitudes(body, node.type, {at: 1}, space.size or 0)


@state_rule("written_ket")
def _written_ket(body: Body, node: typed.Quantum) -> Data:
    spaces, amplitudes = written(body, node)
    return of_amplitudes(body, node.type, amplitudes, size_of(spaces))


def written(body: Body, node: typed.Quantum) -> tuple[list[Space], dict[int, complex]]:
    """The spaces in order, and the amplitudes of a ket as written."""
    word = node.arguments[0]
    assert isinstance(word, typed.Constant)
    as_written = all_spaces(body, node.arguments[1:])
    letters = dict(zip(as_written, str(word.value).split(","), strict=True))
    if len(letters) < len(as_written):
        raise space_twice(node.span, next(each.name for each in as_written if as_written.count(each) > 1))
    spaces = sorted(as_written, key=lambda space: space.order)
    amplitudes: dict[int, complex] = {0: 1}
    for space in spaces:
        own = state(letters[space], space)
        amplitudes = {
            at * (space.size or 1) + level_: value * factor
            for at, value in amplitudes.items()
            for level_, factor in own.items()
        }
    return spaces, amplitudes


def of_amplitudes(body: Body, type_: types.Type, amplitudes: dict[int, complex], size: int) -> Data:
    """A constant ket: what is zero in it is known, and whether it is normalised."""
    numbers = coordinates.of_vector(amplitudes, size)
    made = body.b.table(numbers.tolist(), element=REAL)
    body.supports[made] = frozenset(np.flatnonzero(numbers).tolist())
    body.kets[made] = {at: complex(value) for at, value in amplitudes.items() if value}
    if abs(float(numbers @ numbers) - 1) < 1e-12:
        body.normal.add(made)
    return Data(type_, (made,))


@state_rule("ket_by_hand")
def _ket_by_hand(body: Body, node: typed.Quantum) -> Data:
    """`Ket(c, amplitudes)`, in the order in which the spaces are given."""
    *given, numbers = node.arguments
    spaces = spaces_once(body, given, node.span)
    size = size_of(spaces)
    data = body.expr(numbers)
    _check_length(body, data.values[0], size)
    places = dense.reordered(spaces)
    table = None if places == list(range(size)) else dense.constants(body, places).value

    def part(array: Value, i: Value) -> Value:
        at = i if table is None else body.b.get(table, i, inside=True)
        return body.b.get(array, at, inside=True)

    def element(_: object, i: Value) -> Value:
        count = body.constant(size)
        return body.if_(
            body.b.op("ilt", i, count),
            lambda: (part(data.values[0], i),),
            lambda: (part(data.values[1], body.b.op("wsub", i, count)),),
            (REAL,),
        )[0]

    return Data(node.type, (built(body, 2 * size, element),))


def built(body: Body, size: int, element: Callable[[object, Value], Value]) -> Value:
    def write(builder: object, i: Value) -> Value:
        with body.inside(builder):  # type: ignore[arg-type]
            return element(builder, i)

    return body.b.build([body.constant(size)], write, (size,))


def _check_length(body: Body, array: Value, size: int) -> None:
    body.same_length(body.b.len(array, 0), body.constant(size))


# ── arithmetic ───────────────────────────────────────────────────────────────────────────────────────────────────


def numbers_of(array: Value) -> int:
    """How many numbers a state has."""
    size = array.type.shape[-1]  # type: ignore[union-attr]
    assert size is not None
    return size


@state_rule("scale")
def _scale(body: Body, node: typed.Quantum) -> Data:
    """A number times a ket; a real number times a density."""
    factor_node, other = node.arguments
    data = body.expr(other)
    factor = factor_of(body, factor_node)
    size = numbers_of(data.value)
    known = body.kets.get(data.value)
    if known is not None and isinstance(factor, complex):
        return of_amplitudes(body, node.type, {at: factor * value for at, value in known.items()}, size // 2)
    re, im = (body.constant(factor.real), body.constant(factor.imag)) if isinstance(factor, complex) else factor
    is_real = factor.imag == 0 if isinstance(factor, complex) else im in body.zeros
    if is_real:
        made = built(body, size, lambda _, i: body.b.op("mul", re, body.b.get(data.value, i, inside=True)))
    else:
        half = size // 2
        elements = [body.b.get(data.value, body.constant(k), inside=True) for k in range(size)]
        products = [mul(body, (re, im), (elements[k], elements[k + half])) for k in range(half)]
        made = body.b.array([re for re, _ in products] + [im for _, im in products])
        _support(body, made, [_both(body.supports.get(data.value), half)])
        return Data(node.type, (made,))
    _support(body, made, [body.supports.get(data.value)])
    return Data(node.type, (made,))


def _both(support: frozenset[int] | None, half: int) -> frozenset[int] | None:
    if support is None:
        return None
    return frozenset(at + shift for at in {each % half for each in support} for shift in (0, half))


def _support(body: Body, made: Value, parts: Sequence[frozenset[int] | None]) -> None:
    """Of a sum: where one of its parts is not zero."""
    if None not in parts:
        body.supports[made] = frozenset().union(*(each for each in parts if each is not None))


@state_rule("density_by_hand", "unchecked_density_by_hand")
def _density_by_hand(body: Body, node: typed.Quantum) -> Data:
    """`Density(q, matrix)`, which is checked."""
    *given, numbers = node.arguments
    matrix = dense.of_matrix(body, body.expr(numbers), spaces_once(body, given, node.span)).dense
    assert matrix is not None
    name = "density_numbers" if node.name == "density_by_hand" else "packed"
    return dense.called(body, name, [dense.matrix_of(matrix)], node.type)


@state_rule("sum")
def _sum(body: Body, node: typed.Quantum) -> Data:
    """`sum([psi, phi])`, element by element over the states."""
    many = body.expr(node.arguments[0])
    size = numbers_of(many.value)
    states = body.b.len(many.value, 0)

    def element(_: object, i: Value) -> Value:
        def add(builder: Builder, k: Value, total: Value) -> Values:
            return (builder.op("add", total, builder.get(many.value, k, i, inside=True)),)

        return body.b.for_(body.constant(0), states, (body.constant(0.0),), add)[0]

    return Data(node.type, (built(body, size, element),))


@state_rule("add", "subtract")
def _add(body: Body, node: typed.Quantum) -> Data:
    left, right = (body.expr(each) for each in node.arguments)
    if len({body.spaces_of(each.type, node.span) for each in node.arguments}) > 1:
        raise spaces_differ(node.span)
    name = "add" if node.name == "add" else "sub"
    a, b = left.value, right.value
    one, other = body.kets.get(a), body.kets.get(b)
    if one is not None and other is not None:
        sign = 1 if node.name == "add" else -1
        total = {at: one.get(at, 0) + sign * other.get(at, 0) for at in {**one, **other}}
        return of_amplitudes(body, node.type, total, numbers_of(a) // 2)

    def element(_: object, i: Value) -> Value:
        return body.b.op(name, body.b.get(a, i, inside=True), body.b.get(b, i, inside=True))

    made = built(body, numbers_of(a), element)
    _support(body, made, [body.supports.get(a), body.supports.get(b)])
    return Data(node.type, (made,))


# ── densities and operators ──────────────────────────────────────────────────────────────────────────────────────


@state_rule("density")
def _density(body: Body, node: typed.Quantum) -> Data:
    """|psi><psi|."""
    ket = body.expr(node.arguments[0]).value
    d = numbers_of(ket) // 2
    levels = d if (at := body.supports.get(ket)) is None else len({each % d for each in at})
    if levels > WRITTEN_OUT:
        found = dense.called(body, "density_of_ket", [dense.numbers(ket)], node.type)
        if ket in body.normal:
            body.normal.add(found.value)
        return found
    made = density_numbers(body, ket, list(range(d * d)))
    support = density_support(body, ket)
    if support is not None:
        body.supports[made] = support
    if ket in body.normal:
        body.normal.add(made)
    return Data(node.type, (made,))


def density_support(body: Body, ket: Value) -> frozenset[int] | None:
    """Where |psi><psi| may be other than zero."""
    support = body.supports.get(ket)
    if support is None:
        return None
    d = numbers_of(ket) // 2
    levels = np.zeros(d, dtype=bool)
    levels[[each % d for each in support]] = True
    rows, columns, _ = coordinates.pairs(d)
    return frozenset(np.flatnonzero(levels[rows] & levels[columns]).tolist())


def density_numbers(body: Body, ket: Value, places: Sequence[int]) -> Value:
    """The numbers of |psi><psi| at these places: re = a_i a_j + b_i b_j, im = b_i a_j - a_i b_j of a + i b."""
    d = numbers_of(ket) // 2
    rows, columns, parts = (each[list(places)] for each in coordinates.pairs(d))
    if len(places) <= FEW:
        numbers = Numbers(body, ket)
        made = [
            _entry(body, numbers, d, *each)
            for each in zip(rows.tolist(), columns.tolist(), parts.tolist(), strict=True)
        ]
        return body.b.array(made)
    is_im = parts == 1
    tables = [
        body.b.table(each.tolist(), element=INT)
        for each in (np.where(is_im, rows + d, rows), columns, np.where(is_im, rows, rows + d), columns + d)
    ]
    signs = body.b.table(np.where(is_im, -1.0, 1.0).tolist(), element=REAL)

    def element(b: Builder, k: Value) -> Value:
        one, two, three, four = (b.get(ket, b.get(each, k, inside=True), inside=True) for each in tables)
        return b.op("add", b.op("mul", one, two), b.op("mul", b.get(signs, k, inside=True), b.op("mul", three, four)))

    return body.b.build([body.constant(len(places))], element, (len(places),))


def _entry(body: Body, y: Numbers, d: int, i: int, j: int, part: int) -> Value:
    first = (i + d, j) if part else (i, j)
    second = (i, j + d) if part else (i + d, j + d)
    one, other = (body.b.op("mul", y.at(p), y.at(q)) for p, q in (first, second))
    return body.b.op("sub" if part else "add", one, other)


@state_rule("apply")
def _apply(body: Body, node: typed.Quantum) -> Data:
    """A * psi."""
    operator, ket = operator_of(body, node.arguments[0]), body.expr(node.arguments[1])
    spaces = body.spaces_of(node.arguments[1].type, node.span)
    check_spaces(operator, spaces, node.arguments[0].span)
    if operator.dense is not None:
        return dense.on_state(body, "applied", operator, ket.value, spaces, node.type)
    maps: list[Weighted] = []
    for pattern, coefficient in operator.terms:
        matrix = pattern.expanded(spaces)
        if coefficient is None:
            maps.append((None, coordinates.ket_map(matrix)))
            continue
        re, im = coefficient
        if re not in body.zeros:
            maps.append((re, coordinates.ket_map(matrix)))
        if im not in body.zeros:
            maps.append((im, coordinates.ket_map(matrix.times(1j))))
    if not maps:
        size = numbers_of(ket.value)
        return Data(node.type, (body.b.array([body.constant(0.0)] * size),))
    return Data(node.type, (mapped(body, maps, Numbers(body, ket.value)),))


def check_spaces(operator: Operator, spaces: Sequence[Space], span: Span) -> None:
    """The operator acts on no other spaces than those of the state."""
    lacking = operator.spaces - set(spaces)
    if lacking:
        raise lacks_space(span, ", ".join(f"`{each.name}`" for each in sorted(lacking, key=lambda s: s.order)))


def check_normal(body: Body, y: Value, is_density: bool) -> None:
    """Stop unless the state is normalised; where it is known to be, nothing is asked."""
    if y in body.normal:
        return
    size = numbers_of(y)
    if is_density:
        norm = combination(body, ((k, 1.0) for k in range(round(size**0.5))), Numbers(body, y))
    else:
        elements = [body.b.get(y, body.constant(k), inside=True) for k in range(size)]
        norm = added(body, [body.b.op("mul", each, each) for each in elements])
    off = body.b.op("abs", body.b.op("sub", norm, body.constant(1.0)))
    what = "the trace of the density is {0}, not 1" if is_density else "the square of the ket's norm is {0}, not 1"
    body.check(body.b.op("le", off, body.constant(1e-8)), Code.STATE, what, norm)
