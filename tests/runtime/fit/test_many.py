"""Many fits at once: the same answers as one by one, and the same verdicts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import qdsl
from qdsl.lang.report import Diagnostics
from qdsl.runtime.embedded_experiment import Experiment
from qdsl.runtime.experiment.fitting import Said, parameters_of, residuals_at
from qdsl.runtime.experiment.model import Model, model_of
from qdsl.runtime.experiment.series import SeriesOf
from qdsl.runtime.fit.many import Fits, fit_many
from qdsl.runtime.fit.runs import runs_of
from qdsl.runtime.fit.verdict import Converged, Rejected, Verdict

Array = NDArray[Any]

MODELS: Any = qdsl.compile("""
experiment ringing {
    param a: Scalar = 1
    param tau: Time = 5 s
    param f: Frequency = 0.5 Hz
    param phase: Scalar = 0.3
    param c: Scalar = 0.1
    axis t: Time = linspace(0 s, 10 s, 60)
    measure y ~ Normal(a * exp(-t / tau) * cos(2pi * f * t + phase) + c)
}
experiment noisy {
    param a: Scalar = 1
    param tau: Time = 5 s in 0.1 s .. 100 s
    axis t: Time = linspace(0 s, 10 s, 60)
    measure y ~ Normal(a * exp(-t / tau), 0.05)
}
experiment loud {
    param a: Scalar = 1
    param tau: Time = 5 s in 0.01 s .. 1000 s
    axis t: Time = linspace(0 s, 10 s, 12)
    measure y ~ Normal(a * exp(-t / tau))
}
experiment decay {
    param tau: Time = 5 s in 1 s .. 20 s
    param a: Scalar = 0.9 in 0 .. 1
    param c: Scalar = 0.05 in 0 .. 1
    axis t: Time = linspace(0 s, 10 s, 20)
    measure k ~ Binomial(100, c + (a - c) * exp(-t / tau))
}
experiment rates {
    param r: 1/Time = 3 s^-1 in 0.01 s^-1 .. 100 s^-1 ~ Gamma(2, 2 s^-1)
    param width: Scalar = 1 in 0.01 .. 10
    axis t: Time = [1 s, 2 s, 3 s, 4 s]
    measure n ~ Poisson(r * t)
    measure x ~ Normal(r * t, width)
}
experiment shared {
    param p: Scalar = 0.5 in 0 .. 1
    axis shots: Int
    measure n ~ Binomial(shots, p)
}
experiment roots {
    param a: Scalar = 1
    axis t: Scalar = linspace(0, 1, 10)
    measure y ~ Normal(sqrt(a - 0.9 * t), 0.1)
}
""")


def model_and(name: str) -> tuple[Model, Experiment]:
    experiment = getattr(MODELS, name)
    assert experiment.params
    return model_of(experiment._live.session.environment, experiment._experiment), experiment


def series_of(name: str, columns: list[Array], weights: Array) -> SeriesOf:
    model, _ = model_and(name)
    return SeriesOf(model, columns, weights, parameters_of(model, Said({}, {}, {}), Diagnostics()))


def many(name: str, columns: list[Array], weights: Array, errors: str = "observed") -> Fits:
    series = series_of(name, columns, weights)
    starts = np.tile([each.start for each in series.parameters], (len(weights), 1))
    return fit_many(series, starts, errors)


def of_search(verdict: Verdict) -> Verdict:
    """What the search alone said: one model in a thousand that is right is rejected."""
    return Converged() if isinstance(verdict, Rejected) else verdict


def simulated(name: str, count: int) -> tuple[list[Array], list[dict[str, Array]]]:
    """Columns for many, and the same as tables."""
    tables = [getattr(MODELS, name).simulate(seed=k) for k in range(count)]
    axes = tables[0].axes
    names = [*axes, *(each for each in tables[0] if each not in axes)]
    columns = [tables[0][each] if each in axes else np.stack([table[each] for table in tables]) for each in names]
    return columns, [{each: table[each] for each in names} for table in tables]


@pytest.mark.parametrize(("name", "errors"), [("noisy", "observed"), ("decay", "observed"), ("decay", "expected"),
                                               ("rates", "observed"), ("roots", "expected")])  # fmt: skip
def test_each_is_as_a_fit_by_itself(name: str, errors: str) -> None:
    columns, tables = simulated(name, 40)
    found = many(name, columns, np.ones((40, len(columns[0]))), errors)
    experiment = getattr(MODELS, name)
    for k, table in enumerate(tables):
        alone = experiment.fit(table, errors=errors)
        assert str(found.verdicts[k]) == str(of_search(alone.verdict))
        np.testing.assert_allclose(found.values[k], alone.values, rtol=1e-8, atol=1e-12)
        np.testing.assert_allclose(found.errors[k], np.sqrt(np.diag(alone.covariance)), rtol=1e-7)
        assert found.value[k] == pytest.approx(alone.objective.evaluate(np.array(alone.values), 0)[0], rel=1e-10)


def test_least_squares_are_as_fits_by_themselves() -> None:
    t = np.linspace(0, 10, 60)
    rng = np.random.default_rng(5)
    y = np.exp(-t / 5) * np.cos(np.pi * t + 0.3 + 0.2 * rng.normal(size=(30, 1))) + 0.05 * rng.normal(size=(30, 60))
    found = many("ringing", [t, y], np.ones(y.shape))
    for k in range(30):
        alone = MODELS.ringing.fit({"t": t, "y": y[k]})
        assert str(found.verdicts[k]) == str(of_search(alone.verdict))
        np.testing.assert_allclose(found.values[k], alone.values, rtol=1e-8)
        np.testing.assert_allclose(found.errors[k], np.sqrt(np.diag(alone.covariance)), rtol=1e-7)
        assert 2 * found.value[k] == pytest.approx(alone.rss, rel=1e-12)


def test_ends_are_exact_where_there_is_more_noise_than_signal() -> None:
    """Beside Newton's method with second derivatives written by hand: where Gauss and Newton's matrix lacks much."""
    t = np.linspace(0, 10, 12)
    y = np.exp(-t / 5) + 0.5 * np.random.default_rng(3).normal(size=(200, 12))
    found = many("loud", [t, y], np.ones(y.shape))
    plain = [k for k, each in enumerate(found.verdicts) if each == Converged()]
    assert len(plain) > 150
    off = []
    for k in plain:
        a, tau = found.values[k]
        for _ in range(3):
            decay, left = np.exp(-t / tau), a * np.exp(-t / tau) - y[k]
            by_tau = decay * t / tau**2
            jacobian = np.stack([decay, a * by_tau], axis=1)
            hessian = jacobian.T @ jacobian
            hessian += [[0, left @ by_tau], [left @ by_tau, left @ (a * by_tau * (t / tau**2 - 2 / tau))]]
            a, tau = (a, tau) - np.linalg.solve(hessian, jacobian.T @ left)
        off.append(np.abs(found.values[k] - (a, tau)) / found.errors[k])
    assert np.max(off) < 5e-8
    assert np.quantile(off, 0.95) < 1e-8


def test_few_need_a_fit_of_their_own() -> None:
    columns, _ = simulated("decay", 200)
    found = many("decay", columns, np.ones((200, 20)))
    assert found.again.mean() < 0.05


def test_one_at_its_bound_is_held_there() -> None:
    columns, _ = simulated("decay", 60)
    found = many("decay", columns, np.ones((60, 20)))
    at_bound = [k for k, each in enumerate(found.verdicts) if str(each) == "at_bound(c)"]
    assert at_bound
    assert (found.values[at_bound, 2] == 0.0).all()
    assert np.isnan(found.errors[at_bound, 2]).all()
    assert np.isfinite(found.errors[at_bound, :2]).all()


def test_a_row_of_weight_two_is_that_row_twice() -> None:
    columns, tables = simulated("decay", 10)
    weights = np.random.default_rng(2).integers(0, 3, size=(10, 20)).astype(float)
    found = many("decay", columns, weights)
    for k, table in enumerate(tables):
        rows = np.repeat(np.arange(20), weights[k].astype(int))
        alone = MODELS.decay.fit({name: each[rows] for name, each in table.items()})
        np.testing.assert_allclose(found.values[k], alone.values, rtol=1e-8, atol=1e-12)


def test_sets_that_cannot_be_fitted_say_so_beside_those_that_can() -> None:
    columns, _ = simulated("decay", 3)
    counts = columns[1].copy()
    counts[1] = 50  # nothing decays
    weights = np.ones((3, 20))
    weights[2, 2:] = 0.0  # two points for three params
    found = many("decay", [columns[0], counts], weights)
    words = [str(each) for each in found.verdicts]
    assert words[0] == "converged"
    assert words[1].startswith(("unidentifiable", "at_bound", "not_converged"))
    assert words[2] == "not_converged(these data cannot be fitted)"
    assert np.isnan(found.errors[2]).all()


def test_an_interrupt_keeps_what_is_done() -> None:
    columns, _ = simulated("decay", 5)
    model, _ = model_and("decay")
    series = SeriesOf(model, columns, np.ones((5, 20)), parameters_of(model, Said({}, {}, {}), Diagnostics()))
    calm = type(series).descend

    class Interrupted(SeriesOf):
        calls = 0

        def descend(self, which: Array, x: Array, damping: Array, rounds: int) -> Any:
            type(self).calls += 1
            if type(self).calls == 2:
                raise KeyboardInterrupt
            return calm(self, which, x, damping, 4)

    starts = np.tile([each.start for each in series.parameters], (5, 1))
    found = fit_many(Interrupted(model, columns, np.ones((5, 20)), series.parameters), starts)
    assert found.interrupted
    assert {str(each) for each in found.verdicts} <= {"converged", "not_converged(interrupted)"}
    assert "not_converged(interrupted)" in {str(each) for each in found.verdicts}


def test_inverses_are_those_of_lapack_and_flat_ones_are_seen() -> None:
    rng = np.random.default_rng(1)
    roots = rng.normal(size=(50, 5, 7))
    scale = np.array([1e-9, 1.0, 1e6, 1e3, 1e-3])
    matrices = roots @ roots.transpose(0, 2, 1) * np.outer(scale, scale)
    series = series_of("ringing", [np.zeros(1), np.zeros(1)], np.ones((50, 1)))
    found, trace = series.inverses(matrices, np.ones((50, 5), dtype=bool))
    relative = found * np.outer(scale, scale)
    np.testing.assert_allclose(relative, np.linalg.inv(matrices / np.outer(scale, scale)), rtol=1e-8)
    unit = np.sqrt(np.diagonal(matrices, axis1=1, axis2=2))
    least = np.linalg.eigvalsh(matrices / (unit[:, :, None] * unit[:, None, :]))[:, 0]
    assert (1.0 / trace <= least * (1 + 1e-9)).all()
    singular = np.ones((1, 5, 5))
    assert not series.inverses(singular, np.ones((1, 5), dtype=bool))[1] < 1e9
    negative = np.diag([1.0, 1.0, -1.0, 1.0, 1.0])[np.newaxis]
    assert np.isinf(series.inverses(negative, np.ones((1, 5), dtype=bool))[1])
    assert np.isinf(series.inverses(np.full((1, 5, 5), np.nan), np.ones((1, 5), dtype=bool))[1])
    rest = [0, 2, 3, 4]
    held, trace = series.inverses(matrices, np.tile(np.isin(range(5), rest), (50, 1)))
    assert (held[:, 1] == 0).all()
    np.testing.assert_allclose(
        held[:, rest][:, :, rest] * np.outer(scale[rest], scale[rest]),
        np.linalg.inv(matrices[:, rest][:, :, rest] / np.outer(scale[rest], scale[rest])),
        rtol=1e-8,
    )
    assert (trace >= 4).all()
    assert (trace < 1e9).all()


@pytest.mark.parametrize("name", ["ringing", "noisy", "decay", "rates"])
def test_what_is_seen_of_the_data_is_what_residuals_of_single_fits_show(name: str) -> None:
    """Gains and signs, row by row in an order that is not theirs, some rows left out."""
    rng = np.random.default_rng(3)
    columns = simulated(name, 12)[0] if name != "ringing" else [np.linspace(0, 10, 60), rng.normal(size=(12, 60))]
    shuffled = rng.permutation(len(columns[0]))
    columns = [np.ascontiguousarray(each[..., shuffled]) for each in columns]
    weights = (rng.random((12, len(shuffled))) < 0.8).astype(float)
    model, _ = model_and(name)
    series = series_of(name, columns, weights)
    x = np.array([each.start for each in series.parameters]) * (1 + 0.1 * rng.random((12, len(series.parameters))))
    order = np.argsort(columns[0])
    seen = series.seen(x, [order] * len(model.experiment.measures))
    assert seen is not None
    for k in range(12):
        used = weights[k] > 0
        inside = np.argsort(columns[0][used])
        for each, alone in zip(seen, residuals_at(series.alone(k), x[k]), strict=True):
            signs = alone.signs[inside]
            assert (each.above[k], each.below[k]) == ((signs > 0).sum(), (signs < 0).sum())
            runs = runs_of(signs)
            assert runs is None or each.runs[k] == runs.found
            if name != "ringing":  # least squares have no gain before sigma is known
                assert each.gain[k] == pytest.approx(alone.gain.sum(), rel=1e-9)


def test_where_rows_share_evolutions_each_is_held_against_its_data_by_itself() -> None:
    module: Any = qdsl.compile("""
    space q: Qubit
    experiment rabi {
        param f: Frequency = 0.2 MHz in 0.1 MHz .. 0.4 MHz
        axis t: Time = linspace(0 us, 10 us, 24)
        measure n ~ Binomial(400, expect(P(q, 1), evolve(pi * f * X(q), |0>(q), t)))
    }
    """)
    good = module.rabi.simulate(seed=1)
    bad = good["n"] // 2
    table = module.rabi.fit_each({"t": good["t"], "n": np.stack([good["n"], bad])})
    assert list(table["verdict"]) == ["converged", "rejected"]
    alone = module.rabi.fit({"t": good["t"], "n": good["n"]})
    assert table["deviance"][0] == pytest.approx(alone.deviance, rel=1e-9)
    assert table["p_value"][0] == pytest.approx(alone.p_value, rel=1e-9)


def test_counts_of_shots_that_the_model_works_out() -> None:
    """An argument that is no real number, and so nothing that a fit derives by, may be a let."""
    module: Any = qdsl.compile("""
    experiment twice {
        param p: Scalar = 0.4 in 0 .. 1
        axis shots: Int = [10, 20, 30]
        let all = 2 * shots
        measure n ~ Binomial(all, p)
    }
    """)
    table = module.twice.simulate(seed=1)
    found = module.twice.fit_each({"shots": table["shots"], "n": np.stack([table["n"]] * 9)})
    assert found["p"] == pytest.approx(np.full(9, table["n"].sum() / (2 * table["shots"].sum())), rel=1e-12)


def test_groups_of_unequal_length_are_fitted_as_each_by_itself() -> None:
    rng = np.random.default_rng(4)
    t, y, qubit = [], [], []
    for name, count in (("b", 30), ("a", 12), ("c", 30)):
        own = np.sort(rng.uniform(0, 10, count))
        t.append(own)
        y.append(np.exp(-own / 3) + 0.05 * rng.normal(size=count))
        qubit += [name] * count
    data = {"t": np.concatenate(t), "y": np.concatenate(y), "qubit": np.array(qubit)}
    mixed = rng.permutation(len(qubit))
    found = MODELS.noisy.fit_each({name: each[mixed] for name, each in data.items()}, by="qubit")
    for row, name in enumerate(found["qubit"]):
        place = "bac".index(name)
        alone = MODELS.noisy.fit({"t": t[place], "y": y[place]})
        assert found["tau"][row] == pytest.approx(alone.tau.value, rel=1e-8)
        assert found["tau_err"][row] == pytest.approx(alone.tau.error, rel=1e-7)
        assert found["deviance"][row] == pytest.approx(alone.deviance, rel=1e-10)
        assert found["p_value"][row] == pytest.approx(alone.p_value, rel=1e-8)
        assert found["nll"][row] == pytest.approx(alone.nll, rel=1e-10)
        assert found["points"][row] == len(t[place])
        assert found["verdict"][row] == alone.verdict.word


def test_arrays_have_a_set_in_each_row() -> None:
    columns, tables = simulated("rates", 5)
    names = list(tables[0])
    found = MODELS.rates.fit_each(dict(zip(names, columns, strict=True)))
    for row, table in enumerate(tables):
        alone = MODELS.rates.fit(table)
        assert found["r"][row] == pytest.approx(alone.r.value, rel=1e-8)
        assert found["nll"][row] == pytest.approx(alone.nll, rel=1e-8)
        assert found["dof"][row] == alone.dof


def test_what_does_not_fit_together_is_refused() -> None:
    t = np.linspace(0, 10, 60)
    with pytest.raises(qdsl.BindError, match="length"):
        MODELS.noisy.fit_each({"t": t[:-1], "y": np.zeros((3, 60))})
    with pytest.raises(qdsl.BindError, match="y"):
        MODELS.noisy.fit_each({"t": t})
    with pytest.raises(KeyError, match="qubit"):
        MODELS.noisy.fit_each({"t": t, "y": t}, by="qubit")


def test_a_set_where_the_model_is_not_defined_does_not_touch_others() -> None:
    """The search of the second set begins where there is no mean."""
    good, bad = np.linspace(0.0, 0.4, 10), np.linspace(0.0, 1.0, 10)
    y = np.sqrt(1.0 - 0.9 * good) + np.tile([0.5, -0.5], 5)
    data = {"t": np.stack([good, bad]), "y": np.stack([y, y])}
    found = MODELS.roots.fit_each(data, start={"a": 0.7})
    alone = MODELS.roots.fit({"t": good, "y": y}, start={"a": 0.7})
    assert found["deviance"][0] == pytest.approx(alone.deviance, rel=1e-8)
    assert found["verdict"][0] == alone.verdict.word == "rejected"
    assert found["verdict"][1] == "not_converged"


def test_axes_that_all_sets_share_are_shared() -> None:
    found = MODELS.shared.fit_each({"shots": [10, 20], "n": [[3, 7], [10, 20], [1, 2]]})
    assert found["p"] == pytest.approx([1 / 3, 1.0, 0.1], abs=1e-9)
    with pytest.raises(ValueError, match="expected"):
        MODELS.shared.fit_each({"shots": [10, 20], "n": [[3, 7]]}, errors="none")
