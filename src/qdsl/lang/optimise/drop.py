"""Drop: leave out what nobody uses.

    %1 = exp %x                        %2 = mul %x, %x
    %2 = mul %x, %x           =>       return %2
    return %2

Also results of an `if` and values carried around a loop of which nothing comes but themselves. What may fail stays,
and so does what it needs: `effects` says which operations these are.

First everything that is needed is marked, from the function's results and the operations with an effect back to what
they are made of; then the function is written again with what is marked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qdsl.lang.core.ir import Block, Function, Op, Value
from qdsl.lang.optimise.effects import has_effect

LOOPS = ("for", "while")


def drop(function: Function) -> Function:
    needed = _Needed(function)
    body = _Kept(needed).block(function.body, function.body.yields)
    return function if body is function.body else Function(function.name, body, function.span)


class _Needed:
    """The values and operations of a function that something needs. `made` says which operation a value comes from, and
    as which of its results; of what a loop carries, the loop and its place.
    """

    def __init__(self, function: Function) -> None:
        self.made: dict[Value, tuple[Op, int]] = {}
        self.values: set[Value] = set()
        self.ops: set[Op] = set()
        every = list(function.body.walk())
        constants = {op.result: op.attributes["value"] for op in every if op.name == "const"}
        for op in every:
            for place, result in enumerate(op.results):
                self.made[result] = op, place
            if op.name in LOOPS:
                for region in op.regions:
                    carried = region.parameters[len(region.parameters) - len(op.results) :]
                    self.made.update((value, (op, place)) for place, value in enumerate(carried))
        waiting: list[Value] = list(function.body.yields)
        for op in every:
            if has_effect(op, constants.get):
                self.ops.add(op)
                waiting.extend(_of_any(op))
        self.mark(waiting)

    def mark(self, waiting: list[Value]) -> None:
        """These values and all that they need."""
        while waiting:
            value = waiting.pop()
            if value in self.values:
                continue
            self.values.add(value)
            found = self.made.get(value)
            if found is None:
                continue
            op, place = found
            if op not in self.ops:
                self.ops.add(op)
                waiting.extend(_of_any(op))
            waiting.extend(_of_one(op, place))

    def carries(self, loop: Op, place: int) -> bool:
        """Whether what a loop carries at this place is needed, after it or in it."""
        count = len(loop.results)
        return loop.results[place] in self.values or any(
            region.parameters[len(region.parameters) - count + place] in self.values for region in loop.regions
        )


def _of_any(op: Op) -> Iterable[Value]:
    """What an operation needs whatever is used of it."""
    if op.name == "if":
        return op.operands
    if op.name in LOOPS:
        bounds = op.operands[: len(op.operands) - len(op.results)]
        return (*bounds, *(value for region in op.regions[:-1] for value in region.yields))  # a `while`'s condition
    return (*op.operands, *(value for region in op.regions for value in region.yields))


def _of_one(op: Op, place: int) -> Iterable[Value]:
    """What one of its results needs."""
    if op.name == "if":
        return [region.yields[place] for region in op.regions]
    if op.name in LOOPS:
        return op.operands[len(op.operands) - len(op.results) + place], op.regions[-1].yields[place]
    return ()


class _Kept:
    """Writes what is needed."""

    def __init__(self, needed: _Needed) -> None:
        self.needed = needed

    def block(self, block: Block, yields: Sequence[Value], parameters: Sequence[Value] | None = None) -> Block:
        """The block with only these yields and, if given, only these parameters."""
        kept = [self.op(op) for op in block.ops if op in self.needed.ops]
        parameters = block.parameters if parameters is None else parameters
        if _same(kept, block.ops) and _same(yields, block.yields) and _same(parameters, block.parameters):
            return block
        return Block(tuple(parameters), tuple(kept), tuple(yields))

    def op(self, op: Op) -> Op:
        """The op with what is used of it."""
        if not op.regions:
            return op
        if op.name in LOOPS:
            return self.loop(op)
        used = [op.name != "if" or result in self.needed.values for result in op.results]
        regions = [self.block(each, _where(used, each.yields)) for each in op.regions]
        return _with(op, op.operands, _where(used, op.results), regions)

    def loop(self, op: Op) -> Op:
        """A loop that carries what is needed. The condition of a `while` hands nothing on."""
        used = [self.needed.carries(op, place) for place in range(len(op.results))]
        bounds = len(op.operands) - len(op.results)
        regions = []
        for region in op.regions:
            own = len(region.parameters) - len(used)  # the index of a `for`
            parameters = (*region.parameters[:own], *_where(used, region.parameters[own:]))
            yields = _where(used, region.yields) if region is op.regions[-1] else region.yields
            regions.append(self.block(region, yields, parameters))
        operands = (*op.operands[:bounds], *_where(used, op.operands[bounds:]))
        return _with(op, operands, _where(used, op.results), regions)


def _with(op: Op, operands: Sequence[Value], results: Sequence[Value], regions: Sequence[Block]) -> Op:
    if _same(operands, op.operands) and _same(results, op.results) and _same(regions, op.regions):
        return op
    return Op(op.name, tuple(operands), tuple(results), op.attributes, tuple(regions), op.span)


def _where(used: Sequence[bool], values: Sequence[Value]) -> tuple[Value, ...]:
    return tuple([value for value, use in zip(values, used, strict=True) if use])


def _same(left: Sequence[object], right: Sequence[object]) -> bool:
    return len(left) == len(right) and all(one is other for one, other in zip(left, right, strict=True))
