"""Points on matplotlib axes, one colour for each branch or shaded by a value, and what tells which is which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from qdsl.runtime.plot.branches import Branches
from qdsl.runtime.plot.error_bars import Reach
from qdsl.runtime.plot.picture import Array, Quantity, counted
from qdsl.runtime.plot.style import BRANCHES, SHADES, label, weight

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class Points:
    """Points in the units of their axes; `reach` is how far their bars go, in the unit of y."""

    x: Array
    y: Array
    reach: Reach | None
    branches: Branches


def draw_points(axes: Axes, points: Points, size: float = 1.0, caps: bool = True) -> None:
    """Each branch in its colour; `size` is relative to the usual."""
    if points.branches.shades is not None:
        _draw_shaded(axes, points, size)
        return
    look = weight(len(points.x))
    for colour, rows in zip(BRANCHES, points.branches.rows, strict=False):
        axes.errorbar(
            points.x[rows], points.y[rows], yerr=_rows(points.reach, rows), fmt="o", color=colour,
            markersize=size * look.size, markeredgewidth=0.0 if look.is_dense else 1.0, elinewidth=look.bar,
            capsize=look.cap if caps else 0.0, alpha=look.alpha, rasterized=look.is_image, zorder=3,
        )  # fmt: skip


def _rows(reach: Reach | None, rows: Array) -> list[Array] | None:
    return None if reach is None else [each[rows] for each in reach]


def _draw_shaded(axes: Axes, points: Points, size: float) -> None:
    look = weight(len(points.x))
    colours: Any = _shades(points.branches).to_rgba(_shading(points.branches)[1])
    if points.reach is not None:
        low, high = points.reach
        axes.vlines(
            points.x, points.y - low, points.y + high, colors=colours,
            linewidth=look.bar, alpha=look.alpha, rasterized=look.is_image, zorder=3,
        )  # fmt: skip
    axes.scatter(
        points.x, points.y, c=colours, s=(size * look.size) ** 2, linewidths=0.0, alpha=look.alpha,
        rasterized=look.is_image, zorder=3,
    )  # fmt: skip


def _shading(branches: Branches) -> tuple[str, Array]:
    """What shades the points: its label, and its value at each of them."""
    assert branches.shades is not None
    name, column = branches.shades
    unit = column.unit()
    return label(Quantity(name), unit), counted(np.asarray(column.values, dtype=float), unit)


def _shades(branches: Branches) -> ScalarMappable:
    """Values to colours, by their logarithm where they span decades."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LogNorm, Normalize

    _, values = _shading(branches)
    low, high = float(values.min()), float(values.max())
    norm: Any = LogNorm(low, high) if 0.0 < 100.0 * low < high else Normalize(low, high)
    return ScalarMappable(norm, SHADES)


def show_branches(figure: Figure, axes: Sequence[Axes], branches: Branches) -> None:
    """Which colour is which, to the right of the axes: a legend, or a bar of shades."""
    if branches.shades is not None:
        figure.colorbar(_shades(branches), ax=list(axes), label=_shading(branches)[0], aspect=40.0, pad=0.02)
    elif len(branches.rows) > 1:
        from matplotlib.lines import Line2D

        handles = [
            Line2D([], [], color=colour, marker="o", markersize=4.0, linewidth=1.4, label=text)
            for colour, text in zip(BRANCHES, branches.labels, strict=False)
        ]
        axes[0].legend(
            handles=handles,
            title=branches.title or None,
            loc="upper left",
            bbox_to_anchor=(1.0, 1.0),
            borderaxespad=0.0,
        )
