"""Posteriors of whole programs, beside those that are known in closed form or by quadrature.

Tolerances follow from what the draws are worth: the mean of draws that are worth n independent ones has the error
sd/√n, their standard deviation sd·√((kurtosis - 1)/4n), and their quantile p the error √(p(1-p)/n)/density. Four of
these are allowed.
"""

from __future__ import annotations

import json
import math
import signal
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import beta, chi2, gamma, norm, t, truncnorm
from tests.session.running import run

import qdsl
from qdsl.lang.source import Source
from qdsl.runtime.posterior import beginning, sampling
from qdsl.runtime.posterior.result import Posterior
from qdsl.runtime.session import Session, Settings
from qdsl.runtime.value.estimate import propagated

DATA = Path(__file__).parents[1] / "data"
Vector = NDArray[np.float64]


def agrees(found: Posterior, name: str, known: Any) -> None:
    """Mean, deviation and quantiles of a param, with those of a distribution of SciPy."""
    place = list(found.estimates).index(name)
    worth = min(found.diagnosis.ess_bulk[place], found.diagnosis.ess_tail[place])
    mean, variance, excess = (float(each) for each in known.stats(moments="mvk"))
    sd = math.sqrt(variance)
    assert abs(found[name].value - mean) < 4 * sd / math.sqrt(worth)
    assert abs(found[name].error - sd) < 4 * sd * math.sqrt((excess + 2) / 4 / worth)
    for p in (0.05, 0.5, 0.95):
        at = float(known.ppf(p))
        allowed = 4 * math.sqrt(p * (1 - p) / worth) / float(known.pdf(at))
        assert abs(np.quantile(found.draws[name], p) - at) < allowed


def posterior(text: str, tmp_path: Path, asked: str = "draws = 500", **columns: Any) -> Posterior:
    """Of the experiment `e` in a program, and data."""
    rows = zip(*columns.values(), strict=True)
    (tmp_path / "data.csv").write_text(
        ",".join(columns) + "\n" + "".join(",".join(map(str, row)) + "\n" for row in rows), encoding="utf-8"
    )
    ran = run(f'{text}\nlet found = posterior(e, load("data.csv", e), {asked}, seed = 7)', folder=tmp_path)
    assert ran.messages == [], [each.message for each in ran.messages]
    found = ran.value("found")
    assert isinstance(found, Posterior)
    return found


def converged(text: str, tmp_path: Path, asked: str = "draws = 500", **columns: Any) -> Posterior:
    found = posterior(text, tmp_path, asked, **columns)
    assert str(found.verdict) == "converged"
    return found


# ── known in closed form ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_normal_mean_with_a_normal_prior(tmp_path: Path) -> None:
    ys = [4.1, 5.3, 6.2, 3.9]
    text = "experiment e {\nparam mu: Scalar = 1 ~ Normal(0, 2)\naxis i: Int\nmeasure y ~ Normal(mu, 1)\n}"
    found = converged(text, tmp_path, i=range(4), y=ys)
    agrees(found, "mu", norm(sum(ys) / 4.25, 1 / math.sqrt(4.25)))


def test_an_interval_holds_as_many_draws_as_it_says(tmp_path: Path) -> None:
    """Its ends are quantiles, within four of their errors by the number of independent draws."""
    text = "experiment e {\nparam mu: Scalar = 1 ~ Normal(0, 2)\naxis i: Int\nmeasure y ~ Normal(mu, 1)\n}"
    ys = [4.1, 5.3, 6.2, 3.9]
    found = converged(text, tmp_path, i=range(4), y=ys)
    exact = norm(sum(ys) / 4.25, 1 / math.sqrt(4.25))
    ends = found.between(0, 0.8)
    assert ends is not None
    for end, share in zip(ends, (0.1, 0.9), strict=True):
        error = math.sqrt(share * (1 - share) / found.diagnosis.ess_tail[0]) / exact.pdf(exact.ppf(share))
        assert abs(end - exact.ppf(share)) < 4 * error
    assert found.between(0, 0.9999) is None


