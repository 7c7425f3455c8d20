"""How large is large: of each number that is searched over, and of the function.

A function has no scale of its own, as a likelihood has: values may be 1e-34 J, or fall from 1e40 to 1. In: the function
at a point and where the search began. Out: coordinates in which numbers are near one, and a unit for values.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from qdsl.runtime.fit.objective import Parameter, Vector
from qdsl.runtime.fit.optimum import Point
from qdsl.runtime.fit.scaling import Frame
from qdsl.runtime.optimum.objective import At, Numbers

NOTHING = 1e-9
"""Of how far a number reaches: what is smaller is as good as zero."""


def reach(parameters: Sequence[Parameter], here: At, start: Vector) -> Vector:
    """How far each number may be expected to go: over its range, else as far as its start is from zero, else as far as
    it has come, or Newton's step goes.
    """
    numbers = Numbers.of(parameters)
    width = numbers.high - numbers.low
    bend = np.abs(np.diag(here.hessian)) if here.hessian.size else np.zeros(len(start))
    with np.errstate(all="ignore"):
        step = np.abs(here.gradient) / bend
    otherwise = np.maximum(np.where(np.isfinite(step), step, 0.0), np.abs(here.x))
    otherwise = np.where(otherwise > 0.0, otherwise, 1.0)
    return np.where(np.isfinite(width), width, np.where(start != 0.0, np.abs(start), otherwise))


def frame_at(parameters: Sequence[Parameter], here: At, start: Vector) -> Frame:
    """Coordinates in which the numbers are near one; those whose bounds are equal are not in it."""
    far, size = reach(parameters, here, start), np.abs(here.x)
    scale = np.where(size > NOTHING * far, size, far)
    numbers = Numbers.of(parameters)
    free = numbers.free
    return Frame(free=free, scale=scale[free], fixed=here.x, least=numbers.low[free], most=numbers.high[free])


def point_in(frame: Frame, here: At, unit: float = 1.0) -> Point:
    """The point in the coordinates of the frame, the value in units."""
    hessian = frame.hessian(here.hessian) / unit if here.hessian.size else here.hessian
    return Point(frame.inward(here.x), here.value / unit, frame.gradient(here.gradient) / unit, hessian)


def out_of(frame: Frame, point: Point, unit: float = 1.0) -> At:
    """The same backwards; numbers outside the frame have no derivatives."""
    x = frame.outward(point.u)
    gradient, hessian = np.zeros(len(x)), point.hessian
    gradient[frame.free] = point.gradient * unit / frame.scale
    if point.hessian.size:
        hessian = np.zeros((len(x), len(x)))
        hessian[np.ix_(frame.free, frame.free)] = point.hessian * unit / np.outer(frame.scale, frame.scale)
    return At(x, point.value * unit, gradient, hessian)


def unit_at(point: Point) -> float:
    """How much the function is, or changes where a number changes by its own size."""
    bends = np.abs(np.diag(point.hessian)) if point.hessian.size else np.zeros(1)
    found = max(abs(point.value), float(np.abs(point.gradient).max(initial=0.0)), float(bends.max(initial=0.0)))
    return found if math.isfinite(found) and found > 0.0 else 1.0
