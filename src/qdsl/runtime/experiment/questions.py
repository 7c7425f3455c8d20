"""What a program asks of Fits: `profile(best, "tau")`, `compare(simple, rich)`."""

from __future__ import annotations

import numpy as np

from qdsl.lang.report import Diagnostics
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.runtime.evaluate import Environment
from qdsl.runtime.fit import Fit, errors
from qdsl.runtime.fit.comparing import compared
from qdsl.runtime.fit.objective import Vector
from qdsl.runtime.fit.profile import Better, Interval
from qdsl.runtime.value.table import Table
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
    if not 0.0 < level < 1.0:
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
        if own.keys() != first.keys() or not all(np.array_equal(own[name], first[name]) for name in own):
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


def _columns_of(measure: typed.MeasureDeclaration, data: Table) -> list[str]:
    """Of counts of several outcomes there is a column for each."""
    name = measure.variable.name
    return [name] if name in data.columns else [each for each in data.columns if each.rpartition("_")[0] == name]
