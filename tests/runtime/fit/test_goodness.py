"""The tail of χ² against SciPy's."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from qdsl.runtime.fit.goodness import chi2_tail


@pytest.mark.parametrize("dof", [1, 2, 3, 10, 97, 1000, 100_000])
@pytest.mark.parametrize("ratio", [1e-6, 0.1, 0.7, 0.99, 1.0, 1.01, 1.3, 3.0, 30.0])
def test_the_tail_agrees_with_scipy(dof: int, ratio: float) -> None:
    chi2 = ratio * dof
    # Where the probability is tiny the exponent loses digits of its own: they are allowed for.
    expected = float(stats.chi2.sf(chi2, dof))
    assert chi2_tail(chi2, dof) == pytest.approx(expected, rel=1e-12 * (10 + chi2 + dof), abs=1e-300)


def test_its_ends() -> None:
    assert chi2_tail(0.0, 5) == 1.0
    assert chi2_tail(math.inf, 5) == 0.0
    assert math.isnan(chi2_tail(1.0, 0))
    assert math.isnan(chi2_tail(math.nan, 3))
