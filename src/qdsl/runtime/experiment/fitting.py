"""`fit(e, data)`: the objective that a model and its data make, handed to `runtime.fit`.

A model whose only measurement is `Normal(m)` without sigma is least squares; any other is a likelihood.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from qdsl.lang.core.from_experiment import named_arguments
from qdsl.lang.core.layout import leaves
from qdsl.lang.report import Diagnostics
from qdsl.lang.source import Span
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.dimension import ONE
from qdsl.lang.typed.distributions import DISTRIBUTIONS
from qdsl.lang.typed.requests import ERRORS
from qdsl.runtime.evaluate import Environment
from qdsl.runtime.experiment.admission import check_data
from qdsl.runtime.experiment.failing import Point, watched
from qdsl.runtime.experiment.model import CompiledFunction, Model, model_of
from qdsl.runtime.experiment.residuals import Residuals, of_likelihood, of_squares, runs_along
from qdsl.runtime.experiment.searching import Searching
from qdsl.runtime.faces import ProgramFaces
from qdsl.runtime.failures import mixed_measurements, not_one_of, unequal_lengths
from qdsl.runtime.fit import Fit, Parameter, errors
from qdsl.runtime.fit.objective import Matrix, Vector
from qdsl.runtime.fit.rejection import held_against_data, rejection
from qdsl.runtime.kernel import KernelError
from qdsl.runtime.repeated import Repeated
from qdsl.runtime.value.provenance import recorded
from qdsl.runtime.value.table import Table
from qdsl.runtime.watching import gathered
from qdsl.runtime.world import World


@dataclass(eq=False)
class _Problem:
    """A model, the columns of its data in order, and where the search starts. With `weights` the log-likelihood, or the
    square, of each row counts so many times.
    """

    model: Model
    columns: Sequence[Any]
    parameters: Sequence[Parameter]
    weights: Vector | None = None

    @property
    def rows(self) -> int:
        return len(self.columns[0]) if self.columns else 0

    @property
    def n_points(self) -> int:
        """How many numbers were measured: one for each measurement in each row; the last of several outcomes is what
        the others leave.
        """
        return self.rows * sum(each.outcome is None or each.is_further for each in self.model.experiment.measures)

    def _of_columns(self, name: str, order: int, x: Vector) -> list[Any]:
        """A function of all rows, weighted where they are."""
        key = name if self.weights is None else f"weighted_{name}", order
        if key in self._calls:
            return self._calls[key](x)
        function = self.model.kernel(*key)
        given = [*map(float, x), *self.columns, *(() if self.weights is None else (self.weights,))]
        if not isinstance(function, CompiledFunction) or function.entry.globals:  # what is global may change
            return function(*given)
        self._calls[key] = Repeated(function.kernel, given, len(x))
        return self._calls[key](x)

    @cached_property
    def _calls(self) -> dict[tuple[str, int], Repeated]:
        """Those that need no more than other params."""
        return {}

    @property
    def _counts_evenly(self) -> bool:
        """Whether every row counts once: a sum of others is no measure of goodness."""
        return self.weights is None or bool((self.weights == 1.0).all())

    def _weighted(self, terms: Vector) -> Vector:
        """The terms of rows, times their weights."""
        return terms if self.weights is None else np.asarray(terms * self.weights)


class LikelihoodOf(_Problem):
    """Negative log-likelihood with exact derivatives (`fit.objective.Likelihood`)."""

    def evaluate(self, x: Vector, order: int) -> tuple[float, Vector | None, Matrix | None]:
        size = len(x)
        try:
            results = self._of_columns("nll", order, x)
        except KernelError:  # outside the model's domain: the search steps back
            return math.nan, np.full(size, math.nan), np.full((size, size), math.nan)
        value = float(results[0])
        if order == 0:
            return value, None, None
        slope = np.array(results[1 : 1 + size], dtype=float)
        return value, slope, _symmetric(results[1 + size :], size) if order == 2 else None

    def information(self, x: Vector) -> Matrix:
        """The sum over points of Jᵀ I J: I the information about a distribution's arguments, J their derivatives."""
        count, size = self.rows, len(x)
        axes = self.columns[: len(self.model.functions.axes)]
        results = self.model.kernel("point", 1)(*map(float, x), *axes)
        width = self.model.kernel("point", 1).width
        values = [np.broadcast_to(each, (count,)) for each in results[:width]]
        slopes = [np.broadcast_to(each, (count,)) for each in results[width:]]
        total = np.zeros((size, size))
        place = real = 0
        for measure in self.model.experiment.measures:
            given = [each for each in measure.distribution.arguments if each is not None]
            own = values[place : place + len(given)]
            jacobian: dict[str, Matrix] = {}
            for name, argument in named_arguments(measure):
                if isinstance(types.pruned(argument.type), types.Real):
                    jacobian[name] = np.array(slopes[real * size : (real + 1) * size])
                    real += 1
            place += len(given)
            total += self._information_of(measure, own, jacobian)
        return total + self._prior_curvature(x)

    def _prior_curvature(self, x: Vector) -> Matrix:
        """What the priors know before the data."""
        size = len(x)
        if not any(each.prior for each in self.model.params):
            return np.zeros((size, size))
        return _symmetric(self.model.kernel("prior", 2)(*map(float, x))[1 + size :], size)

    def _information_of(
        self, measure: typed.MeasureDeclaration, values: Sequence[Any], jacobian: dict[str, Matrix]
    ) -> Matrix:
        name = measure.distribution.name
        information = DISTRIBUTIONS[name].information or f"{name.lower()}_information"
        compiler = self.model.environment.compiler
        function = compiler.library.function(information)
        assert isinstance(function.type, types.Function)
        found = compiler.kernel(compiler.generator.generate(function, stop_after="core"))(*values, nonfinite="keep")
        parts = found if isinstance(found, tuple) else (found,)
        names = [".".join(leaf.path) for leaf in leaves(function.type.result)]
        size = len(self.parameters)
        total = np.zeros((size, size))
        for name, weight in zip(names, parts, strict=True):
            first, _, second = (name or next(iter(jacobian))).partition("_")
            a, b = jacobian[first], jacobian[second or first]
            term = np.einsum("ip,jp,p->ij", a, b, self._weighted(np.broadcast_to(weight, (self.rows,))))
            total += term if first == (second or first) else term + term.T
        return total

    def deviance(self, x: Vector) -> float | None:
        if not self.model.measures_goodness or not self._counts_evenly:
            return None
        return float(sum(self._weighted(each.gain).sum() for each in self.residuals(x)))

    def residuals(self, x: Vector) -> list[Residuals]:
        """How far the data are from the model with these params."""
        return of_likelihood(self.model, x, self.columns)

    def constant(self) -> float:
        return self.constant_at([each.start for each in self.parameters])

    def constant_at(self, x: Sequence[float]) -> float:
        """The same where the params are `x`; it does not depend on them."""
        return float(self._of_columns("constant", 0, np.asarray(x, dtype=float))[0])


