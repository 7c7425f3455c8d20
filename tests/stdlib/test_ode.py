"""Differential equations against closed forms and SciPy; tables of coefficients against the conditions of order."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from tests.stdlib.running import Kernels

from qdsl.runtime.kernel import KernelError

SOURCE = """
from ode import solve_ode, solve_ode_finely, solve_scalar_ode, solve_until, rk4
from runge_kutta import tsit5, dop853
fn tsitouras() = tsit5()
fn prince() = dop853()
fn kepler(y: [Scalar]) -> [Scalar] {
    let cube = hypot(y[0], y[1])^3
    [y[2], y[3], -y[0] / cube, -y[1] / cube]
}
fn orbit(e: Scalar, times: [Scalar], relative: Scalar) =
    solve_ode((_t, y) -> kepler(y), [1 - e, 0, 0, sqrt((1 + e) / (1 - e))], times, relative)
fn fine_orbit(e: Scalar, times: [Scalar], relative: Scalar) =
    solve_ode_finely((_t, y) -> kepler(y), [1 - e, 0, 0, sqrt((1 + e) / (1 - e))], times, relative)
fn driven(w: Scalar, times: [Scalar]) = solve_ode_finely((t, y) -> [y[1], cos(w * t) - y[0]], [0, 0], times)
fn wave(w: Scalar, t: Scalar, start: Scalar) =
    solve_ode((_t, y) -> [w * y[1], -w * y[0]], [start, 0], [0, t], 1e-9)[1, 0]
fn fine_wave(w: Scalar, t: Scalar, start: Scalar) =
    solve_ode_finely((_t, y) -> [w * y[1], -w * y[0]], [start, 0], [0, t])[1, 0]
fn fixed_wave(w: Scalar, t: Scalar, steps: Int) = rk4((_t, y) -> [w * y[1], -w * y[0]], [1, 0], [0, t], steps)[1, 0]
fn from_start(start: Scalar) = solve_ode((t, y) -> [t * y[0]], [1], [start, 2], 1e-9)[1, 0]
fn decay(rate: Rate, t: Time) -> Voltage = solve_scalar_ode((_t, y) -> -rate * y, 3 V, [0 s, t], 1e-9)[1]
fn at_rest() = solve_ode((_t, y) -> [0 * y[0]], [0], [0, 5])[1, 0]
fn from_rest(t: Scalar) = solve_ode((t, _y) -> [2 * t], [0], [0, t])[1, 0]
fn exploding() = solve_ode((_t, y) -> [y[0]^2], [1], [0, 2])[1, 0]
fn backwards() = solve_ode((_t, y) -> y, [1], [0, 1, 0.5])[1, 0]
fn once() = solve_ode((_t, y) -> y, [7], [3])[0, 0]
fn twice() = solve_ode((_t, y) -> y, [7], [3, 3])
fn landing(v: Speed, g: Acceleration) -> Time = solve_until(
    (_t, y) -> [y[1] / 1 s, -g * 1 s], [0 m, v * 1 s], 0 s, 99 s, (_t, y) -> y[0] + 1 m).time
