"""Minima of functions, and draws of a posterior.

python -m benchmarks.searches

Beside `searches.qdsl`: SciPy's L-BFGS-B with gradients that were written by hand in NumPy, asked for as many digits as
QDSL gives; and nutpie, which also draws for QDSL, with a density and a gradient that were written by hand and compiled
by Numba. Every answer is checked first. QDSL's time is with the verdict: Hessian, curvature in every direction, kinks.
Draws are compared by the time that one independent draw takes, of the param that has the fewest. There are no bars.
"""

from __future__ import annotations

import importlib.util
import math
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

import qdsl
from benchmarks.harness import Peer, Report

SOURCE = Path(__file__).with_name("searches.qdsl")
AMPLITUDES, RUNS = 50, 25
FINE = {"ftol": 1e-15, "gtol": 1e-9, "maxiter": 10_000}
DRAWS, CHAINS = 1000, 4

Array = NDArray[Any]


def main() -> int:
    report, module = Report(), qdsl.load(str(SOURCE))
    print(f"{os.cpu_count()} processors")

    peers = [
        Peer("QDSL", lambda: values(module.rosenbrock.minimize(start={"x": -1.2, "y": 1.0})), near(np.ones(2))),
        Peer("SciPy, L-BFGS-B", lambda: by_scipy(rosenbrock, np.array([-1.2, 1.0])), near(np.ones(2))),
    ]
    report.row("the minimum of Rosenbrock's function", peers, runs=RUNS)

    begin = np.zeros(AMPLITUDES)
    wanted = newton(begin)
    peers = [
        Peer("QDSL", lambda: values(module.pulse.minimize(start={"a": begin})), near(wanted)),
        Peer("SciPy, L-BFGS-B", lambda: by_scipy(pulse, begin), near(wanted)),
    ]
    report.row(f"the minimum over {AMPLITUDES} amplitudes", peers, runs=RUNS)

    if importlib.util.find_spec("nutpie") is None:
        print("nutpie is not installed, by which QDSL draws: posteriors are left out")
        return report.finish()
    t, n = decays()
    data = {"t": t, "n": n}
    known = means(module.decay.posterior(data, draws=10_000, chains=CHAINS, seed=99))
    check = agrees(known)
    seeds = iter(range(1, 1_000_000))
    peers = [Peer("QDSL", lambda: drawn(lambda: by_qdsl(module, data, next(seeds))), check, told=for_each_draw)]
    if importlib.util.find_spec("numba") is None:
        print("numba is not installed: the peer of posteriors is left out")
    else:
        sample = by_nutpie(t, n)
        peers.append(
            Peer("nutpie, Numba by hand", lambda: drawn(lambda: sample(next(seeds))), check, told=for_each_draw)
        )
    report.row(f"an independent draw of 3 params given {len(t)} counts", peers, runs=5)
    return report.finish()


# ── minima ───────────────────────────────────────────────────────────────────────────────────────────────────────


def values(best: Any) -> Array:
    """The arguments in a row; the verdict has to be `converged`."""
    if str(best.verdict) != "converged":
        raise SystemExit(f"the search ended as {best.verdict}")
    return np.hstack([best[name] for name in ("x", "y", "a") if hasattr(best, name)])


def by_scipy(function: Callable[[Array], tuple[float, Array]], begin: Array) -> Array:
    return np.asarray(minimize(function, begin, jac=True, method="L-BFGS-B", options=FINE).x)


def rosenbrock(p: Array) -> tuple[float, Array]:
    x, y = p
    beside = y - x * x
    return (1 - x) ** 2 + 100 * beside * beside, np.array([-2 * (1 - x) - 400 * x * beside, 200 * beside])


SINES = np.sin(0.3 * np.arange(AMPLITUDES))


def pulse(a: Array) -> tuple[float, Array]:
    away, jumps = a - SINES, np.diff(a)
    slope = 2 * away + 0.4 * a**3
    slope[1:] += 10 * jumps
    slope[:-1] -= 10 * jumps
    return float(away @ away + 0.1 * np.sum(a**4) + 5 * (jumps @ jumps)), slope


def newton(a: Array) -> Array:
    """The minimum of `pulse`, which is convex: by Newton's method with the Hessian written out."""
    second = 10 * (
        np.diag(np.r_[1.0, np.full(AMPLITUDES - 2, 2.0), 1.0]) - np.eye(AMPLITUDES, k=1) - np.eye(AMPLITUDES, k=-1)
    )
    for _ in range(50):
        a = a - np.linalg.solve(second + np.diag(2 + 1.2 * a**2), pulse(a)[1])
    return a


