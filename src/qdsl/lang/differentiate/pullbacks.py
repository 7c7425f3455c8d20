"""What each operation without regions hands back from the adjoint of its result to those of its operands.

    %r = mul %x, %y            adjoint of %x += adjoint of %r * %y
                               adjoint of %y += adjoint of %r * %x
    %b = set %a, %i, %v        adjoint of %v += adjoint of %b at %i
                               adjoint of %a += adjoint of %b with 0 at %i

The partial derivatives are those of `rules`.
"""

from __future__ import annotations

from collections.abc import Callable

from qdsl.lang.core.builder import Builder
from qdsl.lang.core.ir import Op, Value
from qdsl.lang.core.primitives import PRIMITIVES
from qdsl.lang.differentiate.regions import fill
from qdsl.lang.differentiate.rules import CHOICES, PARTIALS, Number
from qdsl.lang.differentiate.sweep import Sweep, Values
from qdsl.lang.differentiate.trip import lengths


def primitive(s: Sweep, op: Op) -> None:
    seed = s.taken(op.result)
    if op.name in CHOICES:
        first, second = (s.new[operand] for operand in op.operands)
        _to_chosen(s, s.builder.op(CHOICES[op.name], first, second), seed, *op.operands)
        return
    arguments = [Number(s.builder, s.new[each]) for each in (*op.operands, op.result)]
    for operand, partial in zip(op.operands, PARTIALS[op.name], strict=True):
        if operand in s.active:
            factor = partial(*arguments)
            if factor != 0.0:
                s.add(operand, _times(s, factor, seed))


def _times(s: Sweep, factor: Number | float, seed: Value) -> Value:
    if factor == 1.0:
        return seed
    if factor == -1.0:
        return s.builder.op("neg", seed)
    return s.builder.op("mul", seed, factor.value if isinstance(factor, Number) else s.builder.const(factor))


def select(s: Sweep, op: Op) -> None:
    condition, then, otherwise = op.operands
    _to_chosen(s, s.new[condition], s.taken(op.result), then, otherwise)


def _to_chosen(s: Sweep, condition: Value, seed: Value, then: Value, otherwise: Value) -> None:
    """The adjoint goes to the one that was chosen."""
    b = s.builder
    for value, is_first in ((then, True), (otherwise, False)):
        if value in s.active:
            nothing = s.zero(value)
            s.add(value, b.select(condition, seed, nothing) if is_first else b.select(condition, nothing, seed))


def call(s: Sweep, op: Op) -> None:
    name = op.attributes["function"]
    seeded = [result in s.adjoints for result in op.results]
    seeds = [s.taken(result) for result, here in zip(op.results, seeded, strict=True) if here]
    reaching = frozenset[int]().union(
        *(places for places, here in zip(s.callees.dependence(name), seeded, strict=True) if here)
    )
    by = [operand in s.active and place in reaching for place, operand in enumerate(op.operands)]
    if not any(by):
        return
    wanted = [operand for operand, here in zip(op.operands, by, strict=True) if here]
    arguments = [*(s.new[operand] for operand in op.operands), *seeds]
    given = s.builder.call(s.callees.pullback(name, by, seeded), arguments, [value.type for value in wanted])
    for operand, adjoint in zip(wanted, given, strict=True):
        s.add(operand, adjoint)


# ── arrays ───────────────────────────────────────────────────────────────────────────────────────────────────────
# An adjoint has the lengths of its value, whose indices were good: hence `inside`.


def array(s: Sweep, op: Op) -> None:
    seed = s.taken(op.result)
    for place, element in enumerate(op.operands):
        if element in s.active:
            s.add(element, s.builder.get(seed, s.builder.const(place), inside=True))


def get(s: Sweep, op: Op) -> None:
    seed = s.taken(op.result)
    source, *places = op.operands
    if source in s.active:
        _add_at(s, source, tuple([s.new[place] for place in places]), seed)


def _add_at(s: Sweep, array: Value, indices: Values, more: Value) -> None:
    b = s.builder
    before = s.adjoint(array)
    s.adjoints[array] = b.set(before, indices, b.op("add", b.get(before, *indices, inside=True), more), inside=True)


def set_(s: Sweep, op: Op) -> None:
    b = s.builder
    seed = s.taken(op.result)
    source, *places, element = op.operands
    indices = [s.new[place] for place in places]
    if element in s.active:
        s.add(element, b.get(seed, *indices, inside=True))
    if source in s.active:
        s.add(source, b.set(seed, indices, b.const(0.0), inside=True))


def slice_(s: Sweep, op: Op) -> None:
    seed = s.taken(op.result)
    source, low, _ = op.operands
    if source not in s.active:
        return
    first = s.new[low]

    def element(inner: Builder, indices: Values, arrays: Values) -> Values:
        (at,), (total,) = indices, arrays
        place = inner.op("wadd", first, at)
        more = inner.op("add", inner.get(total, place, inside=True), inner.get(seed, at, inside=True))
        return (inner.set(total, (place,), more, inside=True),)

    (s.adjoints[source],) = fill(s.builder, lengths(s.builder, seed), (s.adjoint(source),), element)


STRAIGHT: dict[str, Callable[[Sweep, Op], None]] = {
    **dict.fromkeys(PRIMITIVES, primitive),
    "select": select,
    "call": call,
    "array": array,
    "get": get,
    "slice": slice_,
    "set": set_,
}
