"""Operations on lanes as LLVM vectors: `<4 x real>` is `<4 x double>`, one element for each point.

    select %c, %x, %y    =>    select <4 x i1> %c, <4 x double> %x, <4 x double> %y

Primitives that are one instruction are the same instruction on vectors. What may stop, and what has no vector form, is
written lane by lane. An array of lanes has them side by side: element i of lane l lies at i W + l.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from qdsl.lang.core.ir import BOOL, FAILURES, INT, ArrayType, Code, Lanes, Op, Type, Value, scalar_of, width_of
from qdsl.lang.core.primitives import PRIMITIVES
from qdsl.lang.native import arrays, scalars
from qdsl.lang.native.abi import ELEMENT_TYPE, element_type
from qdsl.lang.native.math import functions
from qdsl.lang.native.places import ArrayPlace, Place
from qdsl.lang.native.program import is_small
from qdsl.lang.native.writer import LLVM_TYPE, Writer, llvm_type

if TYPE_CHECKING:
    from qdsl.lang.native.body import Body


def in_lanes(value: Value) -> bool:
    """Whether it is a number in lanes."""
    return isinstance(value.type, Lanes)


# ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────


def primitive(body: Body, op: Op) -> str:
    """A primitive on lanes."""
    operands = [body.scalar(value) for value in op.operands]
    width = width_of(op.result.type)
    if op.name in scalars.INSTRUCTIONS:
        return body.writer.value(scalars.instruction(op.name, width).format(*operands))
    if op.name in OVERFLOWING:
        return _overflowing(body, OVERFLOWING[op.name], operands, width)
    if op.name in functions.FORMULAS:
        return functions.call_wide(body, op.name, operands, width)
    if op.name in ("grafted", "noted"):
        return operands[0]
    kinds = PRIMITIVES[op.name].operands
    vectors = [(Lanes(kind, width), operand) for kind, operand in zip(kinds, operands, strict=True)]

    def one(lane: int) -> str:
        return scalars.primitive(body, op.name, tuple(extracted(body.writer, *vector, lane) for vector in vectors))

    return inserted(body.writer, op.result.type, [one(lane) for lane in range(width)])


OVERFLOWING = {"iadd": "sadd", "isub": "ssub"}
"""Additions that check themselves and have a vector form."""


def _overflowing(body: Body, intrinsic: str, operands: Sequence[str], width: int) -> str:
    w = body.writer
    words, flags = f"<{width} x i64>", f"<{width} x i1>"
    function = f"@llvm.{intrinsic}.with.overflow.v{width}i64"
    pair = w.call(f"{{ {words}, {flags} }}", function, *((words, operand) for operand in operands))
    overflowed = any_of(w, w.value(f"extractvalue {{ {words}, {flags} }} {pair}, 1"), width)
    body.refuse(overflowed, FAILURES[Code.OVERFLOW])
    return w.value(f"extractvalue {{ {words}, {flags} }} {pair}, 0")


def extracted(w: Writer, type_: Type, vector: str, lane: int) -> str:
    """What one lane has."""
    assert isinstance(type_, Lanes)
    return w.value(f"extractelement {llvm_type(type_)} {vector}, i64 {lane}")


def inserted(w: Writer, type_: Type, numbers: Sequence[str]) -> str:
    """Lanes of these numbers."""
    assert isinstance(type_, Lanes)
    vector = "poison"
    for lane, number in enumerate(numbers):
        place = f"{llvm_type(type_)} {vector}, {LLVM_TYPE[type_.element]} {number}, i64 {lane}"
        vector = w.value(f"insertelement {place}")
    return vector


def spread(w: Writer, type_: Type, number: str) -> str:
    """The same number in every lane."""
    if not number.startswith("%"):  # a constant: an operand of its own
        return f"splat ({LLVM_TYPE[scalar_of(type_)]} {number})"
    first = inserted(w, type_, [number])
    return w.value(f"shufflevector {llvm_type(type_)} {first}, {llvm_type(type_)} poison, {_zeros(type_)}")  # type: ignore[arg-type]


def _zeros(type_: Type) -> str:
    return f"<{width_of(type_)} x i32> zeroinitializer"


def any_of(w: Writer, flags: str, width: int) -> str:
    """Whether any lane is true."""
    return w.value(f"call i1 @llvm.vector.reduce.or.v{width}i1(<{width} x i1> {flags})")


def select(body: Body, op: Op) -> str:
    condition, then, otherwise = map(body.scalar, op.operands)
    type_ = op.result.type
    assert isinstance(type_, Lanes)
    given = f"<{type_.width} x i1> {condition}, {llvm_type(type_)} {then}, {llvm_type(type_)} {otherwise}"
    return body.writer.value(f"select {given}")


def _any(body: Body, op: Op) -> str:
    (flags,) = op.operands
    return any_of(body.writer, body.scalar(flags), width_of(flags.type))


def _highest(body: Body, op: Op) -> str:
    (numbers,) = op.operands
    width = width_of(numbers.type)
    return body.writer.value(f"call i64 @llvm.vector.reduce.smax.v{width}i64(<{width} x i64> {body.scalar(numbers)})")


# ── elements of arrays ───────────────────────────────────────────────────────────────────────────────────────────


def gathered(body: Body, op: Op) -> Place:
    """`get` with indices in lanes: each lane's own element. What is inside is so for the lanes that run; the others ask
    for the first element, which an array has unless its length is 0 or not known."""
    array, *indices = op.operands
    type_ = op.result.type
    assert isinstance(array.type, ArrayType)
    kind = ELEMENT_TYPE[scalar_of(type_)]
    known = op.attributes.get("inside", False) and all(array.type.shape)
    numbers = []
    for address in _addresses(body, body.array(array), array.type, indices, width_of(type_), known):
        loaded = body.writer.load(kind, address)
        numbers.append(body.writer.value(f"trunc i8 {loaded} to i1") if scalar_of(type_) is BOOL else loaded)
    return inserted(body.writer, type_, numbers)


def scattered(body: Body, op: Op, place: ArrayPlace) -> Place:
    """`set` with indices in lanes, into memory of our own."""
    array, *indices, element = op.operands
    type_ = array.type
    assert isinstance(type_, ArrayType)
    w, kind = body.writer, scalar_of(type_)
    for lane, address in enumerate(_addresses(body, place, type_, indices, width_of(type_))):
        number = extracted(w, element.type, body.scalar(element), lane)
        w.store(ELEMENT_TYPE[kind], w.value(f"zext i1 {number} to i8") if kind is BOOL else number, address)
    return place


def _addresses(
    body: Body, place: ArrayPlace, type_: ArrayType, indices: Sequence[Value], width: int, known_inside: bool = False
) -> list[str]:
    """Where each lane's element is, its indices checked unless they are known to be inside."""
    w = body.writer
    found = []
    for lane in range(width):
        at = [extracted(w, i.type, body.scalar(i), lane) if in_lanes(i) else body.scalar(i) for i in indices]
        address = arrays.address_of(body, place, type_, at, known_inside)
        own = w.at(address, lane, ELEMENT_TYPE[scalar_of(type_)]) if width_of(type_) else address
        found.append(own)
    return found


