"""Structured control as basic blocks: `if`, `for`, `while`, `call`.

    %r = for %lo, %hi, %c { (%i, %c) -> %n }    =>    head:  %i = phi [lo], [i+1]   %c = phi [c], [n]
                                                             br (%i < %hi) body, done
                                                      body:  ...  br head

So that Ctrl-C can stop what runs long (`native.interruption`), rounds are counted; a straight loop gets a loop around
it that counts, and hands it `STRIP` rounds at a time, so that it stays what LLVM can turn into vectors.

What a loop carries and an `if` yields goes through phis: numbers as they are, arena arrays as address and lengths.
Small arrays have a slot of the loop's or the `if`'s own and are copied into it, unless they are there already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from qdsl.lang.core.ir import DEEPEST_CALL, FAILURES, ArrayType, Block, Code, Op, Type, Value
from qdsl.lang.native import arrays, strips
from qdsl.lang.native.abi import DEPTH, PATIENCE
from qdsl.lang.native.arena import Mark, context_field, keep_carried
from qdsl.lang.native.interruption import STRIP
from qdsl.lang.native.places import ArrayPlace, Place, flat, flattened, rebuilt, result_struct
from qdsl.lang.native.program import Mode, is_short, is_small, takes_long
from qdsl.lang.native.writer import Phi, symbol

if TYPE_CHECKING:
    from qdsl.lang.native.body import Body

SELECTED_OPS = 64
"""In fast mode an `if` whose arms are no larger runs both and selects, so that the loop around it stays straight."""


# ── if ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _if(body: Body, op: Op) -> list[Place]:
    condition = body.scalar(op.operands[0])
    if body.mode is Mode.FAST and sum(1 for region in op.regions for _ in region.walk()) <= SELECTED_OPS:
        return _both_arms(body, op, condition)
    w = body.writer
    then, otherwise, join = w.label("then"), w.label("else"), w.label("join")
    w.branch(condition, then, otherwise)
    arms = [
        _arm(body, region, label, join, op.results) for region, label in zip(op.regions, (then, otherwise), strict=True)
    ]
    w.begin(join)
    return [_joined(body, value, i, arms) for i, value in enumerate(op.results)]


class _Arm:
    """One side of an `if`: what it yields, the block it ended in, and for each result a line kept for copying it."""

    def __init__(self, places: list[Place], block: str, lines: list[int]) -> None:
        self.places, self.block, self.lines = places, block, lines


def _arm(body: Body, region: Block, label: str, join: str, results: Sequence[Value]) -> _Arm:
    w = body.writer
    w.begin(label)
    body.run(region, ())
    places = [arrays.take(body, region, i, value.type) for i, value in enumerate(results)]
    lines = [w.reserve() for _ in results]
    arm = _Arm(places, w.block, lines)
    w.jump(join)
    return arm


def _joined(body: Body, value: Value, index: int, arms: Sequence[_Arm]) -> Place:
    places = [arm.places[index] for arm in arms]
    if all(place == places[0] for place in places):
        return places[0]
    w = body.writer
    if is_small(value.type):
        assert isinstance(value.type, ArrayType)
        slot = body.slot(value.type)
        for arm in arms:
            place = arm.places[index]
            assert isinstance(place, ArrayPlace)
            w.fill(arm.lines[index], arrays.copy_instruction(slot, place.data, value.type))
        return ArrayPlace(slot, tuple(str(n) for n in value.type.shape))
    incoming = [[(part, arm.block) for part in flattened(arm.places[index], value.type)] for arm in arms]
    return rebuilt([w.phi(t, pairs) for t, *pairs in zip(flat(value.type), *incoming, strict=True)], value.type)


def _both_arms(body: Body, op: Op, condition: str) -> list[Place]:
    """Only numbers here: fast mode has no arrays."""
    inverse = body.writer.value(f"xor i1 {condition}, true")
    yields: list[list[str]] = []
    for region, guard in zip(op.regions, (condition, inverse), strict=True):
        with body.guarded(guard):
            body.run(region, ())
        yields.append([body.scalar(value) for value in region.yields])
    return [
        body.writer.select(condition, then, otherwise, flat(value.type)[0])
        for value, then, otherwise in zip(op.results, *yields, strict=True)
    ]


# ── loops ────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Carried:
    """What a loop carries on: phis at its head for numbers and arena arrays, slots for small arrays."""

    def __init__(self, body: Body, types: Sequence[Type], start: Sequence[Place]) -> None:
        """Written at the end of the block before the loop."""
        self.body, self.types = body, types
        self.start = start  # a small array was taken, so the slot it is in is now the loop's own
        self.before = body.writer.block
        self.phis: list[list[Phi]] = []

    def open(self) -> list[Place]:
        """At the loop's head: the places of this round."""
        w = self.body.writer
        places: list[Place] = []
        for place, type_ in zip(self.start, self.types, strict=True):
            phis = [] if is_small(type_) else [w.open_phi(part) for part in flat(type_)]
            self.phis.append(phis)
            places.append(place if is_small(type_) else rebuilt([phi.name for phi in phis], type_))
        return places

    def close(self, next_places: Sequence[Place]) -> None:
        """At the end of the body, before the jump to the head."""
        w = self.body.writer
        arrays.move_into_slots(self.body, self.start, next_places, self.types)
        for type_, phis, start, after in zip(self.types, self.phis, self.start, next_places, strict=True):
            if not is_small(type_):
                for phi, first, later in zip(phis, flattened(start, type_), flattened(after, type_), strict=True):
                    w.close_phi(phi, [(first, self.before), (later, w.block)])


