"""Many fits whose defaults lead astray, or that have none: they end as fits by themselves do."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import qdsl
from qdsl.runtime.experiment import searching_each
from qdsl.runtime.fit.verdict import Unidentifiable

Array = NDArray[Any]

MODELS: Any = qdsl.compile("""
experiment counted {
    param f: Frequency = 0.8 MHz
    param T2: Time = 8 us in 0.5 us .. 200 us
    param a: Scalar = 0.4 in 0 .. 0.5
    axis tau: Time = linspace(0 us, 20 us, 81)
    measure n ~ Binomial(200, 0.5 + a * exp(-tau / T2) * cos(2pi * f * tau))
}
experiment unknown {
    param f: Frequency = 0.8 MHz
    param T2: Time = 8 us in 0.5 us .. 200 us
    param a: Voltage = 0.4 uV
    param c: Voltage = 0.5 uV
    axis tau: Time = linspace(0 us, 20 us, 81)
    measure y ~ Normal(c + a * exp(-tau / T2) * cos(2pi * f * tau))
}
experiment width {
    param f: Frequency = 0.8 MHz
    param T2: Time = 8 us in 0.5 us .. 200 us
    param a: Voltage = 0.4 uV
    param c: Voltage = 0.5 uV
    param sigma: Voltage = 0.1 uV in 1 pV .. 10 uV
    axis tau: Time = linspace(0 us, 20 us, 81)
    measure y ~ Normal(c + a * exp(-tau / T2) * cos(2pi * f * tau), sigma)
}
experiment bounded {
    param f: Frequency = 1.2 MHz in 0.1 MHz .. 2 MHz
    param T2: Time = 5 us in 1 us .. 100 us
    param a: Voltage = 0 V
    param c: Voltage = 0 V
    axis tau: Time = linspace(0 us, 20 us, 81)
    measure y ~ Normal(c + a * exp(-tau / T2) * cos(2pi * f * tau))
}
experiment no_starts {
    param f: Frequency
    param T2: Time in 0.5 us .. 200 us
    param a: Voltage
    param c: Voltage
    axis tau: Time = linspace(0 us, 20 us, 81)
    measure y ~ Normal(c + a * exp(-tau / T2) * cos(2pi * f * tau))
}
experiment two_answers {
    param p: Scalar
    axis t: Time = linspace(1 s, 4 s, 13)
    measure n ~ Poisson(50 + (p - 1 )^2 * t / (1 s))
}
""")

TAU = np.linspace(0.0, 20e-6, 81)
TRUE = np.array([0.8e6, 1.6e6, 0.4e6] * 8) * (1.0 + 0.01 * np.random.default_rng(1).normal(size=24))
"""The default is right for a third of the groups, and wrong by a factor of two for the others."""
SHAPES = np.exp(-TAU / 6e-6) * np.cos(2 * np.pi * TRUE[:, None] * TAU)


def data_of(name: str) -> dict[str, Array]:
    rng = np.random.default_rng(2)
    if name == "counted":
        return {"tau": TAU, "n": rng.binomial(200, 0.5 + 0.4 * SHAPES)}
    return {"tau": TAU, "y": 1e-6 * (0.5 + 0.4 * SHAPES + 0.05 * rng.normal(size=SHAPES.shape))}


def each_alone(name: str, data: dict[str, Array]) -> list[Any]:
    count = max(len(each) for each in data.values() if each.ndim == 2)
    sets = [{name: each if each.ndim == 1 else each[k] for name, each in data.items()} for k in range(count)]
    return [getattr(MODELS, name).fit(each) for each in sets]


def assert_same(table: Any, alone: list[Any]) -> None:
    assert len(table) == len(alone)
    for k, single in enumerate(alone):
        assert table["verdict"][k] == single.verdict.word
        errors = np.sqrt(np.diag(single.covariance))
        np.testing.assert_allclose([table[each][k] for each in single.estimates], single.values, rtol=1e-8)
        np.testing.assert_allclose([table[f"{each}_err"][k] for each in single.estimates], errors, rtol=1e-7)


@pytest.fixture
def guessed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One for each set of which it was asked where its data say that the search should begin."""
    found: list[int] = []
    starts_for = searching_each.starts_for

    def counted(*arguments: Any) -> Any:
        found.append(1)
        return starts_for(*arguments)

    monkeypatch.setattr(searching_each, "starts_for", counted)
    return found


@pytest.mark.parametrize("name", ["counted", "unknown", "width"])
def test_wrong_defaults_are_left_as_by_single_fits(name: str, guessed: list[int]) -> None:
    data = data_of(name)
    found, alone = getattr(MODELS, name).fit_each(data), each_alone(name, data)
    assert_same(found, alone)
    assert (np.abs(found["f"] - TRUE) < 6 * found["f_err"]).all()
    assert guessed


def test_groups_of_a_table_leave_wrong_defaults_too() -> None:
    """Of unequal lengths, and with rows out of order."""
    data, rng = data_of("counted"), np.random.default_rng(4)
    kept = rng.random(SHAPES.shape) < 0.8
    kept[0] = True
    rows = {
        "tau": np.broadcast_to(TAU, SHAPES.shape)[kept],
        "n": data["n"][kept],
        "chip": np.broadcast_to(np.arange(24)[:, None], SHAPES.shape)[kept],
    }
    mixed = rng.permutation(len(rows["tau"]))
    rows = {name: each[mixed] for name, each in rows.items()}
    found = MODELS.counted.fit_each(rows, by="chip")
    order = [np.flatnonzero(rows["chip"] == chip) for chip in found["chip"]]
    assert_same(found, [MODELS.counted.fit({name: each[own] for name, each in rows.items()}) for own in order])
    assert (np.abs(found["f"] - TRUE[found["chip"]]) < 6 * found["f_err"]).all()