# ── whole arrays ─────────────────────────────────────────────────────────────────────────────────────────────────


def splat(body: Body, op: Op) -> Place:
    """A number, or every element of an array, in every lane."""
    (value,) = op.operands
    type_ = op.result.type
    w = body.writer
    if not isinstance(type_, ArrayType):
        return spread(w, type_, body.scalar(value))
    assert isinstance(value.type, ArrayType)
    source, of = body.array(value), value.type
    target = arrays.acquired(body, type_, arrays.merged(source.lengths, type_))

    def each(index: str) -> None:
        element = arrays.load_element(body, w.at(source.data, index, element_type(of.element)), of)
        address = w.at(target.data, index, element_type(type_.element))
        arrays.store_element(body, spread(w, type_.element, element), address, type_)

    _each_element(body, target, each)
    return target


def blend(body: Body, op: Op) -> Place:
    """Lane by lane one of two arrays, in the memory of the first."""
    w = body.writer
    type_ = op.result.type
    assert isinstance(type_, ArrayType)
    condition, _, otherwise = op.operands
    flags, width = body.scalar(condition), width_of(condition.type)
    assert isinstance(otherwise.type, ArrayType)
    place = arrays.take(body, op, 1, type_)
    assert isinstance(place, ArrayPlace)
    other = arrays.lend(body, body.array(otherwise), otherwise.type, type_)
    if is_small(type_):
        _blend_elements(body, flags, place, other, type_)
        return place
    some, mixed, none, join = (w.label(hint) for hint in ("some", "mixed", "none", "join"))
    w.branch(any_of(w, flags, width), some, none)
    w.begin(some)
    not_all = any_of(w, w.value(f"xor <{width} x i1> {flags}, splat (i1 true)"), width)
    before = w.block
    w.branch(not_all, mixed, join)
    w.begin(mixed)
    for m, n in zip(place.lengths, other.lengths, strict=True):
        body.refuse(w.value(f"icmp ne i64 {m}, {n}"), FAILURES[Code.SHAPE], (INT, m), (INT, n))
    _blend_elements(body, flags, place, other, type_)
    blended = w.block
    w.jump(join)
    w.begin(none)
    copy = arrays.copied(body, other, type_)
    copied = w.block
    w.jump(join)
    w.begin(join)
    data = w.phi("ptr", [(place.data, before), (place.data, blended), (copy.data, copied)])
    lengths = [
        a if a == b else w.phi("i64", [(a, before), (a, blended), (b, copied)])
        for a, b in zip(place.lengths, copy.lengths, strict=True)
    ]
    return ArrayPlace(data, tuple(lengths))


