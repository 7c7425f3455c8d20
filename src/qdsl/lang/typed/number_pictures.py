"""Rules for pictures of numbers over axes.

plot_map(xs, ys, zs, "z.svg"), plot_map(table, "z.svg")     a quantity over two axes
plot_levels(xs, energies, "e.svg")                          lines of a matrix, or of several arrays, over one
"""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.arguments import Slot, matched
from qdsl.lang.typed.checker import Checker, Reason
from qdsl.lang.typed.dimension import ONE, Dimension
from qdsl.lang.typed.picture_arguments import (
    Rule,
    axis_of,
    drawn,
    hint_of_parts,
    same_length,
    several,
    shape_of_reals,
)
from qdsl.lang.typed.types import BROKEN, TEXT, Length, pruned
from qdsl.lang.typed.unification import element_of


def map_(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`plot_map(xs, ys, zs, "z.svg")`, zs a matrix or as many values as x and y; `plot_map(table, "z.svg")`."""
    if len(arguments) == 2:
        return _map_of_table(c, node, arguments)
    slots = [Slot(each, False) for each in ("xs", "ys", "zs", "path")]
    nodes = [each for each in matched(c, node.span, "plot_map", slots, arguments) or () if each is not None]
    if len(nodes) != 4:
        return c.broken(node.span)
    xs = axis_of(c, c.expr(nodes[0]), "plot_map", "an array of real numbers")
    ys = axis_of(c, c.expr(nodes[1]), "plot_map", "an array of real numbers")
    zs, path = c.expr(nodes[2]), c.fit(c.expr(nodes[3], TEXT), TEXT)
    if xs is None or ys is None or BROKEN in (pruned(path.type), element_of(zs.type)[0]):
        return c.broken(node.span)
    shape = shape_of_reals(zs)
    if shape is None or len(shape) > 2:
        wanted = "a matrix of real numbers"
        c.report(c.pictures.takes(zs.span, "plot_map", wanted, types.resolved(zs.type), hint_of_parts(zs)))
        return c.broken(node.span)
    is_grid = len(shape) == 2
    if not (_fits_axes(c, zs, shape, xs, ys) if is_grid else same_length(c, xs, ys, zs)):
        return c.broken(node.span)
    return drawn(node, "plot_map", (xs, ys, zs, path))


def _map_of_table(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    nodes = matched(c, node.span, "plot_map", [Slot("table", False), Slot("path", False)], arguments)
    if nodes is None or nodes[0] is None or nodes[1] is None:
        return c.broken(node.span)
    table, path = c.expr(nodes[0]), c.fit(c.expr(nodes[1], TEXT), TEXT)
    type_ = pruned(table.type)
    if BROKEN in (type_, pruned(path.type)):
        return c.broken(node.span)
    if not isinstance(type_, types.Table):
        hint = 'plot_map(table, "map.svg") or plot_map(xs, ys, zs, "map.svg")'
        c.report(c.pictures.takes(table.span, "plot_map", "a Table", types.resolved(type_), hint))
        return c.broken(node.span)
    if len(type_.columns) < 3:
        c.report(c.pictures.table_without_map(table.span, len(type_.columns)))
        return c.broken(node.span)
    return drawn(node, "plot_map", (table, path))


def levels(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`plot_levels(xs, energies, "e.svg")`: a line for each column of a matrix with a row for each x; or arrays."""
    example = 'plot_levels(xs, energies, "levels.svg")'
    found = several(c, node, arguments, "plot_levels", (), example)
    if found is None:
        return c.broken(node.span)
    xs = axis_of(c, found.values[0], "plot_levels", "an array of real numbers")
    if xs is None:
        return c.broken(node.span)
    if len(found.values) < 2:
        c.report(c.pictures.needs_file(node.span, "plot_levels", example))
        return c.broken(node.span)
    lines = [_line(c, xs, value, found.values[1]) for value in found.values[1:]]
    return drawn(node, "plot_levels", (xs, *found.values[1:], found.path)) if all(lines) else c.broken(node.span)


def _line(c: Checker, xs: typed.Expr, value: typed.Expr, first: typed.Expr) -> bool:
    """Whether these are lines over xs of the same quantity as the first."""
    shape = shape_of_reals(value)
    if shape is None or len(shape) > 2:
        wanted = "arrays or a matrix of real numbers"
        c.report(c.pictures.takes(value.span, "plot_levels", wanted, types.resolved(value.type), hint_of_parts(value)))
        return False
    if not (_fits_axes(c, value, shape, xs) if len(shape) == 2 else same_length(c, xs, value)):
        return False
    own, wanted_dimension = _dimension(value), _dimension(first)
    if not c.same_dimension(own, wanted_dimension, value.span):
        reason = Reason(first.span, "the first of the lines")
        c.report(c.wrong_dimension(value.span, own, wanted_dimension, reason))
        return False
    return True


def _fits_axes(c: Checker, value: typed.Expr, shape: tuple[Length, ...], *axes: typed.Expr) -> bool:
    """Whether a matrix has a row for each place of the first axis and a column for each of the second."""
    lengths = [(element_of(each.type)[1] or (None,))[0] for each in axes]
    pairs = list(zip(shape, lengths, strict=False))
    if all(own is None or wanted is None or own == wanted for own, wanted in pairs):
        return True
    c.report(c.pictures.other_grid(value.span, shape, lengths))
    return False


def _dimension(value: typed.Expr) -> Dimension:
    element, _ = element_of(value.type)
    return element.dimension if isinstance(element, types.Real) else ONE


NUMBER_PICTURES: dict[str, Rule] = {"plot_map": map_, "plot_levels": levels}
