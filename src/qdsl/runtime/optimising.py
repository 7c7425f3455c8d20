"""`minimize(f, ..)` and `maximize(f, ..)`: the function that a call searches, handed to `runtime.optimum`.

The arguments that are searched over and the numbers that are held become the parameters of one compiled function, so
that the same call with other numbers compiles nothing. Held Ints, spaces and operators are put into it as they are.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import accumulate, chain
from typing import Any

import numpy as np

from qdsl.lang.core.layout import flatten, leaves
from qdsl.lang.generate import Derivative, NotDifferentiable, Refused
from qdsl.lang.report import Diagnostic, Diagnostics
from qdsl.lang.source import Span
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.unification import element_of
from qdsl.runtime.evaluate import Environment
from qdsl.runtime.experiment.model import CompiledFunction
from qdsl.runtime.failures import Stopped, no_slope, stopped
from qdsl.runtime.fit.errors import no_starts
from qdsl.runtime.fit.objective import Matrix, Parameter, Vector
from qdsl.runtime.kernel import KernelError
from qdsl.runtime.optimum import Argument, Optimum, errors, found
from qdsl.runtime.optimum.objective import Numbers
from qdsl.runtime.optimum.verdict import place_text
from qdsl.runtime.repeated import Repeated
from qdsl.runtime.watching import gathered
from qdsl.runtime.world import World

STARTS = 16
"""Searches where not every argument has a start: the ranges are all that is known."""

FEW = 100
"""Numbers up to which that many searches are made unasked."""


def extremum(env: Environment, call: typed.HostCall, world: World) -> Optimum:
    """Carry out the call of a program."""
    type_ = types.resolved(call.type)
    assert isinstance(type_, types.Optimum)
    assert isinstance(type_.value, types.Real)
    problems = Diagnostics()
    said = {name: _said(env, expr) for name, expr in call.named if name in dict(type_.arguments)}
    searched = [_over(each, said[each[0]], problems) for each in type_.arguments]
    world.settle(problems)
    arguments = tuple(argument for argument, _ in searched)
    parameters = Numbers(parameter for _, own in searched for parameter in own)
    starts = _starts(env, call, said, len(parameters), problems)
    if all(each.low == each.high for each in parameters):
        problems.add(errors.nothing_free(call.span))
    world.settle(problems)
    sign, word = (1.0, "minimum") if call.name == "minimize" else (-1.0, "maximum")
    function = _Searched(_code(env, call, type_, arguments), sign, parameters, arguments)
    with gathered() as seen:
        best = found(function, arguments, word, starts)
    if best is None:
        raise Stopped(_undefined(call.span, function))
    if seen:  # the search goes far; what counts is where it ends
        function.evaluate(best.x, 0)
    return Optimum(
        arguments,
        best.x,
        parameters.low,
        parameters.high,
        sign * best.value + 0.0,
        best.verdict,
        word,
        function.evaluations,
        best.searches,
        best.places,
        type_.value.dimension,
    )


# ── what is said of an argument ──────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Said:
    """The ends of a range and a start, in SI, as far as they are given, and where."""

    values: Mapping[str, Any]
    places: Mapping[str, Span]
    display: typed.DisplayUnit | None

    @property
    def span(self) -> Span:
        return next(iter(self.places.values()))


def _said(env: Environment, expr: typed.Expr) -> _Said:
    assert isinstance(expr, typed.RecordLiteral)
    units = [env.unit_of(each) for _, each in expr.fields]
    return _Said(
        {name: env.evaluate(each) for name, each in expr.fields},
        {name: each.span for name, each in expr.fields},
        next((each for each in units if each is not None), None),
    )


def _over(argument: tuple[str, types.Type], said: _Said, problems: Diagnostics) -> tuple[Argument, list[Parameter]]:
    """An argument and its numbers; what is wrong with them is reported."""
    name, type_ = argument
    element, shape = element_of(type_)
    assert isinstance(element, types.Real)
    found_shape = None if shape is None else _shape(name, shape, said, problems)
    whole = Argument(name, found_shape, element.dimension, said.display)
    ends = {"low": -math.inf, "high": math.inf} | dict(said.values)
    columns = {end: _column(each, found_shape or ()) for end, each in ends.items()}
    parameters = []
    for place in range(whole.size):
        low, high = float(columns["low"][place]), float(columns["high"][place])
        start = float(columns["start"][place]) if "start" in columns else _between(low, high)
        each = Parameter(whole.element(place), start, low, high, element.dimension, said.display)
        parameters.append(each)
        problem = _problem(each, said, is_alone=shape is None)
        if problem is not None:
            problems.add(problem)
            break
    return whole, parameters


def _column(value: Any, shape: tuple[int, ...]) -> Vector:
    """A value for each number."""
    return np.broadcast_to(np.asarray(value, dtype=float), shape).ravel()


def _shape(name: str, promised: Sequence[types.Length], said: _Said, problems: Diagnostics) -> tuple[int, ...]:
    """The shape of an array: what is given must have one."""
    shape: tuple[int, ...] | None = None
    if all(isinstance(each, int) for each in promised):
        shape = tuple(int(each or 0) for each in promised)
    for end, value in said.values.items():
        own = np.shape(value)
        if own and shape is None:
            shape = own
        if own and own != shape:
            problems.add(errors.shapes_differ(said.places[end], name, _times(own), _times(shape or ())))
            return (0,)
    if shape is None:
        problems.add(errors.length_not_known(said.span, name))
    return shape or (0,)


def _times(shape: Sequence[int]) -> str:
    return " × ".join(map(str, shape))


def _problem(each: Parameter, said: _Said, is_alone: bool) -> Diagnostic | None:
    """What is wrong with a number's range or start; elements of an array may have ranges of one point."""
    at = said.places.get("low", said.span)
    if math.isnan(each.low) or math.isnan(each.high) or each.low == math.inf or each.high == -math.inf:
        return errors.range_not_number(at, each.name)
    if each.low > each.high or (is_alone and each.low == each.high):
        return errors.empty_range(at, each)
    if not math.isfinite(each.start):
        return errors.start_not_finite(said.places.get("start", at), each)
    if not each.low <= each.start <= each.high:
        return errors.start_outside(said.places.get("start", at), each)
    return None


