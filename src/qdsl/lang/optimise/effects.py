"""Which operations do more than give a value, and so must stay where they are, used or not.

A pure function's only effects are to fail, not to end, and to tell of what is watched. `check`, indexing, a call and
the primitives that check themselves may fail; a `while` may not end. That an array is too large is no effect: a program
that never makes it does not fail for its size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from qdsl.lang.core.ir import ArrayType, Op, Value
from qdsl.lang.core.primitives import PRIMITIVES, Stop

Constant = Callable[[Value], Any]
"""What a value is known to be, or None."""

ALWAYS = frozenset({"check", "watch", "call", "while", "slice"})

MOVABLE = frozenset({"const", "select", "len", "table"})
"""Cheap and without effect, beside primitives."""


def has_effect(op: Op, constant: Constant) -> bool:
    """Whether the op may fail or not end, by itself or inside; as far as constants tell."""
    primitive = PRIMITIVES.get(op.name)
    if primitive is not None:
        return bool(primitive.fails) and not _never_fails(op, [constant(each) for each in op.operands])
    if op.attributes.get("inside"):
        return False
    if op.name == "get":
        return not _index_is_inside(op, op.operands[1:], constant)
    if op.name == "set":
        return not _index_is_inside(op, op.operands[1:-1], constant)
    if op.name in ALWAYS:
        return True
    return any(has_effect(inner, constant) for region in op.regions for inner in region.ops)


def _never_fails(op: Op, numbers: list[Any]) -> bool:
    """Division by a number that is neither 0 nor -1; anything known that is known to succeed."""
    if None not in numbers:
        try:
            PRIMITIVES[op.name].evaluate(*numbers)
        except Stop:
            return False
        return True
    return op.name in ("idiv", "imod") and numbers[1] not in (None, 0, -1)


def _index_is_inside(op: Op, indices: Sequence[Value], constant: Constant) -> bool:
    array = op.operands[0].type
    assert isinstance(array, ArrayType)
    return all(_is_inside(constant(index), length) for index, length in zip(indices, array.shape, strict=True))


def _is_inside(index: int | None, length: int | None) -> bool:
    return index is not None and length is not None and 0 <= index < length


def is_movable(op: Op) -> bool:
    """Whether the op may be done earlier, even where it would not have been done at all: cheap, without effect."""
    primitive = PRIMITIVES.get(op.name)
    return not primitive.fails if primitive is not None else op.name in MOVABLE


def uses(op: Op, values: set[Value]) -> bool:
    return not values.isdisjoint(op.operands)
