"""Starts from the data: even points, ranges, frequencies, plain names, and all of them together."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from qdsl.runtime.fit.even import even
from qdsl.runtime.fit.guesses import Trials, guessed
from qdsl.runtime.fit.oscillations import extremes, frequencies
from qdsl.runtime.fit.ranges import Range, spread, within

Array = NDArray[Any]
T = np.linspace(0.0, 10.0, 101)


def test_points_are_even() -> None:
    points = even(2, 256)
    counts = np.histogram2d(*points, bins=8, range=[(0, 1), (0, 1)])[0]
    assert counts.min() >= 3
    assert counts.max() <= 5
    assert (even(2, 512)[:, :256] == points).all()


def test_a_range_gets_what_its_weight_says() -> None:
    ranges = [Range(1e-9, 1e-3, 3.0, True), Range(-2.0, -1.0, 1.0)]
    values = spread(ranges, (np.arange(4000) + 0.5) / 4000)
    small = values[values > 0]
    assert len(small) == 3000
    assert np.histogram(np.log10(small), bins=6, range=(-9, -3))[0].tolist() == [500] * 6
    assert np.histogram(values[values < 0], bins=4, range=(-2, -1))[0].tolist() == [250] * 4


def test_bounds_cut_ranges() -> None:
    ranges = [Range(-5.0, 5.0), Range(-9.0, -6.0)]
    assert within(ranges, 0.0, math.inf) == [Range(0.0, 5.0)]
    assert within(ranges, 7.0, math.inf)[0].low == 7.0
    assert within(ranges, -math.inf, -20.0)[0].high == -20.0
    assert all(0.0 <= each.low < each.high <= 2.0 for each in within(ranges, 0.0, 2.0))


@pytest.mark.parametrize("f", [0.31, 1.27, 4.4])
def test_frequencies_of_even_and_uneven_data(f: float) -> None:
    uneven = np.sort(np.random.default_rng(1).uniform(0, 10, 101))
    for t in T, uneven:
        best = frequencies(t, 3.0 + np.cos(2 * np.pi * f * t + 1.0) * np.exp(-t / 8))[0]
        assert abs(best - f) < 0.5 / 10


def test_extremes_are_where_peaks_and_dips_are() -> None:
    y = np.exp(-(((T - 3) / 0.3) ** 2)) - 0.7 * np.exp(-(((T - 7.5) / 0.3) ** 2))
    assert extremes(T, y, 2) == pytest.approx([3.0, 7.5], abs=0.15)


def trials(means: Any, truth: list[float], ranges: list[list[Range]], **named: Any) -> Trials:
    observed = means(np.array([truth]))[0]
    noisy = observed + 0.01 * np.random.default_rng(2).normal(size=observed.size)
    free = np.full(len(truth), np.inf)
    return replace(
        Trials(
            means=means,
            observed=noisy,
            weights=np.full(observed.size, 100.0),
            ranges=ranges,
            low=-free,
            high=free,
            given=np.full(len(truth), np.nan),
            loss=lambda x: float(((means(x[None])[0] - noisy) ** 2).sum()),
        ),
        **named,
    )


SIZES = [Range(0.05, 100.0, 1.0, True), Range(-100.0, -0.05, 0.25, True)]
PLACES = [Range(-1.0, 11.0)]
HEIGHTS = [Range(-1.0, 1.0)]
PHASES = [Range(-math.pi, math.pi)]


def wave(p: Array) -> Array:
    a, w, phase, tau = p.T[:, :, None]
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(a * np.cos(w * T + phase) * np.exp(-T / tau))


def lines(p: Array) -> Array:
    a, m, s, b, n, r = p.T[:, :, None]
    return np.asarray(a * np.exp(-(((T - m) / s) ** 2)) + b * np.exp(-(((T - n) / r) ** 2)))


def test_a_wave_is_found_by_its_plainest_name() -> None:
    """Positive amplitude, lowest frequency, a phase within half a turn."""
    truth = [0.8, 5.3, 2.6, 6.0]
    rates = [Range(0.0, 10 * math.pi)]
    start = guessed(trials(wave, truth, [HEIGHTS, rates, PHASES, SIZES], phases=[2], folds={1: [20 * math.pi]}))[0]
    assert start == pytest.approx(truth, rel=0.05)


def test_equal_terms_come_in_ascending_order() -> None:
    truth = [0.5, 3.0, 0.4, 0.9, 7.0, 0.8]
    start = guessed(trials(lines, truth, [HEIGHTS, PLACES, SIZES, HEIGHTS, PLACES, SIZES]))[0]
    assert start == pytest.approx(truth, rel=0.05)


def test_what_is_given_stays() -> None:
    """tau is given wrongly: it is where the search begins, and the others are found beside it."""
    given = np.array([np.nan, np.nan, np.nan, 4.0])
    rates = [Range(0.0, 10 * math.pi)]
    some = trials(wave, [0.8, 5.3, 2.6, 6.0], [HEIGHTS, rates, PHASES, SIZES], given=given)
    start = guessed(some)[0]
    assert start[3] == 4.0
    assert abs(start[1]) == pytest.approx(5.3, rel=0.05)


def test_it_repeats() -> None:
    some = trials(lines, [0.5, 3.0, 0.4, 0.9, 7.0, 0.8], [HEIGHTS, PLACES, SIZES, HEIGHTS, PLACES, SIZES])
    assert [each.tolist() for each in guessed(some)] == [each.tolist() for each in guessed(some)]


def test_nowhere_defined() -> None:
    some = trials(wave, [0.8, 5.3, 2.6, 6.0], [HEIGHTS, [Range(0.0, 30.0)], PHASES, SIZES])
    assert guessed(replace(some, means=lambda p: np.full((len(p), 101), np.nan))) == []


def test_starts_at_which_the_data_are_possible() -> None:
    """Least squares would take a probability above 1; the start is moved towards plain data until it is none."""

    def shares(p: Array) -> Array:
        return np.asarray(p[:, :1] + p[:, 1:] * np.exp(-T))

    truth = np.array([0.02, 0.97])
    observed = np.clip(shares(truth[None])[0] + 0.05 * np.random.default_rng(4).normal(size=101), 0.0, 1.0)

    def loss(x: Array) -> float:
        p = shares(x[None])[0]
        if not ((p > 0.0) & (p < 1.0)).all():
            return math.inf
        return -float((observed * np.log(p) + (1 - observed) * np.log(1 - p)).sum())

    some = trials(shares, truth.tolist(), [HEIGHTS, HEIGHTS])
    some = replace(some, observed=observed + 0.06 * np.exp(-T), loss=loss, plain=np.full(101, observed.mean()))
    (start,) = guessed(some)
    assert math.isfinite(loss(start))
