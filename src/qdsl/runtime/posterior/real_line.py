"""Params on the whole real line, where a sampler meets no bounds.

    both bounds     x = low + (high - low) / (1 + exp(-z))
    a lower one     x = low + scale exp(z)
    an upper one    x = high - scale exp(z)
    none            x = scale z

In: parameters. Out: a `RealLine` that converts both ways. A density of x becomes one of z by the factor dx/dz, whose
logarithm and derivatives are here too (the Stan reference manual, "Constraint transforms"). Parameters whose bounds are
equal are held there, and have no z.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from qdsl.runtime.fit.objective import Parameter, Vector

FEW = 16
"""Parameters up to which Python is faster than NumPy."""

NEAREST = 1e-3
"""How near a bound a chain may begin, as a share of what is between the bounds."""


class Place(NamedTuple):
    """A point of the line: all x; of the free ones dx/dz, the sum of log |dx/dz|, and its derivatives by each z."""

    x: Vector
    slope: Vector
    log_slope: float
    log_slope_1: Vector

    @property
    def bend(self) -> Vector:
        """d²x/dz²."""
        return np.asarray(self.slope * self.log_slope_1)


def _exp(z: float) -> float:
    """Infinite where it is too large for a number, as NumPy's is."""
    try:
        return math.exp(z)
    except OverflowError:
        return math.inf


@dataclass(frozen=True)
class RealLine:
    """Converts between x, all parameters in SI, and z, the free ones on the line."""

    parameters: Sequence[Parameter]

    @cached_property
    def free(self) -> Vector:
        return np.array([k for k, each in enumerate(self.parameters) if each.low < each.high], dtype=int)

    @cached_property
    def _low(self) -> Vector:
        return np.array([self.parameters[k].low for k in self.free])

    @cached_property
    def _high(self) -> Vector:
        return np.array([self.parameters[k].high for k in self.free])

    @cached_property
    def _start(self) -> Vector:
        return np.array([each.start for each in self.parameters])

    @cached_property
    def _both(self) -> Vector:
        return np.flatnonzero(np.isfinite(self._low) & np.isfinite(self._high))

    @cached_property
    def _one(self) -> Vector:
        return np.flatnonzero(np.isfinite(self._low) != np.isfinite(self._high))

    @cached_property
    def _sign(self) -> Vector:
        """Away from the one bound."""
        return np.where(np.isfinite(self._low), 1.0, -1.0)

    @cached_property
    def _bound(self) -> Vector:
        return np.where(np.isfinite(self._low), self._low, self._high)

    @cached_property
    def _scale(self) -> Vector:
        """About how large a parameter without two bounds is, or how far from its one bound."""
        sizes = np.abs(self._start[self.free] - np.where(np.isfinite(self._bound), self._bound, 0.0))
        return np.where(sizes > 0.0, sizes, 1.0)

    @cached_property
    def _width(self) -> Vector:
        return np.asarray(self._high - self._low)

    @cached_property
    def _log_scales(self) -> float:
        """The part of the sum of log |dx/dz| that is the same everywhere."""
        return float(np.log(np.where(np.isfinite(self._width), self._width, self._scale)).sum())

    def at(self, z: Vector) -> Place:
        """A point of the line with all that is known there."""
        return self._at_few(z.tolist()) if len(z) <= FEW else self._at_many(z)

    def _at_few(self, z: Sequence[float]) -> Place:
        """In plain numbers, which are sooner done with than arrays where there are few."""
        x, slope, first = list[float](), list[float](), list[float]()
        log_slope = self._log_scales
        for value, (low, high, scale) in zip(z, self._ends, strict=True):
            if math.isinf(low) and math.isinf(high):
                x.append(scale * value)
                slope.append(scale)
                first.append(0.0)
            elif math.isinf(low) or math.isinf(high):
                away = scale * _exp(value)
                x.append(high - away if math.isinf(low) else low + away)
                slope.append(-away if math.isinf(low) else away)
                first.append(1.0)
                log_slope += value
            else:
                rest = _exp(-abs(value))
                near = rest / (1.0 + rest)
                part = (high - low) * near
                x.append(high - part if value > 0.0 else low + part)
                slope.append(part / (1.0 + rest))
                first.append(math.copysign(1.0 - 2.0 * near, -value))
                log_slope -= abs(value) + 2.0 * math.log1p(rest)
        whole = self._start.copy()
        whole[self.free] = x
        return Place(whole, np.array(slope), log_slope, np.array(first))

    @cached_property
    def _ends(self) -> list[tuple[float, float, float]]:
        """Of each free one the bounds, and its scale."""
        return list(zip(self._low.tolist(), self._high.tolist(), self._scale.tolist(), strict=True))

    def _at_many(self, z: Vector) -> Place:
        x, slope, first = self._scale * z, self._scale.copy(), np.zeros_like(z)
        log_slope = self._log_scales
        if self._one.size:
            k = self._one
            slope[k] = self._sign[k] * self._scale[k] * np.exp(z[k])
            x[k] = self._bound[k] + slope[k]
            first[k] = 1.0
            log_slope += float(z[k].sum())
        if self._both.size:
            k = self._both
            away = np.abs(z[k])
            rest = np.exp(-away)
            near = rest / (1.0 + rest)
            part = self._width[k] * near
            x[k] = np.where(z[k] > 0.0, self._high[k] - part, self._low[k] + part)
            slope[k] = part / (1.0 + rest)
            first[k] = np.copysign(1.0 - 2.0 * near, -z[k])
            log_slope -= float((away + 2.0 * np.log1p(rest)).sum())
        whole = self._start.copy()
        whole[self.free] = x
        return Place(whole, slope, log_slope, first)

    def bent(self, place: Place) -> Vector:
        """The second derivatives of log |dx/dz| by each z."""
        return np.asarray(-2.0 * place.slope / self._width)

    def inward(self, x: Vector) -> Vector:
        """The z of given x; from a bound it goes a little way inside."""
        y = np.asarray(x, dtype=float)[self.free]
        z = y / self._scale
        k = self._one
        away = np.maximum(self._sign[k] * (y[k] - self._bound[k]), NEAREST * self._scale[k])
        z[k] = np.log(away / self._scale[k])
        k = self._both
        share = np.clip((y[k] - self._low[k]) / (self._high[k] - self._low[k]), NEAREST, 1.0 - NEAREST)
        z[k] = np.log(share / (1.0 - share))
        return z
