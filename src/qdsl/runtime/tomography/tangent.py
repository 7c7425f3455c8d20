"""The directions in which a state of rank r can move and stay a state of rank r; what of them a measurement sees.

At a state rho with the projector Q onto its kernel these are the Hermitian H with Q H Q = 0 and tr H = 0: there are
2 d r - r² - 1. At full rank that is every traceless H. Of a Choi matrix tr H = 0 becomes tr_out H = 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qdsl.runtime.tomography.hermitian import Matrices, Reals, adjoint, matrices, numbers
from qdsl.runtime.tomography.interior_point import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

SEEN = 1e-9
"""Singular values below this part of the largest are those of directions that are not seen."""


def tangent(problem: Problem, kernel: Matrices | None = None) -> Reals:
    """(d², t): an orthonormal basis; `kernel`, (d, d - r), are the directions in which the state has nothing."""
    fixed = [problem.constraint]
    if kernel is not None and kernel.shape[1]:
        fixed.append(_inside(kernel))
    rows = np.concatenate(fixed)
    _, values, basis = np.linalg.svd(rows, full_matrices=True)
    rank = int((values > SEEN * values[0]).sum())
    return np.ascontiguousarray(basis[rank:].T)


def _inside(kernel: Matrices) -> Reals:
    """The numbers of the Hermitian matrices on the kernel alone, an orthonormal row for each."""
    small = matrices(np.eye(kernel.shape[1] ** 2))
    return numbers(kernel @ small @ adjoint(kernel))


def unseen(effects: Reals, directions: Reals) -> Reals:
    """(k, d²), (d², t) -> (d², u): an orthonormal basis of the directions in which no probability changes."""
    _, values, basis = np.linalg.svd(effects @ directions, full_matrices=True)
    rank = int((values > SEEN * max(float(values[0]), 1.0)).sum()) if len(values) else 0
    return np.asarray(directions @ basis[rank:].T)


MOST_NAMED = 4


def named(directions: Reals, basis: Reals, labels: Sequence[str]) -> str:
    """What is not seen, in words of an orthonormal basis, (d², b) for `labels`.

    `Y` and `Z`; or, where no single one is unseen, the combination with the fewest: `X - Z`.
    """
    shares = ((basis.T @ directions) ** 2).sum(axis=1)
    whole = [label for label, share in zip(labels, shares, strict=True) if share > 1 - 1e-6]
    if whole:
        more = len(whole) - MOST_NAMED
        return ", ".join(whole[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
    return min((_combination(basis.T @ each, labels) for each in directions.T), key=len)


def _combination(parts: Reals, labels: Sequence[str]) -> str:
    """`X - 0.5 Z`: the largest terms of one direction."""
    largest = float(np.abs(parts).max())
    order = [k for k in np.argsort(-np.abs(parts), kind="stable") if abs(parts[k]) > 1e-6 * largest]
    text = ""
    for k in order[:MOST_NAMED]:
        share = parts[k] / parts[order[0]]
        size = "" if abs(abs(share) - 1) < 1e-6 else f"{abs(share):.3g} "
        text += f" {'-' if share < 0 else '+'} {size}{labels[k]}"
    return text.removeprefix(" + ") + (" + .." if len(order) > MOST_NAMED else "")
