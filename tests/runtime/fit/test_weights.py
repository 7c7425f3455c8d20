"""Rows that count more or less, params that are held, and the forms in which one measurement may come."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import qdsl

MODELS: Any = qdsl.compile("""
experiment line {
    param a: Voltage = 1 V
    param b: Voltage/Time = 1 V/s
    axis t: Time = linspace(0 s, 10 s, 12)
    measure y ~ Normal(a + b * t)
}
experiment known {
    param a: Voltage = 1 V in -10 V .. 10 V
    param b: Voltage/Time = 1 V/s
    axis t: Time = linspace(0 s, 10 s, 12)
    axis sigma: Voltage = [0.1 V]
    measure y ~ Normal(a + b * t, sigma)
}
experiment decay {
    param tau: Time = 5 s in 0.1 s .. 50 s
    param a: Scalar = 0.9 in 0 .. 1
    axis t: Time = linspace(0 s, 10 s, 12)
    measure n ~ Binomial(30, a * exp(-t / tau))
}
experiment shots {
    param tau: Time = 5 s in 0.1 s .. 50 s
    param a: Scalar = 0.9 in 0 .. 1
    axis t: Time
    measure n ~ Bernoulli(a * exp(-t / tau))
}
experiment outcomes {
    param tau: Time = 5 s in 0.1 s .. 50 s
    param a: Scalar = 0.9 in 0 .. 1
    axis t: Time
    let p = a * exp(-t / tau)
    measure n ~ Multinomial(30, [p, 1 - p])
}
experiment arrivals {
    param tau: Time = 5 s in 0.1 s .. 50 s
    axis bin: Int
    measure x ~ Exponential(tau)
}
experiment histogram {
    param tau: Time = 5 s in 0.1 s .. 50 s
    param total: Scalar = 1000 in 1 .. 1e5
    axis low: Time
    axis high: Time
    measure n ~ Poisson(total * (exp(-low / tau) - exp(-high / tau)))
}
""")

T = np.linspace(0, 10, 12)
Y = 2 - 0.5 * T + 0.3 * np.random.default_rng(3).normal(size=12)
W = np.random.default_rng(4).uniform(0.2, 3, size=12)


def test_weighted_squares_are_those_of_theory() -> None:
    best = MODELS.line.fit({"t": T, "y": Y}, weights=W)
    design = np.stack([np.ones(12), T], axis=1)
    inner = np.linalg.inv(design.T @ (W[:, np.newaxis] * design))
    exact = inner @ design.T @ (W * Y)
    left = Y - design @ exact
    variance = (W * left**2).sum() / 10
    assert best.values == pytest.approx(exact, rel=1e-12)
    assert best.covariance == pytest.approx(inner * variance, rel=1e-10)
    assert best.rss == pytest.approx((W * left**2).sum(), rel=1e-12)


def test_weights_of_known_variances_are_the_sigmas_of_a_column() -> None:
    weighted = MODELS.line.fit({"t": T, "y": Y}, weights=0.1**2 / W**2)
    with_sigmas = MODELS.known.fit({"t": T, "y": Y, "sigma": W})
    assert weighted.values == pytest.approx(with_sigmas.values, rel=1e-10)


def test_a_row_that_counts_twice_is_as_two() -> None:
    data = MODELS.decay.simulate(seed=2)
    times = np.random.default_rng(5).integers(0, 4, size=12)
    rows = np.repeat(np.arange(12), times)
    best = MODELS.decay.fit(data, weights=times)
    twice = MODELS.decay.fit({"t": data["t"][rows], "n": data["n"][rows]})
    assert best.values == pytest.approx(twice.values, rel=1e-9)
    assert best.covariance == pytest.approx(twice.covariance, rel=1e-8)
    for name in ("nll", "constant"):
        assert getattr(best, name) == pytest.approx(getattr(twice, name), rel=1e-12)
    assert best.n_points == np.count_nonzero(times)
    expected = [MODELS.decay.fit(data, weights=times, errors="expected").covariance]
    expected.append(MODELS.decay.fit({"t": data["t"][rows], "n": data["n"][rows]}, errors="expected").covariance)
    assert expected[0] == pytest.approx(expected[1], rel=1e-8)


def test_a_row_without_weight_need_not_be_a_number() -> None:
    weights = np.ones(12)
    weights[4] = 0
    broken = Y.copy()
    broken[4] = np.nan
    best = MODELS.line.fit({"t": T, "y": broken}, weights=weights)
    rest = MODELS.line.fit({"t": np.delete(T, 4), "y": np.delete(Y, 4)})
    assert best.values == pytest.approx(rest.values, rel=1e-12)
    assert best.dof == rest.dof == 9
    again = MODELS.line.bootstrap(best, n=50, seed=1)
    assert np.isfinite(again.values).all()


@pytest.mark.parametrize("weights", [np.ones(11), -np.ones(12), np.zeros(12), np.full(12, np.nan)])
def test_weights_that_are_none_are_refused(weights: Any) -> None:
    with pytest.raises(qdsl.CompileError, match=r"weight|length|12"):
        MODELS.line.fit({"t": T, "y": Y}, weights=weights)


def test_refits_of_a_weighted_fit_scatter_as_its_errors_say() -> None:
    best = MODELS.known.fit({"t": T, "y": Y, "sigma": np.full(12, 0.3)}, weights=np.repeat([1.0, 0.0], 6))
    again = MODELS.known.bootstrap(best, n=4000, seed=2)
    assert np.sqrt(np.diag(again.covariance)) == pytest.approx(np.sqrt(np.diag(best.covariance)), rel=0.06)


def test_a_param_that_is_held_is_exact() -> None:
    data = {"t": T, "y": Y, "sigma": np.full(12, 0.3)}
    best = MODELS.known.fit(data, fixed={"a": 2.0})
    slope = (T * (Y - 2.0)).sum() / (T * T).sum()
    assert best.a.value == 2.0
    assert best.a.error == 0.0
    assert best.b.value == pytest.approx(slope, rel=1e-12)
    assert best.b.error == pytest.approx(0.3 / np.sqrt((T * T).sum()), rel=1e-10)
    assert best.dof == 11
    assert "(fixed)" in str(best)
    each = MODELS.known.fit_each({**data, "run": np.zeros(12)}, by="run", fixed={"a": 2.0})
    assert each["b"][0] == pytest.approx(slope, rel=1e-9)
    assert each["a"][0] == 2.0
    assert each["dof"][0] == 11
    with pytest.raises(qdsl.CompileError, match="outside its bounds"):
        MODELS.known.fit(data, fixed={"a": 20.0})
    with pytest.raises(qdsl.BindError):
        MODELS.known.fit(data, fixed={"c": 20.0})
    with pytest.raises(qdsl.CompileError, match="no free parameter"):
        MODELS.known.fit(data, fixed={"a": 2.0, "b": 1.0})


def test_counts_shots_and_outcomes_are_one_measurement() -> None:
    data = MODELS.decay.simulate(seed=2)
    t, n = data["t"], data["n"]
    counted = MODELS.decay.fit(data)
    single = np.concatenate([[1] * k + [0] * (30 - k) for k in n])
    by_shot = MODELS.shots.fit({"t": np.repeat(t, 30), "n": single})
    by_outcome = MODELS.outcomes.fit({"t": t, "n_0": n, "n_1": 30 - n})
    for other in (by_shot, by_outcome):
        assert other.values == pytest.approx(counted.values, rel=1e-9)
        assert other.covariance == pytest.approx(counted.covariance, rel=1e-7)


def test_a_fine_histogram_is_as_the_times_themselves() -> None:
    x = np.random.default_rng(8).exponential(5.0, size=1000)
    edges = np.linspace(0, 100, 20_001)
    counts, _ = np.histogram(x, edges)
    by_time = MODELS.arrivals.fit({"bin": np.arange(1000), "x": x})
    by_bin = MODELS.histogram.fit({"low": edges[:-1], "high": edges[1:], "n": counts})
    assert by_bin.total.value == pytest.approx(1000 / (1 - np.exp(-100 / by_bin.tau.value)), rel=1e-6)
    assert by_bin.tau.value == pytest.approx(by_time.tau.value, abs=1e-3 * by_time.tau.error)
    assert by_bin.tau.error == pytest.approx(by_time.tau.error, rel=1e-3)


def test_only_ratios_of_weights_matter_to_least_squares() -> None:
    for seed in range(3):
        y = 2 - 0.5 * T + 0.3 * np.random.default_rng(seed).normal(size=12)
        plain = MODELS.line.fit({"t": T, "y": y}, weights=W)
        scaled = MODELS.line.fit({"t": T, "y": y}, weights=100 * W)
        assert scaled.values == pytest.approx(plain.values, rel=1e-10)
        assert scaled.covariance == pytest.approx(plain.covariance, rel=1e-8)
        refits = [MODELS.line.bootstrap(each, n=3000, seed=1).covariance for each in (plain, scaled)]
        assert refits[0] == pytest.approx(refits[1], rel=1e-8)
        assert np.sqrt(np.diag(refits[0])) == pytest.approx(np.sqrt(np.diag(plain.covariance)), rel=0.08)


def test_rows_without_weight_are_not_drawn() -> None:
    weights = np.repeat([1.0, 0.0], 6)
    data = {"t": T, "y": Y, "sigma": np.full(12, 0.3)}
    best = MODELS.known.fit(data, weights=weights)
    alone = MODELS.known.fit({name: each[:6] for name, each in data.items()})
    few, all_ = (MODELS.known.bootstrap(each, n=2000, method="rows", seed=3) for each in (alone, best))
    assert np.sqrt(np.diag(all_.covariance)) == pytest.approx(np.sqrt(np.diag(few.covariance)), rel=0.1)


def test_weighted_likelihoods_have_no_deviance() -> None:
    data = MODELS.decay.simulate(seed=2)
    best = MODELS.decay.fit(data, weights=np.full(12, 4.0))
    assert best.deviance is None
    assert best.verdict.word == "converged"
    each = MODELS.decay.fit_each({**data, "g": np.zeros(12)}, by="g", weights=np.full(12, 4.0))
    assert np.isnan(each["p_value"]).all()
    assert each["verdict"][0] == "converged"
    assert each["tau_err"][0] == pytest.approx(best.tau.error, rel=1e-7)
