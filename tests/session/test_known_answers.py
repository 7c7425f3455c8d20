"""Whole programs against figures that others published: T1, randomised benchmarking, NIST, GLMs."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.session.running import lines, run

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
ANSWERS: dict[str, Any] = json.loads((DATA / "known_answers.json").read_text(encoding="utf-8"))
T1 = """
experiment t1 {
    param tau: Time = 20 ns in 1 ns .. 1 us
    param amplitude: Scalar = 0.9 in 0 .. 1
    param baseline: Scalar = 0.05 in 0 .. 1
    axis delay: Time, shots: Int
    let p = baseline + amplitude * exp(-delay / tau)
    measure excited ~ Binomial(shots, p)
}
let best = fit(t1, load("t1_counts.csv", t1))
let other = fit(t1, load("t1_counts.csv", t1), errors = "expected")
"""


def test_t1() -> None:
    """Maximum likelihood of binomial counts, from the statement of the task."""
    ran = run(T1, folder=ROOT / "examples" / "data")
    assert ran.messages == []
    best, other = ran.value("best"), ran.value("other")
    assert (best["tau"].value, best["tau"].error) == pytest.approx((23.8775e-9, 0.6475e-9), rel=3e-5)
    assert (best["amplitude"].value, best["amplitude"].error) == pytest.approx((0.92271, 0.01153), abs=6e-6)
    assert (best["baseline"].value, best["baseline"].error) == pytest.approx((0.03957, 0.01274), abs=6e-6)
    assert [other[name].error for name in ("amplitude", "baseline")] == pytest.approx([0.01149, 0.01268], abs=6e-6)
    assert other["tau"].error == pytest.approx(0.6447e-9, rel=1e-4)
    assert best.nll == pytest.approx(77260.3316, abs=6e-5)
    assert best.nll + best.constant == pytest.approx(65.6856, abs=6e-5)
    assert (best.deviance, best.dof, best.verdict.word) == (pytest.approx(8.942, abs=6e-4), 10, "converged")


def test_t1_as_a_person_reads_it() -> None:
    assert lines(T1 + "print(best.tau, best.amplitude, best.baseline)", folder=ROOT / "examples" / "data") == [
        "23.88(65) ns 0.923(12) 0.040(13)"
    ]


def test_randomised_benchmarking(tmp_path: Path) -> None:
    """Counts of a simulated processor; the published fit is plain least squares of the mean survival."""
    found = json.loads((DATA / "rb_1q.json").read_text(encoding="utf-8"))
    means = [sum(counts) / (3 * found["shots"]) for counts in zip(*found["counts0"], strict=True)]
    program = """
    experiment rb {
        param a: Scalar = 0.5 in 0 .. 1
        param alpha: Scalar = 0.999 in 0.9 .. 1
        param b: Scalar = 0.5 in 0 .. 1
        axis length: Int
        measure survival ~ Normal(a * alpha^length + b)
    }
    let best = fit(rb, load("rb.csv", rb))
    """
    rows = [f"{length},{mean}" for length, mean in zip(found["lengths"], means, strict=True)]
    ran = run(program, tmp_path, {"rb.csv": "\n".join(["length,survival", *rows]) + "\n"})
    assert ran.finished, [each.message for each in ran.messages]
    best, published = ran.value("best"), found["published"]
    for name, error in zip(("a", "alpha", "b"), published["stderr"], strict=True):
        assert abs(best[name].value - published[name]) < 0.001 * error
    assert best.dof == published["dof"]


NIST = {
    "Misra1a": "b1 * (1 - exp(-b2 * x))",
    "Chwirut2": "exp(-b1 * x) / (b2 + b3 * x)",
    "DanWood": "b1 * x^b2",
}


@pytest.mark.parametrize("name", NIST)
@pytest.mark.parametrize("start", ["start1", "start2"])
def test_nist(name: str, start: str, tmp_path: Path) -> None:
    """Certified values and standard deviations to six digits, from both starts."""
    problem = json.loads((DATA / "nist" / "index.json").read_text(encoding="utf-8"))[name]
    text = (DATA / "nist" / problem["file"]).read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in text[60:] if line.strip()]
    params = "\n".join(f"    param b{k + 1}: Scalar = {value}" for k, value in enumerate(problem[start]))
    program = f"""
    experiment nist {{
    {params}
        axis x: Scalar
        measure y ~ Normal({NIST[name]})
    }}
    let best = fit(nist, load("data.csv", nist))
    """
    ran = run(program, tmp_path, {"data.csv": "\n".join(["y,x", *(",".join(row) for row in rows)]) + "\n"})
    assert ran.messages == []
    best = ran.value("best")
    names = [f"b{k + 1}" for k in range(problem["nparams"])]
    assert len(rows) == problem["nobs"]
    assert [best[each].value for each in names] == pytest.approx(problem["certified"], rel=1e-6)
    assert [best[each].error for each in names] == pytest.approx(problem["certified_sd"], rel=1e-6)


def test_a_poisson_regression(tmp_path: Path) -> None:
    """Dobson's counts: log mean = intercept + outcome + treatment."""
    known = ANSWERS["glm_dobson_poisson"]
    program = """
    experiment dobson {
        param c: Scalar = 3
        param o2: Scalar = 0
        param o3: Scalar = 0
        param t2: Scalar = 0
        param t3: Scalar = 0
        axis outcome: Int, treatment: Int
        let o = if outcome == 2 { o2 } else if outcome == 3 { o3 } else { 0 }
        let t = if treatment == 2 { t2 } else if treatment == 3 { t3 } else { 0 }
        measure n ~ Poisson(exp(c + o + t))
    }
    let best = fit(dobson, load("counts.csv", dobson))
    """
    rows = [f"{k % 3 + 1},{k // 3 + 1},{int(n)}" for k, n in enumerate(known["y"])]
    ran = run(program, tmp_path, {"counts.csv": "\n".join(["outcome,treatment,n", *rows]) + "\n"})
    assert ran.messages == []
    best = ran.value("best")
    names = ("c", "o2", "o3", "t2", "t3")
    assert [best[each].value for each in names] == pytest.approx(known["coef"], abs=1e-7)
    assert [best[each].error for each in names] == pytest.approx(known["se"], rel=1e-7)
    assert (best.deviance, best.dof) == (pytest.approx(known["deviance"], rel=1e-9), 4)
    assert best.nll + best.constant == pytest.approx(-known["loglik"], rel=1e-9)
    assert best.aic == pytest.approx(known["aic"], rel=1e-9)


