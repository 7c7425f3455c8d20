"""Where the values of a param may lie, before anything is known of them but their scale.

    [Range(1e-8, 1e-3, by_logarithm=True), Range(-1.0, 0.0, weight=0.2)]    and shares 0 .. 1    =>    values

In: a few ranges with weights, and numbers that are spread evenly over 0 .. 1. Out: as many values, spread over the
ranges, to each as many as its weight says.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from qdsl.runtime.fit.objective import Vector


@dataclass(frozen=True, slots=True)
class Range:
    """Values between two ends, evenly or, where both ends have the same sign, by the logarithm of their size."""

    low: float
    high: float
    weight: float = 1.0
    by_logarithm: bool = False


def within(ranges: Sequence[Range], low: float, high: float) -> list[Range]:
    """The parts of the ranges that bounds leave. Where they leave nothing, or are finite, what lies between them."""
    cut = [replace(each, low=max(each.low, low), high=min(each.high, high)) for each in ranges]
    kept = [each for each in cut if each.low < each.high]
    if math.isfinite(low) and math.isfinite(high):
        total = sum(each.weight for each in kept) or 1.0
        is_wide = low > 0.0 and high > 100.0 * low
        kept.append(Range(low, high, total / 2.0, is_wide))
    elif not kept:
        size = abs(low if math.isfinite(low) else high) or 1.0
        kept = [Range(max(low, -1e308), low + size)] if math.isfinite(low) else [Range(high - size, high)]
    return kept


def spread(ranges: Sequence[Range], shares: Vector) -> Vector:
    """A value for each share."""
    ends = np.cumsum([each.weight for each in ranges])
    ends = ends / ends[-1]
    begins = np.concatenate([[0.0], ends[:-1]])
    place = np.minimum(np.searchsorted(ends, shares, side="right"), len(ranges) - 1)
    inner = (shares - begins[place]) / (ends - begins)[place]
    values = np.empty(len(shares))
    for k, each in enumerate(ranges):
        own = inner[place == k]
        if each.by_logarithm:
            values[place == k] = each.low * (each.high / each.low) ** own
        else:
            values[place == k] = each.low + (each.high - each.low) * own
    return values
