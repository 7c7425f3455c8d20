"""Bounds: an index that counts up to an array's own length is inside the array.

    %n = len %a axis 0                            %n = len %a axis 0
    %m = len %b axis 0
    check (ieq %n, %m) or ..               =>
    for 0, %n { |%i| get %a, %i; get %b, %i }     for 0, %n { |%i| get %a, %i inside; get %b, %i inside }

Lengths are the same where a `check` before says so, and where an array is another with some elements written. What
`shapes` finds of lengths that are known before the program runs, this finds of those that are not.
"""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.lang.core.ir import ArrayType, Block, Function, Op, Value
from qdsl.lang.core.rewrite import Rewriter

Length = Value | tuple[Value, int]
"""A number, or an axis of an array."""


def bounds(function: Function) -> Function:
    is_open = any(op.name in ("get", "set") and "inside" not in op.attributes for op in function.body.walk())
    return _Bounds().rewrite(function) if is_open else function


class _Bounds(Rewriter):
    """`upper` says up to which length an index counts, `same` has for a length an equal one, nearer to the root."""

    def __init__(self) -> None:
        super().__init__()
        self.upper: dict[Value, Length] = {}
        self.same: dict[Length, Length] = {}

    def block(self, block: Block) -> Block:
        """What a block checks is known only in it."""
        before = dict(self.same)
        new = super().block(block)
        self.same = before
        return new

    def rule(self, op: Op) -> Sequence[Value] | None:
        match op.name:
            case "len":
                self.equal(op.result, (self.base(op.operands[0]), op.attributes["axis"]))
            case "build":
                for axis, length in enumerate(op.operands):
                    self.upper[op.regions[0].parameters[axis]] = length
                    self.equal((op.result, axis), length)
            case "for" if _is_no_less_than_zero(self.constant(op.operands[0])):
                self.upper[op.regions[0].parameters[0]] = op.operands[1]
            case "check":
                condition = self.made_by(op.operands[0], "ieq")
                if condition is not None:
                    self.equal(*condition.operands)
            case "get" if self.is_inside(op, op.operands[1:]):
                return (self.builder.get(op.operands[0], *op.operands[1:], inside=True),)
            case "set" if self.is_inside(op, op.operands[1:-1]):
                array, *indices, element = op.operands
                return (self.builder.set(array, indices, element, inside=True),)
        return None

    # ── lengths ──────────────────────────────────────────────────────────────

    def is_inside(self, op: Op, indices: Sequence[Value]) -> bool:
        """Whether all indices are below the lengths of the array, and the op does not say so yet."""
        array = op.operands[0]
        assert isinstance(array.type, ArrayType)
        if "inside" in op.attributes:
            return False
        base = self.base(array)
        return all(
            index in self.upper and self.root(self.upper[index]) == self.root((base, axis))
            for axis, index in enumerate(indices)
        )

    def base(self, array: Value) -> Value:
        """The array that this one is with elements written."""
        while (op := self.made_by(array, "set")) is not None:
            array = op.operands[0]
        return array

    def equal(self, first: Length, second: Length) -> None:
        first, second = self.root(first), self.root(second)
        if first != second:
            self.same[first] = second

    def root(self, length: Length) -> Length:
        while length in self.same:
            length = self.same[length]
        return length


def _is_no_less_than_zero(number: int | None) -> bool:
    return number is not None and number >= 0