def _blend_elements(body: Body, flags: str, into: ArrayPlace, other: ArrayPlace, type_: ArrayType) -> None:
    w = body.writer
    kind, width = element_type(type_.element), width_of(type_)

    def each(index: str) -> None:
        here = w.at(into.data, index, kind)
        kept, instead = w.load(kind, here), w.load(kind, w.at(other.data, index, kind))
        w.store(kind, w.value(f"select <{width} x i1> {flags}, {kind} {kept}, {kind} {instead}"), here)

    _each_element(body, into, each)


def _each_element(body: Body, place: ArrayPlace, write: Callable[[str], None]) -> None:
    """A loop over the elements of an array, whatever its axes; of a few, one after the other."""
    count = "1"
    for length in place.lengths:
        count = body.writer.integer("mul", count, length)

    def round_(index: str, carried: str) -> str:
        write(index)
        return carried

    arrays.counted(body, count, "0", round_)


ON, OF = "qdsl.lanes.on", "qdsl.lanes.of"
"""Where `tally` counts: the lanes that ran, and those that could have."""

TALLIES = f"@{ON} = global i64 0\n@{OF} = global i64 0\n"


def tally(body: Body, op: Op) -> None:
    """Count the lanes that run."""
    (flags,) = op.operands
    w, width = body.writer, width_of(flags.type)
    mask = w.value(f"bitcast <{width} x i1> {body.scalar(flags)} to i{width}")
    running = w.value(f"call i{width} @llvm.ctpop.i{width}(i{width} {mask})")
    for name, more in ((ON, w.value(f"zext i{width} {running} to i64")), (OF, str(width))):
        w.store("i64", w.integer("add", w.load("i64", f"@{name}"), more), f"@{name}")


OPERATIONS: dict[str, Callable[[Body, Op], str]] = {"any": _any, "highest": _highest}