def test_a_binomial_regression(tmp_path: Path) -> None:
    """Bliss's beetles: logit of the dose."""
    known = ANSWERS["glm_bliss_beetle_logit"]
    program = """
    experiment beetles {
        param b0: Scalar = 0
        param b1: Scalar = 0
        axis dose: Scalar, n: Int
        measure killed ~ Binomial(n, 1 / (1 + exp(-(b0 + b1 * dose))))
    }
    let best = fit(beetles, load("beetles.csv", beetles))
    """
    columns = zip(known["dose"], known["n"], known["killed"], strict=True)
    rows = [f"{dose},{int(n)},{int(killed)}" for dose, n, killed in columns]
    ran = run(program, tmp_path, {"beetles.csv": "\n".join(["dose,n,killed", *rows]) + "\n"})
    assert ran.messages == []
    best = ran.value("best")
    assert [best[each].value for each in ("b0", "b1")] == pytest.approx(known["coef"], rel=1e-7)
    assert [best[each].error for each in ("b0", "b1")] == pytest.approx(known["se"], rel=1e-6)
    assert best.deviance == pytest.approx(known["deviance"], rel=1e-9)


def test_exponential_lifetimes(tmp_path: Path) -> None:
    """The estimate is the mean of the times, its error mean / sqrt(n)."""
    program = """
    experiment decay {
        param tau: Time = 3 s in 0 s .. 100 s
        axis k: Int
        measure t ~ Exponential(tau)
    }
    let best = fit(decay, load("times.csv", decay))
    """
    for known in ANSWERS["exponential_lifetime_minos"]:
        n = known["n"]
        rows = [f"{k},{2 * known['mean'] * (k + 0.5) / n}" for k in range(n)]
        ran = run(program, tmp_path, {"times.csv": "\n".join(["k,t [s]", *rows]) + "\n"})
        assert ran.messages == []
        best = ran.value("best")
        assert best["tau"].value == pytest.approx(known["mle"], rel=1e-8)
        assert best["tau"].error == pytest.approx(known["hesse"], rel=1e-6)


