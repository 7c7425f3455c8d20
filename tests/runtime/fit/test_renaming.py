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
experiment decays {
    param r: 1/Time = 0.2 s^-1 in 0 s^-1 .. 100 s^-1
    param s: 1/Time = 4 s^-1 in 0 s^-1 .. 100 s^-1
    param a: Voltage = 1 V
    param b: Voltage = 1 V
    axis t: Time
    measure y ~ Normal(a * exp(-r * t) + b * exp(-s * t), 0.05 V)
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
    found = renaming(model, [times], parameters, np.array(x), means_of(model, [times, np.zeros(len(times))]))
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


def test_terms_that_could_be_exchanged_stand_as_their_starts_do() -> None:
    y = np.exp(-0.2 * T) + 2.0 * np.exp(-3.0 * T) + 0.1 * NOISE
    usual = MODELS.decays.fit({"t": T, "y": y})
    swapped, each = both("decays", y, {"r": 4.0, "s": 0.2})
    assert swapped.r.value > swapped.s.value
    assert usual.r.value < usual.s.value
    assert swapped.r.value == pytest.approx(usual.s.value, rel=1e-6)
    assert swapped.a.error == pytest.approx(usual.b.error, rel=1e-5)
    assert each["r"] == pytest.approx([swapped.r.value] * 2, rel=1e-7)
    away = MODELS.decays.fit({"t": T, "y": y}, start={"r": 9.0, "s": 10.0, "a": 1.0, "b": 0.2})
    assert away.r.value < away.s.value


def test_correlations_follow_the_signs() -> None:
    """The same end from both sides: what was positive between f and phase stays so, with phase and f turned."""
    y = np.cos(2 * np.pi * 0.31 * T + 0.4) + NOISE
    plus = MODELS.wave.fit({"t": T, "y": y}, start={"f": 0.3, "phase": 0.3})
    minus = MODELS.wave.fit({"t": T, "y": y}, start={"f": -0.3, "phase": -0.3})
    assert minus.f.value == pytest.approx(-plus.f.value, rel=1e-8)
    assert minus.phase.value == pytest.approx(-plus.phase.value, rel=1e-8)
    np.testing.assert_allclose(minus.covariance[1:, 1:], plus.covariance[1:, 1:], rtol=1e-6)
    np.testing.assert_allclose(minus.covariance[0, 1:], -plus.covariance[0, 1:], rtol=1e-4, atol=1e-12)
