"""Uncertainties from curvature: the inverse of the information, over the parameters that no bound holds.

nan says that a number is not known: the error of a parameter at its bound. inf says that it is known to be without
limit: the error along a direction the data leave free.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qdsl.runtime.fit.ball import inverse_of
from qdsl.runtime.fit.objective import Matrix, Parameter
from qdsl.runtime.fit.optimum import Optimum
from qdsl.runtime.fit.verdict import Unidentifiable, Verdict


def covariance_of(optimum: Optimum, information: Matrix, verdict: Verdict, parameters: Sequence[Parameter]) -> Matrix:
    """The covariance of all parameters from the information, both in SI; a fixed parameter is exact."""
    size = len(parameters)
    result = np.zeros((size, size))
    point, frame = optimum.point, optimum.frame
    held = (point.u <= frame.low) | (point.u >= frame.high)
    unknown = frame.free[held]
    result[unknown, :] = result[:, unknown] = np.nan
    loose = _named(parameters, verdict)
    known = np.array([i for i in frame.free[~held] if i not in loose], dtype=int)
    inverse = inverse_of(information[np.ix_(known, known)])
    result[np.ix_(known, known)] = np.nan if inverse is None else inverse
    for i in loose:
        result[i, :] = result[:, i] = np.nan
        result[i, i] = np.inf
    return result


def _named(parameters: Sequence[Parameter], verdict: Verdict) -> list[int]:
    names = verdict.names if isinstance(verdict, Unidentifiable) else ()
    return [i for i, each in enumerate(parameters) if each.name in names]
