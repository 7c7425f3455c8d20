"""Error bars of measured points, by the distribution they were drawn from.

The bars are for the eye; the fit does not use them. Each function returns how far the bar reaches below and above the
point.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Reach = tuple[Array, Array]


def binomial(hits: Array, shots: Array) -> Reach:
    """Wilson's interval of one standard error for the fraction hits/shots; it stays in 0 .. 1 and never vanishes."""
    n = np.asarray(shots, dtype=float)
    fraction = hits / n
    centre = (fraction + 0.5 / n) / (1.0 + 1.0 / n)
    half = np.sqrt(fraction * (1.0 - fraction) / n + 0.25 / n**2) / (1.0 + 1.0 / n)
    return np.maximum(fraction - (centre - half), 0.0), np.maximum(centre + half - fraction, 0.0)


def poisson(counts: Array) -> Reach:
    """The rates at which these counts would be one standard error off: k + 1/2 ± sqrt(k + 1/4)."""
    k = np.asarray(counts, dtype=float)
    half = np.sqrt(k + 0.25)
    return np.minimum(half - 0.5, k), half + 0.5


def normal(sigma: Array | float, points: int) -> Reach:
    """The same standard error on both sides; none where it is not known."""
    reach = np.broadcast_to(np.asarray(sigma, dtype=float), (points,))
    known = np.where(np.isfinite(reach), reach, 0.0)
    return known, known
