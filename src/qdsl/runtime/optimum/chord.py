"""The last steps into a minimum of many numbers: Newton's, with the Hessian of the first point for all of them.

Near a minimum it hardly changes, so that slopes are enough, which cost much less (the chord method: C. T. Kelley,
Iterative Methods for Linear and Nonlinear Equations (1995), section 5.4.1).

In: a `Function` and a point with its Hessian. Out: a point with its own, no worse.
"""

from __future__ import annotations

import math

import numpy as np

from qdsl.runtime.fit.objective import Vector
from qdsl.runtime.optimum.curvature import LOWER, free_part
from qdsl.runtime.optimum.objective import At, Function
from qdsl.runtime.optimum.scales import frame_at, point_in, unit_at

MOST_STEPS = 6

SHRINKS = 0.1
"""What a step must leave at most of the gain that the slope promises: a chord does better near a minimum."""

ROUNDING = 8.0 * np.finfo(float).eps
"""A step so small beside a number only moves it about."""


SETTLED = 1e-20
"""Of the unit of the function: the gain of a step of about 1e-10 of the numbers."""


def refined(function: Function, here: At, start: Vector) -> tuple[At, bool]:
    """As near the minimum as slopes tell, and whether nothing is left of the way; the point itself where the Hessian is
    not positive. Numbers that a bound holds stay there, and a step that would leave the bounds is not made.
    """
    frame = frame_at(function.parameters, here, start)
    point = point_in(frame, here)
    part = free_part(point, frame)
    if part.inverse is None or not part.places.size:
        return here, False
    u, slope = point.u, part.gradient
    unit = unit_at(point)
    gain, most = float(slope @ part.inverse @ slope), here.value + LOWER * unit
    reached: Vector | None = None
    for _ in range(MOST_STEPS):
        trial = u.copy()
        trial[part.places] -= part.inverse @ slope
        is_inside = bool(((trial >= frame.low) & (trial <= frame.high)).all())
        if not is_inside or (np.abs(trial - u) <= ROUNDING * np.abs(trial)).all():
            break
        value, gradient, _ = function.evaluate(frame.outward(trial), 1)
        if gradient is None or not (math.isfinite(value) and value <= most):
            break
        slope = frame.gradient(gradient)[part.places]
        left = float(slope @ part.inverse @ slope)
        if not left <= SHRINKS * gain:
            break
        u, gain, reached = trial, left, frame.outward(trial)
    if reached is None:
        return here, False
    value, gradient, hessian = function.evaluate(reached, 2)
    if gradient is None or hessian is None or not np.isfinite(hessian).all():
        return here, False
    return At(reached, value, gradient, hessian), gain <= SETTLED * unit
