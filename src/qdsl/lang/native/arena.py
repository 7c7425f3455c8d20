"""Giving arena memory back while a program runs.

    while ... {                   mark
      %v = build %n ...     =>    round: ... v = allocate ... rewind to mark
    }

A loop marks where the arena stood and rewinds at the end of each round. Where it carries arrays they must survive:
once the rounds have taken a megabyte of garbage or more, `qdsl.keep` moves the carried arrays down to the mark. So
memory stays within a small multiple of what is alive, at a cost that vanishes beside that of making the arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qdsl.lang.core.ir import ArrayType, Block, Op, Type, Value
from qdsl.lang.native.abi import CHUNK, LEFT, TOP, element_bytes
from qdsl.lang.native.places import ArrayPlace, Place
from qdsl.lang.native.program import in_arena, is_small

if TYPE_CHECKING:
    from qdsl.lang.native.body import Body

GARBAGE_BYTES = 1 << 20
"""How much a loop that carries arrays may grow before they are moved together."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Where the arena stood: the chunk, the top within it, and how much could still be taken."""

    chunk: str
    top: str
    left: str

    @staticmethod
    def taken(body: Body, loop: Op) -> Mark | None:
        """A mark before a loop, if its rounds allocate at all."""
        return Mark.here(body) if _allocates(body, loop) else None

    @staticmethod
    def here(body: Body) -> Mark:
        w = body.writer
        return Mark(
            w.load("ptr", context_field(body, CHUNK)),
            w.load("i64", context_field(body, TOP)),
            w.load("i64", context_field(body, LEFT)),
        )

    def rewind(self, body: Body) -> None:
        body.writer.do(f"call void @qdsl.rewind(ptr %context, ptr {self.chunk}, i64 {self.top})")


def _allocates(body: Body, op: Op) -> bool:
    """Whether what the operation has inside may take memory: an array that is written in place takes none."""
    inside = (inner for region in op.regions for inner in region.ops)
    return _copies_yields(body, op) or any(_takes(body, inner) or _allocates(body, inner) for inner in inside)


def _takes(body: Body, op: Op) -> bool:
    """Whether the operation itself does, apart from what it has inside."""
    match op.name:
        case "if":
            return False
        case "set":
            return _is_copied(body, op, 0, op.operands[0], op.result.type)
        case "for" | "while":
            first = len(op.operands) - len(op.results)
            return any(_is_copied(body, op, i, op.operands[i], each.type) for i, each in enumerate(op.results, first))
        case "call" if op.attributes["function"] in body.program.allocating:
            return True
    return any(in_arena(result.type) for result in op.results)


def _copies_yields(body: Body, op: Op) -> bool:
    if op.name == "build":
        return False
    return any(
        _is_copied(body, region, i, region.yields[i], result.type)
        for region in (op.regions if op.name == "if" else op.regions[-1:])
        for i, result in enumerate(op.results)
    )


def _is_copied(body: Body, user: Op | Block, index: int, value: Value, type_: Type) -> bool:
    """Whether `arrays.take` makes a copy of it in the arena."""
    is_moved = (user, index) in body.moves and is_small(value.type) == is_small(type_)
    return in_arena(type_) and not is_moved


def context_field(body: Body, field: int) -> str:
    """The address of a field of the context."""
    return body.writer.value(f"getelementptr inbounds %context, ptr %context, i32 0, i32 {field}")


def keep_carried(body: Body, mark: Mark | None, places: Sequence[Place], types: Sequence[Type]) -> list[Place]:
    """At the end of a round: give back what it took, but for the arrays it carries on; where these are now."""
    carried = [i for i, type_ in enumerate(types) if in_arena(type_)]
    kept = list(places)
    if mark is None:
        return kept
    if not carried:
        mark.rewind(body)
        return kept
    w = body.writer
    grown = w.integer("sub", mark.left, w.load("i64", context_field(body, LEFT)))
    much, on = w.label("much"), w.label("on")
    w.branch(w.value(f"icmp ugt i64 {grown}, {GARBAGE_BYTES}"), much, on)
    before = w.block
    w.begin(much)
    table = _table(body, [places[i] for i in carried], [types[i] for i in carried])
    marked = f"ptr {mark.chunk}, i64 {mark.top}, i64 {grown}"
    w.do(f"call void @qdsl.keep(ptr %context, {marked}, ptr {table}, i64 {len(carried)})")
    addresses = [w.load("ptr", w.at(table, 2 * k)) for k in range(len(carried))]
    w.jump(on)
    w.begin(on)
    for i, address in zip(carried, addresses, strict=True):
        place = places[i]
        assert isinstance(place, ArrayPlace)
        kept[i] = ArrayPlace(w.phi("ptr", [(place.data, before), (address, much)]), place.lengths)
    return kept


def _table(body: Body, places: Sequence[Place], types: Sequence[Type]) -> str:
    """The address and size of each array, in memory, for `qdsl.keep` to read and rewrite."""
    w = body.writer
    table = body.stack(2 * len(places))
    for k, (place, type_) in enumerate(zip(places, types, strict=True)):
        assert isinstance(place, ArrayPlace)
        assert isinstance(type_, ArrayType)
        w.store("ptr", place.data, w.at(table, 2 * k))
        w.store("i64", size_in_bytes(body, place, type_), w.at(table, 2 * k + 1))
    return table


def size_in_bytes(body: Body, place: ArrayPlace, type_: ArrayType) -> str:
    """How much memory an array takes."""
    size = str(element_bytes(type_.element))
    for length in place.lengths:
        size = body.writer.integer("mul", size, length)
    return size
