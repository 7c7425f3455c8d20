"""Tables to matplotlib figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qdsl.lang.typed.tree import DisplayUnit
from qdsl.runtime.plot.picture import Array, Series, TablePicture, counted
from qdsl.runtime.plot.points import Points, draw_points, show_branches
from qdsl.runtime.plot.style import BRANCHES, label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FEW = 60
"""So many points of a line are shown one by one."""


def draw_table(picture: TablePicture) -> Figure:
    """One panel for each column, over the same x."""
    from matplotlib.figure import Figure

    rows = max(1, len(picture.ys))
    figure = Figure(figsize=(7.2, 1.0 + 2.4 * rows), layout="constrained")
    axes = figure.subplots(rows, 1, squeeze=False, sharex=True)[:, 0]
    x_unit = picture.x.quantity.unit_for(picture.x.values)
    for panel, series in zip(axes, picture.ys, strict=False):
        _draw_series(panel, picture, x_unit, series)
    axes[0].set_title(picture.title)
    axes[-1].set_xlabel(label(picture.x.quantity, x_unit))
    show_branches(figure, list(axes), picture.branches)
    return figure


def _draw_series(axes: Axes, picture: TablePicture, x_unit: DisplayUnit, series: Series) -> None:
    """Dots where values are counted, repeated or shaded; a line for each branch otherwise."""
    unit = series.quantity.unit_for(series.values)
    x, y, branches = counted(picture.x.values, x_unit), counted(series.values, unit), picture.branches
    axes.set_ylabel(label(series.quantity, unit))
    if series.is_counted or branches.shades is not None or any(_repeats(x[rows]) for rows in branches.rows):
        draw_points(axes, Points(x, y, None, branches))
        return
    for colour, rows in zip(BRANCHES, branches.rows, strict=False):
        axes.plot(
            x[rows], y[rows], color=colour, linewidth=1.0, marker="o" if len(rows) <= FEW else None, markersize=3.5
        )


def _repeats(x: Array) -> bool:
    """Whether the same place was measured again: a line through such points would go up and down."""
    return len(np.unique(x)) < len(x)
