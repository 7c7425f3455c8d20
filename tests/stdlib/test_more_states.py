"""States, projectors and points of phase space that the other tests of the library leave out, beside their formulas."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.linalg import expm
from scipy.special import eval_laguerre
from scipy.stats import poisson
from tests.stdlib.running import Kernels

import qdsl

MODULE = qdsl.compile("""
space q: Qubit
space p: Qubit
space r: Qubit[4]
space c: Fock(12)
fn bells() -> [Complex; 4, 4] = [
    amplitudes(phi_plus(q, p)), amplitudes(phi_minus(q, p)), amplitudes(psi_plus(q, p)), amplitudes(psi_minus(q, p)),
]
fn arrow(theta: Scalar, phi: Scalar) -> (ket: [Complex; 2], turned: [Complex; 2]) =
    (ket = amplitudes(bloch(q, theta, phi)), turned = amplitudes(rz(q, phi) * ry(q, theta) * |0>(q)))
fn registers() -> [Complex; 2, 16] = [amplitudes(ghz(r)), amplitudes(w_state(r))]
fn made(v: [Complex; 3], w: [Complex; 12]) -> (few: [Complex; 12], one: [Complex; 12], projector: [Complex; 12, 12]) = (
    few = amplitudes(superposition(c, v)),
    one = amplitudes(normalised(Ket(c, w))),
    projector = matrix(projector(normalised(Ket(c, w)))),
)
fn mixed() -> [Complex; 4, 4] = matrix(maximally_mixed([q, p]))
fn part(a: [Complex; 4, 4], v: [Complex; 2]) -> (one: Scalar, other: Scalar) =
    (one = fidelity(Ket(q, v), Density([q, p], a)), other = fidelity(Density([q, p], a), Ket(q, v)))
fn lowest(a: [Complex; 4, 4]) -> (energy: Scalar, state: [Complex; 4]) {
    let h = Operator([q, p], a)
    (energy = expect(h, ground_state(h)), state = amplitudes(ground_state(h)))
}
fn points(v: [Complex; 12], x: Scalar, y: Scalar) -> [Scalar; 3] =
    [wigner(Ket(c, v), x, y), husimi(Ket(c, v), x + 1i * y), husimi(coherent(c, 0.4 - 0.3i), x + 1i * y)]