def test_a_common_mean_of_eight_schools(tmp_path: Path) -> None:
    known = ANSWERS["eight_schools"]
    program = """
    experiment schools {
        param mu: Scalar = 0
        axis sigma: Scalar
        measure y ~ Normal(mu, sigma)
    }
    let best = fit(schools, load("schools.csv", schools))
    """
    rows = [f"{y},{sigma}" for y, sigma in zip(known["y"], known["sigma"], strict=True)]
    best = run(program, tmp_path, {"schools.csv": "\n".join(["y,sigma", *rows]) + "\n"}).value("best")
    assert best["mu"].value == pytest.approx(known["complete_pooling_mean"], rel=1e-9)
    assert best["mu"].error == pytest.approx(known["complete_pooling_se"], rel=1e-9)
    assert best.deviance == pytest.approx(known["chi2_homogeneity"], rel=1e-9)


def test_the_spread_of_eight_schools_is_at_its_boundary(tmp_path: Path) -> None:
    """The likelihood is greatest without any spread: what curvature there says of it is refused."""
    known = ANSWERS["eight_schools"]
    program = """
    experiment schools {
        param mu: Scalar = 5
        param tau: Scalar = 5 in 0 .. 100
        axis sigma: Scalar
        measure y ~ Normal(mu, sqrt(sigma^2 + tau^2))
    }
    let best = fit(schools, load("schools.csv", schools))
    """
    rows = [f"{y},{sigma}" for y, sigma in zip(known["y"], known["sigma"], strict=True)]
    files = {"schools.csv": "\n".join(["y,sigma", *rows]) + "\n"}
    best = run(program, tmp_path, files).value("best")
    assert best["mu"].value == pytest.approx(known["marginal_mle"]["mu"], rel=1e-6)
    assert best["tau"].value == pytest.approx(0.0, abs=1e-6)
    assert str(best.verdict) == "at_bound(tau)"
    assert math.isnan(best["tau"].error)
    low, high = best.profile("tau")
    assert low == 0.0
    assert 10.0 < high < 25.0
    assert run(program + "bootstrap(best)\n", tmp_path, files).codes == ["E0891"]


def test_the_statistic_of_cash(tmp_path: Path) -> None:
    """Twice the negative log-likelihood without the factorials, and the deviance."""
    known = ANSWERS["cash_example"]
    program = """
    experiment counts {
        param scale: Scalar = 1 in 0.5 .. 2
        axis mu: Scalar
        measure d ~ Poisson(scale * mu)
    }
    let best = fit(counts, load("counts.csv", counts))
    """
    rows = [f"{mu},{d}" for mu, d in zip(known["mu"], known["d"], strict=True)]
    ran = run(program, tmp_path, {"counts.csv": "\n".join(["mu,d", *rows]) + "\n"})
    objective = ran.value("best").objective
    at_one = np.array([1.0])
    assert 2.0 * objective.evaluate(at_one, 0)[0] == pytest.approx(known["cash"], rel=1e-12)
    assert objective.deviance(at_one) == pytest.approx(known["cstat"], rel=1e-12)


def test_ten_of_ten_at_every_delay_say_nothing_of_a_lifetime(tmp_path: Path) -> None:
    program = """
    experiment t1 {
        param tau: Time = 20 us in 1 us .. 1 ms
        param a: Scalar = 0.9 in 0 .. 1
        param c: Scalar = 0.1 in 0 .. 1
        axis delay: Time
        measure excited ~ Binomial(10, c + (a - c) * exp(-delay / tau))
    }
    let best = fit(t1, load("t1.csv", t1))
    """
    rows = [f"{k},10" for k in range(1, 9)]
    best = run(program, tmp_path, {"t1.csv": "\n".join(["delay [us],excited", *rows]) + "\n"}).value("best")
    assert best.verdict.word == "unidentifiable"
    assert "tau" in best.verdict.names
