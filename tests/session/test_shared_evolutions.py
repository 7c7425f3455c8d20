"""Rows of an experiment share evolutions, and have the same answers and derivatives as each by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qdsl.lang import differentiate
from qdsl.lang.core.from_experiment import FromExperiment
from qdsl.lang.core.from_typed import Lowering
from qdsl.lang.core.interpret import interpret
from qdsl.lang.core.ir import Module
from qdsl.lang.core.segments import Share
from qdsl.lang.report import Diagnostic
from qdsl.lang.source import Source
from qdsl.runtime.experiment.model import Model, model_of
from qdsl.runtime.experiment.sharing import Called
from qdsl.runtime.experiment.stops import stops_of
from qdsl.runtime.session import Session, Settings

pytestmark = pytest.mark.filterwarnings("ignore::qdsl.SimulationWarning")
"""Both sides of a comparison have the same few levels."""

RABI = """
    space q: Qubit
    experiment e {
        param f: Frequency = 1 MHz
        param T1: Time = 5 us
        axis tau: Time
        axis shots: Int
        let H = 2pi * f * X(q) / 2
        let rho = evolve(H, |0>(q), 2 * tau + 0.1 us, loss = [sqrt(1 / T1) * sm(q)])
        let p = 0.1 + 0.8 * expect(P(q, 1), rho)
        measure counts ~ Binomial(shots, p)
    }
"""

CHEVRON = """
    space q: Qubit
    fn excited(s: Qubit, f: Frequency, detuning: Frequency, t: Time) -> Scalar {
        let H = 2pi * f * X(s) / 2 + 2pi * detuning * Z(s) / 2
        expect(P(s, 1), evolve(H, |0>(s), t))
    }
    experiment e {
        param f: Frequency = 1 MHz
        param f0: Frequency = 0.2 MHz
        axis tau: Time
        axis detuning: Frequency
        measure y ~ Normal(0.05 + 0.9 * excited(q, f, detuning - f0, tau), 0.1)
    }
"""

RAMSEY = """
    space q: Qubit
    experiment e {
        param delta: Frequency = 0.6 MHz
        param T2: Time = 8 us
        axis tau: Time
        let pulse = 2pi * 5 MHz * X(q) / 2
        let noise = [sqrt(1 / (2 * T2)) * Z(q)]
        let a = evolve(pulse, |0>(q), 0.05 us, loss = noise)
        let b = evolve(2pi * delta * Z(q) / 2, a, tau, loss = noise)
        let d = evolve(pulse, b, 0.05 us, loss = noise)
        let p = expect(P(q, 1), d)
        measure y ~ Normal(p, 0.1)
    }
"""

PHASES = """
    space q: Qubit
    experiment e {
        param delta: Frequency = 0.6 MHz
        param contrast: Scalar = 0.9
        axis tau: Time
        axis phase: Scalar
        let psi = evolve(2pi * delta * Z(q) / 2, |+>(q), tau)
        let seen = cos(phase) * X(q) + sin(phase) * Y(q)
        measure y ~ Normal(contrast * expect(seen, psi), 0.1)
        measure z ~ Normal(expect(Y(q), psi) * expect(Z(q), psi), 0.1)
    }
"""

ECHO = """
    space q: Qubit
    experiment e {
        param delta: Frequency = 0.6 MHz
        param T2: Time = 8 us
        axis tau: Time
        axis detuned: Bool
        let noise = [sqrt(1 / (2 * T2)) * Z(q)]
        let H = 2pi * (if detuned { 2 * delta } else { delta }) * Z(q) / 2
        let a = evolve(H, |+>(q), 10 us - tau, loss = noise)
        let b = evolve(H + 2pi * 0.2 MHz * X(q), |+i>(q), tau, loss = noise)
        measure y ~ Normal(expect(X(q), a), 0.1)
        measure z ~ Normal(expect(X(q), b), 0.1)
    }
"""

DRIVEN = """
    space q: Qubit
    space c: Fock(3)
    experiment e {
        param amplitude: Frequency = 0.8 MHz
        param g: Frequency = 0.5 MHz
        axis tau: Time
        axis width: Time
        let H0 = 2pi * g * (sp(q) * a(c) + sm(q) * a(c)†)
        let rho = evolve(t -> H0 + 2pi * amplitude * exp(-((t - 1 us) / width)^2) * X(q), |0>(q) * |1>(c), tau,
                         loss = [sqrt(0.2 / 1 us) * a(c)])
        measure y ~ Normal(expect(P(q, 1), rho), 0.1)
        measure n ~ Poisson(20 * expect(n(c), rho))
    }
