"""Fits to matplotlib figures. No global state: figures are made without pyplot, under a style of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from qdsl.lang.typed.tree import DisplayUnit
from qdsl.runtime.plot.picture import Array, FitPicture, Panel, counted
from qdsl.runtime.plot.points import Points, draw_points, show_branches
from qdsl.runtime.plot.style import BRANCHES, CURVE, FAINT, label, weight

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CURVE_POINTS = 600
BANDS = (2.0, 1.0)
"""In standard errors, one above the other."""


def draw_fit(picture: FitPicture) -> Figure:
    """Each measurement with its curves, its residuals below, and the notes beside the first."""
    from matplotlib.figure import Figure

    rows = len(picture.panels)
    figure = Figure(figsize=(7.2, 1.2 + 3.6 * rows), layout="constrained")
    ratios = [ratio for _ in picture.panels for ratio in (3.2, 1.0)]
    axes = figure.subplots(2 * rows, 1, squeeze=False, gridspec_kw={"height_ratios": ratios})[:, 0]
    for k, panel in enumerate(picture.panels):
        _draw_panel(axes[2 * k], axes[2 * k + 1], panel)
    axes[0].set_title(picture.title)
    if picture.notes:
        _draw_notes(axes[0], picture.panels[0], picture.notes)
    if picture.panels:
        show_branches(figure, list(axes), picture.panels[0].branches)
    return figure


def _draw_panel(above: Axes, below: Axes, panel: Panel) -> None:
    x, y = panel.points
    x_unit, y_unit = panel.x.unit_for(x), panel.y.unit_for(y)
    low, high = (counted(each, _difference(y_unit)) for each in panel.bars)
    points = Points(counted(x, x_unit), counted(y, y_unit), (low, high), panel.branches)
    draw_points(above, points)
    _draw_model(above, panel, x_unit, y_unit)
    _draw_bands(above, panel, x_unit, y_unit)
    above.set_ylabel(label(panel.y, y_unit))
    above.tick_params(labelbottom=False)
    _draw_residuals(below, panel, points.x)
    below.set_xlabel(label(panel.x, x_unit))
    below.sharex(above)


def _draw_model(axes: Axes, panel: Panel, x_unit: DisplayUnit, y_unit: DisplayUnit) -> None:
    """The curve of each branch; without curves a dash at each point."""
    x, _ = panel.points
    order = 4 if weight(len(x)).is_dense else 2  # a curve below many points would not be seen
    for colour, xs, ys in _curves(panel):
        axes.plot(counted(xs, x_unit), counted(ys, y_unit), color=colour, linewidth=1.4, zorder=order)
    if not panel.curves:
        axes.plot(
            counted(x, x_unit), counted(panel.means, y_unit), color=CURVE,
            linestyle="none", marker="_", markersize=8.0, markeredgewidth=1.4, zorder=order,
        )  # fmt: skip


def _draw_bands(axes: Axes, panel: Panel, x_unit: DisplayUnit, y_unit: DisplayUnit) -> None:
    """How sure the fit is of each curve, one and two standard errors; data and curves say how much of it is seen."""
    limits = axes.get_ylim()
    for (colour, xs, ys), spread in zip(_curves(panel), panel.spreads, strict=False):
        error = spread(xs)
        error = np.where(np.isfinite(error), error, np.nan)
        for reach in BANDS:
            low, high = (counted(ys + side * reach * error, y_unit) for side in (-1.0, 1.0))
            axes.fill_between(counted(xs, x_unit), low, high, color=colour, alpha=0.16, linewidth=0.0, zorder=1.5)
    axes.set_ylim(limits)


def _curves(panel: Panel) -> Iterator[tuple[str, Array, Array]]:
    """The colour and the line of each curve, over the range of its own points."""
    x, _ = panel.points
    alone = len(panel.curves) == 1
    for k, (rows, curve) in enumerate(zip(panel.branches.rows, panel.curves, strict=False)):
        grid = np.linspace(x[rows].min(), x[rows].max(), CURVE_POINTS)
        yield CURVE if alone else BRANCHES[k], grid, curve(grid)


def _draw_residuals(axes: Axes, panel: Panel, x: Array) -> None:
    """Data minus model in standard errors, and the band where two in three of them belong."""
    _, y = panel.points
    scale = panel.scatter if panel.scatter is not None else 0.5 * (panel.bars[0] + panel.bars[1])
    known = np.asarray(scale) > 0.0
    residuals = np.where(known, (y - panel.means) / np.where(known, scale, 1.0), np.nan)
    axes.axhspan(-1.0, 1.0, color=FAINT, alpha=0.18, linewidth=0.0)
    alone = len(panel.branches.rows) == 1
    axes.axhline(0.0, color=CURVE if alone else FAINT, linewidth=1.0, zorder=4 if weight(len(x)).is_dense else 1)
    one = None if weight(len(x)).is_dense else (np.ones(len(x)), np.ones(len(x)))
    draw_points(axes, Points(x, residuals, one, panel.branches), size=0.85, caps=False)
    reach = max(2.5, 1.2 + float(np.nanmax(np.abs(residuals), initial=0.0)))
    axes.set_ylim(-reach, reach)
    axes.set_ylabel("residual / σ")


def _draw_notes(axes: Axes, panel: Panel, notes: tuple[str, ...]) -> None:
    """The box of estimates, in the corner that has the fewest points."""
    right, top = _emptiest_corner(panel)
    axes.text(
        0.98 if right else 0.02,
        0.96 if top else 0.05,
        "\n".join(notes),
        transform=axes.transAxes,
        horizontalalignment="right" if right else "left",
        verticalalignment="top" if top else "bottom",
        multialignment="left",
        family="DejaVu Sans Mono",
        fontsize=8.5,
        linespacing=1.35,
        bbox={"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": FAINT, "linewidth": 0.6, "alpha": 0.9},
        zorder=5,
    )


def _emptiest_corner(panel: Panel) -> tuple[bool, bool]:
    """(right, top) of the corner whose quarter of the panel the curves and the points visit least."""
    x, y = panel.points
    lines = list(_curves(panel))
    across = _to_unit(np.concatenate([x, *(xs for _, xs, _ in lines)]))
    up = _to_unit(np.concatenate([y, *(ys for _, _, ys in lines)]))
    corners = [(True, True), (False, True), (True, False), (False, False)]

    def crowd(corner: tuple[bool, bool]) -> int:
        right, top = corner
        inside = (across > 0.45 if right else across < 0.55) & (up > 0.5 if top else up < 0.5)
        return int(np.count_nonzero(inside))

    return min(corners, key=crowd)


def _to_unit(values: Array) -> Array:
    span = np.ptp(values)
    return np.asarray((values - values.min()) / span) if span > 0 else np.full(values.shape, 0.5)


def _difference(unit: DisplayUnit) -> DisplayUnit:
    """The unit of a difference: without the offset of degC."""
    return DisplayUnit(unit.symbol, unit.scale)
