"""Arrays and records: literals, comprehensions, elements, rows, slices, fields.

    [f(x) for x in xs]                     =>  build (len xs) { |i| f (get xs i) }
    [[g(i, j) for j in range(m)] for ..]   =>  build n, m { |i, j| g i j }       if m does not depend on i
    m[i]                                   =>  build (len m 1) { |j| get m i j }
    m[i][j]                                =>  get m i j

The rows that a loop goes over, too, are taken out of the matrix only where they are used as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeGuard

from qdsl.lang.core.builder import Values
from qdsl.lang.core.ir import INT, ArrayType, Value, scalar_of
from qdsl.lang.core.ir import Type as CoreType
from qdsl.lang.core.layout import element_type, shape_of
from qdsl.lang.core.lower_body import ZERO, Body, rule
from qdsl.lang.core.lower_effects import walk
from qdsl.lang.core.lower_errors import leaves_comprehension, not_a_number
from qdsl.lang.core.lower_steps import tells_space
from qdsl.lang.core.lower_values import Data, Row
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types

# ── literals ─────────────────────────────────────────────────────────────────────────────────────────────────────


@rule(typed.ArrayLiteral)
def array_literal(body: Body, node: typed.ArrayLiteral) -> Data:
    """`[a, b]`; rows become the rows of a matrix."""
    shape = shape_of(node.type)
    kinds = body.types_of(node.type, node.span)
    if len(shape) > 1:
        return _matrix(body, node, [body.expr(each) for each in node.elements])
    elements = [body.expr(each).values for each in node.elements]
    return Data(node.type, tuple(_array(body, kind, [e[place] for e in elements]) for place, kind in enumerate(kinds)))


def _array(body: Body, kind: object, elements: Sequence[Value]) -> Value:
    assert isinstance(kind, ArrayType)
    return body.b.array(elements, kind.element)


def _matrix(body: Body, node: typed.ArrayLiteral, rows: Sequence[Data]) -> Data:
    """Rows under each other: of equal length, which is checked where it is not known."""
    first, *others = rows
    along = range(len(shape_of(first.type)))
    for other in others:
        for axis in along:
            _same_length(body, other.values[0], first.values[0], axis)
    lengths = [body.constant(len(rows)), *(body.b.len(first.values[0], axis) for axis in along)]
    columns = core_shape(first.values[0])
    if len(columns) == 1 and columns[0] is not None:
        flat = _in_a_row(body, rows, columns[0])
        return body.build(node.type, lengths, lambda i, j: body.at(flat, _place(body, i, j, lengths[1])))
    return body.build(node.type, lengths, lambda index, *indices: _choose(body, index, rows, indices))


def core_shape(array: Value) -> tuple[int | None, ...]:
    """The lengths of an array as its core type knows them."""
    assert isinstance(array.type, ArrayType)
    return array.type.shape


def _same_length(body: Body, found: Value, wanted: Value, axis: int) -> None:
    if core_shape(found)[axis] is None or core_shape(wanted)[axis] is None:
        body.same_length(body.b.len(found, axis), body.b.len(wanted, axis))


def _in_a_row(body: Body, rows: Sequence[Data], length: int) -> Data:
    """The elements of all rows, one row after the other."""
    elements = [body.at(row, body.constant(column)).values for row in rows for column in range(length)]
    kind = element_type(rows[0].type)
    arrays = [
        body.b.array([element[place] for element in elements], scalar_of(core_type))
        for place, core_type in enumerate(body.types_of(kind, body.b.span))
    ]
    return Data(types.Array(kind, (len(elements),)), tuple(arrays))


def _place(body: Body, row: Value, column: Value, columns: Value) -> Value:
    """Where an element of a matrix stands among all of them; both indices are inside, so nothing overflows."""
    return body.b.op("wadd", body.b.op("wmul", row, columns), column)


def _choose(body: Body, index: Value, rows: Sequence[Data], indices: Sequence[Value]) -> Data:
    """The element of row `index`: halving, so that a large literal nests only a little."""
    if len(rows) == 1:
        return body.at(rows[0], *indices)
    middle = len(rows) // 2
    type_ = element_type(rows[0].type)
    values = body.if_(
        body.b.op("ilt", index, body.constant(middle)),
        lambda: _choose(body, index, rows[:middle], indices).values,
        lambda: _choose(body, body.b.op("wsub", index, body.constant(middle)), rows[middle:], indices).values,
        body.types_of(type_, body.b.span),
    )
    return Data(type_, values)


# ── comprehensions ───────────────────────────────────────────────────────────────────────────────────────────────


Start = Callable[[Value], None]
"""Binds the variable of a loop, given the number of the step."""


def over(body: Body, variable: typed.Variable, iterable: typed.Expr) -> tuple[Value, Value, Start]:
    """The first step, the one after the last, and what starts a step. A range is counted through, never made."""
    if isinstance(iterable, typed.IntRange):
        low, high = body.expr(iterable.low).value, body.expr(iterable.high).value
        return low, high, lambda i: body.bind(variable, Data(types.INT, (i,)))
    array = body.expr(iterable)

    def start(i: Value) -> None:
        if len(shape_of(array.type)) > 1:
            body.variables[variable] = Row(array, (i,))
        else:
            body.bind(variable, body.at(array, i))

    return body.constant(0), body.b.len(array.values[0]), start


def _from_zero(body: Body, variable: typed.Variable, iterable: typed.Expr) -> tuple[Value, Start]:
    """How many steps, and what starts step 0, 1, .."""
    low, high, start = over(body, variable, iterable)
    if not isinstance(iterable, typed.IntRange) or _is_zero(iterable.low):
        return high, start
    return body.b.op("isub", high, low), lambda i: start(body.b.op("wadd", low, i))


def _is_zero(node: typed.Expr) -> bool:
    return isinstance(node, typed.Constant) and node.value == 0


@rule(typed.IntRange)
def int_range(body: Body, node: typed.IntRange) -> Data:
    """A range that is used as an array."""
    counted = typed.Variable("i", types.INT)
    element = typed.Local(node.span, types.INT, counted)
    return comprehension(body, typed.Comprehension(node.span, node.type, counted, node, element))


@rule(typed.Comprehension)
def comprehension(body: Body, node: typed.Comprehension) -> Data:
    """`[element for variable in iterable]`."""
    if body.program.effects.of(node.element).leaves:
        raise leaves_comprehension(node.element.span)
    if tells_space(node.element, node.variable):
        return _step_by_step(body, node)
    count, start = _from_zero(body, node.variable, node.iterable)

    def element(i: Value) -> Data:
        start(i)
        return body.expr(node.element)

    inner = node.element
    if isinstance(types.pruned(inner.type), types.Ket | types.Density):
        return body.conform(_states(body, node, count, element), node.type)
    if len(shape_of(node.type)) == 1:
        array = body.build(_unknown(node.type), [count], element)
    elif _is_plain(inner) and not _depends(inner.iterable, node.variable):
        array = _nested(body, node, inner, count, start)
    else:
        array = _rows(body, node, count, element)
    return body.conform(array, node.type)


def _step_by_step(body: Body, node: typed.Comprehension) -> Data:
    """Each element written out, since which operators there are depends on the step."""
    elements: list[Data] = []
    for value in body.static_steps(node.iterable):
        with body.apart():
            if isinstance(value, Data):
                body.bind(node.variable, value)
            else:
                body.variables[node.variable] = value
            elements.append(body.expr(node.element))
    if not isinstance(types.pruned(node.element.type), types.Ket | types.Density):
        kinds = body.types_of(node.type, node.span)
        rows = [tuple(each.values[place] for each in elements) for place in range(len(kinds))]
        return Data(node.type, tuple(_array(body, kind, row) for kind, row in zip(kinds, rows, strict=True)))
    (made,) = _no_states(body, node, body.constant(len(elements)))
    for place, each in enumerate(elements):
        made = _put(body, made, body.constant(place), each)
    return Data(node.type, (made,))


def _states(body: Body, node: typed.Comprehension, count: Value, element: Callable[[Value], Data]) -> Data:
    """An array of states: a row of numbers for each."""

    def step(i: Value, made: Value) -> Values:
        return (_put(body, made, i, element(i)),)

    empty = _no_states(body, node, count)
    return Data(_unknown(node.type), body.b.for_(body.constant(0), count, empty, body.region(step)))


def _no_states(body: Body, node: typed.Comprehension, count: Value) -> Values:
    (kind,) = body.types_of(node.element.type, node.span)
    assert isinstance(kind, ArrayType)
    size = kind.shape[0]
    assert size is not None
    return (body.b.build([count, body.constant(size)], lambda b, *_: b.const(0.0), (None, size)),)


def _put(body: Body, made: Value, place: Value, state: Data) -> Value:
    """The rows with the numbers of a state in one of them."""

    def along(j: Value, rows: Value) -> Values:
        number = body.b.get(state.value, j, inside=True)
        return (body.b.set(rows, (place, j), number, inside=True),)

    size = body.b.len(made, 1)
    (after,) = body.b.for_(body.constant(0), size, (made,), body.region(along))
    return after


def _unknown(type_: types.Type) -> types.Type:
    """The array type without its lengths: what is built has those that it turns out to have."""
    return types.Array(element_type(type_), tuple(None for _ in shape_of(type_)))


def _is_plain(node: typed.Expr) -> TypeGuard[typed.Comprehension]:
    """Whether it is a comprehension of single values."""
    return isinstance(node, typed.Comprehension) and len(shape_of(node.type)) == 1


def _depends(node: typed.Expr, variable: typed.Variable) -> bool:
    return any(isinstance(each, typed.Local) and each.variable is variable for each in walk(node))


def _nested(body: Body, node: typed.Comprehension, inner: typed.Comprehension, count: Value, start: Start) -> Data:
    """A comprehension in a comprehension: the inner one is as long for every row."""
    columns, start_column = _from_zero(body, inner.variable, inner.iterable)

    def element(i: Value, j: Value) -> Data:
        start(i)
        start_column(j)
        return body.expr(inner.element)

    return body.build(_unknown(node.type), [count, columns], element)


def _rows(body: Body, node: typed.Comprehension, count: Value, row: Callable[[Value], Data]) -> Data:
    """Rows, or matrices, from any expression: all as long as the type says, or else as the first one."""
    type_ = _unknown(node.type)
    kinds = body.types_of(type_, node.span)
    zero = body.constant(0)
    lengths = _lengths_of_rows(body, node.type, count, row)

    def step(i: Value, *arrays: Value) -> Values:
        new = row(i)
        for axis, length in enumerate(lengths):
            body.same_length(body.b.len(new.values[0], axis), length)
        return _store(body, arrays, new, (i,), lengths)

    initial = [_zeros(body, kind, (count, *lengths)) for kind in kinds]
    values = body.b.for_(zero, count, initial, body.region(step))
    return Data(type_, values)


def _lengths_of_rows(body: Body, type_: types.Type, count: Value, row: Callable[[Value], Data]) -> Values:
    """How long a row is along each of its axes; of none at all 0, where the type does not say."""
    known = shape_of(type_)[1:]
    zero = body.constant(0)
    unknown = [axis for axis, length in enumerate(known) if not isinstance(length, int)]

    def of_first() -> Values:
        first = row(zero).values[0]
        return tuple(body.b.len(first, axis) for axis in unknown)

    found: Values = ()
    if unknown:
        some = body.b.op("ilt", zero, count)
        found = body.if_(some, of_first, lambda: tuple(zero for _ in unknown), [INT] * len(unknown))
    measured = iter(found)
    return tuple(body.constant(length) if isinstance(length, int) else next(measured) for length in known)


def _store(body: Body, arrays: Sequence[Value], row: Data, place: Values, lengths: Sequence[Value]) -> Values:
    """The arrays with a row's elements from `place` on; one loop for each axis that is left."""
    if not lengths:
        element = body.at(row, *place[1:]).values
        return tuple(body.b.set(array, place, each) for array, each in zip(arrays, element, strict=True))

    def along(j: Value, *inner: Value) -> Values:
        return _store(body, inner, row, (*place, j), lengths[1:])

    return body.b.for_(body.constant(0), lengths[0], arrays, body.region(along))