class LeastSquaresOf(_Problem):
    """Residuals y - m with exact derivatives (`fit.objective.LeastSquares`)."""

    @cached_property
    def _axes(self) -> Sequence[Any]:
        return self.columns[: len(self.model.functions.axes)]

    @cached_property
    def roots(self) -> Any:
        """What a residual is multiplied by."""
        return 1.0 if self.weights is None else np.sqrt(self.weights)

    def residuals(self, x: Vector) -> Vector:
        try:
            mean = self.model.kernel("point")(*map(float, x), *self._axes)[0]
        except KernelError:
            return np.full(self.rows, math.nan)
        return np.asarray((self.columns[-1] - mean) * self.roots)

    def jacobian(self, x: Vector) -> Matrix:
        size = len(x)
        kernel = self.model.kernel("point", 1)
        try:
            results = kernel(*map(float, x), *self._axes)
        except KernelError:
            return np.full((self.rows, size), math.nan)
        slopes = results[kernel.width : kernel.width + size]
        return -np.column_stack([np.broadcast_to(each * self.roots, (self.rows,)) for each in slopes])


def _symmetric(triangle: Sequence[Any], size: int) -> Matrix:
    """The matrix whose upper triangle is given row by row."""
    whole = np.zeros((size, size))
    rows, columns = np.triu_indices(size)
    whole[rows, columns] = whole[columns, rows] = np.array(triangle, dtype=float)
    return whole


