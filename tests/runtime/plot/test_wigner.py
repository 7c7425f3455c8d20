"""The Wigner function against what it is known to be: of number states, of moments, far out."""

from __future__ import annotations

from math import factorial
from typing import Any

import numpy as np
import pytest
from scipy.special import eval_laguerre

from qdsl.runtime.plot.wigner import places, wigner

LEVELS = 30
LOWERS = np.diag(np.sqrt(np.arange(1, LEVELS)), 1)
X, P = (LOWERS + LOWERS.T) / np.sqrt(2), (LOWERS - LOWERS.T) / (1j * np.sqrt(2))
PLACES = np.linspace(-8.0, 8.0, 321)
CELL = (PLACES[1] - PLACES[0]) ** 2


def some_density() -> Any:
    """Without symmetry, in the lowest six levels."""
    random = np.random.default_rng(3)
    factor = random.normal(size=(6, 6)) + 1j * random.normal(size=(6, 6))
    rho = np.zeros((LEVELS, LEVELS), dtype=complex)
    rho[:6, :6] = factor @ factor.conj().T
    return rho / np.trace(rho)


def test_its_moments_are_those_of_the_state() -> None:
    rho = some_density()
    w = wigner(rho, PLACES, PLACES)
    x, p = PLACES[:, None], PLACES[None, :]
    ordered = (X @ X @ P + X @ P @ X + P @ X @ X) / 3.0  # moments of W are those of Weyl's ordering
    for moment, operator in ((1.0, np.eye(LEVELS)), (x, X), (p, P), (x * x, X @ X), (x * x * p, ordered)):
        assert np.sum(w * moment) * CELL == pytest.approx(np.trace(rho @ operator).real, abs=1e-10)
    assert 2.0 * np.pi * np.sum(w * w) * CELL == pytest.approx(np.trace(rho @ rho).real, abs=1e-12)


@pytest.mark.parametrize("n", [0, 1, 7, 60, 200])
def test_number_states_are_laguerres(n: int) -> None:
    rho = np.zeros((n + 1, n + 1))
    rho[n, n] = 1.0
    some = places(rho)[::20]
    square = 2.0 * (some[:, None] ** 2 + some[None, :] ** 2)
    wanted = (-1) ** n * eval_laguerre(n, square) * np.exp(-0.5 * square) / np.pi
    assert wigner(rho, some, some) == pytest.approx(wanted, abs=1e-13)


def test_a_coherent_state_is_a_hill_where_it_should_be() -> None:
    alpha = 1.5 - 2.0j
    amplitudes = np.array([alpha**n / np.sqrt(float(factorial(n))) for n in range(60)]) * np.exp(-0.5 * abs(alpha) ** 2)
    w = wigner(np.outer(amplitudes, amplitudes.conj()), PLACES, PLACES)
    x, p = np.sqrt(2) * alpha.real, np.sqrt(2) * alpha.imag
    assert w == pytest.approx(np.exp(-((PLACES[:, None] - x) ** 2) - (PLACES[None, :] - p) ** 2) / np.pi, abs=1e-7)


def test_far_out_it_vanishes() -> None:
    rho = some_density()
    assert np.all(wigner(rho, np.array([0.0, 60.0, 1e6]), np.array([80.0, 1e8])) == 0.0)


def test_what_is_seen_reaches_beyond_the_highest_filled_level() -> None:
    empty, full = places(np.diag([1.0, 0.0, 0.0])), places(np.diag([0.0, 0.0, 1.0]))
    assert empty[-1] == -empty[0] == 2.5
    assert full[-1] > np.sqrt(2 * 2 + 1) + 1.0
    assert 0.0 in full
