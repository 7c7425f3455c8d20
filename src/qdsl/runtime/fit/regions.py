"""Joint regions of two parameters: where both are, at a level, by the likelihood and by the covariance.

    regions(.., places=(0, 2), ..)    lines around the best point on which the profile likelihood, all other parameters
                                      following, has fallen by what holds both parameters with a probability
    ellipse(.., ..)                   what the covariance alone makes of it; the same for a linear model

Twice the log-likelihood falls by -2 log(1 - level), χ² of two degrees of freedom: 2.30 for 68.3 %. With least squares,
whose sigma is found from the residuals, the sum of squares grows by the factor (1 - level)^(-2 / dof), which is that
of Fisher's F of two and dof degrees of freedom (D. M. Bates and D. G. Watts, "Nonlinear regression analysis and its
applications" (1988), section 6.1).

The line is looked for along rays from the best point, in the coordinates in which the ellipse is a circle: of a region
that bends around a corner the part is found that is seen from the best point.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from qdsl.runtime.fit.held import Better, BetterFound, Following
from qdsl.runtime.fit.objective import LeastSquares, Matrix, Objective, Parameter, Vector

LEVELS = (0.683, 0.954)
"""Those of one and of two standard errors of a single number."""

RAYS = 36
SMOOTH = 181
"""So many rays are followed, and so many points make the line."""

TOLERANCE = 1e-6
"""Of the deviations, to which the line is found."""

FARTHEST = 20.0
"""In radii of the ellipse: a region that goes on beyond is cut there."""


def allowed_for_two(objective: Objective, parameters: Sequence[Parameter], level: float) -> float:
    """How many deviations hold two parameters with this probability."""
    if isinstance(objective, LeastSquares):
        dof = objective.n_points - sum(each.low < each.high for each in parameters)
        return math.sqrt(dof * math.expm1(-2.0 / dof * math.log1p(-level)))
    return math.sqrt(-2.0 * math.log1p(-level))


def ellipse(best: Vector, covariance: Matrix, allowed: float) -> Matrix:
    """Points (n, 2) of the line by the covariance of two parameters."""
    angles = np.linspace(0.0, 2.0 * np.pi, SMOOTH)
    return np.asarray(best + allowed * _directions(covariance, angles))


def regions(
    objective: Objective,
    parameters: Sequence[Parameter],
    best: Vector,
    places: tuple[int, int],
    covariance: Matrix,
    levels: Sequence[float] = LEVELS,
) -> list[Matrix] | Better:
    """For each level the line (n, 2), in SI and closed; `covariance` is that of the two. `Better` where the search
    comes to a better point.
    """
    scale = tuple(float(each) for each in np.sqrt(np.diag(covariance)))
    path = Following(objective, parameters, np.asarray(best, dtype=float), places, scale)
    allowed = [allowed_for_two(objective, parameters, level) for level in levels]
    try:
        return [_line(path, covariance, each) for each in allowed]
    except BetterFound as better:
        return better.found


def _line(path: Following, covariance: Matrix, allowed: float) -> Matrix:
    angles = np.linspace(0.0, 2.0 * np.pi, RAYS + 1)
    directions = _directions(covariance, angles[:-1])
    found = [_radius(path, direction, allowed) for direction in directions]
    radii = np.array([radius for radius, _ in found])
    centre = path.best[list(path.places)]
    if not all(is_crossing for _, is_crossing in found):
        closed = [*range(RAYS), 0]
        return np.asarray(centre + radii[closed, None] * directions[closed])
    from scipy.interpolate import CubicSpline

    smooth = CubicSpline(angles, [*radii, radii[0]], bc_type="periodic")
    fine = np.linspace(0.0, 2.0 * np.pi, SMOOTH)
    return np.asarray(centre + smooth(fine)[:, None] * _directions(covariance, fine))


def _directions(covariance: Matrix, angles: Vector) -> Matrix:
    """From angles on the unit circle to steps of one standard deviation, (n, 2)."""
    root = np.linalg.cholesky(covariance)
    return np.asarray(np.stack([np.cos(angles), np.sin(angles)], axis=1) @ root.T)


def _radius(path: Following, direction: Vector, allowed: float) -> tuple[float, bool]:
    """How far the line is along a direction, and whether it is there: not so at a bound, or where it is too far."""
    from scipy.optimize import brentq

    centre = path.best[list(path.places)]
    limit = min(_to_bounds(path, centre, direction), FARTHEST * allowed)

    def beyond(radius: float) -> float:
        return min(path.deviations(*(float(each) for each in centre + radius * direction)), 4.0 * allowed) - allowed

    inside, outside = 0.0, min(allowed, limit)
    while (rest := beyond(outside)) < -TOLERANCE * allowed:
        if outside >= limit:
            return limit, False
        # A parabola would be at the goal there; a step beyond makes a bracket.
        step = 1.05 * outside * allowed / max(allowed + rest, 0.25 * allowed)
        inside, outside = outside, min(step, limit)
    if abs(rest) <= TOLERANCE * allowed:
        return outside, True
    return float(brentq(beyond, inside, outside, xtol=TOLERANCE * outside, rtol=TOLERANCE)), True


def _to_bounds(path: Following, centre: Vector, direction: Vector) -> float:
    """The radius at which the first of the two parameters comes to a bound."""
    radii = [math.inf]
    for place, middle, step in zip(path.places, centre, direction, strict=True):
        bound = path.parameters[place].high if step > 0.0 else path.parameters[place].low
        if step and math.isfinite(bound):
            radii.append((bound - float(middle)) / float(step))
    return min(radii)
