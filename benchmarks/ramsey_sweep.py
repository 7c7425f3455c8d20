"""A sweep of Ramsey fringes, 10,000 values of T2 by 100 delays: a million rows, means and draws, beside NumPy.

python -m benchmarks.ramsey_sweep

The peer computes by broadcasting, which takes each cosine once for all T2, and fills the columns of the same table. Its
draws are those of its own Philox generator. The answers are checked first: means against the formula, draws by their
mean and scatter, which are known, the columns of T2 and delay to the bit.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import Peer, Report
from qdsl.lang.source import Source
from qdsl.lang.typed import tree as typed
from qdsl.runtime.session import Session

POINTS, DELAYS, SHOTS = 10_000, 100, 500
DETUNING, VISIBILITY = 0.5e6, 0.9

PROGRAM = f"""
experiment ramsey {{
    param detuning: Frequency = 0.5 MHz in 0 MHz .. 5 MHz
    param T2: Time = 20 us in 100 ns .. 1 ms
    param visibility: Scalar = 0.9 in 0 .. 1
    axis tau: Time = linspace(0 us, 60 us, {DELAYS})

    let p = 0.5 + 0.5 * visibility * exp(-tau / T2) * cos(2pi * detuning * tau)
    measure counts ~ Binomial({SHOTS}, p)
}}
let values = logspace(1 us, 1 ms, {POINTS})
let means = sweep(ramsey, T2 = values, draws = false)
let draws = sweep(ramsey, T2 = values, seed = 7)
"""

Column = NDArray[np.float64]


def main() -> int:
    report = Report()
    asked = sweeps()
    t2, tau = asked["means"]()["T2"][::DELAYS], asked["means"]()["tau"][:DELAYS]
    for name, check in (("means", is_mean(t2, tau)), ("draws", is_drawn(t2, tau))):
        peers = [
            Peer("QDSL", asked[name], check),
            Peer("QDSL, one thread", on_one_thread(asked[name]), check),
            Peer("NumPy", by_numpy(t2, tau, has_draws=name == "draws"), check),
        ]
        report.row(f"{name} of {POINTS * DELAYS:,} rows", peers, runs=15)
    return report.finish()


def sweeps() -> dict[str, Callable[[], Mapping[str, Column]]]:
    """What the lets of the program stand for, computed again with each call."""
    session = Session()
    checked = session.check(Source("ramsey.qdsl", PROGRAM))
    if not session.execute(checked):
        raise SystemExit("the program does not run")

    def again(value: typed.Expr) -> Callable[[], Mapping[str, Column]]:
        return lambda: session.environment.evaluate(value)  # type: ignore[no-any-return]

    lets = [each for each in checked.module.statements if isinstance(each, typed.Let)]
    return {each.variable.name: again(each.value) for each in lets}


def on_one_thread(run: Callable[[], object]) -> Callable[[], object]:
    def alone() -> object:
        os.environ["QDSL_THREADS"] = "1"
        try:
            return run()
        finally:
            del os.environ["QDSL_THREADS"]

    return alone


def chance(t2: Column, tau: Column) -> Column:
    """Of a count, a row for each T2."""
    fringe = np.exp(-tau / t2[:, np.newaxis]) * np.cos(2 * np.pi * DETUNING * tau)
    p: Column = 0.5 + 0.5 * VISIBILITY * fringe
    return p


def by_numpy(t2: Column, tau: Column, has_draws: bool) -> Callable[[], object]:
    random = np.random.Generator(np.random.Philox(7))

    def run() -> object:
        p = chance(t2, tau)
        counts = random.binomial(SHOTS, p) if has_draws else SHOTS * p
        return {"T2": np.repeat(t2, tau.size), "tau": np.tile(tau, t2.size), "counts": counts.ravel()}

    return run


def is_mean(t2: Column, tau: Column) -> Callable[[object], None]:
    def check(answer: object) -> None:
        counts = columns(answer, t2, tau)
        if not np.allclose(counts, SHOTS * chance(t2, tau).ravel(), rtol=1e-12, atol=0):
            raise SystemExit("the wrong means")

    return check


def is_drawn(t2: Column, tau: Column) -> Callable[[object], None]:
    """Five standard errors of the mean and the variance of what should be standard normal."""

    def check(answer: object) -> None:
        counts, p = columns(answer, t2, tau), chance(t2, tau).ravel()
        scaled = (counts - SHOTS * p) / np.sqrt(SHOTS * p * (1 - p))
        if not abs(scaled.mean()) < 5 / np.sqrt(p.size) or not abs(scaled.var() - 1) < 5 * np.sqrt(2 / p.size):
            raise SystemExit(f"the wrong draws: mean {scaled.mean()}, variance {scaled.var()}")

    return check


def columns(answer: object, t2: Column, tau: Column) -> Column:
    """The counts, if T2 and tau are what they should be."""
    table: Mapping[str, Column] = answer  # type: ignore[assignment]
    if not np.array_equal(table["T2"], np.repeat(t2, tau.size)) or not np.array_equal(
        table["tau"], np.tile(tau, t2.size)
    ):
        raise SystemExit("the wrong points")
    return table["counts"]


if __name__ == "__main__":
    sys.exit(main())
