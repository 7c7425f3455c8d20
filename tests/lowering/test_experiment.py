"""An experiment as functions: what they compute, against the same model written in NumPy and SciPy."""

from __future__ import annotations

from csv import reader
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats
from tests.lowering.programs import call, checked, library

from qdsl.lang import differentiate
from qdsl.lang.core.from_experiment import FromExperiment
from qdsl.lang.core.from_typed import Entry, Lowering
from qdsl.lang.core.interpret import interpret
from qdsl.lang.core.verify import verify
from qdsl.lang.optimise import optimise
from qdsl.lang.typed import types

T1 = """
experiment t1 {
    param tau       : Time   = 20 ns in 1 ns .. 1 us
    param amplitude : Scalar = 0.9 in 0 .. 1
    param baseline  : Scalar = 0.05 in 0 .. 1
    axis delay : Time
    axis shots : Int
    let p = baseline + amplitude * exp(-delay / tau)
    measure excited ~ Binomial(shots, p)
}
"""
BEST = (23.8775e-9, 0.92271, 0.03957)
COUNTS = Path(__file__).parents[2] / "examples" / "data" / "t1_counts.csv"


@cache
def functions(text: str) -> FromExperiment:
    """The functions of the program's only experiment."""
    (symbol,) = checked(text).module.experiments.values()
    return FromExperiment(symbol, library().function)


def entry(text: str, name: str) -> Entry:
    found = Lowering(differentiate).kernel(getattr(functions(text), name)())
    verify(found.module)
    return found


def run(text: str, name: str, *arguments: Any) -> Any:
    return call(entry(text, name), *arguments)


@cache
def counts() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Delays in seconds, shots, counts."""
    with COUNTS.open(encoding="utf-8") as file:
        rows = list(reader(file))[1:]
    table = np.array(rows, dtype=float)
    return table[:, 0] * 1e-9, table[:, 2].astype(int), table[:, 1].astype(int)


def columns() -> list[list[Any]]:
    return [each.tolist() for each in counts()]


def reference(tau: float, amplitude: float, baseline: float) -> float:
    """The same negative log-likelihood in NumPy."""
    t, n, k = counts()
    p = baseline + amplitude * np.exp(-t / tau)
    return float(-np.sum(k * np.log(p) + (n - k) * np.log1p(-p)))


def test_the_likelihood_of_the_t1_counts() -> None:
    nll = run(T1, "nll", *BEST, *columns())
    assert nll == pytest.approx(reference(*BEST), rel=1e-14)
    assert nll == pytest.approx(77260.3316, abs=5e-5)


def test_what_the_likelihood_leaves_out_depends_on_the_data_alone() -> None:
    t, n, k = counts()
    left_out = run(T1, "constant", *BEST, *columns())
    assert left_out == run(T1, "constant", 1e-9, 0.1, 0.2, *columns())
    p = BEST[2] + BEST[1] * np.exp(-t / BEST[0])
    whole = -stats.binom.logpmf(k, n, p).sum()
    assert run(T1, "nll", *BEST, *columns()) + left_out == pytest.approx(whole, rel=1e-10)
    assert whole == pytest.approx(65.6856, abs=5e-5)


def test_what_each_point_tells_of_the_model() -> None:
    _, n, k = counts()
    saturated = -float(np.sum(k * np.log(k / n) + (n - k) * np.log1p(-k / n)))
    told = [run(T1, "residuals", *BEST, *row) for row in zip(*columns(), strict=True)]
    deviance = sum(each["excited.deviance"] for each in told)
    assert deviance == pytest.approx(2 * (reference(*BEST) - saturated), abs=1e-7)
    assert deviance == pytest.approx(8.942, abs=5e-4)
    p = BEST[2] + BEST[1] * np.exp(-counts()[0] / BEST[0])
    assert [each["excited.mean"] for each in told] == pytest.approx(n * p)
    assert [each["excited.variance"] for each in told] == pytest.approx(n * p * (1 - p))


def test_gradient_and_hessian_of_the_likelihood() -> None:
    """Against the chain rule by hand: dp/dtheta and d2p/dtheta2 of the model, and the binomial's own derivatives."""
    tau, amplitude, baseline = 25e-9, 0.9, 0.05
    t, n, k = counts()
    e = np.exp(-t / tau)
    p = baseline + amplitude * e
    jacobian = np.array([amplitude * e * t / tau**2, e, np.ones_like(t)])
    second = np.zeros((3, 3, len(t)))
    second[0, 0] = amplitude * e * (t**2 / tau**4 - 2 * t / tau**3)
    second[0, 1] = second[1, 0] = e * t / tau**2
    slope = -(k / p - (n - k) / (1 - p))
    bend = k / p**2 + (n - k) / (1 - p) ** 2
    gradient = jacobian @ slope
    hessian = np.einsum("ip,jp,p->ij", jacobian, jacobian, bend) + second @ slope

    nll = entry(T1, "nll")
    derived = differentiate.hessian(nll.module, nll.name, range(3))
    verify(derived)
    value, *found = interpret(derived, f"{nll.name}.hess", [tau, amplitude, baseline, *columns()])
    assert value == pytest.approx(reference(tau, amplitude, baseline), rel=1e-14)
    assert found[:3] == pytest.approx(gradient, rel=1e-11)
    assert found[3:] == pytest.approx(hessian[np.triu_indices(3)], rel=1e-11)


