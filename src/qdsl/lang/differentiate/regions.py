"""Derivatives of operations with regions: both sides of an `if`, loops that carry tangents beside their values.

Which carried values have a derivative is not known before the body has been written, because a trip can make active
what came in without a derivative. So the body is written again until nothing more turns active; it can only grow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qdsl.lang.core.builder import Builder
from qdsl.lang.core.ir import Block, Op, Type, Value
from qdsl.lang.core.rewrite import copy_block
from qdsl.lang.differentiate.trip import Mask, Trip, Values, spread, zeros


def branches(trip: Trip, op: Op) -> None:
    sides = [_Written(trip, region, ()) for region in op.regions]
    masks = [_union(each) for each in zip(*(side.masks for side in sides), strict=True)]
    regions = tuple([side.block(masks) for side in sides])
    results = trip.write(op, trip.all_new(op.operands), _result_types(op, masks), regions)
    _settle(trip, op, results, masks)


def for_(trip: Trip, op: Op) -> None:
    carried = op.operands[2:]
    body, masks = _until_settled(trip, op.regions[0], [trip.mask(each) for each in carried])
    bounds = trip.all_new(op.operands[:2])
    results = trip.write(op, (*bounds, *_with_tangents(trip, carried, masks)), _result_types(op, masks), (body,))
    _settle(trip, op, results, masks)


def while_(trip: Trip, op: Op) -> None:
    condition, body = op.regions
    written, masks = _until_settled(trip, body, [trip.mask(each) for each in op.operands])
    initial = _with_tangents(trip, op.operands, masks)
    inner = Builder()
    parameters = [inner.parameter(value.type) for value in written.parameters]
    test = inner.block(copy_block(condition, parameters[: len(op.operands)], inner, trip.new))
    results = trip.write(op, initial, _result_types(op, masks), (test, written))
    _settle(trip, op, results, masks)


def build(trip: Trip, op: Op) -> None:
    """With a derivative a `build` becomes a loop, so that value and derivatives of an element share their work."""
    (region,) = op.regions
    written = _Written(trip, region, ())
    (mask,) = written.masks
    if not any(mask):
        trip.copy(op, (written.block([mask]),))
        return
    along = trip.all_new(op.operands)
    empty = zeros(trip.builder, along, op.result.type.shape)  # type: ignore[union-attr]

    def element(inner: Builder, indices: Values, arrays: Values) -> Values:
        outer, trip.builder = trip.builder, inner
        trip.new.update(zip(region.parameters, indices, strict=True))
        trip.run(region.ops)
        (given,) = region.yields
        elements = (trip.new[given], *trip.filled(given, mask))
        trip.builder = outer
        return tuple(
            [inner.set(array, indices, each, inside=True) for array, each in zip(arrays, elements, strict=True)]
        )

    results = fill(trip.builder, along, (empty,) * (1 + sum(mask)), element)
    _settle(trip, op, results, [mask])


def fill(
    builder: Builder, along: Sequence[Value], arrays: Values, element: Callable[[Builder, Values, Values], Values]
) -> Values:
    """Nested loops over all indices, the last running fastest, that carry arrays."""

    def level(outer: Builder, indices: Values, carried: Values) -> Values:
        if len(indices) == len(along):
            return element(outer, indices, carried)
        end = along[len(indices)]
        return outer.for_(
            outer.const(0), end, carried, lambda inner, index, *arrays: level(inner, (*indices, index), arrays)
        )

    return level(builder, (), arrays)


# ── writing regions ──────────────────────────────────────────────────────────────────────────────────────────────


class _Written:
    """A region written with its parameters' tangents as the masks say; what it yields can be asked for afterwards."""

    def __init__(self, trip: Trip, region: Block, masks: Sequence[Mask]) -> None:
        self.trip = trip
        self.region = region
        self.outer, trip.builder = trip.builder, Builder(span=trip.builder.span)
        for parameter in region.parameters:
            trip.declare(parameter)
        carried = region.parameters[len(region.parameters) - len(masks) :]
        for parameter, mask in zip(carried, masks, strict=True):
            trip.declare_tangent(parameter, mask)
        trip.run(region.ops)
        self.builder, trip.builder = trip.builder, self.outer
        self.masks = [trip.mask(value) for value in region.yields]

    def block(self, masks: Sequence[Mask]) -> Block:
        """The block, yielding also tangents in the directions of the masks."""
        self.trip.builder = self.builder
        yields = _with_tangents(self.trip, self.region.yields, masks)
        self.trip.builder = self.outer
        return self.builder.block(yields)


def _until_settled(trip: Trip, body: Block, masks: list[Mask]) -> tuple[Block, list[Mask]]:
    """A loop's body and the masks of what it carries, the least that contain these and reproduce themselves."""
    while True:
        written = _Written(trip, body, masks)
        grown = [_union(pair) for pair in zip(masks, written.masks, strict=True)]
        if grown == masks:
            return written.block(masks), masks
        masks = grown


def _with_tangents(trip: Trip, values: Sequence[Value], masks: Sequence[Mask]) -> Values:
    tangents = [each for value, mask in zip(values, masks, strict=True) for each in trip.filled(value, mask)]
    return (*trip.all_new(values), *tangents)


def _result_types(op: Op, masks: Sequence[Mask]) -> list[Type]:
    """Those of the op, then of each tangent the same as its value's."""
    tangents = [result.type for result, mask in zip(op.results, masks, strict=True) for here in mask if here]
    return [*(result.type for result in op.results), *tangents]


def _settle(trip: Trip, op: Op, results: Values, masks: Sequence[Mask]) -> None:
    """The op's results and their tangents are now known."""
    count = len(op.results)
    for old, new, tangent in zip(op.results, results, spread(results[count:], masks), strict=False):
        new.hint = old.hint
        trip.new[old] = new
        trip.set_tangent(old, tangent)


def _union(masks: Sequence[Mask]) -> Mask:
    return tuple([any(each) for each in zip(*masks, strict=True)])


REGIONS: dict[str, Callable[[Trip, Op], None]] = {"if": branches, "for": for_, "while": while_, "build": build}
