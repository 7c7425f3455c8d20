"""An experiment that runs: its functions as kernels, the values of its params and axes, simulated and expected data."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from qdsl.lang.core.from_experiment import FromExperiment
from qdsl.lang.core.from_typed import Entry, Refused
from qdsl.lang.core.layout import flatten, leaves
from qdsl.lang.differentiate import NotDifferentiable, gradient, hessian
from qdsl.lang.source import Span
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.runtime.evaluate import Environment
from qdsl.runtime.failures import Stopped, no_model_derivative, no_sigma, no_value_for, stopped, unequal_path
from qdsl.runtime.host import World
from qdsl.runtime.kernel import Kernel, KernelError
from qdsl.runtime.value.provenance import recorded
from qdsl.runtime.value.table import Column, Table


@dataclass(eq=False)
class Model:
    """The compiled functions of an experiment, each made when it is first asked for."""

    experiment: typed.Experiment
    environment: Environment

    @cached_property
    def functions(self) -> FromExperiment:
        return FromExperiment(self.experiment, self.environment.compiler.library.function)

    @property
    def params(self) -> tuple[typed.ParamDeclaration, ...]:
        return self.experiment.params

    def entry(self, name: str) -> Entry:
        """A function of the experiment by its name in `FromExperiment`."""
        try:
            return self.environment.compiler.lowering.kernel(getattr(self.functions, name)())
        except Refused as refused:
            raise Stopped(refused.diagnostic) from None

    def kernel(self, name: str, order: int = 0) -> CompiledFunction:
        """The function, with its derivatives by the params up to `order`."""
        key = (name, order)
        if key not in self._kernels:
            self._kernels[key] = self._compiled(self.entry(name), order)
        return self._kernels[key]

    @cached_property
    def _kernels(self) -> dict[tuple[str, int], CompiledFunction]:
        return {}

    def _compiled(self, entry: Entry, order: int) -> CompiledFunction:
        module, name = entry.module, entry.name
        wrt = range(len(self.params))
        try:
            if order == 1:
                module, name = gradient(module, name, wrt), f"{name}.grad"
            elif order == 2:
                module, name = hessian(module, name, wrt), f"{name}.hess"
        except NotDifferentiable as found:
            raise no_model_derivative(self.experiment.span, found) from None
        kernel = self.environment.compiler.kernel(module, name)
        return CompiledFunction(kernel, entry, self.environment, len(leaves(entry.result)))

    # ── values ───────────────────────────────────────────────────────────────

    def defaults(self) -> dict[str, float]:
        """The params' defaults in SI."""
        return {
            each.variable.name: float(self.environment.evaluate(each.default))
            for each in self.params
            if each.default is not None
        }

    def axis_values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Every axis at every point: axes make a grid, those of a path go together; the last axis changes fastest."""
        groups: list[list[tuple[str, Any]]] = []
        for axis in self.experiment.axes:
            group = [
                (variable.name, np.asarray(given[variable.name] if variable.name in given else self._own(axis, place)))
                for place, variable in enumerate(axis.variables)
            ]
            if len({len(values) for _, values in group}) > 1:
                raise unequal_path(self.experiment.span, [(name, len(values)) for name, values in group])
            groups.append(group)
        places = list(itertools.product(*(range(len(group[0][1])) for group in groups)))
        index = np.array(places, dtype=np.int64).reshape(len(places), len(groups))
        return {name: values[index[:, k]] for k, group in enumerate(groups) for name, values in group}

    def _own(self, axis: typed.AxisDeclaration, place: int) -> Any:
        return self.environment.evaluate(axis.values[place])


@dataclass(frozen=True, eq=False)
class CompiledFunction:
    """A kernel of an experiment: core values in, a list of core values out. `width` is how many the function has itself."""

    kernel: Kernel
    entry: Entry
    environment: Environment
    width: int

    def __call__(self, *values: Any) -> list[Any]:
        for variable in self.entry.globals:
            values = (*values, *flatten(variable.type, self.environment.values[variable]))
        found = self.kernel(*values, nonfinite="keep")
        return list(found) if isinstance(found, tuple) else [found]


def model_of(environment: Environment, experiment: typed.Experiment) -> Model:
    """The experiment's model, one for a session."""
    if experiment not in environment.models:
        environment.models[experiment] = Model(experiment, environment)
    model: Model = environment.models[experiment]
    return model


# ── simulate and expected ────────────────────────────────────────────────────────────────────────────────────────


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
    count = _points(chosen.axes)
    counters = np.arange(count, dtype=np.int64)
    draws = _run(model, "draw", call.span, *chosen.params.values(), *chosen.axes.values(), int(seed), counters)
    return _table(model, chosen, draws, call, world, "simulate", int(seed))


def expected(model: Model, env: Environment, call: typed.HostCall, world: World) -> Table:
    """The model without noise."""
    chosen = settings(model, env, call)
    results = _run(model, "point", call.span, *chosen.params.values(), *chosen.axes.values())
    means = results[-len(model.experiment.measures) :]
    return _table(model, chosen, means, call, world, "expected", None)


def _run(model: Model, name: str, at: Span, *values: Any) -> list[Any]:
    try:
        return model.kernel(name)(*values)
    except KernelError as failure:
        raise stopped(failure, at) from None


def _points(axes: Mapping[str, Any]) -> int:
    return len(next(iter(axes.values()))) if axes else 1


def _table(
    model: Model, chosen: Settings, results: Sequence[Any], call: typed.HostCall, world: World, action: str, seed: int | None
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
    return Table(columns, record)


