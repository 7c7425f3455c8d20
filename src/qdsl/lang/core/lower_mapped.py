"""Operations, conversions, comparisons and calls: on single values, or over arrays element by element.

    a * exp(-t / tau)    with arrays a, t     =>     build n { |i| mul (get a i) (exp ..) }

A whole tree of such operations over arrays becomes one `build`: only what is no such operation itself (a variable, a
call that makes an array, a scalar factor) is computed before, once. So a chain of operations makes no array on the
way. Elements that are several core values (complex numbers, records) get one `build` for each; what a part does not
need is dropped by the optimiser.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from qdsl.lang.core.builder import Builder
from qdsl.lang.core.ir import ArrayType, Code, Failure, Value
from qdsl.lang.core.layout import element_type, shape_of
from qdsl.lang.core.lower_arrays import part_of
from qdsl.lang.core.lower_body import Body, rule
from qdsl.lang.core.lower_calls import apply_call, apply_closure
from qdsl.lang.core.lower_compare import apply_compare
from qdsl.lang.core.lower_inline import applied, written_out
from qdsl.lang.core.lower_scalars import apply_cast, apply_operation
from qdsl.lang.core.lower_values import Bound, Closure, Data
from qdsl.lang.core.staged import Inline
from qdsl.lang.report import InternalError
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.places import is_quantum, is_staged

Mapped = typed.Operation | typed.Cast | typed.Compare | typed.Call | typed.CallValue | typed.Shown
Leaves = Mapping[typed.Expr, Bound]

LENGTHS_DIFFER = Failure(Code.SHAPE, "arrays of lengths {0} and {1} do not go together")


@rule(typed.Operation, typed.Cast, typed.Compare, typed.Call, typed.CallValue)
def operation(body: Body, node: Mapped) -> Data:
    """The operation, over arrays if its operands say so."""
    if isinstance(node, typed.Operation) and node.name == "len":
        return _length(body, node)
    if isinstance(node, typed.Call) and is_quantum(node.function.type):
        return written_out(body, node.function, node.arguments, node.span, body.expr)
    if isinstance(node, typed.CallValue) and is_staged(node.function.type):
        function = body.staged(node.function)
        assert isinstance(function, Inline)
        return applied(body, function, [body.bound(each) for each in node.arguments], node.span, body.expr)
    if not is_mapped(node):
        return _apply(body, node, [body.bound(each) for each in _operands(node)])
    found = list(_leaves(body, node))
    leaves = {leaf: body.bound(leaf) for leaf, _ in found}
    lengths = _lengths(body, [leaves[leaf] for leaf, goes_over in found if goes_over])
    shape = tuple(length if isinstance(length, int) else None for length in shape_of(node.type))
    parts = len(body.types_of(element_type(node.type), node.span))
    values = tuple(_build(body, node, leaves, lengths, shape, part) for part in range(parts))
    return body.conform(Data(node.type, values), node.type)


def is_mapped(node: typed.Expr) -> bool:
    """Whether the operation goes element by element over an array."""
    match node:
        case typed.Call(mapped=mapped) | typed.CallValue(mapped=mapped):
            return any(mapped)
        case typed.Operation(name="len"):
            return False
        case typed.Operation() | typed.Cast() | typed.Compare():
            return bool(shape_of(node.type))
        case typed.Shown(value=value):
            return is_mapped(value)
        case _:
            return False


def _operands(node: Mapped) -> tuple[typed.Expr, ...]:
    match node:
        case typed.Operation(operands=operands) | typed.Call(arguments=operands):
            return operands
        case typed.CallValue(function=function, arguments=arguments):
            return (function, *arguments)
        case typed.Compare(operands=operands, tolerance=tolerance):
            return operands if tolerance is None else (*operands, tolerance)
        case typed.Cast(value=value) | typed.Shown(value=value):
            return (value,)


def _goes_over(node: Mapped) -> tuple[bool, ...]:
    """For each operand, whether the operation goes over its elements."""
    match node:
        case typed.Call(mapped=mapped):
            return mapped
        case typed.CallValue(mapped=mapped):
            return (False, *mapped)
        case _:
            return tuple(bool(shape_of(operand.type)) for operand in _operands(node))


def _apply(body: Body, node: Mapped, operands: Sequence[Bound]) -> Data:
    """The operation on single values."""
    type_ = element_type(node.type) if is_mapped(node) else node.type
    if isinstance(node, typed.Call):
        return apply_call(body, node.function, operands, type_)
    if isinstance(node, typed.CallValue):
        function, *arguments = operands
        assert isinstance(function, Closure)
        return apply_closure(body, function, arguments, type_)
    data = [operand for operand in operands if isinstance(operand, Data)]
    match node:
        case typed.Operation():
            return apply_operation(body, node, data)
        case typed.Cast():
            return apply_cast(body, node, data[0])
        case typed.Compare(tolerance=None):
            return apply_compare(body, node, data, None)
        case typed.Compare():
            return apply_compare(body, node, data[:-1], data[-1])
        case typed.Shown():
            return data[0]


# ── over arrays ──────────────────────────────────────────────────────────────────────────────────────────────────


def _leaves(body: Body, node: Mapped) -> Iterator[tuple[typed.Expr, bool]]:
    """The operands in the whole tree that are computed before the loop, and whether the loop goes over them."""
    for operand, goes_over in zip(_operands(node), _goes_over(node), strict=True):
        if goes_over and isinstance(operand, Mapped) and is_mapped(operand) and operand not in body.given:
            yield from _leaves(body, operand)
        else:
            yield operand, goes_over


def _lengths(body: Body, arrays: Sequence[Bound]) -> list[Value]:
    """The lengths of the loop, after a check that all arrays have them."""
    values = [array.values[0] for array in arrays if isinstance(array, Data)]
    if not values:
        raise InternalError("nothing to go over")
    first, *others = dict.fromkeys(values)
    for other in others:
        for axis, (known, length) in enumerate(zip(_shape(other), _shape(first), strict=True)):
            if known is None or length is None:
                _check_equal(body, body.b.len(first, axis), body.b.len(other, axis))
    return [body.b.len(first, axis) for axis in range(len(_shape(first)))]


def _check_equal(body: Body, left: Value, right: Value) -> None:
    body.b.check(body.b.op("ieq", left, right), LENGTHS_DIFFER, left, right)


def _shape(value: Value) -> tuple[int | None, ...]:
    assert isinstance(value.type, ArrayType)
    return value.type.shape


def _build(
    body: Body, node: Mapped, leaves: Leaves, lengths: Sequence[Value], shape: tuple[int | None, ...], part: int
) -> Value:
    """The array of one core value of every element."""

    def element(builder: Builder, *indices: Value) -> Value:
        with body.inside(builder):
            return _element(body, node, leaves, indices).values[part]

    return body.b.build(lengths, element, shape)


def _element(body: Body, node: Mapped, leaves: Leaves, indices: Sequence[Value]) -> Data:
    """The operation on the elements at these indices."""
    operands: list[Bound] = []
    for operand, goes_over in zip(_operands(node), _goes_over(node), strict=True):
        leaf = leaves.get(operand)
        if leaf is None:
            assert isinstance(operand, Mapped)
            operands.append(_element(body, operand, leaves, indices))
        elif goes_over:
            assert isinstance(leaf, Data)
            operands.append(body.at(leaf, *indices))
        else:
            operands.append(leaf)
    with body.b.at(node.span):
        return _apply(body, node, operands)


# ── len ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _length(body: Body, node: typed.Operation) -> Data:
    """`len(v)`, `len(m, axis)`; of a row `m[i]` without taking the row out."""
    array, axis_node = node.operands
    assert isinstance(axis_node, typed.Constant)
    assert isinstance(axis_node.value, int)
    if isinstance(array, typed.IntRange):
        count = body.b.op("isub", body.expr(array.high).value, body.expr(array.low).value)
        return Data(types.INT, (body.b.op("imax", count, body.constant(0)),))
    whole, indices = part_of(body, array)
    return Data(types.INT, (body.b.len(whole.values[0], len(indices) + axis_node.value),))
