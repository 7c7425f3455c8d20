"""Share: compute once what is computed twice.

    %1 = exp %x                        %1 = exp %x
    %2 = exp %x               =>       %3 = add %1, %1
    %3 = add %1, %2

The first of two equal operations serves where it is in scope: for the rest of its block and the regions in it. An
operation that may fail is shared too: had it failed, the second would not be reached. Calls are shared because
functions are pure; `if`, loops and `build` are not compared.
"""

from __future__ import annotations

from collections.abc import Hashable

from qdsl.lang.core.ir import Block, Function, Op, Value
from qdsl.lang.core.primitives import PRIMITIVES
from qdsl.lang.core.rewrite import Rewriter

COMMUTES = frozenset(name for name, primitive in PRIMITIVES.items() if primitive.commutes)


def share(function: Function) -> Function:
    return _Share().rewrite(function)


class _Share(Rewriter):
    """`scopes` has what each block around this place, the innermost last, computed so far."""

    def __init__(self) -> None:
        super().__init__()
        self.scopes: list[dict[Hashable, tuple[Value, ...]]] = []

    def block(self, block: Block) -> Block:
        self.scopes.append({})
        new = super().block(block)
        self.scopes.pop()
        return new

    def rule(self, op: Op) -> tuple[Value, ...] | None:
        if op.regions:
            return None
        key = _key(op)
        for scope in self.scopes:
            if key in scope:
                return scope[key]
        self.scopes[-1][key] = op.results
        return None


def _key(op: Op) -> Hashable:
    """Equal for two operations exactly when they compute the same."""
    if op.name == "const":
        value = op.attributes["value"]
        return type(value), repr(value)  # which tells 1 from 1.0 and 0.0 from -0.0
    if op.name == "table":
        return op.name, op.result.type, op.attributes["numbers"]
    if op.name in COMMUTES and id(op.operands[0]) > id(op.operands[1]):
        return op.name, op.operands[1], op.operands[0]
    if op.attributes:
        return op.name, *op.operands, *op.attributes.values()
    if not op.operands:  # an empty array has only its type to tell it
        return op.name, op.result.type
    return op.name, *op.operands
