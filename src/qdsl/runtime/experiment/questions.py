"""What a program asks of Fits: `profile(best, "tau")`, `compare(simple, rich)`, `predict(best, t = values)`."""

from __future__ import annotations

import numpy as np

from qdsl.lang.report import Diagnostics
from qdsl.lang.source import Span
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.fit_questions import ERROR_OF, RESIDUALS
from qdsl.lang.typed.tree import DisplayUnit
from qdsl.runtime.evaluate import Environment
from qdsl.runtime.experiment.failing import Point, failed_at
from qdsl.runtime.experiment.fitting import residuals_of
from qdsl.runtime.experiment.model import Model, model_of
from qdsl.runtime.experiment.prediction import Prediction, predictions
from qdsl.runtime.fit import Fit, errors
from qdsl.runtime.fit.comparing import compared
from qdsl.runtime.fit.held import Better
from qdsl.runtime.fit.objective import Vector
from qdsl.runtime.fit.profile import Interval
from qdsl.runtime.kernel import KernelError
from qdsl.runtime.value.table import Column, Table, real_column
from qdsl.runtime.world import World

LEVEL = 0.95


def profiled(env: Environment, call: typed.HostCall, world: World) -> dict[str, float]:
    """The ends of the interval, in SI."""
    fit: Fit = env.evaluate(call.arguments[0])
    name: str = env.evaluate(call.arguments[1])
    named = dict(call.named)
    level = float(env.evaluate(named["level"])) if "level" in named else LEVEL
    problems = Diagnostics()
    found = None
    held = next(each for each in fit.parameters if each.name == name)
    if held.low == held.high:
        problems.add(errors.was_held(call.arguments[1].span, name))
    elif not 0.0 < level < 1.0:
        problems.add(errors.not_a_level(named["level"].span, level))
    else:
        found = fit.profiled(name, level)
        if isinstance(found, Better):
            problems.add(errors.better_elsewhere(call.span, fit.parameters, found.x, found.deviations))
    world.settle(problems)
    assert isinstance(found, Interval)
    return {"low": found.low, "high": found.high}


def compared_fits(env: Environment, call: typed.HostCall, world: World) -> Table:
    """The comparison of fits that are of the same measurements, or an error."""
    fits: list[Fit] = [env.evaluate(each) for each in call.arguments]
    problems = Diagnostics()
    first = _measured(call.arguments[0], fits[0])
    for node, each in zip(call.arguments[1:], fits[1:], strict=True):
        own = _measured(node, each)
        same = own.keys() == first.keys() and all(np.array_equal(own[name], first[name]) for name in own)
        if not same or any(_cell(fits[0], name) != _cell(each, name) for name in own):
            problems.add(errors.of_other_data(node.span, call.arguments[0].span))
    world.settle(problems)
    return compared(fits)


def _measured(node: typed.Expr, fit: Fit) -> dict[str, Vector]:
    """The columns of what was measured, by name."""
    type_ = types.pruned(node.type)
    assert isinstance(type_, types.Fit)
    assert fit.data is not None
    data = fit.data
    names = [name for each in type_.experiment.measures for name in _columns_of(each, data)]
    return {name: data.columns[name].values for name in names}


def _cell(fit: Fit, name: str) -> types.Type:
    """What a column of the fit's data holds."""
    assert fit.data is not None
    return types.resolved(fit.data.columns[name].type)


def _columns_of(measure: typed.MeasureDeclaration, data: Table) -> list[str]:
    """Of counts of several outcomes there is a column for each."""
    name = measure.variable.name
    return [name] if name in data.columns else [each for each in data.columns if each.rpartition("_")[0] == name]


def predicted(env: Environment, call: typed.HostCall) -> Table:
    """The means at the data's axes, or at given ones, with their errors."""
    fit: Fit = env.evaluate(call.arguments[0])
    type_, table = types.pruned(call.arguments[0].type), types.resolved(call.type)
    assert isinstance(type_, types.Fit)
    assert isinstance(table, types.Table)
    assert fit.data is not None
    model = model_of(env, type_.experiment)
    given = {name: env.evaluate(value) for name, value in call.named}
    axes = _axes(model, fit.data, given)
    cells = dict(table.columns)
    displays = {name: value.display for name, value in call.named}
    columns = {
        each.name: Column(axes[each.name], cells[each.name], displays.get(each.name) or each.display)
        for each in model.functions.axes
    }
    for measured, found in zip(model.functions.measured, _predicted(model, fit, axes, call.span), strict=True):
        unit = measured.display
        columns[measured.name] = Column(found.mean, cells[measured.name], unit)
        name = ERROR_OF.format(measured.name)
        columns[name] = Column(found.error, cells[name], None if unit is None else DisplayUnit(unit.symbol, unit.scale))
    return Table(columns, fit.provenance, tuple(axes))


def residuals_table(env: Environment, call: typed.HostCall) -> Table:
    """The axes, and of each measurement its residuals, Pearson's and those of the deviance."""
    fit: Fit = env.evaluate(call.arguments[0])
    type_ = types.pruned(call.arguments[0].type)
    assert isinstance(type_, types.Fit)
    assert fit.data is not None
    axes = [each.name for each in model_of(env, type_.experiment).functions.axes]
    data = fit.data if fit.weights is None else fit.data.rows(fit.weights > 0)
    columns = {name: data.columns[name] for name in axes}
    for each in residuals_of(fit):
        for form, values in zip(RESIDUALS, (each.pearson, each.deviance), strict=True):
            columns[form.format(each.measure.variable.name)] = real_column(values)
    return Table(columns, fit.provenance, tuple(axes))


def _axes(model: Model, data: Table, given: dict[str, Vector]) -> dict[str, Vector]:
    """The values of the axes at every point: those of the data, unless some are given, which make a grid."""
    if not given:
        return {each.name: np.asarray(data.columns[each.name].values) for each in model.functions.axes}
    own = {each.name: np.unique(data.columns[each.name].values) for each in model.functions.axes}
    return model.axis_values(own | given)


def _predicted(model: Model, fit: Fit, axes: dict[str, Vector], at: Span) -> list[Prediction]:
    """The predictions, or the place of the axes at which there is none."""
    try:
        return predictions(model, fit, list(axes.values()))
    except KernelError as failure:
        values = {each.name: value for each, value in zip(fit.parameters, fit.values, strict=True)}
        row = failure.index[0] if failure.index else None
        there = {} if row is None else {name: column[row] for name, column in axes.items()}
        raise failed_at(model, Point(values, there, model.functions.axes if there else (), {}), failure, at) from None
