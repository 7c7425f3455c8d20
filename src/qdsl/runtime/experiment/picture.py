"""`plot(..)`: from a session's values to the picture that `runtime.plot` draws.

A fit is drawn against its first axis, of several the first with real values, and without one against the number of the
row: points with error bars, the model as a fine curve with the other axes at their first value. Binomial counts are
drawn as fractions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from qdsl.lang.report import Diagnostics
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.dimension import ONE
from qdsl.lang.typed.distributions import DISTRIBUTIONS, Bars
from qdsl.runtime.evaluate import Environment
from qdsl.runtime.experiment.model import Model, model_of
from qdsl.runtime.failures import unequal_lengths
from qdsl.runtime.fit.report import notes
from qdsl.runtime.plot import FitPicture, Panel, Quantity, Series, TablePicture, picture_of_table, save_plot
from qdsl.runtime.plot.error_bars import Reach, binomial, normal, poisson
from qdsl.runtime.world import World


def draw(env: Environment, call: typed.HostCall, world: World) -> None:
    """Carry out a `plot(..)` of the program."""
    *values, path = call.arguments
    type_ = types.pruned(values[0].type)
    picture: FitPicture | TablePicture
    if isinstance(type_, types.Fit):
        picture = picture_of_fit(env, type_.experiment, env.evaluate(values[0]))
    elif isinstance(type_, types.Table):
        picture = picture_of_table(env.evaluate(values[0]))
    else:
        picture = _of_arrays(env, values[0], values[1])
    diagnostics = Diagnostics()
    save_plot(picture, world.path(env.evaluate(path)), diagnostics, path.span)
    world.settle(diagnostics)


def _of_arrays(env: Environment, x: typed.Expr, y: typed.Expr) -> TablePicture:
    across, up = _series(env, x), _series(env, y)
    if len(across.values) != len(up.values):
        raise unequal_lengths(y.span, len(up.values), len(across.values))
    return TablePicture("", across, (up,))


def _series(env: Environment, expr: typed.Expr) -> Series:
    array = types.resolved(expr.type)
    assert isinstance(array, types.Array)
    dimension = array.element.dimension if isinstance(array.element, types.Real) else ONE
    values = np.asarray(env.evaluate(expr), dtype=float)
    return Series(Quantity(expr.span.text, dimension, expr.display), values)


# ── fits ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def picture_of_fit(env: Environment, experiment: typed.Experiment, fit: Any) -> FitPicture:
    """A panel for each measurement."""
    model = model_of(env, experiment)
    data = fit.data
    panels = tuple(_panel(model, fit, data, place) for place in range(len(experiment.measures)))
    return FitPicture(experiment.name, panels, tuple(notes(fit)))


def _panel(model: Model, fit: Any, data: Any, place: int) -> Panel:
    measure = model.experiment.measures[place]
    axis = _axis_to_draw(model)
    own = np.asarray(data.columns[measure.variable.name].values, dtype=float)
    at_points = _arguments(model, fit, [data.columns[each.name].values for each in model.functions.axes], place)
    row = DISTRIBUTIONS[measure.distribution.name]
    limit = None if row.limit is None else row.place(row.limit)
    y = own if limit is None else own / np.asarray(at_points[limit], dtype=float)
    bars = _bars(measure, own, at_points, fit)
    dimension = measure.variable.type.dimension if isinstance(measure.variable.type, types.Real) else ONE
    label = f"{measure.variable.name} fraction" if limit is not None else measure.variable.name
    x, xs = _across(data, axis)
    return Panel(
        x,
        Quantity(label, dimension, measure.variable.display),
        (xs, y),
        bars,
        _curve(model, fit, data, place, axis, limit),
    )


def _axis_to_draw(model: Model) -> typed.Variable | None:
    """The axis to draw against: the first real one, else the first; None where the experiment has none."""
    axes = model.functions.axes
    real = (each for each in axes if isinstance(types.pruned(each.type), types.Real))
    return next(real, axes[0] if axes else None)


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
    model: Model, fit: Any, data: Any, place: int, axis: typed.Variable | None, limit: int | None
) -> Callable[[Any], Any]:
    """The expected value along the axis, the other axes at their first value; as a fraction of the argument at `limit`.
    Between the values of an axis that has only whole ones the curve makes steps.
    """

    def curve(xs: Any) -> Any:
        axes = [
            _along(each.type, xs) if each is axis else np.full(len(xs), data.columns[each.name].values[0])
            for each in model.functions.axes
        ]
        arguments = _arguments(model, fit, axes, place)
        mean = np.broadcast_to(np.asarray(arguments[-1], dtype=float), (len(xs),))
        return mean / np.asarray(arguments[limit], dtype=float) if limit is not None else mean

    return curve


def _along(type_: types.Type, xs: Any) -> Any:
    """Places on the axis as values of its type."""
    match types.pruned(type_):
        case types.BOOL:
            return np.asarray(xs) >= 0.5
        case types.INT:
            return np.rint(xs).astype(np.int64)
        case _:
            return np.asarray(xs, dtype=float)
