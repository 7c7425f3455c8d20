"""States, operators and measures of the library, beside what is known of them: formulas, and NumPy's matrices."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.linalg import expm, sqrtm
from tests.stdlib.running import Kernels

import qdsl

X, Y, Z = np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1, -1])
ALPHA = 1.2 - 0.7j


def lowering(size: int) -> np.ndarray[Any, Any]:
    return np.diag(np.sqrt(np.arange(1, size)), 1).astype(complex)


def of_vector(psi: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.outer(psi, psi.conj())


def random_density(size: int, rank: int, seed: int) -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(size, rank)) + 1j * rng.normal(size=(size, rank))
    rho = a @ a.conj().T
    return np.asarray(rho / np.trace(rho))


# ── states ───────────────────────────────────────────────────────────────────────────────────────────────────────

STATES = Kernels("""
space c: Fock(30)
space big: Fock(420)
space s: Spin(5/2)
space r: Qubit[4]
fn coherent_(re: Scalar, im: Scalar) -> [Complex; 30] = amplitudes(coherent(c, re + 1i * im))
fn large(re: Scalar) -> Scalar = expect(n(big), coherent(big, re))
fn amplitudes_(n: Int, re: Scalar, im: Scalar) -> [Complex] = coherent_amplitudes(n, re + 1i * im)
fn cat_(re: Scalar, im: Scalar, sign: Int) -> [Complex; 30] = amplitudes(cat(c, re + 1i * im, sign))
fn squeezed_(re: Scalar, im: Scalar) -> [Complex; 30] = amplitudes(squeezed(c, re + 1i * im))
fn thermal_(nbar: Scalar) -> [Complex; 30, 30] = matrix(thermal(c, nbar))
fn spin(theta: Scalar, phi: Scalar) -> [Scalar; 3] {
    let psi = spin_coherent(s, theta, phi)
    [expect(Sx(s), psi), expect(Sy(s), psi), expect(Sz(s), psi)]
}
fn spin_norm(theta: Scalar, phi: Scalar) -> Scalar = norm([abs(z) for z in amplitudes(spin_coherent(s, theta, phi))])
fn dicke_(k: Int) -> [Complex; 16] = amplitudes(dicke(r, k))
fn gibbs_(x: Scalar) -> [Complex; 16, 16] =
    matrix(gibbs(k_B * 1 K * (Z(r[0]) + x * X(r[1]) * X(r[2]) + Y(r[3])), 0.7 K))
