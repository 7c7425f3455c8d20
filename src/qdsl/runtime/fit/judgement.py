"""Is it really a minimum? Nothing is believed of the search but the point it found.

In: an `Optimum` with derivatives at the best point. Out: a `Verdict`. Checked are the slope left over, measured in
standard errors; the curvature in every direction that no bound holds; and which bounds hold.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qdsl.runtime.fit.ball import inverse_of
from qdsl.runtime.fit.objective import Matrix, Parameter, Vector
from qdsl.runtime.fit.optimum import Optimum, Stop
from qdsl.runtime.fit.trust_region import pressed
from qdsl.runtime.fit.verdict import INTERRUPTED, AtBound, Converged, NotConverged, Unidentifiable, Verdict

FLAT = 1e-10  # eigenvalue of the correlation form of the Hessian under which a direction counts as free
UNKNOWN = 1e-8  # information about a relative change of one parameter: less, and its error is 10,000 times its size
DIGITS = 3e-30  # of the information about all that the model says: a change that rounding hides
SLACK = 1e-6  # a gradient this small, per relative change, does not hold a parameter at its bound
ROUNDING = 1e-10  # a relative step this small is nowhere to go: data without noise have errors no larger
OFFSET = 1e-4  # the allowed distance from the minimum, in standard errors

WORDS = {
    Stop.EDGE: "the best point found is at the edge of where the model is defined",
    Stop.STALLED: "no step improves the fit, though its slope is not zero",
    Stop.LIMIT: "too many iterations",
    Stop.INTERRUPTED: INTERRUPTED.why,
}


def judged(optimum: Optimum, parameters: Sequence[Parameter]) -> Verdict:
    """What may be claimed of the best point."""
    if optimum.stop is Stop.INTERRUPTED:
        return INTERRUPTED
    with np.errstate(all="ignore"):
        return _judged_by_derivatives(optimum, parameters)


def _judged_by_derivatives(optimum: Optimum, parameters: Sequence[Parameter]) -> Verdict:
    point, frame = optimum.point, optimum.frame
    chosen = [parameters[i] for i in frame.free]
    free = ~pressed(point, frame.low, frame.high, SLACK * optimum.variance)
    gradient = point.gradient[free] / optimum.variance
    hessian = point.hessian[np.ix_(free, free)] / optimum.variance
    size = np.maximum(np.abs(point.u[free]), 1.0)
    direction = flat_direction(hessian, size, np.abs(point.u[free]))
    if direction is not None and _is_level(gradient, direction):
        whole = np.zeros(len(chosen))
        whole[free] = direction * frame.scale[free]
        return Unidentifiable(_changes(whole, chosen, frame.scale))
    why = _not_a_minimum(gradient, hessian, size)
    if why:
        return NotConverged(WORDS.get(optimum.stop, why))
    held = (point.u <= frame.low) | (point.u >= frame.high)
    names = tuple(each.name for each, is_held in zip(chosen, held, strict=True) if is_held)
    return AtBound(names) if names else Converged()


def flat_direction(hessian: Matrix, size: Vector, value: Vector) -> Vector | None:
    """A direction without curvature, or None. `size` is how large each parameter may be, in the same coordinates, and
    `value` how large it is.
    """
    if hessian.size == 0:
        return None
    known = np.abs(np.diag(hessian) * size**2)
    root = np.sqrt(np.abs(np.diag(hessian)))
    form = hessian / root[:, np.newaxis] / root
    whole = np.abs(np.diag(hessian) * value**2).max()
    if known.min() < max(UNKNOWN, DIGITS * whole) or not np.isfinite(form).all():
        return np.asarray(np.where(known == known.min(), size, 0.0))
    curvatures, axes = np.linalg.eigh(form)
    return np.asarray(axes[:, 0] / root) if abs(curvatures[0]) < FLAT else None


def _is_level(gradient: Vector, direction: Vector) -> bool:
    """Whether the objective neither rises nor falls along the direction, over a relative change of one."""
    return bool(abs(gradient @ direction) / np.abs(direction).max() < 1e3 * SLACK)


def _not_a_minimum(gradient: Vector, hessian: Matrix, size: Vector) -> str:
    """Why the point is no minimum over these parameters; empty if it is one."""
    if gradient.size == 0:
        return ""
    inverse = inverse_of(hessian)
    if inverse is None:
        return "the best point found is a saddle, not a minimum"
    newton = inverse @ gradient
    distance = max(0.0, float(gradient @ newton)) ** 0.5
    if distance < OFFSET or bool((np.abs(newton / size) < ROUNDING).all()):
        return ""
    errors = "1 standard error" if f"{distance:.1g}" == "1" else f"{distance:.1g} standard errors"
    return f"{errors} from the minimum"


def _changes(direction: Vector, parameters: Sequence[Parameter], scale: Vector) -> tuple[tuple[Parameter, float], ...]:
    """The direction in SI, its largest relative change a tenth, without the parameters that hardly move."""
    relative = direction / scale
    direction = direction * (0.1 / np.abs(relative).max())
    if relative[np.abs(relative).argmax()] < 0:
        direction = -direction
    moving = np.abs(relative) > 1e-3 * np.abs(relative).max()
    return tuple(
        (each, float(amount)) for each, amount, moves in zip(parameters, direction, moving, strict=True) if moves
    )
