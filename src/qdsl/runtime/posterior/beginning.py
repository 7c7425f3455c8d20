"""Where chains begin, and the coordinates in which they go: w, in which the density is about as wide everywhere.

In: an objective. Out: a `Beginning`, or None where the model is nowhere defined. Modes are looked for from several
starts (`fit.starts`), so that chains begin in each of those that count; chains that stay there do not agree, and are
told. The curvature at the best mode, exact as all derivatives are, gives the coordinates: z = centre + matrix · w.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from qdsl.runtime.fit.likelihood import maximise
from qdsl.runtime.fit.objective import Matrix, Objective, Vector
from qdsl.runtime.fit.optimum import Stop
from qdsl.runtime.fit.starts import best_of
from qdsl.runtime.posterior.real_line import RealLine
from qdsl.runtime.posterior.unbounded import Unbounded, as_likelihood

SEARCHES = 16
RIVAL = 10.0
"""How much lower a mode may be, in twice the logarithm of the density, to have a chain begin there."""

SPREAD = 2.0
"""How far apart chains begin, in standard deviations as the curvature gives them."""

TRIES = 60
FLATTEST = 1e-12
"""The least curvature that is believed, as a share of the largest."""


@dataclass(frozen=True)
class Beginning:
    """The density, its coordinates, and the w of every mode that was found, the best one first."""

    density: Unbounded
    centre: Vector
    matrix: Matrix
    modes: Sequence[Vector]

    def log_density(self, w: Vector) -> tuple[float, Vector]:
        """The logarithm of the density of w and its gradient; -inf where the model is not defined."""
        value, gradient, _ = self.density.evaluate(self.centre + self.matrix @ w, 1)
        if not np.isfinite(value) or gradient is None or not np.isfinite(gradient).all():
            return -np.inf, np.zeros_like(w)
        return -value, -(self.matrix.T @ gradient)

    def outward(self, w: Vector) -> Vector:
        """All params in SI."""
        return self.density.place(self.centre + self.matrix @ w).x

    def start(self, chain: int, random: np.random.Generator) -> Vector:
        """Where a chain begins: around its mode, nearer where the model is not defined so far away."""
        mode = self.modes[chain % len(self.modes)]
        away = SPREAD * random.standard_normal(len(mode))
        for _ in range(TRIES):
            if np.isfinite(self.log_density(mode + away)[0]):
                break
            away = away / 2.0
        return mode + away


def beginning(objective: Objective) -> Beginning | None:
    """The modes, and the curvature of the best one. An interrupt ends it."""
    best, others = best_of(objective, SEARCHES, RIVAL)
    if best is None:
        return None
    if best.stop is Stop.INTERRUPTED:
        raise KeyboardInterrupt
    line = RealLine(objective.parameters)
    density = Unbounded(as_likelihood(objective), line, line.inward(best.x))
    ends = [_settled(replace(density, start=line.inward(each))) for each in (best.x, *others)]
    found = [each for each in ends if each is not None]
    if not found:  # a density without a mode, such as that of a width that may be zero
        start = line.inward(np.array([each.start for each in objective.parameters]))
        found = [(start, _curvature(density, start))]
    centre, curvature = found[0]
    if not np.isfinite(curvature).all():
        return None
    matrix = _widths(curvature)
    return Beginning(density, centre, matrix, [np.linalg.solve(matrix, z - centre) for z, _ in found])


def _settled(density: Unbounded) -> tuple[Vector, Matrix] | None:
    """The mode on the real line near the start, and the curvature there; None where the search finds none."""
    with np.errstate(all="ignore"):
        found = maximise(density)
    if found is not None and found.stop is Stop.INTERRUPTED:
        raise KeyboardInterrupt
    if found is None or found.stop is not Stop.SETTLED:
        return None
    curvature = _curvature(density, found.x)
    is_peak = np.isfinite(curvature).all() and (np.linalg.eigvalsh(curvature) > 0.0).all()
    return (found.x, curvature) if is_peak else None


def _curvature(density: Unbounded, z: Vector) -> Matrix:
    with np.errstate(all="ignore"):
        hessian = density.evaluate(z, 2)[2]
    assert hessian is not None
    return hessian


def _widths(curvature: Matrix) -> Matrix:
    """The square root of the inverse of a curvature, which counts as positive whatever its sign."""
    values, vectors = np.linalg.eigh(curvature)
    sizes = np.abs(values)
    largest = sizes.max(initial=0.0) or 1.0
    return np.asarray(vectors / np.sqrt(np.maximum(sizes, FLATTEST * largest)))
