"""Steady states, correlations, spectra, jumping wave functions and quasi-energies: on paper, and beside QuTiP 5."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

import qdsl

pytestmark = pytest.mark.filterwarnings("ignore::qdsl.SimulationWarning")
"""Both sides of a comparison have the same few levels."""

US = 1e-6

DRIVEN = """
space q: Qubit
space c: Fock(5)
const g = 1 rad/us
fn hamiltonian(drive: Rate) -> Operator<Rate> = g * (sp(q) * a(c) + sm(q) * a(c)†) + drive * (a(c) + a(c)†)
"""
LOSS = "loss = [sqrt(0.4 / us) * a(c), sqrt(0.1 / us) * sm(q)]"


def by_qutip(drive: float) -> tuple[object, list[object], object, object]:
    """H, the jump operators, a and P1 in QuTiP, the qubit first; rates in 1/us."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        qutip = pytest.importorskip("qutip", minversion="5", reason="QuTiP 5 is not installed")
    sm = qutip.tensor(qutip.Qobj([[0, 1], [0, 0]]), qutip.qeye(5))
    a = qutip.tensor(qutip.qeye(2), qutip.destroy(5))
    excited = qutip.tensor(qutip.Qobj([[0, 0], [0, 1]]), qutip.qeye(5))
    h = sm.dag() * a + sm * a.dag() + drive * (a + a.dag())
    return h, [math.sqrt(0.4) * a, math.sqrt(0.1) * sm], a, excited


# ── on paper ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_lost_photon_has_a_lorentzian_spectrum() -> None:
    """<a†(t) a(0)> = n exp(i w t - k t / 2) in a thermal bath: a Lorentzian of width k at -w, of height 4 n / k."""
    module = qdsl.compile(
        """
        space c: Fock(24)
        fn spectrum_at(w: Rate, k: Rate, nth: Scalar, ws: [Rate]) -> [Time] =
            spectrum(a(c)†, a(c), w * n(c), ws, loss = [sqrt(k * (1 + nth)) * a(c), sqrt(k * nth) * a(c)†])
        fn decays(w: Rate, k: Rate, nth: Scalar, ts: [Time]) -> [Complex] =
            correlation(a(c)†, a(c), w * n(c),
                steady_state(w * n(c), loss = [sqrt(k * (1 + nth)) * a(c), sqrt(k * nth) * a(c)†]), ts,
                loss = [sqrt(k * (1 + nth)) * a(c), sqrt(k * nth) * a(c)†], rtol = 1e-10, atol = 1e-12)
        """
    )
    w, k, nth = 3.0, 0.5, 0.1
    ws = np.linspace(-5, 5, 21)
    found = module.spectrum_at(w / US, k / US, nth, ws / US) / US
    answer = 2 * nth * (k / 2) / ((ws - w) ** 2 + (k / 2) ** 2)
    assert np.abs(found - answer).max() < 1e-9
    ts = np.linspace(0, 4, 9)
    found = module.decays(w / US, k / US, nth, ts * US)
    assert np.abs(found - nth * np.exp(1j * w * ts - k * ts / 2)).max() < 1e-8


def test_a_qubit_settles_in_its_bath() -> None:
    """Detailed balance: P1 = up / (up + down)."""
    module = qdsl.compile(
        """
        space q: Qubit
        fn p1(down: Rate, up: Rate) -> Scalar =
            expect(P(q, 1), steady_state(2 rad/us * Z(q), loss = [sqrt(down) * sm(q), sqrt(up) * sp(q)]))
        """
    )
    assert abs(module.p1(3.0 / US, 1.0 / US) - 0.25) < 1e-13


def test_several_steady_states_are_refused() -> None:
    module = qdsl.compile(
        """
        space q: Qubit
        fn p1(rate: Rate) -> Scalar = expect(P(q, 1), steady_state(0 * Z(q) * rate, loss = [sqrt(rate) * Z(q)]))
        """
    )
    with pytest.raises(qdsl.KernelError, match="singular"):
        module.p1(1.0 / US)


def test_quasienergies_without_a_drive_are_energies() -> None:
    """Folded into -pi/T .. pi/T."""
    module = qdsl.compile(
        """
        space q: Qubit
        space s: Spin(1)
        fn found(t: Time) -> [Rate; 6] =
            quasienergies(t -> 0.3 rad/us * Z(q) + 0.7 rad/us * Sz(s) + 0.2 rad/us * Sz(s)^2, t)
        """
    )
    period = 2.0
    energies = [0.3 * z + 0.7 * m + 0.2 * m * m for z in (1, -1) for m in (1, 0, -1)]
    folded = sorted((e + math.pi / period) % (2 * math.pi / period) - math.pi / period for e in energies)
    assert np.abs(np.asarray(module.found(period * US)) * US - folded).max() < 1e-9


# ── jumping wave functions ───────────────────────────────────────────────────────────────────────────────────────


