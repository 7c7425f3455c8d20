"""How well models foretell, and how far they are apart: against closed forms."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from tests.session.running import run

T = np.linspace(0, 10, 12)
Y = 2 - 0.5 * T + 0.3 * np.random.default_rng(3).normal(size=12)
FILES = {"line.csv": "\n".join(["t [s],y [V]", *(f"{t},{y!r}" for t, y in zip(T, Y.tolist(), strict=True))]) + "\n"}

LINE = """
experiment line {
    param a: Voltage = 1 V
    param b: Voltage/Time = 1 V/s
    axis t: Time
    measure y ~ Normal(a + b * t)
}
let best = fit(line, load("line.csv", line))
"""

COIN = """
experiment coin {
    param p: Scalar = 0.5 in 0 .. 1
    axis k: Int = [1, 2, 3, 4]
    measure heads ~ Binomial(100, p)
}
"""


def test_leaving_each_row_out_is_as_the_regression_says(tmp_path: Path) -> None:
    """Without row i a straight line foretells it with the residual e_i / (1 - h_i)."""
    scores = run(LINE + "let scores = cross_validate(best, folds = 12, seed = 1)", tmp_path, FILES).value("scores")
    design = np.stack([np.ones(12), T], axis=1)
    hat = design @ np.linalg.inv(design.T @ design) @ design.T
    left = Y - hat @ Y
    out = left / (1 - np.diag(hat))
    sigma = np.sqrt((left @ left - left**2 / (1 - np.diag(hat))) / 9)
    exact = stats.norm.logpdf(out, scale=sigma)
    assert sorted(scores["log_density"]) == pytest.approx(sorted(exact), rel=1e-7)
    assert list(scores["points"]) == [1] * 12


def test_counts_are_foretold_by_the_share_of_the_others() -> None:
    ran = run(
        COIN + "let data = simulate(coin, p = 0.3, seed = 1)\nlet scores = cross_validate(fit(coin, data), seed = 2)"
    )
    heads = ran.value("data")["heads"]
    exact = [stats.binom.logpmf(n, 100, (heads.sum() - n) / 300) for n in heads]
    assert sorted(ran.value("scores")["log_density"]) == pytest.approx(sorted(exact), rel=1e-9)


def test_folds_are_of_nearly_one_size_and_fixed_by_the_seed(tmp_path: Path) -> None:
    program = LINE + "".join(f"let s{k} = cross_validate(best, folds = 5, seed = {max(k, 1)})\n" for k in range(3))
    ran = run(program, tmp_path, FILES)
    first, same, other = (ran.value(f"s{k}")["log_density"] for k in range(3))
    assert sorted(ran.value("s0")["points"]) == [2, 2, 2, 3, 3]
    assert (first == same).all()
    assert not (first == other).all()


def test_the_divergence_of_counts_is_that_of_binomials() -> None:
    program = (
        COIN
        + """
    let p = fit(coin, simulate(coin, p = 0.3, seed = 1))
    let q = fit(coin, simulate(coin, p = 0.4, seed = 2))
    let apart = kl_divergence(p, q, n = 4000, seed = 3)
    let same = kl_divergence(p, p, seed = 3)
    """
    )
    ran = run(program)
    p, q = (ran.value(name)["p"].value for name in "pq")
    exact = 400 * (p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q)))
    apart = ran.value("apart")
    assert abs(apart.value - exact) < 4 * apart.error
    assert apart.error < 0.05 * exact
    assert ran.value("same").value == pytest.approx(0.0, abs=1e-9)


def test_the_divergence_of_lines_is_that_of_normals(tmp_path: Path) -> None:
    program = (
        LINE
        + """
    experiment level {
        param a: Voltage = 1 V
        axis t: Time
        measure y ~ Normal(a)
    }
    let other = fit(level, load("line.csv", level))
    let apart = kl_divergence(best, other, n = 4000, seed = 3)
    """
    )
    ran = run(program, tmp_path, FILES)
    best, other, apart = (ran.value(name) for name in ("best", "other", "apart"))
    mean = best["a"].value + best["b"].value * T
    s, r = best.sigma, other.sigma
    exact = np.sum(np.log(r / s) + (s**2 + (mean - other["a"].value) ** 2) / (2 * r**2) - 0.5)
    assert abs(apart.value - exact) < 4 * apart.error
    assert apart.error < 0.05 * exact


def test_fits_of_other_data_are_not_compared(tmp_path: Path) -> None:
    program = (
        COIN
        + """
    let p = fit(coin, simulate(coin, k = [1, 2], seed = 1))
    let q = fit(coin, simulate(coin, seed = 2))
    kl_divergence(p, q)
    """
    )
    assert run(program).codes == ["E0859"]
    assert run(COIN + "cross_validate(fit(coin, simulate(coin, seed = 1)), folds = 5)").codes == ["E0899"]
    assert run(COIN + "cross_validate(fit(coin, simulate(coin, seed = 1)), folds = 1)").codes == ["E0899"]


def test_numbers_of_other_dimensions_are_not_compared() -> None:
    text = """
    experiment volts {
        param m: Voltage = 5 V
        axis t: Time = [0 s, 1 s, 2 s]
        measure y ~ Normal(m, 1 V)
    }
    experiment metres {
        param m: Length = 5 m
        axis t: Time = [0 s, 1 s, 2 s]
        measure y ~ Normal(m, 1 m)
    }
    let p = fit(volts, simulate(volts, seed = 1))
    let q = fit(metres, simulate(metres, seed = 1))
    """
    assert run(text + "kl_divergence(p, q)").codes == ["E0859"]
    assert run(text + "compare(p, q)").codes == ["E0859"]


def test_any_whole_number_is_a_seed() -> None:
    text = COIN + "let best = fit(coin, simulate(coin, seed = 1))\n"
    for call in ('bootstrap(best, method = "rows", n = 20, seed = -3)', "cross_validate(best, seed = -3)"):
        assert run(text + f"let found = {call}").codes == []


def test_what_the_other_holds_to_be_impossible_is_infinitely_far() -> None:
    fits = "let p = fit(coin, simulate(coin, seed = 1))\nlet q = fit(coin, simulate(coin, p = 0, seed = 1))\n"
    away = run(COIN + fits + "let away = kl_divergence(p, q, seed = 1)").value("away")
    assert (away.value, away.error) == (math.inf, 0.0)
