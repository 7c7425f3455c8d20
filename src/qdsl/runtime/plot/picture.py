"""What a figure shows, as data: nothing here knows matplotlib.

The session fills a picture from a fit, an experiment or a table; `figure` draws it. All values are in SI; a
`Quantity` says in which unit an axis counts them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qdsl.lang.typed.dimension import ONE, Dimension
from qdsl.lang.typed.tree import DisplayUnit
from qdsl.runtime.plot.error_bars import Reach
from qdsl.runtime.value.quantity import best_unit, in_unit
from qdsl.runtime.value.table import Table

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Quantity:
    """What an axis shows: its name, and the unit it counts in."""

    name: str
    dimension: Dimension = ONE
    display: DisplayUnit | None = None

    def unit_for(self, *values: Array) -> DisplayUnit:
        """The display unit, or the best one for the largest of these values."""
        if self.display is not None:
            return self.display
        sizes = np.abs(np.concatenate([np.ravel(each).astype(float) for each in values]))
        finite = sizes[np.isfinite(sizes)]
        return best_unit(float(finite.max()) if finite.size else 0.0, self.dimension)


def counted(values: Array, unit: DisplayUnit) -> Array:
    """SI values in the unit of an axis."""
    return np.asarray(in_unit(values, unit)) if unit.symbol else np.asarray(values)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Panel:
    """One measurement of a fit against one axis: points, how far their bars reach, and the model as a function of x
    (in SI).

    `model` maps an array of x to the expected y. `scatter` divides the residuals, so that they are in standard errors;
    without it the bars' mean reach does.
    """

    x: Quantity
    y: Quantity
    points: tuple[Array, Array]
    bars: Reach
    model: Callable[[Array], Array]
    scatter: Array | None = None


@dataclass(frozen=True, slots=True)
class FitPicture:
    """A fit: a panel for each measurement, and lines of text for the box."""

    title: str
    panels: tuple[Panel, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Series:
    """A named column to draw: whole numbers as dots, others as a line."""

    quantity: Quantity
    values: Array
    is_counted: bool = False


@dataclass(frozen=True, slots=True)
class TablePicture:
    """Columns against one other: one panel for each, one above the other."""

    title: str
    x: Series
    ys: tuple[Series, ...]


def picture_of_table(
    table: Table, x: str | None = None, ys: Sequence[str] | None = None, title: str = ""
) -> TablePicture:
    """The columns `ys` against `x`: by default all the numeric ones against the first."""
    numeric = [name for name in table if np.asarray(table[name]).dtype.kind in "fiub"]
    if not numeric:
        return TablePicture(title, Series(Quantity(""), np.array([])), ())
    first = x if x is not None else numeric[0]
    others = ys if ys is not None else [name for name in numeric if name != first]
    return TablePicture(title, _series(table, first), tuple(_series(table, name) for name in others))


def _series(table: Table, name: str) -> Series:
    column = table.column(name)
    values = np.asarray(column.values, dtype=float)
    return Series(Quantity(name, column.dimension, column.display), values, is_counted=column.values.dtype.kind != "f")
