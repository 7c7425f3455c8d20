"""Operators whose numbers are known when the program runs, beside NumPy: algebra, states, H, observables, losses.

The spaces are declared q, c, r, of 2, 3 and 2 levels; A is of q and c, B of c and r, so that products are of all three.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.linalg import expm, null_space
from tests.quantum.written_out import (
    I2,
    SM,
    US,
    Matrix,
    X,
    Y,
    Z,
    dag,
    expect,
    kron,
    random_density,
    random_hermitian,
    random_ket,
    random_matrix,
    random_unitary,
    reduced,
)

import qdsl

pytestmark = pytest.mark.filterwarnings("ignore::qdsl.SimulationWarning")
"""Both sides of a comparison have the same few levels."""

SIZES = (2, 3, 2)
N3 = np.diag([0, 1, 2]).astype(complex)
A3 = np.diag(np.sqrt([1, 2]), 1).astype(complex)
SPACES = "space q: Qubit\nspace c: Fock(3)\nspace r: Qubit\n"
SEEDS = range(4)

# ── algebra ──────────────────────────────────────────────────────────────────────────────────────────────────────

ALGEBRA = qdsl.compile(
    SPACES
    + """
fn products(a: [Complex; 6, 6], b: [Complex; 6, 6]) -> (
    product: [Complex; 12, 12], commutator: [Complex; 12, 12], anticommutator: [Complex; 12, 12],
    mixed: [Complex; 12, 12], trace: Complex<Voltage>
) {
    let A = Operator([q, c], a)
    let B = Operator([c, r], b)
    (
        product = matrix(A * B†),
        commutator = matrix(comm(A, B)),
        anticommutator = matrix(acomm(A, B)),
        mixed = matrix((2i * A^3 - X(q)) * n(c) / 4 + tensor(sm(q), a(c)†, Z(r)) - dag(B) * A + 1.5),
        trace = 3 V * trace(A * (B - 1)),
    )
}
fn exponential(a: [Complex; 6, 6], psi: [Complex; 12]) -> (matrix: [Complex; 6, 6], ket: [Complex; 12]) {
    let u = exp(-0.7i * Operator([q, c], a) + 0.2 * Z(q))
    (matrix = matrix(u), ket = amplitudes(u * Ket([q, c, r], psi)))
}
fn means(a: [Complex; 6, 6], b: [Complex; 6, 6], psi: [Complex; 12], rho: [Complex; 12, 12]) -> (
    ket: Scalar, density: Scalar, reduced: Scalar
) {
    let A = Operator([q, c], a)
    let B = Operator([c, r], b)
    let both = A * B + dag(A * B) + 0.5 * n(c)
    (
        ket = expect(both, Ket([q, c, r], psi)),
        density = expect(both, Density([q, c, r], rho)),
        reduced = expect(A + A†, ptrace(Density([q, c, r], rho), keep = [q, c])),
    )
}
fn parts(psi: [Complex; 12], rho: [Complex; 12, 12]) -> (
    q: [Complex; 2, 2], c: [Complex; 3, 3], qr: [Complex; 4, 4], of_ket: [Complex; 6, 6], turned: [Complex; 12, 12],
    bra: Complex
) {
    let state = Density([q, c, r], rho)
    (
        q = matrix(ptrace(state, keep = q)),
        c = matrix(ptrace(ptrace(state, keep = [c, r]), keep = c)),
        qr = matrix(ptrace(state, keep = [r, q])),
        of_ket = matrix(ptrace(Ket([q, c, r], psi), keep = [c, r])),
        turned = matrix(partial_transpose(state, q, r)),
        bra = dag(Ket([q, c, r], psi)) * (X(q) * a(c) * sm(r) * Ket([q, c, r], psi)),
    )
}
fn eigen(a: [Complex; 6, 6]) -> (values: [Frequency], vectors: [Complex; 6, 6], lowest: Scalar) {
    let H = 1 MHz * (Operator([q, c], a) + 0.5 * n(c))
    let vectors = eigenvectors(H)
    (
        values = eigenvalues(H),
        vectors = [amplitudes(vectors[k]) for k in range(6)],
        lowest = fidelity(ground_state(H), vectors[0]),
    )
}
"""
)


def kets(rng: np.random.Generator) -> tuple[Matrix, Matrix]:
    return random_ket(rng, 12), random_density(rng, 12, 5)


@pytest.mark.parametrize("seed", SEEDS)
def test_products_commutators_and_traces(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = random_matrix(rng, 2, 6, 6)
    whole_a, whole_b = kron(a, I2), kron(I2, b)
    found = ALGEBRA.products(a, b)
    assert_allclose(found["product"], whole_a @ dag(whole_b), atol=1e-13)
    assert_allclose(found["commutator"], whole_a @ whole_b - whole_b @ whole_a, atol=1e-13)
    assert_allclose(found["anticommutator"], whole_a @ whole_b + whole_b @ whole_a, atol=1e-13)
    cubed = 2j * np.linalg.matrix_power(whole_a, 3) - kron(X, np.eye(6))
    mixed = cubed @ kron(I2, N3, I2) / 4 + kron(SM, dag(A3), Z) - dag(whole_b) @ whole_a + 1.5 * np.eye(12)
    assert_allclose(found["mixed"], mixed, atol=1e-11)
    assert found["trace"] == pytest.approx(3 * np.trace(whole_a @ (whole_b - np.eye(12))), abs=1e-11)


@pytest.mark.parametrize("seed", SEEDS)
def test_exponentials(seed: int) -> None:
    """Of a Hermitian matrix and of one that is not even normal."""
    rng = np.random.default_rng(seed)
    a = random_hermitian(rng, 6) if seed % 2 else random_matrix(rng, 6, 6)
    psi, _ = kets(rng)
    exact = expm(-0.7j * a + 0.2 * kron(Z, np.eye(3)))
    found = ALGEBRA.exponential(a, psi)
    assert_allclose(found["matrix"], exact, atol=1e-12)
    assert_allclose(found["ket"], kron(exact, I2) @ psi, atol=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_means_in_random_states(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = random_matrix(rng, 2, 6, 6)
    psi, rho = kets(rng)
    product = kron(a, I2) @ kron(I2, b)
    both = product + dag(product) + 0.5 * kron(I2, N3, I2)
    found = ALGEBRA.means(a, b, psi, rho)
    assert found["ket"] == pytest.approx(expect(both, psi), abs=1e-12)
    assert found["density"] == pytest.approx(expect(both, rho), abs=1e-12)
    assert found["reduced"] == pytest.approx(expect(kron(a + dag(a), I2), rho), abs=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_partial_traces_and_transposes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    psi, rho = kets(rng)
    found = ALGEBRA.parts(psi, rho)
    for name, kept in (("q", (0,)), ("c", (1,)), ("qr", (0, 2))):
        assert_allclose(found[name], reduced(rho, SIZES, kept), atol=1e-14)
    assert_allclose(found["of_ket"], reduced(np.outer(psi, psi.conj()), SIZES, (1, 2)), atol=1e-14)
    turned = rho.reshape(2, 3, 2, 2, 3, 2).transpose(3, 1, 5, 0, 4, 2).reshape(12, 12)
    assert_allclose(found["turned"], turned, atol=1e-15)
    assert found["bra"] == pytest.approx(np.vdot(psi, kron(X, A3, SM) @ psi), abs=1e-14)


@pytest.mark.parametrize("seed", SEEDS)
def test_eigenvalues_and_eigenvectors(seed: int) -> None:
    """Of seed 0 each eigenvalue is there three times."""
    rng = np.random.default_rng(seed)
    a = random_hermitian(rng, 6)
    if seed == 0:
        u = random_unitary(rng, 6)
        a = u @ np.diag([1, 1, 1, -2, -2, -2]) @ dag(u) - 0.5 * kron(I2, N3)
    h = a + 0.5 * kron(I2, N3)
    found = ALGEBRA.eigen(a)
    assert_allclose(found["values"] / 1e6, np.linalg.eigvalsh(h), atol=1e-12)
    v = np.asarray(found["vectors"]).T
    assert_allclose(dag(v) @ v, np.eye(6), atol=1e-12)
    assert_allclose(h @ v, v * (found["values"] / 1e6), atol=1e-12)
    assert found["lowest"] == pytest.approx(1, abs=1e-12)


# ── dynamics ─────────────────────────────────────────────────────────────────────────────────────────────────────

DYNAMICS = qdsl.compile(
    SPACES
    + """
