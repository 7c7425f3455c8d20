"""Hoist: what does not change in a loop is computed before it.

    %4 = for %0, %n, %1 -> real { |%i: int, %acc: real|         %2 = exp %x
      %2 = exp %x                                               %4 = for %0, %n, %1 -> real { |%i: int, %acc: real|
      %3 = add %acc, %2                                =>         %3 = add %acc, %2
      yield %3                                                    yield %3
    }                                                           }

Only operations that cannot fail are moved, for the loop may run no times. What stands in an `if` inside the loop stays
there, because it may be costly and not wanted.
"""

from __future__ import annotations

from qdsl.lang.core.ir import Block, Function, Op, Value
from qdsl.lang.core.rewrite import Rewriter
from qdsl.lang.optimise.effects import is_movable, uses

LOOPS = frozenset({"for", "while", "build"})


def hoist(function: Function) -> Function:
    return _Hoist().rewrite(function)


class _Hoist(Rewriter):
    def keep(self, op: Op) -> None:
        super().keep(op)
        if op.name not in LOOPS:
            return
        loop = self.builder.ops.pop()
        regions = tuple([self.emptied(region) for region in loop.regions])
        if all(new is old for new, old in zip(regions, loop.regions, strict=True)):
            self.builder.ops.append(loop)
        else:
            self.builder.ops.append(Op(loop.name, loop.operands, loop.results, loop.attributes, regions, loop.span))

    def emptied(self, block: Block) -> Block:
        """The block without what could be written before the loop instead."""
        inside: set[Value] = set(block.parameters)
        staying = []
        for op in block.ops:
            if is_movable(op) and not uses(op, inside):
                self.builder.ops.append(op)
            else:
                inside.update(op.results)
                staying.append(op)
        return block if len(staying) == len(block.ops) else Block(block.parameters, tuple(staying), block.yields)
