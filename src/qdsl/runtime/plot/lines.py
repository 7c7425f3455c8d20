"""Several lines over one axis: the populations of states, the levels of a spectrum.

A handful of lines have a colour each and a legend; more are shaded from the first to the last, with a bar that counts
them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from qdsl.runtime.plot.branches import HANDFUL
from qdsl.runtime.plot.picture import Array, Quantity, counted
from qdsl.runtime.plot.style import BRANCHES, FAINT, SHADES, label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class Line:
    """One line and what it is called; a `rest` is what the others leave."""

    label: str
    values: Array
    is_rest: bool = False


@dataclass(frozen=True, slots=True)
class LinesPicture:
    """Lines over `xs`, of one quantity. `title` is what their labels are of; `limits` bound what is seen of y."""

    x: Quantity
    xs: Array
    y: Quantity
    lines: tuple[Line, ...]
    title: str = ""
    limits: tuple[float, float] | None = None

    def lacks(self) -> str:
        if not self.lines or not len(self.xs):
            return "a plot of lines needs a line and a point"
        seen = (np.isfinite(self.xs) & np.isfinite(each.values) for each in self.lines)
        return "" if any(map(np.any, seen)) else "no point has two finite numbers"

    def figure(self) -> Figure:
        """All lines on one panel."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7.2, 4.2), layout="constrained")
        axes = figure.subplots()
        x_unit = self.x.unit_for(self.xs)
        y_unit = self.y.unit_for(*(each.values for each in self.lines))
        for line, colour in zip(self.lines, _colours(self.lines), strict=True):
            _draw(axes, counted(self.xs, x_unit), counted(line.values, y_unit), line, colour)
        _bound(axes, counted(self.xs, x_unit), self.limits)
        axes.set_xlabel(label(self.x, x_unit))
        axes.set_ylabel(label(self.y, y_unit))
        _show_lines(figure, axes, self)
        return figure


def _colours(lines: Sequence[Line]) -> list[Any]:
    """A colour for each line, grey for a rest."""
    named = [each for each in lines if not each.is_rest]
    if len(named) <= HANDFUL:
        chosen: list[Any] = list(BRANCHES[: len(named)])
    else:
        from matplotlib import colormaps

        chosen = list(colormaps[SHADES](np.linspace(0.0, 0.92, len(named))))
    return chosen + [FAINT] * (len(lines) - len(named))


def _draw(axes: Axes, x: Array, y: Array, line: Line, colour: Any) -> None:
    """A curve; dots where there are too few points for one."""
    axes.plot(
        x, y, color=colour, label=line.label, linewidth=1.6 if not line.is_rest else 1.2,
        linestyle="--" if line.is_rest else "-", marker="o" if len(x) <= _FEW else None, markersize=3.5,
        clip_on=len(x) > _FEW,
        zorder=2 if line.is_rest else 3,
    )  # fmt: skip


_FEW = 12


def _bound(axes: Axes, x: Array, limits: tuple[float, float] | None) -> None:
    """From the first to the last x; y within its limits, with room for a line along one of them."""
    finite = x[np.isfinite(x)]
    if len(finite) and finite.min() < finite.max():
        axes.set_xlim(finite.min(), finite.max())
    if limits is not None:
        room = 0.03 * (limits[1] - limits[0])
        axes.set_ylim(limits[0] - room, limits[1] + room)


def _show_lines(figure: Figure, axes: Axes, picture: LinesPicture) -> None:
    """Which line is which: a legend, a bar that counts many, or for one alone nothing beside the name of y."""
    count = len(picture.lines)
    if count > HANDFUL + 1:
        _show_count(figure, axes, picture)
    elif count > 1:
        handles, names = axes.get_legend_handles_labels()
        axes.legend(
            handles, names, title=picture.title or None, loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0.0
        )


def _show_count(figure: Figure, axes: Axes, picture: LinesPicture) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import BoundaryNorm, ListedColormap
    from matplotlib.ticker import MaxNLocator

    lines = [each for each in picture.lines if not each.is_rest]
    shades = ListedColormap(_colours(lines))
    norm = BoundaryNorm(np.arange(len(lines) + 1) - 0.5, len(lines))
    bar = figure.colorbar(ScalarMappable(norm, shades), ax=axes, aspect=40.0, pad=0.02)
    ticks = MaxNLocator(min(len(lines), 8), integer=True).tick_values(0, len(lines) - 1)
    places = [int(each) for each in ticks if 0 <= each < len(lines)]
    bar.set_ticks(places, labels=[lines[place].label for place in places])
    bar.minorticks_off()
    bar.ax.tick_params(length=0.0)
    bar.set_label(picture.title)
