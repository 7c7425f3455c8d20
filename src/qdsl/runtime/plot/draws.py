"""Draws of several parameters, such as refits or those of a posterior, in pairs.

DrawsPicture → a panel for each pair with how densely the draws lie and the regions that hold most of them, and on the
diagonal a histogram of each parameter alone
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from qdsl.lang.typed.tree import DisplayUnit
from qdsl.runtime.plot.picture import Array, counted
from qdsl.runtime.plot.regions import CornerPicture
from qdsl.runtime.plot.style import CURVE, POINTS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

SEEN = (0.001, 0.999)
"""Between which quantiles a panel shows the draws."""

SMOOTH = np.array([1.0, 4.0, 6.0, 4.0, 1.0]) / 16.0
"""What a cell of a density is averaged with its neighbours by: regions then have lines, and no islands of one draw."""


@dataclass(frozen=True, slots=True)
class DrawsPicture(CornerPicture):
    """The same with `draws`, n × parameters in SI. Levels are shares of the draws; there are no ellipses."""

    draws: Array = field(default_factory=lambda: np.empty((0, 0)))

    def lacks(self) -> str:
        return "" if len(self.draws) > 1 and np.isfinite(self.draws).all() else "there are no draws"

    @property
    def _by(self) -> str:
        return "of the draws"

    def _draw(self, axes: Axes, row: int, column: int, units: Sequence[DisplayUnit]) -> None:
        own = self._range(column, units[column])
        across = counted(self.draws[:, column], units[column])
        bins = int(np.clip(len(self.draws) ** (1.0 / 3.0) * 2.0, 12, 60))
        axes.set_xlim(*own)
        if row == column:
            axes.hist(across, bins=bins, range=own, color=POINTS, alpha=0.25)
            axes.hist(across, bins=bins, range=own, color=POINTS, histtype="step", linewidth=1.2)
            axes.axvline(float(counted(self.values[row], units[row])), color=CURVE, linewidth=1.0)
            axes.set(yticks=[])
            axes.spines["left"].set_visible(False)
            axes.set_title(f"{self.quantities[row].name} = {self.texts[row]}", fontsize=8.5, loc="center")
            return
        other = self._range(row, units[row])
        axes.set_ylim(*other)
        up = counted(self.draws[:, row], units[row])
        cells = max(16, bins)
        counts, xs, ys = np.histogram2d(across, up, bins=cells, range=(own, other))
        density = _smoothed(counts)
        axes.pcolormesh(xs, ys, counts.T, cmap=_shades(), rasterized=True)
        levels = sorted({_threshold(density, each) for each in self.levels})
        middles = (xs[:-1] + xs[1:]) / 2, (ys[:-1] + ys[1:]) / 2
        if len(levels) == len(self.levels) and levels[-1] < density.max():
            axes.contour(*middles, density.T, levels=levels, colors=POINTS, linewidths=1.0)
        middle = [float(counted(self.values[place], units[place])) for place in (column, row)]
        axes.plot(*middle, marker="+", color=CURVE, markersize=9.0, markeredgewidth=1.6)

    def _range(self, place: int, unit: DisplayUnit) -> tuple[float, float]:
        low, high = np.quantile(self.draws[:, place], SEEN)
        margin = 0.05 * (high - low) or abs(low) * 1e-3 or 1.0
        return float(counted(low - margin, unit)), float(counted(high + margin, unit))


def _threshold(density: Array, share: float) -> float:
    """The density that is exceeded where so much of the draws lies."""
    ordered = np.sort(density.ravel())[::-1]
    inside = np.searchsorted(np.cumsum(ordered), share * ordered.sum())
    return float(ordered[min(inside, len(ordered) - 1)])


def _smoothed(counts: Array) -> Array:
    for axis in (0, 1):
        counts = np.apply_along_axis(np.convolve, axis, counts, SMOOTH, mode="same")
    return counts


def _shades() -> Colormap:
    """From nothing to the colour of points."""
    from matplotlib.colors import LinearSegmentedColormap, to_rgba

    return LinearSegmentedColormap.from_list("draws", [to_rgba(POINTS, 0.0), to_rgba(POINTS, 0.55)])
