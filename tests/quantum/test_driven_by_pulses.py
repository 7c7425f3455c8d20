"""Pulses of the library that drive qubits and a transmon, beside theorems of areas, closed forms, SciPy and QuTiP.

A pulse begins where its evolution begins: of one that comes later, after nothing, no step may ever hear.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.linalg import expm
from tests.quantum.written_out import US, Matrix, X, Y, Z, dag, followed, lowering, qutip_or_skip

import qdsl

TIGHT = "rtol = 1e-10, atol = 1e-12"

PULSES = qdsl.compile(f"""
space q: Qubit
fn excited(shape: Int, height: Rate, delta: Rate) -> Scalar {{
    if shape == 0 {{ return turned(t -> square_pulse(t, height, 0 us, 2 us), delta, 0 us, 2 us) }}
    if shape == 1 {{ return turned(t -> flat_top_pulse(t, height, 0 us, 2 us, 0.5 us), delta, 0 us, 2 us) }}
    if shape == 2 {{ return turned(t -> gaussian_pulse(t, height, 0 us, 0.5 us), delta, -4 us, 4 us) }}
    if shape == 3 {{ return turned(t -> gaussian_pulse_of_area(t, height * 1 us, 0 us, 0.5 us), delta, -4 us, 4 us) }}
    if shape == 4 {{ return turned(t -> cosine_pulse(t, height, 0 us, 2 us), delta, 0 us, 2 us) }}
    if shape == 5 {{ return turned(t -> sech_pulse(t, height, 0 us, 0.5 us), delta, -12 us, 12 us) }}
    turned(t -> cut_gaussian_pulse(t, height, 0 us, 2 us, 0.5 us), delta, 0 us, 2 us)
}}
fn turned(pulse: (Time) -> Rate, delta: Rate, start: Time, end: Time) -> Scalar =
    expect(P(q, 1), evolve(t -> -delta / 2 * Z(q) + pulse(t) / 2 * X(q), |0>(q), end, from = start, {TIGHT}))
fn chirped(height: Rate, chirp: Rate, width: Time) -> Scalar = expect(P(q, 1), evolve(
    t -> -chirp * tanh(t / width) / 2 * Z(q) + sech_pulse(t, height, 0 us, width) / 2 * X(q),
    |0>(q), 24 * width, from = -24 * width, {TIGHT}))
fn steps(times: [Time], values: [Rate], delta: Rate, ts: [Time]) -> [Scalar] = expect(P(q, 1), evolve(
    t -> -delta / 2 * Z(q) + step_pulse(t, times, values) / 2 * X(q), |0>(q), ts, {TIGHT}))
fn lines(times: [Time], x: [Rate; n], y: [Rate; n], delta: Rate, ts: [Time]) -> [Scalar] = expect(P(q, 1), evolve(
    t -> -delta / 2 * Z(q) + linear_pulse(t, times, x) / 2 * X(q) + linear_pulse(t, times, y) / 2 * Y(q),
    |0>(q), ts, {TIGHT}))
fn phased(angle: Scalar, phase: Scalar) -> [Complex; 2, 2] = matrix(propagator(
    t -> gaussian_pulse_of_area(t, angle, 0 us, 0.3 us) / 2 * (cos(phase) * X(q) + sin(phase) * Y(q)),
    2.4 us, from = -2.4 us, {TIGHT}))