def _between(low: float, high: float) -> float:
    """Somewhere in the range, by the size of what it spans."""
    if math.isfinite(low) and math.isfinite(high):
        return math.sqrt(low * high) if 0.0 < 100.0 * low < high else low + (high - low) / 2
    return low + 1.0 if math.isfinite(low) else high - 1.0 if math.isfinite(high) else 0.0


def _starts(
    env: Environment, call: typed.HostCall, said: Mapping[str, _Said], numbers: int, problems: Diagnostics
) -> int:
    """How many searches there are."""
    if len(call.arguments) == 1:
        is_given = all("start" in each.values for each in said.values())
        return 1 if is_given or numbers > FEW else STARTS
    count = int(env.evaluate(call.arguments[1]))
    if count < 1:
        problems.add(no_starts(call.arguments[1].span, count))
    return count


def _undefined(at: Span, function: _Searched) -> Diagnostic:
    start = np.array([each.start for each in function.parameters])
    why = None if function.failure is None else stopped(function.failure, at).diagnostic
    return errors.undefined(at, place_text(function.arguments, start), why)


# ── the function ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(eq=False)
class _Code:
    """The compiled function and its derivatives by what is searched over, each made when it is first asked for.

    `held` are the core values of the numbers that are held, which come behind those of the arguments.
    """

    environment: Environment
    function: typed.Function
    searched: int
    held: list[Any]
    kernels: dict[int, CompiledFunction]

    def at(self, order: int, parts: Sequence[Any]) -> Repeated:
        """The derivatives up to that order as a call, whose first numbers are those of the arguments."""
        if order not in self.kernels:
            self.kernels[order] = self._compiled(order)
        function = self.kernels[order]
        own = [flatten(each.type, self.environment.values[each]) for each in function.entry.globals]
        return Repeated(function.kernel, [*parts, *self.held, *chain.from_iterable(own)], len(parts))

    def _compiled(self, order: int) -> CompiledFunction:
        compiler = self.environment.compiler
        by = Derivative(order, tuple(range(self.searched)) if order else ())
        try:
            unit = compiler.generator.generate(self.function, by, stop_after="core")
            return CompiledFunction(compiler.kernel(unit), unit.entry, self.environment, len(leaves(unit.entry.result)))
        except Refused as refused:
            raise Stopped(refused.diagnostic) from None
        except NotDifferentiable as found_one:
            raise no_slope(self.function.span, found_one) from None


