"""L-BFGS-B, for many numbers: SciPy's, with exact gradients (R. H. Byrd, P. Lu, J. Nocedal, C. Zhu, SIAM Journal on
Scientific Computing 16 (1995) 1190).

In: a `Function` and where it starts. Out: the best point that was seen, without second derivatives.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from qdsl.runtime.fit.objective import Vector
from qdsl.runtime.fit.optimum import Optimum, Stop
from qdsl.runtime.fit.scaling import Frame
from qdsl.runtime.optimum.objective import At, Function
from qdsl.runtime.optimum.scales import frame_at, point_in, unit_at

REMEMBERED = 10
"""Steps from which the curvature is guessed."""

ROUNDS = 5000
SLOPE, VALUE = 1e-6, 1e-9
"""In units of the function, when it is enough: what is left chords and the trust region do."""

FINE = 1e-13
"""The same of values where there are no second derivatives to go on with."""


def descended(function: Function, first: At, start: Vector, is_coarse: bool = True) -> Optimum:
    """The end of the search, near the minimum or, unless it `is_coarse`, in it; an interrupt ends it early."""
    from scipy.optimize import Bounds, minimize

    frame = frame_at(function.parameters, first, start)
    watched = _Watched(function, frame, first, unit_at(point_in(frame, first)))
    options: dict[str, Any] = {
        "maxcor": REMEMBERED,
        "maxiter": ROUNDS,
        "maxfun": 4 * ROUNDS,
        "ftol": VALUE if is_coarse else FINE,
        "gtol": SLOPE if is_coarse else SLOPE * SLOPE,
    }
    stop, rounds = Stop.INTERRUPTED, 0
    try:
        bounds = None if frame.is_open else Bounds(frame.low, frame.high)
        found = minimize(
            watched.evaluate, frame.inward(first.x), jac=True, method="L-BFGS-B", bounds=bounds, options=options
        )
        stop, rounds = Stop.LIMIT if found.nit >= ROUNDS else Stop.SETTLED, int(found.nit)
    except KeyboardInterrupt:
        pass
    return Optimum(frame, point_in(frame, watched.best), stop, rounds)


@dataclass(slots=True)
class _Watched:
    """The function in scaled numbers, and the best point that it was asked for."""

    function: Function
    frame: Frame
    best: At
    unit: float
    worst: float = -math.inf

    def evaluate(self, u: Vector) -> tuple[float, Vector]:
        x = self.frame.outward(u)
        value, slope, _ = self.function.evaluate(x, 1)
        if slope is None or not (math.isfinite(value) and np.isfinite(slope).all()):
            # The line search of L-BFGS-B knows no edge: what is beyond is worse than all it has seen.
            return abs(self.worst) * 10.0 + 1.0, np.zeros(len(u))
        scaled = float(value) / self.unit
        self.worst = max(self.worst, scaled)
        if value < self.best.value:
            self.best = At(x, float(value), slope, self.best.hessian)
        return scaled, self.frame.gradient(slope) / self.unit
