"""Channels beside sums of K rho K† in NumPy, and beside what textbooks say of them.

"N&C" is M. A. Nielsen, I. L. Chuang, "Quantum computation and quantum information" (2000).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.linalg import expm
from tests.quantum.written_out import (
    I2,
    US,
    Matrix,
    X,
    Z,
    bloch_density,
    dag,
    expect,
    kraus_sum,
    kron,
    on,
    random_density,
    random_ket,
    random_kraus,
)

import qdsl

BLOCH = qdsl.compile("""
space q: Qubit
fn depolarizing(q: Qubit, p: Scalar) -> Channel =
    Channel([sqrt(1 - 3 * p / 4) * I(q), sqrt(p / 4) * X(q), sqrt(p / 4) * Y(q), sqrt(p / 4) * Z(q)])
fn bit_flip(q: Qubit, p: Scalar) -> Channel = Channel([sqrt(1 - p) * I(q), sqrt(p) * X(q)])
fn both_flip(q: Qubit, p: Scalar) -> Channel = Channel([sqrt(1 - p) * I(q), sqrt(p) * Y(q)])
fn phase_flip(q: Qubit, p: Scalar) -> Channel = Channel([sqrt(1 - p) * I(q), sqrt(p) * Z(q)])
fn phase_damping(q: Qubit, p: Scalar) -> Channel = Channel([P(q, 0) + sqrt(1 - p) * P(q, 1), sqrt(p) * P(q, 1)])
fn damping(q: Qubit, p: Scalar) -> Channel = Channel([P(q, 0) + sqrt(1 - p) * P(q, 1), sqrt(p) * sm(q)])
fn heated(q: Qubit, p: Scalar, cold: Scalar) -> Channel = Channel([
    sqrt(cold) * (P(q, 0) + sqrt(1 - p) * P(q, 1)), sqrt(cold * p) * sm(q),
    sqrt(1 - cold) * (sqrt(1 - p) * P(q, 0) + P(q, 1)), sqrt((1 - cold) * p) * sp(q),
])
fn turning(q: Qubit, angle: Scalar) -> Channel = Channel([rz(q, angle)])
fn arrows(rho: [Complex; 2, 2], p: Scalar, cold: Scalar) -> [Scalar; 8, 3] {
    let s = Density(q, rho)
    let after = [
        apply(depolarizing(q, p), s), apply(bit_flip(q, p), s), apply(both_flip(q, p), s), apply(phase_flip(q, p), s),
        apply(phase_damping(q, p), s), apply(damping(q, p), s), apply(heated(q, p, cold), s),
        apply(turning(q, p), s),
    ]
    [[expect(X(q), each), expect(Y(q), each), expect(Z(q), each)] for each in after]
}
fn decayed(rho: [Complex; 2, 2], t: Time, T1: Time, T2: Time) -> [Complex; 2, 2, 2] {
    let s = Density(q, rho)
    let kept = exp(-t / T2 + t / (2 * T1))
    let both = apply(phase_flip(q, (1 - kept) / 2), apply(damping(q, 1 - exp(-t / T1)), s))
    let loss = [sqrt(1 / T1) * sm(q), sqrt((1 / T2 - 1 / (2 * T1)) / 2) * Z(q)]
    [matrix(both), matrix(evolve(0 * Z(q) / T1, s, t, loss = loss))]
}
fn leaking(p: Scalar) -> Scalar = purity(apply(Channel([P(q, 0) + sqrt(1 - p) * P(q, 1), p * sm(q)]), |+>(q)))
""")


@pytest.mark.parametrize(("p", "cold"), [(0.0, 0.7), (0.3, 0.7), (0.9, 0.2), (1.0, 1.0)])
def test_what_channels_do_to_the_bloch_vector(p: float, cold: float) -> None:
    """As in N&C, section 8.3, where too |1> is the state that decays."""
    x, y, z = r = np.array([0.3, -0.5, 0.6])
    root = math.sqrt(1 - p)
    answers: list[Any] = [
        (1 - p) * r,
        [x, (1 - 2 * p) * y, (1 - 2 * p) * z],
        [(1 - 2 * p) * x, y, (1 - 2 * p) * z],
        [(1 - 2 * p) * x, (1 - 2 * p) * y, z],
        [root * x, root * y, z],
        [root * x, root * y, p + (1 - p) * z],
        [root * x, root * y, p * (2 * cold - 1) + (1 - p) * z],
        [x * math.cos(p) - y * math.sin(p), y * math.cos(p) + x * math.sin(p), z],
    ]
    assert_allclose(BLOCH.arrows(bloch_density(r), p, cold), answers, atol=1e-14)


def test_damping_and_flips_are_the_decay_of_t1_and_t2() -> None:
    """<|1><1|> falls with T1 and the coherence with T2: after the channels, and by Lindblad's equation."""
    rho, t1, t2 = bloch_density([0.5, 0.4, -0.7]), 3.0, 2.2
    for t in (0.0, 0.5, 4.0):
        falls, fades = math.exp(-t / t1), math.exp(-t / t2)
        exact = np.array([[1 - rho[1, 1] * falls, rho[0, 1] * fades], [rho[1, 0] * fades, rho[1, 1] * falls]])
        channel, lindblad = BLOCH.decayed(rho, t * US, t1 * US, t2 * US)
        assert_allclose(channel, exact, atol=1e-14)
        assert_allclose(lindblad, exact, atol=1e-9)


