"""How densely draws lie, as a smooth line.

In: draws, and the bounds that none of them can pass. Out: places and the density there, which integrates to one.

A Gaussian kernel with the width of B. W. Silverman, Density Estimation for Statistics and Data Analysis (1986),
equation 3.31; what the kernel carries over a bound is reflected there (section 2.10), so that the line does not sink.
"""

from __future__ import annotations

import numpy as np

from qdsl.runtime.plot.picture import Array

CELLS = 512
"""In which draws are counted before they are smoothed: a cell is much narrower than the kernel."""

REACH = 4.0
"""Of the kernel, in its widths."""


def kernel_density(draws: Array, low: float = -np.inf, high: float = np.inf) -> tuple[Array, Array]:
    """The line; two empty arrays where the draws do not vary."""
    width = _width(draws)
    if not width > 0.0:
        return np.empty(0), np.empty(0)
    ends = max(low, float(draws.min()) - REACH * width), min(high, float(draws.max()) + REACH * width)
    counts, edges = np.histogram(draws, bins=CELLS, range=ends)
    cell = float(edges[1] - edges[0])
    reach = int(np.ceil(REACH * width / cell))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * cell / width) ** 2)
    padded = np.pad(counts.astype(float), reach)
    for side, is_bound in ((slice(reach), ends[0] == low), (slice(-reach, None), ends[1] == high)):
        if is_bound:
            padded[side] = np.pad(counts, reach, mode="symmetric")[side]
    smooth = np.convolve(padded, kernel / kernel.sum(), mode="valid")
    return (edges[:-1] + edges[1:]) / 2.0, smooth / (len(draws) * cell)


def _width(draws: Array) -> float:
    upper, lower = np.quantile(draws, (0.75, 0.25))
    deviation, quartiles = float(draws.std()), float(upper - lower) / 1.34
    spread = min(deviation, quartiles) if quartiles > 0.0 else deviation
    return 0.9 * spread / float(len(draws) ** 0.2)
