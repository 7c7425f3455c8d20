"""`fit` from a program: every distribution, starts, bounds, errors, and data that cannot be fitted."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.session.running import lines, run

from qdsl.lang.typed import distributions as facts

# A distribution with its true params (a, and b where it has two) and the axis x over 0.5 .. 1.5.
DISTRIBUTIONS = {
    "Normal(a * x, b)": (2.0, 0.3),
    "Normal(a * x)": (2.0, None),
    "Binomial(40, a * x)": (0.5, None),
    "Bernoulli(a * x)": (0.5, None),
    "Poisson(a * x)": (7.0, None),
    "Exponential(a * x)": (3.0, None),
    "Gamma(b, a * x)": (2.0, 3.0),
    "Beta(a * x, b)": (2.0, 3.0),
    "StudentT(5, a * x, b)": (2.0, 0.3),
}


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
@pytest.mark.parametrize("errors", ["observed", "expected"])
def test_a_fit_finds_what_made_the_data(distribution: str, errors: str) -> None:
    a, b = DISTRIBUTIONS[distribution]
    if distribution == "Normal(a * x)" and errors == "expected":
        return
    second = "" if b is None else f"param b: Scalar = {b} in 0.01 .. 100"
    drawn = "Normal(a * x, 0.3)" if distribution == "Normal(a * x)" else distribution
    program = f"""
    experiment truth {{
        param a: Scalar = {a} in 0 .. 100
        {second}
        axis x: Scalar = linspace(0.5, 1.5, 400)
        measure y ~ {drawn}
    }}
    experiment model {{
        param a: Scalar = {0.8 * a} in 0 .. 100
        {second}
        axis x: Scalar = linspace(0.5, 1.5, 400)
        measure y ~ {distribution}
    }}
    let best = fit(model, simulate(truth, seed = 11), errors = "{errors}")
    """
    ran = run(program)
    assert ran.codes == []
    best = ran.value("best")
    assert best.verdict.word == "converged"
    for name, true in (("a", a), ("b", b)):
        if true is not None:
            assert 0 < best[name].error < 0.3 * true
            assert abs(best[name].value - true) < 4 * best[name].error


PAIR = """
experiment pair {
    param a: Scalar = 1 in 0 .. 10
    axis x: Scalar = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    measure y ~ Normal(a * x, 1)
    measure n ~ Poisson(a * x)
}
"""


def test_measurements_multiply() -> None:
    """Both tell of a: information adds up, sum of x^2 for y and sum of x / a for n."""
    best = run(PAIR + 'let best = fit(pair, simulate(pair, seed = 2), errors = "expected")').value("best")
    a = best["a"].value
    assert best["a"].error == pytest.approx((385 + 55 / a) ** -0.5, rel=1e-6)


def test_where_the_search_starts_does_not_matter() -> None:
    program = (
        PAIR
        + """
    let data = simulate(pair, seed = 2)
    let one = fit(pair, data)
    let two = fit(pair, data, start = (a = 7))
    assert one.a.value ~= two.a.value +/- 1e-7
    """
    )
    assert lines(program) == []
    assert run(PAIR + "fit(pair, simulate(pair), start = (a = 70))").codes == ["E0853"]


def test_a_bound_that_holds_the_fit_is_told() -> None:
    program = PAIR.replace("in 0 .. 10", "in 3 .. 10").replace("= 1 in", "= 4 in")
    best = run(program + "let best = fit(pair, simulate(pair, a = 1, seed = 2))").value("best")
    assert best.verdict.word == "at_bound"
    assert best["a"].value == 3


def test_sigma_may_be_a_column(tmp_path: Path) -> None:
    program = """
    experiment line {
        param a: Voltage = 1 V
        axis s: Voltage
        measure y ~ Normal(a, s)
    }
    let f = fit(line, load("d.csv", line))
    print(f.a)
    """
    data = {"d.csv": "s [mV],y [V]\n100,1\n200,2\n"}
    # weights 100 and 25 per V^2: mean 1.2 V, error 1 / sqrt(125) V
    assert lines(program, folder=tmp_path, files=data) == ["1.200(89) V"]


def test_the_model_may_be_undefined_in_places() -> None:
    """log of what may be negative: the search steps back."""
    program = """
    experiment e {
        param a: Scalar = 3 in -10 .. 10
        axis x: Scalar = linspace(1, 3, 20)
        measure y ~ Normal(log(x - a / 4), 0.01)
    }
    let best = fit(e, simulate(e, a = 3.9, seed = 3), start = (a = 1))
    """
    best = run(program).value("best")
    assert best.verdict.word == "converged"
    assert abs(best["a"].value - 3.9) < 4 * best["a"].error


def test_where_a_fit_comes_from(tmp_path: Path) -> None:
    program = PAIR + 'let data = load("d.csv", pair)\nlet best = fit(pair, data, start = (a = 2))'
    ran = run(program, tmp_path, {"d.csv": "x,y,n\n1,1,1\n2,2,2\n3,3,4\n"})
    made, data = ran.value("best").provenance, ran.value("data").provenance
    assert (made.action, made.parameters) == ("fit", {"a": 2.0})
    assert made.data == data


OTHER = "experiment q {\n param z: Scalar = 1\n axis w: Scalar = [1]\n measure v ~ Normal(z * w)\n}\n"


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("fit(pair, 3)", "E0516"),
        (OTHER + "fit(pair, expected(q))", "E0515"),
        ('fit(pair, simulate(pair), errors = "none")', "E0517"),
        ("fit(pair, simulate(pair), start = (b = 2))", "E0514"),
        ("fit(pair, simulate(pair), start = (a = 2 s))", "E0402"),
        ('fit(pair, load("none.csv", pair))', "E0801"),
    ],
)
def test_fits_that_cannot_be(program: str, code: str) -> None:
    assert code in run(PAIR + program).codes


@pytest.mark.parametrize(
    ("measured", "is_judged"),
    [
        ("Normal(a * x, w)", True),  # w is a number that no param reaches
        ("Normal(a * x, v)", False),  # v is fitted, through u
        ("Normal(a * x)", False),
        ("Poisson(a * x)", True),
        ("Exponential(a * x)", False),
    ],
)
def test_goodness_of_fit_is_told_where_the_deviance_tells_it(measured: str, is_judged: bool) -> None:
    program = f"""
    experiment e {{
        param a: Scalar = 5 in 1 .. 20
        axis x: Scalar = linspace(0.5, 1.5, 20)
        let u = 2 * a
        let v = u + 0.1
        let w = 0.5
        measure y ~ {measured}
    }}
    let best = fit(e, expected(e).with(y = {"round(" if "Poisson" in measured else "("}expected(e).y)))
    """
    ran = run(program)
    assert ran.codes == []
    assert (ran.value("best").deviance is not None) is is_judged


@pytest.mark.parametrize(
    "distribution",
    [
        "Normal(x - 1, 1)",
        "Binomial(40, 0.5)",
        "Bernoulli(0.5)",
        "Poisson(7)",
        "Exponential(3)",
        "Gamma(2, 3)",
        "Beta(2, 3)",
        "StudentT(5, x - 1, 1)",
        "Uniform(-2, 2)",
    ],
)
def test_draws_are_where_their_distribution_may_have_them(distribution: str) -> None:
    """What `load` would refuse is never drawn, and a bound is there where draws keep to one."""
    program = f"""
    experiment e {{
        axis x: Scalar = linspace(0.5, 1.5, 400)
        measure y ~ {distribution}
    }}
    let data = simulate(e, seed = 3)
    """
    row = facts.DISTRIBUTIONS[distribution.partition("(")[0]]
    drawn = run(program).value("data").columns["y"].values
    assert row.low <= drawn.min() <= drawn.max() <= row.high
    assert drawn.min() < 0 or row.low == 0
    assert drawn.max() > 1 or row.high == 1


def test_the_information_may_be_chosen_by_a_name() -> None:
    head = PAIR + "let data = simulate(pair, seed = 1)\n"
    assert run(head + 'let w = "observed"\nlet best = fit(pair, data, errors = w)').codes == []
    ran = run(head + 'let w = "exact"\nlet best = fit(pair, data, errors = w)')
    assert ran.codes == ["E0517"]
    assert ran.messages[0].span is not None
    assert ran.messages[0].span.text == "w"


def test_a_model_that_rounds_is_not_fitted() -> None:
    program = PAIR.replace("Normal(a * x, 1)", "Normal(floor(a) * x, 1)")
    assert run(program + "fit(pair, simulate(pair))").codes == ["E0604"]


def test_a_real_exponent_can_be_fitted() -> None:
    program = """
    experiment power {
        param k: Scalar = 1.5
        axis x: Scalar = linspace(1, 3, 30)
        measure y ~ Normal(x^k, 0.01)
    }
    let best = fit(power, simulate(power, k = 2.25, seed = 1))
    """
    best = run(program).value("best")
    assert abs(best["k"].value - 2.25) < 4 * best["k"].error


def test_a_shape_is_found_from_where_its_power_is_the_zeroth() -> None:
    program = """
    experiment e {
        param a: Scalar = 1 in 0.1 .. 100
        axis k: Int = range(200)
        measure v ~ Gamma(a, 2.0 + 0 * k)
    }
    let data = simulate(e, a = 3, seed = 1)
    let here = fit(e, data)
    let there = fit(e, data, start = (a = 2))
    print(here.verdict)
    assert abs(here.a.value - there.a.value) < 1e-6
    """
    assert lines(program) == ["converged"]


def test_a_formula_that_llvm_cannot_pack_into_vectors() -> None:
    """Vectors made of straight code (SLP) end the process in an assertion of LLVM 22 here."""
    program = """
    experiment two {
        param a: Scalar = 1
        param w: Scalar = 1
        param T: Scalar = 5
        axis t: Scalar = linspace(0, 10, 11)
        measure v ~ Normal(a * exp(-t / T) * cos(w * t), 0.3)
        measure n ~ Poisson(a * exp(-t / T) * (1 + 0.5 * cos(w * t)))
    }
    print(fit(two, simulate(two, seed = 1)).verdict)
    """
    assert lines(program) == ["converged"]


@pytest.mark.parametrize(
    ("distribution", "a", "b"),
    [
        ("Normal(a * b * fall, 0.1)", 2, 1),
        ("Normal(a * b * fall, 0.1)", 1, 1),
        ("Normal(a * b * fall, 0.1)", 200, 0.001),
        ("Poisson(100 * a * b * fall)", 2, 1),
        ("Poisson(1e6 * a * b * fall)", 2, 1),
        ("Binomial(1000, a * b * fall / 10)", 0.5, 2),
        ("Normal(a / b * fall, 0.1)", 2, 1),
        ("Normal(a * exp(b) * fall, 0.1)", 2, 1),
        ("Normal(fall, a * b)", 0.5, 0.5),
    ],
)
def test_what_only_a_product_fixes_is_unidentifiable(distribution: str, a: float, b: float) -> None:
    """The valley of a * b is curved: beside its bottom the slope that is left looks like curvature, up or down."""
    experiment = f"""
    experiment product {{
        param a: Scalar = {a}
        param b: Scalar = {b}
        axis t: Time = linspace(0 us, 10 us, 21)
        let fall = exp(-t / 3 us)
        measure v ~ {distribution}
    }}
    """
    for seed in range(4):
        fitted = f"let best = fit(product, simulate(product, a = {1.3 * a}, b = {1.2 * b}, seed = {seed}))"
        best = run(experiment + fitted).value("best")
        assert str(best.verdict).startswith("unidentifiable(a ")
        assert best["a"].error == float("inf")