def test_what_does_not_keep_the_trace_stops() -> None:
    assert BLOCH.leaking(1.0) == pytest.approx(1)
    with pytest.raises(qdsl.KernelError, match="do not keep the trace"):
        BLOCH.leaking(0.5)


# ── of several spaces ────────────────────────────────────────────────────────────────────────────────────────────

LEVELS = 9
PHOTON_LOSS = ", ".join(
    " + ".join(f"sqrt({math.comb(i + k, k)} * (1 - p)^{i} * p^{k}) * |{i}><{i + k}|(m)" for i in range(LEVELS - k))
    for k in range(LEVELS)
)
"""The Kraus operator of k lost photons takes each level i + k to i."""

SEVERAL = qdsl.compile(
    """
space q: Qubit
space c: Fock(3)
space r: Qubit
space w: Qubit[3]
space m: Fock(9)
fn by_hand(k: [Complex; 3, 2, 2], l: [Complex; 2, 4, 4], rho: [Complex; 12, 12]) -> [Complex; 2, 12, 12] {
    let s = Density([q, c, r], rho)
    let one = Channel([Operator(r, k[i]) for i in range(3)])
    let two = Channel([Operator([q, r], l[i]) for i in range(2)])
    [matrix(apply(one, s)), matrix(apply(two, s))]
}
fn composed(k: [Complex; 3, 2, 2], l: [Complex; 2, 2, 2], rho: [Complex; 4, 4]) -> [Complex; 2, 4, 4] {
    let s = Density([q, r], rho)
    let first = [Operator(q, k[i]) for i in range(3)]
    let then = [Operator(q, l[i]) for i in range(2)]
    let whole = Channel([then[mod(i, 2)] * first[div(i, 2)] for i in range(6)])
    [matrix(apply(Channel(then), apply(Channel(first), s))), matrix(apply(whole, s))]
}
fn entangled(p: Scalar) -> [Scalar; 3] {
    let half = Channel([sqrt(1 - 3 * p / 4) * I(q), sqrt(p / 4) * X(q), sqrt(p / 4) * Y(q), sqrt(p / 4) * Z(q)])
    let damp = Channel([P(q, 0) + sqrt(1 - p) * P(q, 1), sqrt(p) * sm(q)])
    let rho = apply(half, phi_plus(q, r))
    [concurrence(rho), fidelity(rho, phi_plus(q, r)), concurrence(apply(damp, phi_plus(q, r)))]
}
fn flipped(k: Int, p: Scalar, rho: Density) -> Density =
    if k == 0 { apply(Channel([sqrt(1 - p) * I(w[0]), sqrt(p) * X(w[0])]), rho) }
    else if k == 1 { apply(Channel([sqrt(1 - p) * I(w[1]), sqrt(p) * X(w[1])]), rho) }
    else { apply(Channel([sqrt(1 - p) * I(w[2]), sqrt(p) * X(w[2])]), rho) }
fn corrected(p: Scalar, psi: [Complex; 2]) -> Scalar {
    let start = Ket(w, [if k == 0 { psi[0] } else if k == 7 { psi[1] } else { 0 } for k in range(8)])
    let same = (I(w[0]) + Z(w[0]) * Z(w[1])) / 2
    let last = (I(w[0]) + Z(w[1]) * Z(w[2])) / 2
    let mend = Channel([same * last, X(w[0]) * (1 - same) * last, X(w[1]) * (1 - same) * (1 - last),
        X(w[2]) * same * (1 - last)])
    let noisy = flipped(2, p, flipped(1, p, flipped(0, p, density(start))))
    fidelity(start, apply(mend, noisy))
}
fn dimmed(alpha: Complex, p: Scalar) -> Scalar =
    fidelity(apply(Channel([PHOTON_LOSS]), coherent(m, alpha)), coherent(m, sqrt(1 - p) * alpha))
fn gate(x: Rate, rho: [Complex; 4, 4], t: Time) -> [Complex; 4, 4] =
    matrix(apply(Channel([propagator(x * X(q) * Z(r) + 2 * x * Z(q), t)]), Density([q, r], rho)))
""".replace("PHOTON_LOSS", PHOTON_LOSS)
)


