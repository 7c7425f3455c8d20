"""Functions of an experiment whose rows share evolutions, called like those of any other.

    model.kernel("point")(f, T1, taus)           one evolution for all the taus, then every point by itself with what
                                                 was read at its tau
    model.kernel("nll", 2)(f, T1, taus, counts)  the function does so itself, and is told which rows share what

Where the times, or anything else, make an evolution fail, the point is looked for by functions that share nothing: they
tell where it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from qdsl.lang.core.readings import Readings
from qdsl.runtime.experiment.stops import Stops, stops_of
from qdsl.runtime.kernel import KernelError

Column = NDArray[Any]


class Called(Protocol):
    """A compiled function; `width` is how many results it has before its derivatives."""

    @property
    def width(self) -> int: ...

    def __call__(self, *values: Any) -> list[Any]: ...


@dataclass(eq=False)
class OfPoints:
    """A function of single points. `alone` shares nothing; `rest` is given what `read(swept)` finds. Both have
    derivatives to the same `order`.
    """

    readings: Readings
    params: Sequence[str]
    axes: Sequence[str]
    order: int
    alone: Callable[[], Called]
    rest: Callable[[], Called]
    read: Callable[[frozenset[str]], Called]

    @property
    def width(self) -> int:
        return self.rest().width

    def __call__(self, *values: Any) -> list[Any]:
        count = len(self.params)
        params, axes = values[:count], values[count : count + len(self.axes)]
        rows = max((len(each) for each in values if np.ndim(each)), default=0)
        swept = {name: each for name, each in zip(self.params, params, strict=True) if np.ndim(each)}
        columns = {name: _column(each, rows) for name, each in zip(self.axes, axes, strict=True)}
        stops = self._stops(swept, columns, rows)
        if not rows or stops.segments == rows:
            return self.alone()(*values)
        of_stops = [columns[each.name] for each in self.readings.stops]
        try:
            read = self.read(frozenset(swept))(*params, *of_stops, stops.order, stops.starts)
        except KernelError:
            return self.alone()(*values)
        of_rows = [np.asarray(each)[stops.places] for each in read]
        given = len(self.readings.values)
        found = self.rest()(*params, *axes, *of_rows[:given], *values[count + len(self.axes) :])
        return self._chained(found, of_rows[given:]) if self.order else found

    def _stops(self, swept: dict[str, Column], columns: dict[str, Column], rows: int) -> Stops:
        segment = [columns[each.name] for each in self.readings.stops if each in self.readings.plan.axes]
        others = [columns[each.name] for each in self.readings.stops if each not in self.readings.plan.axes]
        return stops_of([*swept.values(), *segment], others, rows)

    def _chained(self, found: list[Any], slopes: list[Column]) -> list[Any]:
        """Derivatives by the params, from those by the params and by what was read, and those of the latter."""
        width, count = self.rest().width, len(self.params)
        read = len(self.readings.values)
        chained = list(found[:width])
        for first in range(width, len(found), count + read):
            own, through = found[first : first + count], found[first + count : first + count + read]
            for k, slope in enumerate(own):
                further = (each * slopes[place * count + k] for place, each in enumerate(through))
                chained.append(sum(further, start=slope))
        return chained


@dataclass(eq=False)
class OfColumns:
    """A function of the params and of all columns, which are the same arrays again and again."""

    readings: Readings
    params: int
    axes: Sequence[str]
    function: Called
    known: tuple[tuple[Any, ...], Stops] | None = field(default=None)

    @property
    def width(self) -> int:
        return self.function.width

    def __call__(self, *values: Any) -> list[Any]:
        columns = values[self.params :]
        if self.known is None or any(a is not b for a, b in zip(self.known[0], columns, strict=True)):
            self.known = columns, self._stops(columns)
        stops = self.known[1]
        return self.function(*values, stops.order, stops.starts, stops.places)

    def _stops(self, columns: Sequence[Column]) -> Stops:
        by_name = dict(zip(self.axes, columns, strict=False))
        segment = [by_name[each.name] for each in self.readings.stops if each in self.readings.plan.axes]
        others = [by_name[each.name] for each in self.readings.stops if each not in self.readings.plan.axes]
        return stops_of(segment, others, len(columns[0]))


def _column(values: Any, rows: int) -> Column:
    return np.ascontiguousarray(np.broadcast_to(np.asarray(values), (rows,)))
