"""Operators whose matrix is known only when the program runs: `exp(A)`, a density as an operator, a computed matrix.

    exp(-1i * t * X(q)) * psi      call @complex_exponential, then call @applied of its matrix and psi

What is done to the matrices is written in the language, in the module `matrices` of the standard library. Of an
operator that has such a part, the rest is put into its matrix where the whole is needed.
"""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.lang.core.ir import ArrayType, Code, Value
from qdsl.lang.core.layout import core_types, shape_of
from qdsl.lang.core.lower_body import Body
from qdsl.lang.core.lower_calls import apply_call
from qdsl.lang.core.lower_complex import Pair, add, mul
from qdsl.lang.core.lower_values import Data
from qdsl.lang.core.staged import Coefficient, Dense, Operator
from qdsl.lang.quantum.pattern import Sum, flips, size_of
from qdsl.lang.typed import types
from qdsl.lang.typed.dimension import ONE
from qdsl.lang.typed.spaces import Space

Entries = dict[tuple[int, int], tuple[list[Value], list[Value]]]
"""What adds up to the real and to the imaginary part of each element that is not zero."""


# ── making ───────────────────────────────────────────────────────────────────────────────────────────────────────


def dense_of(body: Body, operator: Operator, spaces: Sequence[Space]) -> Dense:
    """The whole operator as a matrix over these spaces."""
    spaces = tuple(spaces)
    own = embedded(body, operator.dense, spaces) if operator.dense is not None else None
    if own is not None and not operator.terms:
        return own
    return _filled(body, entries_of(body, operator, spaces), spaces, own)


def folded(body: Body, operator: Operator) -> Dense:
    """The same over the spaces that the operator is of."""
    return dense_of(body, operator, sorted(operator.spaces, key=lambda space: space.order))


def entries_of(body: Body, operator: Operator, spaces: Sequence[Space]) -> Entries:
    """The terms of an operator, element by element."""
    entries: Entries = {}
    for pattern, coefficient in operator.terms:
        whole = pattern.expanded(spaces)
        for i, j, value in zip(whole.rows.tolist(), whole.columns.tolist(), whole.values.tolist(), strict=True):
            re, im = entries.setdefault((i, j), ([], []))
            for target, number in zip((re, im), _product(body, value, coefficient), strict=True):
                if number is not None:
                    target.append(number)
    return entries


def _product(body: Body, value: complex, coefficient: Coefficient | None) -> tuple[Value | None, Value | None]:
    """The parts of a constant times a coefficient; None where one is certainly zero."""
    own = tuple(body.constant(part) if part else body.zero() for part in (value.real, value.imag))
    re, im = own if coefficient is None else mul(body, coefficient, (own[0], own[1]))
    return None if re in body.zeros else re, None if im in body.zeros else im


def _filled(body: Body, entries: Entries, spaces: tuple[Space, ...], start: Dense | None) -> Dense:
    """A matrix with these elements put in, or added to what is there."""
    from qdsl.lang.core.sparse_code import added  # programs without states load no NumPy

    d = size_of(spaces)
    parts = [_nothing(body, d) for _ in range(2)] if start is None else [start.re, start.im]
    for (i, j), terms in entries.items():
        at = [body.constant(i), body.constant(j)]
        for part in (0, 1):
            if not terms[part]:
                continue
            before = [] if start is None else [body.b.get(parts[part], *at, inside=True)]
            parts[part] = body.b.set(parts[part], at, added(body, [*before, *terms[part]]), inside=True)
    return Dense(spaces, *parts)


def _nothing(body: Body, size: int) -> Value:
    lengths = [body.constant(size), body.constant(size)]
    return body.b.build(lengths, lambda builder, *_: builder.const(0.0), (size, size))


def of_matrix(body: Body, data: Data, spaces: Sequence[Space]) -> Operator:
    """A matrix of numbers over spaces in this order as an operator; stops where it has another size."""
    size = size_of(spaces)
    for axis in (0, 1):
        body.same_length(body.b.len(data.values[0], axis), body.constant(size))
    ordered = tuple(sorted(spaces, key=lambda space: space.order))
    if ordered == tuple(spaces):
        return Operator((), Dense(ordered, data.values[0], data.values[1]))
    given = [Data(_square(size), data.values), constants(body, reordered(spaces)), constants(body, [0] * size)]
    found = called(body, "embedded", given, _square(size))
    return Operator((), Dense(ordered, *found.values))


