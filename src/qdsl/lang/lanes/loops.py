"""Loops where lanes part: they run while any lane does, and a lane that has left keeps what it carries.

    %y = while %x { |%a| C(%a) } { |%a| B(%a) }       =>   %on = C(%x)
                                                           %y = while %on, %x { |%on, %a| any %on } { |%on, %a|
                                                             %b = select %on, B(%a), %a
                                                             yield (and %on, C(%b)), %b }

    for %lo, %hi where %hi varies: rounds up to the highest %hi, in the lanes whose own is above the index
    for %lo, %hi where %lo varies: a while with an index for each lane

What is carried and is the same in all lanes that run, such as a counter, stays one number; what each lane had of it
when it left is carried beside it if it is used after the loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qdsl.lang.core.builder import Builder, Region, widened
from qdsl.lang.core.ir import BOOL, INT, Block, Lanes, Op, Type, Value, width_of

if TYPE_CHECKING:
    from qdsl.lang.lanes.body import Body


def for_(body: Body, op: Op) -> None:
    low, high = (body.new[bound] for bound in op.operands[:2])
    if width_of(low.type):
        _for_each_its_own(body, op, low, body.in_lanes(high))
    elif width_of(high.type):
        _for_some(body, op, low, high)
    else:
        carried = body.as_results(op.operands[2:], op.results)
        write = body.region(op.regions[0], op.results)
        body.define(op.results, body.builder.for_(low, high, carried, write, body.types(op.results)))


def while_(body: Body, op: Op) -> None:
    condition, rounds = op.regions
    if condition.yields[0] in body.varying:
        _while_some(body, op, condition, rounds)
    else:
        carried = body.as_results(op.operands, op.results)
        test, write = body.region(condition, condition.yields), body.region(rounds, op.results)
        body.define(op.results, body.builder.while_(carried, test, write, body.types(op.results)))


def _while_some(body: Body, op: Op, condition: Block, rounds: Block) -> None:
    state = _Carried(body, op, op.operands, rounds.parameters, rounds.yields)

    def goes_on(values: Sequence[Value]) -> Value:
        """The lanes that run another round."""
        body.define(condition.parameters, values)
        body.ops(condition)
        return body.running_where(body.wide(condition.yields[0]))

    def round_(inner: Builder, on: Value, *carried: Value) -> list[Value]:
        with body.writing(inner), body.running(on):
            body.count(on)
            state.open(carried)
            body.ops(rounds)
            following = state.close(on)
            return [goes_on(following[: len(rounds.yields)]), *following]

    on = goes_on(state.start[: len(rounds.yields)])
    results = _while_any(body, [on, *state.start], round_, [Lanes(BOOL, body.width), *state.types])
    state.finish(results[1:])


def _for_some(body: Body, op: Op, low: Value, high: Value) -> None:
    """All start at the same index, and leave at their own."""
    b = body.builder
    (rounds,) = op.regions
    own_high = high if body.mask is None else b.select(body.mask, high, b.splat(low, body.width))
    state = _Carried(body, op, op.operands[2:], rounds.parameters[1:], rounds.yields)

    def round_(inner: Builder, index: Value, *carried: Value) -> list[Value]:
        with body.writing(inner):
            on = inner.op("ilt", inner.splat(index, body.width), own_high)
            with body.running(on):
                body.define(rounds.parameters[:1], [index])
                body.count(on)
                state.open(carried)
                body.ops(rounds)
                return state.close(on)

    state.finish(b.for_(low, b.highest(own_high), state.start, round_, state.types))


def _for_each_its_own(body: Body, op: Op, low: Value, high: Value) -> None:
    """Each lane has an index of its own."""
    (rounds,) = op.regions
    state = _Carried(body, op, op.operands[2:], rounds.parameters[1:], rounds.yields)

    def round_(inner: Builder, on: Value, index: Value, *carried: Value) -> list[Value]:
        with body.writing(inner), body.running(on):
            body.define(rounds.parameters[:1], [index])
            body.count(on)
            state.open(carried)
            body.ops(rounds)
            following = inner.op("wadd", index, body.constant(1))
            goes_on = body.running_where(inner.op("ilt", following, high))
            return [goes_on, following, *state.close(on)]

    on = body.running_where(body.builder.op("ilt", low, high))
    types = [Lanes(BOOL, body.width), Lanes(INT, body.width), *state.types]
    results = _while_any(body, [on, low, *state.start], round_, types)
    state.finish(results[2:])


def _while_any(body: Body, start: Sequence[Value], round_: Region, types: Sequence[Type]) -> tuple[Value, ...]:
    """Rounds while any lane runs; which lanes do is the first thing carried."""
    return body.builder.while_(start, lambda inner, on, *_: [inner.any(on)], round_, types)


class _Carried:
    """What a loop carries: for each parameter one value, in lanes if it varies, then what lanes left with."""

    def __init__(
        self, body: Body, op: Op, start: Sequence[Value], parameters: Sequence[Value], yields: Sequence[Value]
    ) -> None:
        self.body, self.results, self.parameters, self.yields = body, op.results, parameters, yields
        used = body.keeping.used
        self.left = [
            at
            for at, (result, parameter) in enumerate(zip(op.results, parameters, strict=True))
            if result in body.varying and parameter not in body.varying and result in used
        ]
        self.start = body.as_results(start, parameters) + [body.wide(start[at]) for at in self.left]
        self.types = body.types(parameters) + [widened(parameters[at].type, body.width) for at in self.left]
        self.before: Sequence[Value] = ()

    def open(self, values: Sequence[Value]) -> None:
        """At the start of a round."""
        self.before = values
        self.body.define(self.parameters, values[: len(self.parameters)])

    def close(self, on: Value) -> list[Value]:
        """At its end: what is carried on; lanes that did not run keep theirs."""
        body, before = self.body, self.before
        following = [
            body.as_result(value, parameter)
            if parameter not in body.varying or body.keeping.keeps(value, parameter)
            else body.chosen(on, body.wide(value), before[at])
            for at, (value, parameter) in enumerate(zip(self.yields, self.parameters, strict=True))
        ]
        last = before[len(self.parameters) :]
        return following + [
            body.chosen(on, body.wide(self.yields[at]), old) for at, old in zip(self.left, last, strict=True)
        ]

    def finish(self, values: Sequence[Value]) -> None:
        """After the loop."""
        count = len(self.parameters)
        self.body.define(self.results, values[:count])
        self.body.define([self.results[at] for at in self.left], values[count:])
