"""The maximum of a likelihood over positive matrices, with a proof of how near it is.

    maximise   L(X) = sum_k f_k log tr(E_k X)      X >= 0,  tr_out X = 1       f_k >= 0, sum f_k = 1

X is a density where the space that is kept has one level (tr X = 1), and the Choi matrix of a channel where it is the
input (tr_out X = 1 says that the trace is preserved). The equations of the maximum are

    R + Z = M (x) 1,   X Z = 0,   Z >= 0       R = sum_k y_k E_k,   y_k p_k = f_k,   p_k = tr(E_k X)

with a Hermitian multiplier M over what is kept. They are solved along the central path X Z = mu by a primal-dual method
for positive matrices: the direction of Nesterov and Todd (SIAM J. Optim. 8, 324 (1998)), computed as in Todd, Toh and
Tütüncü (SIAM J. Optim. 8, 769 (1998)), with the predictor and corrector of Mehrotra (SIAM J. Optim. 2, 575 (1992)). The
pairs p_k y_k = f_k are treated as those of a weighted path, so that every equation but the two products is linear. A
step costs one Gram matrix and one factorisation; six to fifteen of them are enough, also where the maximum is on the
boundary, where methods of first order slow down.

The proof: log is concave, so for any X' with tr_out X' = 1 and any M with M (x) 1 >= R,

    L(X') - L(X) <= log sum_k f_k p'_k / p_k = log tr(R X') <= log tr M

(Glancy, Knill and Girard, New J. Phys. 14, 095017 (2012), for states, where tr M is the largest eigenvalue of R). It is
computed from X alone when the search has ended, and bounds what a better X could gain.

Many problems of the same effects are solved at once: all arrays have the problem as their first axis.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import isqrt
from typing import Any

import numpy as np

from qdsl.runtime.tomography.hermitian import (
    Matrices,
    Reals,
    adjoint,
    congruence,
    hermitian_part,
    lowest,
    matrices,
    numbers,
    partial_trace,
)

MOST_STEPS = 80

LARGE = 32
"""Numbers from which a product of a matrix with itself is worth a call of BLAS, which then computes half of it."""


@dataclass(frozen=True)
class Maximum:
    """`values` are X, (b, d, d); `multipliers` M; `gap` bounds what the mean log-likelihood is below its maximum."""

    values: Matrices
    multipliers: Matrices
    gap: Reals
    steps: int


@dataclass(frozen=True)
class Problem:
    """`effects` are the numbers of the E_k, (k, d²); `kept` is how many levels the space has that is not traced out."""

    effects: Reals
    kept: int = 1

    @property
    def size(self) -> int:
        return isqrt(self.effects.shape[1])

    @cached_property
    def constraint(self) -> Reals:
        """(kept², d²): the trace over what is not kept."""
        return partial_trace(self.size, self.kept)

    @cached_property
    def wanted(self) -> Reals:
        """What that trace has to be: the numbers of 1."""
        return numbers(np.eye(self.kept, dtype=np.complex128))

    def centre(self, count: int) -> Reals:
        """The matrix that prefers nothing, for each of several problems."""
        one = numbers(np.eye(self.size, dtype=np.complex128))
        return np.tile(one * (self.kept / self.size), (count, 1))

    def gap(self, frequencies: Reals, x: Reals, multipliers: Reals) -> Reals:
        """How much the mean log-likelihood of any matrix can be above that of x, at most."""
        p = x @ self.effects.T
        with np.errstate(divide="ignore", invalid="ignore"):
            y = np.where(frequencies > 0, frequencies / p, 0.0)
        slack = multipliers @ self.constraint - y @ self.effects
        known = np.asarray((np.isfinite(slack).all(axis=-1)) & ((p > 0) | (frequencies == 0)).all(axis=-1))
        least = lowest(matrices(np.where(known[:, None], slack, 0.0)))
        total = multipliers[:, : self.kept].sum(axis=-1) - self.kept * least
        return np.where(known, np.log(np.maximum(total, 1e-300)), np.inf)


def maximum(problem: Problem, frequencies: Reals, tolerance: Reals) -> Maximum:
    """(b, k) frequencies, each row adding up to 1 -> the maximum for each, to within its tolerance if it can be had."""
    search = _Search.begun(problem, frequencies)
    x, m, gap = search.x.copy(), search.m.copy(), np.full(len(frequencies), np.inf)
    active = np.arange(len(frequencies))
    for step in range(MOST_STEPS + 1):
        x[active], m[active] = search.x, search.m
        gap[active] = search.gap(tolerance[active])
        going = gap[active] > tolerance[active]
        if not going.any() or step == MOST_STEPS:
            break
        active, search = active[going], search.of(going)
        moved = search.step()
        active, search = active[moved], search.of(moved)
        if not len(active):
            break
    unproved = np.isinf(gap)
    gap[unproved] = problem.gap(frequencies[unproved], x[unproved], m[unproved])
    return Maximum(matrices(x), matrices(m), gap, step)


@dataclass
class _Search:
    """The points of several problems: x, y and m, the numbers of X, of the weights of R, and of M."""

    problem: Problem
    f: Reals
    x: Reals
    y: Reals
    m: Reals

    @staticmethod
    def begun(problem: Problem, frequencies: Reals) -> _Search:
        """At the centre, where all equations hold but X Z = 0."""
        x = problem.centre(len(frequencies))
        y = frequencies / (x @ problem.effects.T)
        highest = -lowest(matrices(-y @ problem.effects))
        return _Search(problem, frequencies, x, y, 1.5 * highest[:, None] * problem.wanted)

    @property
    def _p(self) -> Reals:
        return self.x @ self.problem.effects.T

    def of(self, chosen: np.ndarray) -> _Search:
        """Those of the problems that a mask picks."""
        if chosen.all():
            return self
        return _Search(self.problem, self.f[chosen], self.x[chosen], self.y[chosen], self.m[chosen])

    def gap(self, tolerance: Reals) -> Reals:
        """What is proved; not known yet (inf) where the end is far, for the proof costs a third of a step."""
        product = (self.x * self._slack).sum(axis=-1)
        if (product > 1000 * tolerance).all():
            return np.full(len(product), np.inf)
        return self.problem.gap(self.f, self.x, self.m)

    def step(self) -> np.ndarray:
        """One step of all; which of them could make one: rounding ends a search that is asked for too much."""
        frame = _Frame.at(self.problem, self.x, self._slack, self.y / self._p)
        if frame is None:
            return self._one_by_one()
        p = self._p
        aim = self.f - p * self.y
        predicted = frame.direction(frame.quotient(-(frame.s**2)), aim / p, self._defect)
        primal, dual = self._lengths(frame, predicted, p, 1.0)
        after = _mean_product(frame, predicted, primal, dual)
        centring = np.clip((after / frame.mean) ** 3, 1e-10, 1.0) * frame.mean
        corrected = frame.direction(
            frame.quotient(centring[:, None] - frame.s**2, predicted),
            (aim - predicted.p * predicted.y) / p,
            self._defect,
        )
        primal, dual = self._lengths(frame, corrected, p, 0.9 + 0.09 * np.minimum(primal, dual))
        self.x = self.x + primal[:, None] * corrected.x
        self.y = self.y + dual[:, None] * corrected.y
        self.m = self.m + dual[:, None] * corrected.m
        return np.isfinite(self.x).all(axis=-1) & (np.maximum(primal, dual) > 1e-8)

    def _one_by_one(self) -> np.ndarray:
        """The step of each alone, where one of several has come to the end of what rounding allows."""
        if len(self.x) == 1:
            return np.array([False])
        moved = np.zeros(len(self.x), dtype=bool)
        for k in range(len(self.x)):
            alone = self.of(np.arange(len(self.x)) == k)
            moved[k] = alone.step()[0]
            self.x[k], self.y[k], self.m[k] = alone.x[0], alone.y[0], alone.m[0]
        return moved

    @property
    def _slack(self) -> Reals:
        """The numbers of Z, which fits R and M by construction."""
        return self.m @ self.problem.constraint - self.y @ self.problem.effects

    @property
    def _defect(self) -> Reals:
        """What is missing in the trace, by rounding."""
        return self.problem.wanted - self.x @ self.problem.constraint.T

    def _lengths(self, frame: _Frame, along: _Direction, p: Reals, share: Reals | float) -> tuple[Reals, Reals]:
        """How far X and Z can go: that share of the way to the boundary, at most 1."""
        reach = frame.reach(np.stack([along.primal, along.dual]))
        primal = np.minimum(reach[0], _reach(p, along.p, self.f))
        dual = np.minimum(reach[1], _reach(self.y, along.y, self.f))
        return np.minimum(1.0, share * primal), np.minimum(1.0, share * dual)


@dataclass(frozen=True)
class _Direction:
    """Changes: of the numbers of X, p, y and M, and of X and Z as the frame sees them."""

    x: Reals
    p: Reals
    y: Reals
    m: Reals
    primal: Matrices
    dual: Matrices


@dataclass(frozen=True)
class _Frame:
    """Where X and Z look alike: X = G S G†, G† Z G = S, with S diagonal, (b, d).

    `congruence` is X -> G X G† on numbers, `weights` are y / p, `system` is 1 + G†HG with H the curvature of -L.
    """

    problem: Problem
    s: Reals
    congruence: Reals
    weights: Reals
    system: Reals

    @staticmethod
    def at(problem: Problem, x: Reals, slack: Reals, weights: Reals) -> _Frame | None:
        """None where X or Z is no longer positive to the precision of the numbers."""
        try:
            left: Any = np.linalg.cholesky(matrices(x))
            right: Any = np.linalg.cholesky(matrices(slack))
            parts: tuple[Any, Any, Any] = np.linalg.svd(adjoint(right) @ left)
        except np.linalg.LinAlgError:
            return None
        _, s, turned = parts
        if not (s[..., -1] > 0).all():
            return None
        maps = congruence(left @ adjoint(turned) / np.sqrt(s)[:, None, :])
        system = np.swapaxes(maps, -1, -2) @ _curvature(problem.effects, weights) @ maps
        each = np.arange(system.shape[-1])
        system[:, each, each] += 1.0
        return _Frame(problem, s, maps, weights, system)

    @cached_property
    def mean(self) -> Reals:
        """mu."""
        return np.asarray((self.s**2).mean(axis=-1))

    @cached_property
    def _constraint(self) -> Reals:
        return self.problem.constraint @ self.congruence

    def quotient(self, diagonal: Reals, predicted: _Direction | None = None) -> Reals:
        """The numbers of Q, where ½ (S Q + Q S) is the diagonal less the product of the predicted changes."""
        size = self.s.shape[-1]
        each = np.arange(size)
        right = np.zeros((len(self.s), size, size), dtype=np.complex128)
        right[:, each, each] = diagonal
        if predicted is not None:
            right -= hermitian_part(predicted.primal @ predicted.dual)
        return numbers(2 * right / (self.s[:, :, None] + self.s[:, None, :]))

    def direction(self, quotient: Reals, aim: Reals, defect: Reals) -> _Direction:
        """Solve the linearised equations: dX + dZ = Q in this frame, p dy + y dp = p aim, and the trace of X right."""
        problem, constraint = self.problem, self._constraint
        right = quotient + self._pulled(aim @ problem.effects)
        solved = _solved(self.system, np.concatenate([right[..., None], np.swapaxes(constraint, -1, -2)], -1))
        m = _solved(constraint @ solved[..., 1:], constraint @ solved[..., :1] - defect[..., None])
        inner = (solved[..., :1] - solved[..., 1:] @ m)[..., 0]
        x = (self.congruence @ inner[..., None])[..., 0]
        p = x @ problem.effects.T
        y = aim - self.weights * p
        dual = self._pulled(m[..., 0] @ problem.constraint - y @ problem.effects)
        return _Direction(x, p, y, m[..., 0], matrices(inner), matrices(dual))

    def _pulled(self, values: Reals) -> Reals:
        """The numbers of G† H G."""
        return (np.swapaxes(self.congruence, -1, -2) @ values[..., None])[..., 0]

    def reach(self, changes: Matrices) -> Reals:
        """How far S + t change stays positive, for each of the changes, (c, b, d, d)."""
        root = 1 / np.sqrt(self.s)
        least = lowest(root[:, :, None] * changes * root[:, None, :])
        return np.where(least < 0, -1 / np.minimum(least, -1e-300), np.inf)


def _solved(system: Reals, right: Reals) -> Reals:
    found: Any = np.linalg.solve(system, right)
    solved: Reals = found
    return solved


def _curvature(effects: Reals, weights: Reals) -> Reals:
    """sum_k w_k E_k E_k^T, (b, d², d²)."""
    if effects.shape[1] < LARGE:
        return np.asarray((effects.T * weights[:, None, :]) @ effects)
    scaled = (effects * np.sqrt(each)[:, None] for each in weights)
    return np.array([each.T @ each for each in scaled])


def _mean_product(frame: _Frame, along: _Direction, primal: Reals, dual: Reals) -> Reals:
    """mu after a step."""
    size = frame.s.shape[-1]
    here = frame.s[:, :, None] * np.eye(size)
    x, z = here + primal[:, None, None] * along.primal, here + dual[:, None, None] * along.dual
    product: Reals = np.einsum("bij,bji->b", x, z).real / size
    return product


def _reach(values: Reals, changes: Reals, weights: Reals) -> Reals:
    """How far numbers stay positive; those of no weight may do what they like."""
    with np.errstate(divide="ignore", invalid="ignore"):
        far = np.where((changes < 0) & (weights > 0), -values / changes, np.inf)
    reach: Reals = far.min(axis=-1)
    return reach