def _for(body: Body, op: Op) -> list[Place]:
    low, high = map(body.scalar, op.operands[:2])
    types = [value.type for value in op.results]
    start = [arrays.take(body, op, i + 2, type_) for i, type_ in enumerate(types)]
    if body.strips_of(op):
        low, start = strips.run(body, op, low, high, start)
    mark = Mark.taken(body, op)
    if body.mode is not Mode.FAST and not takes_long(op.regions, body.constants) and not is_short(op, body.constants):
        return _strips(body, op, low, high, start, mark)
    return _rounds(body, op, low, high, start, mark)


def _rounds(body: Body, op: Op, low: str, high: str, start: Sequence[Place], mark: Mark | None) -> list[Place]:
    """The loop from `low` up to `high`; what it carries at the end."""
    (region,) = op.regions
    types = [value.type for value in op.results]
    w = body.writer
    head, inside, done = w.label("head"), w.label("round"), w.label("done")
    carried = _Carried(body, types, start)
    w.jump(head)
    w.begin(head)
    index = w.open_phi("i64")
    places = carried.open()
    w.branch(w.value(f"icmp slt i64 {index.name}, {high}"), inside, done)
    w.begin(inside)
    if takes_long(op.regions, body.constants):
        body.count_rounds()
    body.run(region, [index.name, *places])
    after = keep_carried(body, mark, [arrays.take(body, region, i, t) for i, t in enumerate(types)], types)
    following = w.integer("add", index.name, 1)
    carried.close(after)
    w.close_phi(index, [(low, carried.before), (following, w.block)])
    w.jump(head)
    w.begin(done)
    return places


def _strips(body: Body, op: Op, low: str, high: str, start: Sequence[Place], mark: Mark | None) -> list[Place]:
    """The same in strips, with a poll before each."""
    w = body.writer
    head, inside, done = w.label("strips"), w.label("strip"), w.label("done")
    carried = _Carried(body, [value.type for value in op.results], start)
    w.jump(head)
    w.begin(head)
    first = w.open_phi("i64")
    places = carried.open()
    w.branch(w.value(f"icmp slt i64 {first.name}, {high}"), inside, done)
    w.begin(inside)
    left = w.integer("sub", high, first.name)  # unsigned, it is right even where signed it overflows
    count = w.value(f"call i64 @llvm.umin.i64(i64 {left}, i64 {STRIP})")
    body.count_rounds(count)
    limit = w.integer("add", first.name, count)
    carried.close(_rounds(body, op, first.name, limit, places, mark))
    w.close_phi(first, [(low, carried.before), (limit, w.block)])
    w.jump(head)
    w.begin(done)
    return places


