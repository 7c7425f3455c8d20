"""An experiment that runs: its functions as kernels, the values of its params and axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from math import prod
from typing import Any

import numpy as np

from qdsl.lang.core.from_experiment import FindFunction, FromExperiment, readings
from qdsl.lang.core.from_scores import FromScores
from qdsl.lang.core.homogeneity import Kind, kinds
from qdsl.lang.core.layout import flatten, leaves
from qdsl.lang.core.undefined import without_domain_checks
from qdsl.lang.generate import Derivative, Entry, NotDifferentiable, Refused
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed.dependence import measures_goodness
from qdsl.runtime.evaluate import Environment
from qdsl.runtime.experiment.sharing import Called, OfColumns, OfPoints
from qdsl.runtime.failures import Stopped, no_model_derivative, unequal_path
from qdsl.runtime.kernel import Kernel

OF_COLUMNS = ("nll", "constant", "weighted_nll", "weighted_constant")
"""Functions of all rows at once."""

SHARING = (*OF_COLUMNS, "point", "means", "draw", "residuals")
"""Functions in which rows share evolutions."""

UNCHECKED = ("means",)
"""Functions that are tried at many points at once: nan where a function of reals has no answer."""


@dataclass(eq=False)
class Model:
    """The compiled functions of an experiment, each made when it is first asked for."""

    experiment: typed.Experiment
    environment: Environment

    @cached_property
    def functions(self) -> FromExperiment:
        """The experiment's functions; where states evolve, rows share evolutions."""
        return FromExperiment(self.experiment, self._find, readings(self.experiment))

    @cached_property
    def _alone(self) -> FromExperiment:
        """The same, each point by itself."""
        return FromExperiment(self.experiment, self._find)

    @property
    def _find(self) -> FindFunction:
        return self.environment.compiler.library.function

    @property
    def params(self) -> tuple[typed.ParamDeclaration, ...]:
        return self.experiment.params

    def kernel(self, name: str, order: int = 0) -> Called:
        """A function of the experiment by its name in `FromExperiment`, with derivatives by the params to `order`."""
        key = (name, order)
        if key not in self._kernels:
            self._kernels[key] = self._kernel(name, order)
        return self._kernels[key]

    def _kernel(self, name: str, order: int) -> Called:
        shared = self.functions.readings
        if shared is None or name not in SHARING:
            return self._compiled(getattr(self.functions, name)(), order, is_checked=name not in UNCHECKED)
        axes = [each.name for each in self.functions.axes]
        if name in OF_COLUMNS:
            return OfColumns(shared, len(self.params), axes, self._compiled(getattr(self.functions, name)(), order))
        further = len(shared.values)
        return OfPoints(
            shared,
            [each.variable.name for each in self.params],
            axes,
            order,
            cache(lambda: self._compiled(getattr(self._alone, name)(), order)),
            cache(lambda: self._compiled(getattr(self.functions, name)(), order, further)),
            lambda swept: self._reading(swept, order),
        )

    def _reading(self, swept: frozenset[str], order: int) -> Called:
        key = (f"read {sorted(swept)}", order)
        if key not in self._kernels:
            self._kernels[key] = self._compiled(self.functions.read_at(swept), order)
        return self._kernels[key]

    def of_axes(self, name: str, value: typed.Expr) -> Called:
        """A part of the model as a function of the axes alone."""
        key = (name, 0)
        if key not in self._kernels:
            self._kernels[key] = self._compiled(self.functions.of_axes(name, value), 0)
        return self._kernels[key]

    @cached_property
    def _kernels(self) -> dict[tuple[str, int], Called]:
        return {}

    @cached_property
    def kinds(self) -> list[Kind] | None:
        """What the code of the means says of the params; None where rows share evolutions."""
        if self.functions.readings is not None:
            return None
        unit = self.environment.compiler.generator.generate(self.functions.means(), stop_after="optimised")
        function, means = unit.module.functions[unit.name], range(len(self.functions.measured))
        return kinds(function, len(self.params), len(self.functions.axes), means)

    @cached_property
    def descent(self) -> CompiledFunction | None:
        """Descents of many fits at once (`core.from_scores`), which are told nan where the model is not defined; None
        where rows share evolutions.
        """
        if self.functions.readings is not None:
            return None
        return self._compiled(self._scores.descent(), 0, is_checked=False)

    @cached_property
    def covariance(self) -> CompiledFunction:
        """The inverses of many matrices at once, of as many rows as there are params."""
        return self._compiled(self._scores.covariance(), 0, is_checked=False)

    @cached_property
    def goodness(self) -> CompiledFunction | None:
        """How the data of many fits at once lie about the model; None where rows share evolutions."""
        if self.functions.readings is not None:
            return None
        return self._compiled(self._scores.goodness(), 0, is_checked=False)

    @property
    def _scores(self) -> FromScores:
        library = self.environment.compiler.library
        return FromScores(self.functions, lambda name: library.member("scoring", name))

    @cached_property
    def measures_goodness(self) -> bool:
        """Whether the deviance of a fit says how good it is."""
        return measures_goodness(self.experiment)

    @cached_property
    def correlation_of_sets(self) -> CompiledFunction | None:
        """How strongly the residuals of many fits of one measurement follow each other (`core.from_scores`); None where
        rows share evolutions.
        """
        if self.functions.readings is not None:
            return None
        portmanteau = self.environment.compiler.library.member("whiteness", "portmanteau")
        return self._compiled(self._scores.correlation(portmanteau), 0, is_checked=False)

    def _compiled(
        self, function: typed.Function, order: int, further: int = 0, is_checked: bool = True
    ) -> CompiledFunction:
        """With derivatives by the params, and by so many parameters after the axes."""
        compiler = self.environment.compiler
        params, axes = len(self.params), len(self.functions.axes)
        by = Derivative(order, (*range(params), *range(params + axes, params + axes + further)))
        try:
            unit = compiler.generator.generate(function, by, stop_after="core")
            if not is_checked:
                unit = replace(unit, module=without_domain_checks(unit.module))
            kernel = compiler.kernel(unit)
        except Refused as refused:
            raise Stopped(refused.diagnostic) from None
        except NotDifferentiable as found:
            raise no_model_derivative(self.experiment.span, found) from None
        return CompiledFunction(kernel, unit.entry, self.environment, len(leaves(unit.entry.result)))

    # ── values ───────────────────────────────────────────────────────────────

    def defaults(self) -> dict[str, float]:
        """The params' defaults in SI, or what was said in their place for the whole run."""
        values: dict[str, float] = {}
        for each in self.params:
            if each.variable in self.environment.overrides:
                values[each.variable.name] = self.environment.overrides[each.variable]
            elif each.default is not None:
                values[each.variable.name] = float(self.environment.evaluate(each.default))
        return values

    def axis_values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Every axis at every point: axes make a grid, those of a path go together; the last axis changes fastest."""
        return on_a_grid(self.axis_groups(given))

    def axis_groups(self, given: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The values of each axis, those of a path together."""
        groups: list[dict[str, Any]] = []
        for axis in self.experiment.axes:
            group = {
                variable.name: np.asarray(given[variable.name] if variable.name in given else self._own(axis, place))
                for place, variable in enumerate(axis.variables)
            }
            if len({len(values) for values in group.values()}) > 1:
                lengths = [(name, len(values)) for name, values in group.items()]
                raise unequal_path(self.experiment.span, lengths)
            groups.append(group)
        return groups

    def _own(self, axis: typed.AxisDeclaration, place: int) -> Any:
        return self.environment.evaluate(axis.values[place])


def on_a_grid(groups: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Arrays over all combinations of the groups' elements, the last group fastest. Arrays of a group go together."""
    lengths = [len(next(iter(group.values()))) for group in groups]
    found: dict[str, Any] = {}
    for place, group in enumerate(groups):
        before, after = prod(lengths[:place]), prod(lengths[place + 1 :])
        for name, values in group.items():
            found[name] = np.tile(np.repeat(values, after), before)
    return found


@dataclass(frozen=True, eq=False)
class CompiledFunction:
    """A kernel of an experiment: core values in, a list of them out. `width` is how many the function itself gives."""

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
