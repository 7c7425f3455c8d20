"""Drop: leave out what nobody uses.

    %1 = exp %x                        %2 = mul %x, %x
    %2 = mul %x, %x           =>       return %2
    return %2

Also results of an `if` and values carried around a loop of which nothing comes but themselves. What may fail stays,
and so does what it needs: `effects` says which operations these are.
"""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.lang.core.ir import Block, Function, Op, Value
from qdsl.lang.optimise.effects import Constant, has_effect


def drop(function: Function) -> Function:
    constants = {op.result: op.attributes["value"] for op in function.body.walk() if op.name == "const"}
    body = _Drop(constants.get).block(function.body, function.body.yields)
    return function if body is function.body else Function(function.name, body, function.span)


class _Drop:
    """Goes from the end to the start. `live` has what is used by anything kept so far; it only grows."""

    def __init__(self, constant: Constant) -> None:
        self.constant = constant
        self.live: set[Value] = set()

    def block(self, block: Block, yields: Sequence[Value], parameters: Sequence[Value] | None = None) -> Block:
        """The block with only these yields and, if given, only these parameters."""
        self.live.update(yields)
        kept = [new for op in reversed(block.ops) if (new := self.op(op)) is not None]
        kept.reverse()
        parameters = block.parameters if parameters is None else parameters
        if _same(kept, block.ops) and _same(yields, block.yields) and _same(parameters, block.parameters):
            return block
        return Block(tuple(parameters), tuple(kept), tuple(yields))

    def op(self, op: Op) -> Op | None:
        """The op with what is used of it, or None."""
        if self.live.isdisjoint(op.results) and not has_effect(op, self.constant):
            return None
        if op.name in ("for", "while"):
            return self.loop(op)
        self.live.update(op.operands)
        used = [op.name != "if" or result in self.live for result in op.results]
        regions = tuple([self.block(each, _where(used, each.yields)) for each in op.regions])
        return _with(op, op.operands, _where(used, op.results), regions)

    def loop(self, op: Op) -> Op:
        """A carried value lives if its result does, or if in a trip something lives by it: found by going round."""
        count = len(op.results)
        extra = len(op.operands) - count  # the bounds of a `for`
        used = [result in self.live for result in op.results]
        while True:
            regions = tuple([self.trip(region, used, region is op.regions[-1]) for region in op.regions])
            needed = [use or self.is_read(op, place) for place, use in enumerate(used)]
            if needed == used:
                break
            used = needed
        operands = (*op.operands[:extra], *_where(used, op.operands[extra:]))
        self.live.update(operands)
        return _with(op, operands, _where(used, op.results), regions)

    def trip(self, region: Block, used: Sequence[bool], hands_on: bool) -> Block:
        """A loop's region, carrying only what is used. The condition of a `while` hands nothing on."""
        own = len(region.parameters) - len(used)  # the index of a `for`
        parameters = (*region.parameters[:own], *_where(used, region.parameters[own:]))
        return self.block(region, _where(used, region.yields) if hands_on else region.yields, parameters)

    def is_read(self, op: Op, place: int) -> bool:
        """Whether something alive in a trip reads the carried value at this place."""
        return any(
            region.parameters[len(region.parameters) - len(op.results) + place] in self.live for region in op.regions
        )


def _with(op: Op, operands: tuple[Value, ...], results: tuple[Value, ...], regions: tuple[Block, ...]) -> Op:
    if _same(operands, op.operands) and _same(results, op.results) and _same(regions, op.regions):
        return op
    return Op(op.name, operands, results, op.attributes, regions, op.span)


def _where(used: Sequence[bool], values: Sequence[Value]) -> tuple[Value, ...]:
    return tuple([value for value, use in zip(values, used, strict=True) if use])


def _same(left: Sequence[object], right: Sequence[object]) -> bool:
    return len(left) == len(right) and all(one is other for one, other in zip(left, right, strict=True))