def fitted(env: Environment, experiment: typed.Experiment, call: typed.HostCall, world: World) -> Fit:
    """Carry out a `fit(..)` of the program."""
    model = model_of(env, experiment)
    data: Table = env.evaluate(call.arguments[1])
    named = dict(call.named)
    said = said_of_params(env, named)
    count = int(env.evaluate(named["starts"])) if "starts" in named else 1
    by_expectation = information_of(env, named["errors"]) == "expected" if "errors" in named else None
    names = [each.name for each in (*model.functions.axes, *model.functions.measured)]
    columns = [np.ascontiguousarray(data.columns[name].values) for name in names]
    diagnostics = Diagnostics()
    weights = weights_of(env, named, len(data), diagnostics)
    world.settle(diagnostics)
    weights_given = weights
    if weights is not None:
        columns, weights = [each[weights > 0] for each in columns], weights[weights > 0]
    check_data(model, dict(zip(names, columns, strict=True)), call.arguments[1].span)
    parameters = parameters_of(model, said, diagnostics)
    world.settle(diagnostics)
    if count < 1:
        diagnostics.add(errors.no_starts(named["starts"].span, count))
        world.settle(diagnostics)

    def made(those: Sequence[Parameter]) -> LikelihoodOf | LeastSquaresOf:
        return objective_of(model, columns, those, weights)

    search = Searching(model, columns, weights, made, call.span, by_expectation, diagnostics, is_refused)
    with gathered() as seen:
        found, begun = search.found(parameters, said.start, count)
    world.settle(diagnostics)
    assert found is not None
    if seen:  # the search goes far; what counts is where it ends
        tell_of(made(begun), model, columns, found.values)
    starts = {each.name: each.start for each in begun}
    record = recorded("fit", world.source.name, world.source.text, starts, data=data.provenance)
    measured = model.functions.measured[0]
    told = residuals_of(found)
    found = replace(
        found,
        chi2=None if found.deviance is None else sum(each.chi2(weights) for each in told),
        runs=runs_along(model, columns[: len(model.functions.axes)], told),
        nll=_of_the_data(model, found),
        measured=measured.type.dimension if isinstance(measured.type, types.Real) else ONE,
        display=measured.display,
        provenance=record,
        data=data,
        weights=weights_given,
        faces=ProgramFaces(env, experiment),
    )
    return held_against_data(found)


def is_refused(model: Model, columns: Sequence[Any], found: Fit) -> bool:
    """Whether the data refuse the model, whatever the verdict of the search."""
    runs = runs_along(model, columns[: len(model.functions.axes)], residuals_of(found))
    return rejection(replace(found, runs=runs)) is not None


def residuals_of(found: Fit) -> list[Residuals]:
    """How far the data of a fit are from its model."""
    assert isinstance(found.objective, (LikelihoodOf, LeastSquaresOf))
    return residuals_at(found.objective, np.array(found.values), found.sigma)


def residuals_at(objective: LikelihoodOf | LeastSquaresOf, x: Vector, sigma: float | None = None) -> list[Residuals]:
    """The same with these params; of least squares with the sigma that was found, where it is known."""
    if isinstance(objective, LikelihoodOf):
        return objective.residuals(x)
    data, weighted = np.asarray(objective.columns[-1]), objective.residuals(x)
    return of_squares(objective.model, data, weighted / objective.roots, sigma)


def tell_of(
    objective: LikelihoodOf | LeastSquaresOf, model: Model, columns: Sequence[Vector], x: Sequence[float]
) -> None:
    """What watches see with the params at `x`. `columns` are those of the data, the axes first."""
    params, axes = model.functions.params, model.functions.axes
    values = {each.name: value for each, value in zip(params, x, strict=True)}

    def point_of(row: int | None) -> Point:
        if row is None:
            return Point(values, {}, params, {})
        place = {each.name: column[row].item() for each, column in zip(axes, columns, strict=False)}
        return Point(values, place, (*params, *axes), {})

    with watched(point_of):
        if isinstance(objective, LeastSquaresOf):
            objective.residuals(np.array(x))
        else:
            objective.evaluate(np.array(x), 2)


