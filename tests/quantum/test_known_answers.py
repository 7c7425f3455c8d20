"""Dynamics with answers on paper. The convention: |1> is excited, sm = |0><1|, a qubit's energy is -f/2 Z."""

from __future__ import annotations

import math

import numpy as np
import pytest

import qdsl

pytestmark = pytest.mark.filterwarnings("ignore::qdsl.SimulationWarning")
"""Both sides of a comparison have the same few levels."""

US = 1e-6


def test_rabi_oscillations_detuned() -> None:
    """P1 = (W/w)^2 sin(w t / 2)^2 with w^2 = W^2 + D^2: I. I. Rabi, Phys. Rev. 51 (1937) 652."""
    module = qdsl.compile(
        """
        space q: Qubit
        fn p1(delta: Rate, omega: Rate, ts: [Time]) -> [Scalar] =
            expect(P(q, 1), evolve(-delta/2 * Z(q) + omega/2 * X(q), |0>(q), ts))
        """
    )
    ts = np.linspace(0, 9, 57) * US
    for delta, omega in ((0.0, 2.0), (1.5, 2.0), (-4.0, 0.7), (3.0, 0.0), (0.0, 0.0)):
        w = math.hypot(delta, omega)
        answer = (omega / w) ** 2 * np.sin(w * ts / US / 2) ** 2 if w else 0 * ts
        assert np.abs(module.p1(delta / US, omega / US, ts) - answer).max() < 1e-12


@pytest.mark.parametrize("method", ["exact", "adaptive", "fine"])
def test_rabi_by_every_method(method: str) -> None:
    """Each keeps what is asked of it: ten times the tolerance of a step, over the few that there are."""
    module = qdsl.compile(
        f"""
        space q: Qubit
        fn p1(ts: [Time]) -> [Scalar] =
            expect(P(q, 1), evolve(1 rad/us * X(q), |0>(q), ts, method = "{method}", rtol = 1e-9, atol = 1e-11))
        """
    )
    ts = np.linspace(0, 9, 57)
    assert np.abs(module.p1(ts * US) - np.sin(ts) ** 2).max() < 1e-8


def test_decay_of_a_qubit() -> None:
    """P1 = exp(-t/T1); a coherence decays at half that rate, and faster by pure dephasing."""
    module = qdsl.compile(
        """
        space q: Qubit
        fn seen(gamma: Rate, phi: Rate, f: Frequency, ts: [Time]) -> [Scalar; 3, m] {
            let loss = [sqrt(gamma) * sm(q), sqrt(phi / 2) * Z(q)]
            let rho = evolve(-pi * f * Z(q), (|0>(q) + |1>(q)) / sqrt(2), ts, loss = loss)
            let p = expect(P(q, 1), rho)
            let x = expect(X(q), rho)
            let y = expect(Y(q), rho)
            [p, x, y]
        }
        """
    )
    ts = np.linspace(0, 4, 33)
    gamma, phi, f = 0.7, 0.3, 0.4
    p, x, y = module.seen(gamma / US, phi / US, f / US, ts * US)
    assert np.abs(p - 0.5 * np.exp(-gamma * ts)).max() < 1e-9
    falls = np.exp(-(gamma / 2 + phi) * ts)
    assert np.abs(x - falls * np.cos(2 * np.pi * f * ts)).max() < 1e-9
    # H = -w/2 Z turns |1> by exp(-i w t): its phase against |0> falls behind
    assert np.abs(y + falls * np.sin(2 * np.pi * f * ts)).max() < 1e-9


def test_energy_of_a_qubit_is_that_of_the_convention() -> None:
    """<-f/2 Z> is -f/2 in |0> and f/2 in |1>, and sm takes |1> to |0>."""
    module = qdsl.compile(
        """
        space q: Qubit
        fn low() -> Frequency = expect(-1 MHz / 2 * Z(q), |0>(q))
        fn high() -> Frequency = expect(-1 MHz / 2 * Z(q), |1>(q))
        fn lowered() -> Scalar = abs(dag(|0>(q)) * (sm(q) * |1>(q)))
        """
    )
    assert (module.low(), module.high(), module.lowered()) == (-0.5e6, 0.5e6, 1.0)


def test_jaynes_cummings_swaps_at_the_rate_of_its_photons() -> None:
    """From |1, n> the qubit is excited with cos(g sqrt(n + 1) t)^2: Jaynes and Cummings, Proc. IEEE 51 (1963) 89."""
    module = qdsl.compile(
        """
        space q: Qubit
        space c: Fock(12)
        fn p1(level: Int, g: Rate, ts: [Time]) -> [Scalar] {
            let H = g * (sp(q) * a(c) + sm(q) * a(c)†)
            if level == 0 { expect(P(q, 1), evolve(H, |1>(q) * |0>(c), ts)) }
            else { expect(P(q, 1), evolve(H, |1>(q) * ket(c, 5), ts)) }
        }
        """
    )
    ts = np.linspace(0, 5, 41)
    for level, n in ((0, 0), (1, 5)):
        assert np.abs(module.p1(level, 1 / US, ts * US) - np.cos(math.sqrt(n + 1) * ts) ** 2).max() < 1e-7


