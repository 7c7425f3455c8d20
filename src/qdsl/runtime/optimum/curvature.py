"""What the second derivatives tell of a point: how far the minimum is, and where there is none.

Everything is in the coordinates of a `Frame`; numbers that a bound holds are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from qdsl.runtime.fit.ball import inverse_of
from qdsl.runtime.fit.objective import Matrix, Vector
from qdsl.runtime.fit.optimum import Point
from qdsl.runtime.fit.scaling import Frame
from qdsl.runtime.fit.trust_region import pressed
from qdsl.runtime.optimum.objective import Function
from qdsl.runtime.optimum.scales import unit_at

NEAR = 1e-6
"""A step this small, of the size of each number, is nowhere to go."""

FLAT = 1e-10
"""A direction with less curvature, in correlation form, counts as level."""

UNSEEN = 1e-13
"""A change of the function this small, of its size, is lost in its rounding."""

SLACK = 1e-9
"""A slope this small, of what the function is, does not hold a number at its bound."""

LOWER = 1e-11
"""A value lower by this, of what the function is, is lower."""

KINK = 2e-3
"""Of a rise over a tenth of the way, what more a thousandth of the way has only at a kink."""

MANY = 8
"""Numbers from which on a matrix is not taken apart into its axes to find one of them."""

ITERATIONS = 12

NEARBY = (1e-3, 1e-2)
FURTHER = (*NEARBY, 1e-1, 1.0)
"""How far a direction is gone, of the size of the numbers, to see where it leads."""


@dataclass(frozen=True)
class Free:
    """The part of a point that no bound holds. `places` are those of its numbers, `size` how large they are."""

    places: Vector
    gradient: Vector
    hessian: Matrix
    size: Vector

    @cached_property
    def inverse(self) -> Matrix | None:
        """That of the Hessian; None where it is not positive."""
        return inverse_of(self.hessian)

    @cached_property
    def newton(self) -> Vector | None:
        """The step to the minimum of the quadratic; None where it has none."""
        if not self.gradient.size:
            return self.gradient
        return None if self.inverse is None else np.asarray(-self.inverse @ self.gradient)

    @cached_property
    def is_steep(self) -> bool:
        """Whether the least curvature in correlation form is certain to be above `FLAT`, as the sum of all 1/curvatures
        says.
        """
        return self.inverse is not None and bool(np.diag(self.inverse) @ np.diag(self.hessian) < 1.0 / FLAT)

    @cached_property
    def probed(self) -> Vector:
        """A direction in which there is little curvature, as long as the numbers are large. Of many numbers it is found
        by some steps of inverse iteration, since there it only has to be about the softest.
        """
        if len(self.places) < MANY or self.inverse is None or not self.is_steep:
            return self.softest[1]
        root = np.sqrt(np.diag(self.hessian))
        inverse = self.inverse * np.outer(root, root)
        axis = inverse[:, int(np.argmax(np.diag(inverse)))]
        for _ in range(ITERATIONS):
            axis = inverse @ (axis / np.abs(axis).max())
        direction = axis / root
        return np.asarray(direction / np.abs(direction / self.size).max())

    @cached_property
    def softest(self) -> tuple[float, Vector]:
        """The least curvature in correlation form, and its direction: as long as the numbers are large."""
        root = np.sqrt(np.diag(self.hessian))
        curvatures, axes = np.linalg.eigh(self.hessian / np.outer(root, root))
        direction = axes[:, 0] / root
        return float(curvatures[0]), np.asarray(direction / np.abs(direction / self.size).max())


def free_part(point: Point, frame: Frame) -> Free:
    """What no bound holds."""
    places = np.flatnonzero(~pressed(point, frame.low, frame.high, SLACK * unit_at(point)))
    size = np.maximum(np.abs(point.u[places]), 1.0)
    return Free(places, point.gradient[places], point.hessian[np.ix_(places, places)], size)


def is_near(point: Point, frame: Frame) -> bool:
    """Whether the minimum is where the point is."""
    part = free_part(point, frame)
    step = part.newton
    return step is not None and bool((np.abs(step) <= NEAR * part.size).all())


def level_direction(part: Free, unit: float, far: Vector) -> Vector | None:
    """A direction without curvature, or with the wrong one, as a change of the free numbers: as far as they may go, for
    which there is `far`, or as large as they are.
    """
    if not part.gradient.size:
        return None
    far = np.maximum(part.size, far[part.places])
    own = np.diag(part.hessian) * far**2
    if own.min() <= UNSEEN * unit:
        return np.asarray(np.where(own == own.min(), far, 0.0))
    if part.is_steep:
        return None
    curvature, direction = part.softest
    return direction if curvature <= FLAT else None


def below_the_saddle(function: Function, frame: Frame, point: Point, far: Vector) -> Vector | None:
    """A lower point, in SI, to which curvature does not bar the way; None if there is none.

    Where it seems to bar it, the softest direction is looked at nearby: at the saddle of x^3 there is a little.
    """
    part = free_part(point, frame)
    if not part.gradient.size:
        return None
    unit = unit_at(point)
    level = level_direction(part, unit, far)
    direction, ways = (level, FURTHER) if level is not None else (part.probed, NEARBY)
    least, lowest = point.value - LOWER * unit, None
    for amount in (sign * way for way in ways for sign in (1.0, -1.0)):
        x = _along(frame, point, part, amount * direction)
        value = float(function.evaluate(x, 0)[0])
        if value < least:
            least, lowest = value, x
    return lowest


def has_kink(function: Function, frame: Frame, point: Point, far: Vector) -> bool:
    """Whether the function rises in proportion to the way along its softest direction, as |x| does; x^2 would rise to a
    ten-thousandth over a hundredth of the way.
    """
    part = free_part(point, frame)
    if not part.gradient.size:
        return False
    level = level_direction(part, unit_at(point), far)
    direction = level if level is not None else part.softest[1]

    def rise(way: float) -> float:
        ends = (_along(frame, point, part, sign * way * direction) for sign in (1.0, -1.0))
        return max(float(function.evaluate(x, 0)[0]) for x in ends) - point.value

    small, large = rise(FURTHER[0]), rise(FURTHER[2])
    return small > KINK * large and small > LOWER * max(abs(point.value), large)


def _along(frame: Frame, point: Point, part: Free, change: Vector) -> Vector:
    """A point in SI, so far from another one."""
    u = point.u.copy()
    u[part.places] += change
    return frame.outward(u)