def reordered(spaces: Sequence[Space]) -> list[int]:
    """Where the states, as they stand in the order of the spaces' declarations, are in this order."""
    strides = {space: size_of(spaces[place + 1 :]) for place, space in enumerate(spaces)}
    places = [0]
    for space in sorted(spaces, key=lambda space: space.order):
        places = [before + level * strides[space] for before in places for level in range(space.size or 1)]
    return places


def matrix_of(dense: Dense) -> Data:
    """The numbers of a matrix."""
    d = size_of(dense.spaces)
    return Data(_square(d), (dense.re, dense.im))


def _square(size: int) -> types.Type:
    return types.Array(types.Complex(ONE), (size, size))


# ── arithmetic ───────────────────────────────────────────────────────────────────────────────────────────────────


def scaled(body: Body, dense: Dense, factor: Pair) -> Dense:
    """A number times a matrix."""
    d = size_of(dense.spaces)

    def part(which: int) -> Value:
        def element(_: Value, *at: Value) -> Value:
            own = body.b.get(dense.re, *at, inside=True), body.b.get(dense.im, *at, inside=True)
            return mul(body, factor, own)[which]

        return _built(body, d, element)

    return Dense(dense.spaces, part(0), part(1))


def sum_of(body: Body, left: Dense, right: Dense) -> Dense:
    """Two matrices over one set of spaces."""
    d = size_of(left.spaces)

    def part(which: int) -> Value:
        def element(_: Value, *at: Value) -> Value:
            pairs = [(body.b.get(each.re, *at, inside=True), body.b.get(each.im, *at, inside=True)) for each in both]
            return add(body, *pairs)[which]

        return _built(body, d, element)

    both = left, right
    return Dense(left.spaces, part(0), part(1))


def _built(body: Body, size: int, element: object) -> Value:
    def write(builder: object, *at: Value) -> Value:
        with body.inside(builder):  # type: ignore[arg-type]
            return element(builder, *at)  # type: ignore[operator, no-any-return]

    return body.b.build([body.constant(size), body.constant(size)], write, (size, size))


def product(body: Body, left: Operator, right: Operator) -> Operator:
    """Two operators of which one has a matrix."""
    spaces = sorted(left.spaces | right.spaces, key=lambda space: space.order)
    both = [matrix_of(dense_of(body, each, spaces)) for each in (left, right)]
    return of_matrix(body, called(body, "product", both, _square(size_of(spaces))), spaces)


def adjoint(body: Body, dense: Dense) -> Dense:
    found = called(body, "adjoint", [matrix_of(dense)], _square(size_of(dense.spaces)))
    return Dense(dense.spaces, *found.values)


def embedded(body: Body, dense: Dense, spaces: tuple[Space, ...]) -> Dense:
    """The matrix over more spaces."""
    if dense.spaces == spaces:
        return dense
    own, base, _ = tables(spaces, dense.spaces)
    given = [matrix_of(dense), constants(body, own), constants(body, base)]
    found = called(body, "embedded", given, _square(size_of(spaces)))
    return Dense(spaces, *found.values)


# ── on states ────────────────────────────────────────────────────────────────────────────────────────────────────


def on_state(
    body: Body, name: str, operator: Operator, state: Value, spaces: Sequence[Space], result: types.Type
) -> Data:
    """`applied`, `expected_in_ket` or `expected_in_density` of a state's numbers over these spaces."""
    dense = folded(body, operator)
    found = [constants(body, each) for each in tables(spaces, dense.spaces)]
    return called(body, name, [matrix_of(dense), numbers(state), *found], result)


def numbers(array: Value) -> Data:
    """The numbers of a state, as an array."""
    assert isinstance(array.type, ArrayType)
    return Data(types.Array(types.SCALAR, array.type.shape), (array,))