""")
HELPERS = Kernels("""
from states import poisson_above, poisson_levels, cat_above, squeezed_levels, squeezed_amplitudes, ones_in
fn above(n: Int, mean: Scalar) -> Scalar = poisson_above(n, mean)
fn levels(mean: Scalar, chance: Scalar) -> Int = poisson_levels(mean, chance)
fn even(n: Int, mean: Scalar, sign: Int) -> Scalar = cat_above(n, mean, sign)
fn squeezed_to(t: Scalar) -> Int = squeezed_levels(t)
fn amplitudes_(re: Scalar, im: Scalar) -> [Complex; 14] = squeezed_amplitudes(14, re + 1i * im)
fn ones(k: Int) -> Int = ones_in(k)
""")


def test_bell_states() -> None:
    exact = np.array([[1, 0, 0, 1], [1, 0, 0, -1], [0, 1, 1, 0], [0, 1, -1, 0]]) / math.sqrt(2)
    assert_allclose(MODULE.bells(), exact, atol=1e-15)


def test_the_bloch_vector_is_where_rotations_take_it() -> None:
    for theta, phi in ((0.3, 1.1), (2.5, -2.0), (math.pi, 0.4)):
        found = MODULE.arrow(theta, phi)
        assert_allclose(found["ket"], [math.cos(theta / 2), np.exp(1j * phi) * math.sin(theta / 2)], atol=1e-15)
        assert_allclose(found["turned"], np.exp(-0.5j * phi) * np.asarray(found["ket"]), atol=1e-15)


def test_registers() -> None:
    ghz, w = MODULE.registers()
    ones = np.array([j.bit_count() for j in range(16)])
    assert_allclose(ghz, ((ones == 0) | (ones == 4)) / math.sqrt(2), atol=1e-15)
    assert_allclose(w, (ones == 1) / 2, atol=1e-15)


def test_superpositions_norms_and_projectors() -> None:
    rng = np.random.default_rng(2)
    v, w = (rng.normal(size=size) + 1j * rng.normal(size=size) for size in (3, 12))
    found = MODULE.made(v, w)
    assert_allclose(found["few"], np.pad(v / np.linalg.norm(v), (0, 9)), atol=1e-15)
    one = w / np.linalg.norm(w)
    assert_allclose(found["one"], one, atol=1e-15)
    assert_allclose(found["projector"], np.outer(one, one.conj()), atol=1e-15)
    assert_allclose(MODULE.mixed(), np.eye(4) / 4)


def test_a_fidelity_with_a_part_of_a_state() -> None:
    rng = np.random.default_rng(3)
    a = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    rho = a @ a.conj().T / np.linalg.norm(a) ** 2
    v = np.array([0.6, 0.8j])
    exact = (np.kron(v.conj(), np.eye(2)) @ rho @ np.kron(v, np.eye(2)).reshape(2, 4).T).trace().real
    found = MODULE.part(rho, v)
    assert found["one"] == pytest.approx(exact, abs=1e-14)
    assert found["other"] == pytest.approx(exact, abs=1e-14)


def test_the_ground_state_has_the_least_energy() -> None:
    rng = np.random.default_rng(4)
    a = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    h = a + a.conj().T
    found = MODULE.lowest(h)
    values, vectors = np.linalg.eigh(h)
    assert found["energy"] == pytest.approx(values[0], abs=1e-13)
    assert abs(np.vdot(found["state"], vectors[:, 0])) == pytest.approx(1, abs=1e-13)


@pytest.mark.parametrize("k", [0, 1, 5, 11])
def test_points_of_phase_space(k: int) -> None:
    for x, y in ((0.0, 0.0), (0.7, -1.1), (2.5, 1.0)):
        radius = x * x + y * y
        wigner = (-1) ** k / math.pi * math.exp(-radius) * eval_laguerre(k, 2 * radius)
        of_level = math.exp(-radius) * radius**k / math.factorial(k) / math.pi
        of_coherent = math.exp(-((x - 0.4) ** 2) - (y + 0.3) ** 2) / math.pi
        found = MODULE.points(np.eye(12, dtype=complex)[k], x, y)
        assert_allclose(found[:2], [wigner, of_level], atol=1e-14)
        assert found[2] == pytest.approx(of_coherent, abs=1e-6)  # the mode has 12 levels


# ── how many levels there have to be ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("mean", [0.3, 4.0, 90.0])
def test_chances_of_poisson(mean: float) -> None:
    for n in (1, 3, round(mean), round(mean + 8 * math.sqrt(mean) + 3)):
        assert HELPERS.above(n, mean) == pytest.approx(poisson.sf(n - 1, mean), rel=1e-10, abs=1e-14)
    for chance in (1e-3, 1e-6, 1e-9):
        needed = HELPERS.levels(mean, chance)
        assert poisson.sf(needed - 1, mean) <= chance < poisson.sf(needed - 2, mean)


@pytest.mark.parametrize("sign", [1, -1])
def test_chances_of_cats(sign: int) -> None:
    counts = np.arange(400)
    for mean in (0.3, 4.0, 90.0):
        of_sign = counts % 2 == (0 if sign == 1 else 1)
        for n in (0, 1, 5, 6, 100):
            exact = poisson.pmf(counts, mean)[of_sign & (counts >= n)].sum()
            assert HELPERS.even(n, mean, sign) == pytest.approx(exact, rel=1e-9, abs=1e-13)


def test_squeezed_states_and_their_levels() -> None:
    """p(2 k) = tanh(r)^2k (2 k)! / (k! 2^k)^2 / cosh(r), of which a millionth may be above."""
    k = np.arange(600)
    for r in (0.1, 0.5, 1.2):
        logs = [math.lgamma(2 * j + 1) - 2 * math.lgamma(j + 1) - 2 * j * math.log(2) for j in k]
        p = np.exp(2 * k * math.log(math.tanh(r)) + logs) / math.cosh(r)
        needed = HELPERS.squeezed_to(math.tanh(r))
        held = p[2 * k < needed].sum()
        assert held >= 1 - 1e-6 > p[2 * k < needed - 2].sum()
    z = 0.5 * np.exp(0.8j)
    a: Any = np.diag(np.sqrt(np.arange(1, 200)), 1)
    exact = expm((np.conj(z) * a @ a - z * a.T @ a.T) / 2)[:14, 0]
    assert_allclose(HELPERS.amplitudes_(z.real, z.imag), exact, atol=1e-12)


def test_ones_of_a_number() -> None:
    assert [HELPERS.ones(k) for k in range(70)] == [k.bit_count() for k in range(70)]
