"""Which uses of an array may take its memory instead of a copy.

    %v = build %n ...            %v = build %n ...
    %w = set %v, %i, %x    =>    %v[%i] := %x          (nobody reads %v again)
    return %w                    return %v

Arrays are values, so `set`, the start and the next round of a loop, and what a region or function yields must each
have memory of their own. Such an operand is *taken*: moved if nothing can read it afterwards, else copied. All other
uses only read. Parameters of a function belong to its caller, those of a `while` condition to the loop, and tables are
constants: they are never moved.

Out comes the set of moves, each an operand of an operation or a yield of a block, by its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from qdsl.lang.core.ir import ArrayType, Block, Function, Op, Value

Use = tuple[Op | Block, int]

TAKING = {
    "set": slice(0, 1),
    "select": slice(1, 3),
    "blend": slice(1, 2),
    "for": slice(2, None),
    "while": slice(0, None),
}
"""Operations that take array operands, and which."""


def moves(function: Function) -> frozenset[Use]:
    """Every use that may take its array's memory."""
    tables = [op.result for op in function.body.walk() if op.name == "table"]
    search = _Search(borrowed={*function.parameters, *tables})
    search.block(function.body, set())
    return frozenset(search.found)


@dataclass
class _Search:
    """A walk from the last operation to the first; `live` is what may still be read."""

    borrowed: set[Value]
    found: set[Use] = field(default_factory=set)

    def block(self, block: Block, live: set[Value]) -> None:
        """Walk a block after which `live` is read; on return `live` is what it needs from before."""
        self._take(block, block.yields, range(len(block.yields)), live)
        live.update(block.yields)
        for op in reversed(block.ops):
            live.difference_update(op.results)
            self._op(op, live)

    def _op(self, op: Op, live: set[Value]) -> None:
        captured = set().union(*map(_captured, op.regions)) if op.regions else set()
        taking = TAKING.get(op.name)
        if taking is not None:
            self._take(op, op.operands, range(len(op.operands))[taking], live | captured)
        self._regions(op, live, captured)
        live.update(captured)
        live.update(op.operands)

    def _regions(self, op: Op, live: set[Value], captured: set[Value]) -> None:
        """The arms of an `if` run once, so they may move what nobody reads later; a loop's body comes round again."""
        if op.name == "while":
            self.borrowed.update(op.regions[0].parameters)
        after = live if op.name == "if" else live | captured
        for region in op.regions:
            self.block(region, set(after))

    def _take(self, user: Op | Block, operands: Sequence[Value], taken: range, live: set[Value]) -> None:
        for index in taken:
            value = operands[index]
            last = value not in live and value not in operands[index + 1 :]
            if last and value not in self.borrowed and isinstance(value.type, ArrayType):
                self.found.add((user, index))


def _captured(block: Block) -> set[Value]:
    """What a region reads that is defined outside it."""
    inside: set[Value] = set(block.parameters)
    used: set[Value] = set(block.yields)
    for op in block.walk():
        used.update(op.operands)
        inside.update(op.results)
        for region in op.regions:
            inside.update(region.parameters)
            used.update(region.yields)
    return used - inside
