"""A sweep of 1,000 points of (detuning, drive) over an adaptive solver: QDSL over lanes beside Numba, on one thread.

python -m benchmarks.sweep

The system is that of `driven_bloch.qdsl`: a two-level system with a pulse and a loss of coherence, solved by Tsit5 with
steps that find their own size, each point its own. It is written twice, by hand with one variable for each number, and
with the library's `solve_ode`. The peer is the hand-written one in Python, line for line, compiled by Numba: the same
steps, so the same error. Answers are first checked against a solution by SciPy to 1e-11. The bar is for the version
by hand; where the processor has no vectors of 512 bits, the eight points that go at once are in two registers.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import qdsl
from benchmarks import driven_bloch
from benchmarks.harness import Peer, Report

SOURCE = Path(__file__).with_name("driven_bloch.qdsl")
DURATION, DECAY, TOLERANCE = 1e-6, 0.5e6, 1e-8
"""1 us; a coherence that lasts 2 us; what a step may add to the error."""

Column = NDArray[np.float64]

WARM_UP = 12
"""Runs after which QDSL has seen that the points are worth being compiled for lanes, and has done so."""


def points() -> tuple[Column, Column]:
    """The peak and the detuning of each point, in rad/s; neighbours take similar steps."""
    peak, detuning = np.meshgrid(np.linspace(1e6, 40e6, 40), np.linspace(-20e6, 20e6, 25))
    return peak.ravel(), detuning.ravel()


def main() -> int:
    os.environ["QDSL_THREADS"] = "1"
    report = Report()
    peak, detuning = points()
    module = qdsl.load(str(SOURCE))
    for name in ("by_hand", "by_library"):
        print(getattr(module, name).explain(DURATION, peak, detuning, DECAY, TOLERANCE))
    check = close_to(by_scipy(peak, detuning)) if importlib.util.find_spec("scipy") else close_to(one_by_one(module)())
    has_numba = importlib.util.find_spec("numba") is not None
    peers = [Peer("QDSL over lanes", over_lanes(module, "by_hand"), check)]
    peers += [Peer("Numba njit of the same", by_numba(), check)] if has_numba else []
    peers += [
        Peer("QDSL, a call for each point", one_by_one(module), check),
        Peer("QDSL's solve_ode over lanes", over_lanes(module, "by_library"), check),
    ]
    title = f"adaptive Tsit5 of a driven two-level system, {peak.size:,} points, one thread"
    report.row(title, peers, times_faster=3.0 if has_numba else None, runs=21)
    return report.finish()


def over_lanes(module: qdsl.Module, name: str) -> Callable[[], object]:
    function, (peak, detuning) = getattr(module, name), points()

    def run() -> object:
        return function(DURATION, peak, detuning, DECAY, TOLERANCE)

    for _ in range(WARM_UP):
        run()
    return run


def one_by_one(module: qdsl.Module) -> Callable[[], object]:
    pairs = list(zip(*(column.tolist() for column in points()), strict=True))
    function = module.by_hand
    return lambda: np.array([function(DURATION, peak, detuning, DECAY, TOLERANCE) for peak, detuning in pairs])


def by_numba() -> Callable[[], object]:
    from numba import njit

    names: dict[str, Callable[..., object]] = {}
    exec(Path(str(driven_bloch.__file__)).read_text(encoding="utf-8"), names)
    for name in ("drive", "slope", "size", "by_hand"):
        names[name] = njit(names[name])
    by_hand = names["by_hand"]

    @njit
    def sweep(peak, detuning):  # type: ignore[no-untyped-def]
        found = np.empty(peak.size)
        for i in range(peak.size):
            found[i] = by_hand(DURATION, peak[i], detuning[i], DECAY, TOLERANCE)
        return found

    return lambda: sweep(*points())


def by_scipy(peak: Column, detuning: Column) -> Column:
    """All points as one system of equations."""
    from scipy.integrate import solve_ivp

    def slope(t: float, state: Column) -> Column:
        x, y, z = state.reshape(3, -1)
        rate = peak * np.exp(-(((t / DURATION - 0.5) / 0.125) ** 2))
        return np.concatenate([-DECAY * x - detuning * y, detuning * x - DECAY * y - rate * z, rate * y])

    start = np.repeat([0.0, 0.0, -1.0], peak.size)
    ends = solve_ivp(slope, (0.0, DURATION), start, "DOP853", rtol=1e-11, atol=1e-12).y[:, -1]
    population: Column = (1 + ends[-peak.size :]) / 2
    return population


def close_to(wanted: object) -> Callable[[object], None]:
    def check(answer: object) -> None:
        error = np.abs(np.asarray(answer) - np.asarray(wanted)).max()
        if not error <= 1e-6:
            raise SystemExit(f"the wrong answer: off by {error}")

    return check


if __name__ == "__main__":
    sys.exit(main())