def test_damped_oscillator() -> None:
    """<n> = n0 exp(-k t), and with a bath of nth photons it goes to nth."""
    module = qdsl.compile(
        """
        space c: Fock(30)
        fn photons(k: Rate, nth: Scalar, ts: [Time]) -> [Scalar] =
            expect(n(c), evolve(3 rad/us * n(c), ket(c, 4), ts,
                loss = [sqrt(k * (1 + nth)) * a(c), sqrt(k * nth) * a(c)†]))
        """
    )
    ts = np.linspace(0, 6, 25)
    k, nth = 0.8, 0.05
    answer = nth + (4 - nth) * np.exp(-k * ts)
    assert np.abs(module.photons(k / US, nth, ts * US) - answer).max() < 1e-7


def test_landau_zener() -> None:
    """P = exp(-2 pi d^2 / v) stays: Landau 1932, Zener 1932, for H = v t / 2 Z + d X swept from far to far."""
    module = qdsl.compile(
        """
        space q: Qubit
        fn stays(d: Rate, v: Rate^2, far: Time) -> Scalar =
            expect(P(q, 0), evolve(t -> v * t / 2 * Z(q) + d * X(q), |0>(q), far, from = -far,
                rtol = 1e-10, atol = 1e-12))
        """
    )
    for d, v in ((0.5, 2.0), (1.0, 3.0), (0.2, 1.0)):
        found = module.stays(d / US, v / US**2, 400 * US)
        assert abs(found - math.exp(-2 * math.pi * d * d / v)) < 2e-3  # what is left of the coupling, d / (v far)


def test_bloch_equations_with_a_drive() -> None:
    """The steady inversion of a damped, driven qubit: <Z> = (1 + D^2/T^2) / (1 + D^2/T^2 + S) with T = gamma / 2.

    S = W^2 / (gamma T) is the saturation: Allen and Eberly, "Optical resonance and two-level atoms" (1975), section 3.
    """
    module = qdsl.compile(
        """
        space q: Qubit
        fn settles(delta: Rate, omega: Rate, gamma: Rate) -> Scalar =
            expect(Z(q), steady_state(-delta/2 * Z(q) + omega/2 * X(q), loss = [sqrt(gamma) * sm(q)]))
        fn evolves(delta: Rate, omega: Rate, gamma: Rate) -> Scalar =
            expect(Z(q), evolve(-delta/2 * Z(q) + omega/2 * X(q), |1>(q), 200 us, loss = [sqrt(gamma) * sm(q)]))
        """
    )
    for delta, omega, gamma in ((0.0, 1.0, 1.0), (2.0, 1.5, 0.8), (-1.0, 3.0, 0.5)):
        width = (delta / (gamma / 2)) ** 2
        answer = (1 + width) / (1 + width + 2 * (omega / gamma) ** 2)
        rates = (delta / US, omega / US, gamma / US)
        assert abs(module.settles(*rates) - answer) < 1e-12
        assert abs(module.evolves(*rates) - answer) < 1e-9


def test_derivatives_are_exact() -> None:
    """By detuning, drive and loss, beside differences of fourth order."""
    module = qdsl.compile(
        """
        space q: Qubit
        space c: Fock(4)
        fn n(g: Rate, w: Rate, k: Rate) -> Scalar =
            expect(n(c), evolve(t -> g * cos(w * t)^2 * (sp(q)*a(c) + sm(q)*a(c)†) + 0.4 rad/us * X(q),
                |1>(q)*|0>(c), 2 us, loss = [sqrt(k) * a(c)], rtol = 1e-11, atol = 1e-13))
        """
    )
    at = np.array([1.1, 2.3, 0.2]) / US
    slopes = module.n.grad(*at)
    for place, name in enumerate(("g", "w", "k")):
        step = 1e-3 * at[place]

        def value(shift: int, place: int = place, step: float = step) -> float:
            moved = at.copy()
            moved[place] += shift * step
            return float(module.n(*moved))

        difference = (8 * (value(1) - value(-1)) - (value(2) - value(-2))) / (12 * step)
        assert abs(slopes[name] - difference) < 1e-7 * max(abs(difference), US)


def test_energy_over_hbar() -> None:
    """H may be an Energy: hbar is divided out."""
    module = qdsl.compile(
        """
        space q: Qubit
        fn rate(t: Time) -> Scalar = expect(P(q, 1), evolve(hbar * 1 rad/us * X(q), |0>(q), t))
        fn planck(t: Time) -> Scalar = expect(P(q, 1), evolve(h * 1 MHz * X(q), |0>(q), t))
        """
    )
    assert abs(module.rate(0.7 * US) - math.sin(0.7) ** 2) < 1e-9
    assert abs(module.planck(0.1 * US) - math.sin(0.2 * math.pi) ** 2) < 1e-9
