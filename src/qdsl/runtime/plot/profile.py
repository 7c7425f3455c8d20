"""The profile of one parameter: how much worse the fit is with it held at each value.

ProfilePicture → the curve, the parabola that the error alone would make of it, and the interval at a level
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from qdsl.runtime.plot.picture import Array, Quantity, counted
from qdsl.runtime.plot.style import CURVE, FAINT, POINTS, label
from qdsl.runtime.value.quantity import number

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class ProfilePicture:
    """Values of a parameter in SI, and at each how much worse the fit is, in what `worse` names. `best` is its value
    and `error` its standard error, nan where there is none; the `ends` of the interval at the level are where the curve
    is at `allowed`, or a bound, or infinite.
    """

    quantity: Quantity
    values: Array
    squared: Array
    best: float
    error: float
    ends: tuple[float, float]
    level: float
    allowed: float
    worse: str

    def lacks(self) -> str:
        is_curve = np.count_nonzero(np.isfinite(self.squared)) > 1
        return "" if is_curve else "the model is not defined beside the best point"

    def figure(self) -> Figure:
        from matplotlib.figure import Figure

        figure = Figure(figsize=(5.4, 3.8), layout="constrained")
        axes = figure.subplots()
        unit = self.quantity.unit_for(self.values)
        top = 1.45 * self.allowed
        xs = counted(self.values, unit)
        if self.error > 0.0 and np.isfinite(self.error):
            parabola = ((self.values - self.best) / self.error) ** 2
            axes.plot(xs, parabola, color=FAINT, linewidth=1.2, linestyle=(0, (4, 3)), label="by the error alone")
        axes.plot(xs, np.where(np.isfinite(self.squared), self.squared, np.nan), color=POINTS, label="profile")
        low, high = (float(counted(np.array(end), unit)) for end in self._inside())
        axes.axvspan(low, high, color=CURVE, alpha=0.12, linewidth=0.0, label=f"{number(100.0 * self.level, 4)} %")
        axes.axhline(self.allowed, color=CURVE, linewidth=1.0)
        axes.plot(*(counted(np.array([self.best]), unit), [0.0]), marker="o", markersize=4.0, color=POINTS)
        axes.set(ylim=(0.0, top), xlim=(xs[0], xs[-1]))
        axes.set_xlabel(label(self.quantity, unit))
        axes.set_ylabel(self.worse)
        axes.legend(loc="upper center", ncols=3, bbox_to_anchor=(0.5, 1.13))
        return figure

    def _inside(self) -> tuple[float, float]:
        """The ends, where they are in the picture; else its edges."""
        low, high = self.ends
        return max(low, float(self.values[0])), min(high, float(self.values[-1]))
