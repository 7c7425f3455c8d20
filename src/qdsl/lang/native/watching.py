"""`watch` in machine code: a comparison, and a call that is hardly ever made.

    watch %p, %n above 1e-6      =>      br (%p > 1e-6) seen, on
                                         seen: qdsl.watch(%context, number of the watch, lane, %p, %p and %n as words)

`qdsl.watch` marks the context, and keeps the worst in the table that may lie behind it (`native.abi`). Over lanes each
has its own numbers; where lanes are points, each is a point of its own. In fast mode what is above is suspect, so that
the careful function tells it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qdsl.lang.core.ir import REAL, Op, Scalar, scalar_of, width_of
from qdsl.lang.native import lanes
from qdsl.lang.native.abi import NUMBERS_KEPT
from qdsl.lang.native.program import Mode
from qdsl.lang.native.sites import Watched
from qdsl.lang.native.writer import Writer, real

if TYPE_CHECKING:
    from qdsl.lang.native.body import Body


def watch(body: Body, op: Op) -> None:
    """Tell of numbers that are above the threshold."""
    w, operands = body.writer, op.operands
    first, width = operands[0], width_of(operands[0].type)
    threshold = real(op.attributes["watch"].threshold)
    if width:
        vector = f"<{width} x double>"
        above = w.value(f"fcmp ogt {vector} {body.scalar(first)}, splat (double {threshold})")
        is_any = lanes.any_of(w, above, width)
    else:
        above = is_any = w.fcmp("ogt", body.scalar(first), threshold)
    if body.mode is Mode.FAST:
        return body.suspect(is_any)
    kinds = tuple(scalar_of(value.type) for value in operands[:NUMBERS_KEPT])
    number = body.program.sites.watch_number(Watched(op.attributes["watch"], kinds, body.span))
    seen, on = w.label("seen"), w.label("on")
    w.branch(is_any, seen, on, unlikely=True)
    w.begin(seen)
    for lane in range(width or 1):
        numbers = [
            lanes.extracted(w, value.type, body.scalar(value), lane) if width else body.scalar(value)
            for value in operands[:NUMBERS_KEPT]
        ]
        worst = numbers[0]
        if width:  # a lane that is not above must not be kept
            own = w.value(f"extractelement <{width} x i1> {above}, i64 {lane}")
            worst = w.select(own, worst, real(0.0))
        _call(w, number, lane if body.program.lanes_are_points else 0, worst, list(zip(kinds, numbers, strict=True)))
    w.jump(on)
    w.begin(on)
    return None


def _call(w: Writer, number: int, lane: int, worst: str, numbers: list[tuple[Scalar, str]]) -> None:
    words = [w.bits(value) if kind is REAL else value for kind, value in numbers]
    words += ["0"] * (NUMBERS_KEPT - len(words))
    listed = ", ".join(f"i64 {word}" for word in words)
    w.do(f"call void @qdsl.watch(ptr %context, i64 {number}, i64 {lane}, double {worst}, {listed})")
