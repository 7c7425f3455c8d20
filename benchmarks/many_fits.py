"""A thousand fits of five parameters, a thousand refits of a bootstrap, a thousand fits of counts.

python -m benchmarks.many_fits

Beside `many_fits.qdsl`: SciPy's curve_fit, lmfit, iminuit, JAX (optimistix, all fits in one `vmap`) and methods
that were written by hand and compiled by Numba. Every peer is given the same data and the same starts, and its
defaults; every answer is checked. QDSL's time is for the whole table: values, errors, goodness of fit, verdicts. Peers
that take seconds fit every 20th set only, and their time is multiplied. QDSL takes the threads there are; Numba's code
is timed on one and on all.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import qdsl
from benchmarks.harness import Peer, Report

SOURCE = Path(__file__).with_name("many_fits.qdsl")
COUNT, POINTS, EVERY, RUNS = 1000, 100, 20, 7
TRUE = np.array([0.8, 20e-6, 0.1e6, 0.3, 0.1])
STARTS = np.array([0.9, 22e-6, 0.102e6, 0.2, 0.05])
SHOTS = 500
TURN = 0.25
"""Seconds that a peer has for itself when its turn comes: what runs once in ten milliseconds between others that take
seconds is timed with cold caches, which no work that takes long has."""
SCALE = np.array([1.0, 1e-6, 1e6, 1.0, 1.0])
"""Units in which peers that do not scale by themselves are given the parameters."""

Array = NDArray[Any]
EVERYTHING = slice(None)


def main() -> int:
    report, module = Report(), qdsl.load(str(SOURCE))
    print(f"{os.cpu_count()} processors, {processor()}")
    has = {name: importlib.util.find_spec(name) is not None for name in ("lmfit", "iminuit", "numba", "optimistix")}
    for name in (name for name, found in has.items() if not found):
        print(f"{name} is not installed: its times, and the bars that are relative to it, are left out")

    t, y = ringings()
    exact = module.ringing.fit_each({"t": t, "y": y}, start=named(STARTS))
    values = np.stack([exact[name] for name in ("a", "tau", "f", "phase", "c")], axis=1)
    check = within(values, exact["tau_err"])
    peers = [Peer("QDSL", lambda: of_table(module.ringing.fit_each({"t": t, "y": y}, start=named(STARTS))), check)]
    peers.append(several("curve_fit", lambda k: by_curve_fit(t, y[k]), check))
    peers += [several("lmfit", by_lmfit(t, y), check)] if has["lmfit"] else []
    peers += [several("iminuit", by_minuit(t, y), check)] if has["iminuit"] else []
    peers += [Peer("JAX, optimistix", by_optimistix(t, y), check)] if has["optimistix"] else []
    if has["numba"]:
        alone, together = by_numba()
        peers += [Peer("Numba by hand", lambda: alone(t / 1e-6, y, STARTS / SCALE) * SCALE, check)]
        peers += [Peer("Numba by hand, all threads", lambda: together(t / 1e-6, y, STARTS / SCALE) * SCALE, check)]
    bars = {"curve_fit": 80.0, "lmfit": 500.0, "Numba by hand": 5.0}
    report.row(f"{COUNT:,} fits of 5 parameters to {POINTS} points", peers, than=bars, runs=RUNS, turn=TURN)

    best = module.ringing.fit({"t": t, "y": y[0]}, start=named(STARTS))
    scatter = spread_like(module.ringing.bootstrap(best, n=20 * COUNT, seed=9).covariance)
    peers = [Peer("QDSL", lambda: module.ringing.bootstrap(best, n=COUNT, seed=3).values, scatter)]
    peers.append(several("curve_fit", refit(t, np.array(best.values), best.sigma), scatter_of_few(best)))
    report.row(f"{COUNT:,} refits of a bootstrap", peers, than={"curve_fit": 20.0}, runs=RUNS, turn=TURN)

    t, n = decays()
    start = {"tau": 25e-6, "a": 0.7, "c": 0.2}
    exact = module.decay.fit_each({"t": t, "n": n}, start=start)
    values = np.stack([exact[name] for name in ("tau", "a", "c")], axis=1)
    check = within(values, exact["tau_err"], place=0)
    peers = [Peer("QDSL", lambda: of_table(module.decay.fit_each({"t": t, "n": n}, start=start)), check)]
    peers += [several("iminuit, Numba", by_minuit_counts(t, n), check)] if has["iminuit"] and has["numba"] else []
    report.row(f"{COUNT:,} fits of counts, 3 parameters", peers, than={"iminuit, Numba": 60.0}, runs=RUNS, turn=TURN)
    return report.finish()


def processor() -> str:
    """What the machine calls itself, and whether it has AVX-512."""
    try:
        text = Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        return "of a kind that is not known"
    name = next((line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")), "")
    return f"{name}, {'with' if 'avx512f' in text else 'without'} AVX-512"


# ── data ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def signal(t: Any, a: Any, tau: Any, f: Any, phase: Any, c: Any) -> Any:
    return a * np.exp(-t / tau) * np.cos(2 * np.pi * f * t + phase) + c


def ringings() -> tuple[Array, Array]:
    """One time axis, a thousand signals with noise, each of parameters of its own."""
    rng = np.random.default_rng(1)
    t = np.linspace(0.0, 40e-6, POINTS)
    params = TRUE * (1.0 + 0.03 * rng.normal(size=(COUNT, 5)))
    return t, signal(t, *params.T[:, :, np.newaxis]) + 0.05 * rng.normal(size=(COUNT, POINTS))


def decays() -> tuple[Array, Array]:
    rng = np.random.default_rng(2)
    t = np.linspace(0.0, 100e-6, 25)
    tau = 20e-6 * (1.0 + 0.1 * rng.normal(size=(COUNT, 1)))
    return t, rng.binomial(SHOTS, 0.1 + 0.7 * np.exp(-t / tau))


def named(values: Array) -> dict[str, float]:
    return dict(zip(("a", "tau", "f", "phase", "c"), map(float, values), strict=True))


# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────


def of_table(table: Any) -> Array:
    """The estimates of `fit_each`, whose searches have to have converged; right models are rejected now and then."""
    converged, rejected = (np.count_nonzero(table["verdict"] == word) for word in ("converged", "rejected"))
    if converged + rejected < COUNT or rejected > 0.005 * COUNT:
        raise SystemExit(f"{converged} of {COUNT} fits converged, and {rejected} were rejected")
    return np.stack([table[name] for name in table if f"{name}_err" in table], axis=1)


def within(wanted: Array, errors: Array, place: int = 1) -> Callable[[object], None]:
    """Estimates of all sets, or of every 20th, that are a hundredth of a standard error from those wanted."""

    def check(answer: object) -> None:
        found = np.asarray(answer[0] if isinstance(answer, tuple) else answer)
        chosen = EVERYTHING if len(found) == COUNT else slice(None, None, EVERY)
        off = np.abs(found[:, place] - wanted[chosen, place]) / errors[chosen]
        if not np.median(off) < 0.01 or not (off < 0.1).mean() > 0.97:
            raise SystemExit(f"the wrong answers: off by {np.median(off):.2g} standard errors, at most {off.max():.2g}")

    return check


def spread_like(covariance: Array) -> Callable[[object], None]:
    def check(answer: object) -> None:
        found = np.sqrt(np.diag(np.cov(np.asarray(answer), rowvar=False)))
        if not np.allclose(found, np.sqrt(np.diag(covariance)), rtol=0.15):
            raise SystemExit(f"the refits scatter by {found}, not by {np.sqrt(np.diag(covariance))}")

    return check


def scatter_of_few(best: Any) -> Callable[[object], None]:
    """Fifty refits tell their scatter to a tenth: within half of what is wanted."""

    def check(answer: object) -> None:
        assert isinstance(answer, tuple)
        found = np.std(answer[0], axis=0)
        wanted = np.sqrt(np.diag(best.covariance))
        if not np.allclose(found, wanted, rtol=0.5):
            raise SystemExit(f"the refits scatter by {found}, not by {wanted}")

    return check


def several(name: str, fit: Callable[[int], Array], check: Callable[[object], None]) -> Peer:
    """A peer that takes one set after the other: every 20th, and the time for all that follows from it."""

    def run() -> tuple[Array, float]:
        began = time.perf_counter()
        found = np.array([fit(k) for k in range(0, COUNT, EVERY)])
        return found, (time.perf_counter() - began) * EVERY

    def told(answer: object) -> float:
        assert isinstance(answer, tuple)
        return float(answer[1])

    return Peer(name, run, check, told)


# ── peers ────────────────────────────────────────────────────────────────────────────────────────────────────────


def by_curve_fit(t: Array, y: Array) -> Array:
    from scipy.optimize import curve_fit

    values, _ = curve_fit(signal, t / 1e-6, y, p0=STARTS / SCALE)
    return np.asarray(values * SCALE)


def refit(t: Array, values: Array, sigma: float) -> Callable[[int], Array]:
    from scipy.optimize import curve_fit

    mean, rng = signal(t, *values), np.random.default_rng(5)

    def run(k: int) -> Array:
        found, _ = curve_fit(signal, t / 1e-6, mean + sigma * rng.normal(size=t.size), p0=values / SCALE)
        return np.asarray(found * SCALE)

    return run


def by_lmfit(t: Array, y: Array) -> Callable[[int], Array]:
    import lmfit

    model = lmfit.Model(signal)

    def run(k: int) -> Array:
        found = model.fit(y[k], t=t / 1e-6, **named(STARTS / SCALE)).best_values
        return np.array([found[name] for name in named(STARTS)]) * SCALE

    return run


def by_minuit(t: Array, y: Array) -> Callable[[int], Array]:
    from iminuit import Minuit
    from iminuit.cost import LeastSquares

    def run(k: int) -> Array:
        minuit = Minuit(LeastSquares(t / 1e-6, y[k], 0.05, signal), **named(STARTS / SCALE))
        minuit.migrad()
        return np.array(minuit.values) * SCALE

    return run


def by_optimistix(t: Array, y: Array) -> Callable[[], Array]:
    import jax
    import jax.numpy as jnp
    import optimistix

    jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]
    times = jnp.array(t / 1e-6)
    solver = optimistix.LevenbergMarquardt(rtol=1e-8, atol=1e-8)

    def residuals(p: Any, measured: Any) -> Any:
        return p[0] * jnp.exp(-times / p[1]) * jnp.cos(2 * jnp.pi * p[2] * times + p[3]) + p[4] - measured

    def one(measured: Any) -> Any:
        start = jnp.array(STARTS / SCALE)
        return optimistix.least_squares(residuals, solver, start, args=measured, max_steps=200, throw=False).value

    every = jax.jit(jax.vmap(one))
    measured = jnp.array(y)
    return lambda: np.asarray(every(measured)) * SCALE


def by_numba() -> tuple[Callable[..., Array], Callable[..., Array]]:
    """Levenberg's and Marquardt's method with the derivatives written out, over all sets: on one thread, and on all."""
    import math

    import numba

    @numba.njit(fastmath=True)
    def fit(t, y, start):  # type: ignore[no-untyped-def]
        n = 5
        x, trial, g, s = start.copy(), start.copy(), np.zeros(n), np.zeros(n)
        h, factor, d = np.zeros((n, n)), np.zeros((n, n)), np.zeros(n)
        best, damping = np.inf, 1e-3
        h_best, g_best = np.zeros((n, n)), np.zeros(n)
        for _ in range(100):
            g[:] = 0.0
            h[:] = 0.0
            squares = 0.0
            for i in range(t.size):
                decay = math.exp(-t[i] / trial[1])
                angle = 2 * math.pi * trial[2] * t[i] + trial[3]
                cosine, sine = math.cos(angle), math.sin(angle)
                d[0] = decay * cosine
                d[1] = trial[0] * d[0] * t[i] / (trial[1] * trial[1])
                d[3] = -trial[0] * decay * sine
                d[2] = d[3] * 2 * math.pi * t[i]
                d[4] = 1.0
                r = trial[0] * d[0] + trial[4] - y[i]
                squares += r * r
                for j in range(n):
                    g[j] += d[j] * r
                    for k in range(j + 1):
                        h[j, k] += d[j] * d[k]
            if squares <= best:
                gained = best - squares
                best, damping = squares, damping / 10
                x[:], h_best[:], g_best[:] = trial, h, g
                if gained < 1e-12 * squares:
                    break
            else:
                damping *= 10
                if damping > 1e12:
                    break
            for j in range(n):  # Cholesky's factors
                for k in range(j + 1):
                    total = h_best[j, k] * (1 + damping if j == k else 1.0)
                    for m in range(k):
                        total -= factor[j, m] * factor[k, m]
                    factor[j, k] = math.sqrt(total) if j == k else total / factor[k, k]
                total = g_best[j]
                for m in range(j):
                    total -= factor[j, m] * s[m]
                s[j] = total / factor[j, j]
            for j in range(n - 1, -1, -1):
                total = s[j]
                for m in range(j + 1, n):
                    total -= factor[m, j] * s[m]
                s[j] = total / factor[j, j]
                trial[j] = x[j] - s[j]
        return x

    @numba.njit(fastmath=True)
    def alone(t, y, start):  # type: ignore[no-untyped-def]
        found = np.empty((len(y), 5))
        for k in range(len(y)):
            found[k] = fit(t, y[k], start)
        return found

    @numba.njit(fastmath=True, parallel=True)
    def together(t, y, start):  # type: ignore[no-untyped-def]
        found = np.empty((len(y), 5))
        for k in numba.prange(len(y)):
            found[k] = fit(t, y[k], start)
        return found

    return alone, together


def by_minuit_counts(t: Array, n: Array) -> Callable[[int], Array]:
    """The negative log-likelihood compiled by Numba, minimised by MIGRAD within bounds."""
    import math

    import numba
    from iminuit import Minuit

    times = t / 1e-6

    @numba.njit
    def negative(t, n, tau, a, c):  # type: ignore[no-untyped-def]
        total = 0.0
        for i in range(t.size):
            p = c + (a - c) * math.exp(-t[i] / tau)
            total -= n[i] * math.log(p) + (SHOTS - n[i]) * math.log(1 - p)
        return total

    def run(k: int) -> Array:
        counts = n[k]
        minuit = Minuit(lambda tau, a, c: negative(times, counts, tau, a, c), tau=25.0, a=0.7, c=0.2)
        minuit.errordef = Minuit.LIKELIHOOD
        minuit.limits = [(1.0, 1000.0), (1e-9, 1 - 1e-9), (1e-9, 1 - 1e-9)]
        minuit.migrad()
        return np.array(minuit.values) * np.array([1e-6, 1.0, 1.0])

    return run


if __name__ == "__main__":
    sys.exit(main())
