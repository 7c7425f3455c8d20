"""Arrays: values to the program, memory to the machine.

    %w = set %v, %i, %x    =>    check 0 <= i < len; copy v first unless its memory may be taken; v[i] = x

Every array a function makes has memory of its own: a slot on the stack if it is small and its shape known, else the
arena's; only tables are constants (`native.tables`). `take` is the one place where an array is copied because somebody
may still read it (`native.ownership`). A type may promise a length that the value's own type leaves open; where that
changes how the array is kept, or what an index is checked against, the promise is checked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from qdsl.lang.core.ir import (
    BOOL,
    FAILURES,
    INT,
    LARGEST_ARRAY,
    REAL,
    ArrayType,
    Block,
    Code,
    Op,
    Type,
    scalar_of,
)
from qdsl.lang.native import lanes, strips, tables
from qdsl.lang.native.abi import element_bytes, element_type
from qdsl.lang.native.arena import Mark, size_in_bytes
from qdsl.lang.native.places import ArrayPlace, Place
from qdsl.lang.native.program import is_small, takes_long
from qdsl.lang.native.writer import llvm_type, real

if TYPE_CHECKING:
    from qdsl.lang.native.body import Body

# ── memory ───────────────────────────────────────────────────────────────────────────────────────────────────────


def take(body: Body, user: Op | Block, index: int, type_: Type) -> Place:
    """Operand or yield `index` of `user` as a value of `type_` with memory of its own."""
    value = (user.operands if isinstance(user, Op) else user.yields)[index]
    if not isinstance(type_, ArrayType):
        return body.scalar(value)
    lent = lend(body, body.array(value), value.type, type_)
    if (user, index) in body.moves and is_small(value.type) == is_small(type_):
        return lent
    return copied(body, lent, type_)


def lend(body: Body, place: ArrayPlace, from_type: Type, to_type: ArrayType) -> ArrayPlace:
    """The array to read as a value of `to_type`: lengths that only the new type knows are checked."""
    assert isinstance(from_type, ArrayType)
    for length, known, promised in zip(place.lengths, from_type.shape, to_type.shape, strict=True):
        if promised is not None and known is None:
            differs = body.writer.value(f"icmp ne i64 {length}, {promised}")
            body.refuse(differs, FAILURES[Code.SHAPE], (INT, length), (INT, str(promised)))
    return ArrayPlace(place.data, merged(place.lengths, to_type))


def merged(lengths: Sequence[str], type_: ArrayType) -> tuple[str, ...]:
    """The lengths, as numbers where the type knows them."""
    return tuple(length if n is None else str(n) for length, n in zip(lengths, type_.shape, strict=True))


def copied(body: Body, place: ArrayPlace, type_: ArrayType) -> ArrayPlace:
    """A copy with memory of its own."""
    copy = acquired(body, type_, place.lengths)
    _copy_elements(body, copy.data, place.data, size_in_bytes(body, place, type_))
    return copy


def acquired(body: Body, type_: ArrayType, lengths: tuple[str, ...]) -> ArrayPlace:
    """Memory for an array of those lengths, none of them negative."""
    if is_small(type_):
        return ArrayPlace(body.slot(type_), lengths)
    w = body.writer
    count, size = real(1.0), str(element_bytes(type_.element))
    for length in lengths:
        count = w.fmul(count, w.value(f"sitofp i64 {length} to double"))
        size = w.integer("mul", size, length)
    body.refuse(w.fcmp("ogt", count, real(float(LARGEST_ARRAY))), FAILURES[Code.MEMORY], (REAL, count))
    data = w.value(f"call ptr @qdsl.allocate(ptr %context, i64 {size})")
    body.refuse(w.value(f"icmp eq ptr {data}, null"), FAILURES[Code.MEMORY], (REAL, count))
    return ArrayPlace(data, lengths)


def move_into_slots(body: Body, slots: Sequence[Place], places: Sequence[Place], types: Sequence[Type]) -> None:
    """Copy the small arrays among `places` into a loop's slots, all at once: one may come from another's slot."""
    pairs: list[tuple[str, str, ArrayType]] = []
    for slot, place, type_ in zip(slots, places, types, strict=True):
        if isinstance(type_, ArrayType) and is_small(type_) and place != slot:
            assert isinstance(slot, ArrayPlace)
            assert isinstance(place, ArrayPlace)
            pairs.append((slot.data, place.data, type_))
    targets = {target for target, _, _ in pairs}
    settled: list[tuple[str, str, ArrayType]] = []
    for target, source, type_ in pairs:
        aside = (
            copied(body, ArrayPlace(source, tuple(map(str, type_.shape))), type_).data if source in targets else source
        )
        settled.append((target, aside, type_))
    for target, source, type_ in settled:
        body.writer.do(copy_instruction(target, source, type_))


def copy_instruction(target: str, source: str, type_: ArrayType) -> str:
    """Copy a small array."""
    size = element_bytes(type_.element)
    for length in type_.shape:
        size *= length or 0
    return f"call void @llvm.memcpy.p0.p0.i64(ptr {target}, ptr {source}, i64 {size}, i1 false)"


def _copy_elements(body: Body, target: str, source: str, size: str) -> None:
    body.writer.do(f"call void @llvm.memcpy.p0.p0.i64(ptr {target}, ptr {source}, i64 {size}, i1 false)")


# ── elements ─────────────────────────────────────────────────────────────────────────────────────────────────────


def address_of(
    body: Body, place: ArrayPlace, type_: ArrayType, indices: Sequence[str], known_inside: bool = False
) -> str:
    """The address of an element, its indices checked in order unless they are known to be inside."""
    w = body.writer
    offset = "0"
    for axis, (index, length) in enumerate(zip(indices, place.lengths, strict=True)):
        if not known_inside:
            outside = w.value(f"icmp uge i64 {index}, {length}")
            body.refuse(outside, FAILURES[Code.INDEX], (INT, index), (INT, length))
        offset = index if axis == 0 else w.integer("add", w.integer("mul", offset, length), index)
    return w.at(place.data, offset, element_type(type_.element))


def load_element(body: Body, address: str, type_: ArrayType) -> str:
    loaded = body.writer.load(element_type(type_.element), address)
    if scalar_of(type_) is not BOOL:
        return loaded
    return body.writer.value(f"trunc {element_type(type_.element)} {loaded} to {llvm_type(type_.element)}")


def store_element(body: Body, value: str, address: str, type_: ArrayType) -> None:
    if scalar_of(type_) is BOOL:
        value = body.writer.value(f"zext {llvm_type(type_.element)} {value} to {element_type(type_.element)}")
    body.writer.store(element_type(type_.element), value, address)


# ── operations ───────────────────────────────────────────────────────────────────────────────────────────────────


def _type(type_: Type) -> ArrayType:
    assert isinstance(type_, ArrayType)
    return type_


def _array(body: Body, op: Op) -> Place:
    type_ = _type(op.result.type)
    place = acquired(body, type_, (str(len(op.operands)),))
    for i, operand in enumerate(op.operands):
        store_element(body, body.scalar(operand), body.writer.at(place.data, i, element_type(type_.element)), type_)
    return place


def _build(body: Body, op: Op) -> Place:
    """A loop for each axis; the elements come in order, so one running address is enough."""
    type_ = _type(op.result.type)
    w = body.writer
    given = [w.value(f"call i64 @llvm.smax.i64(i64 {body.scalar(length)}, i64 0)") for length in op.operands]
    unknown = ArrayType(type_.element, tuple(None for _ in given))
    lengths = lend(body, ArrayPlace("", tuple(given)), unknown, type_).lengths
    place = acquired(body, type_, lengths)
    (region,) = op.regions
    mark = Mark.taken(body, op)
    long = takes_long(op.regions, body.constants)

    def axis(indices: list[str], position: str) -> str:
        """Fill the part of the array under `indices` from element `position`; the position after it."""
        if len(indices) == len(lengths):
            if long:
                body.count_rounds()
            with body.building(indices):
                body.run(region, indices)
            value = body.scalar(region.yields[0])
            store_element(body, value, w.at(place.data, position, element_type(type_.element)), type_)
            if mark is not None:
                mark.rewind(body)
            return w.integer("add", position, 1)
        return counted(body, lengths[len(indices)], position, lambda index, at: axis([*indices, index], at))

    if body.strips_of(op):
        first, _ = strips.run(body, op, "0", lengths[0], [place])
        counted(body, lengths[0], first, lambda index, at: axis([index], at), first)
    else:
        axis([], "0")
    return place


def counted(body: Body, length: str, start: str, round_: Callable[[str, str], str], first: str = "0") -> str:
    """`round_(i, carried) -> carried` for i from `first` up to `length`; what is carried at the end."""
    w = body.writer
    head, inside, done = w.label("head"), w.label("round"), w.label("done")
    before = w.block
    w.jump(head)
    w.begin(head)
    index, carried = w.open_phi("i64"), w.open_phi("i64")
    w.branch(w.value(f"icmp slt i64 {index.name}, {length}"), inside, done)
    w.begin(inside)
    after = round_(index.name, carried.name)
    following = w.integer("add", index.name, 1)
    w.close_phi(index, [(first, before), (following, w.block)])
    w.close_phi(carried, [(start, before), (after, w.block)])
    w.jump(head)
    w.begin(done)
    return carried.name


def _len(body: Body, op: Op) -> Place:
    length: str = body.array(op.operands[0]).lengths[op.attributes["axis"]]
    return length


def _get(body: Body, op: Op) -> Place:
    array, *indices = op.operands
    if any(map(lanes.in_lanes, indices)):
        return lanes.gathered(body, op)
    type_ = _type(array.type)
    known = op.attributes.get("inside", False)
    return load_element(body, address_of(body, body.array(array), type_, list(map(body.scalar, indices)), known), type_)


def _set(body: Body, op: Op) -> Place:
    *indices, element = op.operands[1:]
    type_ = _type(op.result.type)
    place = take(body, op, 0, type_)
    assert isinstance(place, ArrayPlace)
    if any(map(lanes.in_lanes, indices)):
        return lanes.scattered(body, op, place)
    known = op.attributes.get("inside", False)
    address = address_of(body, place, type_, list(map(body.scalar, indices)), known)
    store_element(body, body.scalar(element), address, type_)
    return place


def _slice(body: Body, op: Op) -> Place:
    w = body.writer
    source = body.array(op.operands[0])
    low, high = map(body.scalar, op.operands[1:])
    (length,) = source.lengths
    body.refuse(w.value(f"icmp ugt i64 {low}, {length}"), FAILURES[Code.INDEX], (INT, low), (INT, length))
    below, above = w.value(f"icmp slt i64 {high}, {low}"), w.value(f"icmp sgt i64 {high}, {length}")
    body.refuse(w.value(f"or i1 {below}, {above}"), FAILURES[Code.INDEX], (INT, high), (INT, length))
    type_ = _type(op.result.type)
    first = w.at(source.data, low, element_type(type_.element))
    part = ArrayPlace(first, (w.integer("sub", high, low),))
    return copied(body, lend(body, part, ArrayType(type_.element), type_), type_)


def select(body: Body, op: Op) -> Place:
    """One of two arrays, its memory our own either way."""
    type_ = _type(op.result.type)
    condition = body.scalar(op.operands[0])
    then, otherwise = (take(body, op, i, type_) for i in (1, 2))
    assert isinstance(then, ArrayPlace)
    assert isinstance(otherwise, ArrayPlace)
    w = body.writer
    data = w.select(condition, then.data, otherwise.data, "ptr")
    lengths = tuple(
        a if a == b else w.select(condition, a, b, "i64") for a, b in zip(then.lengths, otherwise.lengths, strict=True)
    )
    place = ArrayPlace(data, lengths)
    return copied(body, place, type_) if is_small(type_) else place


OPERATIONS: dict[str, Callable[[Body, Op], Place]] = {
    "array": _array,
    "table": tables.table,
    "build": _build,
    "len": _len,
    "get": _get,
    "set": _set,
    "slice": _slice,
    "splat": lanes.splat,
    "blend": lanes.blend,
}
