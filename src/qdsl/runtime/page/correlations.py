"""How estimates of params go together: a table of correlations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from qdsl.runtime.fit.objective import Matrix
from qdsl.runtime.page.page import Grid

MOST = 8
"""So many params have room in a table of correlations, and in a corner."""


def correlations(names: Sequence[str], covariance: Matrix) -> Iterator[Grid]:
    """The table, where there are several params and room for them. The covariance is theirs, without zeros."""
    if not 1 < len(names) <= MOST:
        return
    sizes = np.sqrt(np.diag(covariance))
    matrix = covariance / np.outer(sizes, sizes)
    rows = [(name, *(f"{value:.2f}" for value in row)) for name, row in zip(names, matrix, strict=True)]
    yield Grid("Correlations", ("", *names), rows)