@pytest.mark.parametrize(
    ("bounds", "low", "high"), [("4 .. 5", 4, 5), ("4.9 .. inf", 4.9, np.inf), ("-inf .. 4.2", -np.inf, 4.2)]
)
def test_a_normal_mean_whose_prior_is_cut(bounds: str, low: float, high: float, tmp_path: Path) -> None:
    text = (
        f"experiment e {{\nparam mu: Scalar = 4 in {bounds} ~ Normal(0, 2)\naxis i: Int\nmeasure y ~ Normal(mu, 1)\n}}"
    )
    text = text.replace("= 4 in 4.9", "= 5 in 4.9")
    mean, sd = 20 / 4.25, 1 / math.sqrt(4.25)
    found = converged(text, tmp_path, "draws = 1000", i=range(4), y=[4, 5, 6, 5])
    agrees(found, "mu", truncnorm((low - mean) / sd, (high - mean) / sd, mean, sd))


@pytest.mark.parametrize(("prior", "a", "b"), [("", 1, 1), ("~ Beta(2, 5)", 2, 5)])
def test_a_probability(prior: str, a: float, b: float, tmp_path: Path) -> None:
    """Flat within its bounds, or with a Beta prior."""
    text = (
        f"experiment e {{\nparam p: Scalar = 0.5 in 0 .. 1 {prior}\naxis shots: Int\nmeasure k ~ Binomial(shots, p)\n}}"
    )
    found = converged(text, tmp_path, shots=[20, 30], k=[1, 2])
    agrees(found, "p", beta(a + 3, b + 47))


def test_a_rate_with_a_prior_that_is_positive_by_itself(tmp_path: Path) -> None:
    text = "experiment e {\nparam r: Scalar = 1 ~ Gamma(3, 0.5)\naxis t: Scalar\nmeasure n ~ Poisson(r * t)\n}"
    found = converged(text, tmp_path, t=[1, 2, 4], n=[2, 3, 9])
    agrees(found, "r", gamma(3 + 14, scale=1 / (2 + 7)))


def test_a_line_whose_scatter_is_not_known(tmp_path: Path) -> None:
    """Integrated over sigma, each param is Student's t with n - p degrees of freedom about its estimate."""
    xs, ys = np.arange(12.0), np.array([1.1, 2.3, 2.8, 4.4, 4.6, 6.3, 7.1, 7.7, 9.2, 10.4, 10.8, 11.9])
    text = (
        "experiment e {\nparam a: Scalar = 1 in -100 .. 100\nparam b: Scalar = 1 in -100 .. 100\naxis x: Scalar\n"
        "measure y ~ Normal(a + b * x)\n}"
    )
    found = converged(text, tmp_path, x=xs, y=ys)
    design = np.column_stack([np.ones(12), xs])
    best, squares, *_ = np.linalg.lstsq(design, ys)
    scale = np.sqrt(np.diag(np.linalg.inv(design.T @ design)) * squares[0] / 10)
    agrees(found, "a", t(10, best[0], scale[0]))
    agrees(found, "b", t(10, best[1], scale[1]))


def test_estimates_are_correlated_as_the_draws_are(tmp_path: Path) -> None:
    """Under flat priors a line at the middle of the points has the error σ/√n."""
    text = (
        "experiment e {\nparam a: Length = 1 m in -100 m .. 100 m\nparam b: Length = 1 m in -100 m .. 100 m\n"
        "axis x: Scalar\nmeasure y ~ Normal(a + b * x, 30 cm)\n}"
    )
    found = converged(text, tmp_path, **{"x": range(9), "y [m]": [1.0, 2.1, 2.9, 4.2, 4.8, 6.1, 7.0, 8.2, 8.9]})
    middle = propagated(found["a"].value + 4 * found["b"].value, [(found["a"], 1.0), (found["b"], 4.0)])
    draws = found.draws["a"] + 4 * found.draws["b"]
    assert middle.error == pytest.approx(np.std(draws, ddof=1), rel=1e-9)
    assert middle.error == pytest.approx(0.1, rel=4 / math.sqrt(2 * min(found.diagnosis.ess_tail)))