fn moved(h: [Complex<Rate>; 4, 4], w: Rate, psi: [Complex; 4], t: Time) -> [Complex; 4] {
    let u = exp(-0.3i * (X(q) + Y(r)))
    amplitudes(evolve(s -> u * Operator([q, r], h) * u† + w * cos(w * s) * Z(q) * X(r), Ket([q, r], psi), t,
        rtol = 1e-10, atol = 1e-12))
}
fn lost(h: [Complex<Rate>; 4, 4], k: [Complex; 2, 4, 4], rho: [Complex; 4, 4], o: [Complex; 4, 4], t: Time) -> (
    mean: Scalar, state: [Complex; 4, 4]
) {
    let after = evolve(Operator([q, r], h), Density([q, r], rho), t, loss = losses(k), rtol = 1e-10, atol = 1e-12)
    (mean = expect(Operator([q, r], o), after), state = matrix(after))
}
fn losses(k: [Complex; 2, 4, 4]) =
    [sqrt(1 / us) * Operator([q, r], k[0]), sqrt(0.5 / us) * (Operator([q, r], k[1]) * Z(q) + sm(r))]
fn steady(h: [Complex<Rate>; 4, 4], k: [Complex; 2, 4, 4]) -> [Complex; 4, 4] =
    matrix(steady_state(Operator([q, r], h), loss = losses(k)))
