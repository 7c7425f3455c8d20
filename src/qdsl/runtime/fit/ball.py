"""The quadratic g·s + s·H·s/2 over a ball or an ellipsoid, minimised exactly.

There are few parameters, so H is taken apart into its axes; along them the minimiser is -slope / (curvature + shift),
where the shift is the one that gives the step the length of the radius (Nocedal & Wright, section 4.3). H need not be
positive.
"""

from __future__ import annotations

import math

import numpy as np

from qdsl.runtime.fit.objective import Matrix, Vector

TINY = float(np.finfo(float).tiny)


def minimum_in_ellipsoid(gradient: Vector, hessian: Matrix, metric: Matrix, radius: float) -> Vector:
    """The step s with s·metric·s at most `radius`² that minimises g·s + s·H·s/2."""
    if np.array_equal(metric, np.eye(len(metric))):
        return minimum_in_ball(gradient, hessian, radius)
    inverse = np.linalg.inv(np.linalg.cholesky(metric))
    return np.asarray(inverse.T @ minimum_in_ball(inverse @ gradient, inverse @ hessian @ inverse.T, radius))


def minimum_in_ball(gradient: Vector, hessian: Matrix, radius: float) -> Vector:
    """The step of length at most `radius` that minimises g·s + s·H·s/2, H indefinite or not."""
    if gradient.size == 0:
        return gradient
    curvatures, axes = np.linalg.eigh(hessian)
    slope = axes.T @ gradient
    if curvatures[0] > 0.0:
        newton = -slope / curvatures
        if np.linalg.norm(newton) <= radius:
            return np.asarray(axes @ newton)
    return np.asarray(axes @ _on_sphere(curvatures, slope, radius))


def _on_sphere(curvatures: Vector, slope: Vector, radius: float) -> Vector:
    """The minimiser in the axes of H: -slope / (curvature + shift), with the shift that gives it length `radius`."""
    least = max(0.0, -float(curvatures[0]))
    spread = float(np.linalg.norm(slope)) / radius + abs(float(curvatures[-1])) + least
    low, high = least, least + spread
    with np.errstate(divide="ignore", over="ignore"):
        for _ in range(80):
            shift = 0.5 * (low + high)
            if shift in (low, high):
                break
            if _length(curvatures, slope, shift) > radius:
                low = shift
            else:
                high = shift
    step = np.where(slope == 0.0, 0.0, -slope / np.maximum(curvatures + high, TINY))
    short = radius**2 - float(step @ step)
    if curvatures[0] < 0.0 and short > 0.01 * radius**2:
        # The hard case: the gradient has no part along the downward axis, so the step must choose a side of it.
        step[0] = np.sqrt(float(step[0]) ** 2 + short) * (-1.0 if slope[0] > 0.0 else 1.0)
    return np.asarray(step)


def _length(curvatures: Vector, slope: Vector, shift: float) -> float:
    parts = np.where(slope == 0.0, 0.0, slope / np.maximum(curvatures + shift, TINY))
    return math.sqrt(float(parts @ parts))


def is_positive(matrix: Matrix) -> bool:
    """Whether a symmetric matrix is finite and positive definite."""
    if not np.isfinite(matrix).all():
        return False
    try:
        np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        return False
    return True


def inverse_of(matrix: Matrix) -> Matrix | None:
    """The inverse of a symmetric positive matrix, computed in correlation form; None for any other."""
    diagonal = np.diag(matrix)
    if not (diagonal > 0.0).all():
        return None
    root = np.sqrt(diagonal)
    scale = np.outer(root, root)
    if not is_positive(matrix / scale):
        return None
    inverse = np.linalg.inv(np.linalg.cholesky(matrix / scale))
    return np.asarray(inverse.T @ inverse / scale)


def inverse_where_steep(matrix: Matrix, flat: float) -> Matrix | None:
    """The inverse along the directions that curve upwards, zero along those whose curvature, in correlation form, is
    below `flat`; None where one curves downwards by more.
    """
    root = np.sqrt(np.abs(np.diag(matrix)))
    root[root == 0.0] = np.inf
    curvatures, axes = np.linalg.eigh(matrix / np.outer(root, root))
    if curvatures.size == 0 or curvatures[0] < -flat:
        return None
    steep = curvatures > flat
    across = axes[:, steep] / root[:, None]
    return np.asarray(across / curvatures[steep] @ across.T)
