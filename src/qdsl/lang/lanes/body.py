"""One wide function: what each value becomes, and the operations that have no regions.

    %1 = mul %x, %n    =>    %0 = splat %n -> <4 x real>; %1 = mul %x, %0        if %x varies and %n does not

In: a function and its varying values. Out: the wide function. Under a mask, operations that may fail get harmless
operands in the lanes that do not run, and `set` writes what is there already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from qdsl.lang.core.builder import Builder, looser, widened
from qdsl.lang.core.ir import BOOL, INT, REAL, ArrayType, Block, Function, Lanes, Op, Scalar, Type, Value, width_of
from qdsl.lang.core.keeping import Keeping
from qdsl.lang.core.primitives import PRIMITIVES
from qdsl.lang.lanes import branches, loops

if TYPE_CHECKING:
    from qdsl.lang.lanes.widen import Widening

HARMLESS: dict[Scalar, bool | int | float] = {BOOL: True, INT: 1, REAL: 1.0}
"""No primitive that may fail does so of ones."""


class Body:
    """Writes one wide function. `new` has what each value has become, `mask` the lanes that run; None is all."""

    def __init__(self, widening: Widening, function: Function, varying: frozenset[Value], width: int) -> None:
        self.widening, self.old, self.varying, self.width = widening, function, varying, width
        self.keeping = Keeping(function)
        self.builder = Builder()
        self.new: dict[Value, Value] = {}
        self.mask: Value | None = None

    def function(self, symbol: str, masked: bool, all_wide: bool) -> Function:
        """The wide function; `masked` ones take a mask first."""
        b = self.builder
        if masked:
            self.mask = b.parameter(Lanes(BOOL, self.width), "mask")
        for value in self.old.parameters:
            self.new[value] = b.parameter(self.type(value), value.hint)
        self.ops(self.old.body)
        results = [self.wide(v) if all_wide else self.as_result(v, v) for v in self.old.body.yields]
        return b.function(symbol, results, self.old.span)

    # ── values ───────────────────────────────────────────────────────────────

    def type(self, value: Value) -> Type:
        """The type of what a value becomes."""
        return widened(value.type, self.width) if value in self.varying else value.type

    def types(self, values: Sequence[Value]) -> list[Type]:
        return list(map(self.type, values))

    def wide(self, value: Value) -> Value:
        """What it has become, in lanes."""
        return self.in_lanes(self.new[value])

    def in_lanes(self, new: Value) -> Value:
        return new if width_of(new.type) else self.builder.splat(new, self.width)

    def as_result(self, value: Value, result: Value) -> Value:
        """What a region yields for a result, which may vary where the value does not."""
        return self.wide(value) if result in self.varying else self.new[value]

    def as_results(self, values: Sequence[Value], results: Sequence[Value]) -> list[Value]:
        return [self.as_result(value, result) for value, result in zip(values, results, strict=True)]

    def define(self, olds: Sequence[Value], news: Sequence[Value]) -> None:
        for old, new in zip(olds, news, strict=True):
            new.hint = new.hint or old.hint
            self.new[old] = new

    def constant(self, value: bool | int | float) -> Value:
        return self.builder.splat(self.builder.const(value), self.width)

    def chosen(self, condition: Value, then: Value, otherwise: Value) -> Value:
        """Lane by lane one of two."""
        if then is otherwise:
            return then
        if isinstance(then.type, ArrayType):
            return self.builder.blend(condition, then, otherwise, looser(then.type, otherwise.type))
        return self.builder.select(condition, then, otherwise)

    # ── places to write ──────────────────────────────────────────────────────

    @contextmanager
    def running(self, mask: Value | None) -> Iterator[None]:
        """What is written inside runs in these lanes."""
        before, self.mask = self.mask, mask
        try:
            yield
        finally:
            self.mask = before

    @contextmanager
    def writing(self, builder: Builder) -> Iterator[None]:
        """What is written inside goes to that builder."""
        before, self.builder = self.builder, builder
        try:
            yield
        finally:
            self.builder = before

    def region(self, region: Block, results: Sequence[Value]) -> Callable[..., list[Value]]:
        """How to write a region that yields these results."""

        def write(inner: Builder, *parameters: Value) -> list[Value]:
            with self.writing(inner):
                self.define(region.parameters, parameters)
                self.ops(region)
                return self.as_results(region.yields, results)

        return write

    def running_where(self, condition: Value) -> Value:
        """The lanes that run and in which the condition holds."""
        return condition if self.mask is None else self.builder.op("and", self.mask, condition)

    def count(self, on: Value) -> None:
        """At the start of a round in these lanes, where somebody wants to know."""
        if self.widening.tally:
            self.builder.tally(on)

    # ── operations ───────────────────────────────────────────────────────────

    def ops(self, block: Block) -> None:
        for op in block.ops:
            self.builder.span = op.span
            self.op(op)

    def op(self, op: Op) -> None:
        if op.name in STRUCTURED:
            STRUCTURED[op.name](self, op)
        elif self.varying.isdisjoint(op.results):
            self.same(op)
        elif op.name in PRIMITIVES:
            self.primitive(op)
        else:
            self.define(op.results, [VARYING[op.name](self, op)])

    def same(self, op: Op) -> None:
        """An operation that does not vary."""
        results = tuple([Value(value.type, value.hint) for value in op.results])
        operands = tuple([self.new[value] for value in op.operands])
        self.builder.ops.append(Op(op.name, operands, results, op.attributes, (), op.span))
        self.define(op.results, results)

    def primitive(self, op: Op) -> None:
        primitive = PRIMITIVES[op.name]
        operands = [self.wide(value) for value in op.operands]
        if primitive.fails and self.mask is not None:
            ones = [self.constant(HARMLESS[kind]) for kind in primitive.operands]
            operands = [self.builder.select(self.mask, *each) for each in zip(operands, ones, strict=True)]
        self.define(op.results, [self.builder.op(op.name, *operands)])


# ── checks and calls ─────────────────────────────────────────────────────────────────────────────────────────────


def _check(body: Body, op: Op) -> None:
    """Fails if a lane that runs does. Numbers that vary are left out: nobody will see them."""
    b = body.builder
    condition, *numbers = (body.new[value] for value in op.operands)
    if width_of(condition.type):
        condition = b.op("not", b.any(body.running_where(b.op("not", condition))))
    b.check(condition, op.attributes["failure"], *(each for each in numbers if not width_of(each.type)))


def _watch(body: Body, op: Op) -> None:
    """Lanes that do not run have nothing worth telling; which do is told even if all have the same numbers."""
    b = body.builder
    operands = [body.new[value] for value in op.operands]
    if body.mask is not None or any(width_of(each.type) for each in operands):
        worst, *numbers = map(body.in_lanes, operands)
        if body.mask is not None:
            worst = b.select(body.mask, worst, body.constant(0.0))
        operands = [worst, *numbers]
    b.watch(op.attributes["watch"], *operands)


def _call(body: Body, op: Op) -> None:
    name = op.attributes["function"]
    pattern = tuple(value in body.varying for value in op.operands)
    arguments = [body.new[value] for value in op.operands]
    if any(pattern):
        name = body.widening.callee(name, pattern, body.mask is not None)
        arguments = arguments if body.mask is None else [body.mask, *arguments]
    body.define(op.results, body.builder.call(name, arguments, body.types(op.results)))


# ── arrays ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _build(body: Body, op: Op) -> None:
    write = body.region(op.regions[0], op.results)
    lengths = [body.new[length] for length in op.operands]
    assert isinstance(op.result.type, ArrayType)
    array = body.builder.build(lengths, lambda inner, *at: write(inner, *at)[0], op.result.type.shape)
    body.define(op.results, [array])


def _array(body: Body, op: Op) -> Value:
    return body.builder.array([body.wide(value) for value in op.operands])


def _get(body: Body, op: Op) -> Value:
    """Of an array that does not vary, each lane reads an element of its own."""
    array, *indices = op.operands
    return body.builder.get(body.new[array], *_indices(body, indices), inside="inside" in op.attributes)


def _set(body: Body, op: Op) -> Value:
    """Lanes that do not run write what is there."""
    old, *places, element = op.operands
    array, indices, new = body.wide(old), _indices(body, places), body.wide(element)
    inside = "inside" in op.attributes
    if body.mask is not None:
        there = body.builder.get(array, *indices, inside=inside)
        new = body.builder.select(body.mask, new, there)
    return body.builder.set(array, indices, new, inside=inside)


def _indices(body: Body, values: Sequence[Value]) -> list[Value]:
    """Those that vary are 0 in lanes that do not run."""
    indices = [body.new[value] for value in values]
    if body.mask is None:
        return indices
    return [body.builder.select(body.mask, i, body.constant(0)) if width_of(i.type) else i for i in indices]


def _slice(body: Body, op: Op) -> Value:
    array, low, high = (body.new[value] for value in op.operands)
    return body.builder.slice(array, low, high, inside="inside" in op.attributes)


def _select(body: Body, op: Op) -> Value:
    condition, then, otherwise = op.operands
    yes, no = body.wide(then), body.wide(otherwise)
    if condition in body.varying:
        return body.chosen(body.new[condition], yes, no)
    return body.builder.select(body.new[condition], yes, no)


STRUCTURED: dict[str, Callable[[Body, Op], None]] = {
    "check": _check,
    "watch": _watch,
    "call": _call,
    "build": _build,
    "if": branches.if_,
    "for": loops.for_,
    "while": loops.while_,
}
VARYING: dict[str, Callable[[Body, Op], Value]] = {
    "array": _array,
    "get": _get,
    "set": _set,
    "slice": _slice,
    "select": _select,
}
