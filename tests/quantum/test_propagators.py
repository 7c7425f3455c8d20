"""Propagators of driven systems beside QuTiP, SciPy and closed forms: random H(t), unitarity, and what U acts on."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.linalg import expm
from tests.quantum.written_out import (
    I2,
    SM,
    US,
    Matrix,
    X,
    Y,
    Z,
    dag,
    followed,
    kron,
    lowering,
    qutip_or_skip,
    random_hermitian,
    random_ket,
)

import qdsl

PAULIS = {"I": I2, "X": X, "Y": Y, "Z": Z}
PAIRS = [(a, b) for a in PAULIS for b in PAULIS if (a, b) != ("I", "I")]
TIGHT = "rtol = 1e-10, atol = 1e-12"


def combination(name: str) -> str:
    return " + ".join(f"{name}[{k}] * {a}(q) * {b}(r)" for k, (a, b) in enumerate(PAIRS))


def matrix_of(weights: Any) -> Matrix:
    pairs = zip(weights, PAIRS, strict=True)
    return np.asarray(sum(w * kron(PAULIS[a], PAULIS[b]) for w, (a, b) in pairs))


def by_qutip(hamiltonian: Callable[[float], Matrix], start: float, end: float) -> Matrix:
    qutip = qutip_or_skip()
    options = {"rtol": 1e-11, "atol": 1e-13, "nsteps": 1_000_000, "progress_bar": ""}
    system = qutip.QobjEvo(lambda t: qutip.Qobj(hamiltonian(t)))
    found = qutip.propagator(system, [start, end], options=options)[-1]
    return np.asarray(found.full())


def check_unitary(u: Matrix) -> None:
    assert_allclose(dag(u) @ u, np.eye(len(u)), atol=1e-8)


# ── random drives ────────────────────────────────────────────────────────────────────────────────────────────────

DRIVEN = qdsl.compile(f"""
space q: Qubit
space r: Qubit
space c: Fock(4)
space s: Level(3)
fn one(x: [Rate; 3], y: [Rate; 3], w: Rate, start: Time, end: Time) -> [Complex; 2, 2] = matrix(propagator(
    t -> x[0] * X(q) + x[1] * Y(q) + x[2] * Z(q)
        + cos(w * t) * (y[0] * X(q) + y[1] * Y(q)) + exp(-(w * t)^2) * y[2] * Z(q),
    end, from = start, {TIGHT}))
fn pair(x: [Rate; 15], y: [Rate; 15], w: Rate, start: Time, end: Time) -> [Complex; 4, 4] =
    matrix(propagator(t -> {combination("x")} + cos(w * t) * ({combination("y")}), end, from = start, {TIGHT}))
fn computed(x: [Complex<Rate>; 6, 6], y: [Complex<Rate>; 6, 6], w: Rate, start: Time, end: Time) -> [Complex; 6, 6] =
    matrix(propagator(t -> Operator([q, s], x) + sin(w * t) * Operator([q, s], y), end, from = start,
        method = "fine", rtol = 1e-10))
fn mode(x: [Rate; 5], w: Rate, start: Time, end: Time) -> [Complex; 8, 8] = matrix(propagator(
    t -> -x[0] / 2 * Z(q) + x[1] * n(c) + x[2] * n(c)^2
        + exp(-(w * t)^2) * x[3] * (sp(q) * a(c) + sm(q) * a(c)†)
        + x[4] * (exp(-1i * w * t) * a(c)† + dag(exp(-1i * w * t) * a(c)†)),
    end, from = start, {TIGHT}))
