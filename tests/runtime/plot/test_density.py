"""A smooth line of draws: what it integrates to, where a density is known, and what it does at a bound."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import gaussian_kde, norm

from qdsl.runtime.plot.density import kernel_density


def test_it_integrates_to_one() -> None:
    draws = np.random.default_rng(1).gamma(2.0, size=500)
    for low, high in ((-np.inf, np.inf), (0.0, np.inf), (0.0, float(draws.max()))):
        xs, ys = kernel_density(draws, low, high)
        assert ys.sum() * (xs[1] - xs[0]) == pytest.approx(1.0, abs=1e-3)


def test_without_bounds_it_is_the_kernel_estimate_of_scipy() -> None:
    draws = np.random.default_rng(2).normal(3.0, 0.1, size=400)
    xs, ys = kernel_density(draws)
    spread = min(draws.std(), (np.quantile(draws, 0.75) - np.quantile(draws, 0.25)) / 1.34)
    width = 0.9 * spread * len(draws) ** -0.2
    known = gaussian_kde(draws, bw_method=width / draws.std(ddof=1))(xs)
    assert ys == pytest.approx(known, abs=0.01 * known.max())


def test_the_density_of_many_normal_draws_is_normal() -> None:
    draws = norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    xs, ys = kernel_density(draws)
    assert ys == pytest.approx(norm.pdf(xs), abs=0.01)


def test_it_does_not_sink_at_a_bound() -> None:
    even = (np.arange(10_000) + 0.5) / 10_000
    xs, ys = kernel_density(even, 0.0, 1.0)
    assert (xs[0] > 0.0, xs[-1] < 1.0) == (True, True)
    assert ys == pytest.approx(np.ones(len(ys)), abs=0.02)
    assert kernel_density(even)[1][0] < 0.1


def test_draws_that_do_not_vary_have_no_line() -> None:
    xs, ys = kernel_density(np.full(9, 2.0))
    assert (len(xs), len(ys)) == (0, 0)