def test_the_mean_of_jumping_waves_is_the_density() -> None:
    """Within four standard errors of 4,000 waves at each time; the same seed gives the same waves."""
    module = qdsl.compile(
        """
        space q: Qubit
        fn wave(number: Int, ts: [Time]) -> [Scalar] =
            expect(P(q, 1), trajectory(1 rad/us * X(q), |1>(q), ts, loss = [sqrt(0.3 / us) * sm(q)],
                seed = 1, number = number))
        fn density(ts: [Time]) -> [Scalar] =
            expect(P(q, 1), evolve(1 rad/us * X(q), |1>(q), ts, loss = [sqrt(0.3 / us) * sm(q)]))
        """
    )
    ts = np.linspace(0, 5, 6) * US
    waves = np.array([module.wave(k, ts) for k in range(4000)])
    assert np.array_equal(waves[3], module.wave(3, ts))
    errors = waves.std(axis=0) / math.sqrt(len(waves))
    assert (np.abs(waves.mean(axis=0) - module.density(ts)) <= 4 * errors + 1e-7).all()


def test_a_wave_jumps_once_and_for_all() -> None:
    """Of a qubit that only decays, each wave is excited until its jump; the times of jumps are exponential."""
    module = qdsl.compile(
        """
        space q: Qubit
        fn wave(number: Int, ts: [Time]) -> [Scalar] =
            expect(P(q, 1), trajectory(1 rad/us * Z(q), |1>(q), ts, loss = [sqrt(1 / us) * sm(q)],
                seed = 3, number = number))
        """
    )
    ts = np.linspace(0, 8, 801)
    waves = np.array([module.wave(k, ts * US) for k in range(1000)])
    assert set(np.round(waves, 9).ravel()) <= {0.0, 1.0}
    assert (np.diff(waves, axis=1) < 1e-9).all()
    lasted = waves.sum(axis=1) * (ts[1] - ts[0])
    assert abs(lasted.mean() - 1.0) < 4 / math.sqrt(1000)


# ── beside QuTiP ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_steady_state_correlation_and_spectrum_are_those_of_qutip() -> None:
    h, jumps, a, excited = by_qutip(0.3)
    import qutip

    module = qdsl.compile(
        DRIVEN
        + f"""
        fn settled(drive: Rate) -> Scalar = expect(n(c), steady_state(hamiltonian(drive), {LOSS}))
        fn excited(drive: Rate) -> Scalar = expect(P(q, 1), steady_state(hamiltonian(drive), {LOSS}))
        fn correlated(drive: Rate, ts: [Time]) -> [Complex] =
            correlation(a(c)†, a(c), hamiltonian(drive), steady_state(hamiltonian(drive), {LOSS}), ts,
                {LOSS}, rtol = 1e-10, atol = 1e-12)
        fn seen(drive: Rate, ws: [Rate]) -> [Time] = spectrum(a(c)†, a(c), hamiltonian(drive), ws, {LOSS})
        """
    )
    rho = qutip.steadystate(h, jumps)
    drive = 0.3 / US
    assert abs(module.settled(drive) - qutip.expect(a.dag() * a, rho)) < 1e-11
    assert abs(module.excited(drive) - qutip.expect(excited, rho)) < 1e-11
    ts = np.linspace(0, 4, 9)
    options = {"rtol": 1e-11, "atol": 1e-13, "nsteps": 100_000}
    theirs = qutip.correlation_2op_1t(h, rho, ts, jumps, a.dag(), a, options=options)
    assert np.abs(module.correlated(drive, ts * US) - theirs).max() < 1e-8
    ws = np.array([0.2, 0.7, -1.0, 2.5])
    theirs = qutip.spectrum(h, ws, jumps, a.dag(), a, solver="es")
    assert np.abs(module.seen(drive, ws / US) / US - theirs).max() < 1e-8


def test_quasienergies_are_those_of_qutip() -> None:
    by_qutip(0.0)
    import qutip

    module = qdsl.compile(
        """
        space s: Spin(1)
        fn found(w: Rate) -> [Rate; 3] =
            quasienergies(t -> 0.5 rad/us * Sz(s)^2 + 0.2 rad/us * Sz(s) + 0.6 rad/us * cos(w * t) * Sx(s), 2pi / w,
                rtol = 1e-11, atol = 1e-13)
        """
    )
    sz, sx = qutip.jmat(1, "z"), qutip.jmat(1, "x")
    h = qutip.QobjEvo([0.5 * sz * sz + 0.2 * sz, [0.6 * sx, lambda t: np.cos(2.1 * t)]])
    options = {"rtol": 1e-11, "atol": 1e-13, "nsteps": 100_000}
    theirs = np.sort(qutip.FloquetBasis(h, 2 * np.pi / 2.1, options).e_quasi)
    assert np.abs(np.asarray(module.found(2.1 / US)) * US - theirs).max() < 1e-7
