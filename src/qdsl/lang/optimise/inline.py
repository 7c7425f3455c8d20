"""Inline: a call becomes what the function does.

    func @half(%x: real) -> (real) { .. }                %1 = const 2.0
                                               =>        %2 = div %t, %1
    %1 = call @half(%t) -> real

Every call of a function that cannot come to call itself is inlined, callees first, until a function has grown to
`LARGEST` operations: then the rest of its calls stay. Nesting of calls is counted only for recursive functions
(`core.calls`), so that nothing else changes. What was inlined still says where the call was (`Span.caller`).
"""

from __future__ import annotations

from collections.abc import Mapping

from qdsl.lang.core.calls import reachable, recursive
from qdsl.lang.core.ir import Function, Module, Op, Value
from qdsl.lang.core.rewrite import Rewriter, copy_block

LARGEST = 4_000
"""Operations in one function: doubling at every level of a chain of calls must end."""


def inline(module: Module) -> Module:
    """All functions of the module, their calls inlined."""
    again = recursive(module)
    done: dict[str, Function] = {}
    for name in reachable(module, module.functions):
        bodies = {callee: function for callee, function in done.items() if callee not in again}
        done[name] = _Inline(bodies, _size(module.functions[name])).rewrite(module.functions[name])
    if all(done[name] is function for name, function in module.functions.items()):
        return module
    return Module({name: done[name] for name in module.functions})


class _Inline(Rewriter):
    def __init__(self, bodies: Mapping[str, Function], size: int) -> None:
        super().__init__()
        self.bodies = bodies
        self.size = size

    def rule(self, op: Op) -> tuple[Value, ...] | None:
        callee = self.bodies.get(op.attributes["function"]) if op.name == "call" else None
        if callee is None:
            return None
        growth = _size(callee)
        if self.size + growth > LARGEST:
            return None
        self.size += growth
        return copy_block(callee.body, op.operands, self.builder, call=op.span)


def _size(function: Function) -> int:
    return sum(1 for _ in function.body.walk())
