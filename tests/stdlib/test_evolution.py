"""Evolution against closed forms and SciPy: errors that keep what was asked, derivatives, breaks, times, lanes."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import expm
from tests.stdlib.running import Kernels

import qdsl
from qdsl.runtime.kernel import KernelError

METHODS = ("adaptive", "adaptive_finely")

SOURCE = """
from evolution import METHOD
fn turned(w: Rate, start: Time, times: [Time], relative: Scalar) = METHOD(
    (_t, y) -> [w * y[1], -w * y[0]], y -> y, [0, 1], start, times, relative)
fn turned_to(w: Rate, start: Time, end: Time, relative: Scalar) = METHOD(
    (_t, y) -> [w * y[1], -w * y[0]], y -> [y[0]], [0, 1], start, [end], relative)[0, 0]
fn driven(delta: Rate, drive: Rate, w: Rate, times: [Time], relative: Scalar) = METHOD((t, y) -> {
    let d = delta / 2
    let x = drive * cos(w * t)
    [d * y[1] + x * y[3], -d * y[0] - x * y[2], x * y[1] - d * y[3], -x * y[0] + d * y[2]]
}, y -> [y[2]^2 + y[3]^2], [1, 0, 0, 0], 0 s, times, relative)
fn excited(delta: Rate, drive: Rate, w: Rate) = driven(delta, drive, w, [3 s], 1e-12)[0, 0]
fn decayed(rate: Rate, feed: Rate, times: [Time], relative: Scalar, absolute: Scalar) = METHOD(
    (_t, y) -> [-rate * y[0] + feed], y -> y, [0], 0 s, times, relative, absolute)