""")


def test_a_coherent_state_has_the_amplitudes_of_poisson() -> None:
    n = np.arange(30)
    exact = np.exp(-(abs(ALPHA) ** 2) / 2) * ALPHA**n / np.sqrt([float(math.factorial(k)) for k in n])
    assert_allclose(STATES.coherent_(ALPHA.real, ALPHA.imag), exact, atol=2e-15)
    assert_allclose(STATES.coherent_(0.0, 0.0), n == 0)


def test_a_coherent_state_of_many_photons() -> None:
    assert STATES.large(math.sqrt(300)) == pytest.approx(300, rel=1e-5)
    v = np.array(STATES.amplitudes_(1800, 36.0, 3.0))
    n = np.arange(1800)
    assert np.sum(abs(v) ** 2) == pytest.approx(1, abs=1e-11)
    assert np.sum(n * abs(v) ** 2) == pytest.approx(36**2 + 3**2, rel=1e-11)
    assert_allclose(np.sum(v[1:] * v[:-1].conj() * np.sqrt(n[1:])), 36 + 3j, rtol=1e-11)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_cat_is_a_sum_of_coherent_states(sign: int) -> None:
    one = np.array(STATES.coherent_(ALPHA.real, ALPHA.imag))
    other = np.array(STATES.coherent_(-ALPHA.real, -ALPHA.imag))
    exact = (one + sign * other) / math.sqrt(2 + 2 * sign * math.exp(-2 * abs(ALPHA) ** 2))
    assert_allclose(STATES.cat_(ALPHA.real, ALPHA.imag, sign), exact, atol=1e-14)


def test_a_small_odd_cat_is_one_photon() -> None:
    assert_allclose(STATES.cat_(1e-9, 0.0, -1), np.arange(30) == 1, atol=1e-15)


def test_a_squeezed_vacuum_is_the_exponential_on_the_vacuum() -> None:
    z = 0.4 * np.exp(0.6j)
    a = lowering(200)
    exact = expm((np.conj(z) * a @ a - z * a.conj().T @ a.conj().T) / 2)[:30, 0]
    assert_allclose(STATES.squeezed_(z.real, z.imag), exact, atol=1e-9)


def test_a_thermal_state_is_bose_and_einsteins() -> None:
    share = 0.8 / 1.8
    found = np.array(STATES.thermal_(0.8))
    assert_allclose(np.diag(found), (1 - share) * share ** np.arange(30) / (1 - share**30), atol=1e-15)
    assert_allclose(found, np.diag(np.diag(found)))
    assert_allclose(np.diag(STATES.thermal_(0.0)), np.arange(30) == 0)


def test_a_coherent_spin_points() -> None:
    theta, phi = 0.8, 2.1
    along = [math.sin(theta) * math.cos(phi), math.sin(theta) * math.sin(phi), math.cos(theta)]
    assert_allclose(STATES.spin(theta, phi), 2.5 * np.array(along), atol=1e-14)
    assert STATES.spin_norm(theta, phi) == pytest.approx(1, abs=1e-14)


@pytest.mark.parametrize("k", range(5))
def test_a_dicke_state_has_k_excitations(k: int) -> None:
    ones = np.array([j.bit_count() for j in range(16)])
    assert_allclose(STATES.dicke_(k), (ones == k) / math.sqrt(math.comb(4, k)), atol=1e-15)


def test_a_gibbs_state_is_the_exponential() -> None:
    i = np.eye(2)
    energy = np.kron(np.kron(Z, i), np.eye(4)) + 0.3 * np.kron(np.kron(i, X), np.kron(X, i)) + np.kron(np.eye(8), Y)
    exact = expm(-energy / 0.7)
    assert_allclose(STATES.gibbs_(0.3), exact / np.trace(exact), atol=1e-14)


# ── operators ────────────────────────────────────────────────────────────────────────────────────────────────────

OPERATORS = Kernels("""
space q: Qubit
space c: Fock(6)
space r: Qubit
space d: Fock(3)
space e: Fock(3)
fn h(g: Scalar) -> Operator = g * (sp(q) * a(c) + sm(q) * a(c)†) + 0.3 * Z(q) - 0.2i * (a(c) - a(c)†)
fn u(g: Scalar) -> Operator = exp(-1i * h(g))
fn u_(g: Scalar) -> [Complex; 12, 12] = matrix(u(g))
fn on_ket(g: Scalar) -> [Complex; 24] = amplitudes(u(g) * (|+i>(q) * |1>(c) * |+>(r)))
fn heisenberg(g: Scalar) -> Scalar = expect(u(g)† * Z(q) * X(r) * u(g), |+i>(q) * |1>(c) * |+>(r))
fn in_density(g: Scalar) -> Scalar =
    expect(
        u(g)† * Z(q) * X(r) * u(g) - 0.5,
        0.5 * density(|+i>(q) * |1>(c) * |+>(r)) + 0.5 * maximally_mixed([q, c, r]),
    )
