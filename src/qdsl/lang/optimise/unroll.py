"""Unroll: a short loop over a small array is written out.

    for 0, 2, %a { |%i, %v|                        %x = get %a, 0
      %x = get %v, %i                              %y = mul %x, %x
      %y = mul %x, %x                    =>        %b = set %a, 0, %y
      %w = set %v, %i, %y                          %x.1 = get %b, 1
      yield %w                                     ...
    }

Then indices are known, so that `elements` finds what is read, and what an array of constants says is decided: a solver
with its table of coefficients becomes the formula one would write by hand. Only loops that read or write elements of
arrays of known lengths at places that are then known, few rounds and few operations altogether; LLVM unrolls others if
that pays. A `build` is such a loop, and becomes an `array`, unless an element of it may fail: such a failure tells at
which element it was.
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

ONCE = range(1)


def unroll(function: Function) -> Function:
    return _Unroll(sum(1 for _ in function.body.walk())).rewrite(function)


class _Unroll(Rewriter):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def rule(self, op: Op) -> Sequence[Value] | None:
        rounds = self.rounds(op)
        if rounds is None or (op.name == "build" and has_effect(op, self.constant)):
            return None
        (body,) = op.regions
        growth = len(rounds) * self.written_out(body)
        if growth > MOST_OPS or self.size + growth > MOST_OPS_ALTOGETHER or not self.is_worth_it(body):
            return None
        self.size += growth
        return self.loop(op, rounds) if op.name == "for" else self.elements(op, rounds)

    def rounds(self, op: Op) -> range | None:
        """The rounds of a short loop."""
        if op.name == "for":
            low, high = (self.constant(bound) for bound in op.operands[:2])
        elif op.name == "build" and len(op.operands) == 1:
            low, high = 0, self.constant(op.operands[0])
        else:
            return None
        return None if low is None or high is None or not 0 < high - low <= MOST_ROUNDS else range(low, high)

    def written_out(self, block: Block) -> int:
        """How many operations a block is with the short loops in it written out."""
        return sum(1 + sum(map(self.written_out, op.regions)) * len(self.rounds(op) or ONCE) for op in block.ops)

    def is_worth_it(self, body: Block) -> bool:
        """Straight code, but for short loops, that goes to elements of small arrays whose places are then known."""
        ops = list(body.walk())
        if any(op.name in ("while", "call") for op in ops):
            return False
        known = {body.parameters[0], *(op.regions[0].parameters[0] for op in ops if self.rounds(op))}
        return any(
            op.name in ("get", "set")
            and _is_small(op.operands[0])
            and all(index in known or self.constant(index) is not None for index in _indices(op))
            for op in ops
        )

    def loop(self, op: Op, rounds: range) -> Sequence[Value]:
        carried: Sequence[Value] = op.operands[2:]
        for index in rounds:
            carried = copy_block(op.regions[0], (self.builder.const(index), *carried), self.builder, self.replaced)
        return carried

    def elements(self, op: Op, rounds: range) -> Sequence[Value]:
        """Those of a `build` that cannot fail: only inside one is it told which element failed."""
        made = [
            copy_block(op.regions[0], (self.builder.const(index),), self.builder, self.replaced)[0] for index in rounds
        ]
        array = self.builder.array(made)
        array.hint = op.result.hint
        return (array,)


def _indices(op: Op) -> Sequence[Value]:
    return op.operands[1:] if op.name == "get" else op.operands[1:-1]


def _is_small(array: Value) -> bool:
    type_ = array.type
    return isinstance(type_, ArrayType) and None not in type_.shape and prod(n or 0 for n in type_.shape) <= SMALL
