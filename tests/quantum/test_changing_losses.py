"""Losses whose rates change with time, beside exp(-integral of the rate), SciPy and QuTiP; and waves that jump so."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import solve_ivp
from tests.quantum.written_out import SM, US, Matrix, X, Y, Z, dag, lowering, on, qutip_or_skip

import qdsl

pytestmark = pytest.mark.filterwarnings("ignore::qdsl.SimulationWarning")
"""Both sides of a comparison have the same few levels."""

TIMES = np.linspace(0, 3, 7)
TIGHT = "rtol = 1e-10, atol = 1e-12"

# ── on paper ─────────────────────────────────────────────────────────────────────────────────────────────────────

PAPER = qdsl.compile(f"""
space q: Qubit
space r: Qubit
space c: Fock(6)
fn ramp(g: Rate, t: Time) -> Rate = g * t / (1 us)
fn wave(g: Rate, w: Rate, t: Time) -> Rate = g * (1 + cos(w * t))
fn decays(g: Rate, w: Rate, f: Rate, ts: [Time]) -> [Scalar; 3, m] {{
    let rho = evolve(-f / 2 * Z(q), |+>(q), ts, loss = t -> [sqrt(wave(g, w, t)) * sm(q)], {TIGHT})
    let p = expect(P(q, 1), rho)
    let x = expect(X(q), rho)
    let y = expect(Y(q), rho)
    [p, x, y]
}}
fn fades(g: Rate, ts: [Time]) -> [Scalar; 2, m] {{
    let rho = evolve(0 * Z(q) / 1 s, 0.6 * |0>(q) + 0.8 * |1>(q), ts, loss = t -> [sqrt(ramp(g, t)) * Z(q)], {TIGHT})
    let x = expect(X(q), rho)
    let z = expect(Z(q), rho)
    [x, z]
}}
fn later(g: Rate, start: Time, ts: [Time]) -> [Scalar] =
    expect(n(c), evolve(t -> 3 rad/us * cos(2 rad/us * t) * n(c), |3>(c), ts, from = start,
        loss = t -> [sqrt(ramp(g, t)) * a(c)], {TIGHT}))
fn finely(g: Rate, ts: [Time]) -> [Scalar] =
    expect(P(q, 1), evolve(1 rad/us * Z(q), |1>(q), ts, loss = t -> [sqrt(ramp(g, t)) * sm(q)], method = "fine",
        {TIGHT}))
fn stiffly(g: Rate, ts: [Time]) -> [Scalar] =
    expect(P(q, 1), evolve(1 rad/us * Z(q), |1>(q), ts, loss = t -> [sqrt(wave(g, 2 rad/us, t)) * sm(q)],
        method = "stiff"))
fn beside(g: Rate, t: Time) -> Scalar = expect(Z(q) * X(r), evolve(0 * Z(q) / 1 s, |1>(q) * |+>(r), t,
    loss = t -> [sqrt(g * exp(-t / (2 us))) * sm(q), sqrt(wave(g, 1 rad/us, t) / 4) * Z(r)], {TIGHT}))
