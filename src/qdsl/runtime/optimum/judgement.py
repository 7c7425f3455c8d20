"""Is it really a minimum? Nothing is believed of the search but the point it found.

In: the end of a search, with derivatives there. Out: a `Verdict`. Checked are Newton's step that is left, beside the
size of each number; the curvature in every direction that no bound holds; and which bounds hold.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qdsl.runtime.fit.objective import Vector
from qdsl.runtime.fit.optimum import Optimum as End
from qdsl.runtime.fit.optimum import Stop
from qdsl.runtime.fit.verdict import AtBound, Converged, NotConverged
from qdsl.runtime.optimum.curvature import NEAR, Free, free_part, has_kink, level_direction
from qdsl.runtime.optimum.objective import Argument, Function
from qdsl.runtime.optimum.scales import unit_at
from qdsl.runtime.optimum.verdict import Flat, Verdict, names_of

INTERRUPTED = "interrupted"

GAIN = 1e-10
"""A promised gain this small, of what the function is, leaves its value as it is."""

LEVEL = 1e-7
"""A slope this small along a direction without curvature, of what the function is, is none."""

ENDLESS = 1e12
"""A number that has come so far, beside where it began, goes on for ever."""

MOVING = 1e-3
"""Numbers that move less along a direction, beside the others, are not named with it."""


def judged(
    function: Function, end: End, arguments: Sequence[Argument], word: str, start: Vector, far: Vector
) -> Verdict:
    """What may be claimed of the end. `word` is minimum or maximum, `far` how far each number may go."""
    if end.stop is Stop.INTERRUPTED:
        return NotConverged(INTERRUPTED)
    if not end.point.hessian.size:
        return NotConverged(f"too many numbers to look at the curvature: {end.point.gradient.size:,}")
    with np.errstate(all="ignore"):
        verdict = _by_derivatives(end, arguments, word, start, far)
        if verdict.word not in ("flat", "not_converged") or end.stop is not Stop.SETTLED:
            return verdict
        if has_kink(function, end.frame, end.point, far[end.frame.free] / end.frame.scale):
            return NotConverged(f"the function has a kink at this {word}, where its slope jumps")
        return verdict


def _by_derivatives(end: End, arguments: Sequence[Argument], word: str, start: Vector, far: Vector) -> Verdict:
    point, frame = end.point, end.frame
    unit = unit_at(point)
    part = free_part(point, frame)
    chosen = frame.free[part.places]

    def named(direction: Vector) -> tuple[str, ...]:
        relative = np.abs(direction / part.size)
        return names_of(arguments, [int(k) for k in chosen[relative > MOVING * relative.max()]])

    if _is_endless(end, start):
        return NotConverged(f"the function {'falls' if word == 'minimum' else 'rises'} without end")
    level = level_direction(part, unit, far[frame.free] / frame.scale)
    step = part.newton
    if level is not None and _is_level(part, level, unit):
        return Flat(named(level))
    if step is None:
        return NotConverged(_why(end, f"the best point found is a saddle, not a {word}", word))
    if not (np.abs(step) <= NEAR * part.size).all():
        if -0.5 * float(part.gradient @ step) <= GAIN * unit:
            return Flat(named(step))
        distance = float((np.abs(step) / part.size).max())
        return NotConverged(_why(end, f"the {word} is {distance:.1g} of the arguments' size away", word))
    held = (point.u <= frame.low) | (point.u >= frame.high)
    return AtBound(names_of(arguments, [int(k) for k in frame.free[held]])) if held.any() else Converged()


def _is_level(part: Free, direction: Vector, unit: float) -> bool:
    """Whether the function neither rises nor falls along it."""
    slope, bend = float(part.gradient @ direction), float(direction @ part.hessian @ direction)
    return abs(slope) <= LEVEL * unit and bend >= -LEVEL * unit


def _is_endless(end: End, start: Vector) -> bool:
    """Whether a number without bounds has gone beyond all measure."""
    frame = end.frame
    measure = np.where(start == 0.0, 1.0, np.abs(start))[frame.free]
    open_ended = ~np.isfinite(frame.most - frame.least)
    return bool((open_ended & (np.abs(end.x[frame.free]) > ENDLESS * measure)).any())


def _why(end: End, otherwise: str, word: str) -> str:
    match end.stop:
        case Stop.EDGE:
            return "the best point found is at the edge of where the function is defined"
        case Stop.LIMIT:
            return "too many iterations"
        case Stop.STALLED:
            return f"no step leads further, and this is no {word}"
        case _:
            return otherwise
