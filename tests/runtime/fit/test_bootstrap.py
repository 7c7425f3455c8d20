"""Bootstraps: BCa intervals as published, refits that scatter as theory says, the same from the same seed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import qdsl
from qdsl.runtime.fit import Parameter
from qdsl.runtime.fit.bootstrap import Bootstrap, _acceleration
from qdsl.runtime.value.estimate import covariance

Array = NDArray[Any]

# The spatial test of 26 children, B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap (1993), table 14.1.
SPATIAL = np.array(
    [48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6, 0, 33, 28, 34, 4, 32, 24, 47, 41, 24, 26, 30, 41.0]
)

MODELS: Any = qdsl.compile("""
experiment line {
    param a: Voltage = 1 V
    param b: Voltage/Time = 1 V/s
    axis t: Time = linspace(0 s, 10 s, 40)
    measure y ~ Normal(a + b * t)
}
experiment known {
    param a: Voltage = 1 V
    param b: Voltage/Time = 1 V/s
    axis t: Time = linspace(0 s, 10 s, 40)
    measure y ~ Normal(a + b * t, 0.3 V)
}
""")


def variances_of(data: Array) -> Array:
    return np.asarray(data.var(axis=-1))


def test_the_interval_of_a_variance_is_as_published() -> None:
    left_out = np.array([[variances_of(np.delete(SPATIAL, k))] for k in range(26)])
    assert variances_of(SPATIAL) == pytest.approx(171.5, abs=0.05)
    assert _acceleration(left_out[:, 0]) == pytest.approx(0.061, abs=0.0005)
    rows = np.random.default_rng(1).integers(26, size=(40_000, 26))
    values = variances_of(SPATIAL[rows])[:, np.newaxis]
    found = Bootstrap((Parameter("v", 1.0),), np.array([171.5]), values, left_out, 0, "rows", 1)
    # Published are 115.8 and 259.6, of 2000 resamples: their quantiles scatter by 1.5 and 3.
    assert found.interval("v", 0.9) == pytest.approx((115.8, 259.6), abs=4.5)
    assert found.interval("v", 0.9).low > np.quantile(values, 0.05)


def test_without_bias_and_skewness_the_ends_are_quantiles() -> None:
    values = np.linspace(-1.0, 1.0, 999)[:, np.newaxis]
    found = Bootstrap((Parameter("x", 1.0),), values[499], values, np.zeros((0, 1)), 0, "model", 1)
    # The i-th of B is the quantile i / (B + 1) of what they are drawn from.
    assert found.interval("x", 0.9) == pytest.approx((values[49, 0], values[949, 0]), abs=1e-12)


def test_too_few_or_lopsided_refits_tell_nothing() -> None:
    one = Bootstrap((Parameter("x", 1.0),), np.array([0.0]), np.ones((50, 1)), np.zeros((0, 1)), 0, "model", 1)
    assert one.between(0, 0.5) is None
    with pytest.raises(ValueError, match="50 refits"):
        one.interval("x")
    with pytest.raises(KeyError):
        one.interval("y")
    with pytest.raises(ValueError, match="between 0 and 1"):
        one.interval("x", 1.0)


def line(seed: int) -> dict[str, Array]:
    t = np.linspace(0, 10, 40)
    return {"t": t, "y": 2 - 0.5 * t + 0.3 * np.random.default_rng(seed).normal(size=40)}


@pytest.mark.parametrize(("name", "method"), [("line", "model"), ("known", "model"), ("line", "rows")])
def test_refits_of_a_line_scatter_as_theory_says(name: str, method: str) -> None:
    experiment = getattr(MODELS, name)
    data = line(3)
    best = experiment.fit(data)
    count = 20_000
    again = experiment.bootstrap(best, n=count, method=method, seed=5)
    design = np.stack([np.ones(40), data["t"]], axis=1)
    inner = np.linalg.inv(design.T @ design)
    left = data["y"] - design @ np.array(best.values)
    if method == "rows":  # to first order White's estimate, H. White, Econometrica 48 (1980) 817
        exact = inner @ (design.T * left**2) @ design @ inner
        tolerance = 0.1
    else:
        exact = inner * (left @ left / 38 if name == "line" else 0.3**2)
        tolerance = 6 / math.sqrt(2 * count)
    errors = np.sqrt(np.diag(again.covariance))
    assert errors == pytest.approx(np.sqrt(np.diag(exact)), rel=tolerance)
    assert again.covariance[0, 1] / errors[0] / errors[1] == pytest.approx(
        exact[0, 1] / math.sqrt(exact[0, 0] * exact[1, 1]), abs=0.05
    )
    assert np.abs(again.bias / errors).max() < 6 / math.sqrt(count)
    assert again.failed == 0


def test_estimates_carry_their_covariance() -> None:
    best = MODELS.line.fit(line(3))
    again = MODELS.line.bootstrap(best, n=500, seed=5)
    assert again.a.value == best.a.value
    assert again["a"] is again.a
    assert again.a.error == pytest.approx(math.sqrt(again.covariance[0, 0]), rel=1e-12)
    assert covariance(again.a, again.b) == pytest.approx(again.covariance[0, 1], rel=1e-12)
    assert list(again.draws) == ["a", "b"]


def test_the_same_seed_gives_the_same_refits_and_more_begin_with_them() -> None:
    best = MODELS.known.fit(line(3))
    for method in ("model", "rows"):
        few = MODELS.known.bootstrap(best, n=70, method=method, seed=5)
        many = MODELS.known.bootstrap(best, n=300, method=method, seed=5)
        other = MODELS.known.bootstrap(best, n=70, method=method, seed=6)
        np.testing.assert_allclose(few.values, many.values[:70], rtol=1e-12)
        assert not np.allclose(few.values, other.values)
    assert few.provenance is not None
    assert few.provenance.seed == 5


def test_a_fit_of_another_experiment_is_refused() -> None:
    other = qdsl.compile("experiment level {\nparam c: Voltage = 1 V\naxis t: Time\nmeasure y ~ Normal(c)\n}").level
    with pytest.raises(ValueError, match="no fit of level"):
        other.bootstrap(MODELS.line.fit(line(3)), n=10)
