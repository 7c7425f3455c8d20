"""Fuse: loops over the same indices become one, and an array between them that nobody else reads is not made.

    %a = build %n { |%i| exp (get %x, %i) }              %s = for 0, %n, 0.0 { |%i, %t|
    %s = for 0, %n, 0.0 { |%i, %t|               =>        add %t, (exp (get %x, %i))
      add %t, (get %a, %i)                               }
    }

An element is computed where it is read, if it is read once. Loops of which no round needs another (`core.rounds`) are
put together, one round after the other, so that what both compute is shared; one may read what the other has written at
its own index. Nothing that may fail comes to stand before or after something else that may.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from qdsl.lang.core.ir import Block, Function, Op, Value
from qdsl.lang.core.rewrite import Rewriter, copied
from qdsl.lang.core.rounds import Round, Written, round_of
from qdsl.lang.optimise.effects import has_effect

NEAR = 24
"""Loops after one with which it may become one: code of hundreds of loops is not gone through for every pair."""

LARGEST = 400
"""Operations of a round beyond which loops are left apart: registers are few."""


def fuse(function: Function) -> Function:
    loops = Counter(op.name for op in function.body.walk() if op.name in ("build", "for"))
    if loops["build"]:
        function = _Elements(function).rewrite(function)
    return _Loops(function).rewrite(function) if loops["for"] > 1 else function


# ── elements ─────────────────────────────────────────────────────────────────────────────────────────────────────


class _Elements(Rewriter):
    """Puts the element of a `build` in the place of the one `get` that reads it."""

    def __init__(self, function: Function) -> None:
        super().__init__()
        self.constants = {op.result: op.attributes["value"] for op in function.body.walk() if op.name == "const"}
        self.uses = Counter(_uses(function.body))
        self.upper: dict[Value, Value] = {}
        self.read_once: set[Value] = set()

    def rule(self, op: Op) -> Sequence[Value] | None:
        if op.name == "build" and len(op.operands) == 1:
            self.upper[op.regions[0].parameters[0]] = op.operands[0]
            if self.uses[op.result] == 1 and not has_effect(op, self.constants.get):
                self.read_once.add(op.result)
        elif op.name == "for" and self.constants.get(op.operands[0]) == 0:
            self.upper[op.regions[0].parameters[0]] = op.operands[1]
        elif op.name == "get" and len(op.operands) == 2:
            array, index = op.operands
            built = self.made_by(array, "build") if array in self.read_once else None
            if built is not None and self.upper.get(index) is built.operands[0]:
                return self.element(built, index)
        return None

    def element(self, built: Op, index: Value) -> Sequence[Value]:
        """The element at an index, computed here."""
        (region,) = built.regions
        new: dict[Value, Value] = {region.parameters[0]: index}
        for op in region.ops:
            self.builder.ops.append(copied(op, new))
        (value,) = region.yields
        return (new.get(value, value),)


def _uses(block: Block) -> Iterator[Value]:
    """Every use of a value."""
    yield from block.yields
    for op in block.ops:
        yield from op.operands
        for region in op.regions:
            yield from _uses(region)


# ── loops ────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Loops(Rewriter):
    """Puts loops of a block together."""

    def __init__(self, function: Function) -> None:
        super().__init__()
        self.constants = {op.result: op.attributes["value"] for op in function.body.walk() if op.name == "const"}
        self.used: dict[Op, frozenset[Value]] = {}
        self.effects: dict[Op, bool] = {}
        self.rounds: dict[Op, Round | None] = {}

    def block(self, block: Block) -> Block:
        ops = list(block.ops)
        at = 0
        while at < len(ops):
            other = self.partner(ops, at)
            if other is None:
                at += 1
            else:  # the loop now stands where the other did, and what came after it comes here
                ops = self.together(ops, at, other)
        if len(ops) != len(block.ops):
            block = Block(block.parameters, tuple(ops), block.yields)
        return super().block(block)

    def rewrite(self, function: Function) -> Function:
        body = self.block(function.body)
        return function if body is function.body else Function(function.name, body, function.span)

    def partner(self, ops: Sequence[Op], at: int) -> int | None:
        """The place of a loop that can be one with the loop at this place. On the way `late` grows: what that loop
        gives, and all that is made of it.
        """
        first = ops[at]
        round_ = self.round(first) if first.name == "for" else None
        if round_ is None or self.has_effect(first):
            return None
        late = set(first.results)
        loops = 0
        for other in range(at + 1, len(ops)):
            op = ops[other]
            next_round = self.round(op) if op.name == "for" else None
            if next_round is not None:
                loops += 1
                if loops > NEAR:
                    return None
                if self.is_together(first, round_, op, next_round, late):
                    return other
            if not late.isdisjoint(self.uses(op)):
                if self.has_effect(op):
                    return None
                late.update(op.results)
        return None

    def is_together(self, first: Op, round_: Round, second: Op, next_round: Round, late: set[Value]) -> bool:
        if not all(map(self.is_same, first.operands[:2], second.operands[:2])):
            return False
        if len(round_.own) + len(next_round.own) > LARGEST:
            return False
        written = _written(first, round_)
        if not late.isdisjoint(self.uses(second) - written.keys()) or not written.keys().isdisjoint(second.operands):
            return False
        reads = Counter(load.operands[0] for load in next_round.loads if load.operands[0] in written)
        if not reads:
            return written.keys().isdisjoint(self.uses(second))
        direct = Counter(_uses(second.regions[0]))
        return all(direct[array] == reads[array] for array in written)

    def dependent(self, ops: Sequence[Op], values: Sequence[Value]) -> tuple[list[Op], set[Value]]:
        """The operations that need these values, and the values with all that is made of them."""
        after: list[Op] = []
        late = set(values)
        for op in ops:
            if not late.isdisjoint(self.uses(op)):
                after.append(op)
                late.update(op.results)
        return after, late

    def uses(self, op: Op) -> frozenset[Value]:
        """All values that an operation uses, inside too; asked for often, and found once."""
        if op not in self.used:
            inside = (value for region in op.regions for value in _uses(region))
            self.used[op] = frozenset(op.operands).union(inside)
        return self.used[op]

    def has_effect(self, op: Op) -> bool:
        if op not in self.effects:
            self.effects[op] = has_effect(op, self.constants.get)
        return self.effects[op]

    def round(self, op: Op) -> Round | None:
        if op not in self.rounds:
            self.rounds[op] = round_of(op)
        return self.rounds[op]

    def is_same(self, left: Value, right: Value) -> bool:
        known: Any = self.constants.get(left)
        return left is right or (known is not None and known == self.constants.get(right))

    def together(self, ops: list[Op], at: int, other: int) -> list[Op]:
        """The two loops as one, where the second stands; what needs the first comes after."""
        first, second = ops[at], ops[other]
        round_ = self.round(first)
        assert round_ is not None
        after, _ = self.dependent(ops[at + 1 : other], first.results)
        before = [op for op in ops[at + 1 : other] if op not in after]
        written = _written(first, round_)
        (one,), (two,) = first.regions, second.regions
        index, *carried = two.parameters
        new = {index: one.parameters[0]}
        body: list[Op] = [*one.ops]
        for op in two.ops:
            if op.name == "get" and op.operands[0] in written:
                new[op.result] = written[op.operands[0]]
                continue
            body.append(copied(op, new))
        region = Block(
            (*one.parameters, *carried), tuple(body), (*one.yields, *(new.get(value, value) for value in two.yields))
        )
        operands, results = (*first.operands, *second.operands[2:]), (*first.results, *second.results)
        loop = Op("for", operands, results, first.attributes, (region,), first.span)
        return [*ops[:at], *before, loop, *after, *ops[other + 1 :]]


def _written(loop: Op, round_: Round) -> dict[Value, Value]:
    """The arrays that come out of a loop, with the element that a round writes at its own index alone."""
    return {
        result: round_.results[end.result]
        for result, end in zip(loop.results, round_.ends, strict=True)
        if isinstance(end, Written) and not end.before
    }