"""

TIMES = [3.0e-6, 0.5e-6, 0.0, 3.0e-6, 1.5e-6, 0.5e-6, 2.5e-6, 1.5e-6]

MODELS: dict[str, tuple[str, list[Any], list[Any], set[Share]]] = {
    "rabi": (RABI, [TIMES, [100, 200] * 4], [[20, 30, 5, 10] * 2], {Share.TRAJECTORY}),
    "chevron": (CHEVRON, [TIMES, [0.0, 1e6, 1e6, 0.0, -1e6, 1e6, 0.0, 1e6]], [[0.4] * 8], {Share.TRAJECTORY}),
    "ramsey": (RAMSEY, [TIMES], [[0.4] * 8], {Share.SEGMENT, Share.TRAJECTORY, Share.TRANSFER}),
    "phases": (PHASES, [TIMES, [0.0, 0.3, 0.6, 0.9, 1.2, 0.3, 2.0, 0.3]], [[0.4] * 8] * 2, {Share.TRAJECTORY}),
    "echo": (ECHO, [TIMES, [True, False, True, False] * 2], [[0.4] * 8] * 2, {Share.TRAJECTORY}),
    "driven": (DRIVEN, [TIMES, [1e-6, 2e-6] * 4], [[0.4] * 8, [3, 5] * 4], {Share.TRAJECTORY}),
}
"""A program, its axes and its data, and how what evolves in it is shared."""


def model(text: str) -> Model:
    messages: list[Diagnostic] = []
    session = Session(Settings(print, messages.append, seed=1, folder=Path()))
    checked = session.check(Source("program.qdsl", text))
    session.execute(checked)
    assert messages == []
    return model_of(session.environment, checked.module.experiments["e"])


def alone(of: Model, name: str, order: int) -> Called:
    """The same function without anything shared."""
    written = FromExperiment(of.experiment, of.environment.compiler.library.function)
    return of._compiled(getattr(written, name)(), order)


def columns(name: str) -> tuple[list[np.ndarray], list[np.ndarray]]:
    _, axes, data, _ = MODELS[name]
    return [np.array(each) for each in axes], [np.array(each) for each in data]


@pytest.mark.parametrize("name", MODELS)
def test_points_are_those_of_each_by_itself(name: str) -> None:
    of = model(MODELS[name][0])
    params = list(of.defaults().values())
    axes, _ = columns(name)
    for order in (0, 1):
        shared, each = of.kernel("point", order), alone(of, "point", order)
        assert shared.width == each.width
        for found, wanted in zip(shared(*params, *axes), each(*params, *axes), strict=True):
            scale = np.max(np.abs(wanted)) or 1.0
            assert np.broadcast_to(found / scale, (8,)) == pytest.approx(
                np.broadcast_to(wanted / scale, (8,)), abs=2e-6
            )


@pytest.mark.parametrize("name", MODELS)
def test_likelihoods_have_the_same_derivatives(name: str) -> None:
    of = model(MODELS[name][0])
    params = list(of.defaults().values())
    axes, data = columns(name)
    shared, each = of.kernel("nll", 2), alone(of, "nll", 2)
    found, wanted = (np.array(f(*params, *axes, *data), dtype=float) for f in (shared, each))
    scales = _scales(params)
    assert found[0] == pytest.approx(wanted[0], rel=1e-7)
    largest = np.max(np.abs(wanted[1:] * scales))
    assert found[1:] * scales / largest == pytest.approx(wanted[1:] * scales / largest, abs=1e-5)


def _scales(params: list[float]) -> np.ndarray:
    """What makes first and second derivatives by params of all sizes comparable."""
    p = np.array(params)
    return np.array([*p, *np.outer(p, p)[np.triu_indices(len(p))]])


@pytest.mark.parametrize("name", MODELS)
def test_what_is_shared(name: str) -> None:
    readings = model(MODELS[name][0]).functions.readings
    assert readings is not None
    assert set(readings.plan.shares.values()) == MODELS[name][3]


class Counting(dict[str, Any]):
    """Functions, and how often a solver was called."""

    count = 0

    def __getitem__(self, name: str) -> Any:
        self.count += name.startswith(("stepped", "adaptive", "two_level_steps"))
        return super().__getitem__(name)


TAUS = np.linspace(0, 1e-7, 7)


@pytest.mark.parametrize(
    ("name", "axes", "evolutions"),
    [
        ("rabi", [TAUS, np.full(7, 100)], 1),
        ("chevron", [np.tile(TAUS, 40), np.repeat(np.linspace(-1e6, 1e6, 40), 7)], 40),
        ("ramsey", [TAUS], 2),
    ],
)
def test_as_many_evolutions_as_segments(name: str, axes: list[np.ndarray], evolutions: int) -> None:
    """A chevron of 40 detunings evolves 40 times, whatever its times; a Ramsey model in its first pulse and its wait,
    while the last pulse is a matrix.
    """
    of = model(MODELS[name][0])
    entry = Lowering(differentiate, of.environment.compiler.library.member).kernel(of.functions.nll())
    functions = Counting(entry.module.functions)
    stops = stops_of(axes[1:] if name == "chevron" else [], axes[:1], len(axes[0]))
    data = np.full(len(axes[0]), 50) if name == "rabi" else np.full(len(axes[0]), 0.4)
    columns = [each.tolist() for each in (*axes, data, stops.order, stops.starts, stops.places)]
    interpret(Module(functions), entry.name, [*of.defaults().values(), *columns])
    assert functions.count == evolutions
