"""Unroll: a short loop over a small array is written out.

    for 0, 2, %a { |%i, %v|                        %x = get %a, 0
      %x = get %v, %i                              %y = mul %x, %x
      %y = mul %x, %x                    =>        %b = set %a, 0, %y
      %w = set %v, %i, %y                          %x.1 = get %b, 1
      yield %w                                     ...
    }

Then indices are known, so that `elements` finds what is read, and what an array of constants says is decided: a solver
with its table of coefficients becomes the formula one would write by hand. Only loops that read or write elements of
arrays of known lengths, few rounds and few operations altogether; LLVM unrolls others if that pays. A `build` is such a
loop, and becomes an `array`, unless an element of it may fail: that failure tells at which element it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from qdsl.lang.core.ir import ArrayType, Block, Function, Op, Value
from qdsl.lang.core.rewrite import Rewriter, copy_block
from qdsl.lang.optimise.effects import has_effect

MOST_ROUNDS = 16
MOST_OPS = 1_000
"""Operations that one loop may become."""

MOST_OPS_ALTOGETHER = 6_000
"""Operations that a function may become."""

SMALL = 64
"""Elements of an array that is worth it."""


def unroll(function: Function) -> Function:
    return _Unroll(sum(1 for _ in function.body.walk())).rewrite(function)


class _Unroll(Rewriter):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def rule(self, op: Op) -> Sequence[Value] | None:
        if op.name == "for":
            low, high = (self.constant(bound) for bound in op.operands[:2])
            return self.loop(op, low, high) if self.is_short(op, low, high) else None
        if op.name == "build" and len(op.operands) == 1 and not has_effect(op, self.constant):
            length = self.constant(op.operands[0])
            if not has_effect(op, self.constant) and self.is_short(op, 0, length):
                return self.elements(op, length)
        return None

    def is_short(self, op: Op, low: int | None, high: int | None) -> bool:
        """Whether to write it out; what it will have become is then counted."""
        if low is None or high is None or not 0 < high - low <= MOST_ROUNDS:
            return False
        (body,) = op.regions
        growth = (high - low) * sum(1 for _ in body.walk())
        if growth > MOST_OPS or self.size + growth > MOST_OPS_ALTOGETHER or not _is_worth_it(body):
            return False
        self.size += growth
        return True

    def loop(self, op: Op, low: int, high: int) -> Sequence[Value]:
        carried: Sequence[Value] = op.operands[2:]
        for index in range(low, high):
            carried = copy_block(op.regions[0], (self.builder.const(index), *carried), self.builder, self.replaced)
        return carried

    def elements(self, op: Op, length: int) -> Sequence[Value]:
        """Those of a `build` that cannot fail: only inside one is it told which element failed."""
        made = [
            copy_block(op.regions[0], (self.builder.const(index),), self.builder, self.replaced)[0]
            for index in range(length)
        ]
        array = self.builder.array(made)
        array.hint = op.result.hint
        return (array,)


def _is_worth_it(body: Block) -> bool:
    """Straight code, but for short loops, that goes to elements of small arrays."""
    ops = list(body.walk())
    return not any(op.name in ("while", "call") for op in ops) and any(
        op.name in ("get", "set") and _is_small(op.operands[0]) for op in ops
    )


def _is_small(array: Value) -> bool:
    type_ = array.type
    return isinstance(type_, ArrayType) and None not in type_.shape and prod(n or 0 for n in type_.shape) <= SMALL
