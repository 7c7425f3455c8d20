"""Loops of which W rounds are run at a time (`lang.lanes.strips`), before what is left of them goes round by round.

    for %lo, %hi:    m = hi - lo without its rest by W, and 0 unless all indices will be inside
                     strip: load W elements; call the wide rounds; add up lane by lane, store W elements
                            if anything failed: leave
                     the loop as it is written, from where that has come to

So a round that fails does so in the loop as it is written, with its message.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qdsl.lang.core.ir import BOOL, INT, ArrayType, Lanes, Op, Scalar, Type, Value, scalar_of
from qdsl.lang.core.rounds import Round, Summed
from qdsl.lang.native import arrays, lanes
from qdsl.lang.native.abi import ELEMENT_TYPE
from qdsl.lang.native.places import ArrayPlace, Place, flat, flattened, result_struct
from qdsl.lang.native.writer import symbol

if TYPE_CHECKING:
    from qdsl.lang.native.body import Body


def run(body: Body, op: Op, low: str, high: str, carried: Sequence[Place]) -> tuple[str, list[Place]]:
    """Strips from `low` as far as they go; the index after them, and what is carried then."""
    strip = body.program.strips[op]
    round_, w = strip.round, body.writer
    end = _end(body, round_, low, high, carried, _types(op))
    head, inside, good, done = (w.label(hint) for hint in ("groups", "group", "good", "left"))
    before = w.block
    w.jump(head)
    w.begin(head)
    index = w.open_phi("i64")
    phis = {at: w.open_phi("double") for at, end_ in enumerate(round_.ends) if isinstance(end_, Summed)}
    places = [phis[at].name if at in phis else place for at, place in enumerate(carried)]
    w.branch(w.value(f"icmp slt i64 {index.name}, {end}"), inside, done)
    w.begin(inside)
    body.count_rounds(str(body.program.width))
    struct, returned = _rounds(body, op, strip.function, index.name, places)
    w.branch(w.value(f"extractvalue {struct} {returned}, 0"), done, good, unlikely=True)
    w.begin(good)
    results = [w.value(f"extractvalue {struct} {returned}, {at + 1}") for at in range(len(round_.results))]
    after = _ended(body, round_, index.name, places, _types(op), results)
    for at, phi in phis.items():
        start, following = carried[at], after[at]
        assert isinstance(start, str)
        assert isinstance(following, str)
        w.close_phi(phi, [(start, before), (following, w.block)])
    w.close_phi(index, [(low, before), (w.integer("add", index.name, body.program.width), w.block)])
    w.jump(head)
    w.begin(done)
    return index.name, places


def _types(op: Op) -> list[Type]:
    return [value.type for value in op.results]


def _end(body: Body, round_: Round, low: str, high: str, carried: Sequence[Place], types: Sequence[Type]) -> str:
    """How far strips go: as far as W rounds fit, and not at all where an index might be outside or there are none."""
    w = body.writer
    fits = w.value(f"and i1 {w.value(f'icmp sge i64 {low}, 0')}, {w.value(f'icmp sge i64 {high}, {low}')}")
    for array in round_.unchecked:
        place = body.places.get(array)
        lengths = [place] if isinstance(place, ArrayPlace) else [p for p in carried if isinstance(p, ArrayPlace)]
        for each in lengths:
            fits = w.value(f"and i1 {fits}, {w.value(f'icmp sle i64 {high}, {each.lengths[-1]}')}")
    whole = w.integer("and", w.integer("sub", high, low), -body.program.width)
    return w.integer("add", low, w.select(fits, whole, "0", "i64"))


def _rounds(body: Body, op: Op, name: str, index: str, places: Sequence[Place]) -> tuple[str, str]:
    """Call the wide function for the rounds from `index` on."""
    w, width = body.writer, body.program.width
    own = dict(zip(op.regions[0].parameters[1:], places, strict=False))
    function, round_ = body.program.functions[name], body.program.strips[op].round
    given: list[Place] = [_loaded(body, load, own, index, width) for load in round_.loads]
    if round_.takes_index:
        count = ", ".join(f"i64 {lane}" for lane in range(width))
        spread = lanes.spread(w, Lanes(INT, width), index)
        given.append(w.value(f"add <{width} x i64> {spread}, <{count}>"))
    given += [body.places[value] for value in round_.shared]
    arguments = [
        part
        for place, parameter in zip(given, function.parameters, strict=True)
        for part in zip(flat(parameter.type), flattened(place, parameter.type), strict=True)
    ]
    struct = result_struct(function.result_types)
    return struct, w.call(struct, symbol(f"lanes.{name}"), *arguments, ("ptr", "%context"))


def _loaded(body: Body, load: Op, own: dict[Value, Place], index: str, width: int) -> str:
    """W elements side by side."""
    array, *before, _ = load.operands
    place = own.get(array) or body.places[array]
    assert isinstance(place, ArrayPlace)
    assert isinstance(array.type, ArrayType)
    address = _address(body, place, array.type, before, index)
    kind = scalar_of(array.type)
    found = body.writer.load(f"<{width} x {ELEMENT_TYPE[kind]}>", address)
    return body.writer.value(f"trunc <{width} x i8> {found} to <{width} x i1>") if kind is BOOL else found


def _ended(
    body: Body, round_: Round, index: str, places: Sequence[Place], types: Sequence[Type], results: Sequence[str]
) -> list[Place]:
    """What is carried after W rounds with these results."""
    after: list[Place] = []
    for end, place, type_ in zip(round_.ends, places, types, strict=True):
        result = results[end.result]
        if isinstance(end, Summed):
            assert isinstance(place, str)
            after.append(_summed(body, place, result))
            continue
        assert isinstance(place, ArrayPlace)
        assert isinstance(type_, ArrayType)
        _store(body, result, _address(body, place, type_, end.before, index), scalar_of(type_))
        after.append(place)
    return after


def _summed(body: Body, total: str, result: str) -> str:
    """Lane by lane, in order."""
    w, width = body.writer, body.program.width
    for lane in range(width):
        total = w.value(f"fadd double {total}, {w.value(f'extractelement <{width} x double> {result}, i64 {lane}')}")
    return total


def _store(body: Body, result: str, address: str, kind: Scalar) -> None:
    w, width = body.writer, body.program.width
    if kind is BOOL:
        result = w.value(f"zext <{width} x i1> {result} to <{width} x i8>")
    w.store(f"<{width} x {ELEMENT_TYPE[kind]}>", result, address)


def _address(body: Body, place: ArrayPlace, type_: ArrayType, before: Sequence[Value], index: str) -> str:
    indices = [*(body.scalar(value) for value in before), index]
    return arrays.address_of(body, place, type_, indices, known_inside=True)
