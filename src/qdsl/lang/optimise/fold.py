"""Fold: compute what is already known.

    %1 = const 2.0                     %1 = const 2.0
    %2 = const 3.0            =>       %2 = const 3.0
    %3 = mul %1, %2                    %3 = const 6.0

Only operations whose result is the same on every machine are folded (`Primitive.exact`), so that folding can never
change a bit of an answer. One that would fail (1 div 0) is left alone: it fails where the user wrote it.
"""

from __future__ import annotations

from qdsl.lang.core.ir import Function, Op, Value
from qdsl.lang.core.primitives import PRIMITIVES, Stop
from qdsl.lang.core.rewrite import Rewriter


def fold(function: Function) -> Function:
    return _Fold().rewrite(function)


class _Fold(Rewriter):
    def rule(self, op: Op) -> tuple[Value, ...] | None:
        primitive = PRIMITIVES.get(op.name)
        if primitive is None or not primitive.exact:
            return None
        numbers = [self.constant(operand) for operand in op.operands]
        if None in numbers:
            return None
        try:
            return (self.builder.const(primitive.evaluate(*numbers)),)
        except Stop:
            return None