""")
SQUARE, FLAT, BELL, OF_AREA, COSINE, SECH, CUT = range(7)
AREAS = {
    SQUARE: 2.0,
    FLAT: 1.5,
    BELL: 0.5 * math.sqrt(2 * math.pi),
    OF_AREA: 1.0,
    COSINE: 1.0,
    SECH: 0.5 * math.pi,
    CUT: (0.5 * math.sqrt(2 * math.pi) * math.erf(math.sqrt(2)) - 2 * math.exp(-2)) / (1 - math.exp(-2)),
}
"""Of the height 1 / us, in radians."""


@pytest.mark.parametrize("shape", AREAS)
def test_on_resonance_the_area_decides(shape: int) -> None:
    """P1 = sin(area / 2)^2, whatever the shape: a pulse of pi inverts, one of 2 pi does nothing."""
    for area in (math.pi, 2 * math.pi, math.pi / 2, 1.234, -5.0):
        found = PULSES.excited(shape, area / AREAS[shape] / US, 0.0)
        assert found == pytest.approx(math.sin(area / 2) ** 2, abs=1e-8)


@pytest.mark.parametrize("shape", AREAS)
def test_off_resonance(shape: int) -> None:
    """The square has Rabi's formula, the hyperbolic secant that of Rosen and Zener, the others are SciPy's."""
    for height, delta in ((3.0, 1.1), (2.2, -2.5)):
        found = PULSES.excited(shape, height / US, delta / US)
        assert found == pytest.approx(detuned(shape, height, delta), abs=1e-8)


def detuned(shape: int, height: float, delta: float) -> float:
    if shape == SQUARE:
        w = math.hypot(height, delta)
        return (height / w * math.sin(w)) ** 2
    if shape == SECH:  # N. Rosen, C. Zener, Phys. Rev. 40, 502 (1932)
        return (math.sin(math.pi * height * 0.5 / 2) / math.cosh(math.pi * delta * 0.5 / 2)) ** 2
    start, end = (-4.0, 4.0) if shape in (BELL, OF_AREA) else (0.0, 2.0)
    u = followed(lambda t: -delta / 2 * Z + height * envelope(shape, t) / 2 * X, start, end)
    return float(abs(u[1, 0]) ** 2)


def envelope(shape: int, t: float) -> float:
    bell = math.exp(-2 * t * t)
    match shape:
        case 1:  # FLAT
            edge = min(t, 2 - t) / 0.5
            return 1 if edge >= 1 else (1 - math.cos(math.pi * edge)) / 2
        case 2:  # BELL
            return bell
        case 3:  # OF_AREA
            return bell / (0.5 * math.sqrt(2 * math.pi))
        case 4:  # COSINE
            return (1 - math.cos(math.pi * t)) / 2
    return (math.exp(-2 * (t - 1) ** 2) - math.exp(-2)) / (1 - math.exp(-2))


@pytest.mark.parametrize(("height", "chirp"), [(4.0, 2.0), (1.0, 3.0), (2.5, 2.5), (3.0, 0.0)])
def test_a_chirped_secant_sweeps_through(height: float, chirp: float) -> None:
    """P1 = 1 - (cos(pi T/2 sqrt(height^2 - chirp^2)) / cosh(pi T/2 chirp))^2: F. T. Hioe, Phys. Rev. A 30, 2100 (1984).

    Slower than the chirp, the root is imaginary and its cosine hyperbolic.
    """
    width = 0.7
    root = np.sqrt(complex(height**2 - chirp**2))
    stays = (np.cos(math.pi * width / 2 * root) / math.cosh(math.pi * width / 2 * chirp)).real ** 2
    assert PULSES.chirped(height / US, chirp / US, width * US) == pytest.approx(1 - stays, abs=2e-8)


@pytest.mark.parametrize("seed", range(3))
def test_steps_are_a_product_of_exponentials(seed: int) -> None:
    rng = np.random.default_rng(seed)
    times = np.concatenate([[0], np.cumsum(rng.uniform(0.2, 0.6, 6))])
    values, delta = rng.normal(size=6) * 2, rng.normal() * 2
    u: Matrix = np.eye(2)
    populations = [0.0]
    for k, value in enumerate(values):
        u = expm(-1j * (times[k + 1] - times[k]) * (-delta / 2 * Z + value / 2 * X)) @ u
        populations.append(abs(u[1, 0]) ** 2)
    found = PULSES.steps(times * US, values / US, delta / US, times * US)
    assert_allclose(found, populations, atol=1e-8)


@pytest.mark.parametrize("seed", range(3))
def test_samples_with_lines_between_them_are_those_of_qutip(seed: int) -> None:
    qutip = qutip_or_skip()
    rng = np.random.default_rng(seed)
    times = np.linspace(0, 3, 13)
    (x, y), delta = rng.normal(size=(2, 13)) * 3, rng.normal() * 2
    drives = [
        [qutip.Qobj(each / 2), lambda t, values=values: float(np.interp(t, times, values))]
        for each, values in ((X, x), (Y, y))
    ]
    system = qutip.QobjEvo([qutip.Qobj(-delta / 2 * Z), *drives])
    options = {"rtol": 1e-11, "atol": 1e-13, "nsteps": 1_000_000, "max_step": 0.05}
    excited = [qutip.Qobj(np.diag([0, 1]))]
    exact = qutip.sesolve(system, qutip.basis(2, 0), times, e_ops=excited, options=options).expect[0]
    assert_allclose(PULSES.lines(times * US, x / US, y / US, delta / US, times * US), exact, atol=2e-8)


def test_a_phase_turns_the_axis() -> None:
    for angle, phase in ((math.pi, 0.7), (1.0, -2.0), (2.2, math.pi / 2)):
        exact = expm(-0.5j * angle * (math.cos(phase) * X + math.sin(phase) * Y))
        assert_allclose(PULSES.phased(angle, phase), exact, atol=1e-8)


# ── a transmon ───────────────────────────────────────────────────────────────────────────────────────────────────

TRANSMON = qdsl.compile(f"""
space t: Level(4)
fn gate(height: Rate, sigma: Time, f: Rate, beta: Scalar) -> [Complex; 4, 4] = matrix(propagator(s -> {{
    let e = drag_pulse(s, height, 0 us, sigma, f, beta)
    f / 2 * (n(t)^2 - n(t)) + real(e) / 2 * (a(t) + a(t)†) + imag(e) / 2 * (1i * (a(t)† - a(t)))
}}, 5 * sigma, from = -5 * sigma, {TIGHT}))
""")


@pytest.mark.parametrize("beta", [0.0, 0.5, 1.0])
def test_drag_on_a_transmon(beta: float) -> None:
    """The whole gate: the quadrature is -beta times the slope over the anharmonicity, and drives Y."""
    height, sigma, f = 2.5, 0.5, -7.0
    a, n = lowering(4), np.diag(np.arange(4))

    def h(t: float) -> Matrix:
        bell = height * math.exp(-((t / sigma) ** 2) / 2)
        slope = -bell * t / sigma**2
        across = -beta * slope / f
        return np.asarray(f / 2 * (n @ n - n) + bell / 2 * (a + dag(a)) + across / 2 * 1j * (dag(a) - a))

    found = TRANSMON.gate(height / US, sigma * US, f / US, beta)
    assert_allclose(found, followed(h, -5 * sigma, 5 * sigma), atol=5e-9)
