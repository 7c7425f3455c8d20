"""Pulses: their areas, what they are at their edges, and what the correction of `drag_pulse` is for."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import quad
from tests.stdlib.running import Kernels

KERNELS = Kernels("""
fn square(t: Time) -> Frequency = square_pulse(t, 3 Hz, 1 s, 2 s)
fn flat(t: Time) -> Frequency = flat_top_pulse(t, 3 Hz, 1 s, 4 s, 1.5 s)
fn bell(t: Time) -> Frequency = gaussian_pulse(t, 3 Hz, 5 s, 0.5 s)
fn of_area(t: Time) -> Rate = gaussian_pulse_of_area(t, 3.0, 5 s, 0.5 s)
fn cut(t: Time) -> Frequency = cut_gaussian_pulse(t, 3 Hz, 4 s, 2 s, 0.5 s)
fn cosine(t: Time) -> Frequency = cosine_pulse(t, 3 Hz, 1 s, 4 s)
fn sech(t: Time) -> Frequency = sech_pulse(t, 3 Hz, 5 s, 0.5 s)
fn drag(t: Time) -> Complex<Frequency> = drag_pulse(t, 3 Hz, 5 s, 0.5 s, -4 / 1 s, 0.7)
fn lines(t: Time, times: [Time; n], values: [Voltage; n]) -> Voltage = linear_pulse(t, times, values)
fn steps(t: Time, times: [Time], values: [Voltage]) -> Voltage = step_pulse(t, times, values)
fn slope(t: Time) -> Frequency/Time = grad(bell)(t)
""")


@pytest.mark.parametrize(
    ("name", "area", "low", "high"),
    [
        ("square", 6, 1, 3),
        ("flat", 3 * 2.5, 1, 5),
        ("bell", 1.5 * math.sqrt(2 * math.pi), 0, 10),
        ("of_area", 3, 0, 10),
        ("cosine", 6, 1, 5),
        ("sech", 1.5 * math.pi, -15, 25),
    ],
)
def test_areas(name: str, area: float, low: float, high: float) -> None:
    found, _ = quad(getattr(KERNELS, name), low, high, epsabs=1e-12, limit=200)
    assert found == pytest.approx(area, rel=1e-9)


@pytest.mark.parametrize(("name", "start", "end"), [("square", 1, 3), ("flat", 1, 5), ("cosine", 1, 5), ("cut", 4, 6)])
def test_there_is_nothing_beyond_a_pulse(name: str, start: float, end: float) -> None:
    pulse = getattr(KERNELS, name)
    assert [pulse(start - 1e-9), pulse(end + 1e-9)] == [0, 0]
    if name != "square":
        assert_allclose([pulse(start + 1e-9), pulse(end - 1e-9)], 0, atol=1e-7)


def test_the_quadrature_of_drag_is_the_slope_over_the_anharmonicity() -> None:
    for t in (4.2, 5.0, 5.9):
        z = KERNELS.drag(t)
        assert z.real == pytest.approx(KERNELS.bell(t), rel=1e-15)
        assert z.imag == pytest.approx(-0.7 * KERNELS.slope(t) / -4, rel=1e-13)


def test_samples() -> None:
    times, values = np.array([1.0, 2.0, 4.0, 4.5]), np.array([0.5, -1.0, 3.0, 2.0])
    for t in (0.9, 1.0, 1.3, 2.0, 3.9, 4.5, 4.6):
        inside = 1.0 <= t <= 4.5
        assert KERNELS.lines(t, times, values) == pytest.approx(np.interp(t, times, values) if inside else 0, abs=1e-15)
    found = [KERNELS.steps(t, times, values[:3]) for t in (0.9, 1.0, 1.9, 2.0, 4.2, 4.5)]
    assert found == [0, 0.5, 0.5, -1, 3, 0]


def test_drag_leaves_the_third_level_of_a_transmon_alone() -> None:
    transmon = Kernels("""
space t: Level(4)
fn h(s: Time, beta: Scalar) -> Operator<Rate> {
    let e = drag_pulse(s, 0.25 / 1 ns, 12 ns, 3 ns, 2pi * (-0.2 GHz), beta)
    transmon(t, 0 / 1 s, 2pi * (-0.2 GHz)) + real(e) * (a(t) + a(t)†) / 2 + imag(e) * 1i * (a(t)† - a(t)) / 2
}
fn lost(beta: Scalar) -> Scalar = expect(P(t, 2), evolve(s -> h(s, beta), |0>(t), 24 ns))
""")
    assert transmon.lost(0.0) > 3e-5
    assert transmon.lost(1.0) < 2e-6