@pytest.mark.parametrize("seed", range(3))
def test_random_kraus_operators_on_one_and_two_of_three_spaces(seed: int) -> None:
    rng = np.random.default_rng(seed)
    one_of, two_of = random_kraus(rng, 2, 3), random_kraus(rng, 4, 2)
    rho = random_density(rng, 12, 1 + seed)
    one, two = SEVERAL.by_hand(one_of, two_of, rho)
    assert_allclose(one, kraus_sum([kron(np.eye(6), each) for each in one_of], rho), atol=1e-14)
    apart = [np.einsum("abcd,ij->aibcjd", each.reshape(2, 2, 2, 2), np.eye(3)).reshape(12, 12) for each in two_of]
    assert_allclose(two, kraus_sum(apart, rho), atol=1e-14)


@pytest.mark.parametrize("seed", range(3))
def test_channels_after_each_other(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first, then, rho = random_kraus(rng, 2, 3), random_kraus(rng, 2, 2), random_density(rng, 4)
    exact = kraus_sum([kron(b, I2) for b in then], kraus_sum([kron(a, I2) for a in first], rho))
    for found in SEVERAL.composed(first, then, rho):
        assert_allclose(found, exact, atol=1e-14)


@pytest.mark.parametrize("p", [0.0, 0.25, 0.5, 2 / 3, 0.9])
def test_noise_on_half_of_a_bell_pair(p: float) -> None:
    """Depolarized it is a Werner state: its concurrence (1 - 3 p / 2) ends at p = 2/3; damped it is sqrt(1 - p)."""
    answers = [max(0, 1 - 1.5 * p), 1 - 0.75 * p, math.sqrt(1 - p)]
    assert_allclose(SEVERAL.entangled(p), answers, atol=1e-12)


@pytest.mark.parametrize("p", [0.0, 0.1, 0.4])
def test_the_code_of_three_qubits(p: float) -> None:
    """What is left after one correction is wrong where two or three were flipped: 3 p^2 - 2 p^3 (N&C, 10.1.1)."""
    rng = np.random.default_rng(5)
    for _ in range(2):
        psi = random_ket(rng, 2)
        wrong = 3 * p**2 - 2 * p**3
        overlap = expect(X, psi) ** 2
        assert SEVERAL.corrected(p, psi) == pytest.approx(1 - wrong + wrong * overlap, abs=1e-13)


@pytest.mark.parametrize("p", [0.1, 0.6])
def test_a_coherent_state_that_loses_photons_stays_one(p: float) -> None:
    """Its amplitude falls by sqrt(1 - p): I. L. Chuang, D. W. Leung, Y. Yamamoto, Phys. Rev. A 56, 1114 (1997)."""
    assert SEVERAL.dimmed(0.5 - 0.3j, p) == pytest.approx(1, abs=1e-8)


def test_a_propagator_is_a_channel() -> None:
    rng = np.random.default_rng(3)
    rho = random_density(rng, 4)
    u: Matrix = expm(-0.9j * (0.7 * kron(X, Z) + 1.4 * on(Z, 0, (2, 2))))
    assert_allclose(SEVERAL.gate(0.7 / US, rho, 0.9 * US), u @ rho @ dag(u), atol=1e-12)