fn speed(v: Scalar, g: Scalar) = solve_until((_t, y) -> [y[1], -g], [1, v], 0, 99, (_t, y) -> y[0]).state[1]
fn never() = solve_until((_t, y) -> y, [1], 0, 2, (_t, y) -> y[0]).time
"""


@pytest.fixture(scope="module")
def compiled() -> Kernels:
    return Kernels(SOURCE)


# ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────


Weight = Callable[[np.ndarray, np.ndarray], np.ndarray]


@cache
def _trees(order: int) -> list[tuple[Weight, float]]:
    """The rooted trees with so many nodes: the elementary weight of each, which has to be 1 / its density."""
    if order == 1:
        return [(lambda a, c: np.ones(len(c)), 1.0)]
    found = []
    for branches in _partitions(order - 1, order - 1):
        for chosen in _choices(branches):
            density = order * math.prod(d for _, d in chosen)
            found.append((_grafted([weight for weight, _ in chosen]), density))
    return found


def _grafted(branches: list[Weight]) -> Weight:
    return lambda a, c: np.prod([a @ branch(a, c) for branch in branches], axis=0)


def _partitions(n: int, largest: int) -> list[list[int]]:
    if n == 0:
        return [[]]
    return [[k, *rest] for k in range(min(n, largest), 0, -1) for rest in _partitions(n - k, k)]


def _choices(sizes: list[int]) -> list[list]:
    """A tree of each size; of equal sizes those in order, so that each set comes once."""
    if not sizes:
        return [[]]
    first, *rest = sizes
    trees = list(enumerate(_trees(first)))
    return [
        [tree, *others]
        for place, tree in trees
        for others in _choices(rest)
        if not rest or rest[0] != first or _place(others[0], first) >= place
    ]


def _place(tree: tuple, size: int) -> int:
    names = [str(weight(PROBE, PROBE.sum(1))) for weight, _ in _trees(size)]
    return names.index(str(tree[0](PROBE, PROBE.sum(1))))


PROBE = np.random.default_rng(1).normal(size=(9, 9))


def residuals(weights: np.ndarray, a: np.ndarray, c: np.ndarray, order: int) -> float:
    return max(
        abs(weights @ weight(a, c) - 1 / density) for each in range(1, order + 1) for weight, density in _trees(each)
    )


@pytest.mark.parametrize(("order", "count"), [(1, 1), (2, 1), (3, 2), (4, 4), (5, 9), (6, 20), (7, 48), (8, 115)])
def test_rooted_trees_are_counted(order: int, count: int) -> None:
    """Sloane's A000081."""
    assert len(_trees(order)) == count


def test_tsit5_has_its_orders(compiled: Kernels) -> None:
    table = compiled.tsitouras()
    a, c = table["a"], table["c"]
    np.testing.assert_allclose(a.sum(1), c, atol=3e-15)
    assert residuals(a[6], a, c, 5) < 3e-14
    assert residuals(a[6] - table["error"], a, c, 4) < 3e-14
    assert residuals(a[6] - table["error"], a, c, 5) > 1e-5
    for share in (0.25, 0.7, 1.0):
        weights = table["read"] @ share ** np.arange(1, 5)
        inner = residuals(weights / share, a / share, c / share, 4)  # the same conditions for a step of that share
        assert inner < 3e-12
    np.testing.assert_allclose(table["read"].sum(1), a[6], atol=1e-14)


def test_dop853_has_its_orders(compiled: Kernels) -> None:
    table = compiled.prince()
    a, c = table["a"], table["c"]
    np.testing.assert_allclose(a.sum(1), c, atol=1e-14)
    assert residuals(a[12], a, c, 8) < 1e-14
    embedded = a[12] - np.pad(table["error5"], (0, 3))
    assert residuals(embedded, a, c, 5) < 1e-14
    assert residuals(embedded, a, c, 6) > 1e-6


# ── solutions ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("relative", [1e-4, 1e-7, 1e-10])
def test_an_orbit_closes(compiled: Kernels, relative: float) -> None:
    """Over one turn errors grow by two orders of magnitude, as they do for any method."""
    e = 0.5
    for name in ("orbit", "fine_orbit"):
        last = getattr(compiled, name)(e, np.array([0.0, 2 * math.pi]), relative)[1]
        assert np.abs(last - [1 - e, 0, 0, math.sqrt(3)]).max() < 100 * relative


def test_states_between_steps(compiled: Kernels) -> None:
    """An orbit at many times, against Kepler's equation."""
    e = 0.3
    anomaly = np.linspace(0, 2 * math.pi, 301)
    times = anomaly - e * np.sin(anomaly)
    x, y = np.cos(anomaly) - e, math.sqrt(1 - e * e) * np.sin(anomaly)
    for name, relative, claim in (("orbit", 1e-7, 1e-5), ("fine_orbit", 1e-11, 1e-9)):
        found = getattr(compiled, name)(e, times, relative)
        assert np.abs(found[:, 0] - x).max() < claim
        assert np.abs(found[:, 1] - y).max() < claim


