"""`simulate(e, ..)` and `expected(e, ..)`: what a call says of an experiment, carried out into a Table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qdsl.lang.source import Span
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.distributions import DISTRIBUTIONS
from qdsl.runtime.evaluate import Environment
from qdsl.runtime.experiment.model import Model
from qdsl.runtime.failures import Stopped, impossible_draw, no_sigma, no_value_for, stopped
from qdsl.runtime.kernel import KernelError
from qdsl.runtime.show import text_of
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
    params = model.defaults()
    for each in model.params:
        name = each.variable.name
        if name in given:
            params[name] = float(given.pop(name))
    missing = [each.variable.name for each in model.params if each.variable.name not in params]
    if missing:
        raise no_value_for(call.span, missing)
    ordered = {each.variable.name: params[each.variable.name] for each in model.params}
    return Settings(ordered, model.axis_values(given), seed, displays)


def simulated(model: Model, env: Environment, call: typed.HostCall, world: World) -> Table:
    """One run: axes and draws, with the seed that made them."""
    for measure in model.experiment.measures:
        if measure.distribution.arguments[-1] is None:
            raise no_sigma(measure.distribution.span, measure.variable.name)
    chosen = settings(model, env, call)
    seed = chosen.seed if chosen.seed is not None else world.next_seed()
    counters = np.arange(_points(chosen.axes), dtype=np.int64)
    draws = _run(model, "draw", chosen, call.span, int(seed), counters)
    return _table(model, chosen, draws, call, world, "simulate", int(seed))


def expected(model: Model, env: Environment, call: typed.HostCall, world: World) -> Table:
    """The model without noise."""
    chosen = settings(model, env, call)
    results = _run(model, "point", chosen, call.span)
    means = results[-len(model.experiment.measures) :]
    return _table(model, chosen, means, call, world, "expected", None)


def _run(model: Model, name: str, chosen: Settings, at: Span, *more: Any) -> list[Any]:
    """A function of the experiment at every point."""
    try:
        return model.kernel(name)(*chosen.params.values(), *chosen.axes.values(), *more)
    except KernelError as failure:
        raise _at_a_point(model, chosen, failure, at) from None


def _at_a_point(model: Model, chosen: Settings, failure: KernelError, at: Span) -> Stopped:
    """The failure with the point it happened at; where a distribution refused its arguments, with these."""
    axes = {name: values[failure.index[0]] for name, values in chosen.axes.items()} if failure.index else {}
    shown = {each.name: each.display for each in model.functions.axes} | chosen.displays
    where = ", ".join(
        f"{each.name} = {text_of(axes[each.name], each.type, shown[each.name])}"
        for each in model.functions.axes
        if each.name in axes
    )
    called = list(failure.span.chain()) if failure.span is not None else []
    for measure in model.experiment.measures:
        if measure.distribution.span in (each._replace(caller=None) for each in called):
            what = f"`{measure.variable.name} ~ {_with_values(model, chosen.params.values(), axes.values(), measure)}`"
            return impossible_draw(at, measure.distribution.span, what, where, failure.message)
    return stopped(failure, at, f"element {failure.index[0]} is {where}" if where else "")


def _with_values(model: Model, params: Iterable[float], axes: Iterable[Any], measure: typed.MeasureDeclaration) -> str:
    """`Binomial(n = 500, p = 1.2)`: a distribution as it is at one point; as written where that cannot be computed."""
    try:
        results = iter(model.kernel("point")(*params, *axes))
    except KernelError:
        return measure.distribution.span.text
    for each in model.experiment.measures:
        given = [argument for argument in each.distribution.arguments if argument is not None]
        values = [text_of(next(results), argument.type, argument.display) for argument in given]
        if each is measure:
            break
    pairs = zip(DISTRIBUTIONS[measure.distribution.name].arguments, values, strict=False)
    return f"{measure.distribution.name}({', '.join(f'{name} = {value}' for (name, _), value in pairs)})"


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
