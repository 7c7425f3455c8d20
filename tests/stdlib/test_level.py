"""Hamiltonians of laboratories beside matrices written out, their numbers beside diagonalisation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

import qdsl

MODULE = qdsl.compile("""
space q: Qubit
space p: Qubit
space c: Fock(4)
space t: Level(4)
space s: Spin(1)
space u: Spin(3/2)
fn qubits(f: Frequency, g: Frequency) -> (one: [Complex<Frequency>; 2, 2], two: [Complex<Frequency>; 4, 4]) =
    (one = matrix(qubit(q, f)), two = matrix(exchange(q, p, g)))
fn ladders(f: Frequency, h: Frequency) -> [Complex<Frequency>; 2, 4, 4] =
    [matrix(transmon(t, f, h)), matrix(transmon(c, f, h))]
fn with_mode(f: Frequency, w: Frequency, g: Frequency) -> [Complex<Frequency>; 2, 8, 8] =
    [matrix(jaynes_cummings(q, c, f, w, g)), matrix(dispersive(q, c, f, w, g))]
fn couplings(g: Frequency) -> (qubit: [Complex<Frequency>; 8, 8], transmon: [Complex<Frequency>; 16, 16]) =
    (qubit = matrix(exchange(q, c, g)), transmon = matrix(exchange(t, c, g)))
fn of_spins(f: Energy, d: Energy, e: Energy) -> (
    zeeman: [Complex<Energy>; 4, 4], one: [Complex<Energy>; 3, 3], half: [Complex<Energy>; 4, 4]
) = (zeeman = matrix(zeeman(u, f)), one = matrix(zero_field(s, d, e)), half = matrix(zero_field(u, d, e)))
fn products() -> (spins: [Complex; 12, 12], qubits: [Complex; 4, 4]) =
    (spins = matrix(spin_product(s, u)), qubits = matrix(spin_product(q, p)))
