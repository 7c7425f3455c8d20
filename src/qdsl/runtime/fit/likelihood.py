"""Maximum likelihood: from a `Likelihood` to its best point."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qdsl.runtime.fit.objective import Likelihood, Parameter, Vector
from qdsl.runtime.fit.optimum import Optimum, Point
from qdsl.runtime.fit.scaling import Frame, frame_for
from qdsl.runtime.fit.trust_region import Search


def maximise(objective: Likelihood, parameters: Sequence[Parameter] | None = None) -> Optimum | None:
    """The best parameters inside the bounds, or None where the model is not defined at the start. Starts and bounds are
    those of the objective unless others are given.
    """
    parameters = objective.parameters if parameters is None else parameters
    with np.errstate(all="ignore"):  # a point where the model is not defined is an answer, not an accident
        start = np.array([each.start for each in parameters])
        _, _, hessian = objective.evaluate(start, 2)
        if hessian is None:
            return None
        frame = frame_for(parameters, np.diag(hessian))
        first = _point(objective, frame, frame.inward(start))
        return None if first is None else _searched(objective, frame, first)


def _searched(objective: Likelihood, frame: Frame, first: Point) -> Optimum:
    search = Search(
        evaluate=lambda u: _point(objective, frame, u),
        information=lambda u: frame.hessian(np.asarray(objective.information(frame.outward(u)))),
        low=frame.low,
        high=frame.high,
        best=first,
    )
    stop = search.run()
    return Optimum(frame, search.best, stop, search.rounds)


def _point(objective: Likelihood, frame: Frame, u: Vector) -> Point | None:
    """The objective at `u`; None where it or a derivative is not finite."""
    value, gradient, hessian = objective.evaluate(frame.outward(u), 2)
    if gradient is None or hessian is None:
        return None
    point = Point(u, float(value) + 0.0, frame.gradient(gradient), frame.hessian(hessian))
    finite = np.isfinite(point.value) and np.isfinite(point.gradient).all() and np.isfinite(point.hessian).all()
    return point if finite else None
