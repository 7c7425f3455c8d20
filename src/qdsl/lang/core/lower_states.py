"""Kets and densities: arrays of real numbers (`quantum.coordinates`), and what is read off them.

|1>(q) * |0>(c)         the numbers of a basis state
A * psi                 constant matrices on the numbers, times the coefficients of A
expect(A, rho)          a sum of the numbers of rho, constant weights, times the coefficients of A
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from qdsl.lang.core import lower_dense as dense
from qdsl.lang.core.builder import Builder, Values
from qdsl.lang.core.hermitian import is_hermitian
from qdsl.lang.core.ir import INT, REAL, ArrayType, Code, Value
from qdsl.lang.core.layout import element_type
from qdsl.lang.core.lower_body import Body
from qdsl.lang.core.lower_complex import mul
from qdsl.lang.core.lower_errors import lacks_space, observable_not_hermitian, space_twice, spaces_differ
from qdsl.lang.core.lower_operators import all_spaces, factor_of, known_size, level, one_space, operator_of, spaces_once
from qdsl.lang.core.lower_values import Data
from qdsl.lang.core.sparse_code import FEW, Numbers, Weighted, added, combination, mapped
from qdsl.lang.core.staged import BraBound, Operator
from qdsl.lang.quantum import coordinates
from qdsl.lang.quantum.local import state
from qdsl.lang.quantum.sparse import Ints, Sparse, size_of
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
    return _of_amplitudes(body, node.type, {at: 1}, space.size or 0)


@state_rule("written_ket")
def _written_ket(body: Body, node: typed.Quantum) -> Data:
    spaces, amplitudes = written(body, node)
    return _of_amplitudes(body, node.type, amplitudes, size_of(spaces))


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


def _of_amplitudes(body: Body, type_: types.Type, amplitudes: dict[int, complex], size: int) -> Data:
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

    return Data(node.type, (_built(body, 2 * size, element),))


def _built(body: Body, size: int, element: Callable[[object, Value], Value]) -> Value:
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
        return _of_amplitudes(body, node.type, {at: factor * value for at, value in known.items()}, size // 2)
    re, im = (body.constant(factor.real), body.constant(factor.imag)) if isinstance(factor, complex) else factor
    is_real = factor.imag == 0 if isinstance(factor, complex) else im in body.zeros
    if is_real:
        made = _built(body, size, lambda _, i: body.b.op("mul", re, body.b.get(data.value, i, inside=True)))
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

    return Data(node.type, (_built(body, size, element),))


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
        return _of_amplitudes(body, node.type, total, numbers_of(a) // 2)

    def element(_: object, i: Value) -> Value:
        return body.b.op(name, body.b.get(a, i, inside=True), body.b.get(b, i, inside=True))

    made = _built(body, numbers_of(a), element)
    _support(body, made, [body.supports.get(a), body.supports.get(b)])
    return Data(node.type, (made,))


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
        return _of_amplitudes(body, node.type, {at: x * y for at, (x, y) in enumerate(pairs)}, len(p))
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


# ── what is read off ─────────────────────────────────────────────────────────────────────────────────────────────


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
    re = _built(body, d, lambda _, i: body.b.get(ket, i, inside=True))
    im = _built(body, d, lambda _, i: body.b.get(ket, body.b.op("wadd", i, body.constant(d)), inside=True))
    return Data(node.type, (re, im))


@state_rule("dim", "length")
def _size(body: Body, node: typed.Quantum) -> Data:
    return Data(types.INT, (body.constant(known_size(body, node)),))


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