def near(wanted: Array) -> Callable[[object], None]:
    def check(answer: object) -> None:
        off = float(np.abs(np.asarray(answer) - wanted).max())
        if not off < 1e-6:
            raise SystemExit(f"the wrong minimum: off by {off:.2g}")

    return check


# ── draws ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Drawn(NamedTuple):
    """Draws (chains × draws × params, in the units of the program), how long they took, and what they are worth."""

    draws: Array
    seconds: float
    worth: float


def drawn(sample: Callable[[], Array]) -> Drawn:
    import arviz

    began = time.perf_counter()
    draws = sample()
    took = time.perf_counter() - began
    worth = min(float(arviz.ess(draws[:, :, k], method="bulk")) for k in range(draws.shape[2]))
    return Drawn(draws, took, worth)


def for_each_draw(answer: object) -> float:
    """Seconds for what is worth one independent draw."""
    assert isinstance(answer, Drawn)
    return answer.seconds / answer.worth


def decays() -> tuple[Array, Array]:
    t = np.linspace(0.0, 8e-6, 40)
    return t, np.random.default_rng(3).poisson(120 * np.exp(-t / 1.8e-6) + 7)


def by_qdsl(module: Any, data: dict[str, Array], seed: int) -> Array:
    found = module.decay.posterior(data, draws=DRAWS, chains=CHAINS, seed=seed)
    return np.asarray(found.samples.reshape(CHAINS, -1, 3) * np.array([1e6, 1.0, 1.0]))


def means(found: Any) -> Array:
    """Means and standard deviations, in microseconds and counts."""
    scale = np.array([1e6, 1.0, 1.0])
    return np.array([found.samples.mean(axis=0) * scale, found.samples.std(axis=0) * scale])


def agrees(known: Array) -> Callable[[object], None]:
    """Means within five standard errors of theirs, and deviations alike."""

    def check(answer: object) -> None:
        assert isinstance(answer, Drawn)
        flat = answer.draws.reshape(-1, 3)
        off = np.abs(flat.mean(axis=0) - known[0]) / known[1] * math.sqrt(answer.worth)
        wide = flat.std(axis=0) / known[1]
        if not (off < 5.0).all() or not ((wide > 0.85) & (wide < 1.15)).all():
            raise SystemExit(f"other draws: off by {off} standard errors, {wide} times as wide")

    return check


def by_nutpie(t: Array, n: Array) -> Callable[[int], Array]:
    """The same posterior on the line (z of what lies between bounds is its logit), with its slope by hand."""
    import numba
    import nutpie
    from nutpie.compiled_pyfunc import from_pyfunc

    times, counts = t / 1e-6, n.astype(float)
    low, high = np.array([0.1, 0.0, 0.0]), np.array([20.0, 1000.0, 50.0])

    @numba.njit(fastmath=True)
    def density(z):  # type: ignore[no-untyped-def]
        share = 1.0 / (1.0 + np.exp(-z))
        x = low + (high - low) * share
        tau, level, background = x
        value = 3.0 * np.log(tau) - tau / 0.5
        slope = np.array([3.0 / tau - 1.0 / 0.5, 0.0, 0.0])
        for i in range(times.size):
            decay = np.exp(-times[i] / tau)
            mean = level * decay + background
            value += counts[i] * np.log(mean) - mean
            weight = counts[i] / mean - 1.0
            slope[0] += weight * level * decay * times[i] / (tau * tau)
            slope[1] += weight * decay
            slope[2] += weight
        value += np.sum(np.log(share * (1.0 - share)))
        return value, slope * (high - low) * share * (1.0 - share) + 1.0 - 2.0 * share

    start = np.log((np.array([2.0, 100.0, 5.0]) - low) / (high - np.array([2.0, 100.0, 5.0])))
    model = from_pyfunc(
        3,
        lambda: density,
        lambda *seeds: lambda z: {"z": z},
        [np.dtype(np.float64)],
        [(3,)],
        ["z"],
        make_initial_point_fn=lambda seed: start,
    )
    density(start)

    def sample(seed: int) -> Array:
        trace = nutpie.sample(
            model, draws=DRAWS, tune=500, chains=CHAINS, cores=1, seed=seed, progress_bar=False, save_warmup=False
        )
        z = trace.posterior["z"].values
        return np.asarray(low + (high - low) / (1.0 + np.exp(-z)))

    return sample


if __name__ == "__main__":
    sys.exit(main())
