"""The likeliest state is found, is a state, and is proved to be the likeliest."""

from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.tomography.laboratory import choi_of, exact, ghz, measured, pauli_effects, prepared, random_ket

from qdsl.runtime.tomography.estimate import fitted, inverted
from qdsl.runtime.tomography.hermitian import Matrices, matrices, numbers
from qdsl.runtime.tomography.interior_point import maximum
from qdsl.runtime.tomography.observed import Observed, of_process


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("mixed", [0.0, 0.03, 0.5, 1.0])
def test_counts_without_noise_give_the_state_back(count: int, mixed: float) -> None:
    state = ghz(count, mixed)
    found = fitted(exact(pauli_effects(count), state, 1000.0))
    assert found.converged
    assert np.abs(found.value - state).max() < 1e-4
    assert np.abs(inverted(exact(pauli_effects(count), state, 1000.0)) - state).max() < 1e-12


@pytest.mark.parametrize("seed", range(20))
def test_the_estimate_is_a_state_and_nothing_is_likelier(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = 1 + seed % 3
    d = 2**count
    psi = random_ket(rng, d)
    mixed = (0.0, 0.02, 0.5)[seed % 3]
    state = (1 - mixed) * np.outer(psi, psi.conj()) + mixed * np.eye(d) / d
    observed = measured(pauli_effects(count), state, (10, 100, 100_000)[seed // 3 % 3], rng)
    found = fitted(observed)
    assert found.gap <= 1e-5
    assert abs(np.trace(found.value) - 1) < 1e-12
    assert np.linalg.eigvalsh(found.value)[0] > -1e-15
    own = observed.log_likelihood(found.numbers)
    for _ in range(50):
        other = _nearby_state(rng, found.value)
        assert observed.log_likelihood(numbers(other)) <= own + found.gap + 1e-9
    assert observed.log_likelihood(numbers(state)) <= own + found.gap + 1e-9


def _nearby_state(rng: np.random.Generator, value: Matrices) -> Matrices:
    d = len(value)
    a = rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))
    other = a @ a.conj().T
    share = 10.0 ** rng.uniform(-6, 0)
    return np.asarray((1 - share) * value + share * other / np.trace(other))


def test_the_equations_of_the_maximum_hold() -> None:
    """R rho = rho, which is what the derivative by a state says at a maximum, and no eigenvalue of R is above 1."""
    observed = measured(pauli_effects(2), ghz(2, 0.02), 500, np.random.default_rng(3))
    found = fitted(observed)
    weights = observed.counts.ravel() / observed.total / observed.probabilities(found.numbers).ravel()
    r = matrices(np.where(observed.counts.ravel() > 0, weights, 0.0) @ observed.problem.effects)
    assert np.abs(r @ found.value - found.value).max() < 1e-6
    assert np.linalg.eigvalsh(r)[-1] < 1 + 1e-9


def test_one_qubit_inside_is_its_frequencies() -> None:
    """Where linear inversion is a state it is the likeliest one: three binomials, one parameter for each."""
    counts = np.array([[620.0, 380.0], [450.0, 550.0], [230.0, 770.0]])
    observed = Observed(pauli_effects(1), counts)
    found = fitted(observed)
    x, y, z = (counts[:, 0] - counts[:, 1]) / 1000
    assert np.allclose(found.value, [[(1 + z) / 2, (x - 1j * y) / 2], [(x + 1j * y) / 2, (1 - z) / 2]], atol=1e-7)
    assert np.allclose(found.value, inverted(observed), atol=1e-7)


def test_one_qubit_outside_is_on_the_sphere_where_the_likelihood_says() -> None:
    """Equal counts of X, Y and Z, all but a few of them up: by symmetry along (1, 1, 1)."""
    counts = np.array([[90.0, 10.0]] * 3)
    found = fitted(Observed(pauli_effects(1), counts))
    assert found.rank == 1
    x = 3**-0.5
    assert np.allclose(found.value, [[1 + x, x - 1j * x], [x + 1j * x, 1 - x]] / np.array(2), atol=1e-6)


def test_counts_of_one_outcome_alone() -> None:
    """All zero but |00> of ZZ, and nothing else measured: |00>, although much of it is not seen."""
    effects = pauli_effects(2)[-1:]
    found = fitted(Observed(effects, np.array([[50.0, 0.0, 0.0, 0.0]])))
    assert found.converged
    assert found.value[0, 0].real == pytest.approx(1, abs=1e-6)


def test_the_proof_is_no_larger_than_what_is_missing_and_no_smaller() -> None:
    """At any state at all, the gap bounds what the maximum is above it."""
    rng = np.random.default_rng(5)
    observed = measured(pauli_effects(2), ghz(2, 0.1), 300, rng)
    best = observed.log_likelihood(fitted(observed).numbers)
    one = np.ones((1, 1))
    for _ in range(30):
        a = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
        other = numbers(a @ a.conj().T / np.trace(a @ a.conj().T))
        shares = observed.frequencies(observed.counts[None])
        gap = observed.total * float(observed.problem.gap(shares, other[None], one)[0])
        assert observed.log_likelihood(other) + gap >= best - 1e-9


def test_many_at_once_are_those_one_by_one() -> None:
    rng = np.random.default_rng(1)
    runs = [measured(pauli_effects(2), ghz(2, 0.05 * k), 40 * (k + 1), rng) for k in range(8)]
    counts = np.array([each.counts for each in runs])
    together = maximum(runs[0].problem, runs[0].frequencies(counts), 1e-7 / counts.sum(axis=(1, 2)))
    for run, value in zip(runs, together.values, strict=True):
        assert np.abs(fitted(run).value - value).max() < 1e-4


def test_more_is_not_claimed_than_rounding_allows() -> None:
    """1e15 counts: the likelihood cannot be proved to be near its maximum, and is not said to be."""
    state = np.outer(*[random_ket(np.random.default_rng(2), 4)] * 2)
    state = np.outer(state[0] / np.linalg.norm(state[0]), (state[0] / np.linalg.norm(state[0])).conj())
    found = fitted(exact(pauli_effects(2), state, 1e15))
    assert not found.converged
    assert np.abs(found.value - state).max() < 1e-5


# ── processes ────────────────────────────────────────────────────────────────────────────────────────────────────


DAMPING = [np.diag([1, 0.8**0.5]).astype(complex), np.array([[0, 0.2**0.5], [0, 0]], dtype=complex)]
CNOT = np.eye(4, dtype=complex)[[0, 1, 3, 2]]


@pytest.mark.parametrize(("count", "krauses"), [(1, [np.eye(2, dtype=complex)]), (1, DAMPING), (2, [CNOT])])
def test_a_channel_comes_back_from_counts_without_noise(count: int, krauses: list[Matrices]) -> None:
    choi = choi_of(krauses)
    states, effects = prepared(count), pauli_effects(count)
    blank = of_process(states, effects, np.zeros((len(states), *effects.shape[:2])))
    d = 2**count
    found = fitted(exact(blank.effects, choi, 1000.0, d))
    assert found.converged
    assert np.abs(found.value - choi).max() < 2e-3
    assert np.abs(inverted(exact(blank.effects, choi, 1000.0, d)) - choi).max() < 1e-10


def test_a_channel_from_counts_is_one() -> None:
    rng = np.random.default_rng(4)
    states, effects = prepared(1), pauli_effects(1)
    blank = of_process(states, effects, np.zeros((4, 3, 2)))
    observed = measured(blank.effects, choi_of(DAMPING), 200, rng, 2)
    found = fitted(observed)
    assert found.gap <= 1e-5
    assert np.allclose(np.einsum("abcb->ac", found.value.reshape(2, 2, 2, 2)), np.eye(2), atol=1e-12)
    assert np.linalg.eigvalsh(found.value)[0] > -1e-14
    assert observed.log_likelihood(numbers(choi_of(DAMPING))) <= observed.log_likelihood(found.numbers) + 1e-6


def test_the_probability_of_an_outcome_is_that_of_the_channels_output() -> None:
    rng = np.random.default_rng(6)
    states = np.array([np.outer(v, v.conj()) for v in (random_ket(rng, 2) for _ in range(3))])
    effects = pauli_effects(1)
    observed = of_process(states, effects, np.ones((3, 3, 2)))
    p = observed.probabilities(numbers(choi_of(DAMPING))).reshape(3, 3, 2)
    out = [sum(k @ rho @ k.conj().T for k in DAMPING) for rho in states]
    assert np.allclose(p, np.einsum("skab,pba->psk", effects, np.array(out)).real)


# ── a published example ──────────────────────────────────────────────────────────────────────────────────────────

JAMES = {
    "HH": 34749, "HV": 324, "VV": 35805, "VH": 444, "RH": 16324, "RV": 17521, "DV": 13441, "DH": 16901,
    "DR": 17932, "DD": 32028, "RD": 15132, "HD": 17238, "VD": 13171, "VL": 17170, "HL": 16722, "RL": 33586,
}  # fmt: skip
"""Coincidences of two photons: James, Kwiat, Munro and White, Phys. Rev. A 64, 052312 (2001), section III."""

PUBLISHED = np.array(
    [
        [0.4872, -0.0042 + 0.0114j, -0.0098 - 0.0178j, 0.5192 + 0.0380j],
        [-0.0042 - 0.0114j, 0.0045, 0.0271 - 0.0146j, -0.0648 - 0.0076j],
        [-0.0098 + 0.0178j, 0.0271 + 0.0146j, 0.0062, -0.0695 + 0.0134j],
        [0.5192 - 0.0380j, -0.0648 + 0.0076j, -0.0695 - 0.0134j, 0.5020],
    ]
)


def _photons() -> Matrices:
    r = 0.5**0.5
    one = {"H": [1, 0], "V": [0, 1], "D": [r, r], "R": [r, -1j * r], "L": [r, 1j * r]}
    kets = [np.kron(one[a], one[b]) for a, b in JAMES]
    return np.array([np.outer(each, each.conj()) for each in kets])


def test_linear_inversion_of_the_example_of_james() -> None:
    """Each of the sixteen is a projection alone: p and 1 - p, of as many pairs as the first four have together."""
    pairs = sum(list(JAMES.values())[:4])
    hits = np.array(list(JAMES.values()), dtype=float)
    effects = np.stack([_photons(), np.eye(4) - _photons()], axis=1)
    found = inverted(Observed(effects, np.stack([hits, pairs - hits], axis=1)))
    assert np.abs(found - PUBLISHED).max() < 1e-3
    one_to_one = matrices(np.linalg.solve(numbers(_photons()), hits / pairs))
    off = one_to_one - PUBLISHED
    assert max(np.abs(off.real).max(), np.abs(off.imag).max()) < 5.1e-5  # four digits are printed
    assert np.linalg.eigvalsh(one_to_one) == pytest.approx([-0.065274, -0.024396, 0.0681238, 1.02155], abs=2e-5)
