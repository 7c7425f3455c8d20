"""Pictures of numbers over axes: `plot_map`, `plot_levels`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from qdsl.lang.typed import tree as typed
from qdsl.runtime.evaluate import Environment
from qdsl.runtime.failures import Stopped, no_grid, other_grid, unequal_lengths
from qdsl.runtime.pictures.grid import Grid, grid_of
from qdsl.runtime.pictures.naming import name_of, quantity_of, reals
from qdsl.runtime.plot import Quantity
from qdsl.runtime.plot.lines import Line, LinesPicture
from qdsl.runtime.plot.map import Layer, MapPicture
from qdsl.runtime.value.table import Table

# ── maps ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def map_(env: Environment, call: typed.HostCall) -> MapPicture:
    """`plot_map(xs, ys, zs, path)`, `plot_map(table, path)`."""
    *values, _ = call.arguments
    if len(values) == 1:
        return _of_table(env.evaluate(values[0]), values[0])
    x, y, z = values
    xs, ys, zs = (reals(env, each) for each in values)
    if zs.ndim == 2:
        if zs.shape != (len(xs), len(ys)):
            raise other_grid(z.span, zs.shape, (len(xs), len(ys)))
        xs, ys, zs = np.repeat(xs, len(ys)), np.tile(ys, len(xs)), zs.ravel()
    for each, numbers in ((y, ys), (z, zs)):
        if len(numbers) != len(xs):
            raise unequal_lengths(each.span, len(numbers), len(xs))
    grid = _grid(z, xs, ys)
    layer = Layer(quantity_of(env, z), grid.filled(zs))
    return MapPicture(quantity_of(env, x), grid.xs, quantity_of(env, y), grid.ys, (layer,))


def _grid(at: typed.Expr, xs: Any, ys: Any) -> Grid:
    grid = grid_of(xs, ys)
    if len(xs) and grid.share < 0.5:
        cells = len(grid.xs) * len(grid.ys)
        raise no_grid(at.span, f"{len(xs)} values lie on {len(grid.xs)} by {len(grid.ys)} places, which are {cells}")
    return grid


def _of_table(table: Table, at: typed.Expr) -> MapPicture:
    """What was measured over the two axes that vary, a layer for each column."""
    numeric = [name for name in table if np.asarray(table[name]).dtype.kind in "fiub"]
    axes = _axes(table, numeric, at)
    measured = [name for name in numeric if name not in table.axes and name not in axes]
    if not measured:
        raise no_grid(at.span, "the table has no column of numbers beside its axes")
    xs, ys = (np.asarray(table[name], dtype=float) for name in axes)
    grid = _grid(at, xs, ys)
    layers = [Layer(_quantity(table, name), grid.filled(np.asarray(table[name], dtype=float))) for name in measured]
    return MapPicture(_quantity(table, axes[0]), grid.xs, _quantity(table, axes[1]), grid.ys, tuple(layers))


def _axes(table: Table, numeric: Sequence[str], at: typed.Expr) -> tuple[str, str]:
    """The two axes that vary; of a table that knows of no axes its first two columns."""
    own = [name for name in table.axes if name in numeric]
    varying = [name for name in own if len(np.unique(table[name])) > 1] if own else list(numeric[:2])
    match varying:
        case [x, y]:
            return x, y
        case _:
            raise _other_axes(at, varying)


def _other_axes(at: typed.Expr, varying: Sequence[str]) -> Stopped:
    names = ", ".join(varying) or "none"
    return no_grid(at.span, f"a map has two axes that vary, and of this table {names} do")


def _quantity(table: Table, name: str) -> Quantity:
    column = table.column(name)
    return Quantity(name, column.dimension, column.display)


# ── levels ───────────────────────────────────────────────────────────────────────────────────────────────────────


def levels(env: Environment, call: typed.HostCall) -> LinesPicture:
    """`plot_levels(xs, energies, path)`: a line for each column of a matrix, and for each array."""
    x, *values, _ = call.arguments
    xs = reals(env, x)
    lines: list[Line] = []
    for value in values:
        lines += _lines(value, reals(env, value), len(xs), alone=len(values) == 1)
    quantity = quantity_of(env, values[0])
    is_matrix = len(values) == 1 and len(lines) > 1
    named = Quantity(quantity.name if len(values) == 1 else "", quantity.dimension, quantity.display)
    return LinesPicture(quantity_of(env, x), xs, named, tuple(lines), "level" if is_matrix else "")


def _lines(value: typed.Expr, numbers: Any, count: int, alone: bool) -> list[Line]:
    if len(numbers) != count:
        raise unequal_lengths(value.span, len(numbers), count)
    name = name_of(value)
    if numbers.ndim == 1:
        return [Line(name, numbers)]
    return [Line(str(k) if alone else f"{name}[{k}]", column) for k, column in enumerate(numbers.T)]
