"""Regions of two parameters of a fit, and of all of them by their covariance.

RegionsPicture → for each level the line of the likelihood, filled, and dashed the ellipse of the covariance
CornerPicture  → a panel for each pair with its ellipses, and on the diagonal each parameter alone
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from qdsl.lang.typed.tree import DisplayUnit
from qdsl.runtime.plot.picture import Array, Quantity, counted
from qdsl.runtime.plot.style import CURVE, FAINT, INK, POINTS, label
from qdsl.runtime.value.quantity import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

REACH = 3.2
"""In standard errors: how much of each parameter a corner shows."""


@dataclass(frozen=True, slots=True)
class RegionsPicture:
    """Lines (n, 2) in SI for each level, the least first: by the likelihood, and by the covariance."""

    x: Quantity
    y: Quantity
    best: tuple[float, float]
    levels: tuple[float, ...]
    lines: tuple[Array, ...]
    ellipses: tuple[Array, ...]

    def lacks(self) -> str:
        return "" if all(np.all(np.isfinite(each)) for each in self.lines) else "a region has no end"

    def figure(self) -> Figure:
        from matplotlib.figure import Figure

        figure = Figure(figsize=(5.2, 4.6), layout="constrained")
        axes = figure.subplots()
        units = self.x.unit_for(self.lines[-1][:, 0]), self.y.unit_for(self.lines[-1][:, 1])
        for ellipse in self.ellipses:
            axes.plot(
                *_counted(ellipse, units), color=FAINT, linewidth=1.2, linestyle=(0, (4, 3)), zorder=2,
                label="by the covariance" if ellipse is self.ellipses[0] else None,
            )  # fmt: skip
        for level, line in zip(reversed(self.levels), reversed(self.lines), strict=True):
            text = f"{number(100.0 * level, 4)} % for both"
            axes.fill(*_counted(line, units), color=POINTS, alpha=0.2, linewidth=0.0, zorder=1)
            axes.plot(
                *_counted(line, units), color=POINTS, linewidth=1.6 if level == self.levels[0] else 1.0, label=text
            )
        _mark(axes, *_counted(np.array([self.best]), units))
        axes.set_xlabel(label(self.x, units[0]))
        axes.set_ylabel(label(self.y, units[1]))
        axes.legend(loc="lower center", ncols=3, bbox_to_anchor=(0.5, 1.0), columnspacing=1.2)
        return figure


@dataclass(frozen=True, slots=True)
class CornerPicture:
    """Parameters with their values and covariance in SI, and for each level by how many standard deviations its ellipse
    is larger than that of one. `texts` say each of them: `2.24(16) us`.
    """

    title: str
    quantities: tuple[Quantity, ...]
    texts: tuple[str, ...]
    values: Array
    covariance: Array
    levels: tuple[float, ...]
    radii: tuple[float, ...]

    def lacks(self) -> str:
        return "" if len(self.values) else "no param has an error"

    def figure(self) -> Figure:
        from matplotlib.figure import Figure

        count = len(self.values)
        size = 1.2 + (1.9 if count < 6 else 1.4) * count
        figure = Figure(figsize=(max(size, 3.4), max(size, 3.0)), layout="constrained")
        panels = figure.subplots(count, count, squeeze=False)
        units = [each.unit_for(np.array([value])) for each, value in zip(self.quantities, self.values, strict=True)]
        for row in range(count):
            for column in range(count):
                axes = panels[row, column]
                if column > row:
                    axes.set_axis_off()
                    continue
                self._draw(axes, row, column, units)
                self._label(axes, row, column, units)
        if count > 1:
            said = " and ".join(f"{number(100.0 * each, 4)} %" for each in self.levels)
            panels[0, 1].text(0.0, 0.95, f"{said} {self._by}", va="top", fontsize=9.0)
        figure.align_labels()
        if self.title:
            figure.suptitle(self.title, x=0.01, horizontalalignment="left", fontsize=11.0)
        return figure

    @property
    def _by(self) -> str:
        """What the levels are of."""
        return "for both,\nby the covariance"

    def _draw(self, axes: Axes, row: int, column: int, units: Sequence[DisplayUnit]) -> None:
        own = self._range(column, units[column])
        axes.set_xlim(*own)
        if row == column:
            grid = np.linspace(-REACH, REACH, 161)
            xs = np.linspace(*own, 161)
            axes.plot(xs, np.exp(-0.5 * grid**2), color=POINTS, linewidth=1.4)
            inside = np.abs(grid) <= 1.0
            axes.fill_between(xs[inside], np.exp(-0.5 * grid[inside] ** 2), color=POINTS, alpha=0.2, linewidth=0.0)
            axes.set(ylim=(0.0, 1.15), yticks=[])
            axes.spines["left"].set_visible(False)
            axes.set_title(f"{self.quantities[row].name} = {self.texts[row]}", fontsize=8.5, loc="center")
            return
        axes.set_ylim(*self._range(row, units[row]))
        pair = [column, row]
        for radius in reversed(self.radii):
            line = _ellipse(self.values[pair], self.covariance[np.ix_(pair, pair)], radius)
            across, up = _counted(line, (units[column], units[row]))
            axes.fill(across, up, color=POINTS, alpha=0.2, linewidth=0.0)
            axes.plot(across, up, color=POINTS, linewidth=1.0)
        _mark(axes, *_counted(self.values[None, pair], (units[column], units[row])))

    def _range(self, place: int, unit: DisplayUnit) -> tuple[float, float]:
        error = float(np.sqrt(self.covariance[place, place]))
        low, high = (float(counted(self.values[place] + side * REACH * error, unit)) for side in (-1.0, 1.0))
        return low, high

    def _label(self, axes: Axes, row: int, column: int, units: Sequence[DisplayUnit]) -> None:
        axes.tick_params(labelsize=8.0)
        axes.locator_params(nbins=4)
        if row == len(self.values) - 1:
            axes.set_xlabel(label(self.quantities[column], units[column]))
            axes.tick_params(axis="x", rotation=30.0)
        else:
            axes.tick_params(labelbottom=False)
        if column == 0 and row > 0:
            axes.set_ylabel(label(self.quantities[row], units[row]))
        else:
            axes.tick_params(labelleft=False)


def _ellipse(middle: Array, covariance: Array, radius: float) -> Array:
    """Points (n, 2) of the line on which two numbers are so many standard deviations away."""
    angles = np.linspace(0.0, 2.0 * np.pi, 121)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    sizes = np.sqrt(np.diag(covariance))
    correlation = float(np.clip(covariance[0, 1] / (sizes[0] * sizes[1]), -1.0, 1.0))
    root = np.array([[1.0, 0.0], [correlation, np.sqrt(1.0 - correlation**2)]])
    return np.asarray(middle + radius * sizes * (circle @ root.T))


def _counted(line: Array, units: tuple[DisplayUnit, DisplayUnit]) -> tuple[Array, Array]:
    return counted(line[:, 0], units[0]), counted(line[:, 1], units[1])


def _mark(axes: Axes, x: Array, y: Array) -> None:
    """The best point."""
    axes.plot(x, y, marker="+", markersize=8.0, markeredgewidth=1.4, color=CURVE, linestyle="none", zorder=4)
    axes.tick_params(colors=INK)