def _zeros(body: Body, kind: CoreType, lengths: Sequence[Value]) -> Value:
    zero = ZERO[scalar_of(kind)]
    return body.b.build(lengths, lambda b, *_: b.const(zero))


# ── parts ────────────────────────────────────────────────────────────────────────────────────────────────────────


@rule(typed.Index)
def index(body: Body, node: typed.Index) -> Data:
    """`v[i]`, `m[i, j]`, a row `m[i]`; `m[i][j]` takes no row out."""
    array, indices = part_of(body, node)
    return body.conform(body.at(array, *indices), node.type)


def part_of(body: Body, node: typed.Expr) -> tuple[Data, Values]:
    """The array that an expression is a part of, and the indices that lead to the part."""
    if isinstance(node, typed.Index):
        array, before = part_of(body, node.value)
        return array, (*before, *(body.expr(each).value for each in node.indices))
    if isinstance(node, typed.Local):
        row = body.variables.get(node.variable)
        if isinstance(row, Row):
            return row.array, row.indices
    return body.expr(node), ()


@rule(typed.SliceOf)
def slice_of(body: Body, node: typed.SliceOf) -> Data:
    """`v[i:j]`."""
    array = body.expr(node.value)
    low = body.constant(0) if node.start is None else body.expr(node.start).value
    high = body.b.len(array.values[0]) if node.stop is None else body.expr(node.stop).value
    values = tuple(body.b.slice(each, low, high) for each in array.values)
    return body.conform(Data(node.type, values), node.type)


@rule(typed.RecordLiteral)
def record_literal(body: Body, node: typed.RecordLiteral) -> Data:
    """Its fields in a row."""
    fields = [body.expr(value) for _, value in node.fields]
    return Data(node.type, tuple(value for field in fields for value in field.values))


@rule(typed.GetField)
def get_field(body: Body, node: typed.GetField) -> Data:
    """A field of a record; the value of an Estimate."""
    owner = types.pruned(node.value.type)
    if isinstance(owner, types.Estimate) and node.name == "value":
        return Data(node.type, body.expr(node.value).values)
    if not isinstance(owner, types.Record):
        raise not_a_number(node.span, "a part of what is no record")
    return body.expr(node.value).field(node.name)
