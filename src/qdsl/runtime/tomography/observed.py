"""What a tomography goes by: the effects of each setting's outcomes, and how often each outcome came.

A setting is a measurement with k outcomes, whose effects add up to one; its counts are multinomial. Of a process a
setting is a prepared state together with a measurement, and its effects are rho^T (x) E over the input and the output,
so that tr((rho^T (x) E) J) is the probability, with J the Choi matrix sum_ij |i><j| (x) channel(|i><j|), of trace d.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qdsl.runtime.tomography.hermitian import Matrices, Reals, numbers
from qdsl.runtime.tomography.interior_point import Problem


@dataclass(frozen=True)
class Observed:
    """`effects` (s, k, d, d), `counts` (s, k); `kept` is 1 for a state and the dimension of the input for a process."""

    effects: Matrices
    counts: Reals
    kept: int = 1

    @property
    def size(self) -> int:
        return int(self.effects.shape[-1])

    @cached_property
    def problem(self) -> Problem:
        return Problem(numbers(self.effects.reshape(-1, self.size, self.size)), self.kept)

    @cached_property
    def totals(self) -> Reals:
        """(s,): how often each setting was measured."""
        totals: Reals = self.counts.sum(axis=1)
        return totals

    @property
    def total(self) -> float:
        return float(self.totals.sum())

    def frequencies(self, counts: Reals) -> Reals:
        """(b, s, k) counts of several runs as the solver takes them, each run's adding up to 1."""
        flat = counts.reshape(len(counts), -1)
        shares: Reals = flat / flat.sum(axis=1, keepdims=True)
        return shares

    def probabilities(self, x: Reals) -> Reals:
        """(.., d²) -> (.., s, k)."""
        p = x @ self.problem.effects.T
        return p.reshape(*x.shape[:-1], *self.counts.shape)

    def log_likelihood(self, x: Reals) -> float:
        """sum n log p, without the multinomial coefficients."""
        p = self.probabilities(x)
        seen = self.counts > 0
        with np.errstate(divide="ignore"):
            return float((self.counts[seen] * np.log(p[seen])).sum())

    def deviances(self, x: Reals, counts: Reals) -> Reals:
        """(b, d²), (b, s, k) -> (b,): twice what the log-likelihood is below that of p = n / N."""
        p = self.probabilities(x)
        totals = counts.sum(axis=-1, keepdims=True)
        with np.errstate(divide="ignore", invalid="ignore"):
            terms = np.where(counts > 0, counts * np.log(counts / (totals * p)), 0.0)
        deviances: Reals = np.maximum(2 * terms.sum(axis=(-1, -2)), 0.0)  # below zero by rounding alone
        return deviances


def of_process(states: Matrices, effects: Matrices, counts: Reals) -> Observed:
    """(p, d, d) prepared states, (s, k, d, d) effects and (p, s, k) counts as one list of p s settings."""
    size = states.shape[-1]
    both = np.einsum("pji,skab->pskiajb", states, effects)
    outcomes = effects.shape[1]
    whole = both.reshape(-1, outcomes, size * size, size * size)
    return Observed(whole, counts.reshape(-1, outcomes), size)


Integers = NDArray[np.int64]
