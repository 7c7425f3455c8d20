"""Points told apart by what else was set, besides what a figure has from left to right.

    axis f: Frequency = linspace(..)
    axis power: Power = [1 uW, 2 uW, 4 uW]        three branches, each with its colour and its curve

In: the columns of the other axes. Out: `Branches`. Where there are more than a handful, points are shaded by the value
of the first such axis.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qdsl.lang.typed.tree import DisplayUnit
from qdsl.runtime.plot.symbols import pretty
from qdsl.runtime.value.quantity import in_unit, number, with_unit
from qdsl.runtime.value.table import Column

HANDFUL = 6
"""So many colours can be told apart."""


@dataclass(frozen=True, slots=True)
class Branches:
    """The rows of each branch, and what it is called under `title`. Beyond a handful there is one branch, and
    `shades` has the axis that colours its points.
    """

    rows: tuple[NDArray[Any], ...]
    labels: tuple[str, ...] = ("",)
    title: str = ""
    shades: tuple[str, Column] | None = None


def branches_of(others: Mapping[str, Column], count: int) -> Branches:
    """The branches of `count` points by their values on the other axes; those that never change do not count."""
    varying = {name: column for name, column in others.items() if len(np.unique(column.values)) > 1}
    whole = np.arange(count)
    if not varying:
        return Branches((whole,))
    places = np.stack([np.unique(column.values, return_inverse=True)[1] for column in varying.values()], axis=1)
    _, first, branch = np.unique(places, axis=0, return_index=True, return_inverse=True)
    if len(first) > HANDFUL:
        numbers = ((name, column) for name, column in varying.items() if column.values.dtype.kind in "fiub")
        return Branches((whole,), shades=next(numbers, None))
    rows = tuple(np.flatnonzero(branch.ravel() == k) for k in range(len(first)))
    if len(varying) == 1:
        ((name, column),) = varying.items()
        unit = column.unit()
        labels = tuple(_value(column, row, unit) for row in first)
        return Branches(rows, labels, f"{name} ({pretty(unit.symbol)})" if unit.symbol else name)
    return Branches(rows, tuple(_values(varying, row) for row in first))


def _value(column: Column, row: int, unit: DisplayUnit) -> str:
    value = column.values[row].item()
    return value if isinstance(value, str) else number(in_unit(value, unit), 4)


def _values(columns: Mapping[str, Column], row: int) -> str:
    """`power = 1 uW, on = true`."""
    units = {name: column.unit() for name, column in columns.items()}
    return ", ".join(
        f"{name} = {with_unit(_value(column, row, units[name]), pretty(units[name].symbol))}"
        for name, column in columns.items()
    )