def test_params_without_a_start_end_as_single_fits() -> None:
    data = {name: each if each.ndim == 1 else each[:6] for name, each in data_of("no_starts").items()}
    assert_same(MODELS.no_starts.fit_each(data), each_alone("no_starts", data))


def test_other_ends_that_are_as_good_are_told_as_by_single_fits() -> None:
    """p and 2 - p are one curve: no fit can know which."""
    t = np.linspace(1.0, 4.0, 13)
    n = np.random.default_rng(3).poisson(50 + 4 * t, size=(5, 13)) + 20
    alone = each_alone("two_answers", {"t": t, "n": n})
    assert {each.verdict.word for each in alone} == {"multimodal"}
    assert_same(MODELS.two_answers.fit_each({"t": t, "n": n}), alone)


def test_a_wrong_model_stays_rejected_after_one_more_search(guessed: list[int]) -> None:
    data = data_of("counted")
    saw = np.where(np.arange(81) % 27 < 9, 180, 60)
    data["n"] = np.stack([saw, data["n"][0], saw + 1])
    found = MODELS.counted.fit_each(data)
    assert list(found["verdict"]) == ["rejected", "converged", "rejected"]
    assert_same(found, each_alone("counted", data))
    assert len(guessed) == 2


def test_sets_that_end_well_are_searched_once(guessed: list[int]) -> None:
    rng, right = np.random.default_rng(5), 0.5 + 0.4 * SHAPES[::3]
    counts, volts = rng.binomial(200, right), 1e-6 * (right + 0.05 * rng.normal(size=right.shape))
    for found in (
        MODELS.counted.fit_each({"tau": TAU, "n": counts}),
        MODELS.unknown.fit_each({"tau": TAU, "y": volts}),
        MODELS.width.fit_each({"tau": TAU, "y": volts}),
    ):
        assert set(found["verdict"]) == {"converged"}
    assert not guessed


def test_who_gives_a_start_is_not_overruled(guessed: list[int]) -> None:
    data = data_of("counted")
    found = MODELS.counted.fit_each(data, start={"f": 0.8e6})
    assert "rejected" in Counter(found["verdict"].tolist())
    assert not guessed


def test_an_interrupt_of_second_searches_keeps_what_came_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """The third group is the first that is searched once more."""
    program = """
    experiment fringes {
        param f: Frequency = 0.5 MHz
        axis tau: Time = linspace(0 us, 20 us, 81)
        measure n ~ Binomial(200, 0.5 + 0.4 * exp(-tau / (6 us)) * cos(2pi * f * tau))
    }
    """
    from qdsl.lang.report import Diagnostic
    from qdsl.lang.source import Source
    from qdsl.runtime.session import Session, Settings

    def interrupted(*arguments: Any) -> Any:
        raise KeyboardInterrupt

    told: list[str] = []

    def report(diagnostic: Diagnostic) -> None:
        told.append(diagnostic.message)

    monkeypatch.setattr(searching_each, "starts_for", interrupted)
    session = Session(Settings(told.append, report, seed=1))
    session.line(Source("line 1", program + "let data = sweep(fringes, f = [0.5 MHz, 0.51 MHz, 2.3 MHz, 0.5 MHz])\n"))
    run = "data.with(run = [div(row, 81) for row in range(len(data))])"
    with pytest.raises(KeyboardInterrupt):
        session.line(Source("line 2", f'let fits = fit_each(fringes, {run}, by = "run")\n'))
    assert told == ["stopped after 2 of 4 fits: the table has these"]


def test_the_unit_of_the_data_decides_nothing() -> None:
    """Ends of many starts are compared in errors, not in volts."""
    y = 0.5 + 0.4 * SHAPES[1] + 0.05 * np.random.default_rng(1).normal(size=81)
    words = {MODELS.bounded.fit({"tau": TAU, "y": size * y}, starts=24).verdict.word for size in (1e-9, 1.0, 1e9)}
    assert words == {"converged"}


@pytest.mark.parametrize("level", [3.0, 0.0, 1e-9])
def test_what_constant_data_do_not_fix_is_not_known(level: float) -> None:
    """They have no scatter, beside which every curvature would be large."""
    module: Any = qdsl.compile("""
    experiment decay {
        param a: Voltage = 1 V
        param c: Voltage = 1 V
        param tau: Time = 20 s
        axis t: Time = linspace(0 s, 50 s, 20)
        measure y ~ Normal(a * exp(-t / tau) + c)
    }
    """)
    t, y = np.linspace(0.0, 50.0, 20), np.full(20, level)
    alone = module.decay.fit({"t": t, "y": y})
    assert isinstance(alone.verdict, Unidentifiable)
    assert alone.c.value == pytest.approx(level, rel=1e-9)
    assert "nan" not in str(alone)
    good = 3.0 * np.exp(-t / 10.0) + 0.05 * np.random.default_rng(1).normal(size=20)
    assert list(module.decay.fit_each({"t": t, "y": np.stack([y, good])})["verdict"]) == ["unidentifiable", "converged"]
