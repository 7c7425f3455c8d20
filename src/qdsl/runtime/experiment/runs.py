"""`simulate(e, ..)` and `expected(e, ..)`: what a call says of an experiment, carried out into a Table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qdsl.lang.source import Span
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.runtime.evaluate import Environment
from qdsl.runtime.experiment.failing import Point, failed_at, watched
from qdsl.runtime.experiment.model import Model
from qdsl.runtime.failures import no_sigma, no_value_for
from qdsl.runtime.kernel import KernelError
from qdsl.runtime.value.provenance import recorded
from qdsl.runtime.value.table import Column, Table
from qdsl.runtime.world import World


@dataclass(frozen=True)
class Settings:
    """What a call says: params in SI in order, axes at every point, the seed."""

    params: dict[str, float]
    axes: dict[str, Any]
    seed: int | None
    displays: dict[str, typed.DisplayUnit | None]


def settings(model: Model, env: Environment, call: typed.HostCall) -> Settings:
    """The call's named values over the experiment's own."""
    given = {name: env.evaluate(value) for name, value in call.named}
    displays = {name: value.display for name, value in call.named}
    seed = given.pop("seed", None)
    names = [each.variable.name for each in model.params]
    params = values_of(model, names, {name: given.pop(name) for name in names if name in given}, call.span)
    return Settings(params, model.axis_values(given), seed, displays)


def values_of(model: Model, names: Sequence[str], given: Mapping[str, Any], at: Span) -> dict[str, float]:
    """A number in SI for each of these params: as given, else its default."""
    params = model.defaults() | {name: float(value) for name, value in given.items()}
    missing = [name for name in names if name not in params]
    if missing:
        raise no_value_for(at, missing)
    return {name: params[name] for name in names}


def simulated(model: Model, env: Environment, call: typed.HostCall, world: World) -> Table:
    """One run: axes and draws, with the seed that made them."""
    check_draws(model)
    chosen = settings(model, env, call)
    seed = chosen.seed if chosen.seed is not None else world.next_seed()
    counters = np.arange(_points(chosen.axes), dtype=np.int64)
    draws = _run(model, "draw", chosen, call.span, int(seed), counters)
    return _table(model, chosen, draws, call, world, "simulate", int(seed))


def check_draws(model: Model) -> None:
    """Stop where a measurement has no width to draw with."""
    for measure in model.experiment.measures:
        if measure.distribution.arguments[-1] is None:
            raise no_sigma(measure.distribution.span, measure.variable.name)


def expected(model: Model, env: Environment, call: typed.HostCall, world: World) -> Table:
    """The model without noise."""
    chosen = settings(model, env, call)
    results = _run(model, "point", chosen, call.span)
    means = results[-len(model.experiment.measures) :]
    return _table(model, chosen, means, call, world, "expected", None)


def _run(model: Model, name: str, chosen: Settings, at: Span, *more: Any) -> list[Any]:
    """A function of the experiment at every point."""

    def point_of(row: int | None) -> Point:
        axes = {} if row is None else {name: values[row] for name, values in chosen.axes.items()}
        return Point(chosen.params, axes, model.functions.axes if axes else (), chosen.displays)

    try:
        with watched(point_of):
            return model.kernel(name)(*chosen.params.values(), *chosen.axes.values(), *more)
    except KernelError as failure:
        raise failed_at(model, point_of(failure.index[0] if failure.index else None), failure, at) from None


def _points(axes: Mapping[str, Any]) -> int:
    return len(next(iter(axes.values()))) if axes else 1


def _table(
    model: Model,
    chosen: Settings,
    results: Sequence[Any],
    call: typed.HostCall,
    world: World,
    action: str,
    seed: int | None,
) -> Table:
    type_ = types.resolved(call.type)
    assert isinstance(type_, types.Table)
    cells = dict(type_.columns)
    count = _points(chosen.axes)
    columns: dict[str, Column] = {}
    for variable in model.functions.axes:
        display = chosen.displays.get(variable.name) or variable.display
        columns[variable.name] = Column(chosen.axes[variable.name], cells[variable.name], display)
    for variable, values in zip(model.functions.measured, results, strict=True):
        whole = np.ascontiguousarray(np.broadcast_to(np.asarray(values), (count,)))
        columns[variable.name] = Column(whole, cells[variable.name], variable.display)
    record = recorded(action, world.source.name, world.source.text, chosen.params, seed)
    return Table(columns, record, tuple(each.name for each in model.functions.axes))