# ── eight schools ────────────────────────────────────────────────────────────────────────────────────────────────

SCHOOLS = """
experiment e {
    param mu: Scalar = 0 ~ Normal(0, 5)
    param tau: Scalar = 2 in 0 .. inf ~ StudentT(1, 0, 5)
    EACH
    axis school: Int, sigma: Scalar
    let effects = [e0, e1, e2, e3, e4, e5, e6, e7]
    measure y ~ Normal(EFFECT, sigma)
}
"""


def hierarchy(ys: Vector, sigmas: Vector) -> dict[str, tuple[float, float]]:
    """Means and deviations of mu, tau and the first school's effect, by quadrature over mu and log tau: the schools can
    be integrated out (A. Gelman et al., "Bayesian data analysis" (2013), section 5.4).
    """
    mu, tau = np.meshgrid(np.linspace(-30, 30, 601), np.exp(np.linspace(-9, 7, 1601)))
    log_density = -0.5 * (mu / 5) ** 2 - np.log1p((tau / 5) ** 2) + np.log(tau)
    for y, sigma in zip(ys, sigmas, strict=True):
        variance = sigma**2 + tau**2
        log_density -= 0.5 * (y - mu) ** 2 / variance + 0.5 * np.log(variance)
    weights = np.exp(log_density - log_density.max())
    weights /= weights.sum()
    known = 1 / (1 / sigmas[0] ** 2 + 1 / tau**2)
    first = known * (ys[0] / sigmas[0] ** 2 + mu / tau**2)
    moments = {"mu": (mu, 0.0), "tau": (tau, 0.0), "first": (first, known)}
    found: dict[str, tuple[float, float]] = {}
    for name, (value, inner) in moments.items():
        mean = float((weights * value).sum())
        found[name] = mean, math.sqrt(float((weights * (inner + (value - mean) ** 2)).sum()))
    return found


def schools() -> dict[str, Vector]:
    known = json.loads((DATA / "known_answers.json").read_text(encoding="utf-8"))["eight_schools"]
    return {name: np.array(known[name]) for name in ("y", "sigma")}


def test_eight_schools(tmp_path: Path) -> None:
    data = schools()
    text = SCHOOLS.replace("EFFECT", "mu + tau * effects[school]")
    each = "\n".join(f"param e{k}: Scalar = 0 ~ Normal(0, 1)" for k in range(8))
    found = converged(text.replace("EACH", each), tmp_path, "draws = 400, warmup = 300", school=range(8), **data)
    draws = {name: found.draws[name] for name in ("mu", "tau")}
    draws["first"] = found.draws["mu"] + found.draws["tau"] * found.draws["e0"]
    worth = np.nanmin([found.diagnosis.ess_bulk, found.diagnosis.ess_tail])
    for name, (mean, sd) in hierarchy(data["y"], data["sigma"]).items():
        assert abs(draws[name].mean() - mean) < 4 * sd / math.sqrt(worth)
        assert draws[name].std() == pytest.approx(sd, rel=0.1)


def test_the_same_with_its_funnel_is_not_believed(tmp_path: Path) -> None:
    """Effects whose width is a param make a funnel, into which steps of one length do not lead."""
    each = "\n".join(f"param e{k}: Scalar = 0 ~ Normal(mu, tau)" for k in range(8))
    text = SCHOOLS.replace("EFFECT", "effects[school]").replace("EACH", each)
    found = posterior(text, tmp_path, "draws = 100, warmup = 100, chains = 2", school=range(8), **schools())
    assert found.verdict.word == "not_converged"


# ── what chains cannot see ───────────────────────────────────────────────────────────────────────────────────────


