"""Likelihoods of models whose states evolve, with exact gradients and Hessians, as a fit asks for them.

python -m benchmarks.shared_evolutions

Rows that differ in their time alone share an evolution (`lang.core.readings`). Beside that: the same likelihood with an
evolution for each row; and, of a chevron, that of one of its detunings, which a chevron of 40 should take 40 times.
Compiling is not timed. Everything is on one thread.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import Peer, Report
from qdsl.lang.core.from_experiment import FromExperiment
from qdsl.lang.source import Source
from qdsl.runtime.experiment.model import Model, model_of
from qdsl.runtime.session import Session, Settings

RABI = """
space q: Qubit
experiment rabi {
    param f: Frequency = 1 MHz
    param T1: Time = 5 us
    axis tau: Time = linspace(0 us, 4 us, 101)
    let H = 2pi * f * X(q) / 2
    let rho = evolve(H, |0>(q), tau, loss = [sqrt(1 / T1) * sm(q)])
    measure y ~ Normal(expect(P(q, 1), rho), 0.02)
}
"""

SWAP = """
space q: Qubit
space c: Fock(5)
experiment swap {
    param g: Frequency = 1 MHz
    param kappa: Rate = 0.3 / 1 us
    axis tau: Time = linspace(0 us, 2 us, 101)
    let H = 2pi * g * (sp(q) * a(c) + sm(q) * a(c)†)
    let rho = evolve(H, |1>(q) * |3>(c), tau, loss = [sqrt(kappa) * a(c)])
    measure y ~ Normal(expect(P(q, 1), rho), 0.02)
}
"""

CHEVRON = """
space q: Qubit
experiment chevron {
    param f: Frequency = 1 MHz
    param f0: Frequency = 0.1 MHz
    param T1: Time = 5 us
    axis detuning: Frequency = linspace(-2 MHz, 2 MHz, 40)
    axis tau: Time = linspace(0 us, 4 us, 101)
    let H = 2pi * f * X(q) / 2 + 2pi * (detuning - f0) * Z(q) / 2
    let rho = evolve(H, |0>(q), tau, loss = [sqrt(1 / T1) * sm(q)])
    measure y ~ Normal(expect(P(q, 1), rho), 0.02)
}
"""

Column = NDArray[np.float64]
RUNS = 11


def main() -> int:
    os.environ["QDSL_THREADS"] = "1"
    report = Report()
    for name, text, faster in (("Rabi, 101 times", RABI, 2.0), ("qubit and mode, 101 times", SWAP, 10.0)):
        model = model_in(text)
        columns = columns_of(model)
        peers = [
            Peer("rows share evolutions", shared(model, columns), finite),
            Peer("an evolution for each row", alone(model, columns), close_to(shared(model, columns)())),
        ]
        report.row(name, peers, times_faster=faster, runs=RUNS)
    model = model_in(CHEVRON)
    columns = columns_of(model)
    one = [column[:101] for column in columns]
    peers = [
        Peer("40 detunings by 101 times", shared(model, columns), finite),
        Peer("one detuning, 101 times", shared(model_in(CHEVRON), one), finite),
    ]
    whole, single = report.row("chevron", peers, runs=RUNS)
    print(f"  a detuning of the chevron takes {whole.least / single.least / 40:.2f} of one alone")
    return report.finish()


def model_in(text: str) -> Model:
    session = Session(Settings(print, lambda message: print(message.message), seed=1, folder=Path()))
    checked = session.check(Source("program.qdsl", text))
    session.execute(checked)
    (experiment,) = checked.module.experiments.values()
    return model_of(session.environment, experiment)


def columns_of(model: Model) -> list[Column]:
    axes = list(model.axis_values({}).values())
    return [*axes, np.linspace(0.2, 0.8, len(axes[0]))]


def shared(model: Model, columns: list[Column]) -> Callable[[], object]:
    """Value, gradient and Hessian."""
    kernel, params = model.kernel("nll", 2), list(model.defaults().values())
    return lambda: np.array(kernel(*params, *columns))


def alone(model: Model, columns: list[Column]) -> Callable[[], object]:
    written = FromExperiment(model.experiment, model.environment.compiler.library.function)
    kernel, params = model._compiled(written.nll(), 2), list(model.defaults().values())
    return lambda: np.array(kernel(*params, *columns))


def finite(answer: object) -> None:
    if not np.isfinite(np.asarray(answer)).all():
        raise SystemExit(f"no number: {answer!r}")


def close_to(wanted: object) -> Callable[[object], None]:
    def check(answer: object) -> None:
        if not np.allclose(np.asarray(answer), np.asarray(wanted), rtol=1e-4, atol=0):
            raise SystemExit(f"the wrong answer: {answer!r}, not {wanted!r}")

    return check


if __name__ == "__main__":
    sys.exit(main())