def _while(body: Body, op: Op) -> list[Place]:
    condition, region = op.regions
    types = [value.type for value in op.results]
    start = [arrays.take(body, op, i, type_) for i, type_ in enumerate(types)]
    w = body.writer
    mark = Mark.taken(body, op)
    head, inside, done = w.label("head"), w.label("round"), w.label("done")
    carried = _Carried(body, types, start)
    w.jump(head)
    w.begin(head)
    places = carried.open()
    body.run(condition, places)
    w.branch(body.scalar(condition.yields[0]), inside, done)
    w.begin(inside)
    body.count_rounds()
    body.run(region, places)
    carried.close(keep_carried(body, mark, [arrays.take(body, region, i, t) for i, t in enumerate(types)], types))
    w.jump(head)
    w.begin(done)
    return places


# ── calls ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _call(body: Body, op: Op) -> list[Place]:
    """Arguments are lent; small array results come in slots of ours, everything else in the struct."""
    callee = body.program.functions[op.attributes["function"]]
    arguments: list[tuple[str, str]] = []
    for value, parameter in zip(op.operands, callee.parameters, strict=True):
        place = body.places[value]
        if isinstance(place, ArrayPlace) and isinstance(parameter.type, ArrayType):
            place = arrays.lend(body, place, value.type, parameter.type)
        arguments += zip(flat(parameter.type), flattened(place, parameter.type), strict=True)
    slots = {i: body.slot(t) for i, t in enumerate(callee.result_types) if is_small(t) and isinstance(t, ArrayType)}
    arguments += [("ptr", slot) for slot in slots.values()]
    struct = result_struct(callee.result_types)
    name = symbol(f"{body.mode.value}.{callee.name}")
    with _deeper(body, callee.name in body.program.recursive):
        returned = body.writer.call(struct, name, *arguments, ("ptr", "%context"))
    body.pass_on(body.writer.value(f"extractvalue {struct} {returned}, 0"))
    places = _unpacked(body, callee.result_types, struct, returned, slots)
    return [
        _as_declared(body, place, from_, to.type)
        for place, from_, to in zip(places, callee.result_types, op.results, strict=True)
    ]


@contextmanager
def _deeper(body: Body, recursive: bool) -> Iterator[None]:
    """Calls of recursive functions count how deep they are."""
    if not recursive:
        yield
        return
    body.count_rounds(patience=context_field(body, PATIENCE))
    w = body.writer
    address = context_field(body, DEPTH)
    depth = w.load("i64", address)
    body.refuse(w.value(f"icmp sge i64 {depth}, {DEEPEST_CALL}"), FAILURES[Code.RECURSION])
    w.store("i64", w.integer("add", depth, 1), address)
    yield
    w.store("i64", depth, address)


def _unpacked(body: Body, types: Sequence[Type], struct: str, returned: str, slots: dict[int, str]) -> list[Place]:
    """The results of a call out of its struct and slots."""
    places: list[Place] = []
    field = 1
    for i, type_ in enumerate(types):
        if i in slots:
            places.append(rebuilt([slots[i]], type_))
            continue
        parts = [body.writer.value(f"extractvalue {struct} {returned}, {field + k}") for k in range(len(flat(type_)))]
        field += len(parts)
        places.append(rebuilt(parts, type_))
    return places


def _as_declared(body: Body, place: Place, from_type: Type, to_type: Type) -> Place:
    """A result whose lengths the call knows better or worse than the function: copied if it is then kept elsewhere."""
    if (
        not isinstance(place, ArrayPlace)
        or not isinstance(to_type, ArrayType)
        or is_small(from_type) == is_small(to_type)
    ):
        return place
    return arrays.copied(body, arrays.lend(body, place, from_type, to_type), to_type)


STRUCTURED: dict[str, Callable[[Body, Op], list[Place]]] = {"if": _if, "for": _for, "while": _while, "call": _call}