fn acted(x: [Rate; 3], w: Rate, end: Time, psi: [Complex; 12]) -> (ket: [Complex; 12], mean: Scalar, trace: Complex) {{
    let u = propagator(t -> x[0] * Z(r) + x[1] * cos(w * t) * X(r) + x[2] * sin(w * t) * Y(r), end, {TIGHT})
    let state = Ket([q, r, s], psi)
    (ket = amplitudes(u * state), mean = expect(u† * Z(r) * X(q) * u, state), trace = trace(u))
}}
""")


@pytest.mark.parametrize("seed", range(4))
def test_one_qubit(seed: int) -> None:
    rng = np.random.default_rng(seed)
    (x, y), w = rng.normal(size=(2, 3)), rng.uniform(1, 4)
    fixed = x[0] * X + x[1] * Y + x[2] * Z

    def h(t: float) -> Matrix:
        return np.asarray(fixed + np.cos(w * t) * (y[0] * X + y[1] * Y) + np.exp(-((w * t) ** 2)) * y[2] * Z)

    found = DRIVEN.one(x / US, y / US, w / US, -1.5 * US, 2 * US)
    check_unitary(found)
    assert_allclose(found, by_qutip(h, -1.5, 2.0), atol=2e-9)


@pytest.mark.parametrize("seed", range(4))
def test_two_qubits_with_every_product_of_paulis(seed: int) -> None:
    rng = np.random.default_rng(seed)
    (x, y), w = rng.normal(size=(2, 15)), rng.uniform(1, 4)
    fixed, drive = matrix_of(x), matrix_of(y)
    found = DRIVEN.pair(x / US, y / US, w / US, 0.0, 2 * US)
    check_unitary(found)
    assert_allclose(found, by_qutip(lambda t: fixed + np.cos(w * t) * drive, 0.0, 2.0), atol=5e-9)


@pytest.mark.parametrize("seed", range(4))
def test_hamiltonians_that_are_matrices(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y, w = random_hermitian(rng, 6), random_hermitian(rng, 6), rng.uniform(1, 4)
    found = DRIVEN.computed(x / US, y / US, w / US, 0.5 * US, 2 * US)
    check_unitary(found)
    assert_allclose(found, by_qutip(lambda t: x + np.sin(w * t) * y, 0.5, 2.0), atol=2e-9)


@pytest.mark.parametrize("seed", range(4))
def test_a_qubit_and_a_mode(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, w = rng.normal(size=5), rng.uniform(0.5, 2)
    a, n = kron(I2, lowering(4)), kron(I2, np.diag(np.arange(4)).astype(complex))
    swap = kron(dag(SM), lowering(4)) + kron(SM, dag(lowering(4)))
    fixed = -x[0] / 2 * kron(Z, np.eye(4)) + x[1] * n + x[2] * n @ n

    def h(t: float) -> Matrix:
        turning = np.exp(-1j * w * t) * dag(a)
        return np.asarray(fixed + np.exp(-((w * t) ** 2)) * x[3] * swap + x[4] * (turning + dag(turning)))

    found = DRIVEN.mode(x / US, w / US, -1.0 * US, 1.5 * US)
    check_unitary(found)
    assert_allclose(found, by_qutip(h, -1.0, 1.5), atol=5e-9)


@pytest.mark.parametrize("seed", range(3))
def test_a_propagator_acts_on_states_of_more_spaces(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, w, psi = rng.normal(size=3), rng.uniform(1, 4), random_ket(rng, 12)
    u = followed(lambda t: x[0] * Z + x[1] * np.cos(w * t) * X + x[2] * np.sin(w * t) * Y, 0.0, 2.5)
    after = kron(I2, u, np.eye(3)) @ psi
    found = DRIVEN.acted(x / US, w / US, 2.5 * US, psi)
    assert_allclose(found["ket"], after, atol=2e-9)
    assert found["mean"] == pytest.approx(np.vdot(after, kron(X, Z, np.eye(3)) @ after).real, abs=5e-9)
    assert found["trace"] == pytest.approx(np.trace(u), abs=5e-9)


# ── closed forms ─────────────────────────────────────────────────────────────────────────────────────────────────

EXACT = qdsl.compile(f"""
space q: Qubit
space r: Qubit
space c: Fock(20)
fn rotating(f: Rate, drive: Rate, w: Rate, t: Time) -> [Complex; 2, 2] = matrix(propagator(
    s -> -f / 2 * Z(q) + drive / 2 * (cos(w * s) * X(q) - sin(w * s) * Y(q)), t, {TIGHT}))
fn displaced(drive: Rate, w: Rate, t: Time) -> [Complex; 20, 20] =
    matrix(propagator(s -> drive * cos(w * s) * (a(c) + a(c)†), t, {TIGHT}))
