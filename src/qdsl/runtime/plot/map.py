"""Heat maps: a quantity over two axes, each cell in the colour of its value, with a bar that says which is which.

    MapPicture (values in SI on a grid) → pcolormesh, its cells around the places of the axes

Axes may be spaced as they like; those spaced by equal factors are drawn by their logarithm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from qdsl.runtime.plot.picture import Array, Quantity, counted
from qdsl.runtime.plot.style import AROUND_ZERO, INK, SHADES, colour_map, label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class Layer:
    """One quantity on the grid: `values[i, j]` belongs to the place i of x and j of y; nan where it is not known."""

    quantity: Quantity
    values: Array


@dataclass(frozen=True, slots=True)
class MapPicture:
    """Maps over the same two ascending axes, one beside the other. `is_plane` is where both count the same; `signed`
    says that zero is the middle of the colours, None that the values decide.
    """

    x: Quantity
    xs: Array
    y: Quantity
    ys: Array
    layers: tuple[Layer, ...]
    is_plane: bool = False
    signed: bool | None = None
    title: str = ""

    def lacks(self) -> str:
        if not self.layers or not len(self.xs) or not len(self.ys):
            return "a map needs a place on each axis"
        return "" if any(np.any(np.isfinite(each.values)) for each in self.layers) else "no value is finite"

    def figure(self) -> Figure:
        """A panel for each quantity."""
        from matplotlib.figure import Figure

        count = len(self.layers)
        width = 5.4 if self.is_plane else 6.4 if count == 1 else 5.2
        figure = Figure(figsize=(width * count, 4.6), layout="constrained")
        panels = figure.subplots(1, count, squeeze=False, sharey=True)[0]
        for place, (axes, layer) in enumerate(zip(panels, self.layers, strict=True)):
            _draw(figure, axes, self, layer)
            if place == 0:
                axes.set_ylabel(label(self.y, self.y.unit_for(self.ys)))
                axes.set_title(self.title)
        return figure


def _draw(figure: Figure, axes: Axes, picture: MapPicture, layer: Layer) -> None:
    x_unit, y_unit = picture.x.unit_for(picture.xs), picture.y.unit_for(picture.ys)
    unit = layer.quantity.unit_for(layer.values)
    xs, ys = counted(picture.xs, x_unit), counted(picture.ys, y_unit)
    values = counted(layer.values, unit)
    shown = np.ma.masked_invalid(values.T)
    colours = _colours(values, picture.signed)
    # Cells as an image: an SVG of many thousand rectangles is slow to look at.
    mesh = axes.pcolormesh(edges(xs), edges(ys), shown, rasterized=True, **colours)
    axes.set_facecolor("#e6e6e6")
    for scale, places in ((axes.set_xscale, xs), (axes.set_yscale, ys)):
        if is_geometric(places):
            scale("log")
    if picture.is_plane:
        axes.set_aspect("equal")
    for spine in axes.spines.values():
        spine.set_visible(True)
    axes.set_xlabel(label(picture.x, x_unit))
    bar = figure.colorbar(mesh, ax=axes, aspect=28.0, pad=0.02)
    bar.set_label(label(layer.quantity, unit))
    bar.outline.set(linewidth=0.8, edgecolor=INK)


def _colours(values: Array, signed: bool | None) -> dict[str, Any]:
    """Colours of values: on both sides of zero two colours that meet there, otherwise shades from least to greatest."""
    finite = values[np.isfinite(values)]
    low, high = float(finite.min()), float(finite.max())
    if signed if signed is not None else _is_around_zero(low, high):
        reach = max(-low, high) or 1.0
        return {"cmap": colour_map("around zero", AROUND_ZERO), "vmin": -reach, "vmax": reach}
    return {"cmap": SHADES, "vmin": low, "vmax": high}


def _is_around_zero(low: float, high: float) -> bool:
    """Whether both signs matter: noise below zero does not take half of the colours."""
    return low < 0.0 < high and min(-low, high) >= 0.25 * max(-low, high)


def is_geometric(places: Array) -> bool:
    """Whether each place is the same factor above the one before, over more than a decade."""
    if len(places) < 3 or not places[0] > 0.0 or places[-1] < 10.0 * places[0]:
        return False
    steps = np.diff(np.log(places))
    return bool(np.ptp(steps) <= 1e-6 * float(np.mean(steps)))


def edges(places: Array) -> Array:
    """The ends of cells around ascending places: half way between neighbours, and as far beyond the first and last."""
    if len(places) == 1:
        reach = 0.5 * abs(float(places[0])) or 0.5
        return np.array([places[0] - reach, places[0] + reach])
    if is_geometric(places):
        return np.asarray(np.exp(edges(np.log(places))))
    middles = 0.5 * (places[1:] + places[:-1])
    return np.concatenate([[2.0 * places[0] - middles[0]], middles, [2.0 * places[-1] - middles[-1]]])