fn trace_(g: Scalar) -> Complex = trace(u(g) * Z(q) + 0.1 * n(c))
fn values_(g: Scalar) -> [Scalar] = eigenvalues(h(g))
fn residue(g: Scalar) -> Scalar {
    let values = eigenvalues(h(g))
    let vectors = eigenvectors(h(g))
    maximum([norm([abs(z) for z in amplitudes(h(g) * vectors[k] - values[k] * vectors[k])]) for k in range(12)])
}
fn d_(re: Scalar, im: Scalar) -> [Complex; 6, 6] = matrix(D(c, re + 1i * im))
fn s_(re: Scalar, im: Scalar) -> [Complex; 6, 6] = matrix(S(c, re + 1i * im))
fn turned(theta: Scalar, phi: Scalar) -> [Complex; 2, 2] =
    matrix(rxy(q, theta, phi) * rz(q, phi) * ry(q, theta) * rx(q, 2))
fn swapped() -> [Complex; 9, 9] = matrix(swap(d, e))
fn swapped_qubits() -> [Complex; 4, 4] = matrix(swap(q, r))
fn transposed(g: Scalar) -> [Complex; 12, 12] =
    matrix(partial_transpose(u(g) * (|+i>(q) * |1>(c)), q))
fn reversed(x: Scalar) -> [Complex; 6] = amplitudes(Ket([d, q], [x, 1, 2, 3, 4, 5]))
fn reversed_operator() -> [Complex; 6, 6] = matrix(Operator([d, q], [[10 * j + k for k in range(6)] for j in range(6)]))
fn driven(t: Time) -> Scalar {
    let m = [[0.0, 1], [1, 0]]
    expect(Z(q), evolve(2pi * 1 MHz * Operator(q, [[m[j, k] for k in range(2)] for j in range(2)]), |0>(q), t))
}
fn lossy(t: Time) -> Scalar =
    expect(P(q, 1), evolve(0 * Z(q) / 1 s, |1>(q), t, loss = [sqrt(1 / 1 us) * (|0>(q) * |1>(q)† + 0 * exp(0 * X(q)))]))