def unpacked(body: Body, numbers: Value) -> Data:
    """The matrix of a density."""
    d = round(numbers.type.shape[-1] ** 0.5)  # type: ignore[union-attr, operator]
    given = [Data(types.Array(types.SCALAR, (d * d,)), (numbers,)), Data(types.INT, (body.constant(d),))]
    return called(body, "unpacked", given, _square(d))


def tables(spaces: Sequence[Space], own: Sequence[Space]) -> tuple[list[int], list[int], list[int]]:
    """Of each state of all spaces what it is for `own`, and the state that is 0 for them; what each level adds."""
    inner, base, offset = [0], [0], [0]
    for space in spaces:
        size = space.size or 1
        if space in own:
            inner = [before * size + level for before in inner for level in range(size)]
            base = [before * size for before in base for _ in range(size)]
            offset = [before * size + level for before in offset for level in range(size)]
        else:
            inner = [before for before in inner for _ in range(size)]
            base = [before * size + level for before in base for level in range(size)]
            offset = [before * size for before in offset]
    return inner, base, offset


def constants(body: Body, numbers: Sequence[int]) -> Data:
    """A table of Ints."""
    array = body.b.array([body.constant(each) for each in numbers])
    return Data(types.Array(types.INT, (len(numbers),)), (array,))


def called(body: Body, name: str, given: Sequence[Data], result: types.Type, module: str = "matrices") -> Data:
    """A call of a function of a module of the library, made for arrays of these lengths."""
    function = body.program.find(module, name)
    own = types.pruned(function.type)
    assert isinstance(own, types.Function)
    lengths: dict[str, int] = {}
    found = [(own.result, core_types(result))]
    found += [(type_, core_types(each.type)) for type_, each in zip(own.parameters, given, strict=True)]
    for type_, known in found:
        shape = known[0].shape if isinstance(known[0], ArrayType) else ()
        lengths |= {
            n: length for n, length in zip(shape_of(type_), shape, strict=True) if isinstance(n, str) and length
        }
    return apply_call(body, body.program.sized(function, lengths), given, result)


# ── where coefficients are needed ────────────────────────────────────────────────────────────────────────────────


def written_out(body: Body, operator: Operator, is_hermitian: bool) -> Operator:
    """The matrix as terms, one for each element: what a right-hand side is made of. A Hermitian operator is checked to
    be so, and only its upper half is looked at.
    """
    if operator.dense is None:
        return operator
    if is_hermitian:
        dense = folded(body, operator)
        check_hermitian(body, dense)
        return Operator(tuple(_hermitian_terms(body, dense)))
    return Operator((*operator.terms, *_terms(body, operator.dense)))


def check_hermitian(body: Body, dense: Dense) -> None:
    """Stop unless the matrix is its own adjoint."""
    is_so = apply_call(body, body.program.find("eigen", "all_hermitian"), [matrix_of(dense)], types.BOOL)
    body.check(is_so.value, Code.DOMAIN, "this is not Hermitian")


def _terms(body: Body, dense: Dense) -> list[tuple[Sum, Coefficient | None]]:
    every = range(size_of(dense.spaces))
    return [(flips(dense.spaces, i, j), _element(body, dense, i, j)) for i in every for j in every]


def _hermitian_terms(body: Body, dense: Dense) -> list[tuple[Sum, Coefficient | None]]:
    """Real numbers times Hermitian matrices."""
    d = size_of(dense.spaces)
    found: list[tuple[Sum, Coefficient | None]] = []
    for i in range(d):
        for j in range(i, d):
            re, im = _element(body, dense, i, j)
            above = flips(dense.spaces, i, j)
            found.append((above if i == j else above + above.adjoint, (re, body.zero())))
            if i != j:
                found.append((above.times(1j) + above.adjoint.times(-1j), (im, body.zero())))
    return found


def _element(body: Body, dense: Dense, i: int, j: int) -> Coefficient:
    at = body.constant(i), body.constant(j)
    return body.b.get(dense.re, *at, inside=True), body.b.get(dense.im, *at, inside=True)
