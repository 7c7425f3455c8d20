"""Ends by another name than that of their start: the same curve, named as the start was."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import qdsl
from qdsl.lang.report import Diagnostics
from qdsl.runtime.experiment.fitting import Said, parameters_of
from qdsl.runtime.experiment.model import model_of
from qdsl.runtime.experiment.renaming import means_of, renaming
from qdsl.runtime.fit.verdict import Converged

MODELS: Any = qdsl.compile("""
experiment fringe {
    param f: Frequency = 0.3 Hz
    param c: Voltage = 0.1 V
    axis t: Time
    measure y ~ Normal(c + 1 V * cos(2pi * f * t), 0.05 V)
}
experiment wave {
    param a: Voltage = 1 V
    param f: Frequency = 0.3 Hz
    param phase: Scalar = 0.2
    axis t: Time
    measure y ~ Normal(a * cos(2pi * f * t + phase), 0.05 V)
}
""")

T = np.linspace(0.0, 10.0, 41)
NOISE = 0.05 * np.random.default_rng(1).normal(size=41)


def both(name: str, y: Any, start: dict[str, float]) -> tuple[Any, Any]:
    """The fit of one set, and that of it among others."""
    experiment = getattr(MODELS, name)
    return experiment.fit({"t": T, "y": y}, start=start), experiment.fit_each(
        {"t": T, "y": np.stack([y, y])}, start=start
    )


def renamed(name: str, x: list[float], times: Any = T, **start: float) -> list[float] | None:
    """What an end is called, of a search that began at the defaults or at what is said."""
    experiment = getattr(MODELS, name)
    assert experiment.params
    model = model_of(experiment._live.session.environment, experiment._experiment)
    parameters = parameters_of(model, Said(start, {}, {}), Diagnostics())
    found = renaming(
        model, [times], parameters, np.array(x), means_of(model, [times, np.zeros(len(times))]), lambda _: 0.0
    )
    return None if found is None else found.of(np.array(x)).tolist()


def test_what_is_one_curve_is_named_as_the_start_was() -> None:
    assert renamed("fringe", [-0.4, 0.1]) == pytest.approx([0.4, 0.1])
    assert renamed("fringe", [0.4, 0.1], f=-0.3) == pytest.approx([-0.4, 0.1])
    assert renamed("fringe", [0.4, -0.1]) is None
    assert renamed("wave", [1.0, -0.4, -0.3]) == pytest.approx([1.0, 0.4, 0.3])
    assert renamed("wave", [-1.0, 0.4, 3.0]) == pytest.approx([1.0, 0.4, 3.0 - math.pi])
    assert renamed("wave", [1.0, 0.4, 7.0]) == pytest.approx([1.0, 0.4, 7.0 - 2 * math.pi])
    assert renamed("wave", [-1.0, -0.4, -3.0]) == pytest.approx([1.0, 0.4, 3.0 - math.pi])
    assert renamed("wave", [1.0, 0.4, 0.3]) is None


def test_an_alias_is_the_frequency_below_half_of_the_samples() -> None:
    """Every 0.25 s there is no telling 4 Hz - f and 4 Hz + f from f, though some samples are missing."""
    some = T[[0, 1, 2, 5, 6, 9, 14, 15, 30, 40]]
    for times in (T, some):
        assert renamed("fringe", [4.0 - 0.4, 0.1], times) == pytest.approx([0.4, 0.1])
        assert renamed("fringe", [8.0 + 0.4, 0.1], times) == pytest.approx([0.4, 0.1])
        assert renamed("fringe", [-4.4, 0.1], times) == pytest.approx([0.4, 0.1])
        assert renamed("wave", [1.0, 3.6, 0.5], times) == pytest.approx([1.0, 0.4, -0.5])
    assert renamed("fringe", [3.6, 0.1], f=2.3) is None  # a start above is one that was meant
    uneven = np.sort(np.random.default_rng(2).uniform(0.0, 10.0, 41))
    assert renamed("fringe", [3.6, 0.1], uneven) is None


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_frequency_keeps_the_sign_of_its_start(sign: float) -> None:
    """The end at which the search arrives may be either."""
    y = 0.1 + np.cos(2 * np.pi * 0.31 * T) + NOISE
    for size in (0.02, 0.05, 0.1, 0.2, 0.3, 0.6):
        alone, each = both("fringe", y, {"f": sign * size})
        assert alone.f.value * sign > 0.0
        assert (each["f"] * sign > 0.0).all()
    alone, each = both("fringe", y, {"f": sign * 0.3})
    assert each["f"] == pytest.approx([alone.f.value] * 2, rel=1e-8)
    assert each["f_err"] == pytest.approx([alone.f.error] * 2, rel=1e-7)


def test_what_has_no_other_name_may_change_its_sign() -> None:
    alone, each = both("fringe", -0.2 + np.cos(2 * np.pi * 0.3 * T) + NOISE, {"c": 0.1})
    assert alone.c.value == pytest.approx(-0.2, abs=0.05)
    assert each["c"] == pytest.approx([alone.c.value] * 2, rel=1e-8)


def test_a_curve_that_is_nearly_the_same_is_another_one() -> None:
    """A slope of 100 Hz is nothing beside 5 GHz, and a hundred errors."""
    module: Any = qdsl.compile("""
    experiment qubit {
        param d: Frequency = 50 Hz
        axis x: Scalar = linspace(-1, 1, 21)
        measure y ~ Normal(5 GHz + d * x, 1 Hz)
    }
    experiment counts {
        param d: Scalar = 1
        axis t: Scalar = linspace(0, 10, 21)
        measure n ~ Poisson(1e9 * exp(-5 * t) + 40 + d * t)
    }
    """)
    for experiment, sign in ((module.qubit, -100.0), (module.counts, -1.5)):
        data = experiment.simulate(d=sign, seed=1)
        found = experiment.fit(data)
        assert abs(found.d.value - sign) < 5 * found.d.error
        assert found.verdict == Converged()
        axis = next(iter(data.axes))
        name = next(each for each in data if each != axis)
        each = experiment.fit_each({axis: data[axis], name: np.stack([data[name]] * 2)})
        assert each["d"] == pytest.approx([found.d.value] * 2, rel=1e-8)


def test_a_prior_tells_names_apart() -> None:
    """What it says of one of them is not what it says of another."""
    module: Any = qdsl.compile("""
    experiment alias {
        param f: Frequency = 0.3 Hz in 0 Hz .. 10 Hz ~ Normal(3.6 Hz, 0.001 Hz)
        axis t: Time = linspace(0 s, 10 s, 41)
        measure y ~ Normal(1 V * cos(2pi * f * t), 0.5 V)
    }
    experiment sign {
        param f: Frequency = 0.3 Hz ~ Normal(-0.4 Hz, 0.01 Hz)
        axis t: Time = linspace(0 s, 10 s, 41)
        measure y ~ Normal(1 V * cos(2pi * f * t), 0.5 V)
    }
    """)
    for experiment, wanted in ((module.alias, 3.6), (module.sign, -0.4)):
        data = experiment.simulate(f=wanted, seed=1)
        found = experiment.fit(data)
        each = experiment.fit_each({"t": data["t"], "y": np.stack([data["y"]] * 2)})
        for value, error in ((found.f.value, found.f.error), *zip(each["f"], each["f_err"], strict=True)):
            assert abs(value - wanted) < 5 * error


def test_what_is_not_finite_has_no_other_name() -> None:
    y = np.stack([np.cos(2 * np.pi * 0.31 * T) + NOISE, np.full(41, 1e300)])
    words = MODELS.fringe.fit_each({"t": T, "y": y})["verdict"]
    assert words[0] == "converged"
    assert words[1] != "converged"


def test_correlations_follow_the_signs() -> None:
    """The same end from both sides: what was positive between f and phase stays so, with phase and f turned."""
    y = np.cos(2 * np.pi * 0.31 * T + 0.4) + NOISE
    plus = MODELS.wave.fit({"t": T, "y": y}, start={"f": 0.3, "phase": 0.3})
    minus = MODELS.wave.fit({"t": T, "y": y}, start={"f": -0.3, "phase": -0.3})
    assert minus.f.value == pytest.approx(-plus.f.value, rel=1e-8)
    assert minus.phase.value == pytest.approx(-plus.phase.value, rel=1e-8)
    np.testing.assert_allclose(minus.covariance[1:, 1:], plus.covariance[1:, 1:], rtol=1e-6)
    np.testing.assert_allclose(minus.covariance[0, 1:], -plus.covariance[0, 1:], rtol=1e-4, atol=1e-12)