""")


def coupled(g: float) -> np.ndarray[Any, Any]:
    a, i = lowering(6), np.eye(6)
    sm = np.array([[0, 1], [0, 0]])
    whole = g * (np.kron(sm.T, a) + np.kron(sm, a.conj().T)) + 0.3 * np.kron(Z, i)
    return np.asarray(whole - 0.2j * np.kron(np.eye(2), a - a.conj().T))


G = 0.9
U = expm(-1j * coupled(G))
PSI = np.kron(np.kron(np.array([1, 1j]) / math.sqrt(2), np.eye(6)[1]), np.array([1, 1]) / math.sqrt(2))
SEEN = np.kron(U, np.eye(2)).conj().T @ np.kron(np.kron(Z, np.eye(6)), X) @ np.kron(U, np.eye(2))


def test_the_exponential_of_an_operator() -> None:
    assert_allclose(OPERATORS.u_(G), U, atol=1e-13)
    assert_allclose(OPERATORS.on_ket(G), np.kron(U, np.eye(2)) @ PSI, atol=1e-13)
    assert OPERATORS.heisenberg(G) == pytest.approx((PSI.conj() @ SEEN @ PSI).real, abs=1e-13)
    mixed = 0.5 * of_vector(PSI) + np.eye(24) / 48
    assert OPERATORS.in_density(G) == pytest.approx(np.trace(mixed @ SEEN).real - 0.5, abs=1e-13)
    assert OPERATORS.trace_(G) == pytest.approx(np.trace(U @ np.kron(Z, np.eye(6))) + 0.2 * 15, abs=1e-12)


def test_eigenvalues_and_eigenvectors() -> None:
    assert_allclose(OPERATORS.values_(G), np.linalg.eigvalsh(coupled(G)), atol=1e-13)
    assert OPERATORS.residue(G) < 1e-12


def test_displacements_squeezing_and_rotations() -> None:
    a = lowering(6)
    assert_allclose(OPERATORS.d_(0.3, 0.4), expm((0.3 + 0.4j) * a.conj().T - (0.3 - 0.4j) * a), atol=1e-13)
    z = 0.2 - 0.1j
    assert_allclose(OPERATORS.s_(z.real, z.imag), expm((np.conj(z) * a @ a - z * a.T @ a.T) / 2), atol=1e-13)
    theta, phi = 0.7, 1.9
    axis = math.cos(phi) * X + math.sin(phi) * Y
    exact = expm(-0.5j * theta * axis) @ expm(-0.5j * phi * Z) @ expm(-0.5j * theta * Y) @ expm(-1j * X)
    assert_allclose(OPERATORS.turned(theta, phi), exact, atol=1e-15)


def test_swaps() -> None:
    for found, size in ((OPERATORS.swapped(), 3), (OPERATORS.swapped_qubits(), 2)):
        exact = np.eye(size * size).reshape([size] * 4).transpose(1, 0, 2, 3).reshape(size * size, size * size)
        assert_allclose(found, exact)


def test_the_partial_transpose() -> None:
    rho = of_vector(U @ PSI.reshape(12, 2)[:, 0] * math.sqrt(2)).reshape(2, 6, 2, 6)
    assert_allclose(OPERATORS.transposed(G), rho.transpose(2, 1, 0, 3).reshape(12, 12), atol=1e-13)


def test_numbers_by_hand_stand_in_the_order_of_the_spaces_given() -> None:
    assert_allclose(OPERATORS.reversed(0.0), np.arange(6).reshape(3, 2).T.ravel())
    numbers = np.array([[10 * j + k for k in range(6)] for j in range(6)])
    exact = numbers.reshape(3, 2, 3, 2).transpose(1, 0, 3, 2).reshape(6, 6)
    assert_allclose(OPERATORS.reversed_operator(), exact)


def test_a_computed_matrix_drives_and_damps() -> None:
    assert OPERATORS.driven(1e-7) == pytest.approx(math.cos(0.4 * math.pi), abs=1e-9)
    assert OPERATORS.lossy(1e-6) == pytest.approx(math.exp(-1), abs=1e-8)


# ── measures ─────────────────────────────────────────────────────────────────────────────────────────────────────

MEASURES = Kernels("""
space q: Qubit
space r: Qubit
space d: Fock(3)
fn of_two(a: [Complex; 6, 6], b: [Complex; 6, 6]) -> (fidelity: Scalar, distance: Scalar) {
    let rho = Density([q, d], a)
    let sigma = Density([q, d], b)
    (fidelity = fidelity(rho, sigma), distance = trace_distance(rho, sigma))
}
fn of_kets(v: [Complex; 6], w: [Complex; 6]) -> (fidelity: Scalar, mixed: Scalar, distance: Scalar) {
    let psi = Ket([q, d], v)
    let phi = Ket([q, d], w)
    (fidelity = fidelity(psi, phi), mixed = fidelity(psi, density(phi)), distance = trace_distance(psi, phi))
}
fn of_one(a: [Complex; 6, 6]) -> (
    mutual: Scalar, negativity: Scalar, log_negativity: Scalar, variance: Scalar, purity: Scalar, coherence: Scalar
) {
    let rho = Density([q, d], a)
    (
        mutual = mutual_information(rho, d, q),
        negativity = negativity(rho, d),
        log_negativity = log_negativity(rho, q),
        variance = variance(Z(q) * n(d) + X(q), rho),
        purity = purity(rho),
        coherence = coherence(rho),
    )
}
fn of_a_pair(a: [Complex; 4, 4]) -> Scalar = concurrence(Density([q, r], a))
fn of_a_ket(v: [Complex; 4]) -> Scalar = concurrence(Ket([q, r], v))
fn parts(v: [Complex; 6]) -> [Scalar] = schmidt(Ket([q, d], v), d)
""")
PAIRS = [
    (random_density(6, rank, rank), random_density(6, other, 10 + other)) for rank, other in ((6, 6), (2, 5), (1, 3))
]


def trace_norm(a: np.ndarray[Any, Any]) -> float:
    return float(np.sum(np.linalg.svd(a, compute_uv=False)))


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_two_densities(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> None:
    found, turned = MEASURES.of_two(a, b), MEASURES.of_two(b, a)
    assert found["fidelity"] == pytest.approx(trace_norm(sqrtm(a) @ sqrtm(b)) ** 2, abs=1e-7)
    assert found["fidelity"] == pytest.approx(turned["fidelity"], abs=1e-12)
    assert MEASURES.of_two(a, a) == pytest.approx({"fidelity": 1, "distance": 0}, abs=1e-13)
    assert found["distance"] == pytest.approx(trace_norm(a - b) / 2, abs=1e-14)
    assert turned["distance"] == pytest.approx(found["distance"], abs=1e-15)


def test_two_kets() -> None:
    v, w = (np.linalg.eigh(each)[1][:, 0] for each in PAIRS[0])
    overlap = abs(np.vdot(v, w)) ** 2
    found = MEASURES.of_kets(v, w)
    assert found["fidelity"] == pytest.approx(overlap, abs=1e-15)
    assert found["mixed"] == pytest.approx(overlap, abs=1e-15)
    assert found["distance"] == pytest.approx(math.sqrt(1 - overlap), abs=1e-14)
    assert MEASURES.of_two(of_vector(v), of_vector(w))["fidelity"] == pytest.approx(overlap, abs=1e-13)
    near = MEASURES.of_kets(v, v + 1e-10 * w)
    assert near["distance"] == pytest.approx(1e-10 * math.sqrt(1 - overlap), rel=1e-4)


@pytest.mark.parametrize("rho", [each for pair in PAIRS for each in pair])
def test_one_density(rho: np.ndarray[Any, Any]) -> None:
    def entropy(a: np.ndarray[Any, Any]) -> float:
        p = np.linalg.eigvalsh(a)
        return float(-np.sum(p[p > 1e-14] * np.log2(p[p > 1e-14])))

    parts = rho.reshape(2, 3, 2, 3)
    left, right = np.einsum("ajbj->ab", parts), np.einsum("ajak->jk", parts)
    turned = trace_norm(parts.transpose(0, 3, 2, 1).reshape(6, 6))
    a = np.kron(Z, np.diag([0, 1, 2])) + np.kron(X, np.eye(3))
    exact = {
        "mutual": entropy(left) + entropy(right) - entropy(rho),
        "negativity": (turned - 1) / 2,
        "log_negativity": math.log2(turned),
        "variance": (np.trace(rho @ a @ a) - np.trace(rho @ a) ** 2).real,
        "purity": np.trace(rho @ rho).real,
        "coherence": np.sum(abs(rho)) - 1,
    }
    assert MEASURES.of_one(rho) == pytest.approx(exact, abs=1e-12)


@pytest.mark.parametrize("p", [0.0, 0.2, 1 / 3, 0.5, 0.9, 1.0])
def test_concurrence_of_werner_states(p: float) -> None:
    """p of the singlet, the rest mixed: max(0, (3 p - 1) / 2)."""
    singlet = np.array([0, 1, -1, 0]) / math.sqrt(2)
    rho = p * of_vector(singlet) + (1 - p) * np.eye(4) / 4
    assert MEASURES.of_a_pair(rho) == pytest.approx(max(0, (3 * p - 1) / 2), abs=1e-14)


def test_concurrence_of_kets_and_their_densities() -> None:
    for seed in range(4):
        v = np.linalg.eigh(random_density(4, 4, seed))[1][:, 0]
        exact = 2 * abs(v[0] * v[3] - v[1] * v[2])
        assert MEASURES.of_a_ket(v) == pytest.approx(exact, abs=1e-15)
        assert MEASURES.of_a_pair(of_vector(v)) == pytest.approx(exact, abs=1e-12)


def test_schmidt_coefficients() -> None:
    v = np.linalg.eigh(PAIRS[0][0])[1][:, 2]
    exact = np.linalg.svd(v.reshape(2, 3), compute_uv=False)
    assert_allclose(MEASURES.parts(v), exact, atol=1e-14)
    product = np.kron([0.6, 0.8j], [0, 0.6, 0.8])
    assert_allclose(MEASURES.parts(product), [1, 0], atol=1e-15)


# ── an operator around a density ─────────────────────────────────────────────────────────────────────────────────

AROUND = Kernels("""
space q: Qubit
space c: Fock(3)
space m: Fock(10)
fn by_matrix(k: [Complex; 6, 6], rho: [Complex; 6, 6]) -> [Complex; 6, 6] {
    let K = Operator([q, c], k)
    matrix(K * unchecked_density([q, c], rho) * dag(K))
}
fn of_one(k: [Complex; 3, 3], rho: [Complex; 6, 6]) -> [Complex; 6, 6] {
    let K = Operator(c, k)
    matrix(0.5 * dag(K) * unchecked_density([q, c], rho) * K)
}
fn by_patterns(p: Scalar, rho: [Complex; 6, 6]) -> [Complex; 6, 6] {
    let K = p * X(q) * a(c) + 1i * Z(q)
    matrix(K * unchecked_density([q, c], rho) * dag(K))
}
fn of_many_levels(k: [Complex; 10, 10], rho: [Complex; 20, 20]) -> [Complex; 20, 20] {
    let K = Operator(m, k)
    matrix(sp(q) * K * unchecked_density([q, m], rho) * dag(sp(q) * K))
}
fn through_channel(x: [Complex; 10, 10], rho: [Complex; 20, 20]) -> [Complex; 20, 20] {
    let U = exp(1i * Operator(m, x))
    matrix(apply(Channel([sqrt(0.3) * U, sqrt(0.7) * dag(U)]), unchecked_density([q, m], rho)))
}
""")


@pytest.mark.parametrize("seed", range(4))
def test_an_operator_around_a_density_is_a_product_of_matrices(seed: int) -> None:
    rng = np.random.default_rng(seed)

    def random(size: int) -> np.ndarray[Any, Any]:
        return rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size))

    def around(k: np.ndarray[Any, Any], rho: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.asarray(k @ rho @ k.conj().T)

    k, one, rho = random(6), random(3), random_density(6, 2, seed)
    assert_allclose(AROUND.by_matrix(k, rho), around(k, rho), atol=1e-13)
    assert_allclose(AROUND.of_one(one, rho), 0.5 * around(np.kron(np.eye(2), one.conj().T), rho), atol=1e-13)
    patterns = 0.7 * np.kron(X, lowering(3)) + 1j * np.kron(Z, np.eye(3))
    assert_allclose(AROUND.by_patterns(0.7, rho), around(patterns, rho), atol=1e-13)
    many, of_more = random(10), random_density(20, 3, seed)
    lifted = np.kron([[0, 0], [1, 0]], many)
    assert_allclose(AROUND.of_many_levels(many, of_more), around(lifted, of_more), atol=1e-12)
    x = random(10)
    x = (x + x.conj().T) / 4
    u = np.kron(np.eye(2), expm(1j * x))
    mixed = 0.3 * around(u, of_more) + 0.7 * around(u.conj().T, of_more)
    assert_allclose(AROUND.through_channel(x, of_more), mixed, atol=1e-13)


def test_a_channel_of_matrices_that_loses_something_stops() -> None:
    with pytest.raises(Exception, match=r"do not keep the trace: sum K† K differs from 1 by 0\.4"):
        qdsl.compile("""
space m: Fock(10)
fn lost(s: Scalar) -> Scalar {
    let U = s * exp(1i * (a(m) + dag(a(m))))
    purity(apply(Channel([U]), density(|0>(m))))
}
""").lost(math.sqrt(0.6))