"""
)


def by_qutip(h: Matrix, jumps: list[Matrix], rho: Matrix, t: float) -> Matrix:
    qutip = pytest.importorskip("qutip", minversion="5", reason="QuTiP 5 is not installed")
    options = {"rtol": 1e-11, "atol": 1e-13, "nsteps": 100_000}
    c_ops = [qutip.Qobj(each) for each in jumps]
    return np.asarray(qutip.mesolve(qutip.Qobj(h), qutip.Qobj(rho), [0, t], c_ops, options=options).states[-1].full())


@pytest.mark.parametrize("seed", SEEDS)
def test_a_computed_hamiltonian_that_is_turned(seed: int) -> None:
    qutip = pytest.importorskip("qutip", minversion="5", reason="QuTiP 5 is not installed")
    rng = np.random.default_rng(seed)
    h, psi, w = random_hermitian(rng, 4), random_ket(rng, 4), rng.uniform(0.5, 2)
    u = expm(-0.3j * (kron(X, I2) + kron(I2, Y)))
    system = qutip.QobjEvo([qutip.Qobj(u @ h @ dag(u)), [qutip.Qobj(w * kron(Z, X)), lambda t: np.cos(w * t)]])
    options = {"rtol": 1e-11, "atol": 1e-13, "nsteps": 100_000}
    exact = qutip.sesolve(system, qutip.Qobj(psi), [0, 2.0], options=options).states[-1].full()[:, 0]
    assert_allclose(DYNAMICS.moved(h / US, w / US, psi, 2 * US), exact, atol=5e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_computed_jumps_and_their_steady_state(seed: int) -> None:
    rng = np.random.default_rng(seed)
    h, o, rho = random_hermitian(rng, 4), random_hermitian(rng, 4), random_density(rng, 4, 2)
    k = random_matrix(rng, 2, 4, 4) / 2
    jumps = [k[0], np.sqrt(0.5) * (k[1] @ kron(Z, I2) + kron(I2, SM))]
    found = DYNAMICS.lost(h / US, k, rho, o, 0.8 * US)
    exact = by_qutip(h, jumps, rho, 0.8)
    assert_allclose(found["state"], exact, atol=5e-9)
    assert found["mean"] == pytest.approx(expect(o, exact), abs=2e-8)
    one = np.eye(4)
    generator = -1j * (kron(h, one) - kron(one, h.T))
    for each in jumps:
        square = dag(each) @ each
        generator = generator + kron(each, each.conj()) - (kron(square, one) + kron(one, square.T)) / 2
    (steady,) = null_space(generator, rcond=1e-10).T
    steady = steady.reshape(4, 4) / np.trace(steady.reshape(4, 4))
    assert_allclose(DYNAMICS.steady(h / US, k), steady, atol=1e-10)


# ── jump operators that are matrices ─────────────────────────────────────────────────────────────────────────────

JUMPS = qdsl.compile(
    SPACES
    + """
