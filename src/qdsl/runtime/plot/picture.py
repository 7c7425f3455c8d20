"""What a figure shows, as data: nothing here knows matplotlib, until a picture is asked for its figure.

The session fills a picture from a fit, an experiment or a table; `figure` draws it. All values are in SI; a
`Quantity` says in which unit an axis counts them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qdsl.lang.typed.dimension import ONE, Dimension
from qdsl.lang.typed.tree import DisplayUnit
from qdsl.lang.typed.types import Real
from qdsl.runtime.plot.branches import Branches, branches_of
from qdsl.runtime.plot.error_bars import Reach
from qdsl.runtime.value.quantity import PREFIXES, best_unit, in_unit
from qdsl.runtime.value.table import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Quantity:
    """What an axis shows: its name, and the unit it counts in."""

    name: str
    dimension: Dimension = ONE
    display: DisplayUnit | None = None

    def unit_for(self, *values: Array) -> DisplayUnit:
        """The display unit, or the best one for the largest of these values."""
        sizes = np.abs(np.concatenate([np.ravel(each).astype(float) for each in values]))
        finite = sizes[np.isfinite(sizes)]
        largest = float(finite.max()) if finite.size else 0.0
        if self.display is not None:
            return _countable(largest, self.display, *_LENGTHS)
        unit = _per_time(largest, best_unit(largest, self.dimension))
        return _countable(largest, unit, *(_READ if unit.symbol else _LENGTHS))


_READ, _LENGTHS = (1e-3, 1e6), (1e-100, 1e100)
"""Between which sizes numbers are read with ease, and lengths of an axis can be made of them at all."""


def _per_time(largest: float, unit: DisplayUnit) -> DisplayUnit:
    """A rate per such a part of a second that its numbers are between 1 and 1000: `1/us`, `1/ns`."""
    if unit.symbol != "1/s" or not largest >= 1e3:
        return unit
    power = min(3 * int(np.log10(largest) // 3), 15)
    return DisplayUnit(f"1/{PREFIXES[-power]}s", float(f"1e{power}"))


def _countable(largest: float, unit: DisplayUnit, low: float, high: float) -> DisplayUnit:
    """The unit, times a power of ten where the largest number in it is not between low and high."""
    size = largest / unit.scale
    if size == 0.0 or low <= size < high or unit.offset:
        return unit
    exponent = int(f"{size:e}".partition("e")[2])
    power = f"1e{3 * (exponent // 3) if unit.symbol else exponent}"
    return DisplayUnit(f"{power} {unit.symbol}".rstrip(), float(power) * unit.scale)


def counted(values: Array, unit: DisplayUnit) -> Array:
    """SI values in the unit of an axis."""
    return np.asarray(in_unit(values, unit)) if unit.symbol else np.asarray(values)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Panel:
    """One measurement of a fit against one axis: points, how far their bars reach, and the model at each of them.

    `curves` are functions of x, in SI: the model along the axis, one for each branch, or none; `spreads` are the
    standard errors of these, nan where they are not known. `scatter` divides the residuals, so that these are in
    standard errors; without it the bars' mean reach does.
    """

    x: Quantity
    y: Quantity
    points: tuple[Array, Array]
    bars: Reach
    means: Array
    branches: Branches
    curves: tuple[Callable[[Array], Array], ...] = ()
    spreads: tuple[Callable[[Array], Array], ...] = ()
    scatter: Array | None = None


@dataclass(frozen=True, slots=True)
class FitPicture:
    """A fit: a panel for each measurement, and lines of text for the box."""

    title: str
    panels: tuple[Panel, ...]
    notes: tuple[str, ...] = ()

    def lacks(self) -> str:
        return "" if all(len(panel.means) for panel in self.panels) else "no row has a shot"

    def without_notes(self) -> FitPicture:
        """The same for a place that has them beside it."""
        return replace(self, notes=())

    def figure(self) -> Figure:
        from qdsl.runtime.plot.figure import draw_fit

        return draw_fit(self)


@dataclass(frozen=True, slots=True)
class Series:
    """A named column to draw: whole numbers as dots, others as a line."""

    quantity: Quantity
    values: Array
    is_counted: bool = False


@dataclass(frozen=True, slots=True)
class TablePicture:
    """Columns against one other: one panel for each, one above the other, each with the same branches."""

    title: str
    x: Series
    ys: tuple[Series, ...]
    branches: Branches

    def lacks(self) -> str:
        if not self.ys or not len(self.x.values):
            return "a plot needs two columns of numbers and a row"
        finite = (np.isfinite(self.x.values) & np.isfinite(each.values) for each in self.ys)
        return "" if any(map(np.any, finite)) else "no point has two finite numbers"

    def figure(self) -> Figure:
        from qdsl.runtime.plot.table_figure import draw_table

        return draw_table(self)


def picture_of_table(
    table: Table, x: str | None = None, ys: Sequence[str] | None = None, title: str = ""
) -> TablePicture:
    """The columns `ys` against `x`: by default all that were measured against the first axis, of several the first of
    real numbers; of a table without axes all columns against the first.
    """
    numeric = [name for name in table if np.asarray(table[name]).dtype.kind in "fiub"]
    if not numeric:
        return TablePicture(title, Series(Quantity(""), np.array([])), (), branches_of({}, len(table)))
    first = x if x is not None else _first_axis(table, numeric)
    axes = [name for name in table.axes if name in table and name != first]
    chosen = ys if ys is not None else [name for name in numeric if name not in (first, *axes)]
    branches = branches_of({name: table.column(name) for name in axes}, len(table))
    return TablePicture(title, _series(table, first), tuple(_series(table, name) for name in chosen), branches)


def _first_axis(table: Table, numeric: Sequence[str]) -> str:
    axes = [name for name in table.axes if name in numeric]
    real = (name for name in axes if isinstance(table.column(name).type, Real))
    return next(real, axes[0] if axes else numeric[0])


def _series(table: Table, name: str) -> Series:
    column = table.column(name)
    values = np.asarray(column.values, dtype=float)
    return Series(Quantity(name, column.dimension, column.display), values, is_counted=column.values.dtype.kind != "f")
