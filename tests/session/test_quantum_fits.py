"""Fits of models whose states evolve: the truth within its errors, and the derivatives of what has a closed form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qdsl.lang.report import Diagnostic
from qdsl.lang.source import Source
from qdsl.runtime.experiment.model import Model, model_of
from qdsl.runtime.session import Session, Settings

RABI = """
space q: Qubit
experiment rabi {
    param f: Frequency = 1 MHz in 0.1 MHz .. 5 MHz
    param T1: Time = 4 us in 0.1 us .. 100 us
    param dark: Scalar = 0.05 in 0 .. 0.5
    axis tau: Time = linspace(0 us, 4 us, 61)
    let H = 2pi * f * X(q) / 2
    let rho = evolve(H, |0>(q), tau, loss = [sqrt(1 / T1) * sm(q)])
    measure clicks ~ Binomial(400, dark + (1 - 2 * dark) * expect(P(q, 1), rho))
}
"""

RAMSEY = """
space q: Qubit
povm readout(q) = [0.97 * P(q, 0) + 0.06 * P(q, 1), 0.03 * P(q, 0) + 0.94 * P(q, 1)]
experiment ramsey {
    param detuning: Frequency = 0.7 MHz in 0 MHz .. 3 MHz
    param T2: Time = 6 us in 0.1 us .. 100 us
    axis tau: Time = linspace(0 us, 8 us, 61)
    let pulse = 2pi * 10 MHz * X(q) / 2
    let noise = [sqrt(1 / (2 * T2)) * Z(q)]
    let begun = evolve(pulse, |0>(q), 25 ns)
    let waited = evolve(2pi * detuning * Z(q) / 2, begun, tau, loss = noise)
    let ended = evolve(pulse, waited, 25 ns)
    measure clicks ~ Outcomes(readout, ended, 400)
}
"""

FORMULA = """
experiment ramsey {
    param detuning: Frequency = 0.7 MHz in 0 MHz .. 3 MHz
    param T2: Time = 6 us in 0.1 us .. 100 us
    axis tau: Time = linspace(0 us, 8 us, 61)
    let p = 0.5 + 0.5 * exp(-tau / T2) * cos(2pi * detuning * tau)
    measure clicks ~ Binomial(400, 0.03 + 0.91 * p)
}
"""

CHEVRON = """
space q: Qubit
experiment chevron {
    param f: Frequency = 1 MHz in 0.1 MHz .. 5 MHz
    param f0: Frequency = 0.1 MHz in -2 MHz .. 2 MHz
    axis detuning: Frequency = linspace(-2 MHz, 2 MHz, 9)
    axis tau: Time = linspace(0.05 us, 2 us, 21)
    let H = 2pi * f * X(q) / 2 + 2pi * (detuning - f0) * Z(q) / 2
    let p = expect(P(q, 1), evolve(H, |0>(q), tau))
    measure y ~ Normal(p, 0.02)
}
"""

CHEVRON_FORMULA = """
experiment chevron {
    param f: Frequency = 1 MHz in 0.1 MHz .. 5 MHz
    param f0: Frequency = 0.1 MHz in -2 MHz .. 2 MHz
    axis detuning: Frequency = linspace(-2 MHz, 2 MHz, 9)
    axis tau: Time = linspace(0.05 us, 2 us, 21)
    let rate = hypot(f, detuning - f0)
    measure y ~ Normal((f / rate)^2 * sin(pi * rate * tau)^2, 0.02)
}
"""


SEEDS = 60


def session_of(text: str) -> tuple[Session, Model]:
    messages: list[Diagnostic] = []
    session = Session(Settings(print, messages.append, seed=1, folder=Path()))
    checked = session.check(Source("program.qdsl", text))
    assert session.execute(checked), [each.message for each in messages]
    (experiment,) = checked.module.experiments.values()
    return session, model_of(session.environment, experiment)


@pytest.mark.parametrize(
    ("text", "name", "truth"),
    [
        (RABI, "rabi", {"f": ("1.03 MHz", 1.03e6), "T1": ("3.3 us", 3.3e-6), "dark": ("0.07", 0.07)}),
        (RAMSEY, "ramsey", {"detuning": ("0.72 MHz", 0.72e6), "T2": ("5 us", 5e-6)}),
    ],
    ids=["rabi", "ramsey"],
)
def test_fits_find_the_truth_within_its_errors(text: str, name: str, truth: dict[str, tuple[str, float]]) -> None:
    """Over some seeds, deviations from the truth are as large as the errors say."""
    given = ", ".join(f"{param} = {written}" for param, (written, _) in truth.items())
    runs = "\n".join(f"let best{seed} = fit({name}, simulate({name}, {given}, seed = {seed}))" for seed in range(SEEDS))
    session, _ = session_of(text + runs)
    values = {variable.name: value for variable, value in session.environment.values.items()}
    fits = [values[f"best{seed}"] for seed in range(SEEDS)]
    words = [each.verdict.word for each in fits]
    assert words.count("converged") + words.count("rejected") == SEEDS
    assert words.count("rejected") <= 1  # one right model in a thousand is refused: two of sixty are in 1 of 500 tests
    pulls = [(fit[param].value - value) / fit[param].error for fit in fits for param, (_, value) in truth.items()]
    assert max(map(abs, pulls)) < 4
    assert 0.6 < np.mean(np.square(pulls)) < 1.5


@pytest.mark.parametrize(
    ("text", "formula"), [(RAMSEY, FORMULA), (CHEVRON, CHEVRON_FORMULA)], ids=["ramsey", "chevron"]
)
def test_derivatives_are_those_of_the_formula(text: str, formula: str) -> None:
    """Value, gradient and Hessian of the likelihood; arguments of the distribution, with their slopes."""
    _, evolved = session_of(text)
    _, closed = session_of(formula)
    params = [value * 1.03 for value in closed.defaults().values()]
    axes = list(closed.axis_values({}).values())
    seen = np.linspace(0.2, 0.8, len(axes[0]))
    data = np.round(400 * seen).astype(np.int64) if "Binomial" in formula else seen
    scales = np.array([1, *params, *np.outer(params, params)[np.triu_indices(len(params))]])
    found, wanted = (np.array(each.kernel("nll", 2)(*params, *axes, data)) * scales for each in (evolved, closed))
    assert found[0] == pytest.approx(wanted[0], rel=1e-9)
    _assert_near(found[1:], wanted[1:], len(found) - 1)
    for one, other in zip(*(each.kernel("point", 1)(*params, *axes) for each in (evolved, closed)), strict=True):
        _assert_near(one, other, len(seen))


def _assert_near(found: Any, wanted: Any, count: int) -> None:
    """Beside the greatest of so many numbers."""
    scale = np.max(np.abs(wanted)) or 1.0
    assert np.broadcast_to(found / scale, count) == pytest.approx(np.broadcast_to(wanted / scale, count), abs=1e-8)
