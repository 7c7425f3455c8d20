"""States of a program as NumPy arrays: one or several, of all their spaces or of some of them alone.

In: an expression whose value is a Ket, a Density or an array of these. Out: `States`, which has a row for each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.spaces import Space, in_order
from qdsl.runtime.evaluate import Environment
from qdsl.runtime.failures import not_normalised

Array = NDArray[Any]

TOLERANCE = 1e-6
"""How far the norm of a state may be from 1: solvers are good for less."""


@dataclass(frozen=True, slots=True)
class States:
    """Kets, an array (n, d) of amplitudes, or densities, (n, d, d), over spaces in the order of their factors."""

    numbers: Array
    spaces: tuple[Space, ...]

    @property
    def are_kets(self) -> bool:
        return self.numbers.ndim == 2

    def probabilities(self, kept: Sequence[Space]) -> Array:
        """How probable each basis state of the kept spaces is, (n, k); rounding below zero is cut off."""
        diagonal = np.einsum("nii->ni", self.numbers).real if not self.are_kets else np.abs(self.numbers) ** 2
        whole = diagonal.reshape(-1, *_sizes(self.spaces))
        others = tuple(1 + k for k, space in enumerate(self.spaces) if space not in kept)
        return np.asarray(np.maximum(whole.sum(axis=others), 0.0).reshape(len(whole), -1))

    def densities(self, kept: Sequence[Space]) -> Array:
        """The state of the kept spaces alone, (n, k, k)."""
        first = self._kept_first(kept)
        if self.are_kets:
            return np.asarray(np.einsum("nik,njk->nij", first, first.conj()))
        return np.asarray(np.einsum("nikjk->nij", first))

    def overlaps(self, ket: Array, kept: Sequence[Space]) -> Array:
        """How probable it is, (n,), to find the kept spaces in a state that is a ket of them."""
        first = self._kept_first(kept)
        if self.are_kets:
            return np.asarray(np.sum(np.abs(np.einsum("i,nik->nk", ket.conj(), first)) ** 2, axis=1))
        return np.asarray(np.einsum("i,nikjk,j->n", ket.conj(), first, ket).real)

    def _kept_first(self, kept: Sequence[Space]) -> Array:
        """The numbers with the kept spaces before the others: (n, k, rest), or for densities both twice."""
        order = [*(self.spaces.index(each) for each in kept)]
        order += [k for k in range(len(self.spaces)) if k not in order]
        size, sizes, count = prod(_sizes(kept)), _sizes(self.spaces), len(self.numbers)
        rest = prod(sizes) // size
        if self.are_kets:
            whole = self.numbers.reshape(count, *sizes)
            return np.transpose(whole, [0, *(1 + k for k in order)]).reshape(count, size, rest)
        whole = self.numbers.reshape(count, *sizes, *sizes)
        turned = np.transpose(whole, [0, *(1 + k for k in order), *(1 + len(sizes) + k for k in order)])
        return turned.reshape(count, size, rest, size, rest)


def _sizes(spaces: Sequence[Space]) -> list[int]:
    return [space.size or 1 for space in spaces]


def states_of(env: Environment, expr: typed.Expr) -> States:
    """The states that an expression stands for, normalised as states are."""
    type_ = types.resolved(expr.type)
    element = type_.element if isinstance(type_, types.Array) else type_
    assert isinstance(element, types.Ket | types.Density)
    numbers = np.asarray(_numbers(env, expr), dtype=complex)
    is_one = numbers.ndim == (1 if isinstance(element, types.Ket) else 2)
    states = States(numbers[None] if is_one else numbers, tuple(in_order(element.places)))
    _check_norms(expr, states, is_one)
    return states


def _numbers(env: Environment, expr: typed.Expr) -> Any:
    """The value; a list that is written out is no array of a kernel, and made here."""
    if isinstance(expr, typed.ArrayLiteral):
        return np.stack([env.evaluate(each) for each in expr.elements])
    return env.evaluate(expr)


def _check_norms(expr: typed.Expr, states: States, is_one: bool) -> None:
    numbers = states.numbers
    norms = np.sum(np.abs(numbers) ** 2, axis=1) if states.are_kets else np.einsum("nii->n", numbers).real
    wrong = np.flatnonzero(~(np.abs(norms - 1.0) <= TOLERANCE))
    if len(wrong):
        place = int(wrong[0])
        raise not_normalised(expr.span, float(norms[place]), states.are_kets, None if is_one else place)


def bloch_vectors(densities: Array) -> Array:
    """(x, y, z) of states of two levels, (n, 3): the means of X, Y and Z."""
    across, up = densities[:, 0, 1], densities[:, 0, 0] - densities[:, 1, 1]
    return np.stack([2.0 * across.real, -2.0 * across.imag, up.real], axis=1)
