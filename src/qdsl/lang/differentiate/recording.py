"""A loop that also writes down what it carries at the start of each round, so that the rounds can be gone back through.

    %y = for 0, %n, %x { |%i, %a|           %y, %t = for 0, %n, %x, (zeros %n) { |%i, %a, %t|
      %b = B(%i, %a)                 =>       %u = set %t, %i, %a
      yield %b                                %b = B(%i, %a)
    }                                         yield %b, %u
                                            }

A number is kept in an array of the length of the loop, an array in one with an axis more. A `while` is first run for
the number of its rounds alone, as memory is taken in one piece.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qdsl.lang.core.builder import Builder
from qdsl.lang.core.ir import BOOL, INT, ArrayType, Block, Op, Scalar, Type, Value, scalar_of
from qdsl.lang.core.rewrite import copy_block
from qdsl.lang.differentiate.regions import fill
from qdsl.lang.differentiate.trip import Values, lengths

NOTHING: dict[Scalar, bool | int | float] = {BOOL: False, INT: 0, Scalar.REAL: 0.0}


@dataclass(frozen=True)
class Tape:
    """What was carried at one place, by round. `like` is a value of the lengths that each had."""

    rounds: Value
    like: Value

    def load(self, b: Builder, index: Value, value: Value) -> None:
        """Define `value` as what was carried at the start of a round."""
        if isinstance(self.like.type, ArrayType):
            b.build(
                lengths(b, self.like),
                lambda inner, *at: inner.get(self.rounds, index, *at, inside=True),
                self.like.type.shape,
            )
        else:
            b.get(self.rounds, index, inside=True)
        op = b.ops[-1]
        b.ops[-1] = Op(op.name, op.operands, (value,), op.attributes, op.regions, op.span)


def count_of_for(low: Value, high: Value, before: Builder) -> Value:
    """How many rounds a `for` has."""
    return before.op("imax", before.op("wsub", high, low), before.const(0))


def count_of_while(loop: Op, before: Builder) -> Value:
    """How many rounds a `while` has: run without what it is for."""
    condition, body = loop.regions
    types = [value.type for value in loop.results]

    def test(inner: Builder, _: Value, *carried: Value) -> Values:
        return copy_block(condition, carried, inner)

    def round_(inner: Builder, count: Value, *carried: Value) -> Values:
        return (inner.op("wadd", count, inner.const(1)), *copy_block(body, carried, inner))

    return before.while_((before.const(0), *loop.operands), test, round_, [INT, *types])[0]


def recorded(loop: Op, count: Value, places: Sequence[int], before: Builder) -> tuple[Op, list[Tape]]:
    """The loop with tapes of what it carries at these places. `before` takes what is to stand before it."""
    first = len(loop.operands) - len(loop.results)
    initial = [loop.operands[first + place] for place in places]
    types = [loop.results[place].type for place in places]
    tapes = [_empty(before, count, *each) for each in zip(initial, types, strict=True)]
    extra = [before.const(0), *tapes] if loop.name == "while" else tapes  # a `while` counts its rounds
    extra_types = [value.type for value in extra]
    regions = [
        *(_carrying(region, extra_types) for region in loop.regions[:-1]),
        _recording(loop, loop.regions[-1], places, initial, extra_types),
    ]
    results = tuple([Value(type_) for type_ in extra_types])
    operands = (*loop.operands, *extra)
    new = Op(loop.name, operands, (*loop.results, *results), loop.attributes, tuple(regions), loop.span)
    written = results[len(results) - len(places) :]
    return new, [Tape(*each) for each in zip(written, initial, strict=True)]


def _carrying(condition: Block, types: Sequence[Type]) -> Block:
    """The condition of a loop that carries more."""
    return Block((*condition.parameters, *(Value(type_) for type_ in types)), condition.ops, condition.yields)


def _empty(before: Builder, count: Value, value: Value, type_: Type) -> Value:
    """Where there is room for a value at each round."""
    nothing = NOTHING[scalar_of(type_)]
    along = [count, *lengths(before, value)] if isinstance(type_, ArrayType) else [count]
    shape = (None, *type_.shape) if isinstance(type_, ArrayType) else (None,)
    return before.build(along, lambda inner, *_: inner.const(nothing), shape)


def _recording(loop: Op, body: Block, places: Sequence[int], initial: Sequence[Value], types: Sequence[Type]) -> Block:
    """The rounds, writing down first what they begin with."""
    b = Builder(span=loop.span)
    own = len(body.parameters) - len(loop.results)
    extra = [Value(type_) for type_ in types]
    ends: list[Value] = []
    if loop.name == "while":
        index, *tapes = extra
        ends.append(b.op("wadd", index, b.const(1)))
    else:
        index, tapes = b.op("wsub", body.parameters[0], loop.operands[0]), extra
    for tape, place, like in zip(tapes, places, initial, strict=True):
        ends.append(_written(b, tape, index, body.parameters[own + place], like))
    return Block((*body.parameters, *extra), (*b.ops, *body.ops), (*body.yields, *ends))


def _written(b: Builder, tape: Value, index: Value, value: Value, like: Value) -> Value:
    if not isinstance(value.type, ArrayType):
        return b.set(tape, (index,), value, inside=True)

    def element(inner: Builder, at: Values, tapes: Values) -> Values:
        return (inner.set(tapes[0], (index, *at), inner.get(value, *at, inside=True), inside=True),)

    return fill(b, lengths(b, like), (tape,), element)[0]
