"""Fits of so many params that second derivatives are not worth being compiled: Fisher's scoring finds the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import qdsl
from qdsl.runtime.fit import likelihood

PEAKS = 20


def spectrum() -> Any:
    """Counts of a row of peaks whose heights are not known."""
    params = "\n".join(f"    param a{k}: Scalar = 2 in 0.01 .. 100" for k in range(PEAKS))
    sum_ = " + ".join(f"a{k} * exp(-((t - {k}) / 0.6)^2)" for k in range(PEAKS))
    text = f"""
    experiment spectrum {{
    {params}
        axis t: Scalar = linspace(-1, {PEAKS}, {10 * PEAKS})
        measure n ~ Poisson(50 * ({sum_}))
    }}
    """
    return qdsl.compile(text).spectrum


@pytest.fixture(scope="module")
def peaks() -> Any:
    return spectrum()


def test_the_best_point_is_where_no_slope_is_left(peaks: Any) -> None:
    best = peaks.fit(peaks.simulate(seed=1))
    assert best.verdict.word == "converged"
    assert best.errors_from == "expected information"
    _, slope, _ = best.objective.evaluate(np.array(best.values), 1)
    information = best.objective.information(np.array(best.values))
    assert float(slope @ np.linalg.solve(information, slope)) < 1e-10
    errors = np.array([each.error for each in best])
    assert np.abs((np.array(best.values) - 2.0) / errors).max() < 5


def test_errors_that_are_asked_for_come_from_what_is_asked(peaks: Any) -> None:
    data = peaks.simulate(seed=2)
    expected, observed = peaks.fit(data), peaks.fit(data, errors="observed")
    assert observed.errors_from == "observed information"
    assert observed.values == pytest.approx(expected.values, rel=1e-8)
    assert np.sqrt(np.diag(observed.covariance)) == pytest.approx(np.sqrt(np.diag(expected.covariance)), rel=0.1)


def test_scoring_and_exact_curvature_end_at_one_point(monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = qdsl.compile("""
    experiment decay {
        param tau: Time = 5 s in 0.1 s .. 50 s
        param a: Scalar = 0.9 in 0 .. 1
        param c: Scalar = 0.05 in 0 .. 1
        axis t: Time = linspace(0 s, 20 s, 20)
        measure n ~ Binomial(100, c + (a - c) * exp(-t / tau))
    }
    """).decay
    runs = [experiment.simulate(seed=k) for k in range(20)]
    exact = [experiment.fit(run) for run in runs]
    monkeypatch.setattr(likelihood, "MANY", 0)
    for run, best in zip(runs, exact, strict=True):
        scored = experiment.fit(run)
        assert str(scored.verdict) == str(best.verdict)
        assert scored.values == pytest.approx(best.values, rel=1e-7, abs=1e-9)
