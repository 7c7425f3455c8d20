"""Stiff equations against SciPy's Radau at tight tolerances, closed forms, and the conditions of the method's order."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from tests.stdlib.running import Kernels

from qdsl.runtime.kernel import KernelError

SOURCE = """
from stiff import solve_stiff, rodas4
fn table() = rodas4()
fn robertson(times: [Scalar], relative: Scalar) = solve_stiff((_t, y) -> [
    -0.04 * y[0] + 1e4 * y[1] * y[2],
    0.04 * y[0] - 1e4 * y[1] * y[2] - 3e7 * y[1]^2,
    3e7 * y[1]^2], [1, 0, 0], times, relative, 1e-10)
fn van_der_pol(mu: Scalar, times: [Scalar]) =
    solve_stiff((_t, y) -> [y[1], mu * ((1 - y[0]^2) * y[1] - y[0])], [2, 0], times, 1e-7)
fn following(rate: Scalar, t: Scalar) =
    solve_stiff((t, y) -> [-rate * (y[0] - cos(t)) - sin(t)], [2], [0, t], 1e-8, 1e-10)[1, 0]
fn growing(a: Scalar, t: Scalar) = solve_stiff((t, y) -> [-a * t * y[0]^2], [1], [0, t], 1e-8)[1, 0]
fn in_units(rate: Rate, t: Time) -> Voltage = solve_stiff((_t, y) -> -rate * y, [3 V], [0 s, t], 1e-8)[1, 0]
fn exploding() = solve_stiff((_t, y) -> [y[0]^2], [1], [0, 2])[1, 0]
"""


@pytest.fixture(scope="module")
def compiled() -> Kernels:
    return Kernels(SOURCE)


def test_the_table_has_its_order(compiled: Kernels) -> None:
    """Hairer and Wanner II, table 7.1 of section IV.7: the conditions of orders 1 to 4, for the result and between.

    The printed coefficients are those for u = Gamma k: with C = diag(1/gamma) - inverse(Gamma), a = A inverse(Gamma)
    and m = b inverse(Gamma).
    """
    table = compiled.table()
    gamma = table["d"][0]
    whole = np.linalg.inv(np.eye(6) / gamma - table["c"])  # the matrix of gamma[i, j], gamma on its diagonal
    alpha = table["a"] @ whole
    m = table["a"][5] + np.eye(6)[5]
    b = m @ whole
    both = alpha + whole
    beta, early = both.sum(1), alpha.sum(1)
    assert early == pytest.approx(table["times"], abs=1e-13)
    assert whole.sum(1) == pytest.approx(table["d"], abs=1e-13)
    assert b.sum() == pytest.approx(1, abs=1e-13)
    assert b @ beta == pytest.approx(1 / 2, abs=1e-13)
    assert b @ early**2 == pytest.approx(1 / 3, abs=1e-13)
    assert b @ both @ beta == pytest.approx(1 / 6, abs=1e-13)
    assert b @ early**3 == pytest.approx(1 / 4, abs=1e-13)
    assert b @ (early * (alpha @ beta)) == pytest.approx(1 / 8, abs=1e-13)
    assert b @ both @ early**2 == pytest.approx(1 / 12, abs=1e-13)
    assert b @ both @ both @ beta == pytest.approx(1 / 24, abs=1e-13)


def test_robertsons_reaction(compiled: Kernels) -> None:
    """Eleven powers of ten in time; the values at 1e11 are those of the test set of Mazzia and Magherini."""
    times = np.array([0.0, 0.4, 40.0, 4e5, 1e11])
    found = compiled.robertson(times, 1e-7)
    np.testing.assert_allclose(found.sum(1), 1.0, atol=1e-9)
    assert found[4] == pytest.approx([0.2083340149701255e-7, 0.8333360770334713e-13, 0.9999999791665050], abs=1e-9)

    def slope(t: float, y: np.ndarray) -> list[float]:
        slow, fast = 0.04 * y[0], 1e4 * y[1] * y[2]
        return [fast - slow, slow - fast - 3e7 * y[1] ** 2, 3e7 * y[1] ** 2]

    peer = solve_ivp(slope, (0, 4e5), [1, 0, 0], "Radau", times[:4], rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(found[:4], peer.y.T, rtol=1e-6, atol=1e-6)


def test_a_stiff_oscillator(compiled: Kernels) -> None:
    mu, times = 1e4, np.linspace(0, 2, 21)
    peer = solve_ivp(
        lambda t, y: [y[1], mu * ((1 - y[0] ** 2) * y[1] - y[0])],
        (0, 2),
        [2, 0],
        "Radau",
        times,
        rtol=1e-10,
        atol=1e-12,
    )
    np.testing.assert_allclose(compiled.van_der_pol(mu, times)[:, 0], peer.y[0], rtol=1e-4)


@pytest.mark.parametrize("rate", [1.0, 1e3, 1e6])
def test_the_solution_is_followed(compiled: Kernels, rate: float) -> None:
    """cos(t) + exp(-rate t)."""
    assert compiled.following(rate, 3.0) == pytest.approx(math.cos(3.0) + math.exp(-3.0 * rate), rel=2e-7)


def test_slopes(compiled: Kernels) -> None:
    """1 / (1 + a t^2 / 2)."""
    a, t = 1.7, 2.0
    value = 1 / (1 + a * t * t / 2)
    assert compiled.growing(a, t) == pytest.approx(value, rel=1e-6)
    slopes = compiled.gradient("growing", a, t)
    assert slopes == pytest.approx({"a": -(value**2) * t * t / 2, "t": -(value**2) * a * t}, rel=1e-5)
    assert compiled.in_units(2.0, 1.5) == pytest.approx(3 * math.exp(-3), rel=1e-6)


def test_what_ends_before_stops(compiled: Kernels) -> None:
    with pytest.raises(KernelError, match="no convergence in"):
        compiled.exploding()
