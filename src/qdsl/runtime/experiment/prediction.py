"""What a fit expects at any values of the axes, and how sure it is of that.

The error is the square root of J C Jᵀ, where C is the covariance of the params and J has the derivatives of the means
by them, which are exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qdsl.runtime.experiment.model import Model
from qdsl.runtime.fit import Fit
from qdsl.runtime.fit.objective import Vector


@dataclass(frozen=True, slots=True)
class Prediction:
    """Of one measurement the mean at each point, and its standard error, in SI; nan where that is not known."""

    mean: Vector
    error: Vector


def predictions(model: Model, fit: Fit, axes: Sequence[Any]) -> list[Prediction]:
    """Of each measurement, at points given by an array for each axis. Raises KernelError where there is no mean."""
    kernel = model.kernel("point", 1)
    count = len(axes[0]) if axes else 1
    size, measures = len(fit.parameters), len(model.functions.measured)
    results = kernel(*fit.values, *axes)
    whole = [np.ascontiguousarray(np.broadcast_to(np.asarray(each, dtype=float), (count,))) for each in results]
    means, slopes = whole[kernel.width - measures : kernel.width], whole[-measures * size :]
    found = []
    for k, mean in enumerate(means):
        slope = np.array(slopes[k * size : (k + 1) * size])
        with np.errstate(all="ignore"):
            found.append(Prediction(mean, np.sqrt(np.einsum("ip,ij,jp->p", slope, fit.covariance, slope))))
    return found
