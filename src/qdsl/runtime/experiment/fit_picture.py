"""`plot(best, ..)`: from a fit to the picture that `runtime.plot` draws.

A fit is drawn against its first axis, of several the first with real values, and without one against the number of the
row: points with error bars, and the model as a curve, with a band of its standard error, for each combination of values
that the other axes have, as far as these matter. Residuals are against the model at each point. Binomial counts are
drawn as fractions, without the rows that have no shots: they tell nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.dimension import ONE
from qdsl.lang.typed.distributions import DISTRIBUTIONS, Bars
from qdsl.runtime.evaluate import Environment
from qdsl.runtime.experiment.main_axis import axes_of_mean, main_axis
from qdsl.runtime.experiment.model import Model, model_of
from qdsl.runtime.experiment.prediction import predictions
from qdsl.runtime.fit.report import notes
from qdsl.runtime.kernel import KernelError
from qdsl.runtime.plot import FitPicture, Panel, Quantity, branches_of
from qdsl.runtime.plot.error_bars import Reach, binomial, normal, poisson


def picture_of_fit(env: Environment, experiment: typed.Experiment, fit: Any) -> FitPicture:
    """A panel for each measurement."""
    model = model_of(env, experiment)
    panels = tuple(_panel(model, fit, place) for place in range(len(experiment.measures)))
    return FitPicture(experiment.name, panels, tuple(notes(fit)))


def _panel(model: Model, fit: Any, place: int) -> Panel:
    measure = model.experiment.measures[place]
    limit = _limit(measure)
    data = fit.data if fit.weights is None else fit.data.rows(fit.weights > 0)
    data = data if limit is None else data.rows(_shots(model, fit, data, place, limit) > 0)
    axis = main_axis(model)
    own = np.asarray(data.columns[measure.variable.name].values, dtype=float)
    at_points = _arguments(model, fit, [data.columns[each.name].values for each in model.functions.axes], place)
    dimension = measure.variable.type.dimension if isinstance(measure.variable.type, types.Real) else ONE
    label = f"{measure.variable.name} fraction" if limit is not None else measure.variable.name
    x, xs = _across(data, axis)
    others = [each for each in axes_of_mean(model, measure) if each is not axis]
    branches = branches_of({each.name: data.columns[each.name] for each in others}, len(data))
    curves = [_curve(model, fit, data, place, axis, rows[0]) for rows in branches.rows if len(rows)]
    spreads = [_spread(model, fit, data, place, axis, rows[0]) for rows in branches.rows if len(rows)]
    return Panel(
        x,
        Quantity(label, dimension, measure.variable.display),
        (xs, _drawn(own, at_points, limit)),
        _bars(measure, own, at_points, fit),
        np.array(np.broadcast_to(_drawn(at_points[-1], at_points, limit), own.shape)),
        branches,
        () if branches.shades else tuple(curves),
        () if branches.shades or not np.isfinite(fit.covariance).any() else tuple(spreads),
    )


def _limit(measure: typed.MeasureDeclaration) -> int | None:
    """The place of the argument that counts are a fraction of, where they are."""
    row = DISTRIBUTIONS[measure.distribution.name]
    return None if row.limit is None else row.place(row.limit)


def _shots(model: Model, fit: Any, data: Any, place: int, limit: int) -> Any:
    """The shots of every row."""
    found = _arguments(model, fit, [data.columns[each.name].values for each in model.functions.axes], place)[limit]
    return np.broadcast_to(np.asarray(found), (len(data),))


def _drawn(values: Any, arguments: list[Any], limit: int | None) -> Any:
    """Counts as a fraction of their shots, anything else as it is."""
    values = np.asarray(values, dtype=float)
    return values if limit is None else values / np.asarray(arguments[limit], dtype=float)


def _across(data: Any, axis: typed.Variable | None) -> tuple[Quantity, Any]:
    """What is drawn from left to right: the axis, a truth value as 0 or 1, or the number of the row."""
    if axis is None:
        return Quantity("row"), np.arange(len(data), dtype=float)
    column = data.columns[axis.name]
    return Quantity(axis.name, column.dimension, column.display), np.asarray(column.values, dtype=float)


def _arguments(model: Model, fit: Any, axes: list[Any], place: int) -> list[Any]:
    """The arguments of a measurement's distribution, then its mean."""
    results = model.kernel("point")(*fit.values, *axes)
    before = sum(_count(each) for each in model.experiment.measures[:place])
    own = results[before : before + _count(model.experiment.measures[place])]
    means = results[-len(model.experiment.measures) :]
    return [*own, means[place]]


def _count(measure: typed.MeasureDeclaration) -> int:
    return sum(each is not None for each in measure.distribution.arguments)


def _bars(measure: typed.MeasureDeclaration, own: Any, arguments: list[Any], fit: Any) -> Reach:
    row = DISTRIBUTIONS[measure.distribution.name]
    match row.bars:
        case Bars.FRACTION:
            assert row.limit is not None
            return binomial(own, np.broadcast_to(np.asarray(arguments[row.place(row.limit)], dtype=float), own.shape))
        case Bars.COUNT:
            return poisson(own)
        case Bars.SIGMA:
            place = row.place("sigma")
            sigma = fit.sigma if measure.distribution.arguments[place] is None else arguments[place]
            return normal(np.nan if sigma is None else sigma, len(own))
        case Bars.NONE:
            return normal(np.nan, len(own))


def _curve(
    model: Model, fit: Any, data: Any, place: int, axis: typed.Variable | None, row: int
) -> Callable[[Any], Any]:
    """The model along the axis, the other axes as they are in a row. Between the values of an axis that has only whole
    ones the curve makes steps.
    """

    def curve(xs: Any) -> Any:
        arguments = _arguments(model, fit, _axes_along(model, data, axis, row, xs), place)
        return np.broadcast_to(_drawn(arguments[-1], arguments, _limit(model.experiment.measures[place])), (len(xs),))

    return curve


def _spread(
    model: Model, fit: Any, data: Any, place: int, axis: typed.Variable | None, row: int
) -> Callable[[Any], Any]:
    """The standard error of that curve; nan where the model has no derivatives there."""

    def spread(xs: Any) -> Any:
        axes = _axes_along(model, data, axis, row, xs)
        try:
            found = predictions(model, fit, axes)[place].error
        except KernelError:
            return np.full(len(xs), np.nan)
        arguments = _arguments(model, fit, axes, place)
        return np.broadcast_to(_drawn(found, arguments, _limit(model.experiment.measures[place])), (len(xs),))

    return spread


def _axes_along(model: Model, data: Any, axis: typed.Variable | None, row: int, xs: Any) -> list[Any]:
    """The values of all axes at places along one of them."""
    return [
        _along(each.type, xs) if each is axis else np.full(len(xs), data.columns[each.name].values[row])
        for each in model.functions.axes
    ]


def _along(type_: types.Type, xs: Any) -> Any:
    """Places on the axis as values of its type."""
    match types.pruned(type_):
        case types.BOOL:
            return np.asarray(xs) >= 0.5
        case types.INT:
            return np.rint(xs).astype(np.int64)
        case _:
            return np.asarray(xs, dtype=float)
