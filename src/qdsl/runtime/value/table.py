"""Tables: columns by name, each a NumPy array in SI units with its type and the unit it is shown in.

    tau [us]   counts
         0.1      482
         0.7      455
    ... 99 more rows

A table is what `load`, `simulate`, `sweep` and `expected` return. It is a value: `with_columns` makes a new one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qdsl.lang.typed.dimension import ONE, Dimension
from qdsl.lang.typed.tree import DisplayUnit
from qdsl.lang.typed.types import INT, Complex, Real, Type
from qdsl.runtime.value.provenance import Provenance
from qdsl.runtime.value.quantity import best_unit, in_unit, number
from qdsl.runtime.value.units import si_unit

SHOWN_ROWS = 10


@dataclass(frozen=True, slots=True)
class Column:
    """Values in SI (float64, complex128, int64, bool or text), the type of one cell, and its display unit."""

    values: NDArray[Any]
    type: Type
    display: DisplayUnit | None = None

    @property
    def dimension(self) -> Dimension:
        return self.type.dimension if isinstance(self.type, Real | Complex) else ONE

    def unit(self) -> DisplayUnit:
        """The display unit, or the best one for the largest value."""
        if self.display is not None:
            return self.display
        if not isinstance(self.type, Real | Complex):
            return DisplayUnit("", 1.0)
        finite = np.abs(self.values[np.isfinite(self.values)])
        return best_unit(float(finite.max()) if finite.size else 0.0, self.dimension)


def real_column(values: Any, dimension: Dimension = ONE, display: DisplayUnit | None = None) -> Column:
    """A column of real numbers, given in SI."""
    return Column(np.asarray(values, dtype=np.float64), Real(dimension), display)


def int_column(values: Any) -> Column:
    """A column of integers."""
    return Column(np.asarray(values, dtype=np.int64), INT)


@dataclass(frozen=True, eq=False, repr=False)
class Table:
    """Columns of one length, in order. `data.tau` and `data["tau"]` are the arrays; `data.column("tau")` knows the
    unit. `axes` names the columns that an experiment sets, as against those that it measures.
    """

    columns: Mapping[str, Column]
    provenance: Provenance | None = field(default=None)
    axes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        lengths = {name: len(column.values) for name, column in self.columns.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns of a table have one length, these have {lengths}")

    def __len__(self) -> int:
        return next((len(column.values) for column in self.columns.values()), 0)

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.columns[name].values

    def __getattr__(self, name: str) -> NDArray[Any]:
        columns: Mapping[str, Column] = vars(self).get("columns", {})  # absent while a copy is being made
        if name not in columns:
            raise AttributeError(f"this table has no column {name!r}; it has {', '.join(columns)}")
        return columns[name].values

    def __str__(self) -> str:
        return table_text(self)

    def __repr__(self) -> str:
        return f"<Table of {len(self)} rows: {', '.join(header(name, c.unit()) for name, c in self.columns.items())}>"

    def column(self, name: str) -> Column:
        return self.columns[name]

    def keys(self) -> Iterator[str]:
        """The names, so that `dict(table)`, and so `pandas.DataFrame(dict(table))`, has the arrays by name."""
        return iter(self.columns)

    @property
    def units(self) -> dict[str, str]:
        """The SI unit of each column's array; "" of pure numbers."""
        return {name: si_unit(column.dimension) for name, column in self.columns.items()}

    def with_columns(self, **columns: Column) -> Table:
        """The same table with these columns added, or put in place of those of the same name."""
        return replace(self, columns={**self.columns, **columns})

    def rows(self, chosen: NDArray[Any] | slice) -> Table:
        """The rows that a slice, a mask or an array of indices picks."""
        picked = {name: replace(each, values=each.values[chosen]) for name, each in self.columns.items()}
        return replace(self, columns=picked)


def table_text(table: Table, limit: int = SHOWN_ROWS) -> str:
    """The first rows, columns aligned to the right, with units in the header."""
    if not table.columns:
        return "(no columns)"
    columns = [_column_text(name, column, limit) for name, column in table.columns.items()]
    widths = [max(map(len, cells)) for cells in columns]
    lines = [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in zip(*columns, strict=True)
    ]
    hidden = len(table) - limit
    if hidden > 0:
        lines.append(f"... {hidden} more row{'s' if hidden > 1 else ''}")
    return "\n".join(lines)


def header(name: str, unit: DisplayUnit) -> str:
    """`tau [us]`, or the bare name of a pure number."""
    return f"{name} [{unit.symbol}]" if unit.symbol else name


def _column_text(name: str, column: Column, limit: int) -> list[str]:
    unit = column.unit()
    cells = [
        value if isinstance(value, str) else number(in_unit(value, unit)) for value in column.values[:limit].tolist()
    ]
    return [header(name, unit), *cells]
