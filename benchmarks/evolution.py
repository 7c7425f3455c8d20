"""1,000 driven two-level systems in the frame of the lab, at 101 times each: `adaptive` over lanes beside Numba.

python -m benchmarks.evolution

H = delta/2 Z + drive cos(w t) X, for 1 us, with a relative tolerance of 1e-8, on one thread; each point has its own
steps. The peer is Dormand and Prince's method by hand, one variable for each number, compiled by Numba: with the same
tolerance, and with the one that brings its error down to that of QDSL. The bar is against the second. Errors are those
against SciPy at 1e-12, and printed.
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
from benchmarks import driven_lab_frame
from benchmarks.harness import Peer, Report
from benchmarks.sweep import WARM_UP

SOURCE = Path(__file__).with_name("driven_lab_frame.qdsl")
RELATIVE, W = 1e-8, 2 * np.pi * 5e6
TIMES = np.linspace(0.0, 1e-6, 101)

Column = NDArray[np.float64]


def points() -> tuple[Column, Column]:
    """The detuning and the drive of each point, in rad/s."""
    delta, drive = np.meshgrid(np.linspace(-20e6, 20e6, 25), np.linspace(1e6, 40e6, 40))
    return delta.ravel(), drive.ravel()


def main() -> int:
    os.environ["QDSL_THREADS"] = "1"
    report = Report()
    wanted = by_scipy()
    run = by_qdsl()
    error = error_of(run(), wanted)
    print(f"error of QDSL at {RELATIVE:g}: {error:.2g}")
    check = close_to(wanted)
    peers = [Peer("QDSL's adaptive over lanes", run, check)]
    if importlib.util.find_spec("numba") is not None:
        compiled = by_numba()
        relative = equal_error(compiled, wanted, error)
        loose = error_of(compiled(RELATIVE), wanted)
        print(f"error of Numba at {RELATIVE:g}: {loose:.2g}; that of QDSL it has at {relative:.2g}")
        peers += [
            Peer("Numba njit, the same error", lambda: compiled(relative), check),
            Peer("Numba njit, the same tolerance", lambda: compiled(RELATIVE), check),
        ]
    title = f"adaptive steps of a driven two-level system, {points()[0].size:,} points, {TIMES.size} times, one thread"
    report.row(title, peers, times_faster=3.0 if len(peers) > 1 else None, runs=21)
    return report.finish()


def by_qdsl() -> Callable[[], object]:
    excited, (delta, drive) = qdsl.load(str(SOURCE)).excited, points()

    def run() -> object:
        return excited(delta, drive, W, TIMES, RELATIVE)

    for _ in range(WARM_UP):
        run()
    return run


def by_numba() -> Callable[[float], Column]:
    from numba import njit

    names: dict[str, Callable[..., object]] = {}
    exec(Path(str(driven_lab_frame.__file__)).read_text(encoding="utf-8"), names)
    names["slope"] = njit(names["slope"])
    excited = njit(names["excited"])

    @njit
    def sweep(delta, drive, times, relative):  # type: ignore[no-untyped-def]
        found = np.empty((delta.size, times.size))
        for i in range(delta.size):
            excited(delta[i], drive[i], W, times, relative, found[i])
        return found

    return lambda relative: sweep(*points(), TIMES, relative)


def equal_error(run: Callable[[float], Column], wanted: Column, error: float) -> float:
    """The greatest tolerance for which the error is no greater."""
    relative = RELATIVE
    while error_of(run(relative), wanted) > error:
        relative /= 1.1
    return relative


def by_scipy() -> Column:
    """All points as one system of equations."""
    from scipy.integrate import solve_ivp

    delta, drive = points()

    def slope(t: float, state: Column) -> Column:
        a, b, c, d = state.reshape(4, -1)
        half, x = delta / 2, drive * np.cos(W * t)
        return np.concatenate([half * b + x * d, -half * a - x * c, x * b - half * d, -x * a + half * c])

    start = np.repeat([1.0, 0.0, 0.0, 0.0], delta.size)
    states = solve_ivp(slope, (0.0, TIMES[-1]), start, "DOP853", TIMES, rtol=1e-12, atol=1e-14).y
    _, _, c, d = states.reshape(4, delta.size, TIMES.size)
    population: Column = c**2 + d**2
    return population


def error_of(answer: object, wanted: Column) -> float:
    return float(np.abs(np.asarray(answer).reshape(wanted.shape) - wanted).max())


def close_to(wanted: Column) -> Callable[[object], None]:
    def check(answer: object) -> None:
        if not error_of(answer, wanted) <= 1e-6:
            raise SystemExit(f"the wrong answer: off by {error_of(answer, wanted)}")

    return check


if __name__ == "__main__":
    sys.exit(main())
