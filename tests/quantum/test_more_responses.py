"""Two levels exactly, quasi-energies of a drive that rotates, spectra of operators that are not Hermitian."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.linalg import expm
from tests.quantum.written_out import SM, US, X, Y, Z, dag, kron, lowering, on, qutip_or_skip, random_ket

import qdsl

pytestmark = pytest.mark.filterwarnings("ignore::qdsl.SimulationWarning")
"""Both sides of a comparison have the same few levels."""

MODULE = qdsl.compile("""
space q: Qubit
space c: Fock(3)
fn exactly(mean: Rate, h: [Rate; 3], psi: [Complex; 2], ts: [Time]) -> [Scalar; 4, m] {
    let after = evolve(mean + h[0] * X(q) + h[1] * Y(q) + h[2] * Z(q), Ket(q, psi), ts)
    let x = expect(X(q), after)
    let y = expect(Y(q), after)
    let z = expect(Z(q), after)
    let one = expect(P(q, 0) + P(q, 1), after)
    [x, y, z, one]
}
fn after_all(mean: Rate, h: [Rate; 3], psi: [Complex; 2], t: Time) -> [Complex; 2] =
    amplitudes(evolve(mean + h[0] * X(q) + h[1] * Y(q) + h[2] * Z(q), Ket(q, psi), t))
fn quasi(f: Rate, drive: Rate, w: Rate) -> [Rate; 2] = quasienergies(
    t -> -f / 2 * Z(q) + drive / 2 * (cos(w * t) * X(q) - sin(w * t) * Y(q)), 2pi / w, rtol = 1e-11, atol = 1e-13)
fn spectra(x: [Rate; 4], ws: [Rate]) -> [Time; 2, m] {
    let H = -x[0] / 2 * Z(q) + x[1] * n(c) + x[2] * (sp(q) * a(c) + sm(q) * a(c)†) + x[3] * (a(c) + a(c)†)
    let loss = [sqrt(1 rad/us) * a(c), sqrt(0.3 rad/us) * sm(q), sqrt(0.1 rad/us) * Z(q)]
    let same = spectrum(a(c)†, a(c), H, ws, loss = loss)
    let other = spectrum(sp(q) * (1 + n(c)), a(c) + 0.5i * Z(q), H, ws, loss = loss)
    [same, other]
}
""")


@pytest.mark.parametrize("seed", range(4))
def test_two_levels_with_every_term(seed: int) -> None:
    """Of strong fields and of one so weak that its angle is a series."""
    rng = np.random.default_rng(seed)
    h, psi, mean = rng.normal(size=3) * (1e-3 if seed == 0 else 2.0), random_ket(rng, 2), rng.normal()
    matrix = mean * np.eye(2) + h[0] * X + h[1] * Y + h[2] * Z
    times = np.concatenate([[0, 1e-3], np.linspace(0.5, 6, 7), [6.1, 9.7]])
    kets = [expm(-1j * matrix * t) @ psi for t in times]
    exact = [[np.vdot(k, each @ k).real for k in kets] for each in (X, Y, Z, np.eye(2))]
    assert_allclose(MODULE.exactly(mean / US, h / US, psi, times * US), exact, atol=1e-13)
    assert_allclose(MODULE.after_all(mean / US, h / US, psi, times[-1] * US), kets[-1], atol=1e-13)


@pytest.mark.parametrize(("f", "drive", "w"), [(5.0, 1.2, 5.0), (5.0, 1.2, 4.1), (2.0, 7.0, 3.0)])
def test_quasienergies_of_a_drive_that_rotates(f: float, drive: float, w: float) -> None:
    """w/2 + R/2 and w/2 - R/2 with R^2 = (f - w)^2 + drive^2, folded into -w/2 .. w/2."""
    swing = math.hypot(f - w, drive)
    folded = sorted((w / 2 + sign * swing / 2 + w / 2) % w - w / 2 for sign in (1, -1))
    assert_allclose(np.asarray(MODULE.quasi(f / US, drive / US, w / US)) * US, folded, atol=1e-8)


@pytest.mark.parametrize("seed", range(3))
def test_spectra_are_those_of_qutip(seed: int) -> None:
    qutip = qutip_or_skip()
    x = np.random.default_rng(seed).normal(size=4)
    sizes = (2, 3)
    z, sm, a = on(Z, 0, sizes), on(SM, 0, sizes), on(lowering(3), 1, sizes)
    n = kron(np.eye(2), np.diag([0, 1, 2]))
    h = -x[0] / 2 * z + x[1] * n + x[2] * (dag(sm) @ a + sm @ dag(a)) + x[3] * (a + dag(a))
    jumps = [qutip.Qobj(each) for each in (a, math.sqrt(0.3) * sm, math.sqrt(0.1) * z)]
    ws = np.array([-2.1, -0.3, 0.4, 1.7])
    pairs = [(dag(a), a), (dag(sm) @ (np.eye(6) + n), a + 0.5j * z)]
    exact = [
        qutip.spectrum(qutip.Qobj(h), ws, jumps, qutip.Qobj(one), qutip.Qobj(other), solver="es")
        for one, other in pairs
    ]
    assert_allclose(MODULE.spectra(x / US, ws / US) / US, exact, atol=1e-8)
