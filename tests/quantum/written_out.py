"""Matrices that are spelled out beside the programs of these tests, random ones, and what becomes of them.

Nothing here knows of the compiler. The convention: |1> of a qubit is excited, sm = |0><1|, Z|0> = +|0>.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

Matrix = np.ndarray[Any, Any]

I2: Matrix = np.eye(2, dtype=complex)
X: Matrix = np.array([[0, 1], [1, 0]], dtype=complex)
Y: Matrix = np.array([[0, -1j], [1j, 0]])
Z: Matrix = np.diag([1, -1]).astype(complex)
SM: Matrix = np.array([[0, 1], [0, 0]], dtype=complex)
EXCITED: Matrix = np.diag([0, 1]).astype(complex)
US = 1e-6


def qutip_or_skip() -> Any:
    """QuTiP 5; without it the test says so and is skipped."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("qutip", minversion="5", reason="QuTiP 5 is not installed")


def lowering(size: int) -> Matrix:
    return np.diag(np.sqrt(np.arange(1, size)), 1).astype(complex)


def kron(*parts: Matrix) -> Matrix:
    return reduce(lambda a, b: np.asarray(np.kron(a, b)), parts)


def dag(a: Matrix) -> Matrix:
    return np.asarray(a.conj().T)


def basis(size: int, k: int) -> Matrix:
    return np.asarray(np.eye(size, dtype=complex)[k])


def on(part: Matrix, place: int, sizes: Sequence[int]) -> Matrix:
    """An operator of one of several spaces."""
    return kron(*[part if k == place else np.eye(size, dtype=complex) for k, size in enumerate(sizes)])


# ── random ones ──────────────────────────────────────────────────────────────────────────────────────────────────


def random_matrix(rng: np.random.Generator, *shape: int) -> Matrix:
    return np.asarray(rng.normal(size=shape) + 1j * rng.normal(size=shape))


def random_hermitian(rng: np.random.Generator, size: int) -> Matrix:
    a = random_matrix(rng, size, size)
    return (a + dag(a)) / 2


def random_unitary(rng: np.random.Generator, size: int) -> Matrix:
    return np.asarray(np.linalg.qr(random_matrix(rng, size, size))[0])


def random_ket(rng: np.random.Generator, size: int) -> Matrix:
    psi = random_matrix(rng, size)
    return np.asarray(psi / np.linalg.norm(psi))


def random_density(rng: np.random.Generator, size: int, rank: int | None = None) -> Matrix:
    a = random_matrix(rng, size, rank or size)
    return np.asarray(a @ dag(a) / np.linalg.norm(a) ** 2)


def random_kraus(rng: np.random.Generator, size: int, count: int) -> Matrix:
    """Kraus operators whose sum of K†K is 1: the blocks of an isometry."""
    return np.asarray(np.linalg.qr(random_matrix(rng, count * size, size))[0]).reshape(count, size, size)


# ── what becomes of them ─────────────────────────────────────────────────────────────────────────────────────────


def expect(a: Matrix, state: Matrix) -> float:
    """In a ket or in a density."""
    value = np.vdot(state, a @ state) if state.ndim == 1 else np.trace(a @ state)
    return float(value.real)


def followed(hamiltonian: Callable[[float], Matrix], start: float, end: float) -> Matrix:
    """U with i dU/dt = H U, by SciPy's Dop853; rates and times in one unit."""
    size = len(hamiltonian(start))

    def slope(t: float, y: Matrix) -> Matrix:
        return np.asarray(-1j * hamiltonian(t) @ y.reshape(size, size)).ravel()

    first = np.eye(size, dtype=complex).ravel()
    found = solve_ivp(slope, (start, end), first, method="DOP853", rtol=1e-12, atol=1e-14)
    return np.asarray(found.y[:, -1].reshape(size, size))


def kraus_sum(kraus: Sequence[Matrix] | Matrix, rho: Matrix) -> Matrix:
    return np.asarray(sum(k @ rho @ dag(k) for k in kraus))


def bloch_vector(rho: Matrix) -> Matrix:
    return np.array([expect(each, rho) for each in (X, Y, Z)])


def bloch_density(r: Sequence[float] | Matrix) -> Matrix:
    return np.asarray((I2 + r[0] * X + r[1] * Y + r[2] * Z) / 2)


def reduced(rho: Matrix, sizes: Sequence[int], kept: Sequence[int]) -> Matrix:
    """The partial trace, with the kept spaces in order."""
    count = len(sizes)
    parts: Any = rho.reshape(*sizes, *sizes)
    for k in sorted(set(range(count)) - set(kept), reverse=True):
        parts = np.trace(parts, axis1=k, axis2=k + parts.ndim // 2)
    size = int(np.prod([sizes[k] for k in kept]))
    return np.asarray(parts).reshape(size, size)
