"""How uncertain an estimate is: by Fisher's information, or by measuring again what was estimated.

Inside the states the estimate scatters with the inverse of Fisher's information on the directions it can move in:

    I = sum_k N E_k E_k^T / p_k  on {H : tr H = 0}          covariance = B (B^T I B)^-1 B^T

On the boundary that does not hold: an eigenvalue that is zero can only grow, the estimate is biased, and the usual
limit theorems fail (Scholten and Blume-Kohout, New J. Phys. 20, 023050 (2018)). What can be said is

- by information: how a state of this very rank would scatter, on the directions that keep the rank (`tangent`; models
  of fixed rank are those of Guta, Kypraios and Dryden, New J. Phys. 14, 105002 (2012)). The bias is left out, and so is
  what the zero eigenvalues could be;
- by bootstrap: counts are drawn from the estimate, as many as were measured, and estimated in the same way. The second
  moment of what comes out, about the estimate, is the covariance: it has the bias in it.

A full-rank estimate whose smallest eigenvalue is within two of its standard errors from zero counts as on the boundary.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from qdsl.runtime.tomography.estimate import Fitted
from qdsl.runtime.tomography.hermitian import Matrices, Reals, matrices, numbers
from qdsl.runtime.tomography.interior_point import maximum
from qdsl.runtime.tomography.observed import Integers, Observed
from qdsl.runtime.tomography.tangent import tangent

NEAR = 2.0
"""Standard errors from zero at which the smallest eigenvalue feels the boundary."""

RESAMPLED_AIM = 1e-3
"""How near the likelihoods of resampled counts come to their maxima: 0.045 standard errors."""

MOST_NUMBERS = 1 << 22
"""Numbers in the largest arrays of the solver: how many resamples go at once."""

Draw = Callable[[Integers, Reals, int], Reals]
"""(s,) totals, (s, k) probabilities, how many runs -> (b, s, k) counts."""

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Spread:
    """The covariance of the numbers of the estimate, (d², d²); if it was resampled, what came out, (b, d²), and the
    deviances, (b,). `by` is "information" or "bootstrap".
    """

    by: str
    covariance: Reals
    samples: Reals | None = None
    deviances: Reals | None = None


def is_near_boundary(observed: Observed, found: Fitted) -> bool:
    """Whether the limit theorems for the inside cannot be trusted."""
    if found.rank < observed.size:
        return True
    last = found.vectors[:, -1]
    slope = numbers(np.outer(last, last.conj()))
    error = np.sqrt(slope @ by_information(observed, found).covariance @ slope)
    return bool(not found.eigenvalues[-1] > NEAR * error)


def by_information(observed: Observed, found: Fitted) -> Spread:
    """The inverse of Fisher's information on the states of the estimate's rank; nan where that is singular."""
    problem = observed.problem
    directions = tangent(problem, found.kernel)
    p = observed.probabilities(found.numbers)
    with np.errstate(divide="ignore"):
        weights = np.where(p > 1e-12, observed.totals[:, None] / p, 0.0).ravel()
    slopes = np.sqrt(weights)[:, None] * (problem.effects @ directions)
    inverse = _inverse(slopes.T @ slopes)
    return Spread("information", directions @ inverse @ directions.T)


def _inverse(information: Reals) -> Reals:
    values, vectors = np.linalg.eigh(information)
    if not len(values):
        return information
    if values[0] <= 1e-12 * values[-1]:
        return np.full_like(information, np.nan)
    inverse: Reals = (vectors / values) @ vectors.T
    return inverse


def by_bootstrap(observed: Observed, found: Fitted, draw: Draw, count: int, progress: Progress) -> Spread:
    """The second moment about the estimate of what `count` runs at the estimate give."""
    centre = found.numbers
    p = np.maximum(observed.probabilities(centre), 0.0)
    totals = np.rint(observed.totals).astype(np.int64)
    counts = draw(totals, p / p.sum(axis=1, keepdims=True), count)
    at_once = max(1, MOST_NUMBERS // (observed.size**4))
    samples = np.empty((count, len(centre)))
    for first in range(0, count, at_once):
        chunk = slice(first, min(count, first + at_once))
        samples[chunk] = numbers(_estimates(observed, counts[chunk]))
        if count > at_once:
            progress(f"bootstrap: {chunk.stop} of {count}")
    progress("")
    off = samples - centre
    return Spread("bootstrap", off.T @ off / count, samples, observed.deviances(samples, counts))


def _estimates(observed: Observed, counts: Reals) -> Matrices:
    aims = RESAMPLED_AIM / counts.sum(axis=(1, 2))
    return maximum(observed.problem, observed.frequencies(counts), aims).values


def eigenvalue_errors(found: Fitted, spread: Spread) -> Reals:
    """(d,): of each eigenvalue, the largest first."""
    if spread.samples is not None:
        resampled = np.linalg.eigvalsh(matrices(spread.samples))[:, ::-1]
        return np.asarray(np.sqrt(((resampled - found.eigenvalues) ** 2).mean(axis=0)))
    slopes = numbers(np.einsum("ai,bi->iab", found.vectors, found.vectors.conj()))
    return np.asarray(np.sqrt(np.maximum(np.einsum("ia,ab,ib->i", slopes, spread.covariance, slopes), 0.0)))
