"""Fits that begin at many points: the deepest valley is found, and others as deep are named."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.runtime.fit.test_profile import OfOne

from qdsl.lang.report import Diagnostics
from qdsl.runtime.fit import Fit, Multimodal, Objective, Parameter, fit
from qdsl.runtime.fit.starts import covering

Array = NDArray[Any]


def fitted(objective: Objective, starts: int) -> Fit:
    found = fit(objective, Diagnostics(), starts=starts)
    assert found is not None
    return found


@dataclass(frozen=True)
class Wave:
    """y = a cos(w t), sigma unknown."""

    t: Array
    y: Array
    parameters: tuple[Parameter, ...]

    @property
    def n_points(self) -> int:
        return len(self.t)

    def residuals(self, p: Array) -> Array:
        return np.asarray(p[0] * np.cos(p[1] * self.t) - self.y)

    def jacobian(self, p: Array) -> Array:
        return np.stack([np.cos(p[1] * self.t), -p[0] * self.t * np.sin(p[1] * self.t)], axis=1)


def wave(high: float, step: float = 0.25) -> Wave:
    t = np.arange(0.0, 20.0, step)
    noise = np.random.default_rng(3).normal(size=len(t))
    names = Parameter("a", 1.0, 0.1, 10.0), Parameter("w", 0.4, 0.1, high)
    return Wave(t, 2 * np.cos(5.3 * t) + 0.1 * noise, names)


def test_the_deepest_valley_is_found() -> None:
    objective = wave(high=12.0)
    alone, many = fitted(objective, 1), fitted(objective, 128)
    assert abs(alone.w.value - 5.3) > 1
    assert many.w.value == pytest.approx(5.3, abs=0.01)
    assert many.verdict.word == "converged"
    assert many.rss is not None
    assert alone.rss is not None
    assert many.rss < alone.rss / 10


def test_an_alias_is_named() -> None:
    """Samples at every 0.25 do not tell w from 8 pi - w."""
    found = fitted(wave(high=24.0), 256)
    assert isinstance(found.verdict, Multimodal)
    (other,) = found.verdict.others
    assert sorted([found.w.value, other[1]]) == pytest.approx([5.3, 8 * math.pi - 5.3], abs=0.01)
    assert str(found.verdict).startswith("multimodal(a = ")


@pytest.mark.parametrize(("deeper", "word"), [(0.1, "multimodal"), (1.9, "multimodal"), (2.1, "converged")])
def test_a_valley_that_is_too_shallow_is_no_rival(deeper: float, word: str) -> None:
    """Valleys at -1 and 1, the first deeper by so much log-likelihood; 2 is the limit."""
    tilt = deeper / 2

    def nll(p: float) -> tuple[float, float, float]:
        return (p**2 - 1) ** 2 * 40 + tilt * p, 160 * p * (p**2 - 1) + tilt, 160 * (3 * p**2 - 1)

    found = fitted(OfOne(nll, (Parameter("p", 1.0, -3.0, 3.0),)), 16)
    assert found.p.value == pytest.approx(-1.0, abs=0.02)
    assert found.verdict.word == word


def test_it_repeats() -> None:
    objective = wave(high=12.0)
    assert fitted(objective, 32).values == fitted(objective, 32).values


def test_points_cover_the_bounds() -> None:
    parameters = (
        Parameter("far", 1e-6, 1e-9, 1e-3),
        Parameter("near", 0.5, 0.0, 2.0),
        Parameter("held", 3.0, 3.0, 3.0),
        Parameter("free", -5.0),
        Parameter("half", 2.0, 0.0),
    )
    points = np.array(covering(parameters, 129))
    assert points.shape == (129, 5)
    assert points[0].tolist() == [1e-6, 0.5, 3.0, -5.0, 2.0]
    evenly, by_decades = points[1:65, 0], np.log10(points[65:, 0])
    assert np.histogram(evenly, bins=4, range=(0, 1e-3))[0].min() >= 14
    assert np.histogram(by_decades, bins=4, range=(-9, -3))[0].min() >= 14
    assert np.histogram(points[1:, 1], bins=4, range=(0, 2))[0].min() >= 31
    pairs = np.histogram2d(points[1:65, 0], points[1:65, 1], bins=4, range=[(0, 1e-3), (0, 2)])[0]
    assert pairs.min() >= 2
    assert set(points[:, 2]) == {3.0}
    assert abs(np.median(points[1:, 3]) + 5.0) < 0.5
    assert points[:, 4].min() == 0.0


def test_where_the_model_is_not_defined_at_the_start() -> None:
    """A start from which no search begins is no end of it, if others do."""

    def nll(p: float) -> tuple[float, float, float]:
        if p <= 1.0:
            return math.nan, math.nan, math.nan
        return (p - 2) ** 2 * 50, 100 * (p - 2), 100.0

    objective = OfOne(nll, (Parameter("p", 0.5, 0.0, 4.0),))
    assert fit(objective, Diagnostics()) is None
    assert fitted(objective, 16).p.value == pytest.approx(2.0)


def test_an_interrupt_keeps_the_best_and_claims_nothing() -> None:
    """Ctrl-C as the second search begins: the end of the first is the answer, and not said to be the best."""
    ended: list[float] = []

    def nll(p: float) -> tuple[float, float, float]:
        if abs(p - 2) < 1e-9:
            ended.append(p)
        elif ended:
            raise KeyboardInterrupt
        return (p - 2) ** 2 * 50, 100 * (p - 2), 100.0

    found = fitted(OfOne(nll, (Parameter("p", 3.0, 0.0, 4.0),)), 4)
    assert found.p.value == pytest.approx(2.0)
    assert str(found.verdict) == "not_converged(interrupted)"


@dataclass(frozen=True)
class Square:
    """y = x^2, sigma unknown."""

    y: Array
    parameters: tuple[Parameter, ...] = (Parameter("x", 1.0, -10.0, 10.0),)

    @property
    def n_points(self) -> int:
        return len(self.y)

    def residuals(self, p: Array) -> Array:
        return np.asarray(p[0] ** 2 - self.y)

    def jacobian(self, p: Array) -> Array:
        return np.full((len(self.y), 1), 2.0 * p[0])


def test_a_sign_that_the_data_leave_open_is_told() -> None:
    found = fitted(Square(np.array([4.1, 3.9, 4.05])), 32)
    assert isinstance(found.verdict, Multimodal)
    assert len(found.verdict.others) == 1
    assert found.verdict.others[0][0] == pytest.approx(-found.x.value, rel=1e-6)
