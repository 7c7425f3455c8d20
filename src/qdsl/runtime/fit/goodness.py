"""Goodness of fit: how often a true model would do worse.

The deviance of a true model follows, for counts that are not small, a χ² distribution with n - p degrees of freedom.
Its upper tail is the regularised incomplete gamma function Q(dof/2, deviance/2); computed here, because importing
SciPy for this one number would take longer than the fit.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

REJECTED_BELOW = 1e-3


def chi2_tail(chi2: float, dof: int) -> float:
    """The probability that χ² with `dof` degrees of freedom exceeds `chi2`; nan without degrees of freedom."""
    if dof <= 0 or math.isnan(chi2):
        return math.nan
    a, x = dof / 2.0, chi2 / 2.0
    if x <= 0.0:
        return 1.0
    if math.isinf(x):
        return 0.0
    # DLMF 8.7.1 converges quickly below the bulk of the distribution, the continued fraction 8.9.2 above it.
    return 1.0 - _lower_series(a, x) if x < a + 1.0 else _upper_fraction(a, x)


def chi2_tails(chi2: NDArray[Any], dof: NDArray[Any]) -> NDArray[Any]:
    """The same of many, by SciPy; nan without degrees of freedom, or of nan."""
    import numpy as np

    wanted = ~np.isnan(chi2) & (dof > 0)
    found = np.full(len(chi2), np.nan)
    if wanted.any():
        from scipy.special import chdtrc

        found[wanted] = chdtrc(dof[wanted].astype(float), np.maximum(chi2[wanted], 0.0))
    return found


def _lower_series(a: float, x: float) -> float:
    """P(a, x) = xᵃ e⁻ˣ / Γ(a + 1) · Σ xⁿ / ((a + 1) ... (a + n))."""
    term = total = 1.0
    n = 0
    while term > 1e-17 * total:
        n += 1
        term *= x / (a + n)
        total += term
    return total * math.exp(a * math.log(x) - x - math.lgamma(a + 1.0))


def _upper_fraction(a: float, x: float) -> float:
    """Q(a, x) by the continued fraction, evaluated forwards (Lentz)."""
    b = x + 1.0 - a
    c = 1.0 / 1e-300
    d = 1.0 / b
    product = d
    for i in range(1, 100_000):
        numerator = -i * (i - a)
        b += 2.0
        d = 1.0 / (numerator * d + b)
        c = b + numerator / c
        product *= d * c
        if abs(d * c - 1.0) < 1e-15:
            break
    return product * math.exp(a * math.log(x) - x - math.lgamma(a))
