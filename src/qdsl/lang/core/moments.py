"""When something happens in a function of time: what a solver has to step onto.

    if t < t1 { a } else { 0 }              t1
    noted(t, centre)                        centre
    t < times[k]     k found by searching   all of the times
    in a loop                               those of each round

In: a core function whose first parameter is the time. Out: the function of a start and an end, and of what the other
parameters are, that gives these moments as an array. A comparison with a number that changes steadily with time gives
the moment at which both are equal, by their values at start and end. What depends on time in another way is not found.
Nothing is computed for it that may fail where the function itself would not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from qdsl.lang.core.builder import Builder
from qdsl.lang.core.ir import INT, REAL, Block, Function, Module, Op, Value
from qdsl.lang.core.outline import free_values
from qdsl.lang.core.primitives import PRIMITIVES
from qdsl.lang.core.rewrite import copied, copy_block

COMPARISONS = frozenset({"lt", "le", "gt", "ge", "min", "max"})

NOTED = "noted"

MOMENTS = "moments"
"""The kind of such a derived function."""

MOST_OPS = 5_000

DEEPEST_CALL = 32
"""Calls inside each other that are gone through: a function may call itself."""

WRAPPING = {"iadd": "wadd", "isub": "wsub", "imul": "wmul"}
"""What is computed instead, where nothing may fail."""

FAILS = frozenset({"check", "watch", "call", "while", "slice"})


@dataclass(frozen=True, slots=True)
class At:
    """A number at the start and at the end: one value where it does not depend on time."""

    start: Value
    end: Value

    @property
    def is_constant(self) -> bool:
        return self.start is self.end


@dataclass
class Frame:
    """A function that is gone through: what is known of its values, what makes them, and whether it is certainly run
    as far as here.
    """

    known: dict[Value, At | None]
    origin: Mapping[Value, Op]
    is_certain: bool = True

    def inside(self) -> Frame:
        """A region of it that may not be run."""
        return Frame(dict(self.known), self.origin, False)

    def in_round(self, number: Value, at: Value) -> Frame:
        """A round of a loop."""
        return Frame({**self.known, number: At(at, at)}, self.origin, self.is_certain)


@dataclass
class Moments:
    """What is found, and the block that computes it."""

    module: Module
    start: Value
    end: Value
    b: Builder
    numbers: dict[Value, None] = field(default_factory=dict)
    arrays: dict[Value, None] = field(default_factory=dict)
    calls_inside: int = 0

    # ── going through ────────────────────────────────────────────────────────

    def block(self, block: Block, frame: Frame) -> None:
        for op in block.ops:
            if len(self.b.ops) > MOST_OPS:
                return
            self.op(op, frame)

    def op(self, op: Op, frame: Frame) -> None:
        if op.name == NOTED:
            self.number(op.operands[1], frame)
        elif op.name in COMPARISONS and op.operands[0].type is REAL:
            self.crossing(op.operands[0], op.operands[1], frame)
        elif op.name == "abs":
            self.crossing(op.operands[0], None, frame)
        elif op.name == "call":
            self.call(op, frame)
        elif op.name in ("for", "build"):
            self.loop(op, frame)
        else:
            for region in op.regions:
                self.block(region, frame.inside())

    def call(self, op: Op, frame: Frame) -> None:
        given = [self.at(each, frame) for each in op.operands]
        if all(each is None or each.is_constant for each in given) or self.calls_inside == DEEPEST_CALL:
            return
        callee = self.module.functions[op.attributes["function"]]
        known = dict(zip(callee.parameters, given, strict=True))
        self.calls_inside += 1
        self.block(callee.body, Frame(known, origins(callee.body), frame.is_certain))
        self.calls_inside -= 1

    def loop(self, op: Op, frame: Frame) -> None:
        """What is found in a loop over numbers is an array: a moment for each round."""
        (region,) = op.regions
        bounds = [self.at(each, frame) for each in (op.operands[:2] if op.name == "for" else op.operands)]
        ends = [each.start for each in bounds if each is not None and each.is_constant]
        if len(ends) < len(bounds) or len(region.parameters) - len(op.results) * (op.name == "for") != 1:
            self.block(region, frame.inside())
            return
        low, count = self.b.const(0), ends[-1]
        if op.name == "for":
            low, count = ends[0], self.b.op("imax", self.b.op("isub", ends[1], ends[0]), self.b.const(0))
        inner = Builder(span=self.b.span)
        i = inner.parameter(INT, "i")
        number = inner.op("wadd", low, i)
        found = Moments(self.module, self.start, self.end, inner, calls_inside=self.calls_inside)
        found.block(region, frame.in_round(region.parameters[0], number))
        for each in found.numbers:
            block = Block((i,), tuple(inner.ops), (each,))
            self.arrays[self.b.build([count], partial(_copy, block))] = None

    # ── what is found ────────────────────────────────────────────────────────

    def number(self, value: Value, frame: Frame) -> None:
        """A moment; where it is some element of an array, all of them."""
        found = self.at(value, frame)
        if found is not None:
            self.numbers[found.start] = None
        elif (array := self.some_element(value, frame)) is not None:
            self.arrays[array] = None

    def crossing(self, left: Value, right: Value | None, frame: Frame) -> None:
        """The moment at which two numbers are equal, or one is 0."""
        first = self.at(left, frame)
        second = self.zero() if right is None else self.at(right, frame)
        for one, other, value in ((first, second, right), (second, first, left)):
            if one is None or one.start is not self.start or value is None:
                continue
            if other is None or other.is_constant:  # beside the time itself
                self.number(value, frame)
                return
        if first is None or second is None or (first.is_constant and second.is_constant):
            return
        b = self.b
        before, after = b.op("sub", first.start, second.start), b.op("sub", first.end, second.end)
        change = b.op("sub", before, after)
        is_flat = b.op("eq", change, b.const(0.0))  # and then nothing is divided by it, in a derivative neither
        share = b.op("div", before, b.select(is_flat, b.const(1.0), change))
        moment = b.op("add", self.start, b.op("mul", share, b.op("sub", self.end, self.start)))
        self.numbers[b.select(is_flat, b.const(math.inf), moment)] = None

    def zero(self) -> At:
        value = self.b.const(0.0)
        return At(value, value)

    def some_element(self, value: Value, frame: Frame) -> Value | None:
        """The array with one axis that a number is an element of."""
        op = frame.origin.get(value)
        if op is None or op.name != "get" or len(op.operands) != 2:
            return None
        array = self.at(op.operands[0], frame)
        return array.start if array is not None and array.is_constant else None

    # ── slices ───────────────────────────────────────────────────────────────

    def at(self, value: Value, frame: Frame) -> At | None:
        """The value at start and end, computed in the block; None where that is not possible."""
        if value not in frame.known:
            op = frame.origin.get(value)
            frame.known[value] = None if op is None else self.computed(value, op, frame)
        return frame.known[value]

    def computed(self, value: Value, op: Op, frame: Frame) -> At | None:
        if op.name == NOTED:
            return self.at(op.operands[0], frame)
        if not frame.is_certain and op.name in WRAPPING:
            op = Op(WRAPPING[op.name], op.operands, op.results, op.attributes, op.regions, op.span)
        if not frame.is_certain and may_fail(op):
            return None
        needed = [*op.operands]
        for region in op.regions:
            needed += free_values(region)
        given = {each: self.at(each, frame) for each in needed}
        place = op.results.index(value)
        start = self.copy(op, {each: None if at is None else at.start for each, at in given.items()}, place)
        if start is None or all(at is not None and at.is_constant for at in given.values()):
            return None if start is None else At(start, start)
        end = self.copy(op, {each: None if at is None else at.end for each, at in given.items()}, place)
        return None if end is None else At(start, end)

    def copy(self, op: Op, given: Mapping[Value, Value | None], place: int) -> Value | None:
        new = {each: value for each, value in given.items() if value is not None}
        if len(new) < len(given):
            return None
        made = copied(op, new)
        self.b.ops.append(made)
        return made.results[place]


def moments(module: Module, name: str, made: str) -> Function:
    """The function `made` of the moments of the function `name`, which takes a time and then anything."""
    function = module.functions[name]
    b = Builder(span=function.span)
    start, end = b.parameter(REAL, "start"), b.parameter(REAL, "end")
    time, *outside = function.parameters
    known: dict[Value, At | None] = {time: At(start, end)}
    for each in outside:
        own = b.parameter(each.type, each.hint)
        known[each] = At(own, own)
    found = Moments(module, start, end, b)
    found.block(function.body, Frame(known, origins(function.body)))
    whole = _dynamic(b, b.array(list(found.numbers)))
    for array in found.arrays:
        whole = _joined(b, whole, array)
    return b.function(made, (whole,), function.span)


def origins(block: Block) -> dict[Value, Op]:
    """What makes the values of a block and of the regions inside."""
    return {result: op for op in block.walk() for result in op.results}


def may_fail(op: Op) -> bool:
    """Whether an operation may stop the program, or not end, by itself or inside."""
    primitive = PRIMITIVES.get(op.name)
    if primitive is not None:
        return bool(primitive.fails)
    if op.name in FAILS or (op.name in ("get", "set") and not op.attributes.get("inside")):
        return True
    return any(may_fail(inner) for region in op.regions for inner in region.ops)


def _copy(block: Block, b: Builder, i: Value) -> Value:
    return copy_block(block, [i], b)[0]


def _dynamic(b: Builder, array: Value) -> Value:
    return b.build([b.len(array)], lambda inner, i: inner.get(array, i, inside=True))


def _joined(b: Builder, first: Value, second: Value) -> Value:
    count, further = b.len(first), b.len(second)

    def element(inner: Builder, i: Value) -> Value:
        (chosen,) = inner.if_(
            inner.op("ilt", i, count),
            lambda one: (one.get(first, i, inside=True),),
            lambda other: (other.get(second, other.op("wsub", i, count), inside=True),),
            (REAL,),
        )
        return chosen

    return b.build([b.op("wadd", count, further)], element)
