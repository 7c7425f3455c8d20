"""The log-likelihood of a decaying cosine in Gaussian noise, 1,000 points, five parameters; and with its gradient.

python -m benchmarks.likelihood

Beside `likelihood.qdsl`: NumPy and Numba for the value, JAX for both. What is timed is a call from Python, arrays in
and numbers out, as a fit makes thousands of: fifty on end, each peer in its turn. Values are checked against NumPy,
gradients against differences of the value. Everything is on one thread but JAX, which takes those it wants. Peers that
are not installed are left out.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import qdsl
from benchmarks.harness import Peer, Report

SOURCE = Path(__file__).with_name("likelihood.qdsl")
COUNT, RUNS, CALLS = 1000, 101, 50
PARAMETERS = (0.8, 20e-6, 1.3e6, 0.3, 0.1)
"""Amplitude, lifetime in s, frequency in Hz, phase, offset."""

NAMES = ("a", "tau", "f", "phase", "c")
SIGMA = 0.05

Column = NDArray[np.float64]
Parameters = tuple[float, ...]


def main() -> int:
    os.environ["QDSL_THREADS"] = "1"
    report, module, (t, y) = Report(), qdsl.load(str(SOURCE)), readings()
    has = {name: importlib.util.find_spec(name) is not None for name in ("numba", "jax")}
    for name in (name for name, found in has.items() if not found):
        print(f"{name} is not installed: its times, and the bar that is relative to it, are left out")
    check = close_to(by_numpy(t, y, PARAMETERS))
    peers = [Peer("QDSL", lambda: module.log_likelihood(t, y, *PARAMETERS), check)]
    peers += [Peer("Numba njit", by_numba(t, y), check)] if has["numba"] else []
    peers.append(Peer("NumPy", lambda: by_numpy(t, y, PARAMETERS), check))
    peers += [Peer("JAX", by_jax(t, y, gradient=False), check)] if has["jax"] else []
    bar = 3.0 if has["numba"] else None
    report.row(f"log-likelihood, {COUNT:,} points", peers, times_faster=bar, runs=RUNS, calls=CALLS)

    check = close_to(with_differences(t, y))
    peers = [Peer("QDSL", with_gradient(module, t, y), check)]
    peers += [Peer("JAX", by_jax(t, y, gradient=True), check)] if has["jax"] else []
    bar = 10.0 if has["jax"] else None
    report.row("the same with its exact gradient", peers, times_faster=bar, runs=RUNS, calls=CALLS)
    return report.finish()


def readings() -> tuple[Column, Column]:
    """Times over 100 us, and the signal at them with noise."""
    t = np.linspace(0.0, 100e-6, COUNT)
    return t, signal(t, PARAMETERS) + SIGMA * np.random.default_rng(1).normal(size=COUNT)


def signal(t: Column, parameters: Parameters) -> Column:
    a, tau, f, phase, c = parameters
    return a * np.exp(-t / tau) * np.cos(2 * np.pi * f * t + phase) + c


# ── peers ────────────────────────────────────────────────────────────────────────────────────────────────────────


def with_gradient(module: qdsl.Module, t: Column, y: Column) -> Callable[[], object]:
    def run() -> list[float]:
        found = module.with_gradient(t, y, *PARAMETERS)
        return [found["value"], *map(found["by"].__getitem__, NAMES)]

    return run


def by_numpy(t: Column, y: Column, parameters: Parameters) -> float:
    residuals = (y - signal(t, parameters)) / SIGMA
    return float(-(residuals @ residuals) / 2 - t.size * np.log(SIGMA * np.sqrt(2 * np.pi)))


def by_numba(t: Column, y: Column) -> Callable[[], object]:
    from math import cos, exp, log, pi, sqrt

    from numba import njit

    @njit
    def log_likelihood(t, y, a, tau, f, phase, c):  # type: ignore[no-untyped-def]
        squares = 0.0
        for i in range(t.size):
            squares += ((y[i] - (a * exp(-t[i] / tau) * cos(2 * pi * f * t[i] + phase) + c)) / SIGMA) ** 2
        return -squares / 2 - t.size * log(SIGMA * sqrt(2 * pi))

    return lambda: log_likelihood(t, y, *PARAMETERS)


def by_jax(t: Column, y: Column, gradient: bool) -> Callable[[], object]:
    """In doubles, with the readings on its device already; a call waits for the answer."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]

    def log_likelihood(parameters: Any, t: Any, y: Any) -> Any:
        a, tau, f, phase, c = parameters
        residuals = (y - (a * jnp.exp(-t / tau) * jnp.cos(2 * jnp.pi * f * t + phase) + c)) / SIGMA
        return -jnp.sum(residuals**2) / 2 - t.size * jnp.log(SIGMA * jnp.sqrt(2 * jnp.pi))

    compiled = jax.jit(jax.value_and_grad(log_likelihood) if gradient else log_likelihood)
    parameters, times, measured = jnp.array(PARAMETERS), jnp.array(t), jnp.array(y)

    def run() -> object:
        found = compiled(parameters, times, measured)
        if not gradient:
            return float(found)
        value, by = found
        return [float(value), *np.asarray(by).tolist()]

    return run


# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────


def with_differences(t: Column, y: Column) -> list[float]:
    """The value, and its derivatives from symmetric differences: good to six digits."""

    def slope(at: int) -> float:
        step = 1e-5 * PARAMETERS[at]
        high, low = (tuple(p + sign * step * (i == at) for i, p in enumerate(PARAMETERS)) for sign in (1.0, -1.0))
        return (by_numpy(t, y, high) - by_numpy(t, y, low)) / (2 * step)

    return [by_numpy(t, y, PARAMETERS), *map(slope, range(len(PARAMETERS)))]


def close_to(wanted: float | list[float]) -> Callable[[object], None]:
    def check(answer: object) -> None:
        if not np.allclose(np.asarray(answer), wanted, rtol=1e-5, atol=0):
            raise SystemExit(f"the wrong answer: {answer!r}, not {wanted!r}")

    return check


if __name__ == "__main__":
    sys.exit(main())
