"""Scrambled Sobol numbers: points that cover a space of several dimensions evenly, the same for the same seed.

They are scrambled by a random matrix and a shift (J. Matoušek, "On the L2-discrepancy for anchored boxes", Journal of
Complexity 14, 1998). The first of them are the same however many follow; as many as a power of two are spread evenly.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

BITS = 52
"""Of a number: as many as a random one has."""


def sobol(dimensions: int, count: int, seed: int) -> NDArray[Any]:
    """So many points, a row for each dimension, between 0 and 1."""
    from scipy.stats import qmc

    generator = np.random.default_rng(seed % 2**64)
    with warnings.catch_warnings():  # that the count is no power of two costs evenness, and is the user's choice
        warnings.simplefilter("ignore")
        try:
            sampler = qmc.Sobol(dimensions, scramble=True, bits=BITS, rng=generator)
        except TypeError:  # SciPy before 1.15
            sampler = qmc.Sobol(dimensions, scramble=True, bits=BITS, seed=generator)
        return np.ascontiguousarray(sampler.random(count).T)
