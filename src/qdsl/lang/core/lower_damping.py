"""Whether damping makes the steps of an explicit method short: what is known of it when compiling, what is watched.

    loss = [sqrt(kappa) * a(c)], kappa far above H    =>    watch %ratio, .. "damping is {0} times as fast as H .."

An explicit method follows the fastest decay in steps of its size, also where nothing of it is left. Exponentials and
implicit methods do not. Where numbers are known, the method is chosen by it (`quantum.method`); where they are known
only when the program runs, and the other method would have to be compiled beside the first, it is said.
"""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

from qdsl.lang.core.builder import Builder
from qdsl.lang.core.ir import REAL, Value, Watch, Worry
from qdsl.lang.core.lower_body import Body
from qdsl.lang.core.lower_equation import Equation, weights_of
from qdsl.lang.core.lower_solvers import fastest_turn
from qdsl.lang.core.lower_values import Data
from qdsl.lang.core.primitives import PRIMITIVES, Stop
from qdsl.lang.core.sparse_code import Weighted
from qdsl.lang.quantum.generator import Generator
from qdsl.lang.quantum.method import STIFF_FROM, STRONG_FROM
from qdsl.lang.typed.generators import TIME

LONG_WORK = 3e6
"""Numbers of the generator times radians of damping, some 10 ns each, from which on it is worth a word."""


def known_damping(body: Body, generator: Generator, equation: Equation) -> float | None:
    """How many times as fast as H the damping is, where the program says both in numbers."""
    if not equation.loses or equation.depends_on_time:
        return None
    with body.inside(Builder(span=body.b.span)):
        bounds = [fastest_turn(body, each).value for each in _by_origin(body, generator, equation, None)]
        found = _computed(body)
    of_h, of_jumps = (found.get(each) for each in bounds)
    if of_h is None or of_jumps is None:
        return None
    return float(of_jumps / of_h) if of_h else math.inf


def watch_damping(body: Body, generator: Generator, equation: Equation, start: Data, times: Data) -> None:
    """Watch the damping beside H, by the start and the last time, where following it takes a while."""
    end = _last(body, start, times)
    moments = [start, Data(TIME, (end,))] if equation.depends_on_time else [None]
    bounds = [
        [fastest_turn(body, each).value for each in _by_origin(body, generator, equation, moment)] for moment in moments
    ]
    of_h, of_jumps = bounds[0]
    for later_h, later_jumps in bounds[1:]:
        of_h, of_jumps = body.b.op("max", of_h, later_h), body.b.op("max", of_jumps, later_jumps)
    numbers = body.constant(float(sum(len(matrix.rows) for _, matrix in generator.maps)))
    angle = body.b.op("mul", of_jumps, body.b.op("sub", end, start.value))
    is_long = body.b.op("gt", body.b.op("mul", numbers, angle), body.constant(LONG_WORK))
    ratio = body.b.op("div", of_jumps, of_h)
    threshold, method = (STIFF_FROM, "stiff") if equation.depends_on_time else (STRONG_FROM, "exact")
    message = "damping is {0} times as fast as H, so that all steps are short"
    watch = Watch(Worry.DAMPING, threshold, message, f'method = "{method}" answers sooner')
    body.b.watch(watch, body.b.select(is_long, ratio, body.constant(0.0)))


def _by_origin(body: Body, generator: Generator, equation: Equation, moment: Data | None) -> list[list[Weighted]]:
    """The weighted matrices of H, and those of the jump operators."""
    weights = [weight for weight, _ in weights_of(body, generator, equation, moment)]
    return [[(weights[place], matrix) for place, matrix in each] for each in generator.by_origin()]


def _computed(body: Body) -> dict[Value, Any]:
    """What follows from constants alone, of all that is written so far."""
    found: dict[Value, Any] = {}
    for op in body.origins():
        primitive = PRIMITIVES.get(op.name)
        if op.name == "const":
            found[op.result] = op.attributes["value"]
        elif primitive is not None and all(each in found for each in op.operands):
            with suppress(Stop):
                found[op.result] = primitive.evaluate(*(found[each] for each in op.operands))
    return found


def _last(body: Body, start: Data, times: Data) -> Value:
    """The last of the times, or the start without times."""
    count = body.b.len(times.value, 0)
    at = body.b.op("wsub", count, body.constant(1))
    has_any = body.b.op("ige", at, body.constant(0))
    (end,) = body.if_(has_any, lambda: (body.b.get(times.value, at, inside=True),), lambda: (start.value,), (REAL,))
    return end
