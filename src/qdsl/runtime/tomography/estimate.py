"""The likeliest state or channel: positive and of the right trace by construction, with what has been proved of it.

fitted(observed)        maximum likelihood
inverted(observed)      linear inversion, which may be unphysical
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qdsl.runtime.tomography.hermitian import Matrices, Reals, adjoint, matrices, numbers
from qdsl.runtime.tomography.interior_point import Maximum, maximum
from qdsl.runtime.tomography.observed import Observed
from qdsl.runtime.tomography.tangent import tangent

AIM = 1e-7
"""How near the search brings the log-likelihood to its maximum."""

CLEAN = 1e-5
"""How near it has to stay when eigenvalues that vanish at the maximum are left out: 0.0045 standard errors."""

ENOUGH = 1e-3
"""How near it has to be proved to be to count as converged. What is g away is within sqrt(2 g) standard errors."""


@dataclass(frozen=True)
class Fitted:
    """`value` is the matrix, `gap` how much larger the log-likelihood of another could be at most, `vectors` the
    eigenvectors of the matrix, of the largest eigenvalue first; it has `rank` of them.
    """

    value: Matrices
    gap: float
    eigenvalues: Reals
    vectors: Matrices
    rank: int
    steps: int

    @property
    def converged(self) -> bool:
        return self.gap <= ENOUGH

    @property
    def numbers(self) -> Reals:
        return numbers(self.value)

    @property
    def kernel(self) -> Matrices:
        """(d, d - r): the directions in which there is nothing."""
        return self.vectors[:, self.rank :]


def fitted(observed: Observed) -> Fitted:
    """Maximum likelihood."""
    shares = observed.frequencies(observed.counts[None])
    found = maximum(observed.problem, shares, np.array([AIM / observed.total]))
    value, gap = found.values[0], float(found.gap[0]) * observed.total
    clean = _without_dust(observed, found, shares)
    if clean is not None:
        clean_gap = float(observed.problem.gap(shares, numbers(clean)[None], numbers(found.multipliers))[0])
        if clean_gap * observed.total <= max(gap, CLEAN):
            value, gap = clean, clean_gap * observed.total
    eigenvalues, vectors = np.linalg.eigh(value)
    rank = int((eigenvalues > 1e-14 * eigenvalues[-1]).sum())
    eigenvalues = np.where(np.arange(len(value)) < rank, eigenvalues[::-1], 0.0)
    return Fitted(value, max(gap, 0.0), eigenvalues, vectors[:, ::-1], rank, found.steps)


def _without_dust(observed: Observed, found: Maximum, shares: Reals) -> Matrices | None:
    """The estimate without the eigenvalues that are zero at the maximum: the central path ends just before it.

    Along the path the eigenvalues of X and of Z have one product, so that of each pair the smaller is the one that
    vanishes at the end.
    """
    problem, value = observed.problem, found.values[0]
    weights = shares[0] / (problem.effects @ numbers(value))
    slack = matrices(numbers(found.multipliers[0]) @ problem.constraint - weights @ problem.effects)
    eigenvalues, vectors = np.linalg.eigh(value)
    beside = np.einsum("ai,ab,bi->i", vectors.conj(), slack, vectors).real
    kept = eigenvalues > beside
    if kept.all() or not kept.any():
        return None
    part = vectors[:, kept]
    return _with_right_trace((part * eigenvalues[kept]) @ adjoint(part), observed.kept)


def _with_right_trace(value: Matrices, kept: int) -> Matrices:
    """tr_out X = 1, by the smallest map on what is kept."""
    rest = len(value) // kept
    traced = np.einsum("abcb->ac", value.reshape(kept, rest, kept, rest))
    sizes, vectors = np.linalg.eigh(traced)
    root = np.kron((vectors / np.sqrt(sizes)) @ adjoint(vectors), np.eye(rest))
    return root @ value @ adjoint(root)


def inverted(observed: Observed) -> Matrices:
    """The Hermitian matrix of the right trace whose probabilities are nearest to the frequencies, setting by setting
    weighed by its counts. It is unbiased, and its eigenvalues may be negative.
    """
    problem = observed.problem
    used = observed.totals > 0
    weights = np.repeat(np.sqrt(observed.totals[used]), observed.counts.shape[1])
    effects = problem.effects.reshape(*observed.counts.shape, -1)[used].reshape(len(weights), -1)
    frequencies = (observed.counts[used] / observed.totals[used, None]).ravel()
    centre, directions = problem.centre(1)[0], tangent(problem)
    missing = weights * (frequencies - effects @ centre)
    found = np.linalg.lstsq(weights[:, None] * (effects @ directions), missing, rcond=None)[0]
    return matrices(centre + directions @ found)