def _of_the_data(model: Model, found: Fit) -> float | None:
    """The negative log-likelihood of the data alone: what was minimised, less what the priors added to it."""
    if found.nll is None or not any(each.prior for each in model.params):
        return found.nll
    return found.nll - float(model.kernel("prior")(*found.values)[0])


def information_of(env: Environment, word: typed.Expr) -> str:
    """The information that uncertainties come from."""
    return word_of(env, word, "errors", ERRORS)


def word_of(env: Environment, word: typed.Expr, name: str, words: Sequence[str]) -> str:
    """One of a few words: the checker knows it only where it is a literal."""
    found: str = env.evaluate(word)
    if found not in words:
        raise not_one_of(word.span, name, words)
    return found


def objective_of(
    model: Model, columns: Sequence[Any], parameters: Sequence[Parameter], weights: Vector | None = None
) -> LikelihoodOf | LeastSquaresOf:
    """What a fit of these columns is: the axes, then what was measured."""
    without_sigma = [each for each in model.experiment.measures if each.distribution.arguments[-1] is None]
    if not without_sigma:
        return LikelihoodOf(model, columns, parameters, weights)
    if len(model.experiment.measures) > 1 or any(each.prior for each in model.params):
        raise mixed_measurements(without_sigma[0].distribution.span)
    return LeastSquaresOf(model, columns, parameters, weights)


@dataclass(frozen=True)
class Said:
    """What a call says of params, in SI: where the search starts, and what is held. `at` are the places."""

    start: Mapping[str, float]
    fixed: Mapping[str, float]
    at: Mapping[str, Span]


def said_of_params(env: Environment, named: Mapping[str, typed.Expr]) -> Said:
    found = {name: env.evaluate(named[name]) if name in named else {} for name in ("start", "fixed")}
    held = named.get("fixed")
    at = {name: each.span for name, each in held.fields} if isinstance(held, typed.RecordLiteral) else {}
    return Said(found["start"], found["fixed"], at)


def weights_of(env: Environment, named: Mapping[str, typed.Expr], rows: int, diagnostics: Diagnostics) -> Vector | None:
    """A number for each row, none of them negative and not all of them 0; None where none are given."""
    if "weights" not in named:
        return None
    found, at = np.asarray(env.evaluate(named["weights"]), dtype=float), named["weights"].span
    if len(found) != rows:
        raise unequal_lengths(at, len(found), rows)
    wrong = np.flatnonzero(~np.isfinite(found) | (found < 0))
    if wrong.size:
        diagnostics.add(errors.not_a_weight(at, int(wrong[0]), float(found[wrong[0]])))
    elif not (found > 0).any():
        diagnostics.add(errors.no_weight(at))
    return found


def parameters_of(model: Model, said: Said, diagnostics: Diagnostics) -> list[Parameter]:
    """The params with their bounds; the search starts at `start`, else at the default, else inside the bounds. One that
    is held has no room between its bounds.
    """
    start = said.start
    parameters: list[Parameter] = []
    defaults = model.defaults()
    for each in model.params:
        name = each.variable.name
        low = -math.inf if each.low is None else float(model.environment.evaluate(each.low))
        high = math.inf if each.high is None else float(model.environment.evaluate(each.high))
        first = start.get(name, defaults.get(name))
        dimension = each.variable.type.dimension if isinstance(each.variable.type, types.Real) else ONE
        value = somewhere_in(low, high) if first is None else float(first)
        parameter = Parameter(name, value, low, high, dimension, each.variable.display)
        if name in said.fixed:
            held = float(said.fixed[name])
            if not low <= held <= high:
                diagnostics.add(errors.held_outside(said.at.get(name), parameter, held))
            parameter = replace(parameter, start=held, low=held, high=held)
        parameters.append(parameter)
    return parameters


def somewhere_in(low: float, high: float) -> float:
    """Somewhere between the bounds, by the size of what they span."""
    if math.isfinite(low) and math.isfinite(high):
        return math.sqrt(low * high) if low > 0 else (low + high) / 2
    return low + 1.0 if math.isfinite(low) else high - 1.0 if math.isfinite(high) else 1.0