fn constant(x: [Complex<Rate>; 4, 4], t: Time) -> [Complex; 4, 4] = matrix(propagator(Operator([q, r], x), t))
fn turned(x: Rate, y: Rate, t: Time, start: Time) -> [Complex; 4, 4] =
    matrix(propagator(x * X(q) * Z(r) + y * Z(q), t, from = start))
fn squeezed(x: Rate, t: Time) -> [Complex; 20, 20] =
    matrix(propagator(x * (1i * a(c)^2 - 1i * (a(c)†)^2) + 2 * x * n(c), t, {TIGHT}))
fn overlap(f: Rate, drive: Rate, w: Rate) -> Scalar = abs(trace(dag(rx(q, 1)) * propagator(
    s -> -f / 2 * Z(q) + drive / 2 * cos(w * s) * X(q), 1 us, {TIGHT})))^2 / 4
""")


@pytest.mark.parametrize(("f", "drive", "w"), [(5.0, 1.2, 5.0), (5.0, 1.2, 4.1), (2.0, 3.0, -1.0)])
def test_a_drive_that_rotates(f: float, drive: float, w: float) -> None:
    """In the frame that rotates with it H is constant: U = exp(i w t Z/2) exp(-i (-(f - w)/2 Z + drive/2 X) t)."""
    for t in (0.4, 3.0):
        exact = expm(0.5j * w * t * Z) @ expm(-1j * t * (-(f - w) / 2 * Z + drive / 2 * X))
        found = EXACT.rotating(f / US, drive / US, w / US, t * US)
        assert_allclose(found, exact, atol=5e-9)
        check_unitary(found)


def test_a_drive_of_a_mode_commutes_with_itself() -> None:
    """U = exp(-i drive sin(w t) / w (a + a†)), also in the space as it is cut off."""
    drive, w, t = 0.8, 1.7, 2.2
    x = lowering(20) + dag(lowering(20))
    exact = expm(-1j * drive * math.sin(w * t) / w * x)
    assert_allclose(EXACT.displaced(drive / US, w / US, t * US), exact, atol=5e-9)


@pytest.mark.parametrize("seed", range(3))
def test_constant_hamiltonians_go_both_ways(seed: int) -> None:
    rng = np.random.default_rng(seed)
    h, (x, y) = random_hermitian(rng, 4), rng.normal(size=2)
    sparse = x * kron(X, Z) + y * kron(Z, I2)
    for t in (1.7, -0.6, 0.0):
        assert_allclose(EXACT.constant(h / US, t * US), expm(-1j * h * t), atol=1e-12)
        assert_allclose(EXACT.turned(x / US, y / US, t * US, 0.3 * US), expm(-1j * sparse * (t - 0.3)), atol=1e-12)


def test_a_constant_hamiltonian_of_many_levels() -> None:
    a = lowering(20)
    h = 0.3 * (1j * a @ a - 1j * dag(a @ a)) + 0.6 * np.diag(np.arange(20))
    found = EXACT.squeezed(0.3 / US, 0.7 * US)
    check_unitary(found)
    assert_allclose(found, expm(-0.7j * h), atol=1e-8)


def test_the_slope_of_an_overlap_goes_through_the_propagator() -> None:
    at = np.array([2.0, 3.0, 2.5])
    target = expm(-0.5j * X)

    def overlap(f: float, drive: float, w: float) -> float:
        u = followed(lambda t: -f * (Z / 2) + drive / 2 * np.cos(w * t) * X, 0.0, 1.0)
        return float(abs(np.trace(dag(target) @ u)) ** 2 / 4)

    assert EXACT.overlap(*(at / US)) == pytest.approx(overlap(*at), abs=1e-9)
    slopes = EXACT.overlap.grad(*(at / US))
    for k, name in enumerate(("f", "drive", "w")):
        up, down = (overlap(*(at + s * 1e-4 * np.eye(3)[k])) for s in (1, -1))
        assert slopes[name] / US == pytest.approx((up - down) / 2e-4, abs=1e-7)