fn drive() -> Operator<Rate> = 1 rad/us * (X(q) + a(c) + a(c)†) + 0.4 rad/us * Z(q) * n(c)
fn losses(k: [Complex; 3, 3], m: [Complex; 6, 6]) =
    [sqrt(1 / us) * Operator(c, k), sqrt(0.5 / us) * (Operator([q, c], m) + sm(q)), sqrt(0.2 / us) * sm(q)]
fn start() = 0.6 * |0>(q) * |1>(c) + 0.8i * |1>(q) * |2>(c)
"""
    + "".join(
        f"""
fn by_{method}(k: [Complex; 3, 3], m: [Complex; 6, 6], ts: [Time]) -> [Complex; 3, 6, 6] = [
    matrix(rho)
    for rho in evolve(drive(), start(), ts, loss = losses(k, m), method = "{method}", rtol = {rtol}, atol = 1e-12)
]
"""
        for method, rtol in (("exact", 1e-8), ("adaptive", 1e-10), ("fine", 1e-10), ("stiff", 1e-8))
    )
    + """
fn fading(k: [Complex; 3, 3], m: [Complex; 6, 6], ts: [Time]) -> [Scalar] =
    expect(n(c) + P(q, 1), evolve(drive(), start(), ts, loss = t -> [
        sqrt(exp(-t / 1 us) / us) * Operator(c, k),
        sqrt(0.5 / us) * (Operator([q, c], m) + sm(q)),
        sqrt(0.2 / us) * sm(q),
    ], rtol = 1e-10, atol = 1e-12))
fn height(k: [Complex; 3, 3], m: [Complex; 6, 6], t: Time) -> Scalar =
    expect(n(c), evolve(drive(), start(), t, loss = losses(k, m), rtol = 1e-10, atol = 1e-12))
fn slope(k: [Complex; 3, 3], m: [Complex; 6, 6], t: Time) -> Scalar = grad(
    x -> height([[k[i, j] + (if i == 0 and j == 1 { x } else { 0 }) for j in range(3)] for i in range(3)], m, t)
)(0)
fn correlated(k: [Complex; 3, 3], m: [Complex; 6, 6], ts: [Time]) -> [Complex] =
    correlation(a(c)†, a(c), drive(), density(start()), ts, loss = losses(k, m), rtol = 1e-10, atol = 1e-12)
