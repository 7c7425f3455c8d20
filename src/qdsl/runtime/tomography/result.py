"""What a tomography found: a state or a channel, with everything that is asked of it as an Estimate.

All Estimates of one tomography share its covariance, so that what cancels, cancels. What is not linear in the state
has, beside its slope, an uncertainty of its own: the rest of what was resampled, or the second order of the delta
method, without which the purity of the maximally mixed state would be exact.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from qdsl.lang.typed.dimension import ONE, Dimension
from qdsl.lang.typed.spaces import Space
from qdsl.lang.typed.tree import DisplayUnit
from qdsl.runtime.fit.goodness import chi2_tail
from qdsl.runtime.tomography.estimate import Fitted, fitted, inverted
from qdsl.runtime.tomography.hermitian import Matrices, Reals, adjoint, hermitian_part, matrices, numbers, pauli_basis
from qdsl.runtime.tomography.observed import Observed
from qdsl.runtime.tomography.spread import (
    Draw,
    Progress,
    Spread,
    by_bootstrap,
    by_information,
    eigenvalue_errors,
    is_near_boundary,
)
from qdsl.runtime.value.estimate import Estimate, Origin
from qdsl.runtime.value.provenance import Provenance


@dataclass(frozen=True)
class Wish:
    """How uncertainties are to be found: "information", "bootstrap", or None for whichever holds. `draw` draws counts
    with the `seed`.
    """

    errors: str | None
    resamples: int
    seed: int
    draw: Draw
    progress: Progress = lambda text: None


@dataclass(eq=False, repr=False)
class Tomography:
    """`spaces` are those of the state, or of what goes through the channel. `target` is what was to be made, if told: a
    matrix whose overlap with the estimate, tr(target X), is the fidelity.
    """

    observed: Observed
    spaces: Sequence[Space]
    wish: Wish
    target: Matrices | None = None
    provenance: Provenance | None = field(default=None)

    def __str__(self) -> str:
        from qdsl.runtime.tomography.report import text

        return text(self)

    # ── the estimate ─────────────────────────────────────────────────────────

    @cached_property
    def fitted(self) -> Fitted:
        return fitted(self.observed)

    @cached_property
    def linear(self) -> Matrices:
        """By linear inversion."""
        return inverted(self.observed)

    @property
    def verdict(self) -> str:
        return "converged" if self.fitted.converged else "not_converged"

    # ── how good it is ───────────────────────────────────────────────────────

    @cached_property
    def deviance(self) -> float:
        """Twice what the log-likelihood is below that of p = n / N; what is below the proof's precision is nothing."""
        deviance = float(self.observed.deviances(self.fitted.numbers[None], self.observed.counts[None])[0])
        return deviance if deviance > 2 * self.fitted.gap + 1e-9 else 0.0

    @property
    def dof(self) -> int:
        """Outcomes that could be anything, less the directions in which a state of this rank can move.

        An outcome that is not to be expected even once adds nothing to the deviance, and does not count.
        """
        expected = self.observed.totals[:, None] * self.observed.probabilities(self.fitted.numbers)
        free = int(np.maximum((expected >= 1).sum(axis=1) - 1, 0).sum())
        size, rank = self.observed.size, self.fitted.rank
        return max(0, free - (2 * size * rank - rank**2 - self.observed.kept**2))

    @property
    def p_value(self) -> float:
        """How often such a state gives counts that fit as badly: by resampling where that was done, else by χ²."""
        if self.spread.deviances is None or not self.dof:
            return chi2_tail(self.deviance, self.dof)
        worse = int((self.spread.deviances >= self.deviance).sum())
        return (worse + 1) / (len(self.spread.deviances) + 1)

    # ── uncertainties ────────────────────────────────────────────────────────

    @cached_property
    def is_near_boundary(self) -> bool:
        return is_near_boundary(self.observed, self.fitted)

    @cached_property
    def spread(self) -> Spread:
        errors = self.wish.errors or ("bootstrap" if self.is_near_boundary else "information")
        if errors == "information":
            return by_information(self.observed, self.fitted)
        return by_bootstrap(self.observed, self.fitted, self.wish.draw, self.wish.resamples, self.wish.progress)

    @cached_property
    def origin(self) -> Origin:
        return Origin(tuple(map(tuple, self.spread.covariance.tolist())))

    @cached_property
    def eigenvalue_errors(self) -> Reals:
        return eigenvalue_errors(self.fitted, self.spread)

    def linear_in(self, slopes: Reals, dimension: Dimension = ONE, display: DisplayUnit | None = None) -> Estimate:
        """slopes · numbers of the estimate."""
        value = float(slopes @ self.fitted.numbers)
        return Estimate(value, {self.origin: tuple(slopes.tolist())}, dimension, display)

    def function(self, of: Callable[[Matrices], Any], slopes: Reals, second: float) -> Estimate:
        """A function of the matrix, (.., d, d) -> (..), with its slope here and the second order of its variance."""
        value = float(of(self.fitted.value))
        linear = float(slopes @ self.spread.covariance @ slopes)
        if self.spread.samples is not None:
            second = float(((of(matrices(self.spread.samples)) - value) ** 2).mean()) - linear
        rest = Origin(((max(second, 0.0) if second == second else second,),))
        return Estimate(value, {self.origin: tuple(slopes.tolist()), rest: (1.0,)})

    def overlap(self, target: Matrices) -> Estimate:
        """tr(target X)."""
        return self.linear_in(numbers(hermitian_part(target)))

    def part(self, name: str) -> Any:
        """What the language knows by that name."""
        match name:
            case "eigenvalues":
                return self.fitted.eigenvalues
            case "rank" | "gap":
                return getattr(self.fitted, name)
            case "shots":
                return round(self.observed.total)
            case _:
                return getattr(self, name)


