"""Settle: `grafted(x, y)` is x, once nobody asks for derivatives any more, and `noted(x, y)` is.

    %2 = grafted %x, %y
    %3 = mul %2, %2           =>       %3 = mul %x, %x

What y was made from is then left out, where nothing else needs it. Not one of the passes, which run before a function
is differentiated too.
"""

from __future__ import annotations

from qdsl.lang.core.ir import Module, Op, Value
from qdsl.lang.core.rewrite import Rewriter


def settle(module: Module) -> Module:
    """The same module without derivatives that nobody will take."""
    return Module({name: _Settle().rewrite(function) for name, function in module.functions.items()})


class _Settle(Rewriter):
    def rule(self, op: Op) -> tuple[Value, ...] | None:
        return (op.operands[0],) if op.name in ("grafted", "noted") else None