""")


def test_a_qubit_decays_by_the_integral_of_its_rate() -> None:
    """P1 = exp(-G) / 2 and the coherence falls by exp(-G / 2), with G = g (t + sin(w t) / w)."""
    g, w, f = 0.7, 2.3, 1.9
    total = g * (TIMES + np.sin(w * TIMES) / w)
    p, x, y = PAPER.decays(g / US, w / US, f / US, TIMES * US)
    assert_allclose(p, np.exp(-total) / 2, atol=1e-9)
    assert_allclose(x, np.exp(-total / 2) * np.cos(f * TIMES), atol=1e-9)
    assert_allclose(y, -np.exp(-total / 2) * np.sin(f * TIMES), atol=1e-9)


def test_a_coherence_fades_by_twice_the_integral() -> None:
    x, z = PAPER.fades(0.4 / US, TIMES * US)
    assert_allclose(x, 0.96 * np.exp(-2 * 0.4 * TIMES**2 / 2), atol=1e-9)
    assert_allclose(z, 0.36 - 0.64, atol=1e-12)


def test_the_time_of_a_rate_is_that_of_the_clock() -> None:
    """From t0 on a mode loses exp(-(t^2 - t0^2) g / 2) of its photons, whatever its frequency does."""
    start = 0.8
    times = start + TIMES
    found = PAPER.later(0.3 / US, start * US, times * US)
    assert_allclose(found, 3 * np.exp(-0.3 * (times**2 - start**2) / 2), atol=2e-8)


def test_methods_agree_with_the_formula() -> None:
    exact = np.exp(-0.9 * TIMES**2 / 2)
    assert_allclose(PAPER.finely(0.9 / US, TIMES * US), exact, atol=1e-9)
    exact = np.exp(-0.9 * (TIMES + np.sin(2 * TIMES) / 2))
    assert_allclose(PAPER.stiffly(0.9 / US, TIMES * US), exact, atol=1e-8)


def test_two_spaces_lose_by_their_own_rates_and_slopes_are_exact() -> None:
    def exact(g: float, t: float) -> float:
        z = 1 - 2 * math.exp(-2 * g * (1 - math.exp(-t / 2)))
        return z * math.exp(-g * (t + math.sin(t)) / 2)

    g, t, step = 0.6, 1.3, 1e-4
    assert PAPER.beside(g / US, t * US) == pytest.approx(exact(g, t), abs=1e-9)
    slopes = PAPER.beside.grad(g / US, t * US)
    assert slopes["g"] / US == pytest.approx((exact(g + step, t) - exact(g - step, t)) / (2 * step), abs=1e-7)
    assert slopes["t"] * US == pytest.approx((exact(g, t + step) - exact(g, t - step)) / (2 * step), abs=1e-7)


# ── beside QuTiP ─────────────────────────────────────────────────────────────────────────────────────────────────

RANDOM = qdsl.compile(f"""
space q: Qubit
space c: Fock(3)
fn drifting(h: [Rate; 4], g: [Rate; 3], w: Rate, ts: [Time]) -> [Scalar; 3, m] {{
    let rho = evolve(
        t -> h[0] * Z(q) + h[1] * n(c) + h[2] * cos(w * t) * X(q) +
            h[3] * sin(2 * w * t) * (sp(q) * a(c) + sm(q) * a(c)†),
        |+i>(q) * |1>(c), ts,
        loss = t -> [
            sqrt(g[0]) * exp(-w * t / 4) * (sm(q) + exp(1i * w * t) * a(c)),
            sqrt(g[1]) * (cos(w * t) * Z(q) + 1i * sin(w * t) * X(q)),
            sqrt(g[2]) * a(c)†,
        ], {TIGHT})
    let p = expect(P(q, 1), rho)
    let n = expect(n(c), rho)
    let mixed = expect(Y(q) * (a(c) + a(c)†), rho)
    [p, n, mixed]
}}
fn correlated(g: Rate, w: Rate, ts: [Time]) -> [Complex] =
    correlation(sp(q), X(q), t -> w * cos(w * t) * X(q), |+i>(q), ts,
        loss = t -> [sqrt(g) * sin(w * t) * sm(q)], {TIGHT})
""")


@pytest.mark.parametrize("seed", range(4))
def test_losses_and_drives_that_change_are_those_of_qutip(seed: int) -> None:
    qutip = qutip_or_skip()
    rng = np.random.default_rng(seed)
    h, g, w = rng.normal(size=4), rng.uniform(0.1, 0.6, 3), rng.uniform(0.7, 2.5)
    sizes = (2, 3)
    x, y, z, sm = (on(each, 0, sizes) for each in (X, Y, Z, SM))
    a, n = on(lowering(3), 1, sizes), on(np.diag([0, 1, 2]), 1, sizes)
    swap = dag(sm) @ a + sm @ dag(a)

    def of_time(f: object) -> object:
        return qutip.QobjEvo(lambda t: qutip.Qobj(f(t)))  # type: ignore[operator]

    system = of_time(lambda t: h[0] * z + h[1] * n + h[2] * np.cos(w * t) * x + h[3] * np.sin(2 * w * t) * swap)
    jumps = [
        of_time(lambda t: np.sqrt(g[0]) * np.exp(-w * t / 4) * (sm + np.exp(1j * w * t) * a)),
        of_time(lambda t: np.sqrt(g[1]) * (np.cos(w * t) * z + 1j * np.sin(w * t) * x)),
        qutip.Qobj(np.sqrt(g[2]) * dag(a)),
    ]
    start = qutip.Qobj(np.kron(np.array([1, 1j]) / math.sqrt(2), [0, 1, 0]))
    seen = [qutip.Qobj(each) for each in (dag(sm) @ sm, n, y @ (a + dag(a)))]
    options = {"rtol": 1e-11, "atol": 1e-13, "nsteps": 1_000_000}
    exact = np.array(qutip.mesolve(system, start, TIMES, c_ops=jumps, e_ops=seen, options=options).expect)
    assert_allclose(RANDOM.drifting(h / US, g / US, w / US, TIMES * US), exact, atol=2e-8)


def test_a_correlation_with_a_loss_that_changes() -> None:
    """By the regression theorem: B rho changes as rho does, here by SciPy."""
    g, w = 0.8, 1.4
    start = np.array([[1, -1j], [1j, 1]]) / 2

    def slope(t: float, y: Matrix) -> Matrix:
        m, h, jump = y.reshape(2, 2), w * math.cos(w * t) * X, math.sqrt(g) * math.sin(w * t) * SM
        square = dag(jump) @ jump
        return np.asarray(-1j * (h @ m - m @ h) + jump @ m @ dag(jump) - (square @ m + m @ square) / 2).ravel()

    found = solve_ivp(slope, (0, 3), (X @ start).ravel(), method="DOP853", t_eval=TIMES, rtol=1e-12, atol=1e-14)
    exact = [np.trace(dag(SM) @ m.reshape(2, 2)) for m in found.y.T]
    assert_allclose(RANDOM.correlated(g / US, w / US, TIMES * US), exact, atol=2e-9)


# ── waves that jump ──────────────────────────────────────────────────────────────────────────────────────────────

WAVES = qdsl.compile(f"""
space q: Qubit
space r: Qubit
fn wave(number: Int, ts: [Time]) -> [Scalar] = expect(P(q, 1), trajectory(0.5 rad/us * Z(q), |+>(q), ts,
    loss = t -> [sqrt(0.8 rad/us * t / (1 us)) * sm(q)], seed = 5, number = number, {TIGHT}))