fn pulsed(w: Rate, on: Time, off: Time, times: [Time], relative: Scalar) = METHOD((t, y) -> {
    let rate = if on <= t and t < off { w } else { 0 }
    [rate * y[1], -rate * y[0]]
}, y -> y, [0, 1], 0 s, times, relative, 0, [on, off])
fn after_pulse(w: Rate, on: Time, off: Time) = pulsed(w, on, off, [9 s], 1e-12)[0, 0]
fn kicked(ends: [Time], rates: [Rate], relative: Scalar) = METHOD((t, y) -> {
    var rate: Rate = 0
    for i in range(len(rates)) { if t > ends[i] { rate = rates[i] } }
    [rate * y[1], -rate * y[0]]
}, y -> y, [0, 1], 0 s, ends, relative, 0, ends)
fn at_rest(drive: Rate, delta: Rate) = METHOD((_t, y) -> [
    drive * y[3], -drive * y[2], drive * y[1] - delta * y[3], -drive * y[0] + delta * y[2]
], y -> y, [1, 0, 0, 0], 0 s, [2 s], 1e-12)[0, 3]
fn hill(a: [Rate; 12]) = METHOD((t, y) -> {
    let rate = a[min(floor(t / 1 s), 11)]
    [0.3 / 1 s * y[1] + rate * y[3], -0.3 / 1 s * y[0] - rate * y[2],
        rate * y[1] - 0.3 / 1 s * y[3], -rate * y[0] + 0.3 / 1 s * y[2]]
}, y -> [y[2]^2 + y[3]^2], [1, 0, 0, 0], 0 s, [12 s], 1e-12, 0, [i * 1 s for i in range(1, 12)])[0, 0]
fn hopping(n: Int, times: [Time]) = METHOD((_t, y) -> {
    let half = div(len(y), 2)
    [if i < half { -(y[half + mod(i + 1, half)] + y[half + mod(i + half - 1, half)]) / 1 s } else {
        (y[mod(i + 1, half)] + y[mod(i + half - 1, half)]) / 1 s } for i in range(len(y))]
}, y -> [y[0], y[div(len(y), 2)]], [if i == 0 { 1 } else { 0 } for i in range(n)], 0 s, times, 1e-10)
fn exploding() = METHOD((_t, y) -> [y[0]^2 / 1 s], y -> y, [1], 0 s, [2 s], 1e-6)
fn no_number() = METHOD((_t, y) -> [log(abs(y[0])) * 0 / 1 s], y -> y, [0], 0 s, [2 s], 1e-6)
fn growing(start: Time, times: [Time]) = METHOD((_t, y) -> y / 1 s, y -> y, [1], start, times, 1e-6)
fn broken(breaks: [Time]) = METHOD((_t, y) -> y / 1 s, y -> y, [1], 0 s, [1 s], 1e-6, 0, breaks)
"""


@pytest.fixture(scope="module", params=METHODS)
def compiled(request: pytest.FixtureRequest) -> Kernels:
    return Kernels(SOURCE.replace("METHOD", request.param))


def slope_of(f: Callable[[float], float], x: float, h: float = 1e-2) -> float:
    """A derivative by differences of order 8."""
    weights = ((4 / 5, 1), (-1 / 5, 2), (4 / 105, 3), (-1 / 280, 4))
    return sum(w * (f(x + k * h) - f(x - k * h)) for w, k in weights) / h


# ── errors ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("relative", [1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11])
def test_errors_keep_what_was_asked(compiled: Kernels, relative: float) -> None:
    """Over five turns, at the ends of steps and between them."""
    times = np.linspace(0, 30, 301)
    found = compiled.turned(1.0, 0.0, times, relative)
    error = np.abs(found - np.stack([np.sin(times), np.cos(times)], axis=1)).max()
    assert 1e-4 * relative < error < 10 * relative


@pytest.mark.parametrize("relative", [1e-4, 1e-6, 1e-8, 1e-10])
def test_a_driven_system(compiled: Kernels, relative: float) -> None:
    delta, drive, w = 3.0, 1.7, 2.9
    times = np.linspace(0, 12, 101)

    def slope(t: float, y: np.ndarray) -> list[float]:
        d, x = delta / 2, drive * math.cos(w * t)
        return [d * y[1] + x * y[3], -d * y[0] - x * y[2], x * y[1] - d * y[3], -x * y[0] + d * y[2]]

    peer = solve_ivp(slope, (0, 12), [1, 0, 0, 0], "DOP853", times, rtol=1e-13, atol=1e-15)
    wanted = peer.y[2] ** 2 + peer.y[3] ** 2
    found = compiled.driven(delta, drive, w, times, relative)[:, 0]
    assert np.abs(found - wanted).max() < 10 * relative


@pytest.mark.parametrize(("relative", "absolute"), [(1e-8, 0.0), (0.0, 1e-7), (1e-6, 1e-6)])
def test_from_nothing_to_a_steady_state(compiled: Kernels, relative: float, absolute: float) -> None:
    times = np.array([0.0, 1e-3, 0.1, 1.0, 30.0, 300.0])
    found = compiled.decayed(2.0, 3.0, times, relative, absolute)[:, 0]
    assert np.abs(found - 1.5 * -np.expm1(-2 * times)).max() < 10 * (1.5 * relative + absolute)


def test_many_numbers(compiled: Kernels) -> None:
    """A particle on a ring of 40 places: Bessel functions, until it meets itself."""
    from scipy.special import jv

    times = np.array([0.0, 1.0, 3.0])
    found = compiled.hopping(80, times)
    np.testing.assert_allclose(found[:, 0], jv(0, 2 * times), atol=1e-9)
    np.testing.assert_allclose(found[:, 1], 0.0, atol=1e-9)


# ── times ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_times_may_be_equal_and_the_start(compiled: Kernels) -> None:
    times = np.array([2.0, 2.0, 2.0, 3.5, 3.5, 5.0])
    found = compiled.turned(1.3, 2.0, times, 1e-9)
    np.testing.assert_allclose(found[:, 0], np.sin(1.3 * (times - 2)), atol=1e-8)
    assert found[0].tolist() == found[1].tolist() == found[2].tolist() == [0.0, 1.0]
    assert found[3].tolist() == found[4].tolist()
    assert compiled.turned(1.3, 2.0, np.array([2.0]), 1e-9).tolist() == [[0.0, 1.0]]
    assert compiled.turned(1.3, 0.0, np.array([0.0]), 1e-9).tolist() == [[0.0, 1.0]]
    assert compiled.turned(1.3, 2.0, np.array([]), 1e-9).shape == (0, 2)


def test_a_read_time_changes_no_other(compiled: Kernels) -> None:
    few = compiled.turned(1.0, 0.0, np.array([1.0, 7.0]), 1e-7)
    many = compiled.turned(1.0, 0.0, np.linspace(0, 7, 71), 1e-7)
    assert few.tolist() == many[[10, 70]].tolist()


@pytest.mark.parametrize(("start", "times"), [(0.0, [1.0, 0.5]), (1.0, [0.5])])
def test_times_have_to_ascend(compiled: Kernels, start: float, times: list[float]) -> None:
    with pytest.raises(KernelError, match="the times must ascend"):
        compiled.growing(start, np.array(times))


# ── breaks ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("on", "off"), [(2.0, 4.0), (0.0, 1.0), (-1.0, 3.0), (4.0, 99.0), (1e-9, 3.0), (2.0, 2.0), (3.0, 5.0)]
)
def test_a_pulse_begins_and_ends(compiled: Kernels, on: float, off: float) -> None:
    """Sharp edges cost no accuracy, wherever they are beside the times."""
    times = np.array([0.0, 1.0, 2.0, 2.0, 3.0, 3.9, 4.0, 5.0])
    angle = np.clip(times, max(on, 0.0), off) - max(on, 0.0)
    found = compiled.pulsed(2.0, on, off, times, 1e-11)
    np.testing.assert_allclose(found[:, 0], np.sin(2 * angle), atol=1e-10)


def test_breaks_at_the_times(compiled: Kernels) -> None:
    ends, rates = np.array([0.0, 1.0, 1.0, 2.5, 4.0]), np.array([1.0, 2.0, -3.0, 0.5, 9.0])
    found = compiled.kicked(ends, rates, 1e-11)
    np.testing.assert_allclose(found[:, 0], np.sin([0.0, 1.0, 1.0, 1.0 - 4.5, -3.5 + 0.75]), atol=1e-10)


def test_breaks_have_to_ascend(compiled: Kernels) -> None:
    with pytest.raises(KernelError, match="the times must ascend"):
        compiled.broken(np.array([0.5, 0.2]))


# ── derivatives ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_slopes_of_a_turn(compiled: Kernels) -> None:
    w, start, end = 1.3, 0.5, 7.0
    slopes = compiled.gradient("turned_to", w, start, end, 1e-11)
    angle = w * (end - start)
    exact = {"w": (end - start) * math.cos(angle), "start": -w * math.cos(angle), "end": w * math.cos(angle)}
    assert {name: slopes[name] for name in exact} == pytest.approx(exact, rel=1e-9)


def test_slopes_of_a_driven_system(compiled: Kernels) -> None:
    values = [3.0, 1.7, 2.9]
    slopes = compiled.gradient("excited", *values)
    for place, name in enumerate(("delta", "drive", "w")):

        def along(x: float, place: int = place) -> float:
            return float(compiled.excited(*values[:place], x, *values[place + 1 :]))

        assert slopes[name] == pytest.approx(slope_of(along, values[place]), abs=1e-9)


def test_slopes_by_the_edges_of_a_pulse(compiled: Kernels) -> None:
    slopes = compiled.gradient("after_pulse", 1.0, 2.0, 3.5)
    cosine = math.cos(1.5)
    assert slopes == pytest.approx({"w": 1.5 * cosine, "on": -cosine, "off": cosine}, rel=1e-9)


def test_slopes_where_the_state_is_at_rest(compiled: Kernels) -> None:
    """Nothing happens without a drive, and no step is rejected; what the first bit of a drive does is still right."""
    assert compiled.at_rest(0.0, 3.0) == 0.0
    assert compiled.gradient("at_rest", 0.0, 3.0)["drive"] == pytest.approx(-math.sin(6.0) / 3, abs=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_slopes_by_many_amplitudes(method: str) -> None:
    """Backwards."""
    module = qdsl.compile(SOURCE.replace("METHOD", method))
    amplitudes = np.linspace(0.2, 0.9, 12)
    slopes = module.hill.grad(amplitudes)
    for place in range(12):

        def along(x: float, place: int = place) -> float:
            return float(module.hill(np.where(np.arange(12) == place, x, amplitudes)))

        assert slopes[place] == pytest.approx(slope_of(along, amplitudes[place]), abs=1e-9)


# ── what stops, and lanes ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("exploding", r"cannot be followed beyond 1\.000\d* with a relative error of 1e-06"),
        ("no_number", "cannot be followed beyond 0 with a relative error of 1e-06"),
    ],
)
def test_what_cannot_be_followed_stops(compiled: Kernels, name: str, words: str) -> None:
    with pytest.raises(KernelError, match=words):
        getattr(compiled, name)()


@pytest.mark.parametrize("method", METHODS)
def test_lanes_give_the_same_bits(method: str) -> None:
    """Each point has steps of its own."""
    module = qdsl.compile(SOURCE.replace("METHOD", method))
    delta, drive = np.linspace(-9, 9, 37), np.linspace(0, 20, 37)
    times = np.linspace(0, 5, 11)
    for _ in range(14):
        together = module.driven(delta, drive, 3.0, times, 1e-7)
    assert "at a time" in str(module.driven.explain(delta, drive, 3.0, times, 1e-7))
    alone = np.array([module.driven(d, x, 3.0, times, 1e-7) for d, x in zip(delta, drive, strict=True)])
    assert together.tobytes() == alone.tobytes()


# ── strong damping ───────────────────────────────────────────────────────────────────────────────────────────────

STIFF = """
from evolution import stiff_linear
fn coupled(kappa: Rate, w: Rate, start: Time, times: [Time], relative: Scalar) = stiff_linear(
    (_t, y) -> [w * y[1], -w * y[0] - kappa * (y[1] - y[2]), -1000 * kappa * (y[2] - y[0])],
    y -> y, [1, 0, 1], start, times, relative)
