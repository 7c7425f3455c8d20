"""Maximum likelihood: from a `Likelihood` to its best point.

Up to `MANY` params the search has exact second derivatives. Of more these would be hundreds, and compiling them would
take longer than the fit: the search then is Fisher's scoring, with the expected information in their place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from qdsl.runtime.fit.objective import Likelihood, Matrix, Parameter, Vector
from qdsl.runtime.fit.optimum import Optimum, Point
from qdsl.runtime.fit.scaling import Frame, frame_for
from qdsl.runtime.fit.trust_region import Search

MANY = 16
"""Free params up to which there are second derivatives."""


def by_scoring(parameters: Sequence[Parameter]) -> bool:
    """Whether the params are too many for second derivatives."""
    return sum(each.low < each.high for each in parameters) > MANY


def maximise(objective: Likelihood, parameters: Sequence[Parameter] | None = None) -> Optimum | None:
    """The best parameters inside the bounds, or None where the model is not defined at the start. Starts and bounds are
    those of the objective unless others are given.
    """
    parameters = objective.parameters if parameters is None else parameters
    with np.errstate(all="ignore"):  # a point where the model is not defined is an answer, not an accident
        start = np.array([each.start for each in parameters])
        curved = _by_expectation if by_scoring(parameters) else _exactly
        _, _, hessian = curved(objective, start)
        if hessian is None:
            return None
        frame = frame_for(parameters, np.diag(hessian))
        first = _point(objective, frame, frame.inward(start), curved)
        return None if first is None else _searched(objective, frame, first, curved)


Curved = Callable[[Likelihood, Vector], tuple[float, Vector | None, Matrix | None]]
"""The value, the gradient, and a matrix of the curvature."""


def _exactly(objective: Likelihood, x: Vector) -> tuple[float, Vector | None, Matrix | None]:
    return objective.evaluate(x, 2)


def _by_expectation(objective: Likelihood, x: Vector) -> tuple[float, Vector | None, Matrix | None]:
    value, gradient, _ = objective.evaluate(x, 1)
    if not np.isfinite(value):
        return value, None, None
    return value, gradient, np.asarray(objective.information(x))


def _searched(objective: Likelihood, frame: Frame, first: Point, curved: Curved) -> Optimum:
    search = Search(
        evaluate=lambda u: _point(objective, frame, u, curved),
        information=lambda u: frame.hessian(np.asarray(objective.information(frame.outward(u)))),
        low=frame.low,
        high=frame.high,
        best=first,
    )
    stop = search.run()
    return Optimum(frame, search.best, stop, search.rounds)


def _point(objective: Likelihood, frame: Frame, u: Vector, curved: Curved) -> Point | None:
    """The objective at `u`; None where it or a derivative is not finite."""
    value, gradient, hessian = curved(objective, frame.outward(u))
    if gradient is None or hessian is None:
        return None
    point = Point(u, float(value) + 0.0, frame.gradient(gradient), frame.hessian(hessian))
    finite = np.isfinite(point.value) and np.isfinite(point.gradient).all() and np.isfinite(point.hessian).all()
    return point if finite else None
