"""Rabi oscillations, 1,000 points of (detuning, drive) and 101 times, one thread, beside NumPy, Numba, QuTiP, dynamiqs.

python -m benchmarks.rabi

With a constant H the peers are NumPy's batched eigh, a hand-written exact step in Numba, dynamiqs' batched matrix
exponential, and QuTiP, which has no batches: of it the first twenty points are timed, and the time is that of all. With
a drive that oscillates the peer is a hand-written Dormand-Prince 5(4) in Numba, which chooses its steps as QDSL's Tsit5
does, with a tolerance of which it is no less accurate. Answers are checked first: against Rabi's formula, and against
SciPy's DOP853 at 1e-12.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import qdsl
from benchmarks.harness import Peer, Report

Numbers = NDArray[np.float64]

TIMES = np.linspace(0.0, 10e-6, 101)
RATE = 20e6
FEW = 20
"""Points that QuTiP is given."""

WARM_UP = 14


def points() -> tuple[Numbers, Numbers]:
    """Detunings and drives, in rad/s."""
    detuning, drive = np.meshgrid(np.linspace(-3e6, 3e6, 40), np.linspace(0.5e6, 3e6, 25))
    return detuning.ravel(), drive.ravel()


def main() -> int:
    os.environ["QDSL_THREADS"] = "1"
    report = Report()
    constant(report)
    driven(report)
    return report.finish()


# ── constant H ───────────────────────────────────────────────────────────────────────────────────────────────────


def constant(report: Report) -> None:
    detuning, drive = points()
    w = np.hypot(detuning, drive)[:, None]
    answer = (drive[:, None] / w) ** 2 * np.sin(w * TIMES / 2) ** 2
    module = qdsl.load(str(Path(__file__).with_name("rabi.qdsl")))
    function = module.excited

    def ours() -> object:
        return function(detuning, drive, TIMES)

    for _ in range(WARM_UP):
        ours()
    peers = [Peer("QDSL", ours, close_to(answer, 1e-10)), Peer("NumPy, batched eigh", by_eigh, close_to(answer, 1e-8))]
    if has("numba"):
        peers.append(Peer("Numba, an exact step by hand", exact_by_numba(), close_to(answer, 1e-8)))
    if has("dynamiqs"):
        peers.append(Peer("dynamiqs, batched Expm", by_dynamiqs(), close_to(answer, 1e-6)))
    report.row("Rabi, constant H, 1,000 points, 101 times, one thread", peers, times_faster=8.0, runs=11)
    if has("qutip"):
        rest = [Peer("QDSL", ours, close_to(answer, 1e-10)), Peer("QuTiP sesolve (of 20 points)", *by_qutip(answer))]
        report.row("the same beside QuTiP, time of all points", rest, times_faster=400.0, runs=3)


def hamiltonians() -> NDArray[np.complex128]:
    detuning, drive = points()
    found = np.zeros((detuning.size, 2, 2), complex)
    found[:, 0, 0], found[:, 1, 1] = -detuning / 2, detuning / 2
    found[:, 0, 1] = found[:, 1, 0] = drive / 2
    return found


def by_eigh() -> object:
    energies, states = np.linalg.eigh(hamiltonians())
    phases = np.exp(-1j * energies[:, None, :] * TIMES[None, :, None])
    amplitudes = np.einsum("pk,ptk,pk->pt", states[:, 1, :], phases, states[:, 0, :].conj())
    return np.abs(amplitudes) ** 2


def exact_by_numba() -> Callable[[], object]:
    import math

    from numba import njit

    @njit
    def sweep(detuning, drive, times):  # type: ignore[no-untyped-def]
        found = np.empty((detuning.size, times.size))
        dt = times[1] - times[0]
        for i in range(detuning.size):
            x, z = drive[i] / 2, -detuning[i] / 2
            w = math.sqrt(x * x + z * z)
            c, s = math.cos(w * dt), math.sin(w * dt) / w
            a, b, p, q = 1.0, 0.0, 0.0, 0.0  # re and im of both amplitudes
            for j in range(times.size):
                found[i, j] = p * p + q * q
                a, b, p, q = (
                    c * a + s * (z * b + x * q),
                    c * b - s * (z * a + x * p),
                    c * p + s * (x * b - z * q),
                    c * q - s * (x * a - z * p),
                )
        return found

    return lambda: sweep(*points(), TIMES)


def by_dynamiqs() -> Callable[[], object]:
    warnings.simplefilter("ignore")
    import dynamiqs as dq
    import jax.numpy as jnp

    dq.set_precision("double")
    dq.set_progress_meter(False)
    h = dq.asqarray(jnp.asarray(hamiltonians() * 1e-6))
    start, excited = dq.basis(2, 0), dq.asqarray(jnp.diag(jnp.array([0.0, 1.0])))
    method = dq.method.Expm() if hasattr(dq, "method") else None

    def run() -> object:
        result = dq.sesolve(h, start, TIMES * 1e6, exp_ops=[excited], method=method)
        return np.asarray(result.expects.block_until_ready())[:, 0].real

    return run


def by_qutip(answer: Numbers) -> tuple[Callable[[], object], Callable[[object], None], Callable[[object], float]]:
    warnings.simplefilter("ignore")
    import qutip

    operators = [qutip.Qobj(each * 1e-6) for each in hamiltonians()[:FEW]]
    start, excited = qutip.basis(2, 0), qutip.fock_dm(2, 1)

    def run() -> object:
        began = time.perf_counter()
        options = {"atol": 1e-10, "rtol": 1e-8, "progress_bar": ""}
        found = [qutip.sesolve(h, start, TIMES * 1e6, e_ops=[excited], options=options).expect[0] for h in operators]
        return np.array(found), (time.perf_counter() - began) * len(answer) / FEW

    return run, lambda given: close_to(answer[:FEW], 1e-5)(given[0]), lambda given: given[1]  # type: ignore[index,no-any-return]


# ── with a drive ─────────────────────────────────────────────────────────────────────────────────────────────────


def driven(report: Report) -> None:
    detuning, drive = points()
    module = qdsl.load(str(Path(__file__).with_name("rabi.qdsl")))
    function = module.driven

    def ours() -> object:
        return function(detuning, drive, RATE, TIMES)

    for _ in range(WARM_UP):
        ours()
    answer = by_scipy(detuning, drive)
    peers = [Peer("QDSL", ours, close_to(answer, 2e-7, "QDSL"))]
    if has("numba"):
        peers.append(Peer("Numba, dopri5 by hand", dopri5_by_numba(1e-8), close_to(answer, 2e-6, "Numba")))
    peers_bar = 3.0 if has("numba") else None
    report.row("Rabi with a drive, 1,000 points, 101 times, one thread", peers, times_faster=peers_bar, runs=11)


def dopri5_by_numba(tolerance: float) -> Callable[[], object]:
    """Dormand and Prince 1980, in the form of Hairer's dopri5: steps end at the times that are asked for only through
    interpolation by its dense output of order four.
    """
    import math

    from numba import njit

    @njit
    def slope(t, y, k, detuning, drive, rate):  # type: ignore[no-untyped-def]
        z, x = -detuning / 2, drive * math.cos(rate * t)
        k[0] = z * y[2] + x * y[3]
        k[1] = x * y[2] - z * y[3]
        k[2] = -z * y[0] - x * y[1]
        k[3] = -x * y[0] + z * y[1]

    @njit
    def one(detuning, drive, rate, times, tolerance, found):  # type: ignore[no-untyped-def]
        y = np.array([1.0, 0.0, 0.0, 0.0])
        k = np.empty((7, 4))
        s = np.empty(4)
        new = np.empty(4)
        t, end, row = times[0], times[-1], 0
        h = 1e-9
        slope(t, y, k[0], detuning, drive, rate)
        while row < times.size and times[row] <= t:
            found[row] = y[1] ** 2 + y[3] ** 2
            row += 1
        while row < times.size:
            h = min(h, end - t)
            for i in range(4):
                s[i] = y[i] + h * (k[0, i] / 5)
            slope(t + h / 5, s, k[1], detuning, drive, rate)
            for i in range(4):
                s[i] = y[i] + h * (3 / 40 * k[0, i] + 9 / 40 * k[1, i])
            slope(t + 0.3 * h, s, k[2], detuning, drive, rate)
            for i in range(4):
                s[i] = y[i] + h * (44 / 45 * k[0, i] - 56 / 15 * k[1, i] + 32 / 9 * k[2, i])
            slope(t + 0.8 * h, s, k[3], detuning, drive, rate)
            for i in range(4):
                s[i] = y[i] + h * (
                    19372 / 6561 * k[0, i] - 25360 / 2187 * k[1, i] + 64448 / 6561 * k[2, i] - 212 / 729 * k[3, i]
                )
            slope(t + 8 / 9 * h, s, k[4], detuning, drive, rate)
            for i in range(4):
                s[i] = y[i] + h * (
                    9017 / 3168 * k[0, i]
                    - 355 / 33 * k[1, i]
                    + 46732 / 5247 * k[2, i]
                    + 49 / 176 * k[3, i]
                    - 5103 / 18656 * k[4, i]
                )
            slope(t + h, s, k[5], detuning, drive, rate)
            for i in range(4):
                new[i] = y[i] + h * (
                    35 / 384 * k[0, i]
                    + 500 / 1113 * k[2, i]
                    + 125 / 192 * k[3, i]
                    - 2187 / 6784 * k[4, i]
                    + 11 / 84 * k[5, i]
                )
            slope(t + h, new, k[6], detuning, drive, rate)
            error = 0.0
            for i in range(4):
                e = h * (
                    71 / 57600 * k[0, i]
                    - 71 / 16695 * k[2, i]
                    + 71 / 1920 * k[3, i]
                    - 17253 / 339200 * k[4, i]
                    + 22 / 525 * k[5, i]
                    - k[6, i] / 40
                )
                error = max(error, abs(e))
            error /= tolerance
            if error <= 1:
                while row < times.size and times[row] <= t + h * (1 + 1e-12):
                    u = (times[row] - t) / h
                    p = 0.0
                    for i in (1, 3):
                        d = new[i] - y[i]
                        b = h * k[0, i] - d
                        c = d - h * k[6, i] - b
                        r = h * (
                            -12715105075 / 11282082432 * k[0, i]
                            + 87487479700 / 32700410799 * k[2, i]
                            - 10690763975 / 1880347072 * k[3, i]
                            + 701980252875 / 199316789632 * k[4, i]
                            - 1453857185 / 822651844 * k[5, i]
                            + 69997945 / 29380423 * k[6, i]
                        )
                        value = y[i] + u * (d + (1 - u) * (b + u * (c + (1 - u) * r)))
                        p += value * value
                    found[row] = p
                    row += 1
                t += h
                for i in range(4):
                    y[i] = new[i]
                    k[0, i] = k[6, i]
            h *= min(5.0, max(0.2, 0.9 * (error + 1e-30) ** -0.2))

    @njit
    def sweep(detuning, drive, rate, times, tolerance):  # type: ignore[no-untyped-def]
        found = np.empty((detuning.size, times.size))
        for i in range(detuning.size):
            one(detuning[i], drive[i], rate, times, tolerance, found[i])
        return found

    return lambda: sweep(*points(), RATE, TIMES, tolerance)


def by_scipy(detuning: Numbers, drive: Numbers) -> Numbers:
    """All points as one system of equations."""
    from scipy.integrate import solve_ivp

    def slope(t: float, state: Numbers) -> Numbers:
        a, p, b, q = state.reshape(4, -1)
        z, x = -detuning / 2, drive * np.cos(RATE * t)
        return np.concatenate([z * b + x * q, x * b - z * q, -z * a - x * p, -x * a + z * p])

    start = np.concatenate([np.ones(detuning.size), np.zeros(3 * detuning.size)])
    found = solve_ivp(slope, (0, TIMES[-1]), start, "DOP853", t_eval=TIMES, rtol=1e-12, atol=1e-13).y
    _, p, _, q = found.reshape(4, detuning.size, -1)
    excited: Numbers = p**2 + q**2
    return excited


# ── shared ───────────────────────────────────────────────────────────────────────────────────────────────────────


def has(name: str) -> bool:
    if importlib.util.find_spec(name) is None:
        print(f"{name} is not installed: left out")
        return False
    return True


def close_to(wanted: Numbers, tolerance: float, name: str = "") -> Callable[[object], None]:
    def check(answer: object) -> None:
        error = np.abs(np.asarray(answer) - wanted).max()
        if name:
            print(f"  greatest error of {name}: {error:.2g}")
        if not error <= tolerance:
            raise SystemExit(f"the wrong answer: off by {error}")

    return check


if __name__ == "__main__":
    sys.exit(main())
