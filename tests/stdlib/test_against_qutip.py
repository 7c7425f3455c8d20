"""States, operators, measures and phase space beside QuTiP 5, where that is installed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.stdlib.running import Kernels

qutip = pytest.importorskip("qutip", minversion="5", reason="QuTiP is not installed")

KERNELS = Kernels("""
space q: Qubit
space r: Qubit
space c: Fock(16)
space s: Spin(2)
fn amplitudes_of(re: Scalar, im: Scalar) -> (coherent: [Complex; 16], squeezed: [Complex; 16], spin: [Complex; 5]) = (
    coherent = amplitudes(coherent(c, re + 1i * im)),
    squeezed = amplitudes(squeezed(c, (re + 1i * im) / 4)),
    spin = amplitudes(spin_coherent(s, re, im)),
)
fn displacement(re: Scalar, im: Scalar) -> [Complex; 16, 16] = matrix(D(c, re + 1i * im))
fn squeezing(re: Scalar, im: Scalar) -> [Complex; 16, 16] = matrix(S(c, re + 1i * im))
fn spins() -> (x: [Complex; 5, 5], y: [Complex; 5, 5], z: [Complex; 5, 5]) =
    (x = matrix(Sx(s)), y = matrix(Sy(s)), z = matrix(Sz(s)))
fn measures(a: [Complex; 4, 4], b: [Complex; 4, 4]) -> (
    entropy: Scalar, fidelity: Scalar, distance: Scalar, mutual: Scalar, concurrence: Scalar, negativity: Scalar
) {
    let rho = Density([q, r], a)
    let sigma = Density([q, r], b)
    (
        entropy = entropy(rho) * log(2),
        fidelity = fidelity(rho, sigma),
        distance = trace_distance(rho, sigma),
        mutual = mutual_information(rho, q, r) * log(2),
        concurrence = concurrence(rho),
        negativity = negativity(rho, q),
    )
}
fn wigner_(rho: [Complex; 16, 16], xs: [Scalar], ps: [Scalar]) -> [Scalar; n, m] = wigner_grid(Density(c, rho), xs, ps)
fn husimi_(rho: [Complex; 16, 16], xs: [Scalar], ps: [Scalar]) -> [Scalar; n, m] = husimi_grid(Density(c, rho), xs, ps)
""")


def random(size: int, seed: int, rank: int | None = None) -> Any:
    return qutip.rand_dm(size, seed=seed, rank=rank)


def test_states() -> None:
    found = KERNELS.amplitudes_of(0.7, 0.4)
    assert_allclose(found["coherent"], qutip.coherent(16, 0.7 + 0.4j, method="analytic").full()[:, 0], atol=1e-9)
    # QuTiP's squeezing has the other convention: exp((conj(z) a^2 - z a†^2) / 2) as well, made of the matrices
    exact = (qutip.squeeze(60, (0.7 + 0.4j) / 4) * qutip.basis(60, 0)).full()[:16, 0]
    assert_allclose(found["squeezed"], exact, atol=1e-8)
    spin = qutip.spin_coherent(2, 0.7, 0.4).full()[:, 0]
    assert abs(np.vdot(spin, np.array(found["spin"]))) == pytest.approx(1, abs=1e-12)


def test_operators() -> None:
    assert_allclose(KERNELS.displacement(0.7, 0.4), qutip.displace(16, 0.7 + 0.4j).full(), atol=1e-12)
    assert_allclose(KERNELS.squeezing(0.3, -0.2), qutip.squeeze(16, 0.3 - 0.2j).full(), atol=1e-12)
    found = KERNELS.spins()
    for axis in "xyz":
        assert_allclose(found[axis], qutip.jmat(2, axis).full(), atol=1e-15)


@pytest.mark.parametrize("seed", range(4))
def test_measures(seed: int) -> None:
    rho, sigma = random(4, seed, rank=1 + seed), random(4, 10 + seed)
    dims = [[2, 2], [2, 2]]
    pair = qutip.Qobj(rho.full(), dims=dims)
    exact = {
        "entropy": qutip.entropy_vn(rho),
        "fidelity": qutip.fidelity(rho, sigma) ** 2,
        "distance": qutip.tracedist(rho, sigma),
        "mutual": qutip.entropy_mutual(pair, [0], [1]),
        "concurrence": qutip.concurrence(pair),
        "negativity": qutip.negativity(pair, 0),
    }
    assert KERNELS.measures(rho.full(), sigma.full()) == pytest.approx(exact, abs=1e-7)


@pytest.mark.parametrize("seed", range(3))
def test_phase_space(seed: int) -> None:
    rho = random(16, seed)
    xs, ps = np.linspace(-4, 4, 9), np.linspace(-3, 5, 7)
    assert_allclose(KERNELS.wigner_(rho.full(), xs, ps), qutip.wigner(rho, xs, ps).T, atol=1e-13)
    # QuTiP's Q is per dx dp, of alpha = (x + i p) / sqrt(2): half of ours
    found = np.array(KERNELS.husimi_(rho.full(), xs / math.sqrt(2), ps / math.sqrt(2)))
    assert_allclose(found / 2, qutip.qfunc(rho, xs, ps).T, atol=1e-13)
