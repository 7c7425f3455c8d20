"""Points that cover a space of several dimensions evenly, without loading anything.

Multiples of powers of 1/g, without their whole parts, where g is the root of g^(d + 1) = g + 1, the golden ratio where
d = 1. (M. Roberts, "The unreasonable effectiveness of quasirandom sequences", 2018; the sequences are L. Kronecker's.)
Sobol's, of `runtime.sobol`, are a little more even; to load what computes them takes a second.
"""

from __future__ import annotations

import numpy as np

from qdsl.runtime.fit.objective import Matrix


def even(dimensions: int, count: int) -> Matrix:
    """So many points, a row for each dimension, between 0 and 1."""
    root = 2.0
    for _ in range(64):
        root = (1.0 + root) ** (1.0 / (dimensions + 1))
    steps = root ** -np.arange(1.0, dimensions + 1)
    return np.asarray((0.5 + steps[:, None] * np.arange(1.0, count + 1)) % 1.0)