class StateTomography(Tomography):
    """A density and what is known of it."""

    @property
    def state(self) -> Matrices:
        return self.fitted.value

    def expectation(self, operator: Matrices, dimension: Dimension, display: DisplayUnit | None) -> Estimate:
        """tr(A rho) of a Hermitian A."""
        return self.linear_in(numbers(operator), dimension, display)

    def purity(self) -> Estimate:
        """tr rho². Its second order: for Gaussian changes of covariance C the variance 2 tr C² and the bias tr C."""
        x, c = self.fitted.numbers, self.spread.covariance
        second = 2 * float((c * c).sum()) + float(np.trace(c)) ** 2
        return self.function(_purity, 2 * x, second)

    def fidelity_with_ket(self, psi: Matrices) -> Estimate:
        """<psi|rho|psi>."""
        return self.overlap(np.outer(psi, psi.conj()))

    def fidelity_with_density(self, sigma: Matrices) -> Estimate:
        """(tr sqrt(sqrt(sigma) rho sqrt(sigma)))², Uhlmann's, which is <psi|rho|psi> where sigma is |psi><psi|."""
        values, vectors = np.linalg.eigh(sigma)
        root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ adjoint(vectors)
        own, turned = np.linalg.eigh(root @ self.fitted.value @ root)
        kept = own > 1e-12 * max(float(own[-1]), 1e-300)
        part = root @ turned[:, kept]
        size = float(np.sqrt(own[kept]).sum())
        slopes = numbers(np.asarray(size * (part / np.sqrt(own[kept])) @ adjoint(part)))
        return self.function(lambda rho: _root_sum(root @ rho @ root), slopes, 0.0)


def _purity(rho: Matrices) -> Any:
    return (np.abs(rho) ** 2).sum(axis=(-1, -2))


def _root_sum(products: Matrices) -> Any:
    eigenvalues: Any = np.linalg.eigvalsh(products)
    return np.sqrt(np.maximum(eigenvalues, 0.0)).sum(axis=-1) ** 2


class ProcessTomography(Tomography):
    """A channel from spaces to themselves, as its Choi matrix J = sum_ij |i><j| (x) channel(|i><j|), of trace d."""

    @property
    def levels(self) -> int:
        return self.observed.kept

    @property
    def choi(self) -> Matrices:
        return self.fitted.value

    @property
    def ptm(self) -> Reals:
        """The Pauli transfer matrix R_ij = tr(P_i channel(P_j)) / d, rows and columns II, IX, IY, IZ, XI, .."""
        size = len(self.transfers)
        return np.asarray(self.transfers.reshape(size * size, -1) @ self.fitted.numbers).reshape(size, size)

    @cached_property
    def transfers(self) -> Reals:
        """(d², d², d⁴): what of the numbers of J each entry of the transfer matrix is."""
        basis = pauli_basis(len(self.spaces))
        d = self.levels
        both = np.einsum("jba,icd->ijacbd", basis, basis).reshape(d * d, d * d, d * d, d * d)
        return numbers(both) / d

    def projector(self, unitary: Matrices) -> Matrices:
        """|U>><<U| / d², with |U>> = sum_i |i> (x) U|i>."""
        vector = unitary.T.ravel() / self.levels
        return np.outer(vector, vector.conj())

    def process_fidelity(self, unitary: Matrices) -> Estimate:
        """<<U|J|U>> / d²."""
        return self.overlap(self.projector(unitary))

    def average_fidelity(self, unitary: Matrices) -> Estimate:
        """The mean over all pure inputs, (d F + 1) / (d + 1): M. A. Nielsen, Phys. Lett. A 303, 249 (2002)."""
        d = self.levels
        whole = self.process_fidelity(unitary)
        slopes = {origin: tuple(d / (d + 1) * each for each in own) for origin, own in whole.slopes.items()}
        return Estimate((d * whole.value + 1) / (d + 1), slopes)