fn jumped(k: [Complex; 3, 3], m: [Complex; 6, 6], t: Time) -> [Scalar] = [
    expect(n(c), trajectory(drive(), start(), t, loss = losses(k, m), seed = 5, number = i)) for i in range(4000)
]
"""
)


def matrices(seed: int) -> tuple[Matrix, list[Matrix], Matrix, tuple[Matrix, Matrix]]:
    """H, jump operators and the state of `JUMPS` for these k and m."""
    rng = np.random.default_rng(100 + seed)
    k, m = random_matrix(rng, 3, 3) / 2, random_matrix(rng, 6, 6) / 3
    x = A3 + dag(A3)
    h = kron(X, np.eye(3)) + kron(I2, x) + 0.4 * kron(Z, N3)
    jumps = [kron(I2, k), np.sqrt(0.5) * (m + kron(SM, np.eye(3))), np.sqrt(0.2) * kron(SM, np.eye(3))]
    psi = np.zeros(6, dtype=complex)
    psi[1], psi[5] = 0.6, 0.8j
    return h, jumps, np.outer(psi, psi.conj()), (k, m)


def liouvillian(h: Matrix, jumps: list[Matrix]) -> Matrix:
    """On matrices row by row."""
    one = np.eye(len(h))
    generator = -1j * (kron(h, one) - kron(one, h.T))
    for each in jumps:
        square = dag(each) @ each
        generator = generator + kron(each, each.conj()) - (kron(square, one) + kron(one, square.T)) / 2
    return generator


@pytest.mark.parametrize("method", ["exact", "adaptive", "fine", "stiff"])
@pytest.mark.parametrize("seed", range(2))
def test_jumps_that_are_matrices(seed: int, method: str) -> None:
    h, jumps, rho, given = matrices(seed)
    ts = np.array([0.3, 0.6, 1.7])
    exact = [(expm(liouvillian(h, jumps) * t) @ rho.ravel()).reshape(6, 6) for t in ts]
    assert_allclose(getattr(JUMPS, f"by_{method}")(*given, ts * US), exact, atol=5e-8 if method == "stiff" else 5e-10)


def test_jumps_that_are_matrices_and_fade() -> None:
    qutip = pytest.importorskip("qutip", minversion="5", reason="QuTiP 5 is not installed")
    h, jumps, rho, given = matrices(3)
    options = {"rtol": 1e-11, "atol": 1e-13, "nsteps": 100_000}
    fading = qutip.QobjEvo([[qutip.Qobj(jumps[0]), lambda t: np.exp(-t / 2)]])
    ts, seen = np.linspace(0, 2, 5), kron(I2, N3) + kron(np.diag([0, 1]), np.eye(3))
    c_ops = [fading, *(qutip.Qobj(each) for each in jumps[1:])]
    exact = qutip.mesolve(qutip.Qobj(h), qutip.Qobj(rho), ts, c_ops, e_ops=[qutip.Qobj(seen)], options=options)
    assert_allclose(JUMPS.fading(*given, ts * US), exact.expect[0], atol=1e-8)


def test_slopes_by_an_element_of_a_jump() -> None:
    _, _, _, (k, m) = matrices(4)
    step = np.zeros((3, 3))
    step[0, 1] = 1e-5
    near = (JUMPS.height(k + step, m, US) - JUMPS.height(k - step, m, US)) / 2e-5
    assert JUMPS.slope(k, m, US) == pytest.approx(near, abs=1e-8)


def test_correlations_with_jumps_that_are_matrices() -> None:
    h, jumps, rho, given = matrices(5)
    ts, a = np.array([0.0, 0.5, 1.5]), kron(I2, A3)
    later = [(expm(liouvillian(h, jumps) * t) @ (a @ rho).ravel()).reshape(6, 6) for t in ts]
    assert_allclose(JUMPS.correlated(*given, ts * US), [np.trace(dag(a) @ each) for each in later], atol=1e-8)


def test_trajectories_with_jumps_that_are_matrices() -> None:
    h, jumps, rho, given = matrices(6)
    exact = (expm(liouvillian(h, jumps)) @ rho.ravel()).reshape(6, 6)
    found = np.asarray(JUMPS.jumped(*given, US))
    error = found.std() / np.sqrt(len(found))
    assert 1e-3 < error < 0.02
    assert abs(found.mean() - expect(kron(I2, N3), exact)) < 4 * error
