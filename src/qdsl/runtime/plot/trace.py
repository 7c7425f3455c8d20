"""The chains of a posterior: whether they go the same ways, and what they find.

TracePicture → a row for each parameter: the density of each chain, and beside it the chain, draw after draw
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from qdsl.lang.typed.tree import DisplayUnit
from qdsl.runtime.plot.density import kernel_density
from qdsl.runtime.plot.picture import Array, Quantity, counted
from qdsl.runtime.plot.style import BRANCHES, INK, label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SEEN = (0.0005, 0.9995)
"""Between which quantiles of all draws the densities are shown; the chains are shown whole."""

MANY = 2000
"""Draws from which on chains are an image, also in an SVG."""


@dataclass(frozen=True, slots=True)
class Traced:
    """One parameter: its mean and its `chains`, one array of draws for each, in SI; between which `bounds` it lies. The
    `text` says it, `tau = 2.24(16) us`, and `worth` what the chains are worth.
    """

    quantity: Quantity
    mean: float
    chains: tuple[Array, ...]
    bounds: tuple[float, float]
    text: str
    worth: str


@dataclass(frozen=True, slots=True)
class TracePicture:
    """The parameters, from top to bottom."""

    rows: tuple[Traced, ...]

    def lacks(self) -> str:
        is_drawn = any(len(chain) > 1 for row in self.rows for chain in row.chains)
        return "" if is_drawn else "there are no draws"

    def figure(self) -> Figure:
        from matplotlib.figure import Figure

        count = len(self.rows)
        figure = Figure(figsize=(8.0, 0.6 + 1.7 * count), layout="constrained")
        panels = figure.subplots(count, 2, squeeze=False, width_ratios=(2, 3))
        for row, (left, right) in zip(self.rows, panels, strict=True):
            unit = row.quantity.unit_for(np.array([row.mean]))
            _densities(left, row, unit)
            _chains(right, row, unit)
        panels[-1, 1].set_xlabel("draw")
        figure.align_labels()
        return figure


def _densities(axes: Axes, row: Traced, unit: DisplayUnit) -> None:
    for chain, colour in zip(row.chains, _colours(row), strict=True):
        xs, ys = kernel_density(chain, *row.bounds)
        if len(xs):
            axes.plot(counted(xs, unit), ys, color=colour, linewidth=1.2)
    axes.axvline(float(counted(np.array(row.mean), unit)), color=INK, linewidth=0.9, linestyle=(0, (4, 3)))
    low, high = (float(each) for each in counted(np.quantile(np.concatenate(row.chains), SEEN), unit))
    if low < high:
        axes.set_xlim(low - 0.05 * (high - low), high + 0.05 * (high - low))
    axes.set_ylim(bottom=0.0)
    axes.set(yticks=[])
    axes.spines["left"].set_visible(False)
    axes.locator_params(axis="x", nbins=5)
    axes.set_xlabel(label(row.quantity, unit))
    axes.set_title(row.text, fontsize=9.0)


def _chains(axes: Axes, row: Traced, unit: DisplayUnit) -> None:
    if sum(map(len, row.chains)) > MANY:
        axes.set_rasterization_zorder(0.0)  # all chains are one image
    for chain, colour in zip(row.chains, _colours(row), strict=True):
        axes.plot(np.arange(len(chain)), counted(chain, unit), color=colour, linewidth=0.6, alpha=0.7, zorder=-1.0)
    axes.set_xlim(0, max(1, max(map(len, row.chains)) - 1))
    axes.locator_params(axis="y", nbins=5)
    axes.set_ylabel(label(row.quantity, unit))
    axes.set_title(row.worth, fontsize=9.0)


def _colours(row: Traced) -> list[str]:
    return [BRANCHES[k % len(BRANCHES)] for k in range(len(row.chains))]
