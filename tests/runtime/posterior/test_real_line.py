"""The way to the real line and back, its derivatives, and the density there."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import log_expit

from qdsl.runtime.fit import Parameter
from qdsl.runtime.fit.objective import Matrix
from qdsl.runtime.posterior.real_line import RealLine
from qdsl.runtime.posterior.unbounded import Unbounded

Vector = NDArray[np.float64]

KINDS = (
    Parameter("both", 2e-6, 1e-6, 1e-3),
    Parameter("held", 5.0, 5.0, 5.0),
    Parameter("above", 3.0, 1.0),
    Parameter("below", -2.0, high=4.0),
    Parameter("free", 7.0),
)
LINE = RealLine(KINDS)


def written_out(z: Vector) -> tuple[Vector, float]:
    """All x, and log |dx/dz| summed, from the formulas."""
    both, above, below, free = z
    width = 1e-3 - 1e-6
    x = np.array(
        [1e-6 + width * math.exp(log_expit(both)), 5.0, 1 + 2 * math.exp(above), 4 - 6 * math.exp(below), 7 * free]
    )
    logs = [math.log(width) + log_expit(both) + log_expit(-both), math.log(2) + above, math.log(6) + below, math.log(7)]
    return x, float(sum(logs))


@given(st.lists(st.floats(-6, 6), min_size=4, max_size=4))
def test_there_and_back(values: list[float]) -> None:
    z = np.array(values)
    place = LINE.at(z)
    x, log_slope = written_out(z)
    assert place.x == pytest.approx(x, rel=1e-12)
    assert place.log_slope == pytest.approx(log_slope, abs=1e-12)
    assert LINE.inward(place.x) == pytest.approx(z, abs=1e-9)


@given(st.lists(st.floats(-50, 50), min_size=4, max_size=4))
def test_few_and_many_are_the_same(values: list[float]) -> None:
    z = np.array(values)
    few, many = LINE._at_few(values), LINE._at_many(z)
    for one, other in zip(few, many, strict=True):
        assert one == pytest.approx(other, rel=1e-13, abs=0.0)


@pytest.mark.parametrize("far", [-800.0, 800.0])
def test_bounds_are_never_left(far: float) -> None:
    with np.errstate(over="ignore"):
        x = LINE.at(np.array([far, 0.0, 0.0, 0.0])).x
    assert 1e-6 <= x[0] <= 1e-3


def test_bounds_themselves_have_a_place() -> None:
    z = LINE.inward(np.array([1e-6, 5.0, 1.0, 4.0, 0.0]))
    assert np.isfinite(z).all()
    x = LINE.at(z).x
    assert 1e-6 < x[0] < 1e-3
    assert x[2] > 1.0
    assert x[3] < 4.0


class Quartic:
    """-log density whose derivatives are known: the sum of (x - c)⁴ / s and of products of neighbours."""

    parameters = KINDS
    n_points = 1
    centre = np.array([4e-4, 5.0, 2.0, 1.0, 0.5])
    scale = np.array([1e-14, 1.0, 2.0, 3.0, 4.0])

    def evaluate(self, x: Vector, order: int) -> tuple[float, Vector | None, Matrix | None]:
        away, near = x - self.centre, np.array([0, 0, x[3], x[2] + x[4], x[3]])
        value = float((away**4 / self.scale).sum() + x[2] * x[3] + x[3] * x[4])
        hessian = np.diag(12 * away**2 / self.scale)
        hessian[2, 3] = hessian[3, 2] = hessian[3, 4] = hessian[4, 3] = 1.0
        return value, 4 * away**3 / self.scale + near, hessian

    def information(self, x: Vector) -> Matrix:
        return np.eye(5)

    def deviance(self, x: Vector) -> float | None:
        return None

    def constant(self) -> float:
        return 0.0


def test_the_density_has_its_factor_and_exact_derivatives() -> None:
    density = Unbounded(Quartic(), LINE, np.zeros(4))
    z, step = np.array([-0.6, 0.2, -0.4, 0.3]), 1e-5
    value, gradient, hessian = density.evaluate(z, 2)
    x, log_slope = written_out(z)
    assert value == pytest.approx(Quartic().evaluate(x, 0)[0] - log_slope, rel=1e-12)
    for k in range(4):
        away = step * np.eye(4)[k]
        above, below = density.evaluate(z + away, 1), density.evaluate(z - away, 1)
        assert gradient is not None
        assert hessian is not None
        assert gradient[k] == pytest.approx((above[0] - below[0]) / (2 * step), rel=1e-6, abs=1e-6)
        assert hessian[k] == pytest.approx(np.subtract(above[1], below[1]) / (2 * step), rel=1e-6, abs=1e-6)
