"""`if` where lanes part.

%r = if %c { A } else { B }      =>      short arms that cannot fail: A, B, select %c

                                         %second = and %mask, not %c
                                         %b = if any %second { B in these lanes } else { anything }
                                         %r = if any (and %mask, %c) { A in these; blend with %b } else { %b }
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qdsl.lang.core.builder import Builder
from qdsl.lang.core.ir import BOOL, INT, REAL, ArrayType, Block, Op, Scalar, Type, Value, scalar_of, width_of
from qdsl.lang.core.primitives import PRIMITIVES

if TYPE_CHECKING:
    from qdsl.lang.lanes.body import Body

STRAIGHT_OPS = 24
"""Both arms are run if they have no more operations than this."""

ZERO: dict[Scalar, bool | int | float] = {BOOL: False, INT: 0, REAL: 0.0}


def if_(body: Body, op: Op) -> None:
    condition = body.new[op.operands[0]]
    if not width_of(condition.type):
        then, otherwise = (body.region(region, op.results) for region in op.regions)
        body.define(op.results, body.builder.if_(condition, then, otherwise, body.types(op.results)))
    elif all(map(_is_straight, op.regions)) and sum(len(region.ops) for region in op.regions) <= STRAIGHT_OPS:
        _both_arms(body, op, condition)
    else:
        _arms_taken(body, op, condition)


def _is_straight(region: Block) -> bool:
    """Whether nothing in it can fail, nor takes the time or memory of arrays and loops."""
    return all(
        (op.name in PRIMITIVES and not PRIMITIVES[op.name].fails)
        or op.name == "const"
        or (op.name == "get" and "inside" in op.attributes and not isinstance(op.operands[0].type, ArrayType))
        or (op.name == "select" and not isinstance(op.result.type, ArrayType))
        for op in region.ops
    )


def _both_arms(body: Body, op: Op, condition: Value) -> None:
    for region in op.regions:
        body.ops(region)
    then, otherwise = op.regions
    for result, yes, no in zip(op.results, then.yields, otherwise.yields, strict=True):
        varies = result in body.varying
        new = body.chosen(condition, body.wide(yes), body.wide(no)) if varies else body.new[yes]
        body.define([result], [new])


def _arms_taken(body: Body, op: Op, condition: Value) -> None:
    """Each arm that some lane takes, the second first; each lane keeps the results of its own."""
    b = body.builder
    then, otherwise = op.regions
    types = body.types(op.results)
    pairs = list(zip(then.yields, otherwise.yields, strict=True))
    first_keeps = [body.keeping.keeps(yes, no) for yes, no in pairs]
    second_keeps = [body.keeping.keeps(no, yes) for yes, no in pairs]
    first, second = body.running_where(condition), body.running_where(b.op("not", condition))

    def instead(inner: Builder) -> list[Value]:
        """Where no lane takes the second arm: what the first arm goes on from, if it is that, else nothing's value."""
        with body.writing(inner):
            return [
                body.as_result(no if a else yes, result) if a or c else placeholder(inner, type_)
                for result, (yes, no), a, c, type_ in zip(
                    op.results, pairs, first_keeps, second_keeps, types, strict=True
                )
            ]

    with body.running(second):
        seconds = b.if_(b.any(second), body.region(otherwise, op.results), instead, types=types)

    def run_first(inner: Builder) -> list[Value]:
        firsts = body.region(then, op.results)(inner)
        with body.writing(inner):
            not_second = inner.op("not", second)
            return [
                yes if a or not width_of(yes.type) else no if c else body.chosen(not_second, yes, no)
                for yes, no, a, c in zip(firsts, seconds, first_keeps, second_keeps, strict=True)
            ]

    with body.running(first):
        body.define(op.results, b.if_(b.any(first), run_first, lambda _: seconds, types=types))


def placeholder(builder: Builder, type_: Type) -> Value:
    """A value of the type that no lane will look at."""
    zero, width = ZERO[scalar_of(type_)], width_of(type_)

    def element(inner: Builder) -> Value:
        number = inner.const(zero)
        return inner.splat(number, width) if width else number

    if not isinstance(type_, ArrayType):
        return element(builder)
    lengths = [builder.const(length or 0) for length in type_.shape]
    return builder.build(lengths, lambda inner, *_: element(inner), type_.shape)
