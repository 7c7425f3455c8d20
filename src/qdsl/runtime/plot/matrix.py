"""A density or an operator as squares: the area of each is the size of an element, its colour the phase.

    real elements       red above zero and blue below, with a bar that has the unit
    complex elements    the colour wheel of phases, red at 0 and blue at π

Of a small matrix the sizes are written beside the squares; below a large one a row of squares says how large is what.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from qdsl.lang.typed.tree import DisplayUnit
from qdsl.runtime.plot.picture import Array, Quantity, counted
from qdsl.runtime.plot.style import FAINT, INK, PHASES, SIGNS, colour_map, label
from qdsl.runtime.plot.symbols import pretty
from qdsl.runtime.value.quantity import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PolyCollection
    from matplotlib.colorbar import Colorbar
    from matplotlib.figure import Figure

LEAST = 1e-4
"""Elements that are so much smaller than the largest are not drawn; the others are, at least as a dot."""

_LABELLED, _WRITTEN = 32, 8
"""So many states are written at an axis; of so many the numbers are too."""


@dataclass(frozen=True, slots=True)
class MatrixPicture:
    """A matrix in SI over basis states; `states` are their names: `00`, `01`, .."""

    quantity: Quantity
    values: Array
    states: tuple[str, ...]

    def lacks(self) -> str:
        return "" if np.all(np.isfinite(self.values)) else "the matrix has elements that are not finite"

    def figure(self) -> Figure:
        """The squares, and to the right what their colours and areas mean."""
        from matplotlib.figure import Figure

        size = 3.6 if len(self.states) <= 4 else 4.6
        figure = Figure(figsize=(size + 1.9, size + 0.5), layout="constrained")
        axes = figure.subplots()
        _draw_frame(axes, self.states)
        unit = self.quantity.unit_for(np.abs(self.values))
        if is_real(self.values):
            axes.set_title(self.quantity.name, pad=8.0)
            _draw_real(figure, axes, counted(self.values.real, unit), label(self.quantity, unit))
        else:
            axes.set_title(label(self.quantity, unit), pad=8.0)
            _draw_complex(figure, axes, counted(self.values, unit), unit)
        return figure


def is_real(values: Array) -> bool:
    """Whether no element has a phase but 0 and π."""
    return bool(np.all(np.abs(values.imag) <= 1e-9 * np.max(np.abs(values), initial=0.0)))


# ── squares ──────────────────────────────────────────────────────────────────────────────────────────────────────


def squares(values: Array, reach: float) -> tuple[Array, Array]:
    """The corners of a square for each element that can be seen, (n, 4, 2), and the elements, row by row."""
    sizes = np.abs(values)
    rows, columns = np.nonzero(sizes > LEAST * reach)
    half = _half(sizes[rows, columns] / reach, len(values))
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    centres = np.stack([columns, rows], axis=1)
    return centres[:, None, :] + half[:, None, None] * corners, values[rows, columns]


def _half(shares: Array, count: int) -> Array:
    """Half the width of the square of an element that is such a share of the largest; at least a dot, larger in smaller
    cells.
    """
    return np.maximum(0.47 * np.sqrt(shares), min(0.06 * max(1.0, count / 16.0), 0.35))


def _add_squares(axes: Axes, values: Array) -> tuple[PolyCollection, Array]:
    from matplotlib.collections import PolyCollection

    corners, elements = squares(values, _reach(values))
    drawn = PolyCollection(list(corners), linewidths=0.0, zorder=3, rasterized=len(corners) > 4096)
    axes.add_collection(drawn, autolim=False)
    return drawn, elements


def _reach(values: Array) -> float:
    return float(np.max(np.abs(values), initial=0.0)) or 1.0


def _draw_real(figure: Figure, axes: Axes, values: Array, text: str) -> None:
    reach = _reach(values)
    drawn, elements = _add_squares(axes, values)
    drawn.set(array=elements, cmap=colour_map("signs", *SIGNS), clim=(-reach, reach))
    _add_bar(figure, axes, drawn, text)
    if len(values) <= _WRITTEN:
        _write_sizes(axes, drawn, values)


def _draw_complex(figure: Figure, axes: Axes, values: Array, unit: DisplayUnit) -> None:
    drawn, elements = _add_squares(axes, values)
    # A phase of -π within rounding is π.
    phases = np.where(np.angle(elements) < -np.pi + 1e-9, np.pi, np.angle(elements))
    drawn.set(array=phases, cmap=colour_map("phases", PHASES), clim=(-np.pi, np.pi))
    bar = _add_bar(figure, axes, drawn, "phase")
    bar.set_ticks([np.pi * half for half in (-1.0, -0.5, 0.0, 0.5, 1.0)], labels=["−π", "−π/2", "0", "π/2", "π"])
    if len(values) <= _WRITTEN:
        _write_sizes(axes, drawn, np.abs(values))
    elif len(values) <= _LABELLED:
        _show_sizes(axes, len(values), _reach(values), unit)


def _add_bar(figure: Figure, axes: Axes, drawn: PolyCollection, text: str) -> Colorbar:
    bar = figure.colorbar(drawn, ax=axes, aspect=28.0, pad=0.03)
    bar.set_label(text)
    bar.outline.set(linewidth=0.8, edgecolor=INK)
    return bar


def _write_sizes(axes: Axes, drawn: PolyCollection, values: Array) -> None:
    """The number of each element: on its square if that is large enough, else below it."""
    reach, size = _reach(values), 9.0 if len(values) <= 4 else 7.0
    places = np.argwhere(np.abs(values) > LEAST * reach)
    for (row, column), colour in zip(places, drawn.to_rgba(np.asarray(drawn.get_array())), strict=True):
        value = float(values[row, column])
        half = float(_half(np.abs(value) / reach, len(values)))
        inside = half > 0.3
        axes.text(
            column, row if inside else row + half + 0.04, number(value, 3).replace("-", "−"), fontsize=size,
            ha="center", va="center_baseline" if inside else "top",
            color="white" if inside and _is_dark(colour) else INK, zorder=4,
        )  # fmt: skip


def _is_dark(colour: Array) -> bool:
    """Whether white is read on it; by its luma."""
    return bool(np.dot(colour[:3], [0.299, 0.587, 0.114]) < 0.6)


def _show_sizes(axes: Axes, count: int, reach: float, unit: DisplayUnit) -> None:
    """Below the matrix: how large the squares of some sizes are."""
    from matplotlib.collections import PolyCollection

    step = 10.0 ** np.floor(np.log10(reach))
    largest = step * np.floor(reach / step + 1e-9)
    sizes = largest * np.array([1.0, 0.5, 0.1])
    across = -0.5 + count * (np.arange(3) + 0.18) / 3.0
    down = count - 0.5 + 0.12 * count
    half = _half(sizes / reach, count)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    centres = np.stack([across, np.full(3, down)], axis=1)
    key = PolyCollection(list(centres[:, None, :] + half[:, None, None] * corners), facecolors=FAINT, clip_on=False)
    axes.add_collection(key, autolim=False)
    for size, reached, at in zip(sizes, half, across, strict=True):
        text = number(float(size), 3) + (f" {pretty(unit.symbol)}" if unit.symbol else "")
        axes.annotate(
            text, (at + reached, down), xytext=(4.0, 0.0), textcoords="offset points", va="center",
            fontsize=9.0, annotation_clip=False,
        )  # fmt: skip


# ── the frame ────────────────────────────────────────────────────────────────────────────────────────────────────


def _draw_frame(axes: Axes, states: Sequence[str]) -> None:
    """A row and a column for each state: kets at the left, bras above."""
    count = len(states)
    axes.set(xlim=(-0.5, count - 0.5), ylim=(count - 0.5, -0.5), aspect="equal")
    every = -(-count // _LABELLED)
    places = range(0, count, every)
    axes.set_xticks(places, labels=[f"⟨{states[place]}|" for place in places])
    axes.set_yticks(places, labels=[f"|{states[place]}⟩" for place in places])
    small = 10.0 if count <= 8 else 8.0 if count <= 16 else 6.0
    axes.tick_params(length=0.0, labelsize=small, top=True, labeltop=True, bottom=False, labelbottom=False)
    if max(map(len, states)) * count > 32:
        axes.tick_params(axis="x", rotation=90.0)
    for spine in axes.spines.values():
        spine.set(visible=True, color=FAINT)
    if count <= 64:
        lines = np.arange(count - 1) + 0.5
        axes.hlines(lines, -0.5, count - 0.5, colors="#ececec", linewidths=0.6, zorder=1)
        axes.vlines(lines, -0.5, count - 0.5, colors="#ececec", linewidths=0.6, zorder=1)