def test_the_likelihood_is_one_loop_without_calls() -> None:
    nll = entry(T1, "nll")
    for module, name in (
        (nll.module, nll.name),
        (differentiate.hessian(nll.module, nll.name, range(3)), f"{nll.name}.hess"),
    ):
        function = optimise(module, [name]).functions[name]
        names = [op.name for op in function.body.walk()]
        assert names.count("for") == 1
        assert not {"call", "build", "while"} & set(names)


def test_a_point_gives_the_arguments_and_the_mean() -> None:
    found = run(T1, "point", 20e-9, 0.9, 0.05, 10e-9, 200)
    p = 0.05 + 0.9 * np.exp(-0.5)
    assert found == pytest.approx({"excited.0": 200, "excited.1": p, "excited.mean": 200 * p})


# ── several measurements ─────────────────────────────────────────────────────────────────────────────────────────

TWO = """
experiment two {
    param a : Voltage = 1 V
    param s : Voltage = 0.1 V
    axis x : Scalar
    let m = a * x
    measure y ~ Normal(m, s)
    measure n ~ Poisson(m / 1 mV)
}
"""


def test_measurements_multiply() -> None:
    x, y, n = np.array([0.5, 2.0]), np.array([0.6, 1.9]), np.array([480, 2050])
    a, s = 1.1, 0.2
    whole = -stats.norm.logpdf(y, a * x, s).sum() - stats.poisson.logpmf(n, a * x / 1e-3).sum()
    data = [each.tolist() for each in (x, y, n)]
    assert run(TWO, "nll", a, s, *data) + run(TWO, "constant", a, s, *data) == pytest.approx(whole, rel=1e-12)


def test_a_draw_is_a_function_of_its_key_and_counter() -> None:
    draw = entry(TWO, "draw")
    result = draw.result
    assert isinstance(result, types.Record)
    assert [name for name, _ in result.fields] == ["y", "n"]
    first = call(draw, 1.0, 0.1, 2.0, 7, 0)
    assert first == call(draw, 1.0, 0.1, 2.0, 7, 0)
    assert first != call(draw, 1.0, 0.1, 2.0, 8, 0)
    assert first != call(draw, 1.0, 0.1, 2.0, 7, 1)


def test_the_largest_key_and_counter_are_allowed() -> None:
    assert set(run(TWO, "draw", 1.0, 0.1, 2.0, 2**63 - 1, 2**63 - 1)) == {"y", "n"}


def test_no_two_draws_share_their_random_numbers() -> None:
    text = TWO.replace("Poisson(m / 1 mV)", "Normal(m, s)")
    draws = [call(entry(text, "draw"), 0.0, 1.0, 0.0, 7 + key, counter) for key in range(2) for counter in range(4)]
    values = [each[name] for each in draws for name in ("y", "n")]
    assert len(set(values)) == len(values)


def test_least_squares_has_a_mean_and_no_likelihood() -> None:
    text = "experiment e { param a : Scalar = 1\n axis x : Scalar\n measure y ~ Normal(a * x) }"
    assert run(text, "point", 3.0, 2.0) == {"y.0": 6.0, "y.mean": 6.0}
