"""Long states by products with an operator, of Chebyshev's polynomials and of Krylov's spaces, against dense ones."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.special import jv
from tests.stdlib.running import Kernels

import qdsl
from qdsl.runtime.kernel import KernelError

RING = """
fn hopping(j: Rate, v: Rate, y: [Scalar; n]) -> [Rate] {
    let half = div(len(y), 2)
    [if i < half {
        v * mod(i, 2) * y[half + i] - j * (y[half + mod(i + 1, half)] + y[half + mod(i + half - 1, half)])
    } else {
        j * (y[mod(i + 1, half)] + y[mod(i + half - 1, half)]) - v * mod(i - half, 2) * y[i - half]
    } for i in range(len(y))]
}
fn first(n: Int) = [if i == 0 { 1 } else { 0 } for i in range(n)]
"""

BY_METHOD = {
    "chebyshev": """
from chebyshev import chebyshev
fn ring(j: Rate, v: Rate, start: Time, times: [Time], relative: Scalar) =
    chebyshev(y -> hopping(j, v, y), y -> y, first(60), start, times, -4 Bq, 4 Bq, relative)
fn ring_at(j: Rate, v: Rate, t: Time) = chebyshev(
    y -> hopping(j, v, y), y -> [y[0]^2 + y[30]^2], first(60), 0 s, [t], -4 Bq, 4 Bq, 1e-12)[0, 0]
fn at_rest(drive: Rate, delta: Rate) = chebyshev(y -> [
    drive * y[3], -drive * y[2], drive * y[1] - delta * y[3], -drive * y[0] + delta * y[2]
], y -> y, [1, 0, 0, 0], 0 s, [2 s], -4 Bq, 4 Bq, 1e-12)[0, 3]
""",
    "krylov": """
from krylov import krylov
fn ring(j: Rate, v: Rate, start: Time, times: [Time], relative: Scalar) =
    krylov(y -> hopping(j, v, y), y -> y, first(60), start, times, relative)
fn ring_at(j: Rate, v: Rate, t: Time) =
    krylov(y -> hopping(j, v, y), y -> [y[0]^2 + y[30]^2], first(60), 0 s, [t], 1e-12)[0, 0]
fn at_rest(drive: Rate, delta: Rate) = krylov(y -> [
    drive * y[3], -drive * y[2], drive * y[1] - delta * y[3], -drive * y[0] + delta * y[2]
], y -> y, [1, 0, 0, 0], 0 s, [2 s], 1e-12)[0, 3]
""",
}

OTHERS = """
from chebyshev import chebyshev, bessel
from krylov import krylov
from matrix_exponential import of_vector
fn orders(x: Scalar) = bessel(x)
fn too_narrow(times: [Time]) =
    chebyshev(y -> [3 Bq * y[1], -3 Bq * y[0]], y -> y, [0, 1], 0 s, times, -1 Bq, 1 Bq)
fn still(times: [Time]) = chebyshev(y -> 0 Bq * y, y -> y, [3, 4], 0 s, times, 0 Bq, 0 Bq)
fn dense(a: [Rate; n, n], y0: [Scalar; n], times: [Time], relative: Scalar, absolute: Scalar) =
    krylov(y -> of_vector(a, y), y -> y, y0, 0 s, times, relative, absolute)
