"""What the tests of tomography measure: Pauli settings, states, and counts drawn with NumPy's generator."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

from qdsl.runtime.tomography.hermitian import PAULIS, Matrices, Reals, kron, numbers
from qdsl.runtime.tomography.observed import Integers, Observed
from qdsl.runtime.tomography.spread import Draw


def pauli_effects(count: int) -> Matrices:
    """(3^n, 2^n, d, d), written out here anew: XX, XY, .., and of each ++, +-, -+, --."""
    return np.array(
        [
            [kron((np.eye(2) + s * PAULIS[p]) / 2 for p, s in zip(word, signs, strict=True)) for signs in _signs(count)]
            for word in product("XYZ", repeat=count)
        ]
    )


def _signs(count: int) -> list[tuple[int, ...]]:
    return list(product((1, -1), repeat=count))


def ghz(count: int, mixed: float = 0.0) -> Matrices:
    """(|0..0> + |1..1>) / sqrt(2), with that part of the maximally mixed state."""
    d = 2**count
    psi = np.zeros(d, dtype=complex)
    psi[[0, -1]] = 0.5**0.5
    return (1 - mixed) * np.outer(psi, psi.conj()) + mixed * np.eye(d) / d


def random_ket(rng: np.random.Generator, d: int) -> Matrices:
    psi = rng.normal(size=d) + 1j * rng.normal(size=d)
    return np.asarray(psi / np.linalg.norm(psi))


def measured(effects: Matrices, state: Matrices, shots: int, rng: np.random.Generator, kept: int = 1) -> Observed:
    """Counts of that many shots for each setting."""
    blank = Observed(effects, np.zeros(effects.shape[:2]), kept)
    totals = np.full(len(effects), shots)
    counts = drawing(rng)(totals, blank.probabilities(numbers(state)), 1)[0]
    return Observed(effects, counts, kept)


def exact(effects: Matrices, state: Matrices, shots: float, kept: int = 1) -> Observed:
    """Counts without noise, which need not be whole."""
    blank = Observed(effects, np.zeros(effects.shape[:2]), kept)
    return Observed(effects, np.maximum(shots * blank.probabilities(numbers(state)), 0.0), kept)


def drawing(rng: np.random.Generator) -> Draw:
    def draw(totals: Integers, probabilities: Reals, runs: int) -> Reals:
        p = np.maximum(probabilities, 0.0)
        p = p / p.sum(axis=-1, keepdims=True)
        return np.asarray(rng.multinomial(totals, p, size=(runs, len(totals))), dtype=float)

    return draw


# ── processes ────────────────────────────────────────────────────────────────────────────────────────────────────


def prepared(count: int) -> Matrices:
    """(4^n, d, d): every qubit in |0>, |1>, |+> or |+i>, the last one changing fastest."""
    r = 0.5**0.5
    one = [np.array(each, dtype=complex) for each in ([1, 0], [0, 1], [r, r], [r, 1j * r])]
    kets = []
    for each in product(one, repeat=count):
        whole = np.ones(1, dtype=complex)
        for factor in each:
            whole = np.kron(whole, factor)
        kets.append(whole)
    return np.array([np.outer(each, each.conj()) for each in kets])


def choi_of(krauses: Sequence[Matrices]) -> Matrices:
    """sum_ij |i><j| (x) sum_K K |i><j| K†."""
    d = len(krauses[0])
    vectors = [np.concatenate([each[:, i] for i in range(d)]) for each in krauses]
    return np.asarray(sum(np.outer(each, each.conj()) for each in vectors))
