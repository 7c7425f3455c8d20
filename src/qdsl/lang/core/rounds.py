"""Loops whose rounds do not need each other, and what one round of them does by itself.

    for %lo, %hi, %zero { |%i, %t|                  loads     %x = get %a, %i
      %x = get %a, %i                               own       %1 = mul %x, %k;  %2 = exp %1
      %1 = mul %x, %k                        =>     results   %2
      %2 = exp %1                                   ends      %t takes up the result 0
      %u = add %t, %2
      yield %u
    }

What is carried may be summed up, or be an array of which each round writes the element at its own index. A `build` is
such a loop: it carries the array that it makes. In: an operation. Out: a `Round`, or None where a round needs another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qdsl.lang.core.ir import ArrayType, Block, Function, Op, Value
from qdsl.lang.core.primitives import PRIMITIVES
from qdsl.lang.core.rewrite import copied

ALLOWED = frozenset(PRIMITIVES) | {"const", "table", "select", "check", "get", "len", "if", "call"}
"""What rounds may consist of."""


@dataclass(frozen=True, slots=True)
class Summed:
    """A number that each round adds a result to."""

    result: int


@dataclass(frozen=True, slots=True)
class Written:
    """An array of which each round writes an element: the last index is the round's, `before` are the others."""

    result: int
    before: tuple[Value, ...]


End = Summed | Written


@dataclass(frozen=True, eq=False)
class Round:
    """What a round does: `loads` are the elements at its own index that it begins with, `own` what it does with them,
    `results` what comes of it, and `ends` says of everything carried what becomes of the results. `shared` are values
    from outside, `unchecked` the arrays of one axis whose index is yet to be found inside.
    """

    index: Value
    loads: tuple[Op, ...]
    own: tuple[Op, ...]
    results: tuple[Value, ...]
    ends: tuple[End, ...]
    takes_index: bool
    shared: tuple[Value, ...]
    unchecked: tuple[Value, ...]

    def function(self, name: str) -> Function:
        """A function of what is loaded, then of the index if it takes that, then of what is shared."""
        index = (self.index,) if self.takes_index else ()
        parameters = (*(load.result for load in self.loads), *index, *self.shared)
        new = {value: Value(value.type, value.hint) for value in parameters}
        given = tuple(new.values())
        ops = tuple([copied(op, new) for op in self.own])
        return Function(name, Block(given, ops, tuple([new[value] for value in self.results])))


def round_of(op: Op) -> Round | None:
    """What a round of a loop does; None for what is no loop over one index, or one whose rounds need each other."""
    if op.name != "for" and not (op.name == "build" and len(op.operands) == 1):
        return None
    region = op.regions[0]
    index, *carried = region.parameters
    reading = _Reading(region)
    ends: list[End] = [Written(0, ())] if op.name == "build" else []
    results = list(region.yields) if op.name == "build" else []
    updates: list[Op] = []
    for value, following in zip(carried, region.yields, strict=op.name == "for"):
        end = reading.end(value, following, index, len(results))
        if end is None:
            return None
        ends.append(end[0])
        results.append(end[1])
        updates.append(reading.origin[following])
    loads = [each for each in region.ops if each not in updates and reading.is_load(each, index)]
    own = [each for each in region.ops if each not in updates and each not in loads]
    used = dict.fromkeys((*_used(own), *results))
    loaded = {each.result for each in loads}
    inside = reading.defined - set(region.parameters)
    shared = [each for each in used if each not in inside and each not in loaded and each is not index]
    if not all(map(_is_allowed, own)) or not set(shared).isdisjoint(carried):
        return None
    indexing = [*loads, *(each for each in updates if each.name == "set")]
    unchecked = tuple([each.operands[0] for each in indexing if "inside" not in each.attributes])
    return Round(index, tuple(loads), tuple(own), tuple(results), tuple(ends), index in used, tuple(shared), unchecked)


def _is_allowed(op: Op) -> bool:
    return op.name in ALLOWED and all(_is_allowed(inner) for region in op.regions for inner in region.ops)


def _used(ops: Sequence[Op]) -> Iterator[Value]:
    """What the operations and those inside them use."""
    for op in ops:
        yield from op.operands
        for region in op.regions:
            yield from region.yields
            yield from _used(region.ops)


class _Reading:
    """What is known of the values of a loop's region."""

    def __init__(self, region: Block) -> None:
        self.origin: dict[Value, Op] = {result: op for op in region.ops for result in op.results}
        self.defined: set[Value] = set(region.parameters)
        self.uses: Counter[Value] = Counter(region.yields)
        for op in region.walk():
            self.defined.update(op.results)
            self.uses.update(op.operands)
            for inner in op.regions:
                self.defined.update(inner.parameters)
                self.uses.update(inner.yields)

    def end(self, carried: Value, following: Value, index: Value, result: int) -> tuple[End, Value] | None:
        """What becomes of something carried, and the value of the round that it takes."""
        op = self.origin.get(following)
        if op is None or self.uses[following] != 1:
            return None
        if op.name == "add" and carried in op.operands and self.uses[carried] == 1:
            (added,) = (value for value in op.operands if value is not carried)
            return Summed(result), added
        if op.name == "set" and op.operands[0] is carried and self.is_at(op, op.operands[1:-1], index):
            places = op.operands[1:-1]
            reads = [each for each in self.origin.values() if carried in each.operands and each is not op]
            is_own = all(each.name == "get" and each.operands[1:] == places for each in reads)
            if is_own and self.uses[carried] == 1 + len(reads):
                return Written(result, places[:-1]), op.operands[-1]
        return None

    def is_load(self, op: Op, index: Value) -> bool:
        """Whether it is the element at the round's index of an array from outside, or of one that is carried."""
        if op.name != "get" or op.operands[0] in self.origin:
            return False
        return isinstance(op.operands[0].type, ArrayType) and self.is_at(op, op.operands[1:], index)

    def is_at(self, op: Op, places: Sequence[Value], index: Value) -> bool:
        """Whether these indices are the round's after others from outside, which are known to be inside."""
        if len(places) > 1 and "inside" not in op.attributes:
            return False
        return places[-1] is index and all(value not in self.defined for value in places[:-1])