fn numbers(g: Frequency, detuning: Frequency, h: Frequency, kappa: Rate) -> (
    qubit: Frequency, transmon: Frequency, critical: Scalar, purcell: Rate
) = (
    qubit = dispersive_shift(g, detuning),
    transmon = transmon_shift(g, detuning, h),
    critical = critical_photons(g, detuning),
    purcell = purcell_rate(g, detuning, kappa),
)
fn levels(ej: Frequency, ec: Frequency) -> [Frequency; 2] {
    let found = transmon_levels(ej, ec)
    [found.f, found.anharmonicity]
}
""")
SM = np.array([[0, 1], [0, 0]])
Z = np.diag([1, -1])


def lowering(size: int) -> np.ndarray[Any, Any]:
    return np.diag(np.sqrt(np.arange(1, size)), 1)


def spin(twice: int) -> tuple[np.ndarray[Any, Any], ...]:
    """Sx, Sy and Sz, from m = j down."""
    j = twice / 2
    m = j - np.arange(twice + 1)
    plus = np.diag(np.sqrt(j * (j + 1) - m[1:] * (m[1:] + 1)), 1)
    return (plus + plus.T) / 2, (plus - plus.T) / 2j, np.diag(m)


def test_qubits_and_ladders() -> None:
    found = MODULE.qubits(5.0, 0.3)
    assert_allclose(found["one"], [[-2.5, 0], [0, 2.5]])
    assert_allclose(found["two"], 0.3 * (np.kron(SM.T, SM) + np.kron(SM, SM.T)))
    energies = [5.0 * k - 0.3 * k * (k - 1) / 2 for k in range(4)]
    for ladder in MODULE.ladders(5.0, -0.3):
        assert_allclose(ladder, np.diag(energies), atol=1e-14)


def test_a_mode_beside_a_qubit_and_a_transmon() -> None:
    f, w, g = 5.0, 6.5, 0.2
    a, n, one = lowering(4), np.diag(np.arange(4)), np.eye(4)
    swap = np.kron(SM.T, a) + np.kron(SM, a.T)
    bare = -f / 2 * np.kron(Z, one) + w * np.kron(np.eye(2), n)
    with_swap, with_shift = MODULE.with_mode(f, w, g)
    assert_allclose(with_swap, bare + g * swap, atol=1e-14)
    assert_allclose(with_shift, bare - g * np.kron(Z, n), atol=1e-14)
    found = MODULE.couplings(g)
    assert_allclose(found["qubit"], g * swap, atol=1e-15)
    # the mode is declared before the transmon
    assert_allclose(found["transmon"], g * (np.kron(a.T, a) + np.kron(a, a.T)), atol=1e-15)


def test_spins() -> None:
    found = MODULE.of_spins(1.5, 2.0, 0.4)
    for name, twice in (("one", 2), ("half", 3)):
        x, y, z = spin(twice)
        j = twice / 2
        exact = 2.0 * (z @ z - j * (j + 1) / 3 * np.eye(twice + 1)) + 0.4 * (x @ x - y @ y)
        assert_allclose(found[name], exact, atol=1e-14)
        assert abs(np.trace(found[name])) < 1e-13
    assert_allclose(found["zeeman"], 1.5 * np.diag([1.5, 0.5, -0.5, -1.5]))


def test_products_of_spins_have_the_energies_of_their_sum() -> None:
    """(J (J + 1) - s (s + 1) - u (u + 1)) / 2, each 2 J + 1 times: 1 and 3/2 make 5/2, 3/2 and 1/2."""
    found = MODULE.products()
    exact = sum(np.kron(a, b) for a, b in zip(spin(2), spin(3), strict=True))
    assert_allclose(found["spins"], exact, atol=1e-14)
    energies = [(j * (j + 1) - 2 - 3.75) / 2 for j in (0.5, 1.5, 2.5) for _ in range(round(2 * j + 1))]
    assert_allclose(np.linalg.eigvalsh(found["spins"]), energies, atol=1e-13)
    assert_allclose(np.linalg.eigvalsh(found["qubits"]), [-0.75, 0.25, 0.25, 0.25], atol=1e-14)


# ── numbers, to the order that they are of ───────────────────────────────────────────────────────────────────────


def ladder_shift(g: float, detuning: float, anharmonicity: float, size: int) -> float:
    """Half of what an excitation of a ladder adds to the step of a mode at 0, from the dressed levels."""
    a, b = np.kron(lowering(size), np.eye(4)), np.kron(np.eye(size), lowering(4))
    k = np.kron(np.arange(size), np.ones(4))
    h = np.diag(detuning * k + anharmonicity / 2 * k * (k - 1)) + g * (a.T @ b + a @ b.T)
    values, vectors = np.linalg.eigh(h)

    def dressed(level: int, photons: int) -> float:
        return float(values[np.argmax(abs(vectors[4 * level + photons]))])

    return (dressed(1, 1) - dressed(1, 0) - dressed(0, 1) + dressed(0, 0)) / 2


@pytest.mark.parametrize("detuning", [1.0, -1.3])
def test_shifts_are_those_of_dressed_levels(detuning: float) -> None:
    """Their error is of order g^4: a third of the coupling has an 81st of it, or about."""
    h = -0.25
    for name, size, anharmonicity in (("qubit", 2, 0.0), ("transmon", 4, h)):
        errors = [
            MODULE.numbers(g, detuning, h, 0.0)[name] - ladder_shift(g, detuning, anharmonicity, size)
            for g in (0.03, 0.01)
        ]
        assert abs(errors[1]) < 1e-3 * abs(ladder_shift(0.01, detuning, anharmonicity, size))
        assert errors[0] / errors[1] == pytest.approx(81, rel=0.1)


def test_a_qubit_decays_through_its_mode() -> None:
    """Twice the imaginary part of the dressed level, where the mode is at -i kappa/2."""
    g, detuning, kappa = 0.01, 1.0, 0.02
    values = np.linalg.eigvals(np.array([[detuning, g], [g, -0.5j * kappa]]))
    decay = -2 * values[np.argmax(values.real)].imag
    assert MODULE.numbers(g, detuning, -0.2, kappa)["purcell"] == pytest.approx(decay, rel=1e-3)


def test_at_the_critical_number_of_photons_the_swing_is_the_detuning() -> None:
    """A. Blais et al., Phys. Rev. A 69, 062320 (2004): there 2 g sqrt(n) is the detuning."""
    n = MODULE.numbers(0.1, -1.3, -0.2, 0.0)["critical"]
    assert 2 * 0.1 * math.sqrt(n) == pytest.approx(1.3, rel=1e-14)


def test_a_transmon_is_a_cosine() -> None:
    """The first levels of 4 EC n^2 - EJ cos(phi) over charges, to the next order in x = sqrt(2 EC / EJ).

    That is -EC x / 4 for the frequency and -9 EC x / 16 for the anharmonicity: N. Didier, E. A. Sete, M. P. da Silva,
    C. Rigetti, Phys. Rev. A 97, 022330 (2018).
    """
    charges = np.arange(-40, 41)
    ej, ec = 400.0, 1.0
    h = np.diag(4 * ec * charges**2) - ej / 2 * (np.eye(81, k=1) + np.eye(81, k=-1))
    e = np.linalg.eigvalsh(h)
    f, anharmonicity = MODULE.levels(ej, ec)
    x = math.sqrt(2 * ec / ej)
    assert f - (e[1] - e[0]) == pytest.approx(ec * x / 4, rel=0.1)
    assert anharmonicity - (e[2] - 2 * e[1] + e[0]) == pytest.approx(9 * ec * x / 16, rel=0.15)
