"""How often a right model is rejected, and what stays of a fit that is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom
from tests.runtime.fit.decay import measured

import qdsl
from qdsl.lang.report import Diagnostics
from qdsl.runtime.fit import AtBound, Rejected, fit
from qdsl.runtime.fit.rejection import held_against_data, rejection
from qdsl.runtime.fit.runs import Runs

MODELS = qdsl.compile("""
experiment squares {
    param a: Scalar = 1
    param b: Scalar = 0
    axis t: Scalar = linspace(0, 10, 60)
    measure y ~ Normal(a * exp(-t / 3) + b)
}
experiment counts {
    param a: Scalar = 400 in 0 .. 100000
    param tau: Scalar = 3 in 0.1 .. 100
    axis t: Scalar = linspace(0, 15, 100)
    measure n ~ Poisson(a * exp(-t / tau))
}
""")
SETS = 4000


def test_least_squares_of_a_right_model_are_rejected_once_in_a_thousand_at_most() -> None:
    t = np.linspace(0, 10, 60)
    y = np.exp(-t / 3) + 0.1 * np.random.default_rng(3).normal(size=(SETS, 60))
    words = MODELS.squares.fit_each({"t": t, "y": y})["verdict"]
    assert np.count_nonzero(words == "rejected") <= binom(SETS, 0.001).ppf(0.9999)
    assert set(words) <= {"converged", "rejected"}


def test_counts_of_a_right_model_are_rejected_twice_in_a_thousand_at_most() -> None:
    """Once by each test. Most of the later counts are small, and lie below their means more often than above."""
    t = np.linspace(0, 15, 100)
    n = np.random.default_rng(4).poisson(400 * np.exp(-t / 3), size=(SETS, 100))
    words = MODELS.counts.fit_each({"t": t, "n": n})["verdict"]
    assert np.count_nonzero(words == "rejected") <= binom(SETS, 0.002).ppf(0.9999)


def test_noise_that_goes_on_from_point_to_point_is_seen() -> None:
    """Of four parts of a point's noise the next one has three: as behind a slow amplifier."""
    t = np.linspace(0, 10, 60)
    noise = np.random.default_rng(5).normal(size=(200, 63))
    smooth = (noise[:, 3:] + noise[:, 2:-1] + noise[:, 1:-2] + noise[:, :-3]) / 2.0
    words = MODELS.squares.fit_each({"t": t, "y": np.exp(-t / 3) + 0.1 * smooth})["verdict"]
    assert np.count_nonzero(words == "rejected") > 100


def test_many_and_one_are_judged_alike() -> None:
    t = np.linspace(0, 10, 60)
    shapes = np.linspace(0.0, 0.3, 30)[:, None] * np.sin(t)
    y = np.exp(-t / 3) + shapes + 0.1 * np.random.default_rng(6).normal(size=(30, 60))
    words = MODELS.squares.fit_each({"t": t, "y": y})["verdict"]
    alone = [MODELS.squares.fit({"t": t, "y": each}).verdict.word for each in y]
    assert list(words) == alone
    assert set(alone) == {"converged", "rejected"}


def test_a_verdict_that_says_otherwise_stays() -> None:
    result = fit(measured().starting(tau={"start": 10e-9, "high": 15e-9}), Diagnostics())
    assert result is not None
    assert isinstance(result.verdict, AtBound)
    assert result.rejected
    assert held_against_data(result) is result


@pytest.mark.parametrize(("p", "word"), [(0.00099, "rejected"), (0.0011, "converged")])
def test_few_runs_reject(p: float, word: str) -> None:
    result = fit(measured(), Diagnostics())
    assert result is not None
    judged = held_against_data(replace(result, runs=Runs(2, 7.0, p)))
    assert judged.verdict.word == word
    assert judged.converged == (word == "converged")
    assert judged.tau.error == result.tau.error


def test_the_verdict_names_the_test_and_its_p_value() -> None:
    assert str(Rejected(2.04e-6)) == "rejected(p = 2e-6)"
    assert str(Rejected(6.46e-10, of_runs=True)) == "rejected(runs, p = 6e-10)"
    assert str(Rejected(0.0)) == "rejected(p < 1e-300)"
    result = fit(measured(), Diagnostics())
    assert result is not None
    assert rejection(result) is None
