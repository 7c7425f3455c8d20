"""Decide: take the branch, the trip or the element that is known.

    %c = const true
    %1 = if %c -> real {               %2 = exp %x, and what used %1
      %2 = exp %x             =>       uses %2
      yield %2
    } else { .. }

Also: a `select` between equal values, a `check` of what is true, a `watch` over what is small, a loop that runs not at
all or once, a value that a loop carries unchanged, the length or an element of an array that was just made, and a
number of a table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qdsl.lang.core.ir import ArrayType, Block, Function, Op, Value
from qdsl.lang.core.rewrite import Rewriter
from qdsl.lang.core.sightings import is_above


def decide(function: Function) -> Function:
    return _Decide().rewrite(function)


class _Decide(Rewriter):
    def rule(self, op: Op) -> Sequence[Value] | None:
        rule = RULES.get(op.name)
        return rule(self, op) if rule is not None else None


def _select(r: Rewriter, op: Op) -> Sequence[Value] | None:
    condition, then, otherwise = op.operands
    if then is otherwise:
        return (then,)
    match r.constant(condition):
        case True:
            return (then,)
        case False:
            return (otherwise,)
    if inverted := r.made_by(condition, "not"):
        return (r.builder.select(inverted.operands[0], otherwise, then),)
    if r.constant(then) is True and r.constant(otherwise) is False:
        return (condition,)
    return None


def _check(r: Rewriter, op: Op) -> Sequence[Value] | None:
    return () if r.constant(op.operands[0]) is True else None


def _watch(r: Rewriter, op: Op) -> Sequence[Value] | None:
    worst = r.constant(op.operands[0])
    return () if worst is not None and not is_above(op.attributes["watch"], [worst]) else None


def _if(r: Rewriter, op: Op) -> Sequence[Value] | None:
    match r.constant(op.operands[0]):
        case True:
            return r.splice(op.regions[0])
        case False:
            return r.splice(op.regions[1])
        case _:
            return None


def _for(r: Rewriter, op: Op) -> Sequence[Value] | None:
    low, high, *initial = op.operands
    first, end = r.constant(low), r.constant(high)
    if low is high or (first is not None and end is not None and first >= end):
        return initial
    if first is not None and end == first + 1:
        return r.splice(op.regions[0], (low, *initial))
    return _without_constants(r, op, initial)


def _while(r: Rewriter, op: Op) -> Sequence[Value] | None:
    return _without_constants(r, op, op.operands)


def _without_constants(r: Rewriter, op: Op, initial: Sequence[Value]) -> Sequence[Value] | None:
    """The loop without what every trip hands on as it came."""
    body = op.regions[-1]
    count = len(initial)
    own = len(body.parameters) - count  # the index of a `for`
    stays = [given is parameter for given, parameter in zip(body.yields, body.parameters[own:], strict=True)]
    if not any(stays):
        return None
    regions = []
    for region in op.regions:
        carried = region.parameters[own:]
        r.replaced.update(zip(_where(stays, carried), _where(stays, initial), strict=True))
        parameters = (*region.parameters[:own], *_unless(stays, carried))
        regions.append(
            Block(parameters, region.ops, _unless(stays, region.yields) if region is body else region.yields)
        )
    operands = (*op.operands[: len(op.operands) - count], *_unless(stays, initial))
    r.keep(Op(op.name, operands, _unless(stays, op.results), op.attributes, tuple(regions), op.span))
    return [value if constant else result for constant, value, result in zip(stays, initial, op.results, strict=True)]


def _where(marks: Sequence[bool], values: Sequence[Value]) -> tuple[Value, ...]:
    return tuple([value for mark, value in zip(marks, values, strict=True) if mark])


def _unless(marks: Sequence[bool], values: Sequence[Value]) -> tuple[Value, ...]:
    return tuple([value for mark, value in zip(marks, values, strict=True) if not mark])


def _len(r: Rewriter, op: Op) -> Sequence[Value] | None:
    (array,) = op.operands
    axis = op.attributes["axis"]
    assert isinstance(array.type, ArrayType)
    length = array.type.shape[axis]
    if length is not None:
        return (r.builder.const(length),)
    if changed := r.made_by(array, "set"):
        return (r.builder.len(changed.operands[0], axis),)
    if built := r.made_by(array, "build"):
        asked = built.operands[axis]
        return (asked,) if _is_length(r, asked) else None
    if looped := r.made_by(array, "for"):
        return _len_of_carried(r, looped, looped.results.index(array), axis)
    return None


def _is_length(r: Rewriter, number: Value) -> bool:
    """Whether a number cannot be negative, so that an array asked for has it as its length."""
    known = r.constant(number)
    return known >= 0 if known is not None else r.made_by(number, "len") is not None


def _len_of_carried(r: Rewriter, loop: Op, place: int, axis: int) -> Sequence[Value] | None:
    """An array of which rounds write elements has the length that it began with."""
    body = loop.regions[0]
    origin = {result: op for op in body.ops for result in op.results}
    value, carried = body.yields[place], body.parameters[1 + place]
    while value is not carried:
        op = origin.get(value)
        if op is None or op.name != "set":
            return None
        value = op.operands[0]
    return (r.builder.len(loop.operands[2 + place], axis),)


def _get(r: Rewriter, op: Op) -> Sequence[Value] | None:
    array, *indices = op.operands
    at = r.constant(indices[0])
    made = r.made_by(array, "array")
    if made and at is not None and 0 <= at < len(made.operands):
        return (made.operands[at],)
    table = r.made_by(array, "table")
    return _of_table(r, table, [r.constant(index) for index in indices]) if table else None


def _of_table(r: Rewriter, table: Op, indices: Sequence[int | None]) -> Sequence[Value] | None:
    """The number at these indices, if they are known and inside."""
    assert isinstance(table.result.type, ArrayType)
    at = 0
    for index, length in zip(indices, table.result.type.shape, strict=True):
        if index is None or length is None or not 0 <= index < length:
            return None
        at = at * length + index
    return (r.builder.const(table.attributes["numbers"].values[at]),)


RULES: dict[str, Callable[[Rewriter, Op], Sequence[Value] | None]] = {
    "select": _select,
    "check": _check,
    "watch": _watch,
    "if": _if,
    "for": _for,
    "while": _while,
    "len": _len,
    "get": _get,
}
