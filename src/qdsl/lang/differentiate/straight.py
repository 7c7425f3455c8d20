"""Derivatives of operations without regions: the chain rule, and moving tangents about with their values."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from qdsl.lang.core.ir import BOOL, Op, Value
from qdsl.lang.core.primitives import PRIMITIVES
from qdsl.lang.differentiate.rules import CHOICES, PARTIALS, Number, Partial, one
from qdsl.lang.differentiate.trip import NotDifferentiable, Tangent, Trip, is_real, spread, zero_like


def primitive(trip: Trip, op: Op) -> None:
    trip.copy(op)
    if not trip.is_active(op.operands) or PRIMITIVES[op.name].result is BOOL:
        return  # a comparison is constant but where it jumps, and there the branches must agree
    if op.name in CHOICES:
        first, second = trip.all_new(op.operands)
        choose(trip, op.result, trip.builder.op(CHOICES[op.name], first, second), *op.operands)
    elif op.name in PARTIALS:
        trip.set_tangent(op.result, _chain(trip, op, PARTIALS[op.name]))
    elif is_real(op.result.type):
        trip.without_tangent[op.result] = op  # no harm where it is only compared: x^y asks whether floor(y) == y
    else:
        for operand in op.operands:
            trip.tangent(operand)  # what has none is the cause: an Int is made from the floor of a real
        raise NotDifferentiable(op.name, op.span)


def _chain(trip: Trip, op: Op, partials: tuple[Partial, ...]) -> list[Value | None]:
    """The chain rule: over the operands, partial derivative times tangent."""
    arguments = [Number(trip.builder, trip.new[each]) for each in (*op.operands, op.result)]

    @cache
    def partial(place: int) -> Number | float:
        return partials[place](*arguments)

    tangent: list[Value | None] = []
    places = sorted(enumerate(op.operands), key=lambda each: partials[each[0]] is not one)  # what is only added first
    for direction in range(trip.count):
        total: Value | None = None
        for place, operand in places:
            step = trip.tangent(operand)[direction]
            if step is not None:
                factor = partial(place)
                if op.name == "pow" and place == 0 and isinstance(factor, Number) and not _is_smooth(trip, op):
                    factor = _where_it_moves(trip, factor, step)
                total = _plus(trip, total, factor, step)
        tangent.append(total)
    return tangent


def _is_smooth(trip: Trip, power: Op) -> bool:
    """Whether the slope of x^y is finite at 0: y is known not to be below 1."""
    return trip.constants.get(power.operands[1], 0.0) >= 1.0


def _where_it_moves(trip: Trip, factor: Number, step: Value) -> Number:
    """An infinite slope of x^y at x = 0, but none where x does not move: (t/tau)^n at t = 0 does not depend on tau."""
    b = trip.builder
    still = b.op("eq", step, b.const(0.0))
    flat = b.op("and", still, b.op("not", b.op("is_finite", factor.value)))
    return Number(b, b.select(flat, b.const(0.0), factor.value))


def _plus(trip: Trip, total: Value | None, factor: Number | float, step: Value) -> Value | None:
    """total + factor * step, rounded once."""
    if factor == 0.0:
        return total
    b = trip.builder
    if factor == -1.0:
        return b.op("neg", step) if total is None else b.op("sub", total, step)
    if isinstance(factor, Number):
        if step in trip.ones:
            step = factor.value
        elif total is None:
            return b.op("mul", factor.value, step)
        else:
            return b.op("fma", factor.value, step, total)
    return step if total is None else b.op("add", total, step)


def choose(trip: Trip, result: Value, condition: Value, then: Value, otherwise: Value) -> None:
    """The tangent of what is `then` where the (new) condition holds, else `otherwise`."""
    tangent: list[Value | None] = []
    for left, right in zip(trip.tangent(then), trip.tangent(otherwise), strict=True):
        if left is None and right is None:
            tangent.append(None)
            continue
        left = left or zero_like(trip.builder, trip.new[then])
        right = right or zero_like(trip.builder, trip.new[otherwise])
        tangent.append(left if left is right else trip.builder.select(condition, left, right))
    trip.set_tangent(result, tangent)


def select(trip: Trip, op: Op) -> None:
    trip.copy(op)
    condition, then, otherwise = op.operands
    choose(trip, op.result, trip.new[condition], then, otherwise)


def call(trip: Trip, op: Op) -> None:
    """A call of the derivative of the function called, in the directions that reach it; else a plain one."""
    depends = trip.callees.dependence(op.attributes["function"])
    if not any(trip.is_active([op.operands[place] for place in places]) for places in depends):
        trip.copy(op)
        return
    masks = [trip.mask(operand) for operand in op.operands]
    directions = [place for place, column in enumerate(zip(*masks, strict=True)) if any(column)]
    reaching = tuple([tuple([mask[place] for place in directions]) for mask in masks])
    name = op.attributes["function"]
    tangents = [each for operand in op.operands for each in trip.tangent(operand) if each is not None]
    result_types = trip.callees.result_types(name)
    real = [(result, type_) for result, type_ in zip(op.results, result_types, strict=True) if is_real(type_)]
    all_types = [*result_types, *(type_ for _, type_ in real for _ in directions)]
    arguments = (*trip.all_new(op.operands), *tangents)
    results = trip.builder.call(trip.callees.derivative(name, reaching), arguments, all_types)
    for old, new in zip(op.results, results, strict=False):
        trip.new[old] = new
    everywhere = tuple([place in directions for place in range(trip.count)])
    given = spread(results[len(op.results) :], [everywhere] * len(real))
    from_operands = [places for places, type_ in zip(depends, result_types, strict=True) if is_real(type_)]
    for (old, _), tangent, places in zip(real, given, from_operands, strict=True):
        comes_out = [any(masks[place][direction] for place in places) for direction in range(trip.count)]
        trip.set_tangent(old, [each if out else None for each, out in zip(tangent, comes_out, strict=True)])


# ── arrays ───────────────────────────────────────────────────────────────────────────────────────────────────────
# A tangent has the lengths of its value, whose indices have just been checked: hence `inside`.


def array(trip: Trip, op: Op) -> None:
    trip.copy(op)
    b = trip.builder
    columns = zip(*(trip.tangent(each) for each in op.operands), strict=True)
    tangent = [
        b.array([each or b.const(0.0) for each in column]) if any(each is not None for each in column) else None
        for column in columns
    ]
    trip.set_tangent(op.result, tangent)


def get(trip: Trip, op: Op) -> None:
    trip.copy(op)
    source, *indices = op.operands
    at = trip.all_new(indices)
    trip.set_tangent(op.result, _map(lambda each: trip.builder.get(each, *at, inside=True), trip.tangent(source)))


def slice_(trip: Trip, op: Op) -> None:
    trip.copy(op)
    source, low, high = op.operands
    ends = trip.new[low], trip.new[high]
    trip.set_tangent(op.result, _map(lambda each: trip.builder.slice(each, *ends, inside=True), trip.tangent(source)))


def set_(trip: Trip, op: Op) -> None:
    trip.copy(op)
    b = trip.builder
    source, *indices, element = op.operands
    at = trip.all_new(indices)
    tangent: list[Value | None] = []
    for array_step, step in zip(trip.tangent(source), trip.tangent(element), strict=True):
        if array_step is None and step is None:
            tangent.append(None)
        else:
            array_step = array_step or zero_like(b, trip.new[source])
            tangent.append(b.set(array_step, at, step or b.const(0.0), inside=True))
    trip.set_tangent(op.result, tangent)


def _map(write: Callable[[Value], Value], tangent: Tangent) -> list[Value | None]:
    return [None if each is None else write(each) for each in tangent]


STRAIGHT: dict[str, Callable[[Trip, Op], None]] = {
    **dict.fromkeys(PRIMITIVES, primitive),
    "const": Trip.copy,
    "table": Trip.copy,
    "check": Trip.copy,
    "len": Trip.copy,
    "select": select,
    "call": call,
    "array": array,
    "get": get,
    "slice": slice_,
    "set": set_,
}
