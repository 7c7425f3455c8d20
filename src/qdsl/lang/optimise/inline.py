"""Inline: a call becomes what the function does.

    func @half(%x: real) -> (real) { .. }                %1 = const 2.0
                                               =>        %2 = div %t, %1
    %1 = call @half(%t) -> real

Every call of a function that cannot come to call itself is inlined, callees first, until a function has grown to
`LARGEST` operations, or all together by `MOST`: then the rest of the calls stay. So do those of a `LONG` function that
is called in several places: the right-hand side of an equation, say, at every stage of a step. Nesting of calls is
counted only for recursive functions (`core.calls`), so that nothing else changes. What was inlined still says where the
call was (`Span.caller`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from qdsl.lang.core.calls import reachable, recursive
from qdsl.lang.core.ir import Function, Module, Op, Value
from qdsl.lang.core.rewrite import Rewriter, copy_block

LARGEST = 4_000
"""Operations in one function: doubling at every level of a chain of calls must end."""

LONG = 400
ROUNDS = 32
"""Operations of a function, and rounds of a loop in it, beside which a call is nothing."""

MOST = 100_000
"""Operations copied in one module, so that a chain of thousands of calls, each longer by the ones below, ends too."""


def inline(module: Module) -> Module:
    """All functions of the module, their calls inlined."""
    again = recursive(module)
    done: dict[str, Function] = {}
    ready: dict[str, Sized] = {}
    calls = _calls(module)
    left = MOST
    for name in reachable(module, module.functions):
        step = _Inline(ready, _size(module.functions[name]), left)
        done[name] = step.rewrite(module.functions[name])
        left = step.left
        if name not in again and (calls[name] <= 1 or not _is_long(done[name], step.size)):
            ready[name] = done[name], step.size
    if all(done[name] is function for name, function in module.functions.items()):
        return module
    return Module({name: done[name] for name in module.functions})


Sized = tuple[Function, int]
"""A function and how many operations it has."""


class _Inline(Rewriter):
    """`size` is that of the function so far, `left` what may still be copied."""

    def __init__(self, ready: Mapping[str, Sized], size: int, left: int) -> None:
        super().__init__()
        self.ready = ready
        self.size = size
        self.left = left

    def rule(self, op: Op) -> tuple[Value, ...] | None:
        found = self.ready.get(op.attributes["function"]) if op.name == "call" else None
        if found is None:
            return None
        callee, growth = found
        if self.size + growth > LARGEST or growth > self.left:
            return None
        self.size += growth
        self.left -= growth
        return copy_block(callee.body, op.operands, self.builder, call=op.span)


def _calls(module: Module) -> Counter[str]:
    """In how many places each function is called."""
    called = (op for function in module.functions.values() for op in function.body.walk() if op.name == "call")
    return Counter(op.attributes["function"] for op in called)


def _is_long(function: Function, size: int) -> bool:
    """Whether a call of it costs nothing beside what it does."""
    if size > LONG:
        return True
    known = {op.result: op.attributes["value"] for op in function.body.walk() if op.name == "const"}
    loops = (op for op in function.body.ops if op.name == "build" and len(op.operands) == 1)
    return any(known.get(op.operands[0], 0) >= ROUNDS and len(op.regions[0].ops) > 8 for op in loops)


def _size(function: Function) -> int:
    return sum(1 for _ in function.body.walk())