def _code(env: Environment, call: typed.HostCall, type_: types.Optimum, arguments: Sequence[Argument]) -> _Code:
    """The function of the call as one of numbers alone."""
    function = env.evaluate(call.arguments[0])
    variables: dict[str, typed.Variable] = {}
    for each, (name, own) in zip(arguments, type_.arguments, strict=True):
        element, _ = element_of(own)
        variables[name] = typed.Variable(name, element if each.shape is None else types.Array(element, each.shape))
    held: list[Any] = []
    made_from: list[Hashable] = [call.span, function, *(each.shape for each in arguments)]
    given: list[typed.Expr] = []
    for name, expr in call.named:
        if name not in variables:
            value = env.evaluate(expr)
            if isinstance(value, typed.Expr) or types.pruned(expr.type) in (types.INT, types.BOOL):
                made_from.append(value)
                given.append(value if isinstance(value, typed.Expr) else _constant(expr, value))
                continue
            variables[name] = typed.Variable(name, expr.type)
            held += flatten(expr.type, value)
        given.append(typed.Local(call.span, variables[name].type, variables[name]))
    key = tuple(made_from)
    if key not in env.searched:
        body = _called(call.span, type_.value, function, tuple(given))
        order = [*(each.name for each in arguments), *(name for name in variables if name not in dict(type_.arguments))]
        parameters = tuple(variables[name] for name in order)
        whole = types.Function(tuple(each.type for each in parameters), type_.value)
        env.searched[key] = typed.Function(call.name, parameters, (None,) * len(order), whole, body, call.span), {}
    made, kernels = env.searched[key]
    return _Code(env, made, len(arguments), held, kernels)


def _called(at: Span, result: types.Type, function: typed.Expr, given: tuple[typed.Expr, ...]) -> typed.Expr:
    """The call of a function of the program, to which arguments bring their spaces, or of another value."""
    if isinstance(function, typed.FunctionValue):
        return typed.Call(at, result, function.function, given, (False,) * len(given))
    return typed.CallValue(at, result, function, given, (False,) * len(given))


def _constant(expr: typed.Expr, value: Any) -> typed.Constant:
    is_bool = types.pruned(expr.type) is types.BOOL
    return typed.Constant(expr.span, expr.type, bool(value) if is_bool else int(value))


@dataclass(eq=False)
class _Searched:
    """The function of the numbers in a row, upside down for a maximum (`optimum.Function`)."""

    code: _Code
    sign: float
    parameters: Numbers
    arguments: Sequence[Argument]
    evaluations: int = 0
    failure: KernelError | None = field(default=None)
    calls: dict[int, Repeated] = field(default_factory=dict)

    def evaluate(self, x: Vector, order: int) -> tuple[float, Vector | None, Matrix | None]:
        """The value and its derivatives; nan outside the function's domain, where the search steps back."""
        self.evaluations += 1
        if order not in self.calls:
            self.calls[order] = self.code.at(order, [each.of(part) for each, part in self._split(x)])
        try:
            results = self.calls[order](x)
        except KernelError as failure:
            self.failure = self.failure or failure
            return math.nan, None, None
        value, count = self.sign * float(results[0]), len(self.arguments)
        if order == 0:
            return value, None, None
        if self._are_numbers:
            row = self.sign * np.array(results)
            return value, row[1 : 1 + count], row[1 + count :][_triangle(count)] if order == 2 else None
        slope = self.sign * np.concatenate([np.ravel(each) for each in results[1 : 1 + count]])
        return value, slope, self.sign * self._square(results[1 + count :]) if order == 2 else None

    @cached_property
    def _starts(self) -> list[int]:
        """Where the numbers of each argument begin, and where the last ones end."""
        return list(accumulate((each.size for each in self.arguments), initial=0))

    def _split(self, x: Vector) -> Iterator[tuple[Argument, Vector]]:
        for each, at in zip(self.arguments, self._starts, strict=False):
            yield each, x[at : at + each.size]

    @cached_property
    def _are_numbers(self) -> bool:
        return all(each.shape is None for each in self.arguments)

    def _square(self, upper: Sequence[Any]) -> Matrix:
        """The Hessian, from blocks of its upper triangle, row by row."""
        starts = self._starts
        whole = np.empty((starts[-1], starts[-1]))
        blocks = iter(upper)
        for i, first in enumerate(self.arguments):
            for j, second in enumerate(self.arguments[i:], start=i):
                block = np.reshape(next(blocks), (first.size, second.size))
                whole[starts[i] : starts[i + 1], starts[j] : starts[j + 1]] = block
                whole[starts[j] : starts[j + 1], starts[i] : starts[i + 1]] = block.T
        return whole


@cache
def _triangle(size: int) -> Matrix:
    """Where each element of a symmetric matrix is among those of its upper triangle, row by row."""
    rows, columns = np.triu_indices(size)
    whole = np.zeros((size, size), dtype=int)
    whole[rows, columns] = whole[columns, rows] = np.arange(len(rows))
    return whole