def test_two_modes_are_told(tmp_path: Path) -> None:
    text = "experiment e {\nparam x: Scalar = 1 in -10 .. 10\naxis i: Int\nmeasure y ~ Normal(x^2, 0.5)\n}"
    found = posterior(text, tmp_path, "draws = 100", i=[0, 1], y=[4.1, 3.9])
    assert found.verdict.word == "not_converged"
    assert "R-hat of x" in str(found.verdict)
    assert sorted({round(float(np.median(found.draws["x"][found.draws["chain"] == k]))) for k in range(4)}) == [-2, 2]


def test_ranks_of_true_values_are_uniform(monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulation-based calibration: among draws of the posterior of its own data, a draw of the prior has any rank
    equally often (S. Talts et al., arXiv:1804.06788 (2018)).
    """
    monkeypatch.setattr(beginning, "SEARCHES", 1)
    experiment = qdsl.compile("""
experiment decay {
    param rate: Scalar = 1 ~ Gamma(3, 0.5)
    param share: Scalar = 0.5 in 0 .. 1 ~ Beta(2, 3)
    axis t: Scalar = [0.5, 1, 2]
    measure n ~ Poisson(20 * share * exp(-rate * t) + 2)
}
""").decay
    random = np.random.default_rng(3)
    counts = np.zeros((2, 10))
    for number in range(50):
        rate, share = random.gamma(3, 0.5), random.beta(2, 3)
        data = experiment.simulate(rate=rate, share=share, seed=number)
        found = experiment.posterior(data, draws=99, warmup=60, chains=1, seed=number)
        for place, (name, value) in enumerate((("rate", rate), ("share", share))):
            counts[place, int((found.draws[name][5::11] < value).sum())] += 1
    for each in counts:
        assert chi2.sf(((each - 5) ** 2 / 5).sum(), 9) > 0.001


# ── on the way ───────────────────────────────────────────────────────────────────────────────────────────────────

COIN = """
experiment coin {
    param p: Scalar = 0.5 in 0 .. 1
    axis shots: Int = [100, 100]
    measure heads ~ Binomial(shots, p)
}
let found = posterior(coin, simulate(coin, seed = 1), draws = 100000, seed = 1)
"""


def test_an_interrupt_keeps_the_draws_that_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "TELL_SECONDS", 0.0)
    pressed = threading.Event()

    def progress(text: str) -> None:
        if "5,000 of" in text and not pressed.is_set():
            pressed.set()
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    session = Session(Settings(lambda text: None, progress=progress))
    assert session.run(Source("coin.qdsl", COIN))
    (found,) = (each for each in session.environment.values.values() if isinstance(each, Posterior))
    assert pressed.is_set()
    assert 0 < len(found.draws) < 100_000
    assert str(found.verdict).startswith(f"not_converged(interrupted after {len(found.draws):,} of 400,000 draws")
    assert found["p"].value == pytest.approx(found.draws["p"].mean())


def test_the_record_has_the_seed_and_the_data() -> None:
    ran = run(COIN.replace("100000", "20, chains = 2, warmup = 20"))
    record = ran.value("found").provenance
    assert (record.action, record.seed, record.data.seed) == ("posterior", 1, 1)
    assert "nutpie" in record.versions
    fresh = run(COIN.replace("100000, seed = 1", "20, chains = 2, warmup = 20"))
    again = run(
        COIN.replace("100000, seed = 1", f"20, chains = 2, warmup = 20, seed = {fresh.value('found').provenance.seed}")
    )
    assert (fresh.value("found").samples == again.value("found").samples).all()


def test_without_a_sampler_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib import util

    find = util.find_spec
    monkeypatch.setattr(util, "find_spec", lambda name, *rest: None if name == "nutpie" else find(name, *rest))
    ran = run(COIN)
    assert ran.codes == ["E0872"]
    assert 'pip install "qdsl[posterior]"' in ran.messages[0].hint


def test_as_a_person_reads_it() -> None:
    ran = run(COIN.replace("100000", "1000") + "print(found)")
    line, verdict, worth = ran.lines
    assert line.startswith("p = 0.5")
    assert "90 % in 0.4" in line
    assert verdict == "converged"
    assert worth.startswith("4 chains of 1,000 draws, R-hat at most 1.00")
