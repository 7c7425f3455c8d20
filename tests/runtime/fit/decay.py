"""The likelihood of a T1 measurement, written by hand in NumPy: k of n shots excited, p = baseline + amplitude
exp(-t/tau).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, xlogy

from qdsl.lang.typed.dimension import TIME
from qdsl.lang.typed.tree import DisplayUnit
from qdsl.runtime.fit import Parameter

Array = NDArray[Any]
COUNTS = Path(__file__).parents[3] / "examples" / "data" / "t1_counts.csv"
NS = DisplayUnit("ns", 1e-9)
PARAMETERS = (
    Parameter("tau", 20e-9, 1e-9, 1e-6, TIME, NS),
    Parameter("amplitude", 0.9, 0.0, 1.0),
    Parameter("baseline", 0.05, 0.0, 1.0),
)


@dataclass(frozen=True)
class Decay:
    """Delays in seconds, counts, shots."""

    delay: Array
    excited: Array
    shots: Array
    parameters: tuple[Parameter, ...] = PARAMETERS

    @property
    def n_points(self) -> int:
        return len(self.delay)

    def starting(self, **changes: dict[str, float]) -> Decay:
        """The same with parameters changed: `starting(tau={"high": 22e-9})`."""
        changed = tuple(replace(each, **changes.get(each.name, {})) for each in self.parameters)
        return replace(self, parameters=changed)

    def probability(self, x: Array) -> tuple[Array, Array, Array]:
        """p at every delay, its gradient and its Hessian."""
        tau, amplitude, baseline = x
        t = self.delay
        fall = np.exp(-t / tau)
        jacobian = np.stack([amplitude * fall * t / tau**2, fall, np.ones_like(fall)], axis=1)
        hessian = np.zeros((len(t), 3, 3))
        hessian[:, 0, 0] = amplitude * fall * (t**2 / tau**4 - 2 * t / tau**3)
        hessian[:, 0, 1] = hessian[:, 1, 0] = fall * t / tau**2
        return baseline + amplitude * fall, jacobian, hessian

    def evaluate(self, x: Array, order: int) -> tuple[float, Array | None, Array | None]:
        p, jacobian, hessian = self.probability(x)
        if not ((p >= 0) & (p <= 1)).all():
            return np.nan, None, None
        hits, misses = self.excited, self.shots - self.excited
        # A term without counts is zero, also where its probability is.
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = -np.where(hits > 0, hits / p, 0.0) + np.where(misses > 0, misses / (1 - p), 0.0)
            bend = np.where(hits > 0, hits / p**2, 0.0) + np.where(misses > 0, misses / (1 - p) ** 2, 0.0)
        value = -float(np.sum(xlogy(hits, p) + xlogy(misses, 1 - p)))
        curvature = np.einsum("i,ij,ik->jk", bend, jacobian, jacobian) + np.einsum("i,ijk->jk", slope, hessian)
        return value, jacobian.T @ slope, curvature

    def information(self, x: Array) -> Array:
        p, jacobian, _ = self.probability(x)
        return np.asarray(np.einsum("i,ij,ik->jk", self.shots / (p * (1 - p)), jacobian, jacobian))

    def deviance(self, x: Array) -> float:
        p, _, _ = self.probability(x)
        hits, misses, n = self.excited, self.shots - self.excited, self.shots
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = np.where(hits > 0, hits / (n * p), 1.0), np.where(misses > 0, misses / (n * (1 - p)), 1.0)
        return float(2 * np.sum(xlogy(hits, ratios[0]) + xlogy(misses, ratios[1])))

    def constant(self) -> float:
        hits, n = self.excited, self.shots
        return float(-np.sum(gammaln(n + 1) - gammaln(hits + 1) - gammaln(n - hits + 1)))


def measured() -> Decay:
    """The counts from the laboratory."""
    rows = np.loadtxt(COUNTS, delimiter=",", skiprows=1)
    return Decay(rows[:, 0] * 1e-9, rows[:, 1], rows[:, 2])


def constant_counts(hits: int, shots: int) -> Decay:
    """The same count at every delay of the measurement."""
    delay = measured().delay
    return Decay(delay, np.full(delay.shape, float(hits)), np.full(delay.shape, float(shots)))
