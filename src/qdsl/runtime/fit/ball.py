"""The quadratic g·s + s·H·s/2 over a ball or an ellipsoid, minimised exactly.

There are few parameters, so H is taken apart into its axes; along them the minimiser is -slope / (curvature + shift),
where the shift is the one that gives the step the length of the radius (Nocedal & Wright, section 4.3). H need not be
positive.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from qdsl.runtime.fit.objective import Matrix, Vector

TINY = float(np.finfo(float).tiny)

ENOUGH = 1e-13
"""Relatively: a step whose length is so near the radius has it."""

MOST_TRIES = 200

MANY = 8
"""Numbers from which on it is cheaper to try Newton's step alone before a matrix is taken apart into its axes."""


def minimum_in_ellipsoid(gradient: Vector, hessian: Matrix, metric: Matrix, radius: float) -> Vector:
    """The step s with s·metric·s at most `radius`² that minimises g·s + s·H·s/2."""
    inverse = np.linalg.inv(np.linalg.cholesky(metric))
    return np.asarray(inverse.T @ minimum_in_ball(inverse @ gradient, inverse @ hessian @ inverse.T, radius))


def minimum_in_ball(gradient: Vector, hessian: Matrix, radius: float) -> Vector:
    """The step of length at most `radius` that minimises g·s + s·H·s/2, H indefinite or not."""
    if gradient.size == 0:
        return gradient
    if gradient.size == 2:
        return _in_disc(gradient.tolist(), hessian.tolist(), radius)
    if gradient.size >= MANY and (newton := _newton(gradient, hessian)) is not None and newton @ newton <= radius**2:
        return newton
    curvatures, axes = np.linalg.eigh(hessian)
    slope = axes.T @ gradient
    if curvatures[0] > 0.0:
        newton = -slope / curvatures
        if newton @ newton <= radius**2:
            return np.asarray(axes @ newton)
    return np.asarray(axes @ _on_sphere(curvatures, slope, radius))


def _newton(gradient: Vector, hessian: Matrix) -> Vector | None:
    """The step to the minimum of all; None where there is none."""
    root = _root_of(hessian)
    return None if root is None else np.asarray(-np.linalg.solve(root.T, np.linalg.solve(root, gradient)))


def _in_disc(gradient: Sequence[float], hessian: Sequence[Sequence[float]], radius: float) -> Vector:
    """The same of two numbers, whose axes are known. Jacobi's rotation (G. H. Golub and C. F. Van Loan, Matrix
    Computations (2013), section 8.5.2) takes off what is beside the diagonal.
    """
    (g, h), ((a, b), (_, d)) = gradient, hessian
    turn = 0.0
    if b != 0.0:
        ratio = (d - a) / (2.0 * b)
        turn = math.copysign(1.0, ratio) / (abs(ratio) + math.hypot(1.0, ratio))
    c = 1.0 / math.hypot(1.0, turn)
    s = turn * c
    first, second = sorted(((a - turn * b, c, -s), (d + turn * b, s, c)))  # a curvature and its axis
    curvatures, slope = (first[0], second[0]), [x * g + y * h for _, x, y in (first, second)]
    p, q = (-slope[0] / first[0], -slope[1] / second[0]) if first[0] > 0.0 else (math.inf, math.inf)
    if not math.hypot(p, q) <= radius:
        p, q = _on_sphere(np.array(curvatures), np.array(slope), radius).tolist()
    return np.array([p * first[1] + q * second[1], p * first[2] + q * second[2]])


def _on_sphere(curvatures: Vector, slope: Vector, radius: float) -> Vector:
    """The minimiser in the axes of H: -slope / (curvature + shift), with the shift that gives it length `radius`."""
    shift = _shift(curvatures.tolist(), slope.tolist(), radius)
    step = np.where(slope == 0.0, 0.0, -slope / np.maximum(curvatures + shift, TINY))
    short = radius**2 - float(step @ step)
    if curvatures[0] < 0.0 and short > 0.01 * radius**2:
        # The hard case: the gradient has no part along the downward axis, so the step must choose a side of it.
        step[0] = np.sqrt(float(step[0]) ** 2 + short) * (-1.0 if slope[0] > 0.0 else 1.0)
    return np.asarray(step)


def _shift(curvatures: Sequence[float], slope: Sequence[float], radius: float) -> float:
    """The shift of all curvatures that gives the step the length of the radius: Newton's method on the reciprocal of
    the length, which is nearly straight (Nocedal & Wright, algorithm 4.3), held between bounds that close in. Plain
    numbers, since there are few.
    """
    parts = [(curvature, part * part) for curvature, part in zip(curvatures, slope, strict=True) if part]
    low = max(0.0, -curvatures[0])
    high = low + math.sqrt(sum(squared for _, squared in parts)) / radius + abs(curvatures[-1]) + low
    shift = 0.5 * (low + high)
    for _ in range(MOST_TRIES):
        squared = steepness = 0.0
        for curvature, part in parts:
            moved = max(curvature + shift, TINY)
            share = part / moved / moved
            squared += share
            steepness += share / moved
        length = math.sqrt(squared)
        if length > radius:
            low = shift
        else:
            high = shift
        if abs(length - radius) <= ENOUGH * radius:
            return shift
        wanted = shift + squared / steepness * (length - radius) / radius if 0.0 < steepness < math.inf else low
        shift = wanted if low < wanted < high else 0.5 * (low + high)
        if shift in (low, high):
            break
    return high


def is_positive(matrix: Matrix) -> bool:
    """Whether a symmetric matrix is finite and positive definite."""
    return _root_of(matrix) is not None


def _root_of(matrix: Matrix) -> Matrix | None:
    """The lower triangle L with L·Lᵀ the matrix; None where it is not finite and positive definite."""
    if not np.isfinite(matrix).all():
        return None
    try:
        return np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        return None


def inverse_of(matrix: Matrix) -> Matrix | None:
    """The inverse of a symmetric positive matrix, computed in correlation form; None for any other."""
    diagonal = np.diag(matrix)
    if not (diagonal > 0.0).all():
        return None
    root = np.sqrt(diagonal)
    scale = np.outer(root, root)
    root_of = _root_of(matrix / scale)
    if root_of is None:
        return None
    inverse = np.linalg.inv(root_of)
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
