"""Pictures to matplotlib figures. No global state: figures are made without pyplot, under a style of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from qdsl.lang.typed.tree import DisplayUnit
from qdsl.runtime.plot.picture import Array, FitPicture, Panel, Quantity, Series, TablePicture, counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CURVE_POINTS = 600
INK, POINTS, CURVE, FAINT = "#222222", "#1f5f99", "#c8452f", "#9a9a9a"

# A fixed hash salt and paths for text make an SVG depend on nothing but what it shows.
STYLE: Any = {
    "svg.hashsalt": "qdsl",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 10.0,
    "axes.edgecolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.labelcolor": INK,
    "axes.titlesize": 11.0,
    "axes.titlelocation": "left",
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.direction": "out",
    "ytick.direction": "out",
    "legend.frameon": False,
}


def draw_fit(picture: FitPicture) -> Figure:
    """Each measurement with its curve, its residuals below, and the notes beside the first."""
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
    return figure


def _draw_panel(above: Axes, below: Axes, panel: Panel) -> None:
    x, y = panel.points
    x_unit, y_unit = panel.x.unit_for(x), panel.y.unit_for(y)
    grid = np.linspace(x.min(), x.max(), CURVE_POINTS)
    low, high = (counted(reach, _difference(y_unit)) for reach in panel.bars)
    above.plot(
        counted(grid, x_unit), counted(panel.model(grid), y_unit), color=CURVE, linewidth=1.4, label="fit", zorder=2
    )
    above.errorbar(
        counted(x, x_unit), counted(y, y_unit), yerr=[low, high], fmt="o", color=POINTS,
        markersize=4.0, elinewidth=1.0, capsize=2.0, label="data", zorder=3,
    )  # fmt: skip
    above.set_ylabel(label(panel.y, y_unit))
    above.tick_params(labelbottom=False)
    _draw_residuals(below, panel, x_unit)
    below.sharex(above)


def _draw_residuals(axes: Axes, panel: Panel, x_unit: DisplayUnit) -> None:
    """Data minus curve in standard errors, and the band where two in three of them belong."""
    x, y = panel.points
    scale = panel.scatter if panel.scatter is not None else 0.5 * (panel.bars[0] + panel.bars[1])
    known = np.asarray(scale) > 0.0
    residuals = np.where(known, (y - panel.model(x)) / np.where(known, scale, 1.0), np.nan)
    axes.axhspan(-1.0, 1.0, color=FAINT, alpha=0.18, linewidth=0.0)
    axes.axhline(0.0, color=CURVE, linewidth=1.0)
    axes.errorbar(
        counted(x, x_unit), residuals, yerr=np.ones(len(x)), fmt="o", color=POINTS, markersize=3.5, elinewidth=0.9
    )
    reach = max(2.5, 1.2 + float(np.nanmax(np.abs(residuals), initial=0.0)))
    axes.set_ylim(-reach, reach)
    axes.set_ylabel("residual / σ")
    axes.set_xlabel(label(panel.x, x_unit))


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
    """(right, top) of the corner whose quarter of the panel the curve and the points visit least."""
    x, y = panel.points
    grid = np.linspace(x.min(), x.max(), CURVE_POINTS)
    across, up = _unit_square(np.concatenate([x, grid]), np.concatenate([y, panel.model(grid)]))
    corners = [(True, True), (False, True), (True, False), (False, False)]

    def crowd(corner: tuple[bool, bool]) -> int:
        right, top = corner
        inside = (across > 0.45 if right else across < 0.55) & (up > 0.5 if top else up < 0.5)
        return int(np.count_nonzero(inside))

    return min(corners, key=crowd)


def _unit_square(x: Array, y: Array) -> tuple[Array, Array]:
    return _to_unit(x), _to_unit(y)


def _to_unit(values: Array) -> Array:
    span = np.ptp(values)
    return np.asarray((values - values.min()) / span) if span > 0 else np.full(values.shape, 0.5)


def draw_table(picture: TablePicture) -> Figure:
    """One panel for each column, over the same x."""
    from matplotlib.figure import Figure

    rows = max(1, len(picture.ys))
    figure = Figure(figsize=(7.2, 1.0 + 2.4 * rows), layout="constrained")
    axes = figure.subplots(rows, 1, squeeze=False, sharex=True)[:, 0]
    x_unit = picture.x.quantity.unit_for(picture.x.values)
    for panel, series in zip(axes, picture.ys, strict=False):
        _draw_series(panel, picture.x, x_unit, series)
    axes[0].set_title(picture.title)
    axes[-1].set_xlabel(label(picture.x.quantity, x_unit))
    return figure


def _draw_series(axes: Axes, x: Series, x_unit: DisplayUnit, y: Series) -> None:
    unit = y.quantity.unit_for(y.values)
    dots = y.is_counted or len(x.values) <= 60
    axes.plot(
        counted(x.values, x_unit), counted(y.values, unit), color=POINTS,
        linestyle="none" if y.is_counted else "-", linewidth=1.0, marker="o" if dots else None, markersize=3.5,
    )  # fmt: skip
    axes.set_ylabel(label(y.quantity, unit))


def label(quantity: Quantity, unit: DisplayUnit) -> str:
    """`delay (ns)`, or the bare name of a number."""
    symbol = {"ohm": "Ω"}.get(unit.symbol, unit.symbol.replace("*", "·"))
    if len(symbol) > 1 and symbol[0] == "u" and symbol[1].isalpha():
        symbol = "µ" + symbol[1:]
    return f"{quantity.name} ({symbol})" if symbol else quantity.name


def _difference(unit: DisplayUnit) -> DisplayUnit:
    """The unit of a difference: without the offset of degC."""
    return DisplayUnit(unit.symbol, unit.scale)