fn chosen(number: Int, t: Time) -> [Scalar; 2] {{
    let psi = trajectory(t -> 0.5 rad/us * cos(t / (1 us)) * Z(q), |1>(q) * |0>(r), t, seed = 9, number = number,
        loss = t -> [sqrt(3 / us) * exp(-t / (2 us)) * sm(q), sqrt(1 / us) * exp(-t / (2 us)) * sm(q) * X(r)])
    [expect(P(q, 1), psi), expect(P(r, 1), psi)]
}}
""")


def test_a_wave_that_has_not_jumped_is_known() -> None:
    """Without a jump P1 = s / (1 + s) with s = exp(-G), and a share (1 + s) / 2 of the waves has not: G = 0.4 t^2."""
    times = np.linspace(0, 2.5, 26)
    waves = np.array([WAVES.wave(k, times * US) for k in range(2000)])
    survive = np.exp(-0.4 * times**2)
    still = np.abs(waves - survive / (1 + survive)) < 1e-8
    assert (still | (waves == 0)).all()
    assert (np.diff(still.astype(int), axis=1) <= 0).all()
    share = (1 + survive) / 2
    errors = np.sqrt(share * (1 - share) / len(waves))
    assert (np.abs(still.mean(axis=0) - share) <= 4 * errors + 1e-12).all()


def test_each_jump_is_as_likely_as_its_rate() -> None:
    """Of 4 exp(-t) per us in all, a quarter flips r: 1 - exp(-4 (1 - exp(-t))) jump, and a quarter of these flip."""
    seen = np.array([WAVES.chosen(k, 0.7 * US) for k in range(2000)])
    assert_allclose(seen, np.round(seen), atol=1e-9)
    jumped = 1 - math.exp(-4 * (1 - math.exp(-0.7)))
    for found, share in ((1 - seen[:, 0], jumped), (seen[:, 1], jumped / 4)):
        assert abs(found.mean() - share) < 4 * math.sqrt(share * (1 - share) / len(seen))


# ── rates that begin at zero ─────────────────────────────────────────────────────────────────────────────────────

FROM_ZERO = qdsl.compile("""
space q: Qubit
fn left(g: Rate) -> Scalar =
    expect(P(q, 1), evolve(0 * Z(q) / 1 s, |1>(q), 1 us, loss = t -> [sqrt(g * t / (1 us)) * sm(q)]))
fn left_stiffly(g: Rate) -> Scalar = expect(
    P(q, 1),
    evolve(0 * Z(q) / 1 s, |1>(q), 1 us, loss = t -> [0.5 * sqrt(g * t / (1 us)) * sm(q) / 2], method = "stiff"),
)
fn slope(g: Rate) = grad(left)(g)
fn flipped(p: Scalar) = purity(apply(Channel([sqrt(1 - p) * I(q), sqrt(p) * Z(q)]), density(|+>(q))))
fn flipped_slope(p: Scalar) = grad(flipped)(p)
""")


def test_a_rate_that_begins_at_zero_has_its_slopes() -> None:
    """exp(-g t^2 / 2 us), of which the root of the rate has an infinite slope at t = 0."""
    assert FROM_ZERO.left(1e6) == pytest.approx(math.exp(-0.5), abs=1e-8)
    assert FROM_ZERO.slope(1e6) == pytest.approx(-0.5e-6 * math.exp(-0.5), rel=1e-7)
    assert FROM_ZERO.left_stiffly(1e6) == pytest.approx(math.exp(-0.5 / 16), abs=1e-6)


def test_a_channel_that_begins_at_nothing_has_its_slope() -> None:
    """Purity 1 - 2 p (1 - p) of a dephased |+>."""
    assert FROM_ZERO.flipped_slope(0.0) == pytest.approx(-2, abs=1e-12)
    assert FROM_ZERO.flipped_slope(0.2) == pytest.approx(-1.2, abs=1e-12)