fn grown(rate: Rate, t: Time) = krylov(y -> rate * y, y -> y, [2], 0 s, [t], 1e-10)[0, 0]
fn at_zero(drive: Rate, t: Time) = krylov(y -> [drive * y[1], drive * y[0]], y -> y, [1, 0], 0 s, [t], 1e-10)[0, 1]
"""

TIMES = np.array([0.0, 0.0, 1e-7, 0.5, 1.0, 1.5, 2.0, 7.0, 20.0, 20.0, 21.5, 60.0])


@pytest.fixture(scope="module", params=BY_METHOD)
def compiled(request: pytest.FixtureRequest) -> Kernels:
    return Kernels(RING + BY_METHOD[request.param])


@pytest.fixture(scope="module")
def others() -> Kernels:
    return Kernels(OTHERS)


def hopping(j: float, v: float) -> np.ndarray:
    energy = np.diag(np.where(np.arange(30) % 2, v, 0.0))
    energy -= j * (np.roll(np.eye(30), 1, axis=0) + np.roll(np.eye(30), -1, axis=0))
    nothing = np.zeros((30, 30))
    return np.block([[nothing, energy], [-energy, nothing]])


def slope_of(f: Callable[[float], float], x: float, h: float = 1e-2) -> float:
    """A derivative by differences of order 8."""
    weights = ((4 / 5, 1), (-1 / 5, 2), (4 / 105, 3), (-1 / 280, 4))
    return sum(w * (f(x + k * h) - f(x - k * h)) for w, k in weights) / h


@pytest.mark.parametrize("relative", [1e-4, 1e-6, 1e-8, 1e-10, 1e-12])
@pytest.mark.parametrize("start", [0.0, -3.0])
def test_errors_keep_what_was_asked(compiled: Kernels, relative: float, start: float) -> None:
    found = compiled.ring(1.0, 0.5, start, start + TIMES, relative)
    wanted = [expm(hopping(1.0, 0.5) * t)[:, 0] for t in TIMES]
    assert np.linalg.norm(found - wanted, axis=1).max() < relative + 1e-13


def test_many_times_cost_no_accuracy(compiled: Kernels) -> None:
    times = np.linspace(0, 4, 401)
    found = compiled.ring(1.0, 0.0, 0.0, times, 1e-10)
    np.testing.assert_allclose(found[:, 0], jv(0, 2 * times), atol=1e-9)


def test_slopes(compiled: Kernels) -> None:
    j, v, t = 1.0, 0.5, 7.0
    slopes = compiled.gradient("ring_at", j, v, t)
    assert slopes["j"] == pytest.approx(slope_of(lambda x: compiled.ring_at(x, v, t), j, 3e-3), abs=1e-8)
    assert slopes["v"] == pytest.approx(slope_of(lambda x: compiled.ring_at(j, x, t), v), abs=1e-8)
    assert slopes["t"] == pytest.approx(slope_of(lambda x: compiled.ring_at(j, v, x), t), abs=1e-8)
    assert compiled.gradient("ring_at", j, v, 0.0)["t"] == pytest.approx(0.0, abs=1e-13)


def test_slopes_where_the_state_is_at_rest(compiled: Kernels) -> None:
    assert compiled.at_rest(0.0, 3.0) == 0.0
    assert compiled.gradient("at_rest", 0.0, 3.0)["drive"] == pytest.approx(-math.sin(6.0) / 3, abs=1e-11)


def test_times_have_to_ascend(compiled: Kernels) -> None:
    for start, times in ((0.0, [1.0, 0.5]), (1.0, [0.5])):
        with pytest.raises(KernelError, match="the times must ascend"):
            compiled.ring(1.0, 0.0, start, np.array(times), 1e-8)


@pytest.mark.parametrize("method", BY_METHOD)
def test_lanes_give_the_same_bits(method: str) -> None:
    module = qdsl.compile(RING + BY_METHOD[method])
    hops, times = np.linspace(-1.9, 1.9, 21), np.array([0.0, 0.1, 0.2, 0.5, 9.0])
    for _ in range(14):
        together = module.ring(hops, 0.1, 0.0, times, 1e-9)
    assert "at a time" in str(module.ring.explain(hops, 0.1, 0.0, times, 1e-9))
    alone = np.array([module.ring(j, 0.1, 0.0, times, 1e-9) for j in hops])
    assert together.tobytes() == alone.tobytes()


# ── Chebyshev ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("x", [0.0, 1e-12, 1e-3, 0.7, 2.404825557695773, 5.0, 17.3, 32.0])
def test_bessel_functions(others: Kernels, x: float) -> None:
    found = others.orders(x)
    np.testing.assert_allclose(found, jv(np.arange(len(found)), x), rtol=0, atol=4e-16)


def test_what_turns_too_fast_stops(others: Kernels) -> None:
    with pytest.raises(KernelError, match="the state has frequencies outside of -1 to 1"):
        others.too_narrow(np.array([9.0]))
    assert others.still(np.array([0.0, 9.0])).tolist() == [[3.0, 4.0], [3.0, 4.0]]


# ── Krylov ───────────────────────────────────────────────────────────────────────────────────────────────────────


def damped(n: int, drive: float, bend: float, loss: float) -> np.ndarray:
    """The Lindblad equation of a driven and damped oscillator, for the real and the imaginary parts."""
    a, unit = np.diag(np.sqrt(np.arange(1, n)), 1), np.eye(n)
    count = a.T @ a
    energy = drive * (a + a.T) + bend * count @ count
    super_ = -1j * (np.kron(energy, unit) - np.kron(unit, energy.T))
    super_ += loss * (np.kron(a, a) - (np.kron(count, unit) + np.kron(unit, count)) / 2)
    return np.block([[super_.real, -super_.imag], [super_.imag, super_.real]])


@pytest.mark.parametrize("relative", [1e-4, 1e-8, 1e-11])
@pytest.mark.parametrize("loss", [0.1, 4.0])
def test_a_damped_oscillator(others: Kernels, loss: float, relative: float) -> None:
    operator = damped(8, 0.7, 0.3, loss)
    y0 = np.zeros(128)
    y0[[0, 63]] = 0.5
    times = np.array([0.1, 1.0, 3.0, 10.0])
    wanted = [expm(operator * t) @ y0 for t in times]
    found = others.dense(operator, y0, times, relative, 0.0)
    assert np.linalg.norm(found - wanted, axis=1).max() < relative


@pytest.mark.parametrize("relative", [1e-4, 1e-8, 1e-11])
def test_what_is_far_from_normal(others: Kernels, relative: float) -> None:
    rng = np.random.default_rng(3)
    upper = np.triu(rng.normal(size=(50, 50)), 1) - np.diag(np.arange(50) * 0.3)
    stream = 30 * np.eye(50, k=1) - 31 * np.eye(50) + np.eye(50, k=-1)
    for operator in (upper, stream, np.diag(rng.normal(size=50))):
        wanted = np.array([expm(operator * t) @ np.ones(50) for t in (0.1, 1.0, 3.0)])
        found = others.dense(operator, np.ones(50), np.array([0.1, 1.0, 3.0]), relative, 0.0)
        assert (np.linalg.norm(found - wanted, axis=1) / np.linalg.norm(wanted, axis=1)).max() < relative


def test_growth_nothing_and_absolute_errors(others: Kernels) -> None:
    assert others.grown(2.0, 5.0) == pytest.approx(2 * math.exp(10.0), rel=1e-9)
    assert others.grown(-2.0, 5.0) == pytest.approx(2 * math.exp(-10.0), abs=1e-10)
    operator = np.array([[0.0, 3.0], [-3.0, 0.0]])
    found = others.dense(operator, np.array([0.0, 1.0]), np.array([2.0]), 0.0, 1e-9)
    assert found[0, 0] == pytest.approx(math.sin(6.0), abs=1e-9)
    assert others.dense(operator, np.zeros(2), np.array([2.0]), 1e-8, 0.0).tolist() == [[0.0, 0.0]]
    assert others.dense(np.zeros((2, 2)), np.ones(2), np.array([0.0, 2.0]), 1e-8, 0.0).tolist() == [[1.0, 1.0]] * 2
    assert others.gradient("at_zero", 0.0, 3.0)["drive"] == pytest.approx(3.0, rel=1e-14)