def test_a_driven_oscillator(compiled: Kernels) -> None:
    times = np.linspace(0, 30, 61)
    exact = (np.cos(0.3 * times) - np.cos(times)) / (1 - 0.09)
    np.testing.assert_allclose(compiled.driven(0.3, times)[:, 0], exact, atol=1e-9)
    peer = solve_ivp(
        lambda t, y: [y[1], math.cos(0.3 * t) - y[0]], (0, 30), [0, 0], "DOP853", times, rtol=1e-12, atol=1e-14
    )
    np.testing.assert_allclose(compiled.driven(0.3, times), peer.y.T, atol=1e-9)


def test_rk4_is_of_order_four(compiled: Kernels) -> None:
    errors = [abs(compiled.fixed_wave(1.0, 2.0, steps) - math.cos(2.0)) for steps in (10, 20, 40, 80)]
    for coarse, fine in pairwise(errors):
        assert 14.5 < coarse / fine < 17.5


@pytest.mark.parametrize("name", ["wave", "fine_wave"])
def test_slopes_of_a_solution(compiled: Kernels, name: str) -> None:
    w, t, start = 1.3, 7.0, 2.0
    slopes = compiled.gradient(name, w, t, start)
    exact = {"w": -start * t * math.sin(w * t), "t": -start * w * math.sin(w * t), "start": math.cos(w * t)}
    assert slopes == pytest.approx(exact, rel=1e-6)


def test_the_slope_by_the_first_time(compiled: Kernels) -> None:
    """exp((4 - s^2) / 2)."""
    assert compiled.from_start(0.5) == pytest.approx(math.exp(1.875), rel=1e-8)
    assert compiled.gradient("from_start", 0.5)["start"] == pytest.approx(-0.5 * math.exp(1.875), rel=1e-6)


def test_units_and_one_number(compiled: Kernels) -> None:
    assert compiled.decay(2.0, 1.5) == pytest.approx(3 * math.exp(-3.0), rel=1e-8)
    assert compiled.gradient("decay", 2.0, 1.5)["rate"] == pytest.approx(-4.5 * math.exp(-3.0), rel=1e-6)


def test_edges(compiled: Kernels) -> None:
    assert compiled.at_rest() == 0.0
    assert compiled.from_rest(3.0) == pytest.approx(9.0, rel=1e-6)
    assert compiled.once() == 7.0
    assert compiled.twice().tolist() == [[7.0], [7.0]]


def test_an_event_ends_it(compiled: Kernels) -> None:
    """v t - g t^2 / 2 = -1."""
    v, g = 3.0, 9.81
    root = math.sqrt(v * v + 2 * g)
    time = (v + root) / g
    assert compiled.landing(v, g) == pytest.approx(time, rel=1e-12)
    assert compiled.speed(v, g) == pytest.approx(-root, rel=1e-12)


@pytest.mark.slow
def test_slopes_of_an_event(compiled: Kernels) -> None:
    v, g = 3.0, 9.81
    root = math.sqrt(v * v + 2 * g)
    time = (v + root) / g
    slopes = compiled.gradient("landing", v, g)
    assert slopes["v"] == pytest.approx(time / root, rel=1e-9)
    assert slopes["g"] == pytest.approx(-time * time / 2 / root, rel=1e-9)
    assert compiled.gradient("speed", v, g)["v"] == pytest.approx(-v / root, rel=1e-9)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("exploding", "no convergence in 1000000 steps"),
        ("backwards", "the times must ascend"),
        ("never", "no event: at the end, "),
    ],
)
def test_what_has_no_solution_stops(compiled: Kernels, name: str, words: str) -> None:
    with pytest.raises(KernelError, match=words):
        getattr(compiled, name)()
