"""Residuals that are noise, and some that are not: of one set and of many, by compiled code and without."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import signal
from scipy.stats import chi2

import qdsl
from qdsl.runtime.experiment.model import Model, model_of
from qdsl.runtime.experiment.whiteness import CORRELATED_BELOW, are_correlated, correlated_sets, noise_probability

MODELS: Any = qdsl.compile("""
experiment level {
    param a: Voltage = 0 V
    axis t: Time
    measure y ~ Normal(a)
}
experiment known {
    param a: Voltage = 0 V
    axis t: Time
    axis sigma: Voltage
    measure y ~ Normal(a, sigma)
}
""")


def model(name: str) -> Model:
    experiment = getattr(MODELS, name)
    assert experiment.params
    return model_of(experiment._live.session.environment, experiment._experiment)


def test_the_probability_is_that_of_ljung_and_box() -> None:
    """Their Q from SciPy's correlations."""
    numbers = np.random.default_rng(1).normal(size=120).cumsum()
    own = numbers - numbers.mean()
    rho = signal.correlate(own, own)[120:140] / (own @ own)
    q = 120 * 122 * (rho**2 / (120 - np.arange(1, 21))).sum()
    assert noise_probability(numbers) == pytest.approx(chi2.sf(q, 20), rel=1e-6)


def test_noise_is_seldom_taken_for_more() -> None:
    """Whatever there is of it: at most two sequences in a thousand."""
    rng = np.random.default_rng(2)
    for count in (20, 60, 100, 300):
        found = np.array([noise_probability(each) for each in rng.normal(size=(4000, count))])
        assert (found < CORRELATED_BELOW).mean() < 0.002


@pytest.mark.parametrize("name", ["level", "known"])
@pytest.mark.parametrize("kind", ["plain", "mixed", "uneven", "weighted"])
def test_many_sets_are_as_each_by_itself(name: str, kind: str) -> None:
    rng = np.random.default_rng(3)
    strength = np.linspace(0.0, 3.0, 40)[:, None]
    t = np.arange(60.0)
    y = rng.normal(size=(40, 60)) + strength * np.cos(2 * np.pi * t / 9)
    weights = np.ones((40, 60))
    if kind == "mixed":
        order = rng.permutation(60)
        t, y = t[order], y[:, order]
    elif kind == "uneven":
        t = rng.permuted(np.broadcast_to(t, y.shape), axis=1)
        y = rng.normal(size=(40, 60)) + strength * np.cos(2 * np.pi * t / 9)
    elif kind == "weighted":
        weights = rng.integers(0, 3, size=(40, 60)).astype(float)
    columns = [t, y] if name == "level" else [t, 1.0 + 0.5 * np.sin(np.arange(60.0)), y]
    values = rng.normal(size=(40, 1))
    found = correlated_sets(model(name), columns, weights, values)
    for k in range(40):
        rows = [(each if each.ndim == 1 else each[k])[weights[k] > 0] for each in columns]
        assert found[k] == are_correlated(model(name), rows, values[k])
    assert found.any()
    assert not found.all()


def test_what_has_no_scatter_or_is_too_short_tells_nothing() -> None:
    assert noise_probability(np.full(50, 3.0)) == 1.0
    assert noise_probability(np.array([1.0, 2.0, 3.0])) == 1.0
    t = np.arange(50.0)
    assert not correlated_sets(model("level"), [t, np.full((2, 50), 3.0)], np.ones((2, 50)), np.zeros((2, 1))).any()
    assert not correlated_sets(model("level"), [t[:3], np.ones((2, 3))], np.ones((2, 3)), np.zeros((2, 1))).any()