fn following(rate: Rate, t: Time) = stiff_linear(
    (t, y) -> [-rate * (y[0] - cos(t / 1 s)) - sin(t / 1 s) / 1 s], y -> y, [2], 0 s, [t], 1e-7)[0, 0]
fn pulsed(rate: Rate, on: Time, off: Time, times: [Time]) = stiff_linear(
    (t, y) -> [-rate * (y[0] - (if on <= t and t < off { 1 } else { 0 }))],
    y -> y, [0], 0 s, times, 1e-7, 1e-7, [on, off])
fn after(rate: Rate, on: Time, off: Time) = pulsed(rate, on, off, [3 s])[0, 0]
"""


@pytest.fixture(scope="module")
def stiff() -> Kernels:
    return Kernels(STIFF)


@pytest.mark.parametrize("relative", [1e-3, 1e-4, 1e-5, 1e-6, 1e-7])
def test_damping_a_thousand_times_as_fast(stiff: Kernels, relative: float) -> None:
    operator = np.array([[0.0, 3.0, 0.0], [-3.0, -2.0, 2.0], [2000.0, 0.0, -2000.0]])
    times = np.array([0.0, 0.0, 1e-3, 0.1, 1.0, 3.0, 8.0])
    wanted = [expm(operator * t) @ [1.0, 0.0, 1.0] for t in times]
    assert np.abs(stiff.coupled(2.0, 3.0, -1.0, times - 1, relative) - wanted).max() < 10 * relative


@pytest.mark.parametrize("rate", [1.0, 1e3, 1e6])
def test_what_moves_slowly_is_followed(stiff: Kernels, rate: float) -> None:
    """cos(t) + exp(-rate t): f is not only linear, and depends on the time."""
    assert stiff.following(rate, 3.0) == pytest.approx(math.cos(3.0) + math.exp(-3 * rate), abs=1e-6)


def test_strong_damping_switched_on_and_off(stiff: Kernels) -> None:
    times = np.array([0.5, 1.0, 1.5, 2.0, 2.5, 3.0])
    on = np.clip(times, 1, 2) - 1
    wanted = -np.expm1(-4 * on) * np.exp(-4 * np.maximum(times - 2, 0))
    np.testing.assert_allclose(stiff.pulsed(4.0, 1.0, 2.0, times)[:, 0], wanted, atol=1e-6)


def test_slopes_under_strong_damping(stiff: Kernels) -> None:
    late = math.exp(-15.0)
    slopes = stiff.gradient("following", 5.0, 3.0)
    assert slopes == pytest.approx({"rate": -3 * late, "t": -math.sin(3.0) - 5 * late}, abs=1e-6)
    slopes = stiff.gradient("after", 4.0, 1.0, 2.0)
    assert slopes["on"] == pytest.approx(-4 * math.exp(-8.0), abs=1e-6)
    assert slopes["off"] == pytest.approx(4 * math.exp(-4.0), abs=1e-6)
